"""One person is forgotten: gone from every byte but the sources, still gone after every later ingest, nobody else."""

import csv
import io
import json
import os
import shutil
import stat
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml

from cx_helpers import cli
from cx_helpers.intake import exported, pseudonyms, sources, store
from cx_helpers.intake.forgetting import NotFound, forget
from cx_helpers.intake.pseudonyms import KeyFault

ID, PHONE, MAIL, NID = "CUST-9", "09127654321", "victim@secret-mail.ir", "0084575948"
WORDS = "بسته‌ی زعفران من خیس رسید و عکسش را هم فرستادم"
MARKS = [ID, PHONE[1:], "7654321", "victim@", "84575948", "زعفران", "ORD-V", "T-V", "R-V", "e-victim", "رضاییان"]
FAMILY = "09121112233"  # two customers have it

FILES = {
    "people": f"""
id,name,phone,mail,nid,card,born
{ID},مریم رضاییان,{PHONE},{MAIL},{NID},,1365
CUST-8,علی,09121112233,other@mail.ir,,,1370
CUST-7,زهرا,09121112233,zahra@mail.ir,,,1371
{ID},مریم رضاییان,{PHONE},{MAIL},{NID},,سال
CUST-7,زهرا,09123334455,zahra@mail.ir,,,سال""",
    "orders": f"""
id,who,at,amount
ORD-V1,{ID},2025-08-01,5
ORD-1,CUST-8,2025-08-02,6
ORD-V2,{ID},2025-08-03,x
ORD-2,CUST-7,2025-08-03,y""",
    "items": """
order,line,product
ORD-V1,1,شال
ORD-V1,2,کیف
ORD-1,1,کفش""",
    "clicks": f"""
id,who,at,what
e-victim-1,{PHONE},2025-08-01 10:00:00,cart
e-1,09121112233,2025-08-01 10:00:00,cart
e-victim-2,{PHONE},2025-08-01 11:00:00,cart,one cell too many""",
    "tickets": f"""
id,who,at,subject
T-V1,{ID},2025-08-01,{WORDS}
T-1,CUST-8,2025-08-01,دیر شد""",
    "comments": f"""
id,who,at,text,origin,of
K-1,,2025-08-02,{WORDS},ticket,T-V1
K-2,{ID},2025-08-02,{WORDS},response,R-V1
K-3,CUST-8,2025-08-02,همه چیز خوب بود,response,R-1
K-4,CUST-8,2025-08-03,شماره همسرم {PHONE} است و {MAIL},ticket,T-1""",
    "answers": f"""
id,who,at,score
R-V1,{ID},2025-08-01,9
R-1,CUST-8,2025-08-01,10""",
}
ENTRIES = {
    "people": {"tables": {
        "customers": {"columns": {"customer_id": "id", "birth_year": "born"}},
        "persons": {"columns": {"customer_id": "id", "full_name": "name", "phone": "phone", "email": "mail"}},
        "identities": {"columns": {"kind": {"value": "phone"}, "value": "phone", "customer_id": "id"}, "needs": "value",
                       "per_key": "last"}}},
    "mails": {"path": "sources/people.csv", "table": "identities", "per_key": "last", "columns": {
        "kind": {"value": "email"}, "value": "mail", "customer_id": "id"}},
    "orders": {"table": "orders", "columns": {"order_id": "id", "customer_id": "who", "ordered_at": "at",
                                              "amount": "amount"}},
    "items": {"table": "order_items", "columns": {"order_id": "order", "line": "line", "product_id": "product",
                                                 "product_name": "product"}},
    "clicks": {"table": "touchpoints", "columns": {"event_id": "id", "customer_id": "who", "occurred_at": "at",
                                                   "touchpoint": "what"}},
    "tickets": {"table": "tickets", "columns": {"ticket_id": "id", "customer_id": "who", "opened_at": "at",
                                                "subject": "subject"}},
    "comments": {"table": "comments", "columns": {"comment_id": "id", "customer_id": "who", "written_at": "at",
                                                  "text": "text", "origin": "origin", "origin_id": "of"}},
    "answers": {"table": "responses", "scale": [0, 10], "columns": {
        "response_id": "id", "customer_id": "who", "responded_at": "at", "instrument": {"value": "nps"},
        "score": "score"}},
}  # fmt: skip


