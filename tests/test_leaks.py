"""Marked raw keys in every column of a messy company: after ingest, check and a run no byte that we wrote holds one.

Exempt are what the contract keeps as it came (sources/, and `row` in quarantine, both their owner's only), the secret
itself, and the pieces of `persons`, in which linking compares people.
"""

import contextlib
import csv
import json
import re
import stat
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
import yaml

from cx_helpers import cli
from cx_helpers.intake import masking, pseudonyms, sources
from cx_helpers.tables import TABLES

PHONE, NID, MAIL, CARD = "09127654321", "0084575948", "marked.person@secret-mail.ir", "6037997599891232"
SHEBA, CUSTOMER, PASSWORD = "IR062960000000100324200001", "CUST-77884155301", "pw-Marked-99"
MARKS = {  # what is looked for, once digits are Latin and separators gone
    "phone": "9127654321", "national id": "84575948", "e-mail": "marked.person", "card": CARD, "sheba": SHEBA[4:],
    "customer": "77884155301", "password": "Marked-99",
}  # fmt: skip
WAYS = [PHONE, "۰۹۱۲-۷۶۵-۴۳-۲۱", "+98 912 765 4321", NID, MAIL, CARD, SHEBA]
LATIN = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")
ROWS = 12


def cell(table: str, column: str, row: int) -> str:
    """What stands in a column: a key in every text, a right value in a few rows of the others and a key in the rest."""
    about, key = TABLES[table].columns[column], WAYS[(row + len(column)) % len(WAYS)]
    if column == "customer_id":
        return [CUSTOMER, PHONE, "۰۹۱۲۷۶۵۴۳۲۱", MAIL, NID][row % 5]
    if column in masking.WORDS:
        return f"سلام، خیلی بد بود. با {key} تماس بگیرید یا به {MAIL} بنویسید، شماره من {PHONE} است {row}"
    if (column in TABLES[table].key or column.endswith("_id")) and about.type == "string" and not about.values:
        return [f"{PHONE}-{row}", MAIL, SHEBA, f"{column}-{row}"][row % 4]
    good = {"timestamp": f"2025-08-{row % 28 + 1:02d} 10:00:00", "float64": "5", "int64": "5", "boolean": "true"}
    if about.values:
        return about.values[0] if row % 3 else key
    if about.type != "string":
        return good[about.type] if row % 5 else key
    return key


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """A company with a file a table, a file that carries a phone in its name, one without header, and a closed door."""
    folder = tmp_path_factory.mktemp("leaky") / "company"
    (folder / "sources").mkdir(parents=True)
    entries = []
    for table, spec in TABLES.items():
        columns = [
            c
            for c in spec.columns
            if c not in ("sentiment", "p_negative", "p_neutral", "p_positive", "how_read", "language", "topics")
        ]
        name = f"{table}-{PHONE}.csv" if table == "orders" else f"{table}.csv"
        with (folder / "sources" / name).open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file)
            out.writerow([*columns, "note", "own"])
            for row in range(ROWS):
                out.writerow([*(cell(table, c, row) for c in columns), f"زنگ بزنید {WAYS[row % len(WAYS)]}", CUSTOMER])
            file.write(f'"{MAIL},{PHONE},{CUSTOMER}\n')  # a quote that nobody closes
        keep = [*columns, "note"] + (["own"] if table == "customers" else [])
        mapped = {c: c for c in keep}
        if table == "customers":
            mapped |= {"customer_id": "own", "again": "own"}
        if table == "responses":
            mapped |= {"score": {"value": 3}, "scale_min": {"value": 0}, "scale_max": {"value": 10}}
        if table == "touchpoints":
            mapped |= {"event_id": {"generate": True}}
            mapped |= {"channel": {"from": "channel", "map": {PHONE: "b", MAIL: "c", NID: "d", SHEBA: "e"}}}
        entries.append({"system": "table", "name": table, "path": f"sources/{name}", "table": table, "columns": mapped})
    (folder / "sources" / "headless.csv").write_text(f"{CUSTOMER},{PHONE},{MAIL}\n{CUSTOMER},{PHONE},{MAIL}\n", "utf-8")
    entries.append({"system": "table", "name": "headless", "path": "sources/headless.csv", "table": "contracts",
                    "columns": {"contract_id": "id", "customer_id": "who", "started_at": "at"}})  # fmt: skip
    entries.append({"system": "table", "name": "failing", "path": "sources/headless.csv", "table": "initiatives",
                    "header": False, "columns": {"initiative_id": "column_1", "started_at": "column_2",
                                                 "cost": {"expr": "column_3::double"}}})  # fmt: skip
    entries.append({"system": "table", "name": "crm", "url": f"postgresql://u:{PASSWORD}@127.0.0.1:1/x",
                    "query": "select 1", "table": "exposures",
                    "columns": {"experiment": "a", "customer_id": "b", "variant": "c", "exposed_at": "d"}})  # fmt: skip
    about = {"name": "T", "locale": "fa", "privacy": {"smallest_group": 1}, "sources": entries}
    (folder / "workspace.yaml").write_text(yaml.safe_dump(about, allow_unicode=True), "utf-8")
    return folder


