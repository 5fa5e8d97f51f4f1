"""Gaps, clues, value and employees worked by hand; what is planted found again; nothing said where nothing is known."""

import csv
import datetime as dt

import numpy as np
import pandas as pd
import pytest

from cx_helpers import factors, forms, programme, readings
from cx_helpers.disclosure import Limit
from cx_helpers.measures import clues, comparison, employees, items, maturity, scale_reliability, survey
from cx_helpers.measures import service_quality as quality
from cx_helpers.measures import value_equation as values
from cx_helpers.settings import VALUE_WEIGHTS, WorkspaceError, load_settings
from cx_helpers.tables import TableError

AT = pd.Timestamp("2025-09-01", tz="UTC")


def said(lay, rows, scale=(1.0, 7.0)):
    """responses from (customer, instrument, score[, day[, lowest, highest]])."""
    each = [(*row, *(0, *scale)[len(row) - 3 :]) for row in rows]
    frame = pd.DataFrame(each, columns=["customer_id", "instrument", "score", "day", "scale_min", "scale_max"])
    frame["responded_at"] = (AT + pd.to_timedelta(frame.pop("day"), unit="D")).dt.as_unit("us")
    frame["response_id"] = [f"r{i:05d}" for i in range(len(frame))]
    return lay(frame.astype({"score": float, "scale_min": float, "scale_max": float, "customer_id": object}))


def of(responses, family, by=(), since=None):
    return forms.answers(responses, forms.asked(responses, since), family, since, list(by))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("servqual.reliability.5.expected", ("servqual", "reliability", "5", "expected")),
        ("servqual.empathy", ("servqual", "empathy", "", "perceived")),
        ("servqual.empathy.importance", ("servqual", "empathy", "", "importance")),
        ("clue.human.2", ("clue", "human", "2", "perceived")),
        ("value.price", ("value", "price", "", "perceived")),
        ("servqual.reliabilty", None),
        ("servqual", None),
        ("nps", None),
    ],
)
def test_a_name_says_what_was_asked(name, told):
    assert forms.question(name) == (told and forms.Question(*told))


HAND = [  # a: tangibles 5-6 and 7-6 (mean 0), empathy 3-7 = -4;  b: tangibles 4-6 = -2, empathy 6-6 = 0
    ("a", "servqual.tangibles.1.perceived", 5), ("a", "servqual.tangibles.1.expected", 6),
    ("a", "servqual.tangibles.2.perceived", 7), ("a", "servqual.tangibles.2.expected", 6),
    ("a", "servqual.empathy.perceived", 3), ("a", "servqual.empathy.expected", 7),
    ("b", "servqual.tangibles.1", 4), ("b", "servqual.tangibles.1.expected", 6),
    ("b", "servqual.tangibles.2.perceived", 1),  # no expectation beside it: no gap of this line
    ("b", "servqual.empathy.perceived", 6), ("b", "servqual.empathy.expected", 6),
    ("c", "servqual.empathy.perceived", 2),
    (None, "servqual.empathy.perceived", 2),
]  # fmt: skip


def test_a_gap_is_had_line_by_line_within_a_customer(lay):
    found = quality.gaps(of(said(lay, HAND), "servqual"))
    assert list(found.index) == ["empathy", "tangibles"], "the largest shortfall first"
    assert found["service_gap"].tolist() == [pytest.approx(-2), pytest.approx(-1)]
    assert found[["expected", "perceived"]].loc["empathy"].tolist() == [pytest.approx(6.5), pytest.approx(4.5)]
    assert found["n"].tolist() == [2, 2]
    # empathy less tangibles: a -4 - 0, b 0 - -2; and the mirror of it
    assert found["change"].tolist() == [pytest.approx(-1), pytest.approx(1)]
    assert found["p_value"].isna().all(), "two customers prove nothing"
    assert quality.overall(of(said(lay, HAND), "servqual")).loc["all", "service_gap"] == pytest.approx(-1.5)
    seen = quality.perceived(of(said(lay, HAND), "servqual"))
    assert seen.loc["empathy", ["n", "perceived"]].tolist() == [3, pytest.approx(11 / 3)], "expected or not"


