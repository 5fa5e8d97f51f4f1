"""On a company in which there is nothing to find, at most one run in twenty holds a finding of severity high.

The company is the sample's own generator with all effects off: 6,000 customers, 24 months, the same workspace.  Each
seed is read by all notebooks, cell by cell in this process, as papermill would.  Twenty companies take an hour of a
slow core: where CI is set the first four of them are read, and then none may be loud.
"""

import os

import pytest
from cells import read_all

from tools.sample import NONE
from tools.sample.__main__ import fill

SEEDS = range(100, 104 if os.environ.get("CI") else 120)
loud: dict[int, list] = {}
told: dict[int, int] = {}


@pytest.mark.parametrize("seed", SEEDS)
def test_an_empty_company_is_read_to_its_end(seed, tmp_path):
    fill(tmp_path, seed, NONE)
    read = read_all(tmp_path / "evidence", workspace=str(tmp_path))
    found = [f | {"report": name} for name, one in read.items() for f in one["findings"]]
    told[seed] = len(found)
    loud[seed] = [
        (f["report"], f["kind"], f["subject"], f["measure"], f["p_adjusted"]) for f in found if f["severity"] == "high"
    ]
    assert len(found) < 10, "what is found where nothing is cannot be many"


def test_at_most_one_run_in_twenty_is_loud():
    assert len(loud) == len(SEEDS), "run the whole file: the seeds come first"
    assert sum(map(bool, loud.values())) <= len(SEEDS) // 20, {seed: what for seed, what in loud.items() if what}


def test_the_search_was_not_switched_off():
    """A run that can say nothing is silent for the wrong reason: among so many some small claim slips through."""
    assert sum(told.values()) > 0
