"""Findings of one thing are joined, ranked by what is at stake, and each says what to do: by hand."""

import itertools

import pytest

from cx_helpers import advice, causes, wording

CLV = 2_000_000.0


def one(
    kind="friction", measure="failure_rate", severity="high", customers=None, money=None, report="journey", **subject
):
    impact = {"value": customers, "unit": "customers"} if customers is not None else None
    impact = {"value": money, "unit": "money"} if money is not None else impact
    told = {"value": 0.4, "baseline": 0.1, "n": 100, "p_adjusted": 0.001, "impact": impact, "severity": severity}
    told |= {"text": {"fa": "", "en": ""}}
    return {"report": report, "kind": kind, "measure": measure, "subject": subject, **told}


BROKEN = one(customers=31, touchpoint="delivery", province="خراسان")
FELL = one("change_point", "nps", report="survey", province="خراسان") | {"value": -54, "baseline": 25, "n": 96}
DRIVES = one("driver", "importance", report="drivers", driver="attr_delivery")
ELSEWHERE = one(customers=12, touchpoint="delivery", province="فارس")
CHAT = one("moment_of_truth", "repeat_rate", customers=99, touchpoint="support_chat", experience="outcome")
TICKET = one("moment_of_truth", "repeat_rate", customers=83, touchpoint="ticket", experience="unsolved")
TORN = one("topic", "topic_share", report="topics", topic="جعبه پاره")
OPENED = one(customers=64, touchpoint="unboxing")
STAYS = one("cohort", "retention_1", report="cohort", segment="omni") | {"value": 0.45, "baseline": 0.32}
RARE = one("cohort", "retention_1", report="cohort", segment="omni", severity="low") | {"value": 0.1, "baseline": 0.3}


def test_what_one_thing_breaks_is_one_cause():
    found = causes.joined([DRIVES, FELL, TICKET, BROKEN, TORN, CHAT, OPENED], CLV)
    assert [[r["report"] for r in cause.all] for cause in found] == [
        ["journey", "journey"],  # chat and ticket: support
        ["journey", "topics"],  # the torn box and what was met when it was opened
        ["survey", "journey", "drivers"],  # 96 × 79/200 = 38 customers before the 31 of the delivery
    ]
    assert [cause.theme for cause in found] == ["support", "packaging", "delivery"]
    assert found[2].groups == {"province": "خراسان"}
    assert causes.theme({"subject": {"topic": "جعبه‌های پاره"}}) == causes.theme({"subject": {"touchpoint": "unboxing"}})
    assert found[0].money == 99 * CLV


def test_news_of_one_number_that_several_reports_have_is_one_deed():
    fell = {"value": 5, "baseline": 90}
    orders = [one("change_point", "orders", report=r, since=r) | fell for r in ("trend", "customer", "scenario")]
    here = one("change_point", "orders", report="segments", province="فارس") | fell
    rose = one("change_point", "orders", report="value") | {"value": 90, "baseline": 5}
    sales = one("change_point", "sales", report="trend") | fell
    found = causes.joined([*orders, here, rose, sales], CLV)
    assert sorted(len(cause.all) for cause in found) == [1, 1, 1, 3]
    assert len({advice.said(cause)["fa"] for cause in found}) == 4


def test_a_cause_stands_where_its_money_puts_it_not_where_its_loudest_finding_would():
    """Payment: 258 failed visits, of whose customers 13 leave; a plan that loses 30 contracts comes before it."""
    failed = one(touchpoint="payment") | {"value": 0.66, "baseline": 0.08, "n": 445}
    gone = one("funnel_drop", "next_share", customers=13, touchpoint="payment", next="(gone)")
    plan = one("churn_risk", "churn_rate", customers=30, plan="trial", report="churn")
    assert causes.harm(failed) == pytest.approx(258.1)
    assert [cause.money for cause in causes.joined([failed, gone, plan], CLV)] == [30 * CLV, 13 * CLV]
    assert [cause.theme for cause in causes.joined([failed, plan], CLV)] == ["payment", ""], (
        "no money: customers x harm"
    )


