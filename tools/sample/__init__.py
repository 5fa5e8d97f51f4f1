"""The sample company: an invented Iranian online shop with planted truths, from one seed.

    python -m tools.sample data/sample        writes the workspace that ships
    tools.sample.build(seed, effects)         the same company, or one in which there is nothing to find, as frames

A module answers one question: `effects` what is there to find, `calendar` when, `people` who, `products` what is sold,
`lifetimes` what each customer lives through, `journeys` by which steps, `feedback` how they answer, `talk` what they
write (`compose`, sentences.txt), `extras` contracts and experiments, `files` how it is written,
`truth` whether each effect is there.
"""

from .build import build
from .effects import ALL, EFFECTS, NONE
from .files import write

SEED = 42

__all__ = ["ALL", "EFFECTS", "NONE", "SEED", "build", "write"]