def test_the_newest_answer_counts_and_other_scales_are_set_to_seven(lay):
    rows = [("a", "servqual.empathy", 1, 0, 1.0, 5.0), ("a", "servqual.empathy", 3, 5, 1.0, 5.0)]
    answers = said(lay, rows)
    assert quality.perceived(of(answers, "servqual"))["perceived"].tolist() == [4]
    late = AT + dt.timedelta(days=6)
    assert quality.perceived(of(answers, "servqual", since=late)).empty, "all of it is older"
    with pytest.raises(TableError, match=r"servqual\.empathy lie off their scale"):
        forms.asked(said(lay, [("a", "servqual.empathy", 9)]))


def test_weights_are_the_customers_own_shares(lay):
    points = dict(zip(forms.DIMENSIONS, (10, 40, 10, 10, 30), strict=True))
    rows = [("a", f"servqual.{d}.importance", p, 0, 0.0, 100.0) for d, p in points.items()]
    rows += [("b", f"servqual.{d}.importance", 2 * p, 0, 0.0, 100.0) for d, p in points.items()]  # 200 in all
    rows += [("c", "servqual.empathy.importance", 100, 0, 0.0, 100.0)]  # one of five: left out
    for who in "ab":
        for d in forms.DIMENSIONS:
            rows += [
                (who, f"servqual.{d}.expected", 7),
                (who, f"servqual.{d}.perceived", 2 if d == "reliability" else 6),
            ]
    found = of(said(lay, rows), "servqual")
    assert quality.importance(found)["importance"].to_dict() == pytest.approx({d: p / 100 for d, p in points.items()})
    assert quality.overall(found).loc["all", "service_gap"] == pytest.approx(-(5 + 4) / 5)
    assert quality.overall(found, weighted=True).loc["all", "service_gap"] == pytest.approx(-0.4 * 5 - 0.6)


def form_of(n=200, low=0.0, seed=3, spread=1.0):
    """Customers who rate five dimensions by three lines on both sides; reliability lower by `low`."""
    rng, rows = np.random.default_rng(seed), []
    for who in range(n):
        kind = rng.normal(0, 0.5)
        for d in forms.DIMENSIONS:
            for line in range(3):
                shift = low if d == "reliability" else 0
                got = np.clip(np.round(5 + kind - shift + spread * rng.normal()), 1, 7)
                rows += [(f"c{who}", f"servqual.{d}.{line}.perceived", got)]
                rows += [(f"c{who}", f"servqual.{d}.{line}.expected", np.clip(np.round(6 + 0.6 * rng.normal()), 1, 7))]
    return rows


@pytest.mark.parametrize(("low", "loud"), [(1.0, ["reliability"]), (0.0, [])])
def test_one_dimension_behind_is_found_and_its_mirror_is_not(lay, low, loud):
    found = quality.gaps(of(said(lay, form_of(low=low)), "servqual"))
    told = readings.service_quality.findings(found, "servqual", "service_gap")
    assert [f.subject["dimension"] for f in told] == loud, "all gaps are below zero: that alone is no finding"
    assert all(f.severity == "high" and f.kind == "weakness" for f in told)
    assert (found["service_gap"] < 0).all()
    if low:
        title = readings.service_quality.title(found, "servqual", "change", {"fa": "شکاف", "en": "gap"})
        assert title["en"] == "gap: lowest in reliability"


def test_order_of_rows_changes_nothing_and_small_groups_are_hidden(lay):
    rows = form_of(12, 1.0)
    one, other = (quality.gaps(of(said(lay, r), "servqual")) for r in (rows, rows[::-1]))
    pd.testing.assert_frame_equal(one, other)
    hidden = quality.gaps(of(said(lay, form_of(6)), "servqual"), Limit(1, 10))
    assert hidden[["service_gap", "expected", "perceived", "customers"]].isna().all(axis=None)
    assert readings.service_quality.findings(hidden, "servqual", "service_gap") == []


