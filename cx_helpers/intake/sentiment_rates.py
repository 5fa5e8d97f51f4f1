"""How does a model that never saw a company misread it, by what those who wrote said with a number (sentiment_stars)?

Nearer than the domains it was proved on can tell (sentiment_evidence).  How a model errs that a company taught itself,
its held-out labels say (sentiment_misread).
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import misread
from cx_helpers.intake import sentiment_stars

SIDES = ("negative", "positive")
FEWEST = 30  # customers on either side, below which a company's own labels tell nothing of the model
YEAR = 365 * 86_400  # seconds
PARTS = 4  # of that time, held against each other
UNLIKE = 0.1  # standard deviations: an origin's comments without a number are others than those with one
APART = 0.3  # hit less false: labels that go with the words less than this are about another thing


def misread_here(
    comments: ir.Table, elsewhere: pd.DataFrame, responses: ir.Table | None = None, tickets: ir.Table | None = None
) -> pd.DataFrame | None:
    """How does a model that never saw this company misread its comments, by what their writers said in numbers?

    comments   with `sentiment`, written_at, and what sentiment_stars.labelled asks for
    elsewhere  sentiment_evidence.confusion of the model: how far off a domain of others may be
    What people mean by a number, and how they write, drifts over the years: the newest YEAR of labels tells, and all of
    them only where it has too few.
    Returns what misread.rates reads, index domain (origins of FEW labels and more): n_negative, n_not_negative
    (customers who said so, one for each comment of nobody known), negative_p_hit and negative_p_false (mean of p among
    them and among all the others, middling ones included) with their variances negative_hit_var and negative_false_var,
    negative_drift (how far off, beyond chance, the share is in one quarter of that time, corrected by all of it; root
    mean square), the same of positive, negative_elsewhere and negative_df, and `unseen`: the share of the comments
    read whose origin has fewer labels, or in which those without a number are others (_unlike).  None where fewer than
    FEWEST customers stand on either side, or where words and numbers say so little of each other (APART) that they are
    about two things.
    """
    rows = _read(comments, responses, tickets)
    ends = rows.filter(_.label.notnull()).aggregate(first=_.at.min(), last=_.at.max()).execute().dropna()
    for first, last in ends.astype(float).itertuples(index=False):
        for start in (max(last - YEAR, first), first):
            if _tells(table := _table(rows.filter(rows.at >= start), start, last, elsewhere)):
                return table
    return None


def unseen(comments: ir.Table, responses: ir.Table | None = None, tickets: ir.Table | None = None) -> float:
    """Which share of the comments read do those with a number tell nothing of?  Those of origins with fewer than FEW
    labels, and those without a number where they are others than those with one (_unlike); 0..1, 0 without comments."""
    whole = _sums(_read(comments, responses, tickets), "origin")
    strange = whole["rows"].where(
        whole["labels"] < sentiment_stars.FEW, (whole["rows"] - whole["labels"]).where(_unlike(whole), 0)
    )
    return float(strange.sum() / max(whole["rows"].sum(), 1))


def _read(comments: ir.Table, responses: ir.Table | None, tickets: ir.Table | None) -> ir.Table:
    """The comments that were read: label, p(negative), origin, at (seconds), who."""
    rows = sentiment_stars.labelled(comments, responses, tickets)
    who = rows.customer_id if "customer_id" in rows.columns else ibis.null("string")
    origin = rows.origin if "origin" in rows.columns else ibis.null("string")
    kept = {"at": rows.written_at.epoch_seconds(), "p": (1 - rows.sentiment) / 2, "who": who.cast("string")}
    return rows.select("label", **kept, origin=origin.cast("string").fill_null("?")).filter(_.p.notnull())


def _table(rows: ir.Table, start: float, last: float, elsewhere: pd.DataFrame) -> pd.DataFrame:
    """Rows of label, p, origin, who and at as misread.rates reads them; empty where no origin has enough labels."""
    quarter = ((rows.at - start) * PARTS / (last - start + 1)).floor().cast("int64").clip(0, PARTS - 1)
    rows = rows.mutate(quarter=quarter)
    whole, parts = _sums(rows, "origin"), _sums(rows, "origin", "quarter")
    known = whole[(whole["labels"] >= sentiment_stars.FEW) & ~_unlike(whole)]
    table = {
        of: {k: v for label in SIDES for k, v in _row(sums, parts.loc[of], label, elsewhere).items()}
        for of, sums in known.iterrows()
    }
    unseen = 1 - known["rows"].sum() / whole["rows"].sum()
    return pd.DataFrame.from_dict(table, orient="index").rename_axis("domain").assign(unseen=unseen)


def _unlike(whole: pd.DataFrame) -> pd.Series:
    """Are the comments of an origin that carry no number written otherwise than those that do?

    Where only the unhappy rate, or those who say it clearly, the labelled ones tell nothing of the others: their p, or
    how far it is from the middle, then lies UNLIKE apart and more, in standard deviations (Austin, Multivariate
    Behav. Res. 46, 2011), and by more than chance.  A tenth of mute ones changes no share by much.
    """
    far = pd.Series(0.0, whole.index)
    for what in ("p", "clear"):
        sd = np.sqrt((whole[f"told_{what}_var"] + whole[f"mute_{what}_var"]) / 2)
        far = np.fmax(far, (whole[f"told_{what}"] - whole[f"mute_{what}"]).abs() / sd.clip(lower=1e-6))
    mute = whole["rows"] - whole["labels"]
    chance = 2 * np.sqrt(1 / whole["labels"].clip(lower=1) + 1 / mute.clip(lower=1))
    return (mute > whole["rows"] / 10) & (far > np.maximum(UNLIKE, chance))


def _sums(rows: ir.Table, *by: str) -> pd.DataFrame:
    """Index `by`: rows, labels, and of each label LABEL_own_… and LABEL_other_… (those labelled otherwise): n, people,
    the mean of p(LABEL), and the variance of that mean; people, not comments, are drawn."""
    sums = {"rows": rows.count(), "labels": rows.label.count()}
    for what, value in (("p", rows.p), ("clear", (2 * rows.p - 1).abs())):
        for who, those in (("told", rows.label.notnull()), ("mute", rows.label.isnull())):
            sums |= {f"{who}_{what}": value.mean(where=those), f"{who}_{what}_var": value.var(where=those, how="pop")}
    for label in SIDES:
        p = rows.p if label == "negative" else 1 - rows.p
        for side, those in (("own", rows.label == label), ("other", rows.label != label)):
            alone = rows.who.isnull() & those
            sums |= {
                f"{label}_{side}_n": those.sum(),
                f"{label}_{side}_people": rows.who.nunique(where=those) + alone.sum().coalesce(0),
                f"{label}_{side}_mean": p.mean(where=those),
                f"{label}_{side}_var": p.var(where=those, how="pop"),
            }
    found = rows.group_by(list(by)).aggregate(**sums).execute().set_index(list(by)).astype(float)
    for column in [c for c in found if c.endswith("_var") and c.replace("_var", "_people") in found]:
        found[column] /= found[column.replace("_var", "_people")].where(lambda n: n > 0)
    return found


def _row(whole: pd.Series, quarters: pd.DataFrame, label: str, elsewhere: pd.DataFrame) -> dict[str, float]:
    """What one origin's numbers say of one label."""
    stranger = misread.rates(elsewhere, label)
    return {
        f"n_{label}": whole[f"{label}_own_people"],
        f"n_not_{label}": whole[f"{label}_other_people"],
        f"{label}_p_hit": whole[f"{label}_own_mean"],
        f"{label}_p_false": whole[f"{label}_other_mean"],
        f"{label}_hit_var": whole[f"{label}_own_var"],
        f"{label}_false_var": whole[f"{label}_other_var"],
        f"{label}_drift": _drift(whole, quarters, label),
        f"{label}_elsewhere": stranger.error,
        f"{label}_df": stranger.df,
    }


def _drift(whole: pd.Series, quarters: pd.DataFrame, label: str) -> float:
    """How far off, beyond chance, is a quarter's share corrected by the rates of all?  Root mean square."""
    own, other = (f"{label}_{side}" for side in ("own", "other"))
    apart = whole[f"{own}_mean"] - whole[f"{other}_mean"]
    true = quarters[f"{own}_n"] / (quarters[f"{own}_n"] + quarters[f"{other}_n"])
    off = sum(
        part * (quarters[f"{side}_mean"] - whole[f"{side}_mean"]) for part, side in ((true, own), (1 - true, other))
    )
    chance = true**2 * quarters[f"{own}_var"] + (1 - true) ** 2 * quarters[f"{other}_var"]
    return float(np.sqrt(max((off**2 - chance).mean(), 0)) / apart) if apart > 0 else np.nan


def _tells(table: pd.DataFrame) -> bool:
    """Are there enough people on either side, and do words and numbers go together?"""
    for label in SIDES if len(table) else ():
        of = misread.rates(table, label)
        people = table[[f"n_{label}", f"n_not_{label}"]].sum().min()
        if people < FEWEST or not of.hit - of.false >= APART:
            return False
    return bool(len(table))
