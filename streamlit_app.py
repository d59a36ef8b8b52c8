"""The launcher. `streamlit run streamlit_app.py` and `uvicorn streamlit_app:app` both start the app from here.

The script is `app/ui/main.py`, which has no `pages/` folder beside it: with one, Streamlit would serve every file in it to
a first visitor without running the script that guards it (docs/decisions/001).
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.ui.failure import show
from app.ui.lifespan import lifespan
from app.ui.routes import MIDDLEWARE, ROUTES

app = st.App(
    Path(__file__).parent / "app" / "ui" / "main.py",
    lifespan=lifespan,
    routes=list(ROUTES),
    middleware=list(MIDDLEWARE),
    on_script_error=show,
)
