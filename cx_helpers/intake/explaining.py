"""Why are these one person?  Every link with the fields that agree and differ, and what each weighs."""

from __future__ import annotations

from pathlib import Path

from cx_helpers.intake.comparisons import COMPARISONS
from cx_helpers.intake.values import literal
from cx_helpers.wording import Words, say

FIELDS: dict[str, Words] = {
    "first": {"fa": "نام", "en": "first name"},
    "last": {"fa": "نام خانوادگی", "en": "surname"},
    "born": {"fa": "تاریخ تولد", "en": "birth date"},
    "mobile": {"fa": "موبایل", "en": "mobile"},
    "email": {"fa": "ایمیل", "en": "e-mail"},
    "national_id": {"fa": "کد ملی", "en": "national id"},
    "card": {"fa": "کارت بانکی", "en": "bank card"},
    "landline": {"fa": "تلفن ثابت", "en": "landline"},
    "place": {"fa": "نشانی", "en": "place"},
    "company": {"fa": "شرکت", "en": "company"},
}
ALIKE = ("same", "sound", "home")
NEARLY = ("close", "recut", "part", "loose", "slip", "year", "mailbox", "near", "city")


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
    import duckdb
    import pandas as pd

    columns = ["link", "field", "customer_id", "other_id", "round", "level", "weight", "total"]
    state, out = folder / "state" / "identity", []
    if (state / "why.parquet").is_file() and (state / "links.parquet").is_file():
        with duckdb.connect() as con:
            links = f"read_parquet({literal(state / 'links.parquet')})"
            person = f"SELECT person_id FROM {links} WHERE customer_id = ?"
            mine = f"SELECT customer_id FROM {links} WHERE person_id IN ({person})"
            found = con.execute(
                f"SELECT * FROM read_parquet({literal(state / 'why.parquet')}) WHERE customer_id IN ({mine}) "
                "ORDER BY weight DESC, customer_id, person_id", [customer]
            ).df()  # fmt: skip
        for number, row in enumerate(found.to_dict("records"), 1):
            for c in COMPARISONS:
                if isinstance(row[c.name], str):
                    out.append((number, c.name, row["customer_id"], row["person_id"], row["round"], row[c.name],
                                row[f"w_{c.name}"], row["weight"]))  # fmt: skip
    return pd.DataFrame(out, columns=columns).set_index(["link", "field"])


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
    return ("؛ " if locale == "fa" else "; ").join(parts)
