"""A company's own words: planted ones are learnt, nobody's own is kept, gains are measured before anything changes."""

import datetime as dt
import json
import shutil

import numpy as np
import pandas as pd
import pytest
from conftest import SAMPLE

from cx_helpers import certainty, cli, misread
from cx_helpers.intake import (
    sentiment,
    sentiment_adapting,
    sentiment_choice,
    sentiment_classes,
    sentiment_gain,
    sentiment_misread,
    sentiment_model,
    sentiment_own,
    sentiment_refit,
    sentiment_told,
    sentiment_versions,
    sources,
)
from cx_helpers.intake.sentiment_features import Counts
from cx_helpers.measures import sentiment as measure
from cx_helpers.settings import load_settings

YAML = "name: Shop\nprivacy: {pseudonyms: false, smallest_group: 10, redact_text: true}\n"
AT = pd.Timestamp("2025-01-01", tz="UTC")


def company(folder, comments, **tables):
    """A workspace with these tables made by hand."""
    (folder / "tables").mkdir(parents=True)
    (folder / "workspace.yaml").write_text(YAML, "utf-8")
    for name, frame in {"comments": comments, **tables}.items():
        frame.to_parquet(folder / "tables" / f"{name}.parquet", index=False, coerce_timestamps="us")
    return load_settings(folder)


def rated(n=400, seed=3, middling=0):
    """Comments of n customers, two each: «زپرتی» is this shop's word for bad, «چسبان» for good; stars say which."""
    rng = np.random.default_rng(seed)
    stars = np.r_[rng.choice([1, 2, 4, 5], 2 * n - middling), np.full(middling, 3)].astype(float)
    words = np.select([stars < 3, stars > 3], ["زپرتی", "چسبان"], "میانه")
    stars = np.where(rng.random(2 * n) < 0.04, 6 - stars, stars)  # some press the wrong star
    filler = rng.choice(["سفارش", "بسته", "رنگ", "جعبه", "مدل", "سایز"], (2 * n, 3))
    return pd.DataFrame(
        {
            "comment_id": [f"m{i:05}" for i in range(2 * n)],
            "customer_id": [f"c{i // 2:05}" for i in range(2 * n)],
            "written_at": AT + pd.to_timedelta(np.arange(2 * n), "h"),
            "text": [" ".join([*few, word, "بود"]) for few, word in zip(filler, words, strict=True)],
            "origin": "review",
            "rating": stars,
        }
    )


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    """A company, what adapting it found, and its folder: 400 customers, 100 middling comments among 800."""
    settings = company(tmp_path_factory.mktemp("shop") / "shop", rated(middling=120))
    return settings, sentiment_adapting.adapt(sentiment_own.labels(settings), 10)


# ---- labels ----------------------------------------------------------------------------------------------------------


def test_labels_by_hand(tmp_path):
    row = {"customer_id": "a", "written_at": AT, "text": "خوب", "language": None}
    comments = pd.DataFrame(
        [
            row | {"comment_id": "1", "origin": "review", "rating": 2.0},
            row | {"comment_id": "2", "origin": "review", "rating": 5.0, "customer_id": None},
            row | {"comment_id": "3", "origin": "response", "origin_id": "r6"},
            row | {"comment_id": "4", "origin": "response", "origin_id": "r7"},
            row | {"comment_id": "5", "origin": "response", "origin_id": "r4"},
            row | {"comment_id": "6", "origin": "response", "origin_id": "r4", "rating": 3.0},
            row | {"comment_id": "7", "origin": "ticket", "origin_id": "t", "customer_id": None},
            row | {"comment_id": "8", "origin": "response", "origin_id": "gone"},
            row | {"comment_id": "9", "origin": "review", "rating": 1.0, "language": "en"},
            row | {"comment_id": "10", "origin": "chat"},
        ]
    )
    answer = {"responded_at": AT, "scale_min": 0.0, "scale_max": 10.0, "instrument": "nps"}
    responses = pd.DataFrame(
        [
            answer | {"response_id": "r6", "score": 6.0},
            answer | {"response_id": "r7", "score": 7.0},
            answer | {"response_id": "r4", "score": 4.0, "scale_min": 1.0, "scale_max": 5.0, "instrument": "csat"},
        ]
    )
    tickets = pd.DataFrame([{"ticket_id": "t", "opened_at": AT, "csat": 1.0}])
    found = sentiment_own.labels(company(tmp_path / "x", comments, responses=responses, tickets=tickets))
    said = found.set_index("comment_id")[["label", "of"]].apply(tuple, axis=1).to_dict()
    assert said == {
        "1": ("negative", "rating"), "2": ("positive", "rating"),
        "3": ("negative", "response"), "4": ("neutral", "response"), "5": ("positive", "response"),
        "6": ("neutral", "rating"), "7": ("negative", "ticket"),
    }  # fmt: skip
    who = found.set_index("comment_id")["customer"]
    assert who["1"] == who["3"] == who["4"]
    assert len({who["1"], who["2"], who["7"]}) == 3, "two comments of nobody known are not one customer's"


