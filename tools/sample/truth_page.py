"""What does TRUTH.md say?  The planted truths, one by one, with what came out in the tables that ship."""

from __future__ import annotations

import pandas as pd

from .effects import EFFECTS
from .people import SMALL_PROVINCE
from .truth import measured


def page(tables: dict[str, pd.DataFrame], seed: int) -> str:
    """TRUTH.md: what is planted, where, how strong, and how strong it came out in these tables."""
    found = measured(tables)
    lines = [
        "# What is planted in the sample company",
        "",
        f"Written by `python -m tools.sample data/sample` (seed {seed}). Every truth is a switch of",
        "`tools.sample.build`; with all of them off the same generator makes a company with nothing to find.",
        "What came out is measured in the shipped tables by `tools/sample/truth.py`; z is the distance of the two",
        "values in standard errors. The default period is 1404-06 (Shahrivar 1404), the last month.",
        "",
    ]
    for number, (name, effect) in enumerate(EFFECTS.items(), 1):
        m = found[name]
        lines += [
            f"## {number}. `{name}`: {effect.what}",
            "",
            f"- where and when: {effect.where}",
            f"- size in the generator: {effect.size}",
            f"- came out: {m.what}: {m.here:.3g} (n {m.n:,}) against {m.there:.3g} (n {m.n_there:,}), z {m.z:.1f}",
            f"- found by: {effect.report}",
            "",
        ]
    gift = found["free_gift (no effect)"]
    small = tables["customers"]["province"].eq(SMALL_PROVINCE).sum()
    lines += [
        "## What is planted to be *not* found",
        "",
        f"- experiment `free_gift`: {gift.here:.3f} against {gift.there:.3f}, z {gift.z:.1f}; the variants are alike.",
        "- `attr_packaging` and `attr_price`: correlated with overall satisfaction, own weight 0.",
        f"- province {SMALL_PROVINCE} has {small} customers: fewer than `privacy.smallest_group`, to be suppressed.",
        "- segment `pilot` (24 customers) has no purchase since 1403-07 and nobody in 1404-06: a report on it says so.",
        "- about 1 % of touchpoints share their second with the customer's step before; `event_id` breaks the tie.",
        "- `touchpoints.stage` is null in the phone log: `stages` of workspace.yaml fills it.",
        "",
    ]
    return "\n".join(lines)
