"""The emotion curve: by hand, like compared with like, a planted dip found, none where there is none."""

import numpy as np
import pandas as pd
import pytest

from cx_helpers import readings
from cx_helpers.measures import emotion

STAGES = {"purchase": ["cart", "pay"], "use": ["delivery"], "support": ["chat"], "loyalty": []}


def answers(rows, instrument="csat", scale=(1, 5)):
    frame = pd.DataFrame(rows, columns=["customer_id", "touchpoint", "score"])
    frame["response_id"] = [f"{instrument}{i}" for i in range(len(frame))]
    return frame.assign(
        instrument=instrument, responded_at=pd.Timestamp("2025-08-24"), scale_min=scale[0], scale_max=scale[1]
    ).astype({"score": float, "scale_min": float, "scale_max": float})


def test_the_curve_of_a_handful_of_answers(lay):
    # 5, 5 -> 1; 3 -> 0: purchase 2/3; delivery 1 and 2 -> -1 and -0.5
    rows = [
        ("a", "cart", 5),
        ("b", "pay", 5),
        ("c", "pay", 3),
        ("d", "delivery", 1),
        ("e", "delivery", 2),
        ("f", "x", 1),
    ]
    found = emotion.curve(STAGES, responses=lay(answers(rows)))
    assert list(found.index) == list(STAGES)
    assert found["feeling"].tolist()[:2] == pytest.approx([2 / 3, -0.75])
    assert found["n"].tolist() == [3, 2, 0, 0]
    assert found.loc["support", ["feeling", "low", "p_value"]].isna().all()
    assert found.loc["use", "change"] == pytest.approx(-0.75 - 2 / 3)
    assert (found["low"].dropna() <= found["feeling"].dropna()).all()


def test_comments_and_the_logs_own_stages_count_too(lay):
    comments = pd.DataFrame(
        {"comment_id": ["1", "2", "3"], "customer_id": ["a", "b", "c"], "touchpoint": ["cart", "club", "chat"]}
    ).assign(sentiment=[0.5, -0.5, 0.0], text="…", written_at=pd.Timestamp("2025-08-24"))
    steps = pd.DataFrame({"event_id": ["e"], "customer_id": ["a"], "touchpoint": ["club"], "stage": ["loyalty"]})
    steps["occurred_at"] = pd.Timestamp("2025-08-24")
    found = emotion.curve(STAGES, lay(comments, "comments"), touchpoints=lay(steps, "touchpoints"))
    assert found["feeling"].to_dict() == pytest.approx(
        {"purchase": 0.5, "use": float("nan"), "support": 0.0, "loyalty": -0.5}, nan_ok=True
    )


def shop(seed, dip=0.0):
    """CSAT at three stages, and an effort score, far lower by its wording, asked at support only."""
    rng = np.random.default_rng(seed)
    where = rng.choice(["pay", "delivery", "chat"], 3000)
    score = np.clip(np.round(rng.normal(3.9, 1, 3000) - dip * (where == "chat")), 1, 5)
    csat = answers(list(zip([f"c{i}" for i in rng.integers(0, 1500, 3000)], where, score, strict=True)))
    ease = answers([(f"c{i}", "chat", rng.integers(1, 4)) for i in range(600)], "ces", (1, 7))
    return pd.concat([csat, ease], ignore_index=True)


def test_a_question_asked_at_one_stage_only_makes_no_dip(lay):
    high = 0
    for seed in range(12):
        found, looks = readings.emotion.findings(emotion.curve(STAGES, responses=lay(shop(seed))))
        assert looks == 3
        high += any(f.severity == "high" for f in found)
    assert high <= 1


def test_a_planted_dip_is_found_at_its_stage(lay):
    frame = shop(1, dip=0.6)
    found = emotion.curve(STAGES, responses=lay(frame))
    # the effort score, asked at one stage only, has no say where others are asked everywhere
    assert found.loc["support", "n"] == ((frame["touchpoint"] == "chat") & (frame["instrument"] == "csat")).sum()
    told, _ = readings.emotion.findings(found)
    worst = told[0]
    assert (worst.kind, worst.subject, worst.severity) == ("weakness", {"stage": "support"}, "high")
    assert worst.low < worst.value < worst.high < worst.baseline
    assert "more than chance" in readings.emotion.sentence(found)["en"]
    assert "پایین‌تر" in worst.text["fa"]


def test_two_questions_with_other_levels_are_brought_together(lay):
    # nps lies 0.4 lower than csat everywhere, and is asked mostly at delivery: that is no dip of delivery
    rng = np.random.default_rng(5)
    high = [(f"c{i}", t, rng.integers(4, 6)) for i, t in enumerate(["pay"] * 400 + ["delivery"] * 100)]
    low = [(f"d{i}", t, rng.integers(3, 7)) for i, t in enumerate(["pay"] * 100 + ["delivery"] * 400)]
    both = pd.concat([answers(high), answers(low, "nps", (0, 10))], ignore_index=True)
    found = emotion.curve(STAGES, responses=lay(both))
    assert found["p_adjusted"].min() > 0.05


def test_silence_is_null_and_is_said(lay):
    one = lay(answers([("a", "pay", 1)]))
    for silent in (emotion.curve(STAGES), emotion.curve({"use": []}, responses=one)):
        assert silent["n"].tolist() == [0] * len(silent)
        assert silent[["feeling", "low", "high", "p_value"]].isna().all(axis=None)
        assert readings.emotion.findings(silent) == ([], 0)
        assert "Too few voices" in readings.emotion.sentence(silent)["en"]
    assert "Too few voices" in readings.emotion.sentence(emotion.curve(STAGES, responses=one))["en"]
