"""Who is one person, when links chain?  Groups of records in which no two speak against each other.

Links are taken strongest first; two groups become one only where no record of the one contradicts a record of the
other (another national id, another first name, another birth date, an analyst's "different").  So a shared phone or a
record without a name never ties two people together, however long the chain.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

CROWD = 200  # records in a group of links; within a larger one only scored pairs are looked at for contradictions


class Forest:
    """Union-find over records that refuses to join groups that contradict each other."""

    def __init__(self) -> None:
        self.parent: dict[int, int] = {}
        self.members: dict[int, list[int]] = {}
        self.against: dict[int, set[int]] = defaultdict(set)

    def find(self, x: int) -> int:
        """The group of a record, named by one of its records."""
        self.parent.setdefault(x, x)
        while self.parent[x] != x:
            self.parent[x] = x = self.parent[self.parent[x]]
        return x

    def forbid(self, a: int, b: int) -> None:
        """These two are not one person."""
        self.against[a].add(b)
        self.against[b].add(a)

    def answer(self, answers: Iterable[tuple[int, int, bool]]) -> list[tuple[int, int]]:
        """Take what an analyst said of pairs, (a, b, are they one), before all else; returns pairs that it tied."""
        answers = list(answers)
        for a, b, one in answers:
            if not one:
                self.forbid(a, b)
        return [(a, b) for a, b, one in answers if one and self.join(a, b)]

    def join(self, a: int, b: int) -> bool:
        """Make one group of the groups of two records, unless they contradict; returns whether this has tied them."""
        a, b = self.find(a), self.find(b)
        if a == b:
            return False
        left, right = self.members.setdefault(a, [a]), self.members.setdefault(b, [b])
        if len(left) < len(right):
            a, b, left, right = b, a, right, left
        if any(self.against[x] & set(left) for x in right if x in self.against):
            return False
        self.parent[b] = a
        left += right
        del self.members[b]
        return True


def components(edges: list[tuple[int, int]]) -> dict[int, int]:
    """The connected group of every record that has a link, as {record: its group's smallest record}."""
    parent: dict[int, int] = {}

    def find(x: int) -> int:
        while parent.setdefault(x, x) != x:
            parent[x] = x = parent[parent[x]]
        return x

    for a, b in edges:
        a, b = find(a), find(b)
        if a != b:
            parent[max(a, b)] = min(a, b)
    return {x: find(x) for x in parent}
