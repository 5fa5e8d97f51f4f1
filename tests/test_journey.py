"""Transitions, paths, touchpoints and ties: worked by hand, the same in any order of rows and on both engines."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cx_helpers import engine, readings
from cx_helpers.measures import journey, touchpoints
from cx_helpers.tables import TableError

START, END = journey.START, journey.END


def log(*rows, channel="web", outcome=None):
    """Rows "customer session touchpoint minute [outcome] [channel]" as a touchpoints table."""
    frame = pd.DataFrame([(r.split() + [outcome, channel][len(r.split()) - 4 :])[:6] for r in rows])
    frame.columns = ["customer_id", "session_id", "touchpoint", "minute", "outcome", "channel"]
    frame["event_id"] = [f"e{i:03}" for i in range(len(frame))]
    frame["occurred_at"] = pd.Timestamp("2025-08-23 08:00") + pd.to_timedelta(frame.pop("minute").astype(float), "min")
    frame["duration_s"] = 10.0 * np.arange(1, len(frame) + 1)
    return frame.replace({"-": None})


SMALL = log(
    "a s1 home 0", "a s1 cart 2", "a s1 pay 5", "a s2 home 500",
    "b s3 home 0", "b s3 cart 4", "b s3 cart 5",
    "c s4 home 0", "c s4 pay 10",
)  # fmt: skip


def test_transitions_are_counted_with_their_start_and_end(lay):
    found = journey.transitions(lay(SMALL, "touchpoints"))
    assert found["n"].to_dict() == {
        (START, "home"): 4,
        ("home", "cart"): 2,
        ("pay", END): 2,
        ("cart", "cart"): 1,
        ("cart", "pay"): 1,
        ("cart", END): 1,
        ("home", END): 1,
        ("home", "pay"): 1,
    }
    step = found.loc[("home", "cart")]
    # four departures from home by three customers: the share is 2/4, its interval that of three customers
    assert (step["customers"], step["customer_share"], step["share"]) == (2, pytest.approx(2 / 3), 0.5)
    assert (step["low"], step["high"]) == pytest.approx((0.1253, 0.8747), abs=1e-4)
    # a takes 120 s and b 240 s: median 180, and the 95th percentile lies 0.95 of the way between
    assert (step["median_s"], step["p95_s"]) == pytest.approx((180, 234))
    assert found.loc[(START, "home"), ["median_s", "p95_s"]].isna().all()
    assert found.loc[("home", END), "customers"] == 1


def test_shares_of_what_leaves_a_node_add_up_to_one_in_every_group(lay):
    frame = pd.concat([SMALL, SMALL.assign(customer_id="x" + SMALL["customer_id"], channel=None)], ignore_index=True)
    frame["event_id"] = [f"e{i:03}" for i in range(len(frame))]
    found = journey.transitions(lay(frame, "touchpoints"), by="channel").reset_index()
    total = found.groupby(["channel", "from"], dropna=False)["share"].sum()
    assert total.to_numpy() == pytest.approx(1)
    assert found["channel"].isna().sum() == 8
    assert (found.query("channel == 'web'")["customer_share"] <= 1).all()


def test_a_whole_history_and_a_pause_split_journeys_otherwise(lay):
    whole = journey.transitions(lay(SMALL, "touchpoints"), journey="customer")
    assert whole.loc[("pay", "home"), "n"] == 1
    assert whole.loc[(START, "home"), "n"] == 3
    assert whole.loc[("pay", "home"), "median_s"] == 495 * 60
    pause = journey.transitions(lay(SMALL, "touchpoints"), journey="3min")
    assert ("home", "cart") in pause.index
    assert pause.loc[("home", END), "n"] == 3  # b and c leave home for more than three minutes, and a's second visit


def test_where_sessions_are_unknown_a_pause_of_half_an_hour_decides(lay):
    unknown = lay(SMALL.assign(session_id=None), "touchpoints")
    known = journey.transitions(lay(SMALL, "touchpoints"))
    pd.testing.assert_frame_equal(known, journey.transitions(unknown))
    bare = lay(SMALL.drop(columns="session_id"), "touchpoints")
    pd.testing.assert_frame_equal(known, journey.transitions(bare))


def test_small_transitions_keep_their_count_only(lay):
    found = journey.transitions(lay(SMALL, "touchpoints"), smallest=2)
    assert found.loc[("cart", "pay"), "n"] == 1
    assert np.isnan(found.loc[("cart", "pay"), "share"])


def test_two_segments_part_ways_where_it_was_planted(lay):
    rows = []
    for i in range(400):
        channel = "app" if i % 2 else "web"
        rows += [f"c{i} s{i} home 0 - {channel}", f"c{i} s{i} cart 1 - {channel}"]
        if i % 4 or channel == "web":
            rows.append(f"c{i} s{i} pay 2 - {channel}")
        if channel == "app" and i % 8 == 1:
            rows.append(f"c{i} s{i} help 3 - {channel}")
    steps = journey.transitions(lay(log(*rows), "touchpoints"), by="channel")
    gap = journey.difference(steps, "app", "web")
    # a quarter of the app's 200 customers asks for help after paying; on the web nobody does
    row = gap.loc[("pay", "help")]
    assert row["change"] == pytest.approx(0.25)
    assert row["p_adjusted"] < 0.001
    assert gap.loc[("home", "cart"), "change"] == 0
    with pytest.raises(TableError, match="no segment 'phone' among"):
        journey.difference(steps, "app", "phone")


def test_paths_are_counted_and_covered(lay):
    found = journey.variants(lay(SMALL, "touchpoints"), top=2)
    assert found["path"].tolist() == ["home", "home → cart → cart"]  # all four are equal: the first by name
    assert found["share"].tolist() == [0.25, 0.25]
    assert found["cumulative"].iloc[-1] == 0.5
    assert found["customer_share"].iloc[0] == pytest.approx(1 / 3)
    assert journey.variants(lay(SMALL.head(0), "touchpoints")).empty


def test_a_very_long_path_is_cut_and_says_so(lay):
    rows = [f"a s1 t{i % 70} {i}" for i in range(50)] + [f"b s2 t{i % 70} {i}" for i in range(40)]
    found = journey.variants(lay(log(*rows), "touchpoints"))
    assert found["steps"].tolist() == [40, 50]  # the same beginning, told apart by length
    assert found["path"].str.endswith("→ …").all()
    assert found["path"].iloc[0].startswith("t0 → t1 → t2")


@given(seed=st.integers(0, 10**6))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_rows_never_matters(lay, seed):
    rng = np.random.default_rng(seed)
    n = 60
    frame = log(
        *[f"c{rng.integers(6)} s{rng.integers(3)} {rng.choice(list('xyz'))} {rng.integers(12)}" for _ in range(n)]
    )
    shuffled = frame.sample(frac=1, random_state=seed)
    one, two = lay(frame, "touchpoints"), lay(shuffled, "touchpoints")
    for measure in (journey.transitions, journey.variants, journey.ties, touchpoints.visits):
        pd.testing.assert_frame_equal(measure(one), measure(two))
    # every path, spelled out by pandas
    byhand = frame.sort_values(["customer_id", "occurred_at", "event_id"])
    new = (byhand[["customer_id", "session_id"]] != byhand[["customer_id", "session_id"]].shift()).any(axis=1).cumsum()
    paths = byhand.groupby(new)["touchpoint"].agg(" → ".join).value_counts()
    assert journey.variants(one, top=1000).set_index("path")["n"].sort_index().to_dict() == paths.sort_index().to_dict()


def test_a_file_known_to_lie_sorted_gives_the_same_by_its_short_way(lay, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(7)
    rows = [
        f"c{rng.integers(40)} {rng.choice(['s1', 's2', '-'])} {rng.choice(list('wxyz'))} {rng.integers(90)}"
        for _ in range(900)
    ]
    frame = log(*rows).sort_values(["customer_id", "occurred_at", "event_id"], ignore_index=True)
    table = pa.Table.from_pandas(frame, preserve_index=False)
    table = table.replace_schema_metadata({"cx.sorted_by": "customer_id, occurred_at, event_id"})
    pq.write_table(table, tmp_path / "touchpoints.parquet", coerce_timestamps="us")
    short = engine.read(engine.connect(), "touchpoints", tmp_path / "touchpoints.parquet")
    long = lay(frame, "touchpoints")
    assert engine.keeps_order(short)
    assert not engine.keeps_order(long)
    for way in ("session", "customer", "10min"):
        pd.testing.assert_frame_equal(journey.transitions(short, journey=way), journey.transitions(long, journey=way))
        pd.testing.assert_frame_equal(journey.variants(short, journey=way), journey.variants(long, journey=way))


def test_ties_are_events_of_one_customer_at_one_time(lay):
    row = journey.ties(lay(log("a s x 0", "a s y 0", "a s z 1", "b s x 0"), "touchpoints")).loc["all"]
    assert (row["n"], row["customers"], row["tied"], row["share"]) == (4, 2, 2, 0.5)
    empty = journey.ties(lay(SMALL.head(0), "touchpoints")).loc["all"]
    assert empty["n"] == 0
    assert np.isnan(empty["share"])


WITH_OUTCOMES = log(
    "a s1 pay 0 failure", "a s1 pay 1 success", "b s2 pay 0 success", "c s3 pay 0 abandoned", "d s4 pay 0 success",
    "d s4 ad 1 -",
)  # fmt: skip


def test_a_touchpoint_fails_among_the_visits_whose_outcome_is_known(lay):
    found = touchpoints.visits(lay(WITH_OUTCOMES, "touchpoints"))
    pay = found.loc["pay"]
    assert (pay["n"], pay["customers"]) == (5, 4)
    assert (pay["failure"], pay["abandonment"]) == (0.2, 0.2)
    assert pay["failure_low"] < 0.2 < pay["failure_high"]
    assert (pay["median_s"], pay["p95_s"]) == pytest.approx((30, 48))  # 10, 20, 30, 40, 50
    assert found.loc["ad", ["failure", "abandonment"]].isna().all()


def test_where_success_is_never_said_a_null_is_one(lay):
    silent = WITH_OUTCOMES.assign(outcome=WITH_OUTCOMES["outcome"].replace({"success": None}))
    assert touchpoints.visits(lay(silent, "touchpoints")).loc["pay", "failure"] == 0.2
    nothing = touchpoints.visits(lay(WITH_OUTCOMES.assign(outcome=None), "touchpoints"))
    assert nothing["failure"].isna().all()


def test_what_customers_say_counts_for_what_they_name_or_had_just_met(lay):
    comments = pd.DataFrame(
        {
            "comment_id": ["k1", "k2", "k3"],
            "customer_id": ["a", "d", "b"],
            "written_at": pd.to_datetime(["2025-08-24", "2025-08-24", "2025-09-24"]),
            "touchpoint": ["pay", None, None],  # d had met the ad last; b wrote a month later: for nothing
            "sentiment": [-0.5, 0.8, 0.9],
            "text": "…",
        }
    )
    responses = pd.DataFrame(
        {
            "response_id": ["r1", "r2"],
            "customer_id": ["a", "b"],
            "responded_at": pd.to_datetime(["2025-08-24", "2025-08-24"]),
            "instrument": ["csat", "nps"],
            "touchpoint": ["pay", None],
            "score": [5.0, 0.0],
            "scale_min": [1.0, 0.0],
            "scale_max": [5.0, 10.0],
        }
    )
    found = touchpoints.visits(
        lay(WITH_OUTCOMES, "touchpoints"), comments=lay(comments, "comments"), responses=lay(responses)
    )
    assert found["sentiment"].to_dict() == {"pay": -0.5, "ad": 0.8}
    assert found["sentiment_n"].to_dict() == {"pay": 1, "ad": 1}
    assert (found.loc["pay", "score_n"], found.loc["pay", "score"]) == (2, 0.0)  # 1 and -1
    assert found.loc["ad", "score_n"] == 0


def test_what_is_missing_or_odd_is_refused_with_a_remedy(lay):
    with pytest.raises(TableError, match="did you mean 'touchpoints'"):
        journey.transitions(lay(SMALL.rename(columns={"touchpoint": "touchpoints"})))
    with pytest.raises(TableError, match="30min, 12h or 7d"):
        journey.transitions(lay(SMALL, "touchpoints"), journey="weekly-ish")


def test_the_sentence_is_made_from_the_numbers(lay):
    t = lay(SMALL, "touchpoints")
    said = readings.journey.sentence(touchpoints.visits(t), journey.variants(t), journey.ties(t))
    assert "3 customers met 3 touchpoints 9 times" in said["en"]
    assert "۱۰۰" in said["fa"]
