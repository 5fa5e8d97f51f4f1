"""Linking within a whole ingest: two systems' exports become one customer in every table, and stay so."""

import json
import stat

import pandas as pd
import pytest
import yaml

from cx_helpers import cli, spreadsheet
from cx_helpers.intake import check, identity, sources
from cx_helpers.intake.forgetting import forget
from cx_helpers.settings import WorkspaceError

CRM = """id,first,last,mobile,nid,born,joined,city
C1,مریم,رضاییان,09127354681,0084575948,1365/04/12,2024-01-05,قم
C2,علی,کاظمی,09351112244,,1370/01/09,2024-02-01,یزد
"""
SHOP = """id,name,phone,mail,joined,city,gender
S1,Maryam Rezaeian,+98 912 735 4681,maryam@mail.ir,2023-06-01,تهران,female
S2,زهرا کاظمی,۰۹۳۵۱۱۱۲۲۴۴,zahra@mail.ir,2024-05-01,,female
"""
ORDERS = """order,who,at,amount
O1,S1,2025-05-01,10
O2,S2,2025-05-02,20
"""
TICKETS = """ticket,who,at
T1,C1,2025-06-01
"""


def entry(name, **tables):
    return {
        "system": "table",
        "name": name,
        "path": f"sources/{name}.csv",
        "tables": {t: {"columns": c} for t, c in tables.items()},
    }


@pytest.fixture
def company(tmp_path):
    """A workspace with a CRM and a shop that count customers by themselves."""
    who = {"expr": "'crm:' || id"}, {"expr": "'shop:' || id"}
    about = {
        "name": {"en": "X", "fa": "ایکس"}, "locale": "en", "privacy": {"pseudonyms": False, "redact_text": False},
        "sources": [
            entry("crm", customers={"customer_id": who[0], "created_at": "joined", "city": "city"},
                  persons={"customer_id": who[0], "source": {"value": "crm"}, "first_name": "first",
                           "last_name": "last", "mobile": "mobile", "national_id": "nid",
                           "birth_date": "born", "updated_at": "joined"}),
            entry("shop", customers={"customer_id": who[1], "created_at": "joined", "city": "city", "gender": "gender"},
                  persons={"customer_id": who[1], "source": {"value": "shop"}, "full_name": "name", "phone": "phone",
                           "email": "mail", "updated_at": "joined"}),
            entry("orders", orders={"order_id": "order", "customer_id": {"expr": "'shop:' || who"}, "ordered_at": "at",
                                    "amount": "amount"}),
            entry("tickets", tickets={"ticket_id": "ticket", "customer_id": {"expr": "'crm:' || who"},
                                      "opened_at": "at"}),
        ],
    }  # fmt: skip
    (tmp_path / "sources").mkdir()
    (tmp_path / "workspace.yaml").write_text(yaml.safe_dump(about, allow_unicode=True), "utf-8")
    return tmp_path


def put(company, **exports):
    for name, text in {"crm": CRM, "shop": SHOP, "orders": ORDERS, "tickets": TICKETS, **exports}.items():
        (company / "sources" / f"{name}.csv").write_text(text, "utf-8")
    return sources.load(company)


def table(company, name):
    return pd.read_parquet(company / "tables" / f"{name}.parquet")


def test_two_systems_customers_are_one_row_with_the_newest_values_first(company):
    report = put(company)
    customers = table(company, "customers").set_index("customer_id")
    # Maryam is crm:C1 and shop:S1; Ali and Zahra share a phone and stay two
    assert sorted(customers.index) == ["crm:C1", "crm:C2", "shop:S2"]
    maryam = customers.loc["crm:C1"]
    assert maryam["city"] == "قم"  # the CRM's is newer
    assert maryam["gender"] == "female"  # only the shop knows
    assert maryam["created_at"] == pd.Timestamp("2023-05-31 20:30", tz="UTC")  # the first contact of all
    assert list(table(company, "orders")["customer_id"]) == ["crm:C1", "shop:S2"]
    assert list(table(company, "tickets")["customer_id"]) == ["crm:C1"]
    assert (report.linked.records, report.linked.people, report.linked.joined) == (4, 3, 1)
    assert "4 records are 3 people, 1 with several" in report.text("en")
    assert check.check(company) == []


def test_a_second_ingest_changes_nothing(company):
    put(company)
    before = {p: p.read_bytes() for p in company.rglob("*.parquet")}
    assert not sources.load(company).changed
    assert {p: p.read_bytes() for p in company.rglob("*.parquet")} == before


def test_a_new_record_joins_and_the_id_stays(company):
    put(company)
    put(company, crm=CRM + "C0,مریم,رضائیان,0912 735 46 81,84575948,,2025-01-01,قم\n")
    assert sorted(table(company, "customers")["customer_id"]) == ["crm:C1", "crm:C2", "shop:S2"]
    links = pd.read_parquet(identity.place(company)).set_index("customer_id")["person_id"]
    assert links["crm:C0"] == links["shop:S1"] == "crm:C1"


