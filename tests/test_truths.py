"""Published answers that a correct implementation must hit; data from CX_REAL_DATA, or from statsmodels."""

import pandas as pd
import pytest

from cx_helpers.dates import Period
from cx_helpers.measures import cohort


@pytest.fixture(scope="session")
def truth(real):
    """The folder of small sets with published answers."""
    folder = real / "truth"
    if not folder.is_dir():
        pytest.skip("no truth/ in the real data")
    return folder


def test_cdnow_cohorts(truth, lay):
    # Fader and Hardie's purchase log of an online CD shop: 23,570 customers who first bought in January-March 1997
    log = pd.read_csv(
        truth / "cdnow" / "CDNOW_master.txt.gz",
        sep=r"\s+",
        skiprows=1,
        names=["customer_id", "day", "quantity", "amount"],
        dtype={"customer_id": str, "day": str},
    )
    log["ordered_at"] = pd.to_datetime(log["day"], format="%Y%m%d", utc=True)
    log["order_id"] = [f"{i:06}" for i in range(len(log))]
    orders = lay(log.drop(columns="day"), "orders")
    months = cohort.months(orders, Period.parse("1998-06", timezone="UTC"))
    found = cohort.retention(orders, months)
    assert len(log) == 69_659
    assert cohort.coverage(orders, months)["customers"] == 23_570
    buyers = cohort.matrix(found, "customers").iloc[:3, :7].astype(int)
    assert [p.name for p in buyers.index] == ["1997-01", "1997-02", "1997-03"]
    assert buyers.to_numpy().tolist() == [
        [7846, 1157, 964, 810, 679, 736, 720],
        [8476, 1312, 980, 783, 847, 786, 626],
        [7248, 1032, 752, 756, 674, 564, 561],
    ]
    assert round(found["money"].sum(), 2) == 2_500_315.63
