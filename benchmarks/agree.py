"""Do others reckon the same?  This house's models beside lifelines, lifetimes, statsmodels and published formulae.

    .venv/bin/python -m benchmarks.agree

One line a number: ours, theirs, how far they lie apart (in parts of theirs), and how far they may.  It ends with 1
where one is further apart than that.  lifelines and lifetimes live in benchmarks/.envs/agree (made here on first use);
statsmodels is this house's own.  Data are generated (seeds fixed) and the sample company's.
"""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
PEER = HERE / ".envs" / "agree"
SAMPLE = HERE.parent / "data" / "sample"
THEIRS = """
import json, sys, warnings
warnings.simplefilter("ignore")
import numpy as np
import pandas as pd
from lifelines import CoxPHFitter, KaplanMeierFitter
from lifelines.statistics import multivariate_logrank_test
from lifetimes import BetaGeoFitter, GammaGammaFitter, ModifiedBetaGeoFitter, ParetoNBDFitter
folder, out = sys.argv[1], {}
for name in ("lives", "sample"):
    rows = pd.read_parquet(f"{folder}/{name}.parquet")
    km = KaplanMeierFitter().fit(rows.t, rows.d, entry=rows.entry)
    ends = km.confidence_interval_survival_function_
    for month in (3, 6, 12):
        at = month * (1 if name == "lives" else 30)
        out[f"Kaplan-Meier, {name}, S({at})"] = float(km.predict(at))
        for end, side in ((0, "low"), (1, "high")):
            out[f"Kaplan-Meier, {name}, S({at}) {side}"] = float(ends[ends.index <= at].iloc[-1, end])
    cox = CoxPHFitter().fit(rows[["t", "d", "entry", "a", "b"]], "t", "d", entry_col="entry")
    for c in "ab":
        out[f"Cox (Efron, late entries), {name}, {c}"] = float(cox.params_[c])
        out[f"Cox (Efron, late entries), {name}, se of {c}"] = float(cox.standard_errors_[c])
    early = rows[rows.entry == 0]
    out[f"logrank, {name}"] = float(multivariate_logrank_test(early.t, early.a, early.d).test_statistic)
few = pd.read_parquet(f"{folder}/bought.parquet")
kinds = {"bgnbd": BetaGeoFitter, "mbgnbd": ModifiedBetaGeoFitter, "paretonbd": ParetoNBDFitter}
one = (4, 20.0, 40.0)
for name, kind in kinds.items():
    fit = kind().fit(few.x, few.t_x, few["T"], weights=few.n)
    if name == "paretonbd":  # its climb ends early: their formulae at the parameters found here
        seen = (few.x, few.t_x, few["T"])
        best = float(few.n @ fit._conditional_log_likelihood(fit.params_, *seen))
        fit.params_ = pd.Series(json.load(open(f"{folder}/ours.json")))
        out[f"{name}, log-likelihood"] = float(few.n @ fit._conditional_log_likelihood(fit.params_, *seen))
        assert out[f"{name}, log-likelihood"] >= best, "theirs found better parameters"
    else:
        out |= {f"{name}, {key}": float(value) for key, value in fit.params_.items()}
    out[f"{name}, P(alive) of {one}"] = np.ravel(fit.conditional_probability_alive(*one))[0].item()
    out[f"{name}, purchases of {one} in 26"] = np.ravel(
        fit.conditional_expected_number_of_purchases_up_to_time(26, *one))[0].item()
spent = pd.read_parquet(f"{folder}/spent.parquet")
fit = GammaGammaFitter().fit(spent.x, spent.spend, weights=spent.n)
out |= {f"Gamma-Gamma, {key}": float(value) for key, value in fit.params_.items()}
out["Gamma-Gamma, mean of who spent 40 on 3"] = float(
    fit.conditional_expected_average_profit(pd.Series([3]), pd.Series([40.0])).iloc[0])
print(json.dumps(out))
"""


def lives(seed: int = 2, count: int = 4000) -> pd.DataFrame:
    """Durations in whole months (many ties), a third of them watched from a later age on, half still alive."""
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 2, count), rng.integers(0, 4, count)
    t = np.ceil(rng.exponential(20 / np.exp(0.5 * a - 0.3 * b)))
    entry = np.where(rng.random(count) < 0.3, rng.integers(0, 10, count) + 0.5, 0.0)
    made = pd.DataFrame({"a": a, "b": b, "t": np.minimum(t, 24), "d": t <= 24, "entry": entry})
    return made[made["t"] > made["entry"]].reset_index(drop=True)


