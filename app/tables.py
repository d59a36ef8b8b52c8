"""The canonical tables: what each column is called, what it holds and what it means.

Everything that is imported becomes one of these tables; every metric reads only these columns. The user's own
columns are kept beside them as segments, under the neutral names `s0`, `s1` … (`segment_name`), so that no text
from a file ever becomes a column name in a query or a chart. Their headings travel as data with the snapshot.

Stored types (`Kind` → Parquet):

=============  =======================  =====================================================================
kind           Parquet                  meaning
=============  =======================  =====================================================================
id             string                   identifiers and names of records, exactly as in the file, never a number
text           string                   categories and names
moment         timestamp[us], no zone   a point in time on the wall clock of the team's time zone
money          decimal128(18, 4)        an amount in the dataset's currency
count          int64                    a whole number
number         double                   any other number
flag           bool                     yes or no
outcome        string                   one of `OUTCOMES`
=============  =======================  =====================================================================

Each stored table also has `source_row` (int64): the line or sheet row it came from, so that a number can be
traced to its file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TableName = Literal["deal", "lead", "customer", "revenue_line", "traffic", "call"]
Kind = Literal["id", "text", "moment", "money", "count", "number", "flag", "outcome"]
Outcome = Literal["won", "lost", "no_decision", "open", "ignored"]

OUTCOMES: tuple[Outcome, ...] = ("won", "lost", "no_decision", "open", "ignored")
CLOSED: tuple[Outcome, ...] = ("won", "lost", "no_decision")

SOURCE_ROW = "source_row"
MAX_SEGMENTS = 40

MAIN_DATE: dict[TableName, str] = {
    "deal": "closed",
    "lead": "created",
    "customer": "started",
    "revenue_line": "date",
    "traffic": "date",
    "call": "date",
}
"""The column whose days say from when to when a table goes."""


@dataclass(frozen=True)
class Field:
    """A column of a canonical table.

    `group` says that people compare by it (it is offered as a break-down beside the user's own segments).
    `input_only` fields are read from the file to work out another field and are not stored.
    """

    name: str
    label: str
    kind: Kind
    meaning: str
    group: bool = False
    input_only: bool = False


@dataclass(frozen=True)
class Table:
    """A canonical table. `one_row_is` completes the sentence "one row is …"."""

    name: TableName
    label: str
    one_row_is: str
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field:
        """The field called `name`; KeyError when the table has none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(f"table {self.name} has no field {name}")

    @property
    def stored(self) -> tuple[Field, ...]:
        """The fields that are columns of the stored Parquet, in order."""
        return tuple(field for field in self.fields if not field.input_only)


DEAL = Table(
    "deal",
    "Deals",
    "one deal (opportunity)",
    (
        Field("id", "Deal id", "id", "The identifier of the deal; a newer row with the same id replaces the older one."),
        Field("account", "Account", "text", "The company the deal is with; money is resampled by account."),
        Field("owner", "Owner", "text", "The seller who owns the deal.", group=True),
        Field("created", "Created on", "moment", "When the deal was opened."),
        Field("closed", "Closed on", "moment", "When the deal was won or lost. Empty while it is open."),
        Field("outcome", "Outcome", "outcome", "Won, lost, no decision, open or ignored, from the stage words."),
        Field("stage", "Stage", "text", "The pipeline stage, as the CRM writes it."),
        Field("amount", "Amount", "money", "The value of the deal, not weighted and not expected."),
        Field("currency", "Currency", "text", "The currency code of the amount."),
        Field("source", "Source", "text", "Where the deal came from.", group=True),
        Field("lost_reason", "Reason lost", "text", "Why the deal was lost.", group=True),
        Field("name", "Deal name", "text", "The title of the deal; used to tell deals apart only when there is no id.", input_only=True),
        Field("status", "Status", "text", "Open, won or lost where the CRM keeps it beside the stage; then it decides.", input_only=True),
        Field("won_flag", "Won yes/no", "flag", "True when the deal was won.", input_only=True),
        Field("closed_flag", "Closed yes/no", "flag", "True when the deal is closed.", input_only=True),
        Field(
            "expected_close",
            "Expected close",
            "moment",
            "When an open deal is expected to close; never used as the closing date.",
            input_only=True,
        ),
        Field(
            "deleted_flag",
            "Deleted yes/no",
            "flag",
            "True when the row was deleted in the CRM; such rows are set aside and counted.",
            input_only=True,
        ),
    ),
)

LEAD = Table(
    "lead",
    "Leads",
    "one lead (person or company that may become a customer)",
    (
        Field("id", "Lead id", "id", "The identifier of the lead."),
        Field("created", "Created on", "moment", "When the lead came in."),
        Field("source", "Source", "text", "The channel or campaign the lead came from.", group=True),
        Field("status", "Status", "text", "The lead status or lifecycle stage, as the system writes it.", group=True),
        Field("mql_at", "Qualified by marketing on", "moment", "When marketing handed the lead over as qualified."),
        Field("assigned_at", "Assigned on", "moment", "When the lead got its owner."),
        Field("first_contact_at", "First contacted on", "moment", "When sales first reached out."),
        Field("contact_attempts", "Contact attempts", "count", "How many times sales reached out."),
        Field("accepted_at", "Accepted by sales on", "moment", "When sales accepted the lead."),
        Field("converted_at", "Became a customer on", "moment", "When the lead became a customer."),
        Field("converted", "Became a customer", "flag", "Whether the lead became a customer, from the flag or the date."),
        Field("owner", "Owner", "text", "The seller who owns the lead.", group=True),
        Field("company", "Company", "text", "The company of the lead."),
        Field("converted_flag", "Converted yes/no", "flag", "True when the lead became a customer.", input_only=True),
        Field("converted_deal_id", "Deal id", "id", "The deal the lead became.", input_only=True),
        Field(
            "deleted_flag",
            "Deleted yes/no",
            "flag",
            "True when the row was deleted in the CRM; such rows are set aside and counted.",
            input_only=True,
        ),
    ),
)

CUSTOMER = Table(
    "customer",
    "Customers",
    "one customer (a company that bought, with when it started and left)",
    (
        Field("id", "Customer id", "id", "The identifier of the customer."),
        Field("name", "Name", "text", "The name of the customer."),
        Field("started", "Customer since", "moment", "When the customer started."),
        Field("churned", "Left on", "moment", "When the customer left. Empty while the customer stays."),
        Field("has_churned", "Left yes/no", "flag", "Whether the customer has left, from the flag, status or date."),
        Field("tenure_months", "Months as a customer", "number", "How long the customer has been one, where the export has no dates."),
        Field("revenue", "Recurring revenue", "money", "What the customer pays per month, in the dataset's currency."),
        Field("currency", "Currency", "text", "The currency code of the revenue."),
        Field(
            "churned_flag",
            "Churned yes/no or status",
            "text",
            "Yes/no, or a subscription status whose words say who has left.",
            input_only=True,
        ),
        Field(
            "deleted_flag", "Deleted yes/no", "flag", "True when the row was deleted; such rows are set aside and counted.", input_only=True
        ),
    ),
)

REVENUE_LINE = Table(
    "revenue_line",
    "Revenue lines",
    "one invoice, order or payment line",
    (
        Field("id", "Invoice number", "id", "The invoice or order the line belongs to; several lines may share it."),
        Field("customer", "Customer", "id", "Who bought."),
        Field("date", "Date", "moment", "When it was invoiced, ordered or paid."),
        Field("amount", "Amount", "money", "The amount of the line; quantity × unit price where the file has those instead."),
        Field("currency", "Currency", "text", "The currency code of the amount."),
        Field("status", "Status", "text", "The state of the invoice, as the system writes it.", group=True),
        Field("cancelled", "Cancelled", "flag", "Whether the line cancels a sale; counted in revenue, not as a purchase."),
        Field("quantity", "Quantity", "number", "How many units.", input_only=True),
        Field("unit_price", "Unit price", "number", "Price of one unit.", input_only=True),
        Field(
            "deleted_flag", "Deleted yes/no", "flag", "True when the row was deleted; such rows are set aside and counted.", input_only=True
        ),
    ),
)

TRAFFIC = Table(
    "traffic",
    "Web traffic",
    "the visits of one day (or period) from one source",
    (
        Field("date", "Date", "moment", "The day of the visits; empty when the report covers one whole period."),
        Field("sessions", "Sessions", "count", "How many visits."),
        Field("source", "Source", "text", "The channel the visits came from.", group=True),
        Field("users", "Users", "count", "How many visitors."),
        Field("key_events", "Key events", "count", "Form fills and the like; not customers."),
    ),
)

CALL = Table(
    "call",
    "Calls",
    "one call or one utterance of it",
    (
        Field("id", "Call id", "id", "The identifier of the call."),
        Field("date", "Date", "moment", "When the call took place."),
        Field("account", "Account", "text", "The company on the call."),
        Field("deal", "Deal id", "id", "The deal the call was about."),
        Field("speaker", "Speaker", "text", "Who spoke."),
        Field("text", "Text", "text", "What was said."),
        Field("outcome", "Call outcome", "text", "How the call ended."),
        Field("duration", "Duration", "text", "How long the call took."),
        Field("order", "Order", "count", "The position of the utterance in the call."),
        Field("participants", "Participants", "text", "Who took part."),
    ),
)

TABLES: dict[TableName, Table] = {t.name: t for t in (DEAL, LEAD, CUSTOMER, REVENUE_LINE, TRAFFIC, CALL)}

IMPORTED: tuple[TableName, ...] = ("deal", "lead", "customer", "revenue_line", "traffic")
"""The tables the scorecard uses today. A call export is recognised, and said to be of no use to it yet."""


def segment_name(position: int) -> str:
    """The stored column name of the user's own column number `position` (from 0): s0, s1 and so on."""
    return f"s{position}"


@dataclass(frozen=True)
class Segment:
    """One of the user's own columns, kept to compare groups by.

    `name` is the stored column ("s0"), `heading` the user's heading, `values` how many different values it has.
    """

    name: str
    heading: str
    values: int


@dataclass(frozen=True)
class SnapshotInfo:
    """What must be known of a stored table besides its rows; travels with the Parquet.

    `first` and `last` are ISO dates of the table's main date (deal: closed on closed deals; lead: created;
    customer: started; revenue line and traffic: date); None when there is none. `extracted` is the latest
    date seen anywhere in the file's moments up to the day of import: up to that day the file is taken to be complete.
    `currency` is the one currency of the amounts, or None when unknown; amounts of several currencies are never stored.
    `outcomes` says how many rows have which outcome (deals only).
    """

    table: TableName
    rows: int
    segments: tuple[Segment, ...] = ()
    currency: str | None = None
    first: str | None = None
    last: str | None = None
    extracted: str | None = None
    system: str | None = None
    outcomes: tuple[tuple[Outcome, int], ...] = ()
    amounts_on_lost: bool | None = None
    period_stated: tuple[str, str] | None = None
