"""What is each group of customers like?  Size, worth, what sets it apart, its channels, its way, what it praises.

A group is a cluster or a buying group: a column of one row a customer (segments.assign, rfm.fifths).  What sets a
group apart describes it; clusters are made of these very traits, so that they differ is no discovery and is not tested.
"""

from __future__ import annotations

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cx_helpers import certainty, disclosure
from cx_helpers.tables import need

START, END, STEPS = "(start)", "(end)", 7  # as journey.transitions names them; steps of a way at the most
TURN = 0.05  # of those who leave a place: a step that so many more take sets a group apart
BAND = 0.2  # a feeling nearer to 0 is neither praise nor complaint, as everywhere


def portraits(
    placed: ir.Table, by: str, standards: pd.DataFrame, smallest: int = 1, parts: dict | None = None
) -> pd.DataFrame:
    """How large is each group, what does a customer of it bring, and in what is it unlike all customers?

    placed     one row a customer: `by`, the traits with z_TRAIT beside them (traits.scales), value where there is one
    standards  of traits.standard;  smallest  groups of fewer customers lose their values (disclosure.Limit)
    parts      rfm.PARTS for buying groups: of which groups another table tells the total (disclosure.hide)
    Returns, index `by`: n, customers, `share` (0..1 of all) with Wilson's low and high; of `value`: each (mean of a
    customer) with its Student interval each_low, each_high, value_share; of every trait its mean, all_TRAIT (the mean
    of all customers) and apart_TRAIT (standard deviations off all, as clusters see it: logarithms of what is counted).
    """
    need(placed, by)
    known, names = placed.filter(placed[by].notnull()), [t for t in standards.index if f"z_{t}" in placed.columns]
    asked = {"n": known.count()} | {t: known[t].cast("float64").mean() for t in names}
    asked |= {f"z_{t}": known[f"z_{t}"].mean() for t in names}
    found = known.group_by(by).aggregate(**asked).execute().set_index(by).sort_index().astype(float)
    n, out = found["n"], pd.DataFrame(index=found.index)
    out["n"] = out["customers"] = n.astype(int)
    out["share"] = n / n.sum()
    out["low"], out["high"] = certainty.wilson(n, n.sum())
    if "value" in placed.columns:
        sums = certainty.sums(known, known.value, [by]).reindex(found.index)
        mean, whole = certainty.average(sums, "each", (0, None)), sums["sum_x"].sum()
        out["each"], out["each_low"], out["each_high"] = mean["each"], mean["low"], mean["high"]
        out["value_share"] = sums["sum_x"] / whole if whole > 0 else np.nan
    for t in names:
        out[t], out[f"all_{t}"] = found[t], (found[t] * n).sum() / n.sum() if len(n) else np.nan
        out[f"apart_{t}"] = (found[f"z_{t}"] - standards.loc[t, "mean"]) / standards.loc[t, "sd"]
    return certainty.hide_small(out, smallest, parts=parts)


def channels(used: ir.Table, by: str, smallest: int = 1) -> pd.DataFrame:
    """Which channels do the customers of each group use?

    used  orders or touchpoints with the column `by` (segments.add) and `channel`
    Returns, index (`by`, channel), the commonest first: n = customers of the group who used it, customers, `of` (who
    used any), share (0..1 of those) with Wilson's low and high.  Who uses two counts in both.
    """
    need(used, "customer_id", by, "channel")
    known = used.filter(used[by].notnull(), used.channel.notnull(), used.customer_id.notnull())
    found = known.group_by(by, "channel").aggregate(n=known.customer_id.nunique()).execute()
    of = known.group_by(by).aggregate(of=known.customer_id.nunique()).execute()
    found = found.merge(of, on=by).sort_values([by, "n", "channel"], ascending=[True, False, True])
    out = found.set_index([by, "channel"]).astype(int)
    out["customers"], out["share"] = out["n"], out["n"] / out["of"]
    out["low"], out["high"] = certainty.wilson(out["n"], out["of"])
    return disclosure.hide(out, disclosure.customers_only(smallest))


def ways(steps: pd.DataFrame, most: int = STEPS) -> pd.DataFrame:
    """Along which steps do most customers of each group go?  From where most begin, each time to the commonest next
    touchpoint that the way has not been at yet, until most go no further.

    steps  journey.transitions by the group, journey="customer"
    Returns, index (group, step 1, 2, …): touchpoint, n of the customers who came this way from the step before, `share`
    (0..1 of those who left the step before) with low and high.  A way of the commonest steps, not of one customer.
    """
    rows, by = [], steps.index.names[0]
    shown = steps.dropna(subset=["share"])
    for group in shown.index.get_level_values(0).dropna().unique():
        here, been, mine = START, [START], shown.xs(group, level=0)
        while len(been) <= most and here in mine.index.get_level_values("from"):
            onward = mine.xs(here, level="from").sort_values("share", ascending=False, kind="stable")
            ahead = onward[~onward.index.isin([*been, END])]
            if ahead.empty or (END in onward.index and onward.loc[END, "share"] > ahead["share"].iloc[0]):
                break
            here, row = ahead.index[0], ahead.iloc[0]
            rows.append((group, len(been), here, row["customers"], row["share"], row["low"], row["high"]))
            been.append(here)
    out = pd.DataFrame(rows, columns=[by, "step", "touchpoint", "n", "share", "low", "high"])
    return out.set_index([by, "step"])


