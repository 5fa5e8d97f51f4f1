"""What should be done next for each customer, and what would it bring?  One action a customer, or none and why.

In this order: the action's conditions hold; nothing is sold to whoever waits for an answer to a complaint; the customer
has consented (unknown is no); we did not turn to them lately; it brings more than it costs, or is a duty; there is room
(customers, money); the lot did not draw them for comparison.  Of what is left the first by priority, then by money.

expected money = stake x effect - cost.  The stake is known of each customer (chance of leaving x what is kept, a usual
order, the next item); the effect is an assumption of whoever wrote the action, until it was tried by lot.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cx_helpers import certainty, disclosure
from cx_helpers.actions import Action, Policy, check

STEPS = ("rule", "complaint", "consent", "rest", "worth", "room", "lot")  # at which a customer may fall out
CHOSEN = "chosen"


@dataclass(frozen=True)
class Uplift:
    """What an action brought each customer where it was tried by lot: mean money before its cost, its standard error,
    the spread between customers, and how many were compared."""

    each: float
    se: float
    sd: float
    n: int


@dataclass(frozen=True)
class Choice:
    """What `choose` decided.

    rows    one row a customer, sorted: customer_id, action (null: none), step (`chosen`, or where they fell out; `lot`
            keeps its action), gross, cost, expected, noise (variance of gross), facts
    policy  that decided;  measured  {action: Uplift};  costs  {action: money}
    """

    rows: pd.DataFrame
    policy: Policy
    measured: dict
    costs: dict

    @property
    def taken(self) -> pd.DataFrame:
        """The rows of customers for whom something is done."""
        return self.rows[self.rows["step"] == CHOSEN]

    @property
    def held(self) -> pd.DataFrame:
        """The rows of customers whom the lot keeps for comparison."""
        return self.rows[self.rows["step"] == "lot"]


def facts(standing: pd.DataFrame, today: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """All that may decide, one row a customer, sorted by customer_id.

    standing  what `standing.standing` gives, executed (with `rfm`, where groups are asked for)
    today     who, p, value of `calling.valued`: who could leave, the chance and what is kept;  items  of `next_item`
    """
    risk = today.rename(columns={"who": "customer_id", "p": "risk", "value": "kept"})
    out = standing.merge(risk[["customer_id", "risk", "kept"]].astype({"customer_id": object}), "left", "customer_id")
    out = out.merge(items, "left", "customer_id") if len(items) else out.assign(next_item=None, next_given=None,
        next_chance=np.nan, next_worth=np.nan)  # fmt: skip
    out = out.assign(rfm=out.get("rfm", None))
    return out.drop_duplicates("customer_id").sort_values("customer_id", ignore_index=True)


def costs(known: pd.DataFrame, policy: Policy) -> dict[str, float]:
    """What each action costs: its amount, or its share of the company's mean order (0 where nobody bought)."""
    orders = known["orders"].astype(float).sum()
    usual = float(known["value"].astype(float).sum() / orders) if orders > 0 else 0.0
    return {a.key: float(a.cost if a.cost is not None else a.cost_share * usual) for a in policy.actions}


def measured(action: Action | None, effect: pd.DataFrame) -> dict[str, Uplift]:
    """What an action brought those whom its rule picks, where that was told.  effect  of `policy_value.effect`"""
    if action is None or effect.empty or pd.isna(effect.loc["picked", "each"]):
        return {}
    row = effect.loc["picked"]
    return {action.key: Uplift(float(row["each"]), float(row["se"]), float(row["sd"]), int(row["n"]))}


