"""Which column of an export is which column of ours?  The columns of one table, as a mapping says them, checked.

The language is told with worked examples in docs/workspace.md, and what only systems need in docs/sources.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo, available_timezones

from cx_helpers.intake import privacy
from cx_helpers.intake.inner import INNER, PERSON, TABLES
from cx_helpers.settings import Settings, WorkspaceError
from cx_helpers.tables import nearest

VALUE_KEYS = ("timezone", "calendar", "currency", "empty", "decimal", "date_order")
TARGET_KEYS = ("columns", "keep", "split", "when", "scale", "per_key", "needs", "partial", "yields_to", "among")
COLUMN_KEYS = ("from", "value", "expr", "generate", "map", "else", "default", "unit", "format", "type", "via", "local",
               *VALUE_KEYS)  # fmt: skip

TYPES = {"text": "string", "number": "float64", "integer": "int64", "time": "timestamp", "boolean": "boolean"}
MONEY = {"amount", "margin", "discount", "unit_price", "monthly_fee", "cost"}
PROSE = {"text", "comment", "description", "subject", "product_name"}  # people read these: only `` is empty there
RIALS = {"rial": 1, "irr": 1, "toman": 10, "thousand_toman": 10_000, "million_toman": 10_000_000}
UNITS = {"percent": 0.01, "ms": 0.001, "s": 1, "seconds": 1, "min": 60, "minutes": 60, "h": 3600, "hours": 3600}
# ids that a system counts for itself: the system's name goes before them, so that those of two systems never collide
LOCAL = {"customer_id", "visitor_id", "event_id", "order_id", "contract_id", "response_id", "ticket_id", "comment_id",
         "origin_id", "session_id", "message_id", "invitation_id", "thing", "deal_id"}  # fmt: skip
NEWEST, DELETED, VIA = "_newest", "_deleted", "_via_"  # columns that pieces have and tables do not


class SourceError(WorkspaceError):
    """A source cannot be read as it is mapped: the message names the entry and the key, and what to write."""

    def __init__(self, said: str | dict[str, str]):
        words = isinstance(said, dict)
        super().__init__({k: privacy.uncover(v) for k, v in said.items()} if words else privacy.uncover(said))


@dataclass(frozen=True)
class Field:
    """One column of a table: where its text comes from (one of column, value, expr, generate), and how it is read."""

    name: str
    type: str
    column: str | None = None
    value: str | None = None
    expr: str | None = None
    generate: bool = False
    map: dict[str, str | None] | None = None
    otherwise: str | None = None  # what a value that the map lacks becomes; "keep": itself
    default: str | None = None
    factor: float = 1.0
    rials: bool = False  # a toman or rial written beside the number is believed
    formats: tuple[str, ...] = ()
    date_order: str = ""  # of a day such as 10/01/2024: dmy, mdy, or "" where nobody said
    timezone: str = "UTC"
    calendar: str = "auto"
    decimal: str = "."
    empty: tuple[str, ...] = ()
    required: bool = False
    allowed: tuple[str, ...] = ()
    prefix: str = ""  # the system's name and a colon, before an id that the system counts for itself
    via: str | None = None  # TABLE.COLUMN: the value is that of the row of this table whose key the text is


@dataclass(frozen=True)
class Target:
    """One table that a source fills: its columns, which rows make one, and whether a list is split into rows."""

    table: str
    fields: tuple[Field, ...]
    when: str | None = None
    split: tuple[str, str] | None = None  # the column that holds the list, and what parts it
    per_key: str | None = None
    needs: str | None = None  # a row without a value in this column makes no row here
    partial: bool | str = False  # its rows complete those of others, and wait while there is nothing to complete;
    # `grows`: each other's, too
    yields_to: tuple[str, ...] = ()  # its rows give way to another's with the same values in these columns
    among: tuple[str, ...] = ()  # its rows wait until one of these tables knows the customer

    @property
    def key(self) -> tuple[str, ...]:
        return TABLES[self.table].key

    @property
    def via(self) -> dict[str, str]:
        """Columns that are looked up, and the table and its column that they are looked up in."""
        return {f.name.removeprefix(VIA): f.via for f in self.fields if f.via}


@dataclass(frozen=True)
class Setting:
    """What all columns of one source have in common: its name, its rules of values, the workspace's settings."""

    name: str
    where: str
    rule: dict
    settings: Settings
    prefix: str = ""
    newest_by: object = None
    deleted: dict | None = None


