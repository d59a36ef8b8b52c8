"""The words that name a field in a heading nobody has catalogued, in English, German, French, Spanish and Portuguese.

Each line is one way to name the field: the heading must contain all its words (without accents, plurals and case, see
`app.ingest.headings.words`). They are tried only after the catalogue of known headings.
"""

from __future__ import annotations

import re

from app.ingest.headings import singular, words
from app.tables import TableName

_OWNER = (
    "owner name|owner|sales rep|rep|sales agent|agent|seller|salesperson|sales person|account executive|"
    "besitzer|verkaufer|vertriebsmitarbeiter|vertriebsbeauftragter|vertriebsbeauftragte|verantwortlich|verantwortlicher|betreuer|inhaber|"
    "proprietaire|commercial|propietario|proprietario|vendedor|responsable|responsavel"
)
_COMPANY = (
    "account name|account|company name|company|customer name|customer|client name|client|organization|organisation|unternehmen|kunde|firma|"
    "entreprise|societe|empresa|cliente|cuenta|conta"
)
_CREATED = (
    "created date|create date|creation date|date created|created time|created on|created at|created|opened on|"
    "open date|date opened|erstellt am|erstellt|"
    "erstellungsdatum|erstelldatum|anlagedatum|angelegt am|date creation|cree le|fecha creacion|creado el|data criacao|criado em"
)
_SOURCE = "lead source|source|channel|marketing channel|origin|quelle|herkunft|kanal|fuente|origen|canal|origem|utm source"
_CURRENCY = "currency|currency code|wahrung|devise|moneda|moeda"
_DELETED = "is deleted|deleted"

