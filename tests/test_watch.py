"""The closed loop at work: new rows become cases once whatever happens, alerts leave once, answers come back."""

import contextlib
import datetime as dt
import email
import email.policy
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from benchmarks import watch as bench
from cx_helpers import settings, spreadsheet, workspace
from cx_helpers.intake import case_alerts, case_answers, case_ranking, case_rules, casebook, forgetting, sources
from cx_helpers.intake import store as stores
from cx_helpers.run import letters, sending, watching
from cx_helpers.settings import WorkspaceError
from cx_helpers.tables import MissingTable

TEHRAN = ZoneInfo("Asia/Tehran")
NOW = dt.datetime(2025, 9, 20, 10, tzinfo=TEHRAN)  # a Saturday, 1404-06-29
TICKETS = """
  - system: table
    name: desk
    path: sources/desk.csv
    table: tickets
    columns: {ticket_id: id, customer_id: who, opened_at: at, first_reply_at: replied, solved_at: solved,
      description: words}
  - system: table
    name: crm
    path: sources/crm.csv
    table: cases
    columns: {case_id: number, origin: origin, origin_id: of, opened_at: at, contacted_at: called, closed_at: closed}
"""


@pytest.fixture
def company(tmp_path, monkeypatch):
    """company(rules, answers, tickets, exported): a workspace whose clock stands still, and its files."""
    monkeypatch.setenv("CX_NOW", str(NOW.timestamp()))

    def write(rules="", answers=(), tickets=(), exported=()):
        (tmp_path / "sources").mkdir(exist_ok=True)
        (tmp_path / "workspace.yaml").write_text(bench.WORKSPACE + (TICKETS if tickets or exported else ""), "utf-8")
        (tmp_path / "watch.yaml").write_text(rules, "utf-8")
        for name, head, rows in (
            ("answers", bench.HEAD, answers),
            ("desk", "id,who,at,replied,solved,words\n", tickets),
            ("crm", "number,origin,of,at,called,closed\n", exported),
        ):
            path = tmp_path / "sources" / f"{name}.csv"
            path.write_text(head + "".join(",".join(map(str, row)) + "\n" for row in rows), "utf-8")
        return tmp_path

    return write


def ago(**span) -> str:
    return (NOW - dt.timedelta(**span)).isoformat()


def watch_once(folder: Path) -> list[dict]:
    assert watching.watch(folder, once=True, say=lambda *_: None) == 0
    return read(folder)


def read(folder: Path) -> list[dict]:
    with casebook.opened(folder) as book:
        return book.cases()


ANSWERS = [
    ("r1", "c1", ago(hours=2), 0, "payment", bench.GRAVE),
    ("r2", "c2", ago(hours=3), 10, "delivery", bench.GOOD),
    ("r3", "c1", ago(hours=4), 5, "delivery", ""),
    ("r4", "c3", ago(days=30), 0, "delivery", bench.BAD),  # longer ago than anybody can mend
    ("r5", "09121234567", ago(hours=1), 3, "delivery", "خیلی بد بود به 09121234567 زنگ بزنید"),
]


# --- what is a case, and which comes first --------------------------------------------------------------------------


def test_each_unhappy_voice_is_one_case_and_the_words_that_came_with_an_answer_are_the_same_voice(company):
    folder = company(answers=ANSWERS)
    found = watch_once(folder)
    assert sorted(case["origin_id"] for case in found) == ["r1", "r3", "r5"]
    assert {case["origin"] for case in found} == {"response"}
    assert found[0]["origin_id"] == "r1", "who goes to law comes first"
    assert found[0]["urgent"] == "legal"
    again = watch_once(folder)
    assert again == found, "a second look adds nothing and changes nothing"