def contracts() -> pd.DataFrame:
    """The sample company's contracts in days, those of its first year watched from the second on."""
    from cx_helpers import engine
    from cx_helpers.measures import churn

    table = engine.read(engine.connect(), "contracts", SAMPLE / "tables" / "contracts.parquet")
    end = pd.Timestamp("2025-09-01", tz="UTC")
    rows = churn.spans(table, end, end - dt.timedelta(days=365)).execute()
    rows = rows.assign(a=(rows["plan"] == "club_trial").astype(int), b=rows["monthly_fee"] / 1e5)
    # theirs wants durations above 0, and an entry between two days; -1 is from the beginning
    late = (rows["entry"] + 1.5).where(rows["entry"] >= 0, 0.0)
    return rows.assign(t=rows["days"] + 1, d=rows["ended"], entry=late)[[*"abtd", "entry"]]


def bought(seed: int = 3, count: int = 3000) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Histories of customers who buy and leave (weeks), and what those who came back spent a time."""
    rng = np.random.default_rng(seed)
    rate, leave, age = rng.gamma(0.8, 1 / 6, count), rng.beta(0.9, 3, count), rng.integers(20, 100, count)
    x, last = np.zeros(count), np.zeros(count)
    here, now = rng.random(count) > leave, np.zeros(count)
    for _ in range(400):
        now = now + rng.exponential(1 / rate)
        here &= now < age
        x, last = x + here, np.where(here, now, last)
        here &= rng.random(count) > leave
    rows = pd.DataFrame({"x": x, "t_x": np.ceil(last), "T": age.astype(float)})
    spend = rng.gamma(6 * np.maximum(x, 1), rng.gamma(4, 15, count) / 6) / np.maximum(x, 1)
    spent = pd.DataFrame({"x": x, "spend": spend, "n": 1.0})[x > 0]
    return rows.groupby(["x", "t_x", "T"]).size().rename("n").astype(float).reset_index(), spent.reset_index(drop=True)


def ours(tables: dict[str, pd.DataFrame], folder: Path) -> dict[str, float]:
    """The numbers of THEIRS, as this house reckons them."""
    from cx_helpers import hazards, purchasing, spending, survival

    out = {}
    for name in ("lives", "sample"):
        rows = tables[name]
        curve = survival.kaplan_meier(rows["t"], rows["d"], entries=rows["entry"])
        for month in (3, 6, 12):
            at = month * (1 if name == "lives" else 30)
            found = survival.at(curve, [at]).iloc[0]
            out[f"Kaplan-Meier, {name}, S({at})"] = found["survival"]
            out |= {f"Kaplan-Meier, {name}, S({at}) {side}": found[side] for side in ("low", "high")}
        fit = hazards.cox(rows[["a", "b"]], rows["t"], rows["d"], entries=rows["entry"]).table(["a", "b"])
        for c in "ab":
            out[f"Cox (Efron, late entries), {name}, {c}"] = fit["coef"][c]
            out[f"Cox (Efron, late entries), {name}, se of {c}"] = fit["se"][c]
        early = rows[rows["entry"] == 0]
        out[f"logrank, {name}"] = survival.logrank(early["a"], early["t"], early["d"])[0]
    few, one = tables["bought"], (4, 20.0, 40.0)
    for name in purchasing.MODELS:
        fit = purchasing.fit(name, few["x"], few["t_x"], few["T"], few["n"])
        found = dict(zip(purchasing.MODELS[name], fit.values, strict=True))
        if name == "paretonbd":
            (folder / "ours.json").write_text(json.dumps({key: float(value) for key, value in found.items()}))
            found = {"log-likelihood": fit.loglik}
        out |= {f"{name}, {key}": value for key, value in found.items()}
        args = [np.array([value]) for value in one]
        out[f"{name}, P(alive) of {one}"] = purchasing.alive(fit, *args)[0]
        out[f"{name}, purchases of {one} in 26"] = purchasing.purchases(fit, *args, 26)[0]
    spent = tables["spent"]
    fit = spending.fit(spent["x"], spent["spend"], spent["n"])
    out |= {f"Gamma-Gamma, {key}": value for key, value in zip(spending.NAMES, fit.values, strict=True)}
    out["Gamma-Gamma, mean of who spent 40 on 3"] = spending.expected(fit, [3], [40.0])[0]
    return {key: float(value) for key, value in out.items()}


def renewing() -> list[tuple[str, float, float]]:
    """sBG beside the recursion of Fader and Hardie's spreadsheet (2007, equation 7), climbed without a gradient."""
    from scipy.optimize import minimize

    from cx_helpers import renewal

    left = np.array([1000, 631, 468, 382, 326, 289, 262, 241])

    def loss(logs):
        a, b = np.exp(logs)
        p = [a / (a + b)]
        for t in range(2, 8):
            p.append(p[-1] * (b + t - 2) / (a + b + t - 1))
        return -(-np.diff(left) @ np.log(p) + left[-1] * np.log(1 - sum(p)))

    theirs = np.exp(minimize(loss, [0, 0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-9}).x)
    ended = np.append(np.ones(7, bool), False)
    fit = renewal.fit(np.append(np.arange(7), 7), ended, np.append(-np.diff(left), left[-1]))
    return [(f"sBG, {name}", fit[name], other) for name, other in zip(renewal.NAMES, theirs, strict=True)]