def test_a_deed_is_what_its_first_finding_tells_of():
    slow = one("risk", "repeat_rate", money=99e7, driver="slow_reply", report="scenario")
    (cause,) = causes.joined([CHAT, slow], CLV)
    assert advice.said(cause)["en"] == "Answer support requests within an hour"
    assert advice.said(causes.joined([CHAT], CLV)[0])["en"] == "Let nobody fail at “chat with support”"


def test_another_group_and_another_news_are_another_cause():
    assert len(causes.joined([BROKEN, ELSEWHERE])) == 2
    assert len(causes.joined([STAYS, RARE])) == 2, "who stays longer and who stays shorter"
    assert [causes.tone(record) for record in (STAYS, RARE, BROKEN, TORN)] == ["good", "bad", "bad", "neutral"]


def test_the_order_of_the_rows_changes_nothing():
    told = [DRIVES, FELL, BROKEN, TORN, CHAT]
    expected = causes.joined(told, CLV)
    assert all(causes.joined(order, CLV) == expected for order in itertools.permutations(told))


def test_two_groups_that_nobody_crossed_stay_apart():
    posted = one(customers=9, touchpoint="delivery", channel="post")
    assert len(causes.joined([BROKEN, posted])) == 2
    finer = FELL | {"subject": {"province": "خراسان", "channel": "app"}}
    (cause,) = causes.joined([BROKEN, finer])
    assert "app" not in advice.said(cause)["en"], "delivery was found in the province, not in its app"


@pytest.mark.parametrize(
    "name", "product_page post_purchase_survey latency پیکربندی appointment اپراتور ظرفیت کارتابل payam بسته‌شدن".split()
)
def test_a_word_that_only_begins_like_a_theme_is_none(name):
    assert causes.theme({"subject": {"touchpoint": name}}) == ""


def test_money_where_it_can_be_said_else_customers_times_harm():
    assert causes.money(one(money=-5e6)) == 5e6
    assert causes.money(CHAT, CLV) == 99 * CLV, "who comes back is worth what a customer is worth"
    assert causes.money(OPENED, CLV) is None, "who would only have had it easier is not money"
    assert causes.money(CHAT) is None, "nobody has said what a customer is worth"
    assert causes.harm(OPENED) == 64
    assert causes.harm(FELL) == pytest.approx(96 * 79 / 200)
    assert causes.harm(one("basket", "lift")) == causes.harm(DRIVES) == 0
    assert causes.harm(FELL | {"n": None}) == causes.harm(FELL | {"baseline": float("nan")}) == 0
    dear = one("funnel_drop", "passed", money=100 * CLV, step="cart", report="funnel")
    assert causes.rank([OPENED, CHAT, dear], CLV) == [dear, CHAT, OPENED]
    assert causes.rank([OPENED, CHAT, dear]) == [dear, CHAT, OPENED], "money before customers without a price"
    assert causes.rank([dear | {"severity": "medium"}, OPENED], CLV)[0] == OPENED, "sure and large before large"


def test_what_a_customer_brings_is_the_whole_companys():
    part = {"metric": "clv", "dimensions": {"segment": "omni"}, "value": 9.0}
    whole = {"metric": "clv", "dimensions": {}, "value": 2.0}
    assert causes.each([part, whole]) == 2.0
    assert causes.each([part]) is causes.each([]) is causes.each([whole | {"value": None}]) is None


def test_nothing_found_is_no_cause():
    assert causes.joined([]) == advice.first([]) == []
    assert len(causes.joined([BROKEN])) == 1