def test_without_any_label_it_says_what_to_map(tmp_path):
    settings = company(tmp_path / "x", rated(5).drop(columns="rating"))
    with pytest.raises(sentiment_own.OwnLabelsError, match=r"none of the 10 Persian comments.*comments.rating"):
        sentiment_own.labels(settings)


def test_too_few_labels_say_how_many_are_needed(tmp_path):
    labels = sentiment_own.labels(company(tmp_path / "x", rated(40)))
    with pytest.raises(
        sentiment_own.OwnLabelsError, match="at least 100 negative and as many positive ones, by 10 cust"
    ):
        sentiment_adapting.adapt(labels, 10)
    happy = labels[labels["label"] == "positive"]
    with pytest.raises(sentiment_own.OwnLabelsError, match="0 negative ones by 0 customers"):
        sentiment_adapting.adapt(happy, 10)
    with pytest.raises(sentiment_own.OwnLabelsError, match="by 1 customer; .*by 5 customers each"):
        sentiment_adapting.adapt(labels.assign(customer=0), 1)  # and a company that shows the smallest groups


# ---- learning --------------------------------------------------------------------------------------------------------


def test_words_of_the_company_are_learnt_and_the_gain_is_measured_on_others(taught):
    _, found = taught
    words = found.refit.table.query("kind == 'word'").set_index("feature")["weight"]
    assert words["زپرتی"] < -1 < 1 < words["چسبان"]
    row = found.gain.loc[("customers", "macro_f1")]
    assert row["after"] > 0.9 > 0.8 > row["before"]
    assert 0 < row["low"] < row["gain"] < row["high"]
    assert (found.gain["gain"] == found.gain["after"] - found.gain["before"]).all()
    assert found.sure
    assert found.half is not None
    assert found.classes.loc["neutral", "low"] > 0.5, "«میانه» is told from both sides"


def test_the_latest_labels_count_where_there_are_very_many(taught, monkeypatch):
    labels = sentiment_own.labels(taught[0])
    monkeypatch.setattr(sentiment_adapting, "MOST", 500)
    monkeypatch.setattr(sentiment_adapting, "ONE_SPLIT", 400)
    found = sentiment_adapting.adapt(labels, 10)
    assert found.labels.to_numpy().sum() == 500
    assert 60 < found.gain.loc[("customers", "accuracy"), "n"] < 140, "a fifth is held out, once"


def test_labels_by_chance_bring_nothing_and_are_not_accepted(tmp_path):
    frame = rated(300)
    frame["rating"] = np.random.default_rng(5).permutation(frame["rating"])
    settings = company(tmp_path / "x", frame)
    found = sentiment_adapting.adapt(sentiment_own.labels(settings), 10)
    assert not found.sure
    assert sentiment_told.verdict(found).startswith("not to be accepted")
    with pytest.raises(sentiment_own.OwnLabelsError, match="not better beyond chance"):
        sentiment_versions.accept(settings, found, dt.date(2026, 1, 1))
    assert sentiment_choice.kept(settings.folder) == []


def test_a_word_of_too_few_customers_moves_nothing():
    """Nine customers write «زپرتی» forty times: it neither comes in nor moves; with a tenth it does."""
    for people, comes_in in ((9, False), (10, True)):
        texts = ["زپرتی بود افتضاح"] * 40 + ["سفارش عالی"] * 40
        customer = np.r_[np.arange(40) % people, 100 + np.arange(40)]
        prior, start = sentiment_model.table()
        counts = Counts(texts)
        positive = np.r_[np.zeros(40), np.ones(40)]
        made = sentiment_refit.refit(prior, start, counts, np.arange(80), positive, customer, 10)
        weight = made.table.set_index(["kind", "feature"])["weight"]
        assert (("word", "زپرتی") in weight.index) == comes_in
        old = prior.set_index(["kind", "feature"])["weight"]
        ratio = weight[("word", "کتاب")] / old[("word", "کتاب")]  # stands nowhere: it goes with the slope alone
        assert (weight[("word", "افتضاح")] == pytest.approx(ratio * old[("word", "افتضاح")])) != comes_in


