"""From results to figures: the finding for a title, the chart, its account and its table. One module a subject."""
