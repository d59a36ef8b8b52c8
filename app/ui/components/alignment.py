"""The parts of the alignment page: what a closed round publishes, disagreement first."""

from __future__ import annotations

import streamlit as st

from app import wording
from app.services.alignment import Results, results
from app.services.alignment_files import as_csv, as_workbook
from app.services.beliefs import NOTE, beliefs
from app.services.figures import survey as figures
from app.services.figures.survey import NAMES, people, words
from app.services.rounds.model import RoundView
from app.services.rounds.views import asked
from app.services.survey_weights import read_weights
from app.statistics.intervals import Absent
from app.survey.published import GROUPS, Agreement, Gap, Guess, Published, Reliability, Score, Suppressed, band, index, total
from app.survey.questionnaire import Questionnaire
from app.ui import downloads
from app.ui.components import figure
from app.ui.components.figure import escape
from app.ui.frame import link
from app.ui.guard import Visit

WORDS = {"agree": "agree", "mixed": "mixed", "split": "far apart"}
BANDS_NOTE = (
    "20 to 100. Below 40 undefined, below 60 defined, below 80 aligned, from 80 integrated; by analogy with the assessment of "
    "Kotler, Rackham and Krishnaswamy (2006), in our own words."
)


def closed_rounds(visit: Visit) -> Results:
    """The closed rounds with what each publishes, the oldest first."""
    return results(visit.actor, engine=visit.engine, team_id=visit.team.id)


def no_round() -> None:
    """There is nothing to see before a round is closed."""
    with st.container(border=True):
        st.markdown("**No round of the survey is closed yet.**")
        st.markdown("Let sales and marketing answer the survey. When the round is closed, both see here together what it says.")
        link("survey", "Ask both sides", icon=":material/forum:")


def chosen(found: Results) -> tuple[RoundView, Published]:
    """The round to look at: the latest unless another is chosen."""
    if len(found) == 1:
        return found[0]
    names = {shown.id: f"{shown.name}, {wording.day(shown.closed_on)}" if shown.closed_on else shown.name for shown, _ in found}
    ids = [shown.id for shown, _ in reversed(found)]
    picked = st.selectbox("Round", ids, format_func=lambda id: names[id], key="round", width=340)
    return next(pair for pair in found if pair[0].id == picked)


def totals(visit: Visit, shown: RoundView, published: Published) -> None:
    """The index and the two totals, each with its level, and who answered."""
    weights = weights_of(visit, shown)
    cards: list[tuple[str, Score | Suppressed, str]] = [
        ("Alignment index", index(published, weights=weights), f"The middle of the two sides' totals, {BANDS_NOTE}")
    ]
    cards += [(NAMES[side], total(published, side, weights=weights), f"20 times the average score. {BANDS_NOTE}") for side in GROUPS[:2]]
    with st.grid(3, min_column_width=180):
        for label, found, note in cards:
            with st.container(border=True, height="stretch"):
                if isinstance(found, Suppressed):
                    st.metric(label, None, help=note)
                    st.caption(escape(found.reason))
                else:
                    st.metric(label, words(found, digits=0), help=note)
                    st.markdown(f"**{band(found.value / 20).capitalize()}**")
    rates = [f"{NAMES[t.group]} {wording.percent(t.rate, digits=0)}" for t in published.turnout if t.rate is not None]
    answered = f"Answered: {escape(people(published))}."
    st.caption(f"{answered} Response rate: {', '.join(rates)}." if rates else answered)


def disagreement(visit: Visit, shown: RoundView, published: Published) -> None:
    """Where the two sides see it differently."""
    made = visit.result("survey_gaps", shown.id, visit.mode, make=lambda: figures.gaps(shown, published, asked(shown), mode=visit.mode))
    if made is not None:
        figure.show(visit, made)
        st.caption("More agreement is not always better: two sides that look at the work differently can help each other.")
        return
    why = next((d.gap.reason for d in published.dimensions if isinstance(d.gap, Suppressed)), "")
    hidden = next((reason.reason for side in GROUPS[:2] if isinstance(reason := published.answered(side), Suppressed)), "")
    with st.container(border=True):
        st.markdown(f"**Not shown.** {escape(why)} {escape(hidden)}")