def test_a_file_that_cannot_be_read_is_told_once_and_is_no_success(company, capsys):
    folder = company(answers=ANSWERS)
    (folder / "sources" / "answers-b.csv").write_text("nothing,that,fits\n1,2,3\n", "utf-8")
    assert watching.watch(folder, once=True, say=lambda *_: None) == 2
    said = capsys.readouterr().err
    assert said.count("cx watch: ") == 1
    assert "-b.csv: no column" in said
    assert len(read(folder)) == 3, "what can be read becomes cases all the same"


def test_a_round_with_cases_says_where_they_lie_and_that_no_alert_can_leave(company):
    folder, said = company(answers=ANSWERS[:1]), []
    watching.watch(folder, once=True, say=said.append)
    assert "1 new case, 0 alerts" in said[0]
    assert said[0].endswith("cases: state/cases.csv; no alert can leave: watch.yaml names no webhook and no mail")
    # the rules that cx init writes are those of no file, and each line of them can be used
    text = files("cx_helpers").joinpath("templates", "watch.yaml").read_text("utf-8")
    assert case_rules.load(settings.load_settings(company(text))) == case_rules.Rules(timezone="Asia/Tehran")
    used = re.sub(r"^# ( *(?:- \{|[a-z_]+: ?))", r"\1", text.split("\n\n", 1)[1], flags=re.M)
    assert case_rules.load(settings.load_settings(company(used))).alerts["mail"]["to"] == ["manager@example.org"]


def test_a_round_says_what_it_left_out_and_a_book_without_cases_counts_as_none(company):
    folder, said = company(answers=[(f"r{i}", "c1", ago(days=30 + i), 0, "payment", bench.BAD) for i in range(3)]), []
    watching.watch(folder, once=True, say=said.append)
    assert len(said) == 1
    assert said[0].startswith("0 new rows read: 0 new cases")
    assert "state/cases.csv" not in said[0]
    assert said[0].endswith("6 rows left out, older than 7 days (backlog_days in watch.yaml)")  # answers and comments
    assert pq.read_metadata(folder / "state" / "cases.parquet").num_rows == 0
    assert workspace.open(folder, period="1404-06").cases is None, "reports go on with the requests to support"
    company("backlog_days: 31", answers=[("r9", "c1", ago(days=30, hours=1), 0, "payment", bench.BAD)])
    assert [case["origin_id"] for case in watch_once(folder)] == ["r9"]
    assert workspace.open(folder, period="1404-05").cases.count().execute() == 1
    earlier = workspace.open(folder, period="1404-04", locale="en")
    assert earlier.cases is None, "the book begins later"
    with pytest.raises(MissingTable, match=r"book of cases \(kept by cx watch\) begins on .* no table 'tickets'"):
        _ = earlier.requests


def test_the_rank_is_the_product_of_its_parts():
    case = {"feeling": 0.8, "value": 1.5, "risk": 1.25, "urgency": 2.0}
    assert case_ranking.rank(case) == 37.5  # 100 * .8 * 1.5 * 1.25 * 2 / 8
    assert case_ranking.rank(dict.fromkeys(case, 2.0) | {"feeling": 1.0}) == 100
    asked = [("legal", False), ("leaving", False), (None, True), (None, False)]
    assert [case_ranking.urgency(*of) for of in asked] == [2.0, 1.5, 1.5, 1.0]


def test_value_and_risk_are_worked_out_by_hand(company, tmp_path):
    folder = company()
    (folder / "tables").mkdir()
    stamps = pd.to_datetime(["2025-09-01", "2025-09-01", "2025-01-01", "2023-01-01"], utc=True).as_unit("us")
    orders = pd.DataFrame({"order_id": list("1234"), "customer_id": list("abcd"), "ordered_at": stamps})
    orders.assign(amount=[10.0, 30.0, 20.0, 90.0]).to_parquet(folder / "tables" / "orders.parquet")
    with contextlib.closing(duckdb.connect()) as con:
        known = case_ranking.customers(con, folder, list("abcdx"), NOW.timestamp())
    # spent within a year: d 0, a 10, c 20, b 30; x never bought and nobody knows
    assert known["spent_less"].tolist()[:4] == pytest.approx([1 / 3, 1, 2 / 3, 0])
    assert pd.isna(known.loc["x", "spent_less"])
    assert known["quiet"].tolist() == [False, False, True, True, False]


