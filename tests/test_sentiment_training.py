"""Teaching a model and proving it: words planted, labels turned over, calibration and confusion worked by hand."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from cx_helpers import cli
from cx_helpers.intake import sentiment_evidence as evidence
from cx_helpers.intake import sentiment_features as features
from cx_helpers.intake import sentiment_labelled as labelled
from cx_helpers.intake import sentiment_model
from cx_helpers.intake import sentiment_training as training
from cx_helpers.run import judging
from cx_helpers.tables import TableError

GOOD, BAD = ["عالی", "خوب", "ممنون", "a@b.ir"], ["افتضاح", "سرد", "بد", "ali_0912"]
BOTH = ["غذا", "پیک", "بود", "کتاب"]


def comments(n=60, seed=7, wrong=0):
    """n comments of each class from two domains; the first `wrong` good ones are labelled negative."""
    rng = np.random.default_rng(seed)
    texts = [" ".join([*rng.choice(BOTH, 3), *rng.choice(kind, 2)]) for kind in (GOOD, BAD) for _ in range(n)]
    labels = ["negative"] * wrong + ["positive"] * (n - wrong) + ["negative"] * n
    return pd.DataFrame({"text": texts, "label": labels, "domain": ["food", "books"] * n})


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(features, "FEWEST", dict.fromkeys(features.FEWEST, 2))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Labelled comments on disk, two models taught from them, and the pages about them."""
    out = tmp_path_factory.mktemp("labelled")
    comments().to_parquet(out / "train.parquet")
    comments(seed=8).to_parquet(out / "test.parquet")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(features, "FEWEST", dict.fromkeys(features.FEWEST, 2))
        teach = ["sentiment", "train", "--data", str(out), "--strength"]
        assert cli.main([*teach, "10", "--out", str(out / "new.parquet")]) == 0
        assert cli.main([*teach, "0.01", "--features", "4", "--out", str(out / "old.parquet")]) == 0
    return out


# ---- teaching --------------------------------------------------------------------------------------------------------


def test_what_is_taught_is_what_is_read(folder):
    model, data = sentiment_model.load(folder / "new.parquet"), labelled.with_phrases(comments())
    of = training.lesson(data)
    taught = training.teach(of, np.arange(len(data)), training.Recipe(strength=10.0))
    assert set(taught.features.frame["kind"]) == set(sentiment_model.KINDS)
    odds = taught.log_odds(of, np.arange(len(data))) * float(model.about["factor"])
    np.testing.assert_allclose(model.read(data["text"].tolist()).logit, odds, rtol=0.01, atol=0.02)
    assert ((odds > 0) == (data["label"] == "positive"))[of.asked].mean() > 0.9
    assert model.read(["پیک عالی"]).logit[0] > 0 > model.read(["پیک سرد"]).logit[0]


def test_no_address_number_or_name_of_an_account_becomes_a_feature(folder):
    names = pd.read_parquet(folder / "new.parquet")["feature"]
    assert len(names) > 20
    assert not names.str.contains(r"[a-z\d@_]").any()


def test_the_same_comments_give_the_same_file(folder, tmp_path):
    data = labelled.with_phrases(comments())
    training.train(data, tmp_path / "new.parquet", training.Recipe(strength=10.0))
    assert (tmp_path / "new.parquet").read_bytes() == (folder / "new.parquet").read_bytes()


def test_domains_weigh_as_the_root_of_their_size_and_classes_are_equal():
    domain = np.array(["a"] * 16 + ["b"] * 4)
    positive = np.array([1.0] * 12 + [0.0] * 5 + [1.0] * 3)
    total = pd.Series(training.balance(domain, positive)).groupby([domain, positive]).sum()
    assert total["a", 1] == pytest.approx(total["a", 0])
    assert total["b", 1] == pytest.approx(total["b", 0])
    assert total["a"].sum() == pytest.approx(2 * total["b"].sum())  # sqrt(16) : sqrt(4)


def test_labels_turned_over_are_doubted_and_the_others_are_not():
    of = training.lesson(comments(200, wrong=12))
    doubted = training.doubtful(of, np.arange(400), training.Recipe(strength=10.0, doubt=0.2))
    assert doubted[:12].mean() >= 0.7
    assert doubted[12:].mean() < 0.05