def choose(known: pd.DataFrame, policy: Policy, each: float = 1.0, measured: dict | None = None) -> Choice:
    """One action for each customer, or none and why.

    known     of `facts`;  each  what is left of one unit of sales (valuation.Terms.each)
    measured  {action: Uplift} where it was tried by lot: takes the place of stake x effect
    Whatever the order of the rows, the answer is the same: of equals the first by customer_id.
    Raises WorkspaceError where an action asks for what is not known of any customer.
    """
    check(policy, known.columns)
    known = known.sort_values("customer_id", ignore_index=True)
    measured, actions, n = measured or {}, policy.actions, len(known)
    price = costs(known, policy)
    gross, noise = (np.zeros((n, len(actions))) for _ in range(2))
    for place, action in enumerate(actions):
        gross[:, place], noise[:, place] = _brings(known, action, each, measured.get(action.key))
    expected = np.round(gross - np.array([price[a.key] for a in actions]), 2)
    masks = _masks(known, policy, expected)
    place = _placed(masks[-1], expected, policy)
    room = place >= 0
    spent = np.array([price[actions[p].key] if p >= 0 else 0.0 for p in place])
    room &= _affordable(place, expected, spent, policy)
    last = np.where(room, place, -1)
    held = np.array([ok and _drawn(actions[p].key, who, policy.holdout)
                     for ok, p, who in zip(room, last, known["customer_id"], strict=True)], bool)  # fmt: skip
    passed = [*(m.any(axis=1) for m in masks), room, room & ~held]
    step = np.full(n, CHOSEN, object)
    for name, ok in reversed(list(zip(STEPS, passed, strict=True))):
        step[~ok] = name
    at, rows = np.maximum(last, 0), np.arange(n)
    picked = {
        "action": np.where(room, np.array([a.key for a in actions], object)[at], None),
        "step": step,
        "gross": np.where(room, gross[rows, at], np.nan),
        "cost": np.where(room, spent, np.nan),
        "expected": np.where(room, expected[rows, at], np.nan),
        "noise": np.where(room, noise[rows, at], np.nan),
    }
    return Choice(known.assign(**picked), policy, measured, price)


def _brings(known: pd.DataFrame, action: Action, each: float, tried: Uplift | None) -> tuple[np.ndarray, np.ndarray]:
    """What an action is expected to bring each customer, and the variance of that; nothing where nothing is known."""
    if tried is not None:
        return np.full(len(known), tried.each), np.full(len(known), tried.sd**2)
    if action.brings == "kept":
        chance, amount = known["risk"] * action.effect, known["kept"]
    elif action.brings == "order":
        chance, amount = action.effect, known["mean_order"] * each
    elif action.brings == "item":
        chance, amount = known["next_chance"] * action.effect, known["next_worth"] / known["next_chance"] * each
    else:
        chance, amount = action.effect, pd.Series(action.brings, known.index)
    chance = pd.Series(chance, known.index).astype(float).fillna(0).clip(0, 1).to_numpy()
    amount = amount.astype(float).fillna(0).clip(lower=0).to_numpy()
    return chance * amount, chance * (1 - chance) * amount**2


def _masks(known: pd.DataFrame, policy: Policy, expected: np.ndarray) -> list[np.ndarray]:
    """(customer, action) pairs that are left after conditions, complaints, consent, rest and worth."""
    n, actions = len(known), policy.actions

    def column(name):
        return known[name].astype(float).fillna(0).to_numpy() if name in known else np.zeros(n)

    waits = (column("open_tickets") > 0) | (column("open_cases") > 0)
    touched = known["touched_days"].astype(float).to_numpy() if "touched_days" in known else np.full(n, np.nan)
    rested = ~(touched < policy.rest_days)
    when, calm, agreed, worth = [], [], [], []
    for place, a in enumerate(actions):
        when.append(np.logical_and.reduce([c.holds(known) for c in a.when]))
        calm.append(~waits if a.offer else np.full(n, True))
        agreed.append(consents(known, a))
        worth.append(expected[:, place] > 0 if not a.duty else np.full(n, True))
    masks, left = [], np.full((n, len(actions)), True)
    for part in (when, calm, agreed, [rested] * len(actions), worth):
        left = left & np.column_stack(part)
        masks.append(left)
    return masks


def consents(known: pd.DataFrame, action: Action) -> np.ndarray:
    """Who may be contacted for it?  Only a plain yes is one: null, a text, a missing column are no."""
    if action.consent not in known:
        return np.full(len(known), False)
    return known[action.consent].map(lambda said: isinstance(said, (bool, np.bool_)) and bool(said)).to_numpy(bool)


