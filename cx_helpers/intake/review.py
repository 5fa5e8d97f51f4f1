"""Which pairs should a person look at?  Questions to the analyst, and answers that last.

`state/review.csv` lists pairs that the records cannot decide.  People who may all be one stand together as a `group`,
the group with most records at stake first, and are asked about by as few pairs as tie them.  The analyst writes `same`
or `different` (یکی، متفاوت) into the column `answer`; with a star behind it (`same*`) it answers every open question
that has the same `why`.  The next ingest reads it, and remembers it in `state/identity/answers.csv` by the customers'
ids, whatever becomes of the files.  A row may also be written by hand: two ids and an answer.  Both files are their
owner's only, and safe to open in a spreadsheet.
"""

from __future__ import annotations

from pathlib import Path

from cx_helpers import spreadsheet
from cx_helpers.intake import explaining
from cx_helpers.intake.linking import ASK, ASKABLE
from cx_helpers.intake.registry import Known

MOST = 500  # questions at a time
STAR = "*"  # behind an answer: it holds for all with the same `why`
SAME = {"same", "yes", "1", "یکی", "یکی است", "همان", "بله", "آری"}
DIFFERENT = {"different", "no", "0", "متفاوت", "دو نفر", "فرق دارد", "خیر", "نه"}
SIDES = ("a", "b")
SHOWN = ("name", "phones", "emails", "national_id", "born", "city", "address", "source")

Answers = dict[tuple[str, str], bool]  # of two customer_ids in their order: are they one person?


def collect(folder: Path, before: Known) -> tuple[Answers, list[int]]:
    """All answers there are, those in review.csv remembered now; and the rows of it that cannot be read.

    before  who was one person when the questions were asked: a "different" holds for all their records
    """
    path, kept = folder / "state" / "review.csv", folder / "state" / "identity" / "answers.csv"
    answers = {(r["customer_id"], r["other_id"]): r["answer"] == "same" for r in _rows(kept)}
    known, unclear = dict(answers), []
    of: dict[str, list[str]] = {}
    for customer, (person, _) in before.items():
        of.setdefault(person, []).append(customer)
    for number, row in enumerate(_spread(_rows(path)), 2):
        said = row.get("answer", "").strip().lower()
        if not said:
            continue
        a, b = (row.get(f"customer_{side}", "").strip() for side in SIDES)
        if said not in SAME | DIFFERENT or not a or not b or a == b:
            unclear.append(number)
            continue
        pairs = [(a, b)]
        if said in DIFFERENT and before.get(a, (a,))[0] != before.get(b, (b,))[0]:
            pairs = [(x, y) for x in _all(a, before, of) for y in _all(b, before, of)]
        answers |= {(min(p), max(p)): said in SAME for p in pairs}
    if answers != known:
        import pandas as pd

        rows = [(a, b, "same" if one else "different") for (a, b), one in sorted(answers.items())]
        spreadsheet.write(kept, pd.DataFrame(rows, columns=["customer_id", "other_id", "answer"]))
    return answers, unclear