def test_what_was_learnt_and_linked_is_its_owners_only(company):
    put(company)
    for path in (company / "state" / "identity").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    assert stat.S_IMODE((company / "state" / "identity").stat().st_mode) == 0o700
    assert json.loads((company / "state" / "identity" / "model.json").read_text())["records"] == 4


def test_without_rows_about_people_everybody_is_as_their_system_says(company):
    put(company)
    about = yaml.safe_load((company / "workspace.yaml").read_text("utf-8"))
    for source in about["sources"]:
        source["tables"].pop("persons", None)
    (company / "workspace.yaml").write_text(yaml.safe_dump(about, allow_unicode=True), "utf-8")
    sources.load(company)
    assert sorted(table(company, "customers")["customer_id"]) == ["crm:C1", "crm:C2", "shop:S1", "shop:S2"]
    assert not identity.place(company).exists()


def test_with_pseudonyms_links_hold_no_key_in_clear(company):
    about = yaml.safe_load((company / "workspace.yaml").read_text("utf-8"))
    about["privacy"]["pseudonyms"] = True
    (company / "workspace.yaml").write_text(yaml.safe_dump(about, allow_unicode=True), "utf-8")
    put(company)
    customers, orders = table(company, "customers"), table(company, "orders")
    assert len(customers) == 3
    assert set(orders["customer_id"]) <= set(customers["customer_id"])
    assert customers["customer_id"].str.fullmatch("[0-9a-f]{20}").all()
    links = pd.read_parquet(identity.place(company))
    assert links["customer_id"].str.fullmatch("[0-9a-f]{20}").all()


def test_who_is_forgotten_goes_with_all_linked_records(company):
    put(company)
    forget(company, "09127354681")
    assert sorted(table(company, "customers")["customer_id"]) == ["crm:C2", "shop:S2"]
    assert list(table(company, "orders")["order_id"]) == ["O2"]
    assert not (company / "tables" / "tickets.parquet").exists()
    assert not {"crm:C1", "shop:S1"} & set(pd.read_parquet(identity.place(company))["customer_id"])
    sources.load(company)  # nor does the next ingest bring anybody back
    assert sorted(table(company, "customers")["customer_id"]) == ["crm:C2", "shop:S2"]


def test_an_answer_of_the_analyst_lasts_when_files_are_read_again(company):
    put(company)
    row = pd.DataFrame([("same", "crm:C2", "shop:S2")], columns=["answer", "customer_a", "customer_b"])
    spreadsheet.write(company / "state" / "review.csv", row)
    sources.load(company)
    assert sorted(table(company, "customers")["customer_id"]) == ["crm:C1", "crm:C2"]
    put(company, crm=CRM.replace("یزد", "اردکان"))
    assert sorted(table(company, "customers")["customer_id"]) == ["crm:C1", "crm:C2"]


def answer(company, said, a, b):
    row = pd.DataFrame([(said, a, b)], columns=["answer", "customer_a", "customer_b"])
    spreadsheet.write(company / "state" / "review.csv", row)
    return sources.load(company)


def test_a_wrong_link_is_parted_for_good_by_an_answer(company):
    put(company)
    assert list(table(company, "orders")["customer_id"]) == ["crm:C1", "shop:S2"]
    answer(company, "different", "crm:C1", "shop:S1")
    assert sorted(table(company, "customers")["customer_id"]) == ["crm:C1", "crm:C2", "shop:S1", "shop:S2"]
    assert list(table(company, "orders")["customer_id"]) == ["shop:S1", "shop:S2"]
    assert not sources.load(company).changed
    put(company, shop=SHOP.replace("تهران", "ری"))
    assert sorted(table(company, "customers")["customer_id"]) == ["crm:C1", "crm:C2", "shop:S1", "shop:S2"]


def test_who_is_forgotten_leaves_no_link_answer_or_question_and_nothing_to_do(company):
    put(company)
    answer(company, "same", "crm:C2", "shop:S2")
    answer(company, "different", "crm:C1", "crm:C2")
    forget(company, "shop:S1")
    for path in (company / "state").rglob("*"):
        if path.is_file() and path.name != "ingest.json":  # names of pieces, hashes
            said = str(pd.read_parquet(path).values) if path.suffix == ".parquet" else path.read_text("utf-8")
            assert not any(mark in said for mark in ("crm:C1", "shop:S1", "9127354681", "Rezaeian", "رضاییان"))
    assert "crm:C2" in (company / "state" / "identity" / "answers.csv").read_text("utf-8")
    assert not sources.load(company).changed
    assert sorted(table(company, "customers")["customer_id"]) == ["crm:C2"]


