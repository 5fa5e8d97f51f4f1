"""Who will buy again, and how often?  Models of buying where nobody says that they leave.

Each customer is three numbers: x repeat purchases, the last of them t_x after the first, and T, how long ago the first
was.  While alive a customer buys at a rate of her own (gamma over customers: r, alpha), and leaves unseen:
    bgnbd     after a purchase, with a probability of her own (beta: a, b); who bought once is alive by definition
    mbgnbd    the same, also after the very first purchase: one-time buyers may be gone
    paretonbd at any time, at a rate of her own (gamma: s, beta)
Times are in days everywhere outside.  Rows stand for `weight` customers.
Sources: Schmittlein, Morrison, Colombo, Management Science 33, 1987; Fader, Hardie, Lee, Marketing Science 24(2), 2005;
Batislam, Denizel, Filiztekin, Int. J. Research in Marketing 24, 2007 (mbgnbd as fitted here: Hoppe, Wagner 2007).
"""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
from scipy.special import betaln, gammaln, hyp2f1, psi

from cx_helpers.likelihood import Fit, maximise

MODELS = {
    "bgnbd": ("r", "alpha", "a", "b"),
    "mbgnbd": ("r", "alpha", "a", "b"),
    "paretonbd": ("r", "alpha", "s", "beta"),
}
_TIMES = {"bgnbd": ("alpha",), "mbgnbd": ("alpha",), "paretonbd": ("alpha", "beta")}  # parameters measured in time
_NODES = 16
_MANY, _BOXES = 5000, 12  # from so many rows on a fit begins from one to rows within a box of time (of the mean age)


def fit(model: str, x, t_x, T, weight=None, start: Fit | None = None, rough: bool = False) -> Fit:
    """The likeliest parameters of one of MODELS; `alpha` (and `beta`) in the unit of the times.

    x, t_x, T  arrays;  weight  customers behind each row;  start  an earlier fit to begin from
    Where customers are all alike in how they buy or leave, or none leaves, a faint prior holds what is not told then.
    Raises ValueError where a row cannot be (t_x > T, x without t_x).
    """
    x, t_x, T = (np.asarray(a, float) for a in (x, t_x, T))
    weight = np.ones(len(x)) if weight is None else np.asarray(weight, float)
    if ((t_x > T) | (x < 0) | (t_x < 0) | ((x == 0) & (t_x != 0)) | ((x > 0) & (t_x <= 0))).any():
        raise ValueError("a row of purchases that cannot be: 0 < t_x <= T where x > 0, t_x = 0 where x = 0")
    names, weak = MODELS[model], [1, 1, 1, 1] if (x > 0).any() else None
    unit = float(weight @ T / weight.sum()) or 1.0
    scale = np.array([unit if name in _TIMES[model] else 1.0 for name in names])
    each = _pareto if model == "paretonbd" else _beta_geometric
    score = functools.partial(each, first=model == "mbgnbd", x=_Counts(x), t_x=t_x / unit, T=T / unit)
    begin = np.log(start.values / scale) if start is not None else np.log([0.6, 0.3, 0.8, 1.5])
    near = None
    if start is None and not rough and len(x) > _MANY:
        few = _coarse(x, t_x / unit, T / unit, weight)
        less = functools.partial(each, first=model == "mbgnbd", x=_Counts(few[0]), t_x=few[1], T=few[2])
        near = maximise(model, names, lambda logs: less(logs)[:2], begin, few[3], scale, False, None)
    found = maximise(model, names, lambda logs: score(logs)[:2], begin, weight, scale, rough, weak, near)
    return replace(found, loglik=found.loglik - float(weight @ x) * np.log(unit))


def _coarse(x, t_x, T, weight) -> tuple[np.ndarray, ...]:
    """Nearly the same customers in many times fewer rows: as many purchases at nearly the same times, at their mean."""
    late, age = (np.floor(times * _BOXES) for times in (t_x, T))
    width = age.max() + 1
    _, first, place = np.unique((x * width + late) * width + age, return_index=True, return_inverse=True)
    whole = np.bincount(place, weight)
    late, age = (np.bincount(place, weight * times) / whole for times in (t_x, T))
    return x[first], late, age, whole