def test_each_cause_says_what_to_do():
    wording.use(labels={"attr_delivery": {"fa": "تحویل", "en": "delivery"}})
    better = one("experiment", "conversion", experiment="checkout", variant="B")
    worse = better | {"value": 0.05}
    weak = one("weakness", "nps", channel="phone")
    told = {
        "Fix “delivery” in province “خراسان”": [FELL, BROKEN, DRIVES],
        "Let nobody fail at “chat with support”": [CHAT],
        "Leave no “ticket” without a solution": [TICKET],
        "See why more is written about “جعبه پاره”": [TORN],
        "Give variant “B” of “checkout” to everybody": [better],
        "Drop variant “B” of “checkout”": [worse],
        "Revise plan “trial”: why do they leave early?": [one("churn_risk", "churn_rate", plan="trial")],
        "Review what is spent on winning customers through “ads”": [
            one("cohort", "retention_1", acquisition_channel="ads") | {"value": 0.1, "baseline": 0.4}
        ],
        "Offer “cup” with “pot”": [one("basket", "lift", given="pot", offer="cup")],
        "Find out why Net Promoter Score (NPS) is worse than elsewhere in channel “phone”": [weak],
        "Find out why Net Promoter Score (NPS) fell in province “خراسان”": [FELL],
        "Smooth the way to “cart” in channel “web”": [one("funnel_drop", "passed", step="cart", channel="web")],
    }
    for deed, found in told.items():
        (cause,) = causes.joined(found)
        en, known = advice.said(cause)["en"], {"support_chat": "support chat", "ticket": "request to support"}
        for name in known:
            deed = deed.replace(f"“{name}”", f"“{wording.label(name, 'en')}”")
        assert en == deed
        assert "{" not in advice.said(cause)["fa"]


def test_what_is_good_and_waits_for_nothing_is_no_deed():
    faults = one("data_quality", "rows", table="orders")
    small = BROKEN | {"severity": "low"}
    assert advice.first(causes.joined([STAYS, faults, DRIVES, small])) == []
    asked = advice.first(causes.joined([STAYS, CHAT, OPENED | {"severity": "medium"}, TORN], CLV), 2)
    assert [cause.theme for cause in asked] == ["support", "packaging"]


def test_what_tells_where_a_goal_fell_comes_first():
    found = causes.joined([CHAT, TICKET, FELL, BROKEN, OPENED], CLV)
    assert [cause.theme for cause in advice.first(found)] == ["support", "packaging", "delivery"]
    assert [cause.theme for cause in advice.first(found, fell=["nps"])] == ["delivery", "support", "packaging"]
    assert len(advice.first(found, fell=["nps", "nps", "csat"])) == 3
    card = {"metric": "nps", "goal_state": "missed", "change_tone": "bad"}
    assert advice.fallen([card, card | {"metric": "ces", "goal_state": "met"}, card | {"change_tone": "flat"}]) == [
        "nps"
    ]


def test_what_customers_met_before_they_left_is_named():
    wording.use(labels={})
    left = one("churn_risk", "churn_rate", customers=36, experience="unsolved_request", report="churn")
    (cause,) = causes.joined([left])
    assert advice.said(cause)["en"] == "Prevent “unsolved request”: more leave after it"
    assert advice.title(cause)["en"] == "unsolved request"
    (both,) = causes.joined([left, CHAT])
    assert both.theme == "support"


@pytest.mark.parametrize(
    ("severity", "comes_first", "anew"), [("high", True, True), ("medium", False, True), ("low", False, False)]
)
def test_what_we_did_and_made_worse_is_to_be_undone_first_unless_it_may_not_be_its_doing(severity, comes_first, anew):
    wording.use(labels={})
    done = one("weakness", "failure_rate", initiative="new gate", touchpoint="payment") | {
        "severity": severity, "value": 0.14, "baseline": 0.06, "tone": "bad"
    }  # fmt: skip
    broken = one("friction", "failure_rate", touchpoint="payment") | {"severity": "medium"}
    found = causes.joined([CHAT, done, broken], CLV)
    first = advice.first(found)
    assert (first[0].theme == "payment") is comes_first
    (payment,) = [cause for cause in found if cause.theme == "payment"]
    assert advice.said(payment)["en"].startswith("Decide anew on “new gate”") is anew
