"""Which id does a person carry, and for how long?  Ids that stay while records come, go, and change groups.

A person's id is the customer_id of the record that was known first.  It stays when records join; where two people turn
out to be one, the older id stays; where one falls apart, it stays with the record whose id it is, else with most of
them.  Of equal age the smaller id is the older: nothing depends on the order of rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

Known = dict[str, tuple[str, int]]  # customer_id: (the person's id, the ingest in which that id came up)


def assign(groups: Iterable[list[str]], before: Known) -> Known:
    """Give every group of customer_ids its id.

    groups  who is one person now, every record once;  before  what was given the last time (empty at first)
    """
    groups = sorted(sorted(group) for group in groups)
    now = max((since for _, since in before.values()), default=0) + 1
    age = dict(before.values())
    claims = _claims(groups, before)
    known: Known = {}
    for number, group in enumerate(groups):
        person = min(claims.get(number, ()), key=lambda p: (age[p], p), default=None)
        if person is None:  # nobody of them was known, or their ids stayed elsewhere
            free = [x for x in group if x not in age]
            person = free[0] if free else f"{group[0]}~{now}"  # a record came back whose id has stayed with others
        known |= dict.fromkeys(group, (person, age.get(person, now)))
    return known


def _claims(groups: list[list[str]], before: Known) -> dict[int, set[str]]:
    """Which older ids does each group have a right to?  Each id goes to one group."""
    place = {x: number for number, group in enumerate(groups) for x in group}
    votes: dict[str, Counter] = {}
    for x, (person, _) in before.items():
        if x in place:
            votes.setdefault(person, Counter())[place[x]] += 1
    claims: dict[int, set[str]] = {}
    for person, counts in votes.items():
        best = place[person] if place.get(person) in counts else min(counts, key=lambda n: (-counts[n], groups[n]))
        claims.setdefault(best, set()).add(person)
    return claims