def test_nothing_said_is_nothing_found(lay):
    empty = said(lay, [("a", "nps", 9)])
    asked = forms.asked(empty)
    assert asked.empty
    assert forms.rated(asked) == []
    for family in forms.PARTS:
        answers = of(empty, family)
        assert quality.parts(answers).empty
        assert readings.questions.lacking(asked, family)["fa"]
    gaps, seen, whole = (f(of(empty, "servqual")) for f in (quality.gaps, quality.perceived, quality.overall))
    assert whole["service_gap"].isna().all()
    assert "were not asked" in readings.service_quality.sentence(whole, gaps, seen, asked)["en"]
    assert readings.questions.start(asked)
    made = values.value(of(empty, "value"), VALUE_WEIGHTS)
    assert made["adds"].isna().all()
    assert values.losing(of(empty, "value"), VALUE_WEIGHTS)["losing"].isna().all()
    assert readings.value_equation.sentence(made, values.losing(of(empty, "value"), VALUE_WEIGHTS)) is None


def test_answers_of_nobody_are_told_and_left_out(lay):
    answers = said(lay, [(None, "servqual.empathy", 3), (None, "servqual.empathy.expected", 6)])
    asked, found = forms.asked(answers), of(answers, "servqual")
    told = readings.service_quality.sentence(
        *(f(found) for f in (quality.overall, quality.gaps, quality.perceived)), asked
    )
    assert "2 answers are of no known customer" in told["en"]


def test_a_misspelt_name_is_told_with_the_right_one(lay):
    asked = forms.asked(said(lay, [("a", "servqual.reliabilty.5", 3), ("a", "clue.human", 3)]))
    assert "did you mean 'servqual.reliability'" in readings.questions.unknown(asked)["en"]
    assert readings.questions.unknown(asked.loc[["clue.human"]]) is None


def test_without_expectations_perceptions_are_told_and_named(lay):
    rows = [row for row in form_of(60, 1.0) if not row[1].endswith("expected")]
    answers = of(said(lay, rows), "servqual")
    gaps, seen = quality.gaps(answers), quality.perceived(answers)
    assert gaps.empty
    assert seen.index[0] == "reliability"
    sentence = readings.service_quality.sentence(quality.overall(answers), gaps, seen, forms.asked(said(lay, rows)))
    assert "SERVPERF" in sentence["en"]


# --- reliability --------------------------------------------------------------------------------------------------


def test_omega_of_one_factor_is_what_the_items_share():
    loads = np.array([0.9, 0.7, 0.5, 0.6])
    c = np.outer(loads, loads)
    np.fill_diagonal(c, 1)
    assert factors.omega(c) == pytest.approx(loads.sum() ** 2 / c.sum(), abs=1e-3)
    assert factors.omega(c) > factors.alpha(c, 100)[0], "alpha takes the items as equally good, and is too low"
    assert np.isnan(factors.omega(c[:2, :2])), "two items tell no factor"


def test_published_alphas_are_met_and_omega_is_near_them(real):
    """The five scales of bfi as the psych package's manual has them (raw alpha; turned items turned)."""
    file = real / "truth" / "bfi" / "bfi.csv.gz"
    if not file.is_file():
        pytest.skip("no truth/bfi in the real data")
    bfi = pd.read_csv(file)
    for letter, turned, known in (("A", [1], 0.70), ("C", [4, 5], 0.73), ("E", [1, 2], 0.76), ("N", [], 0.81)):
        c = bfi[[f"{letter}{i}" for i in range(1, 6)]].dropna()
        c = c.assign(**{f"{letter}{i}": 7 - c[f"{letter}{i}"] for i in turned}).cov().to_numpy()
        assert factors.alpha(c, len(bfi))[0] == pytest.approx(known, abs=0.01)
        assert 0 < factors.omega(c) - factors.alpha(c, 9)[0] < 0.03