def made(folder: Path, **privacy) -> Path:
    """A company of three people who bought, complained and answered; some of their rows are bad."""
    (folder / "sources").mkdir(parents=True)
    for name, text in FILES.items():
        (folder / "sources" / f"{name}.csv").write_text(f"{text.strip()}\n", "utf-8")
    entries = [{"system": "table", "name": n, "path": f"sources/{n}.csv"} | e for n, e in ENTRIES.items()]
    about = {"name": "T", "locale": "en", "privacy": privacy, "sources": entries}
    (folder / "workspace.yaml").write_text(yaml.safe_dump(about, allow_unicode=True), "utf-8")
    sources.load(folder)
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return made(tmp_path_factory.mktemp("forget") / "whole")


@pytest.fixture
def company(whole, tmp_path):
    """A copy of the company, with a list and a document of answers in its state."""
    folder = tmp_path / "company"
    shutil.copytree(whole, folder)
    me = pseudonym(folder, ID)
    rows = [("pair", "one", "other"), ("1", me, pseudonym(folder, "CUST-8")), ("2", "a", "b")]
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    (folder / "state" / "review.csv").write_text(out.getvalue(), "utf-8")
    (folder / "state" / "answers.json").write_text(json.dumps({me: "same", "else": ["x", {"a": me}, {"a": "b"}]}))
    links = {"customer_id": [me, pseudonym(folder, PHONE), "z"], "person_id": ["P1", "P1", "P2"]}
    pd.DataFrame(links).to_parquet(folder / "state" / "links.parquet")
    return folder


def pseudonym(folder: Path, key: str) -> str:
    return pseudonyms.pseudonym(key, pseudonyms.secret(folder))


def unpacked(path: Path) -> str:
    text = path.read_bytes().decode("utf-8", "replace")
    if path.suffix == ".parquet":
        text += f" {duckdb.sql(f"SELECT * FROM read_parquet('{path}')").fetchall()} {pq.read_metadata(path).metadata}"
    return text


def traces(folder: Path) -> dict[str, list[str]]:
    """Every file but the sources and the settings, with the marks and pseudonyms of the person that stand in it."""
    marks = MARKS + [pseudonym(folder, key) for key in (ID, PHONE, MAIL, NID)]
    mine = [p for p in folder.rglob("*") if p.is_file() and "sources" not in p.relative_to(folder).parts]
    return {
        p.relative_to(folder).as_posix(): found
        for p in mine
        if (found := [m for m in marks if m in unpacked(p) + p.name])
    }


def content(folder: Path) -> dict[str, list]:
    tables = sorted((folder / "tables").glob("*.parquet"))
    return {p.stem: duckdb.sql(f"SELECT * FROM read_parquet('{p}') ORDER BY ALL").fetchall() for p in tables}


def test_before_it_the_search_sees_the_person_everywhere(company):
    found = traces(company)
    assert {f"tables/{t}.parquet" for t in ("customers", "orders", "order_items", "touchpoints", "identities")} <= set(
        found
    )
    assert {"state/review.csv", "state/answers.json", "state/links.parquet"} <= set(found)
    assert {f"quarantine/{s}/{s}.csv.jsonl" for s in ("people", "orders", "clicks")} <= set(found)