def _spread(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The rows of the list, those without an answer answered as the starred one with the same `why`."""
    stars = {row.get("why"): row["answer"] for row in rows if (row.get("answer") or "").strip().endswith(STAR)}
    stars.pop("", None)
    told = [row["answer"] if (row.get("answer") or "").strip() else stars.get(row.get("why"), "") for row in rows]
    return [row | {"answer": (said or "").strip().removesuffix(STAR)} for row, said in zip(rows, told, strict=True)]


def _rows(path: Path) -> list[dict[str, str]]:
    return spreadsheet.read(path) if path.is_file() else []


def _all(customer: str, before: Known, of: dict[str, list[str]]) -> list[str]:
    return of[before[customer][0]] if customer in before else [customer]


def as_pairs(con, answers: Answers) -> list[tuple[int, int, bool]]:
    """Answers about records that are there, as pairs of their numbers in id_records."""
    number = dict(con.execute("SELECT customer_id, unique_id FROM id_records").fetchall()) if answers else {}
    return [(number[a], number[b], one) for (a, b), one in sorted(answers.items()) if a in number and b in number]


def ask(con, folder: Path, answers: Answers, locale: str) -> int:
    """Write state/review.csv anew: pairs of people who may be one; returns how many.  None: the file goes."""
    path = folder / "state" / "review.csv"
    told = [row for row in as_pairs(con, answers) if not row[2]]
    apart = ", ".join(f"({a}, {b})" for a, b, _ in told)
    if told:
        con.execute("CREATE OR REPLACE TEMP TABLE id_apart AS SELECT DISTINCT x.person AS a, y.person AS b FROM "
                    f"(VALUES {apart}) t(a, b) "
                    "JOIN id_people x ON x.unique_id = a JOIN id_people y ON y.unique_id = b")  # fmt: skip
    answered = (
        "AND NOT EXISTS (FROM id_apart z WHERE (z.a, z.b) IN ((x.person, y.person), (y.person, x.person)))"
        if told
        else ""
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE id_asked AS SELECT s.* FROM id_second s JOIN id_people x ON x.unique_id = l "
        f"JOIN id_people y ON y.unique_id = r WHERE x.person <> y.person AND {ASKABLE} AND weight >= {ASK} "
        f"{answered} "
        "QUALIFY row_number() OVER (PARTITION BY least(x.person, y.person), greatest(x.person, y.person) ORDER BY "
        "weight DESC, l, r) = 1 "
        f"ORDER BY weight DESC, l, r LIMIT {MOST}"
    )
    frame = _questions(con, locale)
    if frame.empty:
        path.unlink(missing_ok=True)
    else:
        spreadsheet.write(path, frame)
    return len(frame)


def _questions(con, locale: str):
    """The list as the analyst sees it: the question, why it is one, and what each side says."""
    day = (
        "born_jalali[:4] || '/' || born_jalali[5:6] || '/' || born_jalali[7:]"
        if locale == "fa"
        else "strftime(born, '%Y-%m-%d')"
    )
    shown = {
        "name": "concat_ws(' ', array_to_string(first_words, ' '), array_to_string(last_words, ' '))",
        "phones": "array_to_string(list_concat(p.mobiles, p.landlines), ' ')",
        "emails": "array_to_string(p.mails, ' ')", "national_id": "p.nid_like", "born": day.replace("born", "p.born"),
        "city": "city_said", "address": "address_said", "source": "r.source", "customer": "customer_id",
    }  # fmt: skip
    size = "(SELECT count(*) FROM id_people o WHERE o.person = p.person)"
    sides = ", ".join(f"{side}.{column} AS {column}_{side}" for column in (*SHOWN, "customer") for side in SIDES)
    about = f"(SELECT r.unique_id, {', '.join(f'{sql} AS {column}' for column, sql in shown.items())} " \
            "FROM id_profiles p JOIN id_records r USING (unique_id))"  # fmt: skip
    people = f"(SELECT unique_id, person, {size} AS n FROM id_people p)"
    rows = con.execute(
        f"SELECT id_asked.*, x.person AS x, y.person AS y, x.n AS n_x, y.n AS n_y, {sides} FROM id_asked "
        f"JOIN {people} x ON x.unique_id = l JOIN {people} y ON y.unique_id = r "
        f"JOIN {about} a ON a.unique_id = l JOIN {about} b ON b.unique_id = r ORDER BY weight DESC, l, r"
    ).df()
    rows = _grouped(rows)
    frame = rows[[f"{column}_{side}" for column in (*SHOWN, "customer") for side in SIDES]].copy()
    frame.insert(0, "answer", "")
    frame.insert(1, "chance", (1 / (1 + 2.0 ** -rows["weight"])).round(3))
    frame.insert(2, "why", [explaining.sentence(row, locale) for row in rows.to_dict("records")])
    frame.insert(3, "group", rows["group"])
    frame.insert(4, "records", rows["records"])
    return frame


def _grouped(rows):
    """The questions by group, most records at stake first; a pair that two likelier ones tie already is not asked."""
    of: dict = {}
    sizes: dict = {}

    def top(person):
        while of.get(person, person) != person:
            person = of[person]
        return person

    kept = []
    for place, (x, y, n_x, n_y) in enumerate(rows[["x", "y", "n_x", "n_y"]].itertuples(index=False)):
        sizes |= {x: int(n_x), y: int(n_y)}
        a, b = top(x), top(y)
        if a != b:
            of[max(a, b)] = min(a, b)
            kept.append(place)
    rows = rows.iloc[kept].copy()
    rows["top"] = [top(x) for x in rows["x"]]
    records: dict = {}
    for person, n in sizes.items():
        records[top(person)] = records.get(top(person), 0) + n
    rows["records"] = rows["top"].map(records)
    rows = rows.sort_values(["records", "top", "weight"], ascending=[False, True, False], kind="stable")
    rows["group"] = (rows["top"] != rows["top"].shift()).cumsum()
    return rows.reset_index(drop=True)
