"""What dropouts do next: by hand, planted turns to another channel, nothing where there is nothing."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from cx_helpers import readings
from cx_helpers.measures import dropouts

DAY0 = dt.datetime(2025, 8, 1)


def log(journeys, end=30):
    """journeys: (customer, [(day, touchpoint, outcome, channel)]); a last event closes the log on day `end`."""
    rows = [(c, DAY0 + dt.timedelta(days=d), *rest) for c, steps in journeys for d, *rest in steps]
    rows.append(("zz", DAY0 + dt.timedelta(days=end), "home", None, "web"))
    frame = pd.DataFrame(rows, columns="customer_id occurred_at touchpoint outcome channel".split())
    return frame.assign(event_id=[f"e{i:05}" for i in range(len(frame))])


HAND = [
    ("a", [(0, "pay", "failure", "app"), (0.5, "call", None, "phone")]),
    ("b", [(0, "pay", "abandoned", "app"), (9, "call", None, "phone")]),  # after more than a week: gone
    ("c", [(0, "pay", "failure", "app"), (1, "pay", "success", "app")]),
    ("d", [(0, "pay", "success", "app"), (2, "home", None, "app")]),
    ("e", [(27, "pay", "failure", "app")]),  # its week is not over when the log ends
]


def test_the_next_step_of_a_handful_of_dropouts(lay):
    found = dropouts.dropouts(lay(log(HAND), "touchpoints"), smallest=1)
    assert found["n"].to_dict() == {("pay", "(gone)"): 1, ("pay", "call"): 1, ("pay", "pay"): 1}
    assert found["share"].tolist() == [1 / 3] * 3
    # two visits succeeded: c went nowhere, d went home
    assert found["usual"].to_dict() == {("pay", "(gone)"): 0.5, ("pay", "call"): 0, ("pay", "pay"): 0}
    assert found.loc[("pay", "call"), "median_s"] == 43_200
    shuffled = log(HAND).sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(found, dropouts.dropouts(lay(shuffled, "touchpoints"), smallest=1))


def test_the_test_is_fishers_and_counts_customers():
    # the lady tasting tea: 3 of 4 against 1 of 4, tail 17/70; and where nothing was drawn there is nothing to tell
    assert dropouts._fisher([3.0, 1.0, 0.0], [4, 4, 9], [1.0, 3.0, 0.0], [4, 4, 9]).tolist() == pytest.approx(
        [34 / 70, 34 / 70, 1.0]
    )


def test_the_test_is_fishers_in_large_tables_too():
    from scipy.stats import hypergeom

    rng = np.random.default_rng(5)
    n1, n0 = rng.integers(1, 3000, 300), rng.integers(1, 30_000, 300)
    x1, x0 = (rng.binomial(n, rng.random(300) * 0.1) for n in (n1, n0))
    chance = hypergeom(n1 + n0, x1 + x0, n1)
    want = np.minimum(1, 2 * np.minimum(chance.cdf(x1), chance.sf(x1 - 1)))
    assert dropouts._fisher(x1, n1, x0, n0) == pytest.approx(want, rel=1e-9, abs=1e-290)


def test_few_dropouts_are_shown_but_not_compared(lay):
    found = dropouts.dropouts(lay(log(HAND), "touchpoints"))
    assert found["p_value"].isna().all()
    assert readings.dropouts.findings(found) == ([], 0)


def test_a_log_without_outcomes_or_rows_has_none(lay):
    frame = log(HAND)
    assert dropouts.dropouts(lay(frame.assign(outcome=None), "touchpoints")).empty
    assert dropouts.dropouts(lay(frame.head(0), "touchpoints"), by="channel").empty


def shop(seed, turn):
    """1,200 payments in the app, a sixth fail; after a failure a share `turn` calls, otherwise one in twenty does."""
    rng = np.random.default_rng(seed)
    journeys = []
    for c in range(1200):
        bad = rng.random() < 1 / 6
        steps = [(int(rng.integers(15)), "pay", "failure" if bad else "success", "app")]
        if rng.random() < (turn if bad else 0.05):
            steps.append((steps[0][0] + 0.4, "call", "success", "phone"))
        journeys.append((f"c{c}", steps))
    return log(journeys)


def test_a_planted_turn_to_the_phone_is_found(lay):
    laid = lay(shop(1, 0.3), "touchpoints")
    found, looks = readings.dropouts.findings(
        dropouts.dropouts(laid, by="channel", of="channel", within="1d"), "channel"
    )
    assert looks >= 2
    best = found[0]
    assert best.subject == {"channel": "app", "touchpoint": "pay", "next_channel": "phone"}
    assert best.severity == "high"
    assert best.low < best.value < best.high
    assert "turn to the channel “phone”" in best.text["en"]
    steps, _ = readings.dropouts.findings(dropouts.dropouts(laid))
    assert steps[0].subject["next"] == "call"


def test_where_there_is_nothing_to_find_nothing_is_found(lay):
    loud = 0
    for seed in range(2, 14):
        found, _ = readings.dropouts.findings(dropouts.dropouts(lay(shop(seed, 0.05), "touchpoints")))
        loud += any(f.severity == "high" for f in found)
    assert loud <= 1


def test_channels_are_switched_as_counted(lay):
    found = dropouts.switches(lay(log(HAND), "touchpoints"))
    assert found["n"].to_dict() == {("app", "app"): 2, ("app", "phone"): 2}
    assert found["share"].tolist() == [0.5, 0.5]
    assert found.loc[("app", "app"), "median_s"] == 1.5 * 86_400