RULES = """
owners:
  - {aspect: payment, owner: خزانه}
  - {touchpoint: delivery, province: فارس, owner: انبار شیراز}
  - {touchpoint: delivery, owner: انبار}
hours: {days: [sat, sun, mon, tue, wed], from: "08:00", to: "16:00"}
holidays: [1404-06-31]
due_hours: {urgent: 2, usual: 10}
"""


def test_owner_and_due_time_follow_the_companys_rules(company):
    folder = company(RULES)
    rules = case_rules.load(settings.load_settings(folder))
    asked = [{"aspect": "payment"}, {"touchpoint": "delivery", "province": "فارس"}, {"touchpoint": "delivery"}, {}]
    assert [rules.owner(case) for case in asked] == ["خزانه", "انبار شیراز", "انبار", None]
    at = dt.datetime.fromtimestamp
    wednesday = dt.datetime(2025, 9, 17, 15, tzinfo=TEHRAN)
    assert at(rules.due(wednesday.timestamp(), True), TEHRAN) == dt.datetime(2025, 9, 20, 9, tzinfo=TEHRAN)
    # ten hours from Saturday 10:00: six that day, Sunday is Monday's eve and Monday 1404-06-31 a holiday
    assert at(rules.due(NOW.timestamp(), False), TEHRAN) == dt.datetime(2025, 9, 21, 12, tzinfo=TEHRAN)
    sunday = dt.datetime(2025, 9, 21, 15, tzinfo=TEHRAN)
    assert at(rules.due(sunday.timestamp(), True), TEHRAN) == dt.datetime(2025, 9, 23, 9, tzinfo=TEHRAN)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("ownerz: []", "unknown key 'ownerz'; did you mean 'owners'"),
        ("owners: [{touchpiont: a, owner: b}]", "unknown condition 'touchpiont'; did you mean 'touchpoint'"),
        ("alerts: {webhook: 'https://hooks.example.org/secret'}", "its address is a secret"),
        ("hours: {days: [sat], from: '16:00', to: '08:00'}", "from comes before"),
        ("holidays: [1404-13-01]", "is no day"),
        ("due_hours: {urgent: 0}", "hours above 0"),
    ],
)
def test_a_mistake_in_the_rules_is_told_with_its_remedy(company, rules, said):
    with pytest.raises(WorkspaceError, match=said):
        case_rules.load(settings.load_settings(company(rules)))


# --- alerts -----------------------------------------------------------------------------------------------------------

ALERTING = 'alerts: {{webhook: "${{CX_WEBHOOK}}", from_rank: 100, most_per_hour: {most}, digest: "{digest}"}}'


@pytest.fixture
def hook(monkeypatch):
    made = bench.Hook()
    monkeypatch.setenv("CX_WEBHOOK", made.address)
    yield made
    made.close()


def test_an_alert_leaves_once_and_names_no_customer(company, hook):
    rows = [*ANSWERS, ("r6", "09121234567", ago(hours=1), 0, "payment", bench.GRAVE + " شماره من 09121234567 است")]
    folder = company(ALERTING.format(most=9, digest="23:00"), rows)
    watch_once(folder)
    watch_once(folder)
    assert sorted(hook.keys.values()) == [1, 1], "two cannot wait, each told once"
    for body in hook.bodies.values():
        assert "09121234567" not in json.dumps(body, ensure_ascii=False)
        assert not {"customer_id", "origin_id"} & set(body)
        assert set(body["parts"]) == {"feeling", "value", "risk", "urgency"}