def test_a_price_holds_the_weights_where_they_were():
    prior, start = sentiment_model.table()
    counts = Counts(["عالی بود", "افتضاح بود"] * 5)
    given = (prior, start, counts, np.arange(10), np.array([0.0, 1.0] * 5), np.arange(10), 1)
    far, near = (np.abs(sentiment_refit.refit(*given, price).table["weight"] - prior["weight"]) for price in (0.1, 1e9))
    free = sentiment_refit.vocabulary(prior, counts, np.arange(10), np.arange(10), 1)["free"]
    assert far[free].max() > 0.1
    slope = (near / prior["weight"].abs())[prior["weight"].abs() > 0.1]
    assert slope.max() - slope.min() < 1e-6, "but for the slope that all share"


def test_what_is_fitted_is_least_and_what_is_read(tmp_path):
    """Newton's answer against a general minimiser, and the file against the fit."""
    from scipy.optimize import minimize
    from scipy.sparse import csr_matrix

    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(60, 4)), rng.choice([0.0, 0.5, 1.0], 60)
    before, cost = rng.normal(size=60), np.array([1.0, 2.0, 3.0, 0.1])

    def lost(w):
        odds = before + x @ w
        return (np.logaddexp(0, odds) - y * odds).sum() + (cost * w**2).sum() / 2

    want = minimize(lost, np.zeros(4), tol=1e-12).x
    np.testing.assert_allclose(sentiment_refit._moves(csr_matrix(x), y, before, cost), want, atol=2e-3)
    prior, start = sentiment_model.table()
    texts = rated(60)["text"].tolist()
    counts = Counts(texts)
    made = sentiment_refit.refit(prior, start, counts, np.arange(120), np.tile([0.0, 1.0], 60), np.arange(120), 10)
    sentiment_model.write(tmp_path / "own-1.parquet", made.table, made.intercept, {"name": "own-1"})
    read = sentiment_model.load(tmp_path / "own-1.parquet").read(texts).logit
    np.testing.assert_allclose(read, made.log_odds(counts, np.arange(120)), atol=0.05)


# ---- gain, classes, misreading: by hand ------------------------------------------------------------------------------


def test_gain_by_hand():
    side = np.array([-1, -1, 1, 1])
    before, after = np.array([-1, 1, 1, -1]), np.array([-1, -1, 1, -1])
    found = sentiment_gain.gain(side, before, after, np.arange(4))
    assert found.loc["accuracy", ["before", "after", "gain"]].tolist() == [0.5, 0.75, 0.25]
    assert found.loc["macro_f1", "after"] == pytest.approx((4 / 5 + 2 / 3) / 2)
    again = sentiment_gain.gain(side, after, after, np.arange(4))
    assert again.loc["macro_f1", ["gain", "low", "high"]].tolist() == [0, 0, 0]


def test_a_customer_with_many_comments_is_one_voice():
    rng = np.random.default_rng(0)
    side, after = rng.choice([-1, 1], (2, 300))
    after[:150] = side[:150]  # the first five of ten customers gain, the others do not
    width = {}
    for customer in (np.repeat(np.arange(10), 30), np.arange(300)):
        found = sentiment_gain.gain(side, -side, after, customer).loc["accuracy"]
        assert found["customers"] == len(set(customer))
        width[len(set(customer))] = found["high"] - found["low"]
    assert width[10] > 1.5 * width[300]


def test_three_classes_add_up_and_lie_in_order():
    negative, neutral, positive = sentiment_classes.chances(np.linspace(-5, 5, 11), 1.0)
    np.testing.assert_allclose(negative + neutral + positive, 1)
    assert (np.diff(positive) > 0).all()
    assert (np.diff(negative) < 0).all()
    assert neutral.argmax() == 5
    assert sentiment_classes.likeliest(np.array([-3.0, 0.0, 3.0]), 1.5).tolist() == [-1, 0, 1]


def test_calibration_finds_what_was_planted():
    rng = np.random.default_rng(4)
    odds = rng.normal(0, 2, 20_000)
    negative, neutral, _ = sentiment_classes.chances(0.5 * odds + 0.3, 0.8)
    u = rng.random(20_000)
    label = np.select([u < negative, u < negative + neutral], [-1, 0], 1)
    assert sentiment_classes.calibrated(odds, label) == pytest.approx((0.5, 0.3, 0.8), abs=0.05)


