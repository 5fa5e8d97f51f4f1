"""Who is this customer?  Records of all systems linked into people: one id for one person, in every table.

`link_customers` reads the rows of `persons` (a customer of a system, in the system's own words), decides which are one
person, and gives each person an id that stays.  What was learnt and decided lies in `state/identity/`, which only its
owner may read: `model.json` and `frequencies.parquet` (what weighs how much), `links.parquet` (customer_id, person_id),
`answers.csv` (what the analyst said); questions for the analyst stand in `state/review.csv`.
The model is learnt once, and again when there are twice as many records; in between, a new record changes nobody but
those it belongs to.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cx_helpers.intake import candidates, explaining, frequencies, likeness, linking, people, registry, review
from cx_helpers.intake.explaining import explain  # noqa: F401  part of what this module offers
from cx_helpers.intake.values import name
from cx_helpers.wording import Words, say

VERSION = 7  # of how records are compared: raising it learns and links anew
LEARN_AGAIN = 2  # times as many records as the model was learnt from
KNOWN = 5  # times a name must have been seen to be kept with its frequency: a rarer one could tell who is here


@dataclass(frozen=True)
class Linked:
    """What linking found: records and people, people of several records, and questions left to the analyst."""

    records: int = 0
    people: int = 0
    joined: int = 0
    questions: int = 0
    unclear: tuple[int, ...] = ()  # rows of review.csv whose answer cannot be read
    changed: bool = False

    def said(self) -> list[Words]:
        """The same in words."""
        one = {"fa": "  ۱ رکورد از آنِ ۱ نفر است", "en": "  1 record is 1 person"}
        lines = [one if self.records == 1 else say(
            fa="  {records} رکورد از آنِ {people} نفر است؛ {joined} نفر چند رکورد دارند",
            en="  {records} records are {people} people, {joined} with several",
            records=self.records, people=self.people, joined=self.joined,
        )]  # fmt: skip
        if self.questions:
            lines.append(questions(self.questions))
        return lines + [
            say(fa="  state/review.csv، سطر {n}: پاسخ خوانده نشد؛ بنویسید same یا different",
                en="  state/review.csv, row {n}: the answer cannot be read; write same or different", n=row)
            for row in self.unclear
        ]  # fmt: skip


def questions(n: int) -> Words:
    """How many questions wait for the analyst, in words."""
    fa = "  {n} پرسش برای شما در state/review.csv"
    return say(fa=fa, en=f"  {{n}} question{'s' * (n > 1)} for you in state/review.csv", n=n)


def place(folder: Path) -> Path:
    """Where a workspace keeps its links."""
    return folder / "state" / "identity" / "links.parquet"


def link_customers(con, persons: str, folder: Path, locale: str = "fa") -> Linked:
    """Link the rows of `persons` and remember who is one person; running it twice changes nothing.

    persons  SQL of a relation with the columns of people.COLUMNS, texts as they came;  folder  the workspace's
    Writes state/identity/ and state/review.csv, at once each.  No rows: nobody is linked, the files go.
    """
    state = folder / "state" / "identity"
    people.prepare(con)
    people.describe(con, persons)
    records = con.execute("SELECT count(*) FROM id_records").fetchall()[0][0]
    before = _known(place(folder))
    candidates.set_apart(con)
    model = _model(con, state, records)
    frequencies.complete(con, model.records)
    answers, unclear = review.collect(folder, before)
    linking.link(con, model, review.as_pairs(con, answers))
    text = json.dumps({"version": VERSION, **asdict(model)}, indent=1) + "\n"
    _put(state / "model.json", lambda part: part.write_text(text, "utf-8"))
    groups = [members for (members,) in con.execute(
        "SELECT list(customer_id ORDER BY customer_id) FROM id_records JOIN id_people USING (unique_id) GROUP BY person"
    ).fetchall()]  # fmt: skip
    known = registry.assign(groups, before)
    if known != before:
        _write(place(folder), known, con)
    _put(state / "why.parquet", lambda part: explaining.keep(con, part))
    questions = review.ask(con, folder, answers, locale)
    several = sum(len(group) > 1 for group in groups)
    return Linked(records, len(groups), several, questions, tuple(unclear), known != before)


def forget_links(folder: Path) -> None:
    """Take links and questions away; what was learnt, and the analyst's answers, stay."""
    for path in (place(folder), folder / "state" / "identity" / "why.parquet", folder / "state" / "review.csv"):
        path.unlink(missing_ok=True)