def test_what_is_too_much_for_an_hour_waits_for_the_digest(company, hook):
    rows = [(f"r{i}", f"c{i}", ago(hours=1), 0, "payment", bench.GRAVE) for i in range(5)]
    folder = company(ALERTING.format(most=2, digest="09:00"), rows)
    watch_once(folder)
    digests = [body for key, body in hook.bodies.items() if key.startswith("digest:")]
    assert len(hook.keys) == 3
    assert len(digests) == 1
    assert len(digests[0]["not_sent"]) == 3
    assert digests[0]["open"] == [{"owner": "", "open": 5, "late": 0}]
    watch_once(folder)
    assert set(hook.keys.values()) == {1}


def test_what_surely_did_not_leave_is_sent_later_and_what_may_have_left_never_again(company, monkeypatch):
    monkeypatch.setenv("CX_WEBHOOK", "http://127.0.0.1:9/")
    folder = company(ALERTING.format(most=9, digest="23:00"), ANSWERS[:1])
    watch_once(folder)
    with casebook.opened(folder) as book:
        (row,) = book.db.execute("SELECT state, tries FROM outbox").fetchall()
        assert tuple(row) == ("waiting", 1), "nobody was there: it waits"
        made = bench.Hook()
        monkeypatch.setenv("CX_WEBHOOK", made.address)
        rules = case_rules.load(settings.load_settings(folder))
        assert sending.send(book, rules, NOW.timestamp() + 1) == 0, "its pause is not over"
        with book.writing() as db:
            db.execute("UPDATE outbox SET state = 'sending'")  # a kill while it was sent
        assert sending.recover(book) == 1
        assert sending.send(book, rules, NOW.timestamp() + 999) == 0
        late = NOW.replace(hour=23).timestamp() + 60
        assert case_alerts.digest(book, settings.load_settings(folder), rules, late) == 1
        assert sending.send(book, rules, late) == 1
        made.close()
    (digest,) = made.bodies.values()
    assert len(digest["may_not_have_arrived"]) == 1


class Post:
    """A mail server that asks for a password and refuses the first letter: what it took in lies in `letters`."""

    def __init__(self, busy: int = 1):
        from aiosmtpd.controller import Controller
        from aiosmtpd.smtp import AuthResult

        self.letters, self.busy = [], busy
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        asked = (b"clerk@cx", b"a b")
        self.server = Controller(
            self, hostname="127.0.0.1", port=self.port, auth_required=True, auth_require_tls=False,
            authenticator=lambda server, session, envelope, mechanism, data: AuthResult(
                success=(data.login, data.password) == asked
            ),
        )  # fmt: skip
        self.server.start()

    async def handle_DATA(self, server, session, envelope):
        if self.busy:
            self.busy -= 1
            return "451 come back later"
        self.letters.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 taken"


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # on this machine alone, as in life
def test_a_mail_that_was_refused_is_sent_again_and_arrives_once(company, monkeypatch):
    post = Post()
    monkeypatch.setenv("CX_SMTP", f"smtp://clerk%40cx:a%20b@127.0.0.1:{post.port}")
    mail = 'alerts: {mail: {server: "${CX_SMTP}", from: cx@shop.ir, to: [a@shop.ir, b@shop.ir]}, digest: "23:00"}'
    folder = company(mail, ANSWERS[:1])
    try:
        watch_once(folder)
        assert post.letters == [], "the first was refused"
        with casebook.opened(folder) as book:
            rules = case_rules.load(settings.load_settings(folder))
            assert sending.send(book, rules, NOW.timestamp() + 60) == 1
            assert sending.send(book, rules, NOW.timestamp() + 120) == 0
    finally:
        post.server.stop()
    (letter,) = post.letters
    assert letter["To"] == "a@shop.ir, b@shop.ir"
    assert letter["Subject"] == "موردی که نمی‌تواند بماند · A case that cannot wait"
    told = re.sub("[\u2066-\u2069]", "", letter.get_content()).splitlines()
    assert told[0].endswith(": رتبهٔ ۳۸ از ۱۰۰")
    assert told[1] == "مهلت: ۲۹ شهریور ۱۴۰۴، ساعت ۱۲:۰۰"
    assert "Due: 29 Shahrivar 1404, 12:00" in told