class _Counts:
    """Whole numbers of which there are few different ones: functions of them are worked out once each."""

    def __init__(self, x: np.ndarray):
        self.different, self.place = np.unique(x, return_inverse=True)

    def __call__(self, function) -> np.ndarray:
        return function(self.different)[self.place]


def _beta_geometric(logs, first: bool, x: _Counts, t_x, T):
    """Log-likelihood, gradient by the logs, log P(alive); `first`: may customers leave after their first purchase?"""
    r, alpha, a, b = np.exp(logs)
    more = float(first)
    n, chances = x(lambda k: k), x(lambda k: k + more)
    alive = x(lambda k: betaln(a, b + k + more)) - (r + n) * np.log(alpha + T)
    gone = x(lambda k: np.where(k + more > 0, betaln(a + 1, b + np.maximum(k + more - 1, 0)), -np.inf))
    gone = gone - (r + n) * np.log(alpha + t_x)
    both = np.logaddexp(alive, gone)
    common = x(lambda k: gammaln(r + k) - gammaln(r)) + r * np.log(alpha) - betaln(a, b)
    w, left = np.exp(alive - both), np.exp(gone - both)
    late, seen = np.log(alpha + T), np.log(alpha + t_x)
    all_in = x(lambda k: psi(a + b) - psi(a + b + k + more))
    slope = np.column_stack([
        r * (x(lambda k: psi(r + k) - psi(r)) + logs[1] - w * late - left * seen),
        alpha * (r / alpha - (r + n) * (w / (alpha + T) + left / (alpha + t_x))),
        a * (left / a + all_in),
        b * (x(lambda k: psi(b + k + more) - psi(b)) - left / np.maximum(b + chances - 1, b) + all_in),
    ])  # fmt: skip
    return common + both, slope, alive - both


def _pareto(logs, first: bool, x: _Counts, t_x, T):
    """The same for a customer who may leave at any time.

    Leaving between t_x and T is an integral of positive terms, (alpha + u)^-(r+x) (beta + u)^-(s+1).  On a scale of
    time that falls as steeply as the term does at t_x it becomes smooth, so few nodes do, and nothing cancels, as the
    published difference of two hypergeometric functions does where x is large.
    """
    r, alpha, s, beta = np.exp(logs)
    n = x(lambda k: k)
    nodes, shares = _gauss(_NODES)
    # the smaller of alpha and beta bends the scale of time; the other's part of the fall can only grow from t_x on
    (low, own), (high, others) = sorted([(alpha, r + n), (beta, s + 1 + 0 * n)], key=lambda pair: pair[0])
    near, beside = np.log(low + t_x)[:, None], np.log(high + t_x)[:, None]
    own, others = own[:, None], others[:, None]
    fall = np.maximum(own + others * np.exp(near - beside) - 1, 1e-3)
    end = np.exp(fall * (near - np.log(low + T)[:, None]))
    past = -np.log(end + (1 - end) * nodes**2) / fall  # of the log of low + u, from t_x on
    log_low = near + past
    log_high = np.log(np.exp(log_low) + (high - low))
    part = (1 - end) * 2 * nodes * shares * np.exp((1 - own + fall) * past - others * (log_high - beside))
    inside = np.maximum(part.sum(axis=1), 1e-300)
    part = part / inside[:, None]
    log_at, log_other = (log_low, log_high) if alpha <= beta else (log_high, log_low)
    late, seen = np.log(alpha + T), np.log(beta + T)
    alive = -(r + n) * late - s * seen
    gone = logs[2] + ((1 - own) * near - others * beside - np.log(fall))[:, 0] + np.log(inside)
    gone = np.where(t_x < T, gone, -np.inf)
    both = np.logaddexp(alive, gone)
    common = x(lambda k: gammaln(r + k) - gammaln(r)) + r * logs[1] + s * logs[3]
    w, left = np.exp(alive - both), np.exp(gone - both)
    slope = np.column_stack([
        r * (x(lambda k: psi(r + k) - psi(r)) + logs[1] - w * late - left * (part * log_at).sum(axis=1)),
        alpha * (r / alpha - (r + n) * (w / (alpha + T) + left * (part * np.exp(-log_at)).sum(axis=1))),
        s * (logs[3] - w * seen + left * (1 / s - (part * log_other).sum(axis=1))),
        beta * (s / beta - w * s / (beta + T) - left * (s + 1) * (part * np.exp(-log_other)).sum(axis=1)),
    ])  # fmt: skip
    return common + both, slope, alive - both