def read_target(table: str, part: dict, of: Setting) -> Target:
    """Check what a mapping says of one table; SourceError names the key and the nearest known one."""
    where = of.where
    if table not in TABLES:
        raise SourceError(f"{where}: no table {table!r}{nearest(table, TABLES)}; tables: {', '.join(TABLES)}")
    where = f"{where}, table {table!r}"
    if not isinstance(part, dict):
        raise SourceError(f"{where}: write columns: {{{TABLES[table].key[0]}: …}} under it, not {part!r}")
    known(part, TARGET_KEYS, where)
    texts(part, ("when", "needs"), where)
    given = part.get("columns") or {}
    if not isinstance(given, dict):
        raise SourceError(f"{where}: columns is {given!r}; write columns: {{{TABLES[table].key[0]}: …}}")
    columns = {str(c): str(c) for c in listed(part.get("keep"))} | given
    if scale := part.get("scale"):
        if not (isinstance(scale, list) and len(scale) == 2 and all(isinstance(s, int | float) for s in scale)):
            raise SourceError(f"{where}: scale is {scale!r}; write scale: [lowest, highest], e.g. [0, 10]")
        columns = {"scale_min": {"value": scale[0]}, "scale_max": {"value": scale[1]}} | columns
    split = part.get("split")
    if split is not None:
        if isinstance(split, str):
            split = {"column": split}
        known(split, ("column", "by"), f"{where}, split")
        if "column" not in split:
            raise SourceError(f"{where}, split: no column; write split: {{column: NAME, by: '|'}}")
        split = (str(split["column"]), str(split.get("by", "|")))
        if table == "order_items":
            columns.setdefault("line", "_line")
    if part.get("per_key") not in (None, "first", "last"):
        raise SourceError(f"{where}: per_key is {part['per_key']!r}; use first or last")
    if part.get("partial", False) not in (True, False, "grows"):
        raise SourceError(
            f"{where}: partial is {part['partial']!r}; use true, or grows where its rows add to each other"
        )
    columns.setdefault("source", {"value": of.name})
    when = part.get("when")
    if of.newest_by:
        columns[NEWEST] = of.newest_by
    if of.deleted and part.get("per_key"):  # many rows make one: that a row is gone says nothing of that one
        when = f"NOT {of.deleted['expr']}" + (f" AND ({when})" if when else "")
    elif of.deleted:
        columns[DELETED] = of.deleted
    _required(table, part, columns, where)
    spec = TABLES[table]
    if table in INNER:  # it keeps nothing for reports: what has no meaning here is a slip
        for column in columns:
            if column not in (*spec.columns, "source", NEWEST, DELETED):
                raise SourceError(f"{where}: unknown column {column!r}{nearest(column, spec.columns)}; "
                                  f"columns: {', '.join(spec.columns)}")  # fmt: skip
    per_key = part.get("per_key")
    if table == "persons" and not (of.newest_by or of.deleted):
        per_key = per_key or "last"  # an order names its buyer: many rows tell of one person
    ordered = [c for c in spec.columns if c in columns] + [c for c in columns if c not in spec.columns]
    wordless = table == "comments" and "text" in columns and not part.get("partial")
    needs = part.get("needs") or ("text" if wordless else None)  # who wrote nothing made no mistake
    return Target(
        table,
        tuple(_field(column, columns[column], table, of, where, bool(part.get("partial"))) for column in ordered),
        when,
        split,
        per_key,
        needs,
        part.get("partial", False),
        tuple(map(str, listed(part.get("yields_to")))),
        tuple(_tables(part.get("among"), where)),
    )


