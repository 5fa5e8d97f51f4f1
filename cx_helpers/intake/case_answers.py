"""What did people do with a case?  The list that they edit, the requests they answered, exports of another system.

`state/cases.csv` lists the open cases, the highest rank first.  Whoever has done something writes it into `state`
(acknowledged, contacted, closed, reopened; دیده شد، تماس گرفته شد، بسته، دوباره باز) and, where it was not just now,
its time into `when`.  The next ingest (or watch) reads it; what was said once lasts, whatever becomes of the list.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd

from cx_helpers import dates, persian, spreadsheet
from cx_helpers.intake import case_rows, casebook, merge, privacy, pseudonyms
from cx_helpers.intake.values import literal
from cx_helpers.settings import Settings

MOST = 5000  # cases on the list
COLUMNS = ("case_id opened due rank why owner state when touchpoint channel aspect words customer_id").split()
SAID = {
    "acknowledged": {"acknowledged", "seen", "دیده شد", "دیده‌شده", "در دست پیگیری", "پیگیری"},
    "contacted": {"contacted", "called", "تماس گرفته شد", "تماس گرفتیم", "تماس", "تماس گرفته‌شده"},
    "closed": {"closed", "solved", "done", "بسته", "بسته شد", "حل شد", "بسته‌شده"},
    "reopened": {"reopened", "دوباره باز", "دوباره باز شد", "بازگشوده"},
}
_STATE = {word: state for state, words in SAID.items() for word in words}


def place(folder: Path) -> Path:
    """Where the list of open cases lies."""
    return folder / "state" / "cases.csv"


def from_list(settings: Settings, book: casebook.Book) -> int:
    """Read what people wrote into the list; returns how many cases went on."""
    path = place(settings.folder)
    if not path.is_file():
        return 0
    changed = path.stat().st_mtime
    if book.get("list") == changed:
        return 0
    moved = 0
    with book.writing():
        for row in spreadsheet.read(path):
            state = _STATE.get((row.get("state") or "").strip().lower())
            if state:
                at = when(row.get("when", ""), settings.timezone)
                moved += book.move((row.get("case_id") or "").strip(), state, changed if at is None else at)
        book.put("list", changed)
    return moved


def when(text: str, timezone: str) -> float | None:
    """The time that a person wrote, as seconds: 1404-06-31 14:30 or 2025-09-22; None where there is none to read."""
    day, _, hour = persian.simplify(text or "").replace("T", " ").strip().partition(" ")
    try:
        date = dates.parse_date(day)
        clock = dt.time.fromisoformat(hour.strip().zfill(5)) if hour.strip() else dt.time(12)
    except ValueError:
        return None
    return dt.datetime.combine(date, clock, ZoneInfo(timezone)).timestamp()


def write(settings: Settings, book: casebook.Book) -> Path:
    """Write the list of cases that are not closed; what people wrote into it meanwhile is read first."""
    from_list(settings, book)
    zone, path = ZoneInfo(settings.timezone), place(settings.folder)
    rows = []
    for case in book.cases("state <> 'closed'")[:MOST]:
        why = [f"{name} {case[name]:.2f}" for name in ("feeling", "value", "risk", "urgency") if case[name] is not None]
        rows.append(
            {
                "opened": _told(case["opened_at"], zone, settings.calendar),
                "due": _told(case["due_at"], zone, settings.calendar),
                "why": " x ".join([case["urgent"], *why] if case["urgent"] else why),
                "words": privacy.redact(case["words"])[:300] if case["words"] else None,
                "when": None,
            }
            | {c: case[c] for c in ("case_id", "rank", "owner", "state", "touchpoint", "channel", "aspect")}
            | {"customer_id": case["customer_id"]}
        )
    spreadsheet.write(path, pd.DataFrame(rows, columns=COLUMNS))
    with book.writing():
        book.put("list", path.stat().st_mtime)
    return path


def _told(at: float | None, zone: ZoneInfo, calendar: str) -> str | None:
    if at is None:
        return None
    local = dt.datetime.fromtimestamp(at, zone)
    day = dates.to_jalali(local.date()) if calendar == "jalali" else (local.year, local.month, local.day)
    return "{:04d}-{:02d}-{:02d} ".format(*day) + local.strftime("%H:%M")


def from_tickets(con, folder: Path, book: casebook.Book) -> int:
    """Within `writing`: cases that are requests go on as these are answered, solved, and opened again."""
    path = folder / "tables" / "tickets.parquet"
    waiting = {c["origin_id"]: c for c in book.cases("origin = 'ticket'")} if path.is_file() else {}
    if not waiting:
        return 0
    relation = f"read_parquet({literal(path)})"
    have = {column for column, *_ in con.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()}
    times = [f"epoch({c})" if c in have else "NULL" for c in ("first_reply_at", "solved_at")]
    con.register("_waiting", pd.DataFrame({"key": list(waiting)}, dtype=object))
    found = con.execute(
        f"SELECT ticket_id::VARCHAR, {', '.join(times)} FROM {relation} "
        "WHERE ticket_id::VARCHAR IN (SELECT key FROM _waiting)"
    ).fetchall()
    con.unregister("_waiting")
    moved = 0
    for ticket, replied, solved in found:
        case = waiting[ticket]
        if replied is not None and case["contacted_at"] is None:
            moved += book.move(case["case_id"], "contacted", replied)
        if solved is not None:
            moved += book.move(case["case_id"], "closed", solved)
        elif case["state"] == "closed" and case["closed_at"] is not None:  # its system says it is open again
            moved += book.move(case["case_id"], "reopened", casebook.now())
    return moved


def from_export(con, settings: Settings, state, book: casebook.Book) -> int:
    """Within `writing`: what exports mapped to `cases` tell, by case_id or by the row it came from; unknown ones are
    added as they are, with their own times."""
    if not state.of("cases"):
        return 0
    rows = con.execute(f"SELECT * FROM {merge.rows(con, state, 'cases', whole=False)[0]}").df()
    secret, moved = pseudonyms.secret(settings.folder), 0
    for row in rows.to_dict("records"):
        told = {k: _plain(v) for k, v in row.items() if not k.startswith("_")}
        origin, key = told.get("origin") or "case", told.get("origin_id") or told["case_id"]
        known = book.cases("case_id = ? OR case_id = ?", told["case_id"], case_rows.case_id(origin, key, secret))
        if known:
            case = known[0]["case_id"]
            for step in ("acknowledged", "contacted", "closed"):
                at = told.get(f"{step}_at")
                moved += at is not None and book.move(case, step, at)
            continue
        own = {c: told.get(c) for c in casebook.COLUMNS}
        own |= {"case_id": case_rows.case_id(origin, key, secret), "origin": origin, "origin_id": key}
        ends = [s for s in ("acknowledged", "contacted", "closed") if own.get(f"{s}_at") is not None]
        own["state"] = ends[-1] if ends else "open"
        moved += own["opened_at"] is not None and book.add(own)
    return moved


def _plain(value):
    """A cell as the book holds it: times as seconds, nothing as None."""
    if pd.isna(value):
        return None
    return value.timestamp() if hasattr(value, "timestamp") else value