_FIELDS: dict[TableName, dict[str, str]] = {
    "deal": {
        "id": "opportunity id|deal id|potential id|opp id|opportunity number|deal number|sale id|id",
        "account": _COMPANY,
        "owner": _OWNER,
        "created": f"{_CREATED}|engage date",
        "closed": (
            "close date|closed date|closing date|close|closed on|closed at|date closed|won date|won on|sale date|"
            "closed|abschlussdatum|abschluss|abgeschlossen am|"
            "date cloture|date fermeture|fecha cierre|data fechamento|fechado em"
        ),
        "stage": "stage|phase|etape|etapa|fase",
        "status": "status|estado|statut",
        "amount": (
            "amount|value|deal size|contract value|revenue|acv|tcv|betrag|wert|auftragswert|umsatz|montant|valeur|importe|valor|monto"
        ),
        "currency": _CURRENCY,
        "source": _SOURCE,
        "lost_reason": "lost reason|loss reason|reason lost|reason loss|verlustgrund|motif perte|raison perte|"
        "motivo perdida|motivo perda|razon perdida",
        "name": "opportunity name|deal name|potential name|title|name|topic|"
        "dealname|verkaufschance|geschaft|vorgang|bezeichnung|nom opportunite|nom transaction|nom affaire|titel|titre|titulo",
        "won_flag": "is won|won",
        "closed_flag": "is closed",
        "expected_close": "expected close date|expected close|est close date|estimated close date|forecast close date|"
        "erw abschluss|erwarteter abschluss|erwartetes abschlussdatum|erwarteter abschlusstermin|geplanter abschluss",
        "deleted_flag": _DELETED,
    },
    "lead": {
        "id": "lead id|mql id|contact id|prospect id|lead number|id",
        "created": f"{_CREATED}|lead date|lead time|registered|inquiry date|enquiry date|date added|eingang",
        "source": _SOURCE,
        "status": "lead status|status|lifecycle stage|estado|statut",
        "mql_at": "mql date|mql at|marketing qualified date|became mql",
        "assigned_at": "assigned date|assigned at|assigned on|owner assigned|zugewiesen am",
        "first_contact_at": (
            "first response time|first response|first contact date|first contact at|first contacted|first call|"
            "first touch|first outreach|first activity date|"
            "contacted at|contacted on|erstkontakt|premier contact|primer contacto|primeiro contato"
        ),
        "contact_attempts": "contact attempt|times contacted|number attempt|attempt",
        "accepted_at": "sql date|sal date|accepted date|accepted at|qualification date|qualified date|qualified at|sales qualified date",
        "converted_at": "converted date|conversion date|converted at|converted on|won date|booking date|"
        "customer date|konvertiert am|date conversion",
        "owner": f"lead owner|sdr|bdr|{_OWNER}",
        "company": _COMPANY,
        "converted_flag": "is converted|converted|is customer|ordered|konvertiert|converti|convertido",
        "converted_deal_id": "converted opportunity id|converted deal id",
        "deleted_flag": _DELETED,
    },
    "customer": {
        "id": "customer id|account id|client id|company id|customer number|account number|kundennummer|kundennr|subscriber id|id",
        "name": f"{_COMPANY}|name",
        "started": (
            "start date|started on|customer since|client since|signup date|signed up|activated at|"
            "activation date|contract start|subscription start|join date|"
            "kunde seit|seit|since|vertragsbeginn|date debut|fecha inicio|data inicio"
        ),
        "churned": (
            "churn date|churned on|churned at|cancellation date|cancelled at|canceled at|cancelled on|ended at|"
            "end date|left on|termination date|kundigungsdatum|gekundigt zum|gekundigt am|kundigung|"
            "vertragsende|date resiliation|fecha baja|data cancelamento"
        ),
        "tenure_months": "tenure|tenure month|month customer|months as customer",
        "revenue": "mrr|monthly charge|monthly revenue|monthly recurring revenue|recurring revenue|monthly fee|plan amount|amount",
        "currency": _CURRENCY,
        "churned_flag": "churn|churned|is churned|exited|subscription status|status",
        "deleted_flag": _DELETED,
    },
    "revenue_line": {
        "id": (
            "invoice number|invoice no|invoice id|order id|order number|order no|payment id|transaction id|"
            "charge id|invoice|sale id|contract id|rechnungsnummer|"
            "rechnungsnr|rechnung|fakturanummer|fakturanr|faktura|bestellnummer|bestellnr|auftragsnummer|auftragsnr|"
            "belegnummer|belegnr|numero facture|numero factura|numero pedido"
        ),
        "customer": (
            "customer id|customer|customer name|client id|client name|client|account id|account name|account|"
            "company|buyer|kunde|kundennummer|kundenname|kundennr|debitor|auftraggeber|rechnungsempfanger|cliente|contact name"
        ),
        "date": (
            "invoice date|order date|payment date|transaction date|sale date|date|created time|created at|"
            "created|rechnungsdatum|bestelldatum|auftragsdatum|belegdatum|fakturadatum|zahlungsdatum|abschlussdatum|datum|"
            "date facture|fecha|data"
        ),
        "amount": (
            "grand total|total amount|net amount|line total|total price|amount paid|amount|total|revenue|"
            "sale value|net total|value|betrag|summe|umsatz|"
            "gesamtbetrag|gesamtpreis|rechnungsbetrag|nettobetrag|nettowert|nettosumme|auftragswert|montant|importe|valor"
        ),
        "currency": _CURRENCY,
        "status": "status|invoice status|payment status|order status|financial status|estado|statut",
        "quantity": "quantity|qty|menge|anzahl|quantite|cantidad|quantidade",
        "unit_price": "unit price|price|price per unit|stuckpreis|einzelpreis|prix unitaire|precio unitario|preco unitario",
        "deleted_flag": _DELETED,
    },
    "traffic": {
        "date": "date|day|datum|fecha|data",
        "sessions": "session|visit|sitzungen|besuche|visite|sesiones|sessoes",
        "source": "channel group|channel|source medium|source|medium|quelle|kanal",
        "users": "total user|user|active user|visitor|nutzer",
        "key_events": "key event|conversion",
    },
    "call": {
        "id": "call id|call sid",
        "date": "call date|call start time|call time|started",
        "account": "account id|account name",
        "deal": "opportunity id|deal id|potential id",
        "speaker": "speaker",
        "text": "transcript|utterance",
        "outcome": "call outcome|call result|call purpose|disposition",
        "duration": "call duration",
        "order": "turn",
        "participants": "participant",
    },
}


