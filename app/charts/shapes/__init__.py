"""The few chart shapes the app uses, on plain points. They know nothing of win rates or claims; `app.charts` does."""