def test_the_days_digest_is_a_letter_that_people_can_read():
    body = {"company": "x", "day": "2025-09-20", "not_sent": ["a1", "b2"], "may_not_have_arrived": [],
            "open": [{"owner": "زهرا", "open": 5, "late": 1}, {"owner": "", "open": 2, "late": 0}]}  # fmt: skip
    told = re.sub("[\u2066-\u2069]", "", letters.text(body, "Asia/Tehran")).splitlines()
    assert told[:3] == ["۲۹ شهریور ۱۴۰۴", "زهرا: ۵ مورد باز، ۱ دیرشده", "بی‌مسئول: ۲ مورد باز، ۰ دیرشده"]
    assert told[3] == "بیش از گنجایش یک ساعت، فرستاده نشد: a1 و b2"
    assert told[-1] == "not sent, too many in an hour: a1 and b2"


def test_no_password_goes_over_an_open_line_to_another_machine(monkeypatch):
    said = []

    class Open:
        def __init__(self, *args, **kwargs): ...
        def ehlo(self): ...
        def close(self): ...
        def has_extn(self, name):
            return False

        def login(self, *args):
            said.append(args)

    monkeypatch.setattr(sending.smtplib, "SMTP", Open)
    with pytest.raises(sending.smtplib.SMTPNotSupportedError):
        sending._connected(sending.urlsplit("smtp://me:secret@mail.shop.ir"))
    assert said == []


# --- what people did --------------------------------------------------------------------------------------------------


def test_what_is_written_into_the_list_is_read_by_the_next_ingest_and_lasts(company):
    folder = company(answers=ANSWERS)
    first, *_ = watch_once(folder)
    path = case_answers.place(folder)
    rows = pd.DataFrame(spreadsheet.read(path))
    mine = rows["case_id"] == first["case_id"]
    rows.loc[mine, ["state", "when"]] = ["تماس گرفته شد", "۱۴۰۴/۰۶/۲۹ 09:30"]
    spreadsheet.write(path, rows)
    os.utime(path, ns=(1, 1))
    sources.load(folder)
    told = {case["case_id"]: case for case in read(folder)}[first["case_id"]]
    assert told["state"] == "contacted"
    assert dt.datetime.fromtimestamp(told["contacted_at"], TEHRAN) == dt.datetime(2025, 9, 20, 9, 30, tzinfo=TEHRAN)
    path.unlink()
    assert {c["state"] for c in watch_once(folder) if c["case_id"] == first["case_id"]} == {"contacted"}
    kept = pq.read_table(folder / "state" / "cases.parquet").to_pandas().set_index("case_id")
    assert kept.loc[first["case_id"], "state"] == "contacted"
    assert "words" not in kept


def test_a_case_goes_on_in_one_direction_and_only_a_closed_one_opens_again(company):
    folder = company()
    with casebook.opened(folder) as book, book.writing():
        book.add({"case_id": "x", "origin": "response", "opened_at": 100.0, "state": "open"})
        steps = [("closed", 90), ("contacted", 300), ("reopened", 400), ("acknowledged", 500), ("reopened", 600)]
        steps += [("closed", 700), ("flown", 800)]
        assert [book.move("x", state, at) for state, at in steps] == [True, False, True, True, False, True, False]
        assert not book.move("nobody", "closed", 1)
    (case,) = read(folder)
    assert (case["state"], case["closed_at"], case["reopened_at"]) == ("closed", 700, 400)