def tested() -> list[tuple[str, float, float]]:
    """The sample's experiment, from customers' sums here and from single rows by statsmodels' regressions."""
    import statsmodels.api as sm

    from cx_helpers import versus
    from cx_helpers import workspace as ws
    from cx_helpers.measures import experiment, experiment_metrics, experiment_outcomes

    tables = ws.open(SAMPLE)
    exposed, facts = tables.until.table("exposures"), {"orders": tables.until.table("orders")}
    wanted = experiment_metrics.outcomes(["revenue_each", "order_value"], exposed, facts)
    trial = experiment.trial(exposed)
    end = experiment_outcomes.data_end(facts, wanted)
    each = experiment_outcomes.measured(trial.table, wanted, facts, end, 30, 90)
    rows, found = each.execute(), versus.compare(experiment_outcomes.sums(each, wanted), trial.control)
    variant = trial.variants[0]
    rows = rows[rows["variant"].isin([variant, trial.control])]
    is_on = (rows["variant"] == variant).to_numpy(float)
    cuped = sm.OLS(rows["y_0"], sm.add_constant(np.column_stack([is_on, rows["x_0"]]))).fit()
    seen = facts["orders"].execute().merge(rows[["customer_id", "variant", "seen_s"]], on="customer_id")
    since = seen["ordered_at"].astype("int64") // 10**6 - seen["seen_s"]
    seen = seen[(since >= 0) & (since < 30 * 86_400)]
    design = sm.add_constant((seen["variant"] == variant).to_numpy(float))
    kinds = {"groups": pd.factorize(seen["customer_id"])[0], "use_correction": False}
    clustered = sm.OLS(seen["amount"].to_numpy(float), design).fit(cov_type="cluster", cov_kwds=kinds)
    mean, ratio = (found.loc[(name, variant)] for name in ("revenue_each", "order_value"))
    return [
        ("CUPED, sample, effect on revenue_each", mean["effect"], cuped.params.iloc[1]),
        ("CUPED, sample, its error", mean["se"], cuped.bse.iloc[1]),
        ("delta method, orders clustered by customer, sample, order_value", ratio["effect"], clustered.params[1]),
        ("delta method, orders clustered by customer, sample, its error", ratio["se"], clustered.bse[1]),
    ]


ALLOWED = {  # parts of theirs
    "Kaplan-Meier": 1e-9,
    "logrank": 1e-9,
    "Cox": 1e-5,
    "bgnbd": 1e-5,
    "mbgnbd": 1e-5,
    "paretonbd": 1e-6,
    "Gamma-Gamma": 1e-6,
    "sBG": 1e-5,
    "CUPED": 1e-2,  # one slope for both arms there, each arm's own spread here
    "delta": 1e-2,
}


def main() -> int:
    """Print the table; 1 where something is further apart than it may be."""
    if not PEER.exists():
        subprocess.run([sys.executable, "-m", "uv", "venv", "-q", PEER], check=True)
        wanted = ["lifelines==0.30.3", "lifetimes==0.11.3", "pandas<3", "pyarrow"]
        python = ["--python", PEER / "bin" / "python"]
        subprocess.run([sys.executable, "-m", "uv", "pip", "install", "-q", *python, *wanted], check=True)
    few, spent = bought()
    tables = {"lives": lives(), "sample": contracts(), "bought": few, "spent": spent}
    with tempfile.TemporaryDirectory() as folder:
        for name, table in tables.items():
            table.to_parquet(Path(folder) / f"{name}.parquet", index=False)
        mine = ours(tables, Path(folder))
        run = [PEER / "bin" / "python", "-W", "ignore", "-c", THEIRS, folder]
        theirs = json.loads(subprocess.run(run, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()[-1])
    assert mine.keys() == theirs.keys(), mine.keys() ^ theirs.keys()
    lines = [(key, mine[key], theirs[key]) for key in theirs] + renewing() + tested()
    far = 0
    for key, one, other in lines:
        apart, may = abs(one / other - 1), next(v for k, v in ALLOWED.items() if key.startswith(k))
        far += not apart <= may
        print(f"{key:76} {one:14.6f} {other:14.6f}  {apart:.1e} of {may:.0e}{'' if apart <= may else '  FAR'}")
    print(f"{len(lines)} numbers, {far} further apart than they may be")
    return int(far > 0)


if __name__ == "__main__":
    raise SystemExit(main())
