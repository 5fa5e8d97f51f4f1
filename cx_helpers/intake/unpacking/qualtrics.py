"""How are a survey's answers laid out?  One row a person, one column a question, and two or three header rows.

    StartDate,Finished,ResponseId,Q1,Q1_NPS_GROUP          names
    تاریخ شروع,پایان,شناسه,ما را توصیه می‌کنید؟,…           what people were asked, in the survey's language
    {"ImportId":"startDate"},…,{"ImportId":"QID1"},…       what each column is, in every language: this is read

The legacy format has V1 … Vn in the first row and their names in the second; files written by scripts have one row.
What a column holds about a place on earth (address of the computer, latitude, longitude) is never taken out of it.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cx_helpers.intake import csvlines, messages, spss
from cx_helpers.intake.encodings import Text
from cx_helpers.intake.faults import FileFault
from cx_helpers.intake.raw import Broken
from cx_helpers.intake.sheets import Laid

ABOUT = {  # what Qualtrics says of every answer: its ImportId, other names of it -> ours
    "startdate": "start_date", "enddate": "end_date", "status": "status", "responsetype": "status",
    "progress": "progress", "duration": "duration", "durationinseconds": "duration", "finished": "finished",
    "recordeddate": "recorded_date", "recordid": "response_id", "responseid": "response_id",
    "recipientlastname": "last_name", "recipientfirstname": "first_name", "recipientemail": "email",
    "emailaddress": "email", "email": "email", "name": "full_name", "externaldatareference": "external_reference",
    "externalreference": "external_reference", "externaldata": "external_reference",
    "distributionchannel": "channel", "userlanguage": "language", "qlanguage": "language", "contactid": "contact_id",
    "recipientphone": "phone", "phone": "phone", "phonenumber": "phone", "qtotalduration": "duration",
    # embedded data that a company adds to its invitations
    "invitedat": "invited_at", "invitationdate": "invited_at", "invitationtime": "invited_at",
    "invitationsentat": "invited_at", "invitationsentdate": "invited_at", "surveysentdate": "invited_at",
    "sentat": "invited_at", "sentdate": "invited_at", "تاریخدعوت": "invited_at", "زماندعوت": "invited_at",
}  # fmt: skip
ALWAYS = ("start_date", "end_date", "status", "finished", "external_reference", "email")  # in exports
_TIMES = {"startdate", "enddate", "recordeddate"}
NEVER = {"ipaddress", "locationlatitude", "locationlongitude", "locationaccuracy", "responseset"}
_MADE = re.compile(r"(Topics|Sentiment|Sentiment Score|Sentiment Polarity|Actionability|Parent Topics)$", re.IGNORECASE)
_MADE_ID = re.compile(r"(Topics|Sentiment|SentimentScore|SentimentPolarity|_DO(_\d+)?|_FIRST_CLICK|_LAST_CLICK"
                      r"|_PAGE_SUBMIT|_CLICK_COUNT|_BROWSER|_VERSION|_OS|_RESOLUTION)$")  # fmt: skip
_TEXT = re.compile(r"(QID\d+|Q\d+[\w.]*)_TEXT$")
_QUESTION = re.compile(r"^(\d+_)?QID\d+|^Q\d")
_ZONE = re.compile(r'"timeZone": *"(\w+/[\w/+-]+)"')
GROUP = "_NPS_GROUP"
UNSEEN = "-99"  # seen and left without an answer, where an export says so
MEASURED = re.compile(r"(nps|csat|ces)([_ .-]|$)", re.IGNORECASE)  # of a question's tag, as the mapping has it


class Column(NamedTuple):
    """One column of an export: its name (the question's tag), its ImportId, what people were asked, and of times the
    zone that the header says they are in."""

    name: str
    id: str
    asked: str
    zone: str = ""


def survey(path: Path, as_text: Callable[[], Text]):
    """The answers of a survey's export as one table; None where it is no such file.

    Columns: those of ABOUT; `answers` and `words`, JSON lists of {question, tag, asked, value, nps}; then every other
    column (embedded data, what people chose) under its own name.
    """
    zipped = path.suffix.lower() == ".gz"
    kind = path.suffixes[-2:-1] if zipped else path.suffixes[-1:]
    kind = "".join(kind).lower()
    if kind in (".sav", ".zsav"):
        return [_sav(path, zipped)]
    if kind not in (".csv", ".tsv", ".txt", ".tab", ""):
        return None
    text = as_text()
    with text.path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        delimiter = max("\t,;", key=file.readline().count)
        file.seek(0)
        reader = csv.reader((line.replace("\0", "") for line in file), delimiter=delimiter)
        head = [(next(reader, []), reader.line_num) for _ in range(3)]
    columns, deep = _columns([cells for cells, _ in head])
    if columns is None and any('"ImportId"' in cell for cells, _ in head for cell in cells):
        named = messages.columns(head[0][0])
        raise FileFault(
            path.name, "unknown_shape", system="qualtrics", columns=named, nearest="survey", missing="ResponseId"
        )
    if columns is None:
        return None
    rows, broken = [], []
    for line in csvlines.records(text.path, delimiter, len(columns), skip=head[deep - 1][1], damaged=text.damaged):
        if line.fields is None:
            broken.append(Broken(line.number, line.code, line.raw))
        elif any(line.fields):
            rows.append((line.number, line.fields))
    return [_laid(columns, rows, broken)]


def _columns(head: list[list[str]]) -> tuple[list[Column] | None, int]:
    """The columns that the header rows tell of, and how many of the three rows tell it: the others are answers."""
    names, second, third = head
    if any(re.fullmatch(r"V\d+", name) for name in names) and "responseid" in map(plain, second):  # legacy
        labels = [*second, *[""] * (len(names) - len(second))]
        named = [label if re.fullmatch(r"V\d+", name) else name for name, label in zip(names, labels, strict=False)]
        return [Column(n, n, label) for n, label in zip(named, labels, strict=False)], 2
    if {"distributionid", "sentat"} <= set(map(plain, names)):  # a distribution's history names answers, too
        return None, 0
    if not {"responseid", "response id"} & {name.strip().casefold() for name in names}:
        return None, 0
    for place, row in ((2, third), (1, second)):
        if any('"ImportId"' in cell for cell in row):
            asked = second if place == 2 else names
            wide = [[*cells, *[""] * (len(names) - len(cells))] for cells in (row, asked)]
            ids = [_import_id(cell) or name for name, cell in zip(names, wide[0], strict=False)]
            zones = [found[1] if (found := _ZONE.search(cell)) else "" for cell in wide[0]]
            return [Column(*about) for about in zip(names, ids, wide[1], zones, strict=False)], place + 1
    times = [second[place] for place, name in enumerate(names[: len(second)]) if plain(name) in _TIMES]
    if any(times) and not any(map(str.isdecimal, "".join(times))):  # words where times should be: what was asked
        return [Column(name, name, asked) for name, asked in zip(names, second, strict=False)], 2
    return [Column(name, name, name) for name in names], 1


def _import_id(cell: str) -> str:
    """`{"ImportId":"QID3","choiceId":"2"}` -> QID3_2"""
    try:
        told = json.loads(cell)
        parts = [told["ImportId"], *([told["choiceId"]] if told.get("choiceId") else [])]
        return "_".join(parts) if not str(parts[0]).endswith(f"_{parts[-1]}") else parts[0]
    except (ValueError, TypeError, KeyError):
        return ""


def _laid(
    columns: list[Column], rows: list[tuple[int, list[str]]], broken: list[Broken], chosen: dict | None = None
) -> Laid:
    """The table that the mapping sees.

    chosen  by the place of a column: what its codes stand for
    """
    chosen = chosen or {}
    rows = [(line, ["" if cell.strip() == UNSEEN else cell for cell in cells]) for line, cells in rows]
    about: dict[int, str] = {}  # place -> our name; of two columns that mean one thing the first is taken
    for place, column in enumerate(columns):
        if (ours := ABOUT.get(plain(column.id))) and ours not in about.values():
            about[place] = ours
    never = {place for place, c in enumerate(columns) if {plain(c.id), plain(c.name)} & NEVER}
    groups = {c.id.removesuffix(GROUP) for c in columns if c.id.endswith(GROUP)}
    groups |= {c.name.removesuffix(GROUP) for c in columns if c.name.endswith(GROUP)}
    words = {place for place, c in enumerate(columns) if _TEXT.fullmatch(c.id) or _TEXT.fullmatch(c.name)}
    asked = {
        place for place, c in enumerate(columns)
        if place not in words and (_QUESTION.match(c.id) or {c.id, c.name} & groups or _scored(place, c, rows))
        and not _MADE_ID.search(c.id) and not _MADE.search(c.name) and not c.id.endswith(GROUP)
        and not c.name.endswith(GROUP)
    }  # fmt: skip
    words = {place for place in words if not _MADE.search(columns[place].name)}
    rest = [place for place in range(len(columns)) if place not in about and place not in never]
    names = [*dict.fromkeys(ABOUT.values()), "answers", "words"]
    taken = {plain(name) for name in names}
    kept = [place for place in rest if place not in words and plain(columns[place].name) not in taken]

    def each() -> Iterator[tuple]:
        for line, cells in rows:
            own = {ours: _at(cells[place], columns[place].zone) for place, ours in about.items()}
            parts = [
                [_answer(columns[place], cells[place], groups) for place in sorted(some) if cells[place].strip()]
                for some in (asked, words)
            ]
            lists = [json.dumps(part, ensure_ascii=False) if part else "" for part in parts]
            those = (chosen.get(place, {}).get(cells[place], cells[place]) for place in kept)
            texts = [*(own.get(name, "") for name in names[:-2]), *lists, *those]
            yield (line, *(text.strip() or None for text in texts))

    kept = [
        p for p in kept if columns[p].name.strip() or any(cells[p].strip() for _, cells in rows)
    ]  # a comma at the end
    own = dict(zip(kept, _apart([columns[p].name.strip() or f"column_{p + 1}" for p in kept]), strict=True))
    taken = {own[place]: frozenset({columns[place].id, columns[place].name}) for place in asked if place in own}
    measured = {place for place in asked if MEASURED.match(columns[place].name) or {*columns[place][:2]} & groups}
    measured |= {place for place, c in enumerate(columns) if c.name.endswith(GROUP) or c.id.endswith(GROUP)}
    taken |= {own[place]: frozenset() for place in measured if place in own}
    missing = [ours for ours in ALWAYS if ours not in about.values()]
    return Laid("", [*names, *own.values()], each(), broken, taken, missing)


def _at(cell: str, zone: str) -> str:
    """A time with the offset of the zone that the header says it is in; all else as it is."""
    try:
        return dt.datetime.fromisoformat(cell.strip()).replace(tzinfo=ZoneInfo(zone)).isoformat(" ") if zone else cell
    except (ValueError, ZoneInfoNotFoundError):
        return cell


def _scored(place: int, column: Column, rows: list[tuple[int, list[str]]]) -> bool:
    """Is a column a question by its tag alone (csat, nps_2, …), where no ImportId says so?  Its answers are numbers."""
    if column.id != column.name or not MEASURED.match(column.name):
        return False
    given = [cells[place].strip() for _, cells in rows if cells[place].strip()]
    return bool(given) and all(re.match(r"[0-9۰-۹]", value) for value in given)


def _answer(column: Column, value: str, groups: set[str]) -> dict:
    nps = bool({column.id, column.name} & groups)
    scale = nps or MEASURED.match(column.name)
    if scale and (found := re.search(r"^\s*(10|\d)\b|\b(10|\d)\s*$", value)):  # `10 - very likely`
        value = found[1] or found[2]
    return {"question": column.id, "tag": column.name, "asked": column.asked, "value": value.strip(), "nps": nps}


def _apart(names: list[str]) -> list[str]:
    """The same names, those that come again with a number behind."""
    seen: dict[str, int] = {}
    out = []
    for name in names:
        key = plain(name)
        seen[key] = seen.get(key, 0) + 1
        out.append(name if seen[key] == 1 else f"{name}_{seen[key]}")
    return out


def _sav(path: Path, zipped: bool) -> Laid:
    """An SPSS file: numbers on scales, and of a choice what was chosen."""
    file = spss.read(path, zipped)
    columns = [Column(name, name, asked) for name, asked in zip(file.names, file.asked, strict=True)]
    groups = {name.removesuffix(GROUP) for name in file.names if name.endswith(GROUP)}
    scales = {place for place, name in enumerate(file.names) if name in groups or MEASURED.match(name)}
    ours = {place for place, name in enumerate(file.names) if plain(name) in ABOUT}  # the mapping knows their codes
    rows = list(enumerate(spss.counted(file, scales), 1))
    return _laid(columns, rows, [], spss.chosen(file, scales | ours))


def plain(name: str) -> str:
    """A column's name as it is compared: `Duration (in seconds)` and `durationInSeconds` are one."""
    return re.sub(r"[\W_]", "", name).casefold()