def test_doubted_labels_say_less():
    of, rows = training.lesson(comments(200, wrong=40)), np.arange(400)
    truth = np.array([1.0] * 200 + [0.0] * 200)
    believed = [
        expit(training.teach(of, rows, training.Recipe(strength=10.0, doubt=doubt)).log_odds(of, rows))
        for doubt in (0.0, 0.3)
    ]
    loss = [-np.log(np.where(truth == 1, p, 1 - p)).mean() for p in believed]
    assert loss[1] < 0.9 * loss[0]


def test_a_label_is_doubted_in_teaching_and_never_in_measuring():
    of = training.lesson(comments(100, wrong=10))
    held = training.held_out(of, training.Recipe(strength=10.0, doubt=0.2))
    assert held.groupby("way").size().to_dict() == {"folds": 200, "left_out": 200}
    assert held.groupby("way")["positive"].sum().to_dict() == {"folds": 90, "left_out": 90}


def test_phrases_of_the_house_teach_every_model_are_asked_of_none_and_never_doubted():
    data = labelled.with_phrases(comments(100))
    of = training.lesson(data)
    held = training.held_out(of, training.Recipe(strength=10.0, folds=2))
    assert held.groupby("way").size().to_dict() == {"folds": 200, "left_out": 200}
    assert set(held["domain"]) == set(comments(100)["domain"])
    phrases = np.flatnonzero(of.domain == training.PHRASES)
    assert dict(zip(data["text"][phrases], data["label"][phrases], strict=True))["دیر رسید"] == "negative"
    turned = training.Lesson(
        of.counts, np.where(of.domain == training.PHRASES, 1 - of.positive, of.positive), of.domain
    )
    assert not training.doubtful(turned, np.arange(of.counts.size), training.Recipe(strength=10.0))[phrases].any()


def test_a_domain_is_judged_by_models_that_never_saw_it():
    data = comments(100)
    data.loc[data["domain"] == "books", "text"] = ["ژژ"] * 50 + ["ثث"] * 50  # nothing of the other domain's words
    held = training.held_out(training.lesson(data), training.Recipe(strength=10.0))
    strange = held[(held["way"] == "left_out") & (held["domain"] == "books")]
    assert strange["log_odds"].nunique() == 1  # it knows none of them
    known = held[(held["way"] == "folds") & (held["domain"] == "books")]
    assert ((known["log_odds"] > 0) == (known["positive"] == 1)).all()


def test_the_factor_makes_log_odds_true():
    # three of four right at log-odds ±1: true log-odds are ln 3
    held = pd.DataFrame(
        {"way": "folds", "domain": "a", "log_odds": [1.0, 1, 1, -1] * 2, "positive": [1.0] * 4 + [0] * 4}
    )
    held.loc[4:, "log_odds"] *= -1
    assert training.factor(held) == pytest.approx(np.log(3), abs=1e-3)
    # two more domains, of log-odds a fourth as large and of labels that say nothing: the median stays
    others = [held.assign(domain="b", log_odds=held["log_odds"] / 4), held.assign(domain="c", positive=[1.0, 0] * 4)]
    assert training.factor(pd.concat([held, *others])) == pytest.approx(np.log(3), abs=1e-3)


# ---- proof, by hand --------------------------------------------------------------------------------------------------


@pytest.fixture
def ten():
    """p .9 five times (four positive), .3 four times (one positive), .5 once (negative)."""
    return evidence.histogram([0.9] * 5 + [0.3] * 4 + [0.5], [1, 1, 1, 1, 0, 1, 0, 0, 0, 0], ["shop"] * 10)


def test_measures_of_ten_comments(ten):
    found = evidence.measures(ten)["value"]["shop"]
    assert found["accuracy"] == pytest.approx(0.7)  # 4 of 5, 3 of 4, and .5 counts as called positive: wrong
    # positive: 4 hits, 6 called, 5 there; negative: 3 hits, 4 called, 5 there
    assert found["macro_f1"] == pytest.approx((2 * 4 / 11 + 2 * 3 / 9) / 2)
    # |4 - 4.5| + |1 - 1.2| + |0 - 0.5| over ten
    assert found["ece"] == pytest.approx(0.12)
    assert found["ece_even"] == pytest.approx(0.12)  # five of each
    assert (found["sure_share"], found["sure_accuracy"]) == pytest.approx((0.5, 0.8))


def test_the_even_calibration_error_leaves_out_what_a_rare_class_does():
    # p .2 and .8 are true where classes are even; here one in five is positive
    p, positive = [0.8] * 4 + [0.2] + [0.8] * 4 + [0.2] * 16, [1] * 5 + [0] * 20
    found = evidence.measures(evidence.histogram(p, positive, ["a"] * 25))["value"]["a"]
    assert found["ece_even"] == pytest.approx(0)
    # said .8 eight times, true four; said .2 seventeen times, true once: (|4 - 6.4| + |1 - 3.4|) / 25
    assert found["ece"] == pytest.approx(4.8 / 25)


