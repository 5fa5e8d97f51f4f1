"""Each truth planted for these notebooks is in findings.json, and no loud finding is about anything else.

A row of FOUND: the truth of data/sample/TRUTH.md, the report that must find it, the finding's kind, what its subject
must say, its measure, and whether the value lies above or below what it is held against.
"""

import json
import re

import pytest
from cells import NOTEBOOKS, run
from conftest import SAMPLE

from tools.sample.effects import CRISIS_PROVINCE, EFFECTS

HERE = {"province": CRISIS_PROVINCE}
FOUND = [
    ("closed_loop", "closed-loop", "case", {"contact_hours": 72.0}, "recovered", "above"),
    ("closed_loop", "closed-loop", "case", {"owner": "warehouse"}, "loop_closed_rate", "below"),
    ("packaging_breaks", "closed-loop", "case", {"cause": "packaging"}, "case_share", "above"),
    ("app_payment_fails", "journey", "friction", {"touchpoint": "payment", "channel": "app"}, "failure_rate", "above"),
    ("payment_dropouts", "journey", "funnel_drop", {"touchpoint": "payment", "next": "(gone)"}, "next_share", "above"),
    ("switch_to_phone", "journey", "friction", {"touchpoint": "payment", "next": "consult"}, "next_share", "above"),
    ("delivery_crisis", "journey", "friction", {"touchpoint": "delivery"} | HERE, "failure_rate", "above"),
    ("crisis_spreads", "survey", "change_point", HERE, "nps", "below"),
    ("crisis_spreads", "sentiment", "change_point", HERE, "sentiment", "below"),
    ("leaving_acquisition", "cohort", "cohort", {"acquisition_channel": "influencer"}, "retention_1", "below"),
    ("better_onboarding", "cohort", "cohort", {"cohort": "1403-07"}, "retention_1", "above"),
    ("drivers", "drivers", "driver", {"driver": "attr_delivery"}, "importance", "above"),
    ("drivers", "drivers", "driver", {"driver": "attr_support"}, "importance", "above"),
    ("drivers", "drivers", "driver", {"driver": "attr_quality"}, "importance", "above"),
    ("unsolved_leave", "journey", "moment_of_truth", {"touchpoint": "ticket"}, "repeat_rate", "below"),
    ("plan_churn", "churn", "churn_risk", {"plan": "club_trial"}, "churn_rate", "above"),
    ("unsolved_leave", "churn", "churn_risk", {"experience": "unsolved_requests"}, "churn_rate", "above"),
    ("first_reply", "churn", "churn_risk", {"experience": "slow_reply"}, "churn_rate", "above"),
    ("first_reply", "journey", "moment_of_truth", {"touchpoint": "support_chat"}, "repeat_rate", "below"),
    ("first_reply", "journey", "moment_of_truth", {"touchpoint": "support_call"}, "repeat_rate", "below"),
    ("support_dip", "journey", "weakness", {"stage": "support"}, "feeling", "below"),
    ("support_dip", "sentiment", "weakness", {"touchpoint": "support_chat"}, "sentiment", "below"),
    ("phone_nps", "survey", "weakness", {"channel": "phone"}, "nps", "below"),
    ("packaging_breaks", "journey", "friction", {"touchpoint": "unboxing"}, "failure_rate", "above"),
    ("packaging_breaks", "sentiment", "change_point", {"month": "1404-06"}, "sentiment", "below"),
    ("packaging_breaks", "sentiment", "topic", {"aspect": "packaging"}, "aspect_share", "above"),
    ("packaging_breaks", "topics", "topic", {"topic": "جعبه پاره"}, "topic_share", "above"),
    (
        "checkout_variant",
        "experiment",
        "experiment",
        {"experiment": "checkout_v2", "variant": "B"},
        "conversion",
        "above",
    ),
    ("faster_resolution", "trend", "change_point", {"month": "1403-10"}, "resolution_hours", "below"),
    ("voucher", "personalisation", "opportunity", {"action": "voucher", "against": "lot"}, "value_each", "above"),
    ("voucher", "personalisation", "opportunity", {"action": "voucher", "against": "nobody"}, "value_each", "above"),
    ("omnichannel_value", "value", "segment", {"segment": "omni"}, "lifetime_value", "above"),
    ("omnichannel_value", "segments", "segment", {"segment": "omni"}, "spent_each", "above"),
    ("unreliable", "service-quality", "weakness", {"dimension": "reliability"}, "service_gap", "below"),
    ("shabby", "service-quality", "weakness", {"clue": "mechanical"}, "form_score", "below"),
    ("unhappy_callers", "service-quality", "weakness", {"channel": "phone"}, "enps", "below"),
    ("product_pairs", "basket", "basket", {"given": "زعفران نگین نیم مثقال"}, "lift", "above"),
    ("product_pairs", "basket", "basket", {"given": "گوشی هوشمند میان‌رده"}, "lift", "above"),
    ("product_pairs", "basket", "basket", {"given": "موکاپات سه‌فنجانه"}, "lift", "above"),
]
# What follows from the truths: the same truths seen from another side.
FOLLOWS = [
    ("leaving_acquisition", "value", "segment", {"acquisition_channel": "influencer"}, "lifetime_value", "below"),
    ("crisis_spreads", "survey", "change_point", HERE, "csat", "below"),  # the whole province is angry
    ("support_dip", "sentiment", "weakness", {"touchpoint": "support_call"}, "sentiment", "below"),
    ("support_dip", "survey", "weakness", {"touchpoint": "support_chat"}, "csat", "below"),
    ("support_dip", "survey", "weakness", {"touchpoint": "support_call"}, "csat", "below"),
    ("support_dip", "survey", "weakness", {"touchpoint": "return"}, "csat", "below"),
    ("drivers", "drivers", "driver", {"driver": "attr_app"}, "importance", None),  # weight 0.10
    # both began with a deed of the company's own: the new gateway, the cheaper box
    ("app_payment_fails", "summary", "weakness", {"touchpoint": "payment"}, "failure_rate", "above"),
    ("packaging_breaks", "summary", "weakness", {"touchpoint": "unboxing"}, "failure_rate", "above"),
    # «له شده بود», «همه‌ش شکست»: what arrives broken is written of as the goods' quality, too
    ("packaging_breaks", "sentiment", "change_point", {"aspect": "quality"}, "aspect_negative", "above"),
    # the same two, as what moving them would bring
    ("first_reply", "scenario", "risk", {"driver": "slow_reply"}, "repeat_rate", "below"),
    ("unsolved_leave", "scenario", "risk", {"driver": "unsolved_request"}, "repeat_rate", "below"),
    # who leaves after the first order has not spent much
    ("leaving_acquisition", "segments", "segment", {"acquisition_channel": "influencer"}, "spent_each", "below"),
]
# Truths that another question finds: `drivers` asked about NPS.  (The others await reports that are still to come.)
ELSEWHERE = {"late_hurts", "null_driver"}
LATER = {"talk_of_the_touchpoint"}  # a texture, no claim