@functools.cache
def _gauss(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of Gauss-Legendre on 0..1."""
    nodes, shares = np.polynomial.legendre.leggauss(count)
    return (nodes + 1) / 2, shares / 2


def alive(fitted: Fit, x, t_x, T) -> np.ndarray:
    """P(alive): how likely is each customer still one?  0..1.  By `bgnbd` who bought once is alive by definition."""
    x, t_x, T = (np.asarray(a, float) for a in (x, t_x, T))
    each = _pareto if fitted.model == "paretonbd" else _beta_geometric
    return np.exp(each(np.log(fitted.values), fitted.model == "mbgnbd", _Counts(x), t_x, T)[2])


def staying(fitted: Fit, x, T, after) -> np.ndarray:
    """Of the customers who are alive now, which share still is `after` days from now?  0..1"""
    return _ahead(fitted, x, T, after, 0)


def pace(fitted: Fit, x, T, after) -> np.ndarray:
    """Purchases a day, `after` days from now, of a customer who is alive now (and may have left by then)."""
    x, T = np.asarray(x, float), np.asarray(T, float)
    return (fitted["r"] + x) / (fitted["alpha"] + T) * _ahead(fitted, x, T, after, 1)


def _ahead(fitted: Fit, x, T, after, more: int) -> np.ndarray:
    """E[exp(-leaving so far)], each customer weighted by her rate to the power `more`.

    Of the two forms by Pfaff (argument in 0..1, one parameter small however often the customer bought) the one that
    stays bounded: the smaller of a and the number of purchases decides.
    """
    x, T, after = (np.asarray(a, float) for a in (x, T, after))
    if fitted.model == "paretonbd":
        return ((fitted["beta"] + T) / (fitted["beta"] + T + after)) ** fitted["s"]
    r, alpha, a, b = fitted.values
    chances = x + (fitted.model == "mbgnbd")
    y = after / (alpha + T)
    often, leave, whole, part = np.broadcast_arrays(r + x + more, a, a + b + chances, y / (1 + y))
    one, other = np.minimum(often, leave), np.maximum(often, leave)
    return (1 - part) ** one * hyp2f1(one, whole - other, whole, part)


def purchases(fitted: Fit, x, t_x, T, days: float, discount: float = 0.0, leaving: float = 1.0) -> np.ndarray:
    """Purchases to be expected of each customer in the next `days`, those of later days worth less.

    discount  a day, continuous: a purchase after t days counts exp(-discount t)
    leaving   how fast customers leave from now on, against how they did (0.9: a tenth slower); a hazard times c is the
              same future seen on a clock of leaving that runs c times as fast
    """
    x, t_x, T = (np.asarray(a, float) for a in (x, t_x, T))
    return alive(fitted, x, t_x, T) * to_come(fitted, x, T, days, discount, leaving)


def to_come(fitted: Fit, x, T, days: float, discount: float = 0.0, leaving: float = 1.0) -> np.ndarray:
    """The same, of a customer who is known to be alive."""
    pairs, place = np.unique(np.stack([x, T]), axis=1, return_inverse=True)
    k, age = pairs[0][:, None], pairs[1][:, None]
    nodes, shares = _gauss(_NODES)
    after = days * nodes**2  # closer together at the beginning, where most happens
    weights = days * 2 * nodes * shares * np.exp(-discount * after)
    return (pace(fitted, k, age, leaving * after) @ weights)[np.ravel(place)]


def newcomer(fitted: Fit, days) -> np.ndarray:
    """Repeat purchases a day of a customer of whom nothing is known, `days` after the first purchase."""
    zero = np.zeros(1)
    return alive(fitted, zero, zero, zero) * pace(fitted, 0.0, 0.0, np.asarray(days, float))