def test_a_difference_keeps_less_than_its_sides():
    """Two sides of one item pair each, alpha .8 and .6, variances 4 and 4, covariance 2: (3.2 + 2.4 - 4) / 4 = .4."""

    def side(total, alpha):  # two items: alpha = 4 cov / total
        cov = alpha * total / 4
        return np.array([[total / 2 - cov, cov], [cov, total / 2 - cov]])

    c = np.zeros((4, 4))
    c[:2, :2], c[2:, 2:] = side(4, 0.8), side(4, 0.6)
    c[:2, 2:] = c[2:, :2] = 0.5
    assert scale_reliability.difference(c, [0, 1], [2, 3]) == pytest.approx(0.4)
    same = np.tile(side(4, 0.8), (2, 2))
    assert np.isnan(scale_reliability.difference(same, [0, 1], [2, 3])), "a difference of nothing has no reliability"


def test_reliability_is_told_of_enough_items_and_customers_only(lay):
    answers = said(lay, form_of(60, spread=0.3))
    asked = forms.asked(answers)
    lines = {d: items.form(forms.wide(of(answers, "servqual"), asked, d)) for d in forms.rated(asked)}
    found = scale_reliability.reliability(lines)
    assert (found["items"] == 3).all()
    assert found["alpha"].between(0.5, 0.99).all()
    assert (found["low"] < found["alpha"]).all()
    few = scale_reliability.reliability({d: form._replace(n=20) for d, form in lines.items()})
    assert few[["alpha", "omega", "difference"]].isna().all(axis=None)
    assert "30 customers" in readings.scale_reliability.sentence(few)["en"]
    one = {"empathy": items.Form(99, ["p_"], np.ones((1, 1)), np.ones((1, 1)))}
    assert scale_reliability.reliability(one)["alpha"].isna().all()


# --- clues and value ----------------------------------------------------------------------------------------------


def test_a_comment_feels_about_a_clue_as_about_its_worst_aspect(lay):
    frame = pd.DataFrame({"customer_id": list("abcd"), "aspect_app": [0.5, -0.9, None, None],
                          "aspect_packaging": [-0.5, None, 0.9, None], "aspect_staff": [None, None, None, 0.1],
                          "aspect_price": [-1.0] * 4})  # fmt: skip
    found = clues.written(lay(frame, "comments"))
    assert found.loc["mechanical", ["n", "aspect_negative", "positive"]].tolist() == [3, pytest.approx(2 / 3), 1 / 3]
    assert found.loc["human", ["n", "aspect_negative", "positive"]].tolist() == [1, 0, 0]
    assert found.loc["functional", "n"] == 0, "price is what was given, not a clue of what was got"
    assert np.isnan(found.loc["functional", "aspect_negative"])