def turns(steps: pd.DataFrame, most: int = 2) -> pd.DataFrame:
    """Where does each group's way part from the others'?  The commonest ways are often the same for all.

    steps  as in `ways`
    Returns, index (group, place 1, 2): from, to, n, `share` (0..1 of those of the group who leave `from`) with low and
    high, others (the same of the other groups together), p_adjusted (Holm over every step of every group).  Told are
    steps that the group takes more often by five points or more, and surely so, the farthest off first.
    """
    by, shown = steps.index.names[0], steps.dropna(subset=["share"])
    shown = shown[(shown["share"] > 0) & shown.index.get_level_values(0).notna()].reset_index()
    left = shown["n"] / shown["share"]
    gone = left.groupby([shown[by], shown["from"]]).max()  # who leaves a place, of each group
    step, place = [shown["from"], shown["to"]], pd.MultiIndex.from_frame(shown[[by, "from"]])
    whole = gone.groupby(level="from").sum().reindex(shown["from"]).to_numpy() - gone.reindex(place).to_numpy()
    taken = shown["n"].groupby(step).transform("sum") - shown["n"]
    spread = ((left * shown["se"]) ** 2).groupby(step).transform("sum") - (left * shown["se"]) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        shown["others"] = taken / np.where(whole > 0, whole, np.nan)
        z = (shown["share"] - shown["others"]) / np.sqrt(shown["se"] ** 2 + spread.clip(lower=0) / whole**2)
    shown["p_adjusted"] = certainty.adjust(pd.Series(certainty.two_sided(z), shown.index), "holm")
    shown["more"] = shown["share"] - shown["others"]
    found = shown[(shown["more"] >= TURN) & (shown["p_adjusted"] < 0.05)]
    found = found.sort_values([by, "more"], ascending=[True, False], kind="stable")
    found["place"] = found.groupby(by).cumcount() + 1
    columns = ["from", "to", "n", "share", "low", "high", "others", "p_adjusted"]
    return found[found["place"] <= most].set_index([by, "place"])[columns]


def tastes(comments: ir.Table, by: str, aspects: list[str], smallest: int = 1) -> pd.DataFrame:
    """What do the customers of each group praise, and what do they complain of?

    comments  with the column `by` and aspect_NAME for each of `aspects` (-1..1, null where not named)
    Returns, index (`by`, aspect): n comments that could be read, customers who wrote them, `loved` and `hated` (0..1 of
    the comments: they praise it, they complain of it) with …_low, …_high (Wilson, cluster-robust), and lovers, haters
    (customers).  Groups in which too few wrote, and tastes of too few, are null.
    """
    need(comments, by, "sentiment", *(f"aspect_{a}" for a in aspects))
    read = comments.filter(comments.sentiment.notnull(), comments[by].notnull())
    felt = {"loved": lambda x: x > BAND, "hated": lambda x: x < -BAND}
    true = {(a, how): is_so(read[f"aspect_{a}"]).fill_null(False) for a in aspects for how, is_so in felt.items()}
    asked = {f"{how}|{a}": one.cast("float64") for (a, how), one in true.items()}
    who = {f"who|{how}|{a}": one.cast("float64").nullif(0.0) for (a, how), one in true.items()}
    sums, frames = certainty.sums(read, asked | who, [by]) if aspects else {}, []
    for a in aspects:
        part = {}
        for how, people in (("loved", "lovers"), ("hated", "haters")):
            share = certainty.hide_small(certainty.share(sums[f"{how}|{a}"], how), smallest)
            count = sums[f"who|{how}|{a}"]["customers"]
            part |= {how: share[how], f"{how}_low": share["low"], f"{how}_high": share["high"], people: count}
            back = disclosure.few(count, smallest) | share[how].isna()
            part |= {c: part[c].mask(back) for c in (how, f"{how}_low", f"{how}_high", people)}
        out = pd.DataFrame({"n": share["n"], "customers": share["customers"]} | part)
        frames.append(out.assign(aspect=a).set_index("aspect", append=True))
    return pd.concat(frames).sort_index() if frames else pd.DataFrame()