def applied(con, rows: str, table: str, links: str) -> str:
    """SQL of a table's rows with the person's id as customer_id, and one row for one person where that is the key.

    links  SQL of customer_id, person_id and age (visitors.links)

    customers  columns of several systems are completed, the newest record's value first; created_at is the earliest
    exposures  a person stays in the variant that they saw first
    """
    columns = [c for c, *_ in con.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()]
    if "customer_id" not in columns:
        return rows
    moved = ("(SELECT r.* REPLACE (coalesce(l.person_id, r.customer_id) AS customer_id), l.age AS _age, "
             "r.customer_id AS _own "
             f"FROM {rows} r LEFT JOIN {links} l ON l.customer_id = r.customer_id)")  # fmt: skip
    if table == "customers":
        newest = "array_agg({0} ORDER BY _age NULLS LAST, _own) FILTER ({0} IS NOT NULL)"
        told = [f"min({name(c)}) AS {name(c)}" if c == "created_at" else f"({newest.format(name(c))})[1] AS {name(c)}"
                for c in columns if c != "customer_id"]  # fmt: skip
        return f"(SELECT {', '.join(['customer_id', *told])} FROM {moved} GROUP BY customer_id)"
    kept = f"SELECT * EXCLUDE (_age, _own) FROM {moved}"
    if table == "exposures":
        kept += (
            " QUALIFY row_number() OVER (PARTITION BY experiment, customer_id ORDER BY exposed_at, variant, _own) = 1"
        )
    return f"({kept})"


def _known(path: Path) -> registry.Known:
    if not path.is_file():
        return {}
    rows = pq.read_table(path, columns=["customer_id", "person_id", "since"]).to_pydict()
    return {c: (p, s) for c, p, s in zip(*rows.values(), strict=True)}


def _write(path: Path, known: registry.Known, con) -> None:
    """Put the links in place: who belongs to whom, since when, and how new each record is among its person's."""
    rows = {
        "customer_id": list(known),
        "person_id": [p for p, _ in known.values()],
        "since": [s for _, s in known.values()],
    }
    con.register("_links", pa.table(rows))
    found = con.sql(
        "SELECT customer_id, person_id, since::INTEGER AS since, row_number() OVER (PARTITION BY person_id ORDER BY "
        "updated_at DESC NULLS LAST, customer_id)::INTEGER AS age FROM _links LEFT JOIN "
        "(SELECT customer_id, updated_at FROM id_records) USING (customer_id) ORDER BY customer_id"
    ).to_arrow_table()
    con.unregister("_links")
    _put(path, lambda part: pq.write_table(found, part))


def _model(con, state: Path, records: int) -> likeness.Model:
    """The company's model: as it was learnt, or learnt now, with its frequencies as the tables id_tf_…."""
    about, common = state / "model.json", state / "frequencies.parquet"
    if about.is_file() and common.is_file():
        kept = json.loads(about.read_text("utf-8"))
        if kept.pop("version", None) == VERSION and records < LEARN_AGAIN * kept["records"]:
            frequencies.recall(con, common)
            return likeness.Model(**kept)
    frequencies.count(con)
    frequencies.complete(con, records)
    model = likeness.learn(con)
    kept = frequencies.kept(con, KNOWN)
    _put(common, lambda part: pq.write_table(kept, part))
    frequencies.recall(con, common)  # as every later ingest does: what is too rare to be kept counts for nobody
    return model


def _put(path: Path, write) -> None:
    """Write a file that only its owner may read, at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.chmod(path.parent, 0o700)
    handle, part = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # 0600
    os.close(handle)
    try:
        write(Path(part))
        os.chmod(part, 0o600)  # DuckDB replaces the file it is told to write
        os.replace(part, path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