def _placed(left: np.ndarray, expected: np.ndarray, policy: Policy) -> np.ndarray:
    """The action of each customer, -1: none.  Each asks for its best one; one that is full keeps those whom it brings
    most for, and the others ask for their next (Gale, Shapley, Amer. Math. Monthly 69, 1962)."""
    n, count = left.shape
    order = np.arange(count)[None, :].repeat(n, 0)
    first = np.array([a.priority for a in policy.actions])[None, :].repeat(n, 0)
    wish = np.lexsort((order, -expected, first, ~left), axis=1)  # what is not left comes last
    left, place = left.copy(), np.full(n, -1)
    while True:
        rows = np.arange(n)[:, None]
        some = left[rows, wish]
        place = np.where(some.any(axis=1), wish[np.arange(n), some.argmax(axis=1)], -1)
        full = False
        for p, action in enumerate(policy.actions):
            mine = np.flatnonzero(place == p)
            if action.most is not None and len(mine) > action.most:
                ranked = mine[np.argsort(-expected[mine, p], kind="stable")]
                left[ranked[action.most :], p], full = False, True
        if not full:
            return place


def _affordable(place, expected, spent, policy: Policy) -> np.ndarray:
    """For whom is there money: by priority, then by what each unit of money brings."""
    if policy.budget is None:
        return np.full(len(place), True)
    some = np.flatnonzero(place >= 0)
    at, out = place[some], np.full(len(place), False)
    first = np.array([a.priority for a in policy.actions])[at]
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = np.where(spent[some] > 0, expected[some, at] / spent[some], np.inf)
    ranked = some[np.lexsort((some, -gain, first))]
    out[ranked[np.cumsum(spent[ranked]) <= policy.budget + 1e-9]] = True
    return out


def _drawn(action: str, customer: str, share: float) -> bool:
    """Does the lot keep this customer from this action?  The same lot for the same customer, today and next month."""
    lot = int.from_bytes(hashlib.sha256(f"{action}|{customer}".encode()).digest()[:8], "big")
    return lot < share * 2**64


def by_action(choice: Choice, error: float = 0.0, smallest: int = 1) -> pd.DataFrame:
    """What is done for how many, and what does it bring?

    error  relative error of what is foretold of leaving (calling.check)
    Returns, index `action` in the order of the money, one row for each action that somebody gets: n, customers,
    `expected_money` (expected money less costs) with low, high (95 %: who acts on it, the error, and the uncertainty of
    effects that were measured; not that of assumptions), each (a customer), spent, measured (was the effect?).
    """
    made = {key: _sum(choice, mine, error) for key, mine in choice.taken.groupby("action")}
    columns = ["n", "customers", "expected_money", "low", "high", "each", "spent", "measured"]
    out = pd.DataFrame.from_dict(made, orient="index", columns=columns).rename_axis("action")
    out = out.sort_values(["expected_money"], ascending=False, kind="stable")
    out["measured"] = out["measured"].astype(float)
    out = out.astype({"n": int, "customers": int}) if len(out) else out
    out = certainty.hide_small(out, disclosure.customers_only(smallest))
    return out.assign(n=out["n"].mask(out["hidden"].notna())) if disclosure.HIDDEN in out else out


def total(choice: Choice, error: float = 0.0, smallest: int = 1) -> pd.DataFrame:
    """One row `all`, as `by_action`, with `known` (customers looked at) and share (of these, with Wilson's share_low,
    share_high); where nobody gets anything n and share are 0 and money is null.

    All but too few get something: that is hidden as too few who do are, and n is rounded to the smallest group.
    """
    row = _sum(choice, choice.taken, error)
    out = pd.DataFrame([row], index=[certainty.ALL])
    n, whole = out["n"], len(choice.rows)
    out["share"] = n / whole if whole else np.nan
    out["share_low"], out["share_high"] = certainty.wilson(n, np.full(1, whole))
    limit = disclosure.customers_only(smallest)
    shares = ["share", "share_low", "share_high"]
    nobody, others = out.loc[n == 0, shares], disclosure.few(whole - n, limit)
    out = certainty.hide_small(out, limit)
    out.loc[others, [*shares, "customers", "each", "spent"]] = np.nan
    out = disclosure.rounded(out, ["n"], limit) if others.any() else out
    if whole >= smallest and not disclosure.few([whole], limit)[0]:
        out.loc[n == 0, shares] = nobody.clip(lower=0.0)
    return out.assign(known=whole)


