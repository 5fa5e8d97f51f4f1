"""From which weight on will a name do, where nothing beside it agrees?  As the company's own records answer.

Records whose mobiles are known show it: hide their keys, look for each one's likeliest person by name and place
alone, and see whether the mobile says the same.  Where names are rare that is so at low weights, where all share a few
names at none.  A person who changed the mobile counts as wrong here: the answer errs on the careful side.
"""

from __future__ import annotations

from cx_helpers.intake.comparisons import COMPARISONS

USUAL = 2.0  # where too few records tell
RIGHT = 0.93  # share of likeliest persons that must be the right one; a name alone ties about one pair in twenty
FEWEST = 300  # records that one step must rest on
STEP = 0.5
_ALIKE = "('same', 'sound', 'close', 'recut')"
_SHOWN = ("first", "last", "place", "company")


def enough(con, margin: float) -> float:
    """The least weight from which on a name and a place lead to the right person, where no rival comes near.

    Needs id_first (records weighed), id_people (who is one person by sure links) and id_records.
    margin  by so much the likeliest person must outweigh the next
    """
    steps: list[tuple[float, int, int]] = []
    for low, n, right in con.execute(_asked(margin)).fetchall():
        step = (low, n, right)
        # a heavier name leads right more often: a step that does no better than the one below it is one with it
        while steps and (steps[-1][1] < FEWEST or steps[-1][2] * step[1] < step[2] * steps[-1][1]):
            _, n, right = steps.pop()
            step = (low, n + step[1], right + step[2])
        steps.append(step)
    good = [low for low, n, right in steps if n >= FEWEST and right >= RIGHT * n]
    return min(USUAL, *good) if good else USUAL


def _asked(margin: float) -> str:
    """SQL of (weight, records whose likeliest person has it, how many of those persons are right), highest first."""
    hidden = " - ".join(["weight", *(f"w_{c.name}" for c in COMPARISONS if c.name not in _SHOWN)])
    hidden += " - CASE WHEN place IN ('home', 'near') THEN w_place ELSE 0 END"
    return f"""
        WITH alike AS (SELECT l, r, {hidden} AS weight FROM id_first WHERE first IN {_ALIKE} AND last IN {_ALIKE}),
        sides AS (SELECT l AS x, r AS y, weight FROM alike UNION ALL SELECT r, l, weight FROM alike),
        phoned AS (SELECT unique_id, person FROM id_records JOIN id_people USING (unique_id) WHERE mobile IS NOT NULL),
        persons AS (
            SELECT x, a.person AS own, b.person AS other, max(weight) AS weight FROM sides
            JOIN phoned a ON a.unique_id = x JOIN phoned b ON b.unique_id = y GROUP BY ALL),
        likeliest AS (
            SELECT own = other AS same, weight,
                weight - coalesce(lead(weight) OVER (PARTITION BY x ORDER BY weight DESC, other), -20) AS margin
            FROM persons QUALIFY row_number() OVER (PARTITION BY x ORDER BY weight DESC, other) = 1)
        SELECT floor(weight / {STEP}) * {STEP} AS low, count(*), sum(same::INTEGER) FROM likeliest
        WHERE margin >= {margin} GROUP BY low ORDER BY low DESC"""