def test_the_command_line_tells_why_records_are_one(company, capsys):
    put(company)
    assert cli.main(["why", "shop:S1", "-w", str(company)]) == 0
    heading, one, other, link, *fields = capsys.readouterr().out.splitlines()
    assert heading == "2 records are one person: crm:C1, shop:S1"
    assert (one, other) == ("  crm:C1: crm · مریم رضاییان · …4681", "  shop:S1: shop · Maryam Rezaeian · …4681")
    assert link.startswith("crm:C1 and shop:S1: weight +")
    assert [line.split(",")[0] for line in fields] == [
        "  first name: same sound", "  surname: same sound", "  mobile: same"]  # fmt: skip
    assert cli.main(["why", "crm:C2", "-w", str(company)]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "crm:C2 is one record; nothing is linked to it"
    answer(company, "same", "crm:C2", "shop:S2")
    assert cli.main(["why", "crm:C2", "-w", str(company)]) == 0
    assert "crm:C2 and shop:S2: your answer" in capsys.readouterr().out
    assert cli.main(["why", "nobody", "-w", str(company)]) == 1
    assert "no record of a person" in capsys.readouterr().err


def test_with_pseudonyms_a_systems_own_id_finds_its_links(company, capsys):
    about = yaml.safe_load((company / "workspace.yaml").read_text("utf-8"))
    about["privacy"]["pseudonyms"], about["locale"] = True, "fa"
    (company / "workspace.yaml").write_text(yaml.safe_dump(about, allow_unicode=True), "utf-8")
    put(company)
    assert cli.main(["why", "shop:S1", "-w", str(company)]) == 0
    said = capsys.readouterr().out
    assert "موبایل: یکی" in said
    assert "shop:S1" not in said


def test_an_orders_file_tells_its_buyers_on_every_row(tmp_path):
    (tmp_path / "sources").mkdir()
    rows = ["شماره,موبایل,نام,تاریخ,مبلغ,شهر", "1,09121234567,مریم رضایی,2025-05-01,10,قم",
            "2,09121234567,مریم رضایی,2025-06-01,20,تهران", "3,09351112244,علی کاظمی,2025-06-02,30,یزد"]  # fmt: skip
    (tmp_path / "sources" / "orders.csv").write_text("\n".join(rows) + "\n", "utf-8")
    columns = {"customer_id": "موبایل", "source": {"value": "shop"}, "full_name": "نام", "mobile": "موبایل",
               "city": "شهر"}  # fmt: skip
    orders = {"order_id": "شماره", "customer_id": "موبایل", "ordered_at": "تاریخ", "amount": "مبلغ"}
    shop = entry("orders", orders=orders, persons=columns)
    about = {"name": "X", "locale": "en", "privacy": {"pseudonyms": False}, "sources": [shop]}
    (tmp_path / "workspace.yaml").write_text(yaml.safe_dump(about, allow_unicode=True), "utf-8")
    report = sources.load(tmp_path)
    assert (report.taken, sum(report.quarantined.values()), report.tables) == (3, 0, {"customers": 2, "orders": 3})
    people = pd.read_parquet(tmp_path / "tables" / "customers.parquet").set_index("customer_id")["city"]
    assert people.to_dict() == {"09121234567": "تهران", "09351112244": "یزد"}
    shop["tables"]["persons"]["columns"] = columns | {"fullname": "نام"}
    (tmp_path / "workspace.yaml").write_text(yaml.safe_dump(about, allow_unicode=True), "utf-8")
    with pytest.raises(WorkspaceError, match="unknown column 'fullname'; did you mean 'full_name'"):
        sources.load(tmp_path)


def test_questions_that_wait_are_told_again_when_nothing_has_changed(tmp_path):
    """A phone of the second Maryam's own, and another e-mail: the list asks; a second ingest has it still."""
    (tmp_path / "sources").mkdir()
    names = {"source": {"value": "s"}, "first_name": "a", "last_name": "b", "mobile": "c", "email": "d", "city": "e"}
    about = {"name": "X", "locale": "en", "privacy": {"pseudonyms": False}}
    about["sources"] = [entry("p", persons={"customer_id": "id"} | names)]
    (tmp_path / "workspace.yaml").write_text(yaml.safe_dump(about), "utf-8")
    rows = ["id,a,b,c,d,e", "1,مریم,رضایی‌نژاد,09121234567,,قم", "2,مریم,رضایی‌نژاد,,m@x.ir,قم"]
    (tmp_path / "sources" / "p.csv").write_text("\n".join(rows) + "\n", "utf-8")
    first, second = sources.load(tmp_path).text("en"), sources.load(tmp_path).text("en")
    assert "1 question for you in state/review.csv" in first
    assert "1 question for you in state/review.csv" in second
    assert "nothing had changed" in second


def test_a_workspace_without_sources_is_told_so(tmp_path):
    (tmp_path / "workspace.yaml").write_text("name: X\n", "utf-8")
    assert "names no source yet" in sources.load(tmp_path).text("en")