def test_rates_of_ones_own_by_hand():
    """Two sources: all rates are the company's; what is not known is the share that comes from elsewhere."""
    frame = pd.DataFrame(
        {
            "n_negative": [100, 100], "n_not_negative": [100, 300], "negative_hit": [0.9, 0.7],
            "negative_false": [0.1, 0.3], "unseen": 0.2, "negative_elsewhere": 0.3, "negative_df": 6,
        },
        index=["review", "ticket"],
    )  # fmt: skip
    of = misread.rates(frame, "negative")
    assert (of.hit, of.false, of.unseen) == pytest.approx((0.8, 0.25, 0.2))
    assert of.spread == pytest.approx((0.8 * 0.2 / 200, 0.25 * 0.75 / 400))
    one = misread.rates(frame.iloc[:1], "negative")
    assert (one.error, one.df) == (0.3, 6)
    row = {"n": 1000, "negative_share": 0.5, "low": 0.47, "high": 0.53, "se": 0.0158}
    found = misread.corrected(pd.DataFrame([row]), "negative_share", of).iloc[0]
    share = (0.5 - 0.25) / 0.55
    unknown = (share**2 * of.spread[0] + (1 - share) ** 2 * of.spread[1]) * (certainty.Z95 / 0.55) ** 2
    unknown += (0.2 * of.error * certainty.t_quantile(2)) ** 2
    assert found["high"] == pytest.approx(share + np.sqrt((0.03 / 0.55) ** 2 + unknown))


def test_a_true_share_is_found_with_a_narrow_interval(taught):
    """How many are negative by their stars is known: it is found, by the company's own rates, and nearly exactly."""
    settings, found = taught
    folder = settings.folder.parent / "again"
    shutil.copytree(settings.folder, folder)
    settings = load_settings(folder)
    sentiment_versions.use(settings, sentiment_versions.accept(settings, found, dt.date(2026, 1, 1)))
    from cx_helpers import whereabouts

    comments = whereabouts.read(settings, "comments")
    model = sentiment_versions.chosen(folder)
    read = sentiment.scored(comments, model)
    own = measure.negative_share(read, errors=sentiment.errors(read, model)).loc["all"]
    strange = measure.negative_share(read, errors=sentiment.errors(read)).loc["all"]
    true = (comments.rating.execute() < 3).mean()
    assert own["low"] < true < own["high"]
    assert own["high"] - own["low"] < 0.15 < 0.4 < strange["high"] - strange["low"]


# ---- versions --------------------------------------------------------------------------------------------------------


def test_versions_are_kept_chosen_and_gone_back_from(tmp_path, taught, capsys):
    found = taught[1]
    frame = rated(30)
    settings = company(tmp_path / "x", sentiment.score_comments(frame).assign(mine=1))
    folder, path = settings.folder, tmp_path / "x" / "tables" / "comments.parquet"
    before = pd.read_parquet(path)
    names = [sentiment_versions.accept(settings, found, dt.date(2026, 1, day)) for day in (1, 2)]
    assert names == ["own-1", "own-2"] == sentiment_choice.kept(folder)
    assert sentiment_choice.choice(folder) == {"model": "shipped", "tables": "shipped"}, "kept is not yet chosen"
    assert cli.main(["sentiment", "use", "own-2", "-w", str(folder)]) == 0
    assert "60 comments in tables/comments.parquet were read with it" in capsys.readouterr().out
    assert sentiment_choice.choice(folder) == {"model": "own-2", "tables": "own-2"}
    after = pd.read_parquet(path)
    assert after["p_neutral"].notna().all()
    assert (np.sign(after["sentiment"]) == np.sign(after["rating"] - 3)).mean() > 0.9
    kept = [c for c in before.columns if c not in sentiment.DERIVED]
    pd.testing.assert_frame_equal(before[kept], after[kept])
    assert sentiment_versions.card(folder)["en"] == "own-2 (the company’s own)"
    assert cli.main(["sentiment", "use", "-w", str(folder)]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line[:7] for line in listed[:3]] == ["  shipp", "  own-1", "* own-2"]
    assert cli.main(["sentiment", "use", "shipped", "-w", str(folder)]) == 0
    pd.testing.assert_frame_equal(pd.read_parquet(path), before)
    assert cli.main(["sentiment", "use", "own-3", "-w", str(folder)]) == 1
    assert "there are shipped, own-1, own-2" in capsys.readouterr().err