def test_requests_that_are_answered_and_exports_of_another_system_bring_cases_on(company):
    tickets = [("t1", "c1", ago(hours=9), "", "", bench.BAD), ("t2", "c2", ago(hours=9), "", "", bench.BAD)]
    folder = company(answers=ANSWERS, tickets=tickets, exported=[("old", "", "", ago(days=99), "", ago(days=98))])
    before = {case["origin_id"]: case for case in watch_once(folder)}
    assert before["t1"]["state"] == "open"
    assert before["old"]["state"] == "closed", "a case of another system is taken as it is, whatever its age"
    tickets[0] = ("t1", "c1", ago(hours=9), ago(hours=8), ago(hours=7), bench.BAD)
    exported = [
        ("old", "", "", ago(days=99), "", ago(days=98)),
        ("n", "response", "r1", ago(hours=2), "", ago(hours=1)),
    ]
    company(answers=ANSWERS, tickets=tickets, exported=exported)
    sources.load(folder)
    after = {case["origin_id"]: case for case in read(folder)}
    assert len(after) == len(before)
    hours = [(after["t1"][f"{step}_at"] - NOW.timestamp()) / 3600 for step in ("contacted", "closed")]
    assert hours == [-8, -7]
    assert (after["r1"]["state"], after["t2"]["state"]) == ("closed", "open")


def test_who_is_forgotten_leaves_the_book_the_list_and_what_reports_read(company):
    folder = company(answers=ANSWERS)
    assert len(watch_once(folder)) == 3
    forgetting.forget(folder, "c1")
    assert [case["origin_id"] for case in read(folder)] == ["r5"]
    assert pq.read_metadata(folder / "state" / "cases.parquet").num_rows == 1
    assert len(spreadsheet.read(case_answers.place(folder))) == 1


# --- one at a time, to the end, and through a kill ------------------------------------------------------------------


def test_a_watch_waits_for_nobody_and_ends_cleanly(company):
    folder = company(answers=ANSWERS)
    with stores.lock(folder, "watch"):
        command = [sys.executable, "-m", "cx_helpers.cli", "watch", "-w", str(folder), "--once"]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 3, done.stderr
    with stores.lock(folder), pytest.raises(stores.Busy):
        watching.watch(folder, once=True, say=print)
    assert not read(folder)
    threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGTERM)).start()
    assert watching.watch(folder, say=lambda *_: None) == 0
    assert len(read(folder)) == 3
    assert case_answers.place(folder).is_file()


def test_eight_kills_lose_no_case_and_double_none(tmp_path):
    found = bench.killed(tmp_path / "company", times=8, rate=25, longest=1.6)
    assert found["wanted"] > 40
    assert (found["lost"], found["strange"], found["doubled"], found["twice"], found["exit"]) == (0, 0, 0, 0, 0)
    assert sum(found["outbox"].values()) == found["rows"] // 10


def test_rows_that_are_seen_and_the_cases_of_them_stand_together_or_not_at_all(company, monkeypatch):
    folder, add, left = company(answers=ANSWERS), casebook.Book.add, iter([True, False])

    def dies(book, case):
        if not next(left):
            raise KeyboardInterrupt
        return add(book, case)

    monkeypatch.setattr(casebook.Book, "add", dies)
    with pytest.raises(KeyboardInterrupt):
        watch_once(folder)
    monkeypatch.setattr(casebook.Book, "add", add)
    assert not read(folder)
    assert len(watch_once(folder)) == 3


def test_a_table_that_nobody_ingests_is_watched_too(company):
    """A company whose tables another tool writes: no source, and cases all the same."""
    folder = company()
    (folder / "workspace.yaml").write_text("name: T\n", "utf-8")
    (folder / "tables").mkdir()
    at = pd.to_datetime([ago(hours=1)], utc=True).as_unit("us")
    row = {"ticket_id": ["t"], "opened_at": at, "priority": ["urgent"], "subject": ["سفارش من"]}
    pd.DataFrame(row).to_parquet(folder / "tables" / "tickets.parquet")
    (case,) = watch_once(folder)
    assert (case["origin"], case["urgency"], case["customer_id"]) == ("ticket", 1.5, None)


def test_the_clock_is_the_machines_unless_it_is_held(monkeypatch):
    monkeypatch.delenv("CX_NOW", raising=False)
    assert abs(casebook.now() - time.time()) < 5