def told(capfd, *arguments: str) -> tuple[int, str]:
    code = cli.main(list(arguments))
    out = capfd.readouterr()
    return code, out.out + out.err


def plain(text: str) -> str:
    return re.sub(r"(?<=\d)[\s\u200c.\-]+(?=\d)", "", text.translate(LATIN))


def marks_in(text: str) -> list[str]:
    return [name for name, mark in MARKS.items() if mark in plain(text)]


def words_of(path: Path) -> str:
    """All that a file says: a Parquet table unpacked (values, and what is said of it), quarantine without its rows."""
    text = path.read_bytes().decode("utf-8", "replace")
    if path.suffix == ".parquet":
        meta = pq.read_metadata(path)
        rows = duckdb.sql(f"SELECT * FROM read_parquet('{path}')").fetchall()
        return f"{text} {rows} {meta.metadata} {meta.schema}"
    if path.suffix in (".jsonl",):
        rows = [json.loads(line) for line in text.splitlines()]
        return json.dumps([{k: v for k, v in row.items() if k != "row"} for row in rows], ensure_ascii=False)
    return text


def written(folder: Path) -> list[Path]:
    mine = [p for p in folder.rglob("*") if p.is_file() and "sources" not in p.relative_to(folder).parts]
    return [p for p in mine if p.name not in ("workspace.yaml", "key") and "--persons" not in p.name]


def test_no_byte_that_ingest_check_and_run_write_holds_a_key(company, capfd):
    code, said = told(capfd, "ingest", "-w", str(company))
    assert code == 2, "files that could not be read are told of"
    tables = {p.stem for p in (company / "tables").glob("*.parquet")}
    assert tables >= {"customers", "comments", "tickets", "responses", "orders", "identities", "touchpoints"}
    bad = [json.loads(line) for p in (company / "quarantine").rglob("*.jsonl") for line in p.read_text().splitlines()]
    assert {"bad_time", "not_in_list", "not_in_map", "bad_number", "broken_quote"} <= {row["code"] for row in bad}
    said += told(capfd, "check", "-w", str(company))[1]
    asked = ("sentiment", "-w", str(company), "--period", "2025-08", "--out", str(company / "reports"))
    with contextlib.chdir(Path(__file__).parent.parent):
        code, run = told(capfd, "run", *asked)
    assert code == 0, run
    assert "[تلفن]" in next((company / "reports").rglob("sentiment.html")).read_text("utf-8"), "it quotes"
    assert marks_in(said + run) == []
    found = {str(p.relative_to(company)): marks for p in written(company) if (marks := marks_in(words_of(p) + p.name))}
    assert found == {}


def test_the_search_would_see_them(company):
    """The keys are where they may be: in the sources, and in quarantine's rows as they came."""
    for path in (company / "sources" / "comments.csv", company / "sources" / f"orders-{PHONE}.csv"):
        assert set(marks_in(path.read_text("utf-8"))) >= {"phone", "e-mail", "customer"}
    came = "".join(p.read_text("utf-8") for p in (company / "quarantine").rglob("*.jsonl"))
    assert set(marks_in(came)) >= {"phone", "e-mail", "customer", "card"}
    rows = duckdb.sql(f"SELECT * FROM read_parquet('{company}/tables/comments.parquet')").df()
    assert rows["text"].str.contains("[تلفن]", regex=False).all()


def test_only_the_owner_may_read_what_came_and_the_secret(company):
    kept = [company / "state" / "key", *(company / "quarantine").rglob("*"), company / "quarantine"]
    assert len(kept) > 5
    for path in kept:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_key_that_serves_as_an_id_still_joins(company):
    """order_id `0912…-0` is a pseudonym in orders and in order_items, and the same one in both."""
    found = [
        {i for (i,) in duckdb.sql(f"SELECT order_id FROM read_parquet('{company}/tables/{t}.parquet')").fetchall()}
        for t in ("orders", "order_items")
    ]
    key = pseudonyms.secret(company)
    assert found[0] & found[1] & {pseudonyms.pseudonym(f"{PHONE}-{n}", key) for n in range(0, ROWS, 4)}
    assert found[0] & found[1] & {f"order_id-{n}" for n in range(3, ROWS, 4)}


def test_what_was_quoted_stays_useful(company):
    """A value that is nobody's key is still named, so that the row can be mended."""
    folder = company.parent / "plain"
    (folder / "sources").mkdir(parents=True)
    (folder / "sources" / "o.csv").write_text("id,who,at,amount\n1,a77,2024-01-01,12k\n2,a78,a78,5\n", "utf-8")
    columns = {"order_id": "id", "customer_id": "who", "ordered_at": "at", "amount": "amount"}
    entry = {"system": "table", "name": "o", "path": "sources/o.csv", "table": "orders", "columns": columns}
    (folder / "workspace.yaml").write_text(yaml.safe_dump({"name": "T", "locale": "en", "sources": [entry]}), "utf-8")
    sources.load(folder)
    rows = [json.loads(line) for line in (folder / "quarantine" / "o" / "o.csv.jsonl").read_text().splitlines()]
    assert "'12k' in amount is not a number" in rows[0]["reason"]
    assert "[hidden]" in rows[1]["reason"]
    assert rows[1]["row"]["who"] == "a78"
