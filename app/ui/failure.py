"""What a user sees when something goes wrong: our own words, and never a traceback."""

from __future__ import annotations

import logging
import secrets

import streamlit as st

from app import counters
from app.errors import AppError

logger = logging.getLogger(__name__)


def show(error: BaseException) -> bool:
    """Show an uncaught error of a page. Returns True, so that Streamlit shows nothing of its own."""
    if isinstance(error, AppError):
        explain(error)
        return True
    counters.count("reruns", "failed")
    reference = secrets.token_hex(4)
    logger.error("reference %s", reference, exc_info=error)
    st.error(
        "Something went wrong on our side, and nothing you did is lost. Load the page again. "
        f"If it happens again, quote the reference {reference}.",
        icon=":material/error:",
    )
    return True


def explain(error: AppError) -> None:
    """Show an error the user can mend: what is wrong, and what to do."""
    st.error(error.args[0], icon=":material/error:")