def guesses(published: Published, questionnaire: Questionnaire) -> None:
    """In-room rounds: what each side guessed the other would say."""
    names = questionnaire.wording("en").dimensions
    rows = []
    for dimension in published.dimensions:
        found = [dimension.view(side).guess for side in GROUPS[:2]]
        if any(isinstance(guess, Guess) for guess in found):
            rows.append((names[dimension.id].name, *(_guess_words(guess) for guess in found)))
    if rows:
        st.markdown("**How well each side knows the other**")
        figure.table(("Subject", "Sales guessed of marketing", "Marketing guessed of sales"), tuple(rows), alt="What each side guessed")
        st.caption(
            "Guess, and how far it is from what the other side says; above 0, the other side is thought to be more content than it is."
        )


def maturity(visit: Visit, shown: RoundView, published: Published) -> None:
    """The profile over all subjects."""
    figure.show(
        visit,
        visit.result(
            "survey_profile", shown.id, visit.mode, make=lambda: figures.maturity(shown, published, asked(shown), mode=visit.mode)
        ),
    )


def agreement(published: Published, questionnaire: Questionnaire) -> None:
    """How far the people of one side agree among themselves."""
    names = questionnaire.wording("en").dimensions
    groups = published.groups
    rows = tuple((names[d.id].name, *(_agreement_words(d.view(group).agreement) for group in groups)) for d in published.dimensions)
    if groups:
        figure.table(("Subject", *(NAMES[group] for group in groups)), rows, alt="Agreement within each side")
        st.caption(
            "Agreement of the people of one side: 1 when all answer alike, 0 when they differ as answers by chance would (r*wg). "
            "How close to 1 is not said, because that would tell what each of a few people answered."
        )
    found = published.reliability
    if isinstance(found, Reliability):
        st.caption(f"Reliability of all {found.items} statements together (Cronbach's alpha): {found.alpha} ({found.low} to {found.high}).")


def statements(visit: Visit, shown: RoundView, published: Published) -> None:
    """The answers to the statements of one subject; at first the one with the largest difference."""
    questionnaire = asked(shown)
    names = questionnaire.wording("en").dimensions
    gaps = {d.id: abs(d.gap.points) for d in published.dimensions if isinstance(d.gap, Gap)}
    ids = sorted((d.id for d in published.dimensions), key=lambda id: -gaps.get(id, 0))
    picked = st.selectbox("Subject", ids, format_func=lambda id: names[id].name, key="subject", width=340)
    made = visit.result(
        "survey_spreads",
        shown.id,
        picked,
        visit.mode,
        make=lambda: figures.spreads(shown, published, questionnaire, picked, mode=visit.mode),
    )
    if made is not None:
        figure.show(visit, made)
    texts = questionnaire.wording("en").items
    groups = published.groups
    rows = tuple(
        (texts[item.id] + (" (turned round)" if item.reverse else ""), *(words(item.view(group).score) for group in groups))
        for item in published.items_of(picked)
    )
    if groups:
        figure.table(("Statement", *(NAMES[group] for group in groups)), rows, alt=f"Scores of the statements on {names[picked].name}")
    if made is None and groups:
        reasons = dict.fromkeys(
            view.distribution.reason
            for item in published.items_of(picked)
            for view in item.views
            if isinstance(view.distribution, Suppressed)
        )
        st.caption(" ".join(escape(reason) for reason in reasons if reason not in _reasons_of_groups(published)))


def belief_beside_record(visit: Visit, shown: RoundView, published: Published) -> None:
    """The statements that the records can check, each with what people said and what is recorded; nothing where there are none."""
    found = visit.result("beliefs", shown.id, make=lambda: beliefs(published, asked(shown), visit.sources()))
    if not found:
        return
    st.subheader("What people believe, and what the records say", anchor=False)
    if all(isinstance(one.record, Absent) and one.record.code == "no_table" for one in found):
        number = "one statement" if len(found) == 1 else f"{len(found)} statements"
        st.markdown(f"The records can check {number} of this survey. {escape(found[0].record.remedy)}")  # type: ignore[union-attr]  # all are Absent
        link("data", "Upload a file", icon=":material/upload_file:")
        return
    for one in found:
        with st.container(border=True):
            turned = " Agreeing is bad news here, so the scores are turned round." if one.reverse else ""
            st.markdown(f"**{escape(one.statement)}**", help=f"{one.subject}.{turned}")
            said = "; ".join(
                f"{NAMES[group]} {words(score)}" if isinstance(score, Score) else escape(words(score)) for group, score in one.said
            )
            st.markdown(f":material/groups: People: {said}")
            if isinstance(one.record, Absent):
                st.markdown(f":material/table_chart: Records: {escape(one.record.reason)} {escape(one.record.remedy)}")
            else:
                st.markdown(f":material/table_chart: Records: {escape(one.record.finding)}")
                st.caption(escape(f"{one.record.basis}. {one.record.definition}."))
    st.caption(NOTE)


