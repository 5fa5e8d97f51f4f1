"""Why are these one person?  Every link with the fields that agree and differ, and what each weighs."""

from __future__ import annotations

import os
from pathlib import Path

from cx_helpers.intake import pseudonyms
from cx_helpers.intake.comparisons import COMPARISONS
from cx_helpers.intake.fields import SourceError
from cx_helpers.intake.values import literal
from cx_helpers.wording import Words, raw, say

FIELDS: dict[str, Words] = {
    "first": {"fa": "نام", "en": "first name"},
    "last": {"fa": "نام خانوادگی", "en": "surname"},
    "born": {"fa": "تاریخ تولد", "en": "birth date"},
    "year": {"fa": "سال تولد", "en": "birth year"},
    "mobile": {"fa": "موبایل", "en": "mobile"},
    "email": {"fa": "ایمیل", "en": "e-mail"},
    "national_id": {"fa": "کد ملی", "en": "national id"},
    "card": {"fa": "کارت بانکی", "en": "bank card"},
    "landline": {"fa": "تلفن ثابت", "en": "landline"},
    "place": {"fa": "نشانی", "en": "place"},
    "company": {"fa": "شرکت", "en": "company"},
}
ALIKE = ("same", "sound", "home")
LEVELS: dict[str, Words] = {
    "same": {"fa": "یکی", "en": "same"},
    "sound": {"fa": "هم‌آوا", "en": "same sound"},
    "close": {"fa": "با یک لغزش", "en": "a slip"},
    "recut": {"fa": "یکی، با مرز دیگر میان نام و نام خانوادگی", "en": "same, cut in two elsewhere"},
    "part": {"fa": "بخشی از آن", "en": "a part of it"},
    "loose": {"fa": "کمی شبیه", "en": "somewhat alike"},
    "slip": {"fa": "با یک رقم تفاوت", "en": "a slip in a digit"},
    "year": {"fa": "همان سال", "en": "same year"},
    "mailbox": {"fa": "همان نام در دامنه‌ای دیگر", "en": "same name at another domain"},
    "home": {"fa": "همان خانه", "en": "same home"},
    "near": {"fa": "نزدیک", "en": "near"},
    "city": {"fa": "همان شهر", "en": "same city"},
    "different": {"fa": "متفاوت", "en": "different"},
}
SURE = 0.999  # more than that is never told: no weight is known so well
NEARLY = ("close", "recut", "part", "loose", "slip", "year", "mailbox", "near")


def keep(con, path: Path) -> None:
    """Write the links of id_links with what they rest on: as Parquet, one row a link.

    customer_id, person_id  the two records that a link ties (as in links.parquet, both are one person)
    round    records, profiles (everything known of both), followed (a phone that led to its owner), answered
    weight   log2 of the odds that both are one person; level and w_… of each field
    """
    fields = ", ".join(f"s.{c.name}, s.w_{c.name}" for c in COMPARISONS)
    told = " UNION ALL BY NAME ".join(
        f"SELECT k.round, k.l, k.r, s.weight, {fields} FROM id_links k "
        f"LEFT JOIN {table} s ON s.l = k.l AND s.r = k.r WHERE {where}"
        for table, where in (("id_first", "round = 'records'"), ("id_second", "round <> 'records'"))
    )
    con.execute(
        f"COPY (SELECT a.customer_id, b.customer_id AS person_id, t.* EXCLUDE (l, r) FROM ({told}) t JOIN id_records a "
        f"ON a.unique_id = l JOIN id_records b ON b.unique_id = r ORDER BY ALL) TO {literal(path)} (FORMAT parquet)"
    )


def explain(folder: Path, customer: str):
    """Why are the records of this customer one person?

    folder    the workspace's;  customer  a customer_id of any of the person's records, as the tables' links have it
    Returns a pandas frame, one row for each link and field that both records fill; index `link` (1 is the strongest)
    and `field`; columns customer_id, other_id, round, level (same, sound, close, …), weight of the field (log2: +1
    doubles the odds, -1 halves them), and `total`, the weight of the link with the prior.
    A customer of one record only has no rows.  Source of weights: Fellegi, Sunter 1969, as likeness tells.
    """
    import pandas as pd

    columns = ["link", "field", "customer_id", "other_id", "round", "level", "weight", "total"]
    out = [
        (number, c.name, row["customer_id"], row["person_id"], row["round"], row[c.name], row[f"w_{c.name}"],
         row["weight"])
        for number, row in enumerate(_found(folder, customer)[1], 1) for c in COMPARISONS if row[c.name]
    ]  # fmt: skip
    return pd.DataFrame(out, columns=columns).set_index(["link", "field"])


def _found(folder: Path, customer: str) -> tuple[list[str], list[dict]]:
    """All customer_ids of the person who has this one, and the links between them, the strongest first."""
    import duckdb

    state = folder / "state" / "identity"
    if not ((state / "why.parquet").is_file() and (state / "links.parquet").is_file()):
        return [], []
    with duckdb.connect() as con:
        links = f"read_parquet({literal(state / 'links.parquet')})"
        person = f"SELECT person_id FROM {links} WHERE customer_id = $1 OR person_id = $1"
        ids = con.execute(
            f"SELECT customer_id FROM {links} WHERE person_id IN ({person}) ORDER BY ALL", [customer]
        ).fetchall()
        found = con.execute(
            f"SELECT * FROM read_parquet({literal(state / 'why.parquet')}) WHERE list_contains($1, customer_id) "
            "ORDER BY weight DESC NULLS LAST, customer_id, person_id", [[x for (x,) in ids]]
        )  # fmt: skip
        names = [column for column, *_ in found.description]
        every = dict.fromkeys(c.name for c in COMPARISONS)  # links of an earlier version lack what is compared since
        return [x for (x,) in ids], [every | dict(zip(names, row, strict=True)) for row in found.fetchall()]