def _sets(spelled: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(map(singular, words(way))) for way in spelled.split("|"))


FIELD_WORDS: dict[TableName, dict[str, tuple[frozenset[str], ...]]] = {
    table: {field: _sets(spelled) for field, spelled in fields.items()} for table, fields in _FIELDS.items()
}

ENTITY_WORDS: dict[str, TableName | None] = {
    **dict.fromkeys(("opportunity", "opp", "deal", "potential", "pipeline", "negocio", "verkaufschance", "verkaufschancen"), "deal"),
    **dict.fromkeys(("lead", "mql", "prospect", "contact"), "lead"),
    **dict.fromkeys(("customer", "kunde", "kunden", "account", "client", "company", "churn", "subscription"), "customer"),
    **dict.fromkeys(
        (
            "invoice", "rechnung", "rechnungen", "rechnungsnummer", "rechnungsnr", "faktura", "fakturanummer", "fakturanr", "facture",
            "factura", "order", "payment", "transaction", "charge", "retail", "purchase history",
        ),
        "revenue_line",
    ),
    **dict.fromkeys(("call",), "call"),
    **dict.fromkeys(("traffic", "visit"), "traffic"),
    **dict.fromkeys(
        (
            "agent", "user", "product", "item", "task", "ticket", "case", "activity", "event", "campaign", "vendor", "quote", "property",
            "stage", "meeting", "purchase", "employee", "book", "discount", "survey", "funnel", "industry", "team",
            "dictionary", "spend", "budget", "relv", "inventory", "analytic", "page", "seller", "project", "price", "sku", "session",
            "plan", "coupon", "redemption", "card", "program", "dispute", "refund", "payout", "transfer", "balance", "engagement",
            "membership", "method", "note", "template", "addon", "applicant", "candidate",
        ),
        None,
    ),
}  # fmt: skip
"""What one row of a file may be: one of our tables, or (None) something else."""


_NUMBER_WORDS = frozenset(
    ["id", "nr", "no", "num", "number", "nummer", "numero", "numer", "key", "ref", "referenz", "reference", "kennung"]
)
_NUMBER_OF_OTHERS = re.compile(
    r"kunden|debitor|konto|mandant|telefon|handy|mobil|fax|post|plz|steuer|ust|phone|zip|vat|tax|customer|account|client|owner|user|parent"
)


def names_number(heading: str) -> bool:
    """Whether a heading names the number of the record itself, in any of the languages: "Vorgangsnr.", "Deal No.", "N° d'affaire".

    The number of a customer or a telephone names something else.
    """
    found = words(heading.replace("N°", "numero ").replace("n°", "numero ").replace("Nº", "numero ").replace("#", " number "))
    if any(_NUMBER_OF_OTHERS.search(word) for word in found):
        return False
    return any(word in _NUMBER_WORDS or word.endswith(("nummer", "snr")) for word in found)


def match_words(table: TableName, field: str, heading: str) -> float:
    """How well the words of `heading` name `field`, in [0, 0.85]; 0 when no way to name it is in the heading.

    A heading that consists of the words alone scores highest: "Close Date" names the closing date better than "Close Date Reason".
    """
    found = {singular(word) for word in words(heading)}
    best = 0.0
    for way in FIELD_WORDS[table].get(field, ()):
        if way == frozenset(["id"]) and found != way:
            continue
        if way and way <= found:
            best = max(best, 0.6 + 0.25 * len(way) / len(found))
    return best