def test_feelings_of_somebody_else_stay(tmp_path, taught):
    frame = rated(10).assign(sentiment=0.5)
    settings = company(tmp_path / "x", frame)
    sentiment_versions.use(settings, sentiment_versions.accept(settings, taught[1], dt.date(2026, 1, 1)))
    pd.testing.assert_series_equal(
        pd.read_parquet(tmp_path / "x/tables/comments.parquet")["sentiment"], frame["sentiment"]
    )


def test_ingest_reads_with_the_version_at_once_and_twice_changes_nothing(tmp_path, taught):
    folder = tmp_path / "x"
    (folder / "sources").mkdir(parents=True)
    rated(30).to_csv(folder / "sources" / "c.csv", index=False)
    columns = {c: c for c in ("comment_id", "customer_id", "written_at", "text", "origin", "rating")}
    source = {"system": "table", "name": "c", "path": "sources/c.csv", "table": "comments", "columns": columns}
    (folder / "workspace.yaml").write_text(YAML + f"sources: {json.dumps([source])}\n", "utf-8")
    sources.load(folder)
    settings, path = load_settings(folder), folder / "tables" / "comments.parquet"
    first = path.read_bytes()
    said = sentiment_versions.use(settings, sentiment_versions.accept(settings, taught[1], dt.date(2026, 1, 1)))
    assert said == "own-1 reads from now on; cx ingest has read 60 comments with it"
    assert pd.read_parquet(path)["p_neutral"].notna().all()
    assert not sources.load(folder).changed
    sentiment_versions.use(settings, "shipped")
    assert path.read_bytes() == first
    sentiment_choice.note(folder, "own-1", "shipped")  # as a kill between the two would leave it
    sources.load(folder)
    assert sentiment_choice.choice(folder) == {"model": "own-1", "tables": "own-1"}
    (folder / "state" / "sentiment" / "chosen.json").write_text("{", "utf-8")
    with pytest.raises(sentiment_choice.VersionError, match="cx sentiment use shipped"):
        sentiment_choice.choice(folder)
    sentiment_versions.use(settings, "shipped")
    assert path.read_bytes() == first


def test_nothing_of_anybody_is_in_a_version(tmp_path, taught):
    """No customer, comment or text; a word that one customer alone wrote is not there: nothing is left to forget."""
    frame = rated(300)
    frame.loc[:9, "text"] += " قلمبه‌سلمبه"
    frame.loc[:9, "customer_id"] = "c00000"
    settings = company(tmp_path / "x", frame)
    sentiment_versions.accept(
        settings, sentiment_adapting.adapt(sentiment_own.labels(settings), 1), dt.date(2026, 1, 1)
    )  # 1: a company that shows the smallest groups
    path = settings.folder / "state" / "sentiment" / "own-1.parquet"
    features = pd.read_parquet(path)["feature"]
    assert features.str.contains("زپرتی").any()
    assert not features.str.contains("قلمبه|سلمبه").any()
    said = json.dumps(sentiment_model.load(path).about)
    assert "c000" not in said
    assert "m000" not in said
    held = path.read_bytes()
    assert cli.main(["forget", "c00000", "-w", str(settings.folder), "--out", str(tmp_path)]) == 0
    assert path.read_bytes() == held
    assert "c00000" not in set(pd.read_parquet(settings.folder / "tables" / "comments.parquet")["customer_id"])


def test_the_command_shows_first_and_changes_only_when_told(tmp_path, capsys):
    folder = company(tmp_path / "x", sentiment.score_comments(rated(150))).folder
    asked = ["sentiment", "adapt", "-w", str(folder)]
    assert cli.main(asked) == 0
    said = capsys.readouterr().out
    assert "customers held out macro-F1  shipped" in said
    assert said.strip().endswith("cx sentiment adapt --accept lets it read")
    assert not (folder / "state" / "sentiment").exists()
    assert cli.main([*asked, "--accept"]) == 0
    assert "own-1 reads from now on; 300 comments" in capsys.readouterr().out
    assert cli.main(["sentiment", "evaluate", "--model", str(folder / "state/sentiment/own-1.parquet"),
                     "--data", "", "--out", str(tmp_path / "page")]) == 0  # fmt: skip


def test_the_sample_reads_itself_better_and_surer():
    found = sentiment_adapting.adapt(sentiment_own.labels(load_settings(SAMPLE)), 10)
    assert found.sure
    assert found.gain.loc[("later", "macro_f1"), "low"] > 0.07
    assert found.classes.loc["neutral", "low"] > 0.45
    confusion = sentiment_misread.confusion(found.proof, found.unseen, sentiment.errors_elsewhere(0.2), 0.2)
    assert set(confusion.index) == {"response", "review", "ticket"}
