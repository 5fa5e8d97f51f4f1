"""Each tested thing in its field once, the analyst's lines beside it, pairs only of what belongs together: by hand."""

import json

import pytest
from test_causes import BROKEN, CHAT, CLV, FELL, OPENED, RARE, STAYS, TORN, one

from cx_helpers import causes, readings, wording
from cx_helpers.errors import Refusal
from cx_helpers.evidence import Evidence
from cx_helpers.report import blocks

TRIAL = one("churn_risk", "churn_rate", customers=230, plan="trial", report="churn")
NEW = one("experiment", "conversion", experiment="checkout_v2", variant="B", report="experiment")
PAY = one(customers=81, touchpoint="payment", channel="app")
PAIR = one("basket", "lift", given="pot", offer="cup", report="basket")


def placed(*found) -> dict[str, list[str]]:
    lines = readings.swot.lines(causes.joined(found, CLV))
    return {
        name: [line.cause.head["kind"] for line in lines if line.quadrant == name] for name in readings.swot.QUADRANTS
    }


def test_each_thing_stands_in_its_field_once():
    assert placed(BROKEN, FELL, CHAT, STAYS, RARE | {"severity": "high"}, TRIAL, NEW, PAIR) == {
        "strengths": ["cohort"],
        "weaknesses": ["moment_of_truth", "change_point"],  # the province's NPS and its deliveries are one thing
        "opportunities": ["experiment", "basket"],
        "threats": ["churn_risk", "cohort"],
    }
    assert placed(TORN)["threats"] == ["topic"], "what more is written about is seldom joy"
    assert placed(OPENED | {"severity": "low"}) == dict.fromkeys(readings.swot.QUADRANTS, [])


def test_only_what_belongs_together_makes_a_way():
    rich = one("segment", "spent_each", segment="omni", report="value")
    weak = one("weakness", "nps", segment="omni", report="survey") | {"value": -12, "baseline": 21}
    lines = readings.swot.lines(causes.joined([CHAT, PAY, NEW, TRIAL, PAIR, rich, weak], CLV))
    ((kind, said),) = readings.swot.strategies(lines)
    assert kind == "weaknesses_opportunities"
    assert said["en"] == "Mend “omni · Net Promoter Score (NPS)” so that “omni · Spent per customer so far” can be won"
    assert readings.swot.strategies([]) == []


def test_the_analysts_lines_stand_beside_and_say_so(tmp_path):
    (tmp_path / "swot.yaml").write_text("strengths: [نام خوش]\nthreats: [{fa: رقیب تازه, en: a new rival}]\n", "utf-8")
    own = readings.swot.added(tmp_path)
    lines = readings.swot.lines(causes.joined([CHAT]), own)
    assert [(line.quadrant, line.text["en"], line.cause is None) for line in lines] == [
        ("strengths", "نام خوش", True),
        ("weaknesses", "", False),
        ("threats", "a new rival", True),
    ]
    wording.use(locale="en")
    block = blocks.swot(readings.swot.cards(lines, Evidence([], [], {}, []), "en"), readings.swot.strategies(lines))
    fields = {field["title"]: [line["source"] for line in field["lines"]] for field in block.payload["fields"]}
    assert fields == {"Strengths": ["the analyst’s own"], "Weaknesses": ["journey"], "Opportunities": [],
                      "Threats": ["the analyst’s own"]}  # fmt: skip
    assert "No finding stands here." in block._repr_mimebundle_()["text/html"]
    json.dumps(block.payload)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("strenghts: [x]", "did you mean 'strengths'"),
        ("- a list", "holds no keys"),
        ("threats: [3]", "threats: 3 is no line"),
        ("threats: {fa: x, en: y}", "is no list"),
        ("threats: 5", "threats: 5 is no list"),
        ("threats: [{fa: ' '}]", "is no line"),
        ("threats: [{de: x}]", "is no line"),
        ("a: [", "is not YAML"),
    ],
)
def test_what_the_analyst_mistypes_is_told(tmp_path, text, said):
    (tmp_path / "swot.yaml").write_text(text, "utf-8")
    with pytest.raises(Refusal, match="swot.yaml") as refused:
        readings.swot.added(tmp_path)
    assert said in str(refused.value)


def test_nothing_found_is_said_and_no_file_is_no_line(tmp_path):
    assert readings.swot.added(tmp_path) == {}
    assert "No report found anything" in readings.swot.sentence([])["en"]
    assert readings.swot.heaviest([]) == []