@pytest.fixture(scope="module")
def findings(published):
    return json.loads((published(locale="en").place / "findings.json").read_text("utf-8"))


def fits(finding: dict, report: str, kind: str, subject: dict, measure: str, side: str | None) -> bool:
    value, held = finding["value"], finding["baseline"]
    return (
        (finding["report"], finding["kind"], finding["measure"]) == (report, kind, measure)
        and subject.items() <= finding["subject"].items()
        and side in (None, "above" if value > held else "below")
    )


@pytest.mark.parametrize("row", FOUND, ids=lambda row: f"{row[0]} {'/'.join(map(str, row[3].values()))}")
def test_a_planted_truth_is_found(findings, row):
    truth, *wanted = row
    assert truth in EFFECTS
    told = [f for f in findings if fits(f, *wanted)]
    assert told, f"{truth} is planted and nobody found it; {wanted[0]} says: " + "; ".join(
        f["text"]["en"] for f in findings if f["report"] == wanted[0]
    )
    finding = told[0]
    assert finding["severity"] in ("high", "medium")
    assert finding["p_adjusted"] < 0.05
    assert finding["low"] <= finding["value"] <= finding["high"]
    assert finding["n"] > 0
    assert all(finding["text"][locale].strip() for locale in ("fa", "en"))


def test_every_truth_for_these_reports_is_in_the_table():
    mine = {name for name, effect in EFFECTS.items() if set(re.findall(r"[\w-]+", effect.report)) & set(NOTEBOOKS)}
    assert mine == {row[0] for row in FOUND} | ELSEWHERE | LATER


def test_a_late_delivery_drives_the_nps():
    (first, *_) = run("drivers", workspace=str(SAMPLE), outcome="nps", months_back=12)["findings"]
    assert first["subject"] == {"driver": "late_delivery"}
    assert first["severity"] == "high"
    assert "lower" in first["text"]["en"]


def test_nothing_loud_is_about_what_was_not_planted(findings):
    known = FOUND + FOLLOWS
    strange = [f for f in findings if f["severity"] == "high" and not any(fits(f, *row[1:]) for row in known)]
    assert not strange, [f["text"]["en"] for f in strange]


def test_no_finding_contradicts_what_was_planted(findings):
    named = {(column, value) for f in findings for column, value in f["subject"].items()}
    for absent in (("driver", "attr_packaging"), ("driver", "attr_price"), ("province", "ایلام"), ("segment", "pilot")):
        assert absent not in named, f"{absent} is planted to be found by nobody"
    for truth, report, kind, subject, measure, side in FOUND:
        other = {"above": "below", "below": "above"}[side]
        against = [f for f in findings if fits(f, report, kind, subject, measure, other)]
        assert not against, f"{truth}: {against[0]['text']['en']}"
    opposite = [
        ("strength", "stage", "support"),
        ("strength", "channel", "phone"),
        ("strength", "province", HERE["province"]),
    ]
    assert not [f for f in findings for kind, c, v in opposite if f["kind"] == kind and f["subject"].get(c) == v]
    shares = {f["subject"]["driver"]: f["value"] for f in findings if f["kind"] == "driver"}
    assert sorted(shares, key=shares.get, reverse=True)[:3] == ["attr_delivery", "attr_support", "attr_quality"]


def test_findings_are_ranked_and_whole(findings):
    loud = [("high", "medium", "low").index(f["severity"]) for f in findings]
    assert loud == sorted(loud)
    keys = "kind subject measure value baseline low high n p_adjusted impact severity text report".split()
    assert all(set(f) == set(keys) for f in findings)
