"""The subjects of the Numbers page, one function each."""

from __future__ import annotations

import streamlit as st

from app import wording
from app.metrics import leads as lead_metrics
from app.metrics.model import Definition, Filters, FollowUp
from app.metrics.periods import Grain
from app.services.scorecard.headlines import growth_headline, leads_headline, retention_headline, win_rate_headline
from app.services.scorecard.model import Headline
from app.services.scorecard.request import Request
from app.services.scorecard.sources import Sources, resolved
from app.ui import made
from app.ui.asked import split_column
from app.ui.components import shown
from app.ui.components.numbers import card, why
from app.ui.frame import nothing_loaded
from app.ui.guard import Visit


def deals(visit: Visit, sources: Sources, definition: Definition, filters: Filters, grain: Grain) -> None:
    """The win rate: in all, over time, by group, by definition."""
    request = Request(definition=definition, filters=filters)
    _card(visit.result("headline_win_rate", request, make=lambda: win_rate_headline(sources, request)))
    if sources.deals is None:
        nothing_loaded("No deals are loaded.", remedy="Upload the deals (opportunities) of your CRM, won and lost ones.")
        return
    shown.show(visit, made.win_rate_trend(visit, sources.deals, definition, filters, grain))
    column = split_column(visit, sources.deals, key="split")
    if column is not None:
        shown.show(visit, made.win_rate_groups(visit, sources.deals, definition, filters, column=column.name, label=column.label))
    shown.show(visit, made.win_rate_dial(visit, sources.deals, definition, filters))


def customers(visit: Visit, sources: Sources, filters: Filters, grain: Grain) -> None:
    """Retention: in all, over time, by group, and how long customers stay."""
    request = Request(filters=filters)
    _card(visit.result("headline_retention", request, make=lambda: retention_headline(sources, request)))
    shown.show(visit, made.retention_trend(visit, sources, filters, grain))
    if sources.customers is None:
        return
    if sources.retention_kind == "flag":
        column = split_column(visit, sources.customers, key="split_customers")
        if column is not None:
            shown.show(visit, made.retention_groups(visit, sources.customers, filters, column=column.name, label=column.label))
    shown.show(visit, made.survival(visit, sources.customers, filters))


def revenue(visit: Visit, sources: Sources, filters: Filters, grain: Grain) -> None:
    """Growth: the last year, and revenue over time."""
    request = Request(filters=filters)
    _card(visit.result("headline_growth", request, make=lambda: growth_headline(sources, request)))
    shown.show(visit, made.revenue_trend(visit, sources, filters, grain))


def leads(visit: Visit, sources: Sources, filters: Filters, grain: Grain) -> None:
    """Leads: conversion in all, over time and by group, and the time to the first contact."""
    found = sources.leads
    if found is None:
        nothing_loaded("No leads are loaded.", remedy="Upload an export of leads or contacts.")
        return
    request = Request(filters=filters)
    _card(visit.result("headline_leads", request, make=lambda: leads_headline(sources, request)))
    _follow_up(visit.result("follow_up", filters, make=lambda: lead_metrics.follow_up(found, resolved(filters, found))))
    shown.show(visit, made.conversion_trend(visit, found, filters, grain))
    column = split_column(visit, found, key="split_leads")
    if column is not None:
        shown.show(visit, made.conversion_groups(visit, found, filters, column=column.name, label=column.label))


def visits(visit: Visit, sources: Sources, filters: Filters, grain: Grain) -> None:
    """Visits over time."""
    if sources.traffic is None:
        nothing_loaded("No web traffic is loaded.", remedy="Upload a traffic report of your web analytics, by date and channel.")
        return
    shown.show(visit, made.visits_trend(visit, sources.traffic, filters, grain))


def _card(headline: Headline) -> None:
    with st.container(width=420):
        card(headline)
    st.caption(f"{headline.definition}.")


def _follow_up(found: FollowUp) -> None:
    with st.container(border=True):
        if found.absent is not None or found.median is None or found.mean is None or found.p90 is None:
            st.markdown("**Time to the first contact**")
            if found.absent is not None:
                why(found.absent)
            return
        st.markdown(f"**Half of the contacted leads were called within {wording.duration(found.median)}**")
        rows = (
            ("Contacted", f"{wording.count(found.contacted)} of {wording.count(found.leads)} leads"),
            ("Within 5 minutes", wording.percent(found.within_5_minutes / found.leads) + " of all leads"),
            ("Within 1 hour", wording.percent(found.within_1_hour / found.leads) + " of all leads"),
            ("Within 24 hours", wording.percent(found.within_24_hours / found.leads) + " of all leads"),
            ("Nine of ten within", wording.duration(found.p90)),
            ("Mean", wording.duration(found.mean)),
        )
        for label, text in rows:
            st.markdown(f"{label}: {text}")
        if found.negative:
            st.caption(
                f"{wording.count(found.negative)} leads were contacted before they were created. They stay in the median and the mean."
            )
        st.caption("Time to the first contact = first contact − creation of the lead.")