@pytest.mark.parametrize("by", ["id", "phone", "spaced phone", "e-mail", "pseudonym"])
def test_no_byte_of_the_person_is_left_and_all_others_stay(company, by):
    given = {"id": ID, "phone": PHONE, "spaced phone": "+98 912 765 4321", "e-mail": MAIL.upper(),
             "pseudonym": pseudonym(company, ID)}[by]  # fmt: skip
    before = content(company)
    report = forget(company, given)
    assert traces(company) == {}
    kept = {table: [row for row in rows if not gone(company, table, row)] for table, rows in before.items()}
    assert content(company) == kept
    assert {t: len(before[t]) - len(rows) for t, rows in kept.items() if len(before[t]) > len(rows)} == {
        f.removeprefix("tables/").removesuffix(".parquet"): n
        for f, n in report.removed.items()
        if f.startswith("tables/")
    }
    waiting = (company / "quarantine/orders/orders.csv.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["row"]["id"] for line in waiting] == ["ORD-2"]
    assert not (company / "quarantine/clicks/clicks.csv.jsonl").exists()
    assert "CUST-7" in (company / "quarantine/people/people.csv.jsonl").read_text("utf-8")
    assert json.loads((company / "state/answers.json").read_text()) == {"else": ["x", {"a": "b"}]}
    assert duckdb.sql(f"SELECT * FROM read_parquet('{company}/state/links.parquet')").fetchall() == [("z", "P2")]
    assert cli.main(["check", "-w", str(company)]) == 0
    again = sources.load(company)
    assert not again.changed
    assert again.tables == {table: len(rows) for table, rows in kept.items()}


def gone(folder: Path, table: str, row: tuple) -> bool:
    texts = " ".join(map(str, row))
    return any(mark in texts for mark in [*MARKS, *(pseudonym(folder, key) for key in (ID, PHONE, MAIL))])


def test_files_keep_who_may_read_them_and_what_they_say_of_themselves(company):
    before = pq.read_metadata(company / "tables/orders.parquet").metadata
    persons = next((company / "state/pieces").glob("*--persons.parquet"))
    forget(company, ID)
    after = pq.read_metadata(company / "tables/orders.parquet").metadata
    assert {k: v for k, v in after.items() if k != b"ARROW:schema"} == before
    assert pq.read_schema(company / "tables/orders.parquet").field("ordered_at").type.tz == "UTC"
    for path in (persons, company / "state/forgotten.json", company / "quarantine/orders/orders.csv.jsonl"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not list(company.rglob("*.forgetting"))


def test_the_person_stays_forgotten_whatever_is_read_again(company):
    forget(company, ID)
    kept = content(company)
    report = sources.load(company)
    assert not report.changed
    # one file comes again with more of the person, under the old keys and with a new order; its items come, too
    new = ["ORD-V3,CUST-9,2025-09-01,7", "ORD-3,CUST-8,2025-09-01,8", "ORD-V4,CUST-9,2025-09-02,bad"]
    with (company / "sources/orders.csv").open("a", encoding="utf-8") as file:
        file.write("\n".join(new) + "\n")
    with (company / "sources/items.csv").open("a", encoding="utf-8") as file:
        file.write("ORD-V3,1,چتر\nORD-3,1,کلاه\n")
    report = sources.load(company)
    assert report.forgotten >= 4
    assert f"{report.forgotten} rows of people who were forgotten were left out" in report.text("en")
    assert traces(company) == {}
    ids = {row[0] for row in content(company)["orders"]}
    assert ids == {"ORD-1", "ORD-3"}
    assert {row[0] for row in content(company)["order_items"]} == {"ORD-1", "ORD-3"}
    assert report.rows_in == report.taken + sum(report.quarantined.values()) + report.skipped
    assert sum(report.quarantined.values()) == sum(
        len(p.read_text("utf-8").splitlines()) for p in (company / "quarantine").rglob("*.jsonl")
    )
    # everything is read anew
    (company / "state/ingest.json").unlink()
    sources.load(company)
    assert traces(company) == {}
    assert {t: len(rows) for t, rows in content(company).items() if t not in ("orders", "order_items")} == {
        t: len(rows) for t, rows in kept.items() if t not in ("orders", "order_items")
    }


def test_an_item_that_came_before_its_order_goes_when_the_order_is_known(company):
    forget(company, ID)
    with (company / "sources/items.csv").open("a", encoding="utf-8") as file:
        file.write("ORD-V5,1,چتر\n")
    sources.load(company)
    assert "ORD-V5" in str(content(company)["order_items"]), "whose it is nobody can know yet"
    with (company / "sources/orders.csv").open("a", encoding="utf-8") as file:
        file.write("ORD-V5,CUST-9,2025-09-01,7\n")
    sources.load(company)
    assert traces(company) == {}


def test_another_account_with_the_person_s_own_e_mail_is_the_person(company):
    forget(company, ID)
    with (company / "sources/people.csv").open("a", encoding="utf-8") as file:
        file.write(f"CUST-9-again,م,,{MAIL},,,1365\n")
    sources.load(company)
    assert traces(company) == {}
    assert pseudonym(company, "CUST-9-again") not in str(content(company))


def test_sources_that_still_hold_the_person_are_named_by_line(company):
    (company / "sources" / "old.csv").write_text(f"a,b\n1,{PHONE}\n", "utf-8")
    (company / "notes.txt").write_text(f"زنگ بزن به {PHONE}", "utf-8")
    report = forget(company, PHONE)
    found = {place.file: (place.rows, place.lines) for place in report.sources}
    assert found["sources/people.csv"] == (2, [2, 5])
    assert found["sources/orders.csv"] == (2, [2, 4])
    assert found["sources/comments.csv"][1] == [3, 5]
    assert found["sources/clicks.csv"] == (2, [2, 4])
    assert report.elsewhere == ["notes.txt", "sources/old.csv"]
    text = report.text("en")
    assert "sources/people.csv: 2 at line 2, 5" in text
    assert not any(mark in text for mark in (ID, PHONE, MAIL))
    assert "سطرهای" not in text
    assert "این شخص فراموش شد" in report.text("fa")
    for name, text in FILES.items():
        assert (company / "sources" / f"{name}.csv").read_text("utf-8") == f"{text.strip()}\n", "never changed"


def test_audiences_that_left_and_name_the_person_are_listed(company, tmp_path):
    inside, away, lost = company / "lists", tmp_path / "away", tmp_path / "lost"
    for place, who in ((inside, MAIL), (away, pseudonym(company, ID)), (tmp_path / "other", "CUST-8")):
        place.mkdir()
        rows = f'\ufeff"Record ID","Email"\n"1","{who}"\n'
        (place / "hubspot-offer.csv").write_text(rows, "utf-8")
        (place / "hubspot-call.csv").write_text('"Record ID","Email"\n"1","z@z.ir"\n', "utf-8")
        exported.remember(company, place, "2025-09-22")
    exported.remember(company, lost, "2025-09-22")
    report = forget(company, PHONE)
    assert report.lists == [str(away / "hubspot-offer.csv")]
    assert report.elsewhere == ["lists/hubspot-offer.csv"], "named once"
    assert report.gone == [f"{lost} (2025-09-22)"]
    assert f"where the list was uploaded, there, too:\n  {away}/hubspot-offer.csv" in report.text("en")
    assert (company / "state" / "audiences.json").stat().st_mode & 0o077 == 0


def test_audiences_in_the_workspace_lose_the_person_and_keep_the_others(company, tmp_path):
    """A list names people as the vendor knows them; only what was written here, and not in sources/, is changed."""
    text = f'\ufeff"Record ID","Email","CX action"\r\n"7","{MAIL}","call"\r\n"8","z@z.ir","\'=call"\r\n'
    other = text.replace('"CX action"', '"Note"')
    lots = f"experiment,customer_id,variant,exposed_at\noffer,{ID},offer,2025-09-22\n"
    written = {"state/audiences/hubspot-call.csv": text, "lists/exposures.csv": lots, "lists/own.csv": other,
               "sources/hubspot-call.csv": text}  # fmt: skip
    for name, content_ in written.items():
        path = company / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content_, "utf-8", newline="")
        path.chmod(0o600)
        exported.remember(company, path.parent, "2025-09-22")
    (company / "lists" / "cp1256.csv").write_bytes("CX action\nتماس\n".encode("cp1256"))
    report = forget(company, PHONE)
    call = company / "state" / "audiences" / "hubspot-call.csv"
    assert call.read_bytes().decode() == text.replace(f'"7","{MAIL}","call"\r\n', "")
    assert stat.S_IMODE(call.stat().st_mode) == 0o600
    assert (company / "lists" / "exposures.csv").read_text("utf-8-sig").split() == [
        '"experiment","customer_id","variant","exposed_at"'
    ]
    assert report.cleared == ["lists/exposures.csv", "state/audiences/hubspot-call.csv"]
    assert report.removed["state/audiences/hubspot-call.csv"] == 1
    assert (company / "lists" / "own.csv").read_bytes().decode() == other
    assert (company / "sources" / "hubspot-call.csv").read_bytes().decode() == text
    assert {*report.elsewhere, *report.lists} >= {"lists/own.csv", "sources/hubspot-call.csv"}
    assert "take the person out there, too:\n  lists/exposures.csv" in report.text("en")
    assert traces(company).keys() == {"lists/own.csv"}


def test_what_others_wrote_loses_the_person_s_phone_and_stays(tmp_path):
    folder = made(tmp_path / "open", pseudonyms=False, redact_text=False)
    assert PHONE in str(content(folder)["comments"])
    report = forget(folder, PHONE)
    assert report.covered["tables/comments.parquet"] == 1
    texts = [row[3] for row in content(folder)["comments"]]
    assert "شماره همسرم [تلفن] است و [ایمیل]" in texts
    assert traces(folder) == {}
    (folder / "state/ingest.json").unlink()
    sources.load(folder)
    assert traces(folder) == {}


def test_who_is_meant_must_be_clear_and_known(company):
    before = {p: p.read_bytes() for p in company.rglob("*") if p.is_file()}
    with pytest.raises(
        NotFound, match=r"3 customers are known by what you gave; say which one by its id: [0-9a-f]{20}, "
    ):
        forget(company, FAMILY)  # a family's phone
    with pytest.raises(NotFound, match="nobody is known here"):
        forget(company, "09120000000")
    for called in ("مریم احمدی", "Maryam  Ahmadi"):  # quarantine holds a cell with it, and tables who bears it
        with pytest.raises(NotFound, match="a name is no key"):
            forget(company, called)
    after = {p: p.read_bytes() for p in company.rglob("*") if p.is_file()}
    assert after == before
    forget(company, "CUST-8")
    people = content(company)["identities"]
    assert pseudonym(company, FAMILY) in str(people), "the phone is CUST-7's, too"
    assert pseudonym(company, "CUST-8") not in str(content(company))
    assert pseudonym(company, ID) in str(content(company))


def test_a_phone_that_a_family_shares_forgets_nobody_else(company):
    """Somebody shops under CUST-7's phone, and CUST-8 has it, too: so it is not CUST-7's alone."""
    forget(company, "CUST-7")
    assert pseudonym(company, "CUST-7") not in str(content(company))
    assert [row[0] for row in content(company)["touchpoints"] if row[1] == pseudonym(company, FAMILY)] == ["e-1"]


def test_forgetting_twice_and_on_the_command_line(company, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PHONE}\n"))
    assert cli.main(["forget", "-", "-w", str(company), "--out", str(company / "none")]) == 0
    said = capsys.readouterr().out
    assert "this person is forgotten" in said
    assert "tables/order_items.parquet: 2" in said
    people = json.loads((company / "state/forgotten.json").read_text())["people"]
    assert cli.main(["forget", PHONE, "-w", str(company)]) == 0
    assert "nothing of this person is left" in capsys.readouterr().out
    assert json.loads((company / "state/forgotten.json").read_text())["people"] == people == 1
    assert cli.main(["forget", "nobody", "-w", str(company)]) == 1
    with store.lock(company):
        assert cli.main(["forget", "CUST-8", "-w", str(company)]) == 3


def test_a_kill_at_any_moment_is_settled_by_the_next_ingest(company, tmp_path, monkeypatch):
    died, replace = 0, os.replace
    rename = Path.replace
    for moment in [0, 1, 2, 3, 7, 12, 18, 99]:
        folder = tmp_path / f"killed{moment}"
        shutil.copytree(company, folder)
        count = iter(range(1000))

        def dying(self, target, act=rename, moment=moment, count=count):
            if next(count) == moment:
                raise SystemExit
            return act(self, target)

        monkeypatch.setattr(Path, "replace", dying)
        monkeypatch.setattr(os, "replace", lambda a, b, d=dying: d(a, b, act=replace))
        try:
            forget(folder, ID)
        except SystemExit:
            died += 1
            monkeypatch.undo()
            remembered = (folder / "state/forgotten.json").is_file()
            sources.load(folder)
            assert bool(traces(folder)) != remembered, moment
        else:
            monkeypatch.undo()
            assert traces(folder) == {}
            break
        shutil.rmtree(folder)
    assert died >= 6


def test_under_another_secret_the_forgotten_would_come_back_so_ingest_says_so(company, monkeypatch):
    forget(company, ID)
    monkeypatch.setenv("CX_KEY", "another secret of the company")
    with pytest.raises(KeyFault, match="the 1 people in it would come back"):
        sources.load(company)


def test_tables_that_a_database_holds_are_not_touched(tmp_path):
    (tmp_path / "workspace.yaml").write_text("name: T\nengine: duckdb:///company.db\n")
    duckdb.connect(str(tmp_path / "company.db")).execute("CREATE TABLE customers (customer_id VARCHAR)").close()
    with pytest.raises(ValueError, match="company.db, which cx only reads; delete the person's rows there"):
        forget(tmp_path, "a")


def test_published_runs_that_quote_the_person_are_named(published, tmp_path):
    """The sample's own pages: whoever is quoted on them is found there, and who is not is not."""
    from conftest import SAMPLE

    place = published().place
    page = json.loads((place / "notebooks" / "sentiment.ipynb").read_text())
    quotes = [q["text"] for c in page["cells"] for o in c.get("outputs", []) for q in _quotes(o)]
    assert quotes
    for name in ("tables", "workspace.yaml"):
        source = SAMPLE / name
        shutil.copytree(source, tmp_path / name) if source.is_dir() else shutil.copyfile(source, tmp_path / name)
    comments = duckdb.sql(f"SELECT customer_id, text FROM read_parquet('{tmp_path}/tables/comments.parquet')").df()
    who = comments[comments["text"].isin(quotes)]["customer_id"].iloc[0]
    report = forget(tmp_path, who, [place.parent])
    assert report.quoted == [place.as_posix()]
    assert report.runs == 1
    silent = comments[~comments["customer_id"].isin(comments[comments["text"].isin(quotes)]["customer_id"])][
        "customer_id"
    ]
    assert forget(tmp_path, silent.dropna().iloc[0], [place.parent]).quoted == []


def _quotes(output: dict) -> list[dict]:
    block = output.get("data", {}).get("application/vnd.cx.block+json", {})
    return block["items"] if block.get("kind") == "quotes" else []


def test_an_id_that_a_system_counts_for_itself_is_known_without_the_system_s_name(tmp_path):
    """`12` is `zendesk:12` in the tables; the bare number, as the system's own screen shows it, is enough."""
    folder = tmp_path / "desk"
    (folder / "sources").mkdir(parents=True)
    tickets = [{"id": i, "requester_id": who, "status": "open", "created_at": "2025-08-01T10:00:00Z", "subject": "s"}
               for i, who in ((1, 12), (2, 13))]  # fmt: skip
    (folder / "sources" / "t.json").write_text(json.dumps({"tickets": tickets}))
    about = {"name": "T", "locale": "en", "sources": [{"system": "zendesk", "path": "sources/t.json"}]}
    (folder / "workspace.yaml").write_text(yaml.safe_dump(about))
    sources.load(folder)
    assert forget(folder, "12").removed["tables/tickets.parquet"] == 1
    assert [row[0] for row in content(folder)["tickets"]] == ["zendesk:2"]


def with_texts(company, *texts, people=()):
    """More of what others wrote, and more people."""
    with (company / "sources/comments.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"N-{i},CUST-8,2025-08-04,{text},review,\n" for i, text in enumerate(texts))
    with (company / "sources/people.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in people)
    sources.load(company)


def test_a_name_that_nobody_else_bears_is_masked_in_what_others_wrote(company):
    with_texts(company, "خانم مريم رضائیان پاسخ نداد", "مریم\u200cرضاییان", "مریم خانم و آقای رضایی خوب بودند",
               "مریم رضاییانی", "رضا مریم رضاییان")  # fmt: skip
    report = forget(company, ID)
    texts = {row[0]: str(row) for row in content(company)["comments"]}
    assert "خانم [نام] پاسخ نداد" in texts["N-0"]
    assert "[نام]" in texts["N-1"]
    assert "مریم خانم و آقای رضایی خوب بودند" in texts["N-2"], "another's name"
    assert "مریم رضاییانی" in texts["N-3"]
    assert "رضا [نام]" in texts["N-4"]
    assert report.covered["tables/comments.parquet"] == 3, "the phone was redacted when it came"
    assert "a number, address or name of theirs covered in 3 texts of others" in report.text("en")
    assert "later ingests mask it, too" in report.text("en")
    assert "مریم" not in report.text("fa") + report.text("en")


def test_a_name_that_others_bear_is_told_and_stays(company):
    with_texts(company, "خانم مریم رضاییان پاسخ نداد", "خوب بود",
               people=["CUST-6,مریم رضاییان,09351110000,m@mail.ir,,,1360"])  # fmt: skip
    report = forget(company, ID)
    assert report.namesakes == {"comments": 1}
    assert "مریم رضاییان" in str(content(company)["comments"])
    assert "comments: 1 texts of others name somebody who is called so" in report.text("en")
    assert "mask the name in the source" in report.text("en")
    assert "مریم" not in report.text("fa") + report.text("en")


def test_no_number_of_a_person_in_a_files_name_is_printed(company):
    for name in (f"notes {PHONE}.txt", "scan-84575948.txt", "0084575948.txt", "rows-20250901.txt"):
        (company / name).write_text(f"زنگ بزن به {PHONE}", "utf-8")
    said = forget(company, ID).text("en")
    assert not any(mark in said for mark in (PHONE, "84575948"))
    assert said.count("[national id].txt") == 2
    assert "rows-20250901.txt" in said