def _required(table: str, part: dict, columns: dict, where: str) -> None:
    spec = TABLES[table]
    for column in spec.key if part.get("partial") else (*spec.key, *spec.required):
        if column not in columns:
            hint = f", or write {column}: {{generate: true}}" if spec.key == (column,) else ""
            raise SourceError(f"{where}: {column!r} is required and not mapped; map it to a column of the export{hint}")
    for key in ("needs", "yields_to"):
        for column in listed(part.get(key)):
            if column not in columns:
                raise SourceError(f"{where}: {key} names {column!r}, which is not mapped{nearest(column, columns)}")


def _tables(given, where: str) -> list[str]:
    for table in listed(given):
        if table not in TABLES:
            raise SourceError(f"{where}: no table {table!r}{nearest(table, TABLES)}; tables: {', '.join(TABLES)}")
    return listed(given)


def _field(column: str, given, table: str, of: Setting, where: str, partial: bool) -> Field:
    where = f"{where}, column {column!r}"
    if isinstance(given, str):
        given = {"from": given}
    if not isinstance(given, dict):
        raise SourceError(f"{where}: {given!r} is no column name; for a constant write {{value: {given!r}}}")
    known(given, COLUMN_KEYS, where)
    if sum(key in given for key in ("from", "value", "expr", "generate")) != 1:
        raise SourceError(f"{where}: give one of from, value, expr or generate; there is {sorted(given)}")
    texts(given, ("from", "expr", "via"), where)
    check_values(given, where)
    about = TABLES[table].columns.get(column)
    if about and "type" in given:
        raise SourceError(f"{where}: the contract says its type is {about.type}; leave `type` out")
    if about and about.type == "list":
        raise SourceError(f"{where}: cx ingest derives {column} from the text itself; leave it out")
    kind = str(given.get("type", "text"))
    if kind not in TYPES:
        raise SourceError(f"{where}: type {kind!r} is not known{nearest(kind, TYPES)}; types: {', '.join(TYPES)}")
    rule = {key: of.rule[key] for key in VALUE_KEYS if key in of.rule} | given
    unit = given.get("unit") or (rule.get("currency") if column in MONEY else None)
    mapped = given.get("map")
    if mapped is not None and not isinstance(mapped, dict):
        raise SourceError(f"{where}: map must hold {{value in the export: our value}}, not {mapped!r}")
    via = given.get("via")
    if via:
        other, _, theirs = str(via).partition(".")
        _tables(other, where)
        via = f"{other}.{theirs or column}"
    local = given.get("local", bool(via) or column in LOCAL)
    return Field(
        name=VIA + column if via else column,
        type={NEWEST: "timestamp", DELETED: "boolean"}.get(column) or (about.type if about else TYPES[kind]),
        column=text(given.get("from")),
        value=text(given.get("value")),
        expr=given.get("expr"),
        generate=bool(given.get("generate")),
        map=None if mapped is None else {text(k) or "": text(v) for k, v in mapped.items()},
        otherwise=text(given.get("else")),
        default=text(given.get("default")),
        factor=_factor(unit, where, of.settings),
        rials=column in MONEY and of.settings.currency == "IRR",
        formats=tuple(listed(given.get("format"))),
        date_order=str(rule.get("date_order", "")),
        timezone=str(rule.get("timezone", of.settings.timezone)),
        calendar=str(rule.get("calendar", "auto")),
        decimal=str(rule.get("decimal", ".")),
        empty=tuple(str(e) for e in listed(rule.get("empty"))),
        required=column in (TABLES[table].key if partial else TABLES[table].required),
        allowed=about.values if about else (),
        prefix=of.prefix if local else "",
        via=via,
    )