def unknown(visit: Visit, shown: RoundView, published: Published) -> None:
    """Where people do not know."""
    figure.show(
        visit,
        visit.result("survey_unknown", shown.id, visit.mode, make=lambda: figures.unknown(shown, published, asked(shown), mode=visit.mode)),
    )


def trend(visit: Visit, found: Results) -> None:
    """The totals over the rounds."""
    if len(found) < 2:
        st.caption("The second round will show here what has changed.")
        return
    weights = weights_of(visit, found[-1][0])
    made = visit.result(
        "survey_trend",
        tuple(shown.id for shown, _ in found),
        tuple(sorted(weights.items())),
        visit.mode,
        make=lambda: figures.trend(found, weights=weights, mode=visit.mode),
    )
    if made is None:
        st.caption("No two rounds show a total, so there is no trend.")
    figure.show(visit, made)


def comments(published: Published, questionnaire: Questionnaire) -> None:
    """What people wrote, by subject and side, never beside their answers."""
    names = questionnaire.wording("en").dimensions
    written = [found for found in published.comments if found.texts]
    if not written:
        st.caption("Nobody wrote a comment that may be shown.")
    for found in written:
        with st.expander(f"{names[found.dimension].name}: {NAMES[found.group]} ({len(found.texts)})"):
            for text in found.texts:
                st.markdown(f"- {escape(text)}")


def hidden(published: Published) -> None:
    """What is not shown, and why, in one place."""
    reasons: dict[str, int] = {}
    for dimension in published.dimensions:
        for view in dimension.views:
            if isinstance(view.score, Suppressed) and view.score.code != "apart":
                reasons[view.score.reason] = reasons.get(view.score.reason, 0) + 1
    for item in published.items:
        for item_view in item.views:
            if isinstance(item_view.score, Suppressed) and item_view.score.code in ("few_answers", "between_rounds"):
                reasons[item_view.score.reason] = reasons.get(item_view.score.reason, 0) + 1
    with st.expander("What is hidden, and why", icon=":material/visibility_off:"):
        for reason in reasons:
            st.markdown(f"- {escape(reason)}")
        st.markdown(
            f"Nothing is shown of fewer than {published.minimum} people, and nothing from which their answers could be worked out: "
            "not here, not in charts, files or the report, and not from one round to the next."
        )


def files(visit: Visit, shown: RoundView, published: Published) -> None:
    """What the page shows, as tables."""
    weights = tuple(sorted(weights_of(visit, shown).items()))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("All numbers as")
        for kind, media_type, make in (
            ("csv", "text/csv; charset=utf-8", lambda: as_csv(shown, published, weights=dict(weights))),
            (
                "xlsx",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                lambda: as_workbook(shown, published, weights=dict(weights)),
            ),
        ):
            address = downloads.offer(
                visit.actor,
                file_name=f"alignment-{shown.name}-{shown.id[:6]}.{kind}",
                media_type=media_type,
                content_key=f"alignment.{shown.id}.{weights}.{kind}",
                make=make,
            )
            st.link_button(kind.upper(), f"/{address}", icon=":material/download:", type="tertiary")


def weights_of(visit: Visit, shown: RoundView) -> dict[str, float]:
    """How much each subject counts for the team."""
    return read_weights(visit.actor, engine=visit.engine, team_id=visit.team.id, questionnaire=asked(shown))


def _agreement_words(found: Agreement | Suppressed) -> str:
    if isinstance(found, Suppressed):
        return found.reason
    beyond = {"exact": "", "or_higher": " or higher", "or_lower": " or lower"}[found.bound]
    return f"{WORDS[found.word]} ({found.value:.1f}{beyond})"


def _guess_words(found: Guess | Suppressed | None) -> str:
    if found is None:
        return ""
    if isinstance(found, Suppressed):
        return found.reason
    return f"{found.value:.1f} ({figures.signed(found.distance)})"


def _reasons_of_groups(published: Published) -> set[str]:
    return {turnout.answered.reason for turnout in published.turnout if isinstance(turnout.answered, Suppressed)}