def test_value_is_the_equation_by_the_weights_given(lay):
    # of 1-5: benefit 5 = 100, effort 2 = 25, risk 1 = 0, price 3 = 50, treatment 4 = 75 (+25)
    rows = [("a", f"value.{p}", s, 0, 1.0, 5.0) for p, s in zip(forms.VALUE, (5, 2, 1, 3, 4), strict=True)]
    rows += [("b", f"value.{p}", s, 0, 1.0, 5.0) for p, s in zip(forms.VALUE, (1, 5, 5, 5, 1), strict=True)]
    rows += [("c", "value.benefit", 5, 0, 1.0, 5.0)]  # one of five: left out
    answers = of(said(lay, rows), "value")
    found = values.value(answers, VALUE_WEIGHTS)
    a, b = 100 - (25 + 0 + 50) / 3 + 25 / 3, 0 - 100 - 50 / 3
    assert found.loc["value", ["n", "adds"]].tolist() == [2, pytest.approx((a + b) / 2)]
    assert found.loc["effort", ["level", "adds"]].tolist() == [62.5, pytest.approx(-62.5 / 3)]
    assert found["adds"].iloc[:5].sum() == pytest.approx(found.loc["value", "adds"])
    assert found.loc["value", "low"] < found.loc["value", "adds"] < found.loc["value", "high"]
    assert values.losing(answers, VALUE_WEIGHTS).loc["all", "losing"] == 0.5
    free = values.value(answers, dict.fromkeys(forms.VALUE, 0.0) | {"benefit": 2.0})
    assert free.loc["value", "adds"] == 50, "what has no weight takes nothing"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("{benefitt: 2}", "did you mean 'benefit'"),
        ("{benefit: 0}", "above 0"),
        ("{price: -1}", "a number of 0 or more"),
        ("{price: dear}", "a number of 0 or more"),
        ("7", "write {benefit: 3"),
    ],
)
def test_weights_that_make_no_sense_are_refused(tmp_path, given, told):
    (tmp_path / "workspace.yaml").write_text(f"name: x\nvalue_weights: {given}\n", "utf-8")
    with pytest.raises(WorkspaceError, match=told):
        load_settings(tmp_path)


# --- employees ----------------------------------------------------------------------------------------------------


def both_asked(lay, teams):
    """responses of {unit: (employees' scores, customers' scores)}."""
    frames = []
    for unit, sides in teams.items():
        for instrument, scores in zip(("enps", "nps"), sides, strict=True):
            frames.append(pd.DataFrame({"score": scores, "instrument": instrument, "unit": unit}))
    frame = pd.concat(frames, ignore_index=True).astype({"score": float})
    frame["customer_id"] = [None if i == "enps" else f"c{k}" for k, i in enumerate(frame["instrument"])]
    frame["responded_at"] = AT.as_unit("us")
    return lay(frame.assign(language="fa"))


def test_employees_stand_beside_the_customers_of_their_unit(lay):
    answers = both_asked(lay, {"a": ([9, 9, 0], [10] * 5), "b": ([0, 0, 9, 9], [0] * 5), "c": ([], [9])})
    assert employees.common(answers) == ["unit"]
    sides = [survey.nps(answers, "unit", instrument=i) for i in ("enps", "nps")]
    found = employees.beside(*sides)
    assert found["enps"].to_dict() == {"b": pytest.approx(0), "a": pytest.approx(100 / 3)}
    assert found["nps"].to_dict() == {"b": -100, "a": 100}
    one = employees.agreement(found).loc["all"]
    assert one["n"] == 2
    assert np.isnan(one["correlation"]), "two units agree by chance"
    hidden = employees.beside(survey.nps(answers, "unit", instrument="enps", smallest=Limit(1, 4)), sides[1])
    assert hidden["enps"].isna().all(), "three employees are not shown, nor four beside them"


def test_a_correlation_over_units_is_that_of_their_ranks():
    both = pd.DataFrame({"enps": range(8), "nps": [0, 1, 2, 3, 4, 5, 7, 6]}, dtype=float)
    found = employees.agreement(both).loc["all"]
    assert found["correlation"] == pytest.approx(1 - 6 * 2 / (8 * 63))
    assert found["low"] < found["correlation"] < found["high"] < 1
    assert np.isnan(employees.agreement(both.assign(nps=1.0)).loc["all", "correlation"])


def test_an_unhappy_team_is_found(lay):
    rng = np.random.default_rng(1)
    calm = {u: (rng.choice([6, 8, 9, 10], 50), rng.choice([6, 9, 10], 60)) for u in "abc"}
    answers = both_asked(lay, calm | {"d": (rng.choice([2, 6, 8], 50), [9] * 40)})
    teams = survey.nps(answers, "unit", instrument="enps")
    both = employees.beside(teams, survey.nps(answers, "unit"))
    told = readings.employees.findings(comparison.gaps(teams, "enps"), both, "unit")
    assert [(f.subject, f.kind, f.severity) for f in told] == [({"unit": "d"}, "weakness", "high")]