def test_the_mean_weighs_domains_equally_and_intervals_hold_the_value(ten):
    both = pd.concat([ten, evidence.histogram([0.99] * 90 + [0.01] * 10, [1] * 90 + [0] * 10, ["zeal"] * 100)])
    found = evidence.measures(both)
    assert found.loc[("mean", "accuracy"), "value"] == pytest.approx(0.85)
    assert found.loc[("mean", "accuracy"), "n"] == 110
    assert ((found["low"] <= found["value"] + 1e-9) & (found["value"] <= found["high"] + 1e-9)).all()
    # ten comments say little: the binomial standard error .145 either way; a binomial of 10 at .7 lies in 4 to 9
    low, high = found.loc[("shop", "accuracy"), ["low", "high"]]
    assert (low, high) == pytest.approx((0.4, 0.9), abs=0.05)


def test_what_is_not_there_is_null():
    found = evidence.measures(evidence.histogram([0.5, 0.55], [1, 1], ["a", "a"]))
    assert found.loc[("a", "sure_share"), "value"] == 0
    assert found.loc[("a", "sure_accuracy"), ["value", "low", "high"]].isna().all()


def test_the_interval_of_accuracy_covers_as_it_promises():
    rng, hits = np.random.default_rng(3), 0
    for _ in range(200):
        p = rng.uniform(size=150)
        found = evidence.measures(evidence.histogram(p, rng.uniform(size=150) < p, ["a"] * 150), draws=200)
        low, high = found.loc[("a", "accuracy"), ["low", "high"]]
        hits += low <= 0.75 <= high  # the mean of max(p, 1 - p)
    assert 0.90 <= hits / 200 <= 0.985


def test_reliability_and_coverage_of_ten_comments(ten):
    said = evidence.reliability(ten).loc["shop"]
    assert said["n"].tolist() == [4, 1, 5]
    assert said["said"].tolist() == pytest.approx([0.3, 0.5, 0.9])
    assert said["was"].tolist() == pytest.approx([0.25, 0, 0.8])
    brings = evidence.coverage(ten).loc["shop"]
    assert brings.loc[0.0, ["n", "covered", "accuracy"]].tolist() == pytest.approx([10, 1, 0.7])
    assert brings.loc[0.3, ["n", "covered", "accuracy"]].tolist() == pytest.approx([9, 0.9, 7 / 9])
    assert brings.loc[0.6, ["n", "covered", "accuracy"]].tolist() == pytest.approx([5, 0.5, 0.8])
    assert np.isnan(brings.loc[0.9, "accuracy"])


def test_the_confusion_follows_the_band(ten):
    row = evidence.confusion(ten, band=0.2).loc["shop"]
    assert (row["n_negative"], row["n_positive"]) == (5, 5)
    assert (row["negative_hit"], row["negative_false"]) == pytest.approx((3 / 5, 1 / 5))
    assert (row["positive_hit"], row["positive_false"]) == pytest.approx((4 / 5, 1 / 5))
    wide = evidence.confusion(ten, band=0.5).loc["shop"]
    assert wide["negative_hit"] == 0  # p .3 is neutral then
    p = ["negative_p_hit", "negative_p_false", "positive_p_hit", "positive_p_false"]
    assert row[p].tolist() == pytest.approx([2.7 / 5, 1.1 / 5, 3.9 / 5, 2.3 / 5])
    assert wide[p].tolist() == row[p].tolist()


def test_labels_that_the_model_finds_next_to_impossible_are_counted():
    # four negative, one of them at p .95; two positive at p .02 and .5; nobody else's domain matters
    found = evidence.doubted(evidence.histogram([0.95, 0.85, 0.1, 0.2, 0.02, 0.5], [0, 0, 0, 0, 1, 1], ["a"] * 6))
    assert found.loc[("a", "negative"), ["n", "value"]].tolist() == [4, 0.25]
    assert found.loc[("a", "positive"), ["n", "value"]].tolist() == [2, 0.5]
    low, high = found.loc[("a", "negative"), ["low", "high"]]
    assert (low, high) == pytest.approx((0.0456, 0.6994), abs=1e-3)  # Wilson of 1 in 4
    assert evidence.doubted(evidence.histogram([0.5], [1], ["a"])).loc[("a", "negative"), "value":].isna().all()