def told(folder: Path, customer: str, locale: str = "en") -> str:
    """The same in words, as `cx why` prints it.

    customer  as tables have it (a pseudonym, too), or as its system has it
    SourceError where no record is known by it.
    """
    key = folder / "state" / "key"
    ids, links = _found(folder, customer)
    if not ids and (key.is_file() or os.environ.get("CX_KEY")):
        ids, links = _found(folder, pseudonyms.pseudonym(customer, pseudonyms.secret(folder)))
    if not ids:
        raise SourceError(
            "no record of a person is known by this id; give a customer_id of tables/customers.parquet or of a source "
            "that fills persons (docs/workspace.md), after cx ingest"
        )
    if len(ids) == 1:
        lines = [say(fa="{id} تنها یک رکورد است؛ پیوندی ندارد", en="{id} is one record; nothing is linked to it",
                     id=raw(ids[0]))]  # fmt: skip
    else:
        lines = [say(fa="{n} رکورد از آنِ یک نفر است: {ids}", en="{n} records are one person: {ids}",
                     n=len(ids), ids=raw(", ".join(ids)))]  # fmt: skip
    lines += _records(folder, ids)
    for row in links:
        lines.append(_heading(row))
        lines += [
            say(fa="  {field}: {level}، {weight:+.1f}", en="  {field}: {level}, {weight:+.1f}",
                field=FIELDS[c.name], level=LEVELS[row[c.name]], weight=row[f"w_{c.name}"])
            for c in COMPARISONS if row[c.name]
        ]  # fmt: skip
    return "\n".join(line[locale] for line in lines)


def _records(folder: Path, ids: list[str]) -> list[Words]:
    """Who each record is, as its system says: name, and the end of the phone.  For the owner's terminal only."""
    import duckdb

    pieces = sorted(map(str, (folder / "state" / "pieces").glob("*--persons.parquet")))
    if not pieces:
        return []
    with duckdb.connect() as con:
        rows = f"read_parquet([{', '.join(map(literal, pieces))}], union_by_name = true)"
        have = {column for column, *_ in con.execute(f"DESCRIBE FROM {rows}").fetchall()}
        said = {c: c if c in have else f"NULL::VARCHAR AS {c}" for c in (*_NAMES, "mobile", "phone", "source")}
        rows = f"(SELECT customer_id, {', '.join(said.values())} FROM {rows})"
        called = "coalesce(nullif(concat_ws(' ', first_name, last_name), ''), full_name)"
        ends = "right(regexp_replace(coalesce(mobile, phone), '\\D', '', 'g'), 4)"
        told = con.execute(
            f"SELECT customer_id, any_value(source), any_value({called}), any_value({ends}) FROM {rows} "
            "WHERE list_contains($1, customer_id) GROUP BY ALL ORDER BY 1", [ids]
        ).fetchall()  # fmt: skip
    return [
        say(fa="  {id}: {about}", en="  {id}: {about}", id=raw(who), about=raw(" · ".join(
            filter(None, [source, called, f"…{phone}" if phone else ""]))))
        for who, source, called, phone in told
    ]  # fmt: skip


_NAMES = ("first_name", "last_name", "full_name")


def _heading(row: dict) -> Words:
    ids = {"a": raw(row["customer_id"]), "b": raw(row["person_id"])}
    if row["round"] == "answered":
        return say(fa="{a} و {b}: پاسخ شما", en="{a} and {b}: your answer", **ids)
    chance = 1 / (1 + 2.0 ** -row["weight"])
    return say(
        fa="{a} و {b}: وزن {weight:+.1f}، احتمال یکی‌بودن {more}{chance:.1%}", en="{a} and {b}: weight {weight:+.1f}, "
        "chance {more}{chance:.1%}", weight=row["weight"], chance=min(chance, SURE),
        more={"fa": "بیش از ", "en": "over "} if chance > SURE else {"fa": "", "en": ""}, **ids,
    )  # fmt: skip


def sentence(levels: dict, locale: str) -> str:
    """What agrees and what differs between two, in words: «موبایل یکی؛ نام نزدیک؛ نشانی متفاوت»."""
    kinds = (
        (ALIKE, {"fa": "{f} یکی", "en": "same {f}"}),
        (NEARLY, {"fa": "{f} نزدیک", "en": "{f} alike"}),
        (("different",), {"fa": "{f} متفاوت", "en": "other {f}"}),
    )
    parts = [
        say(fa=words["fa"], en=words["en"], f=FIELDS[c.name])[locale]
        for among, words in kinds for c in COMPARISONS if levels.get(c.name) in among
    ]  # fmt: skip
    if levels.get("place") == "city":  # no more is known of where they live
        parts.append({"fa": "شهر یکی", "en": "same city"}[locale])
    return ("؛ " if locale == "fa" else "; ").join(parts)