# --- the programme ------------------------------------------------------------------------------------------------


def load(tmp_path, text):
    (tmp_path / "programme.yaml").write_text(text, "utf-8")
    return programme.load(tmp_path)


def test_the_next_step_is_the_first_without_ground(tmp_path):
    text = "maturity:\n  strategy: {levels: [4, 3], target: 4}\n  design: 2\n  returns: [1, 1]\n"
    found = maturity.steps(load(tmp_path, text))
    assert list(found.index) == list(programme.STEPS)
    assert found.loc["strategy", ["n", "maturity", "gap"]].tolist() == [2, 3.5, -0.5]
    assert found.index[found["next"]].tolist() == ["design"], "returns is lower, but stands on design"
    far = load(tmp_path, "maturity:\n  strategy: {levels: [4], target: 5}\n  design: {levels: [3], target: 5}\n")
    assert maturity.steps(far).query("next").index.tolist() == ["design"]
    none = maturity.steps(programme.Programme())
    assert not none["next"].any()
    assert readings.maturity.sentence(none) == readings.maturity.NEVER


def test_places_stand_in_their_corners(tmp_path):
    text = "capability:\n  app: {interactive: [5, 4, 3, 4], customised: [1, 2, 2, 1]}\n"
    text += "  shop: {interactive: [1, 1, 1, 1], customised: [3, 3, 3, 3]}\n"
    assert maturity.places(load(tmp_path, text))["corner"].to_dict() == {"app": "database", "shop": "niche"}
    assert maturity.places(programme.Programme()).empty


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("maturitty: {}", "did you mean 'maturity'"),
        ("maturity: {cultur: 3}", "did you mean 'culture'"),
        ("maturity: {culture: [3, 6]}", "maturity.culture.levels is 6; an answer is a number from 1 to 5"),
        ("maturity: {culture: {levels: [3], target: high}}", "maturity.culture.target is 'high'"),
        ("maturity: [3]", "keys and values"),
        ("capability: {app: {interactive: [1, 2, 3], customised: [1, 1, 1, 1]}}", "each of its 4 statements"),
        ("capability: {app: 3}", "write {interactive"),
    ],
)
def test_a_programme_that_cannot_be_read_says_where(tmp_path, text, told):
    with pytest.raises(WorkspaceError, match=told):
        load(tmp_path, text)


def test_a_new_workspace_carries_the_survey(tmp_path):
    from cx_helpers.intake.start import init

    folder = init(tmp_path / "new")
    assert programme.load(folder) == programme.Programme(), "not asked yet"
    assert load_settings(folder).value_weights == VALUE_WEIGHTS
    rows = list(csv.DictReader((folder / "questionnaire.csv").read_text("utf-8-sig").splitlines()))
    names = [row["instrument"] for row in rows]
    assert len(set(names)) == len(names)
    known = {name: forms.question(name) for name in names if name != "enps"}
    assert all(known.values()), "every line is a question that the report knows"
    asked = [(q.family, q.part) for q in known.values()]
    assert set(asked) == {(f, p) for f, parts in forms.PARTS.items() for p in parts}
    sides = [{q[1:3] for q in known.values() if q.family == "servqual" and q.side == s} for s in forms.SIDES[:2]]
    assert sides[0] == sides[1], "a line is asked on both sides"
    assert len(sides[0]) == 22
    short = [forms.question(r["instrument"]) for r in rows if r["short"] == "yes" and r["instrument"] != "enps"]
    lines = [q.part for q in short if q.side == "expected"]
    assert all(lines.count(d) == 3 for d in forms.DIMENSIONS), "omega needs three"
    for row in rows:
        assert float(row["scale_min"]) < float(row["scale_max"])
        assert row["question_fa"].strip()
        assert row["question_en"].strip()
        assert not set(row["question_fa"]) & set("يك"), "Persian letters"