def test_a_proof_comes_back_from_the_file_as_it_went_in(folder):
    model = sentiment_model.load(folder / "new.parquet")
    found = evidence.kept(model)
    assert set(found) == {"left_out", "folds"}
    again = json.loads(evidence.written(found))
    assert again == json.loads(model.about["evidence"])
    assert found["folds"][["negative", "positive"]].to_numpy().sum() == 120


def test_a_change_is_judged_on_pairs():
    before, after = [0.9, 0.9, 0.1, 0.1], [0.9, 0.9, 0.9, 0.1]
    row = judging.changed(before, after, [1, 1, 1, 0], ["a"] * 4).loc["a"]
    assert (row["n"], row["change"]) == (4, 0.25)
    half = 1.959964 * np.sqrt((0.25 - 0.25**2) / 4)
    assert (row["low"], row["high"]) == pytest.approx((0.25 - half, 0.25 + half))


# ---- the commands ----------------------------------------------------------------------------------------------------


def test_the_page_says_every_figure_with_its_interval_in_both_languages(folder, tmp_path, capsys):
    asked = ["sentiment", "evaluate", "--data", str(folder), "--model", str(folder / "new.parquet")]
    assert cli.main([*asked, "--before", str(folder / "old.parquet"), "--out", str(tmp_path)]) == 0
    assert re.search(r"left_out books +60 +accuracy \d+\.\d \(\d+\.\d-\d+\.\d\)", capsys.readouterr().out)
    fa, en = ((tmp_path / f"evaluation.{locale}.html").read_text("utf-8") for locale in ("fa", "en"))
    assert "How rightly does the sentiment model read?" in en
    assert "مدل احساس چقدر درست می‌خواند؟" in fa
    assert all(
        heading in en
        for heading in (
            "A domain it had never seen",
            "The separate test",
            "Against the model before",
            "Which labels look wrong?",
            "When it says 70%, how often is it so?",
            "What does it bring to keep silent when in doubt?",
        )  # fmt: skip
    )
    rows = pd.DataFrame(json.loads((tmp_path / "evaluation.json").read_text("utf-8")))
    assert set(rows["way"]) == {"left_out", "folds", "test"}
    assert set(rows["model"]) == {"before", "after"}
    told = rows[rows["value"].notna()]
    assert (told["low"] <= told["value"] + 1e-9).all()
    right = told[(told["way"] == "test") & (told["domain"] == "food") & (told["measure"] == "accuracy")]
    test = labelled.read(str(folder), "test").query("domain == 'food'")
    p = sentiment_model.load(folder / "new.parquet").read(test["text"].tolist()).logit
    assert right[right["model"] == "after"]["value"].item() == pytest.approx(
        ((p > 0) == (test["label"] == "positive")).mean()
    )


def test_a_model_without_proof_is_judged_by_the_test_alone_or_refused_with_the_remedy(
    folder, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("CX_REAL_DATA", str(tmp_path / "none"))
    table = pd.read_parquet(folder / "new.parquet")
    sentiment_model.write(tmp_path / "bare.parquet", table, 0.1, {})
    assert cli.main(["sentiment", "evaluate", "--model", str(tmp_path / "bare.parquet")]) == 1
    assert "teach it anew: cx sentiment train" in capsys.readouterr().err
    assert set(judging.judge(str(tmp_path / "bare.parquet"), data=str(folder)).found) == {"test"}


def test_labelled_comments_that_cannot_teach_are_refused(tmp_path, capsys):
    assert cli.main(["sentiment", "train", "--data", str(tmp_path / "none")]) == 1
    assert "give --data a Parquet file with text, label (negative or positive)" in capsys.readouterr().err
    with pytest.raises(training.TrainingError, match="positive stands on 3"):
        training.lesson(comments().iloc[np.r_[0:3, 60:120]])
    with pytest.raises(TableError, match="no column 'label'"):
        training.lesson(comments().drop(columns="label"))
    for wrong in ({"doubt": 0.5}, {"strength": 0}, {"features": 0}, {"folds": 1}):
        with pytest.raises(training.TrainingError, match="cannot be followed"):
            training.Recipe(**wrong)


def test_neutral_and_unread_labels_are_left_out(tmp_path):
    frame = pd.concat([comments(20), pd.DataFrame({"text": ["معمولی", None], "label": ["neutral", "positive"]})])
    frame.to_parquet(tmp_path / "train.parquet")
    assert len(labelled.read(str(tmp_path))) == 40
    assert len(training.lesson(frame.assign(domain="a")).positive) == 40