def identities(persons: dict) -> list[dict]:
    """The keys in a `persons` mapping, each as a mapping of `identities`: own id, e-mail, phones, id card, card."""
    columns, kinds = persons.get("columns", {}), {"phone": "phone", "mobile": "phone"}
    found = [(name, kinds.get(name, name)) for name in PERSON if name in columns]
    found = [(columns[name], kind) for name, kind in found if kind in ("phone", "email", "national_id", "card")]
    own = columns["customer_id"]
    own = {"from": own} if isinstance(own, str) else own
    found.append(({**own, "local": own.get("local", True)}, "account"))
    when = {"when": persons["when"]} if "when" in persons else {}
    return [
        when | {"needs": "value", "per_key": "last",
                "columns": {"kind": {"value": kind}, "value": value, "customer_id": own}}
        for value, kind in found
    ]  # fmt: skip


def customers(persons: dict) -> dict:
    """The customers in a `persons` mapping: who has a name and a phone is one, whatever else is known of them."""
    given = persons.get("columns")
    given = given if isinstance(given, dict) else {}
    columns = {c: given[c] for c in ("customer_id", "city", "province") if c in given}
    return {key: persons[key] for key in ("when", "split") if key in persons} | {"per_key": "last", "columns": columns}


def _factor(unit, where: str, settings: Settings) -> float:
    if unit is None:
        return 1.0
    name = str(unit).lower().replace("irt", "toman").replace("تومان", "toman").replace("ریال", "rial")
    if name in RIALS and settings.currency == "IRR":
        return float(RIALS[name])
    if name == settings.currency.lower():
        return 1.0
    if name in UNITS:
        return UNITS[name]
    if name in RIALS:
        raise SourceError(f"{where}: unit {unit!r} but the workspace's currency is {settings.currency}")
    raise SourceError(f"{where}: unit {unit!r} is not known{nearest(name, [*RIALS, *UNITS])}; "
                      f"units: {', '.join([*RIALS, *UNITS])}")  # fmt: skip


def check_values(given: dict, where: str) -> None:
    """Refuse a time zone, calendar, decimal sign or order of dates that is not known."""
    zone = given.get("timezone")
    if zone is not None and str(zone) not in available_timezones():
        raise SourceError(f"{where}: timezone {zone!r} is not known{nearest(zone, available_timezones())}; "
                          "use an IANA name such as Asia/Tehran")  # fmt: skip
    if zone is not None:
        ZoneInfo(str(zone))
    if given.get("calendar", "auto") not in ("auto", "jalali", "gregorian"):
        raise SourceError(f"{where}: calendar is {given['calendar']!r}; use jalali, gregorian or auto")
    if given.get("decimal", ".") not in (".", ","):
        raise SourceError(f"{where}: decimal is {given['decimal']!r}; use '.' or ','")
    if given.get("date_order", "dmy") not in ("dmy", "mdy"):
        raise SourceError(f"{where}: date_order is {given['date_order']!r}; use dmy (10/01/2024 is in January) or mdy")


def known(given, keys: tuple[str, ...], where: str) -> None:
    """Refuse a key that is none of these, naming the nearest one."""
    if not isinstance(given, dict):
        raise SourceError(f"{where}: {given!r} is no set of keys and values; keys: {', '.join(keys)}")
    for key in given:
        if key not in keys:
            raise SourceError(f"{where}: unknown key {key!r}{nearest(key, keys)}; keys: {', '.join(keys)}")


def texts(given: dict, keys: tuple[str, ...], where: str) -> None:
    """Refuse what is no text (or number: a column may be called 5) under keys that name or say something."""
    for key in keys:
        value = given.get(key)
        if isinstance(value, (list, dict, bool)):
            raise SourceError(f"{where}: {key} is {value!r}; a text is needed")


def text(value) -> str | None:
    """A value of YAML as a text; yes and no as exports write them."""
    if value is None:
        return None
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def listed(value) -> list:
    """A value of YAML as a list: none, one or several."""
    return [] if value is None else value if isinstance(value, list) else [value]