def _sum(choice: Choice, mine: pd.DataFrame, error: float) -> dict:
    n, gross, spent = len(mine), float(mine["gross"].sum()), float(mine["cost"].sum())
    spread = float(mine["noise"].sum())
    foretold = {a.key for a in choice.policy.actions if a.brings == "kept" and a.key not in choice.measured}
    spread += (error * float(mine.loc[mine["action"].isin(foretold), "gross"].sum())) ** 2
    for key, tried in choice.measured.items():
        spread += ((mine["action"] == key).sum() * tried.se) ** 2
    half = certainty.Z95 * np.sqrt(spread)
    net = gross - spent if n else np.nan
    out = {"n": n, "customers": n, "expected_money": net, "low": net - half, "high": net + half}
    known = mine["action"].isin(choice.measured).mean() if n else np.nan
    return out | {"each": net / n if n else np.nan, "spent": spent if n else np.nan, "measured": known}


def share(total: pd.DataFrame) -> pd.DataFrame:
    """One row `all` of `total`: n customers looked at, customers, `action_share` that gets something, low, high."""
    columns = {"action_share": total["share"], "low": total["share_low"], "high": total["share_high"]}
    return pd.DataFrame({"n": total["known"], "customers": total["known"]} | columns)


def funnel(choice: Choice, smallest: int = 1) -> pd.DataFrame:
    """How many customers are left after each step?  Index `step`: n left, lost, of `known`.

    The first row is everybody, the last those for whom something is done; what is lost adds up.  A step that loses too
    few to be told has nulls, and so has the next one, or the one before, until what is lost together is no secret.
    """
    rows = choice.rows
    lost = rows["step"].value_counts().reindex(STEPS).fillna(0).astype(int)
    left = len(rows) - lost.cumsum()
    out = pd.DataFrame({"n": [len(rows), *left], "lost": [0, *lost]}, index=pd.Index(["known", *STEPS], name="step"))
    return _folded(out.assign(customers=out["n"]), smallest)


def _folded(found: pd.DataFrame, smallest: int) -> pd.DataFrame:
    """Null what would tell of too few: numbers between two that are shown differ by nobody, or by enough."""
    n, shown, last = found["n"].to_numpy(), [0], 0
    limit = disclosure.customers_only(smallest)
    for place in range(1, len(n)):
        if not disclosure.few(n[last] - n[place], limit) and not disclosure.few(n[place], limit):
            shown.append(place)
            last = place
    why = np.full(len(n), disclosure.SMALL, object)
    why[shown] = None
    if disclosure.few(n[0], limit):
        why[:] = disclosure.SMALL
    out = found.astype(float)
    gone = pd.notna(why)
    out.loc[gone] = np.nan
    # what a shown step lost is told only where the one before it is shown, too
    out.loc[np.r_[False, gone[:-1]], "lost"] = np.nan
    return out.assign(hidden=why) if isinstance(smallest, disclosure.Limit) else out


def crossed(choice: Choice, column: str, smallest: int = 1) -> pd.DataFrame:
    """Which customers get what?  Index (`action`, column): n, customers, share of the action's; small cells hidden."""
    each = choice.taken.assign(**{column: choice.taken[column].fillna("unknown").astype(str)})
    found = each.groupby(["action", column]).size().rename("n").to_frame().astype(float)
    found["customers"] = found["n"]
    found["share"] = found["n"] / found.groupby(level=0)["n"].transform("sum")
    return disclosure.hide_cells(found, disclosure.customers_only(smallest))


def whom(choice: Choice, action: str = "", most: int = 50) -> pd.DataFrame:
    """For the lab only: who gets what, most expected money first: customer_id, action, expected, and the facts that
    their action asked for.  No page shows it."""
    rows = choice.taken if not action else choice.taken[choice.taken["action"] == action]
    asked = [f for f in choice.policy.facts if f in rows]
    told = rows.sort_values(["expected", "customer_id"], ascending=[False, True], kind="stable").head(most)
    return told[["customer_id", "action", "expected", *asked]].reset_index(drop=True)
