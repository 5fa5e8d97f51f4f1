"""Which further cells of a table must go, so that no missing one can be worked out from the others and the sums?

A missing cell is known exactly when it lies on no ring of missing cells, each next one in the row or the column of the
one before: along a ring a little can be added here and taken there, and no sum tells.  The cheapest ring through a cell
is a shortest path.  Source: Gusfield, SIAM J. Comput. 17, 1988; Kelly, Golden, Assad, Networks 22, 1992.
"""

from __future__ import annotations

import heapq
import itertools

import numpy as np


def closed(n, small, hidden, down, across) -> np.ndarray:
    """Hide further cells until each small one, and each small sum at a side, lies on a ring of missing ones.

    n             what adds up to the sums at the sides, cell by cell;  small  cells that nobody may work out
    hidden        cells that are missing already, the small ones among them
    down, across  for the rows and for the columns: (the line of each cell, lines whose sum is small, lines whose sum is
                  not known).  Combinations that are not listed look to a reader as hidden ones do
    Returns for each cell whether it is to be hidden.
    """
    (row, small_row, no_row), (column, small_column, no_column) = down, across
    rows, columns = len(small_row), len(small_column)
    first = rows + 1  # lines: the rows, the row of sums, the columns, the column of sums
    ends = [*zip(row, first + column, strict=True)]
    ends += [(line, first + columns) for line in np.flatnonzero(no_row)]
    ends += [(rows, first + line) for line in np.flatnonzero(no_column)]
    extra = np.ones(len(ends) - len(n))
    price = np.concatenate([np.where(hidden, 0.0, np.maximum(n, 0.5)), 0 * extra])  # a count of 0 tells least
    wanted = np.concatenate([small, small_row[no_row], small_column[no_column]]).astype(bool)
    lines: list[list[tuple[int, int]]] = [[] for _ in range(first + columns + 1)]
    # what a ring adds to one cell it takes from the next; where nobody is, nothing can be taken: such cells are passed
    # in one direction.  A combination that is not listed is as good as hidden
    for edge, (a, b) in enumerate(ends):
        lines[a].append((edge, b))
        if edge >= len(n) or n[edge] > 0:
            lines[b].append((edge, a))
    for a, b in sorted(set(itertools.product(range(rows), range(columns))) - set(zip(row, column, strict=True))):
        lines[a].append((_UNLISTED, first + b))
    for edge in sorted(np.flatnonzero(wanted), key=lambda e: (e < len(n)) * n[e % len(n)]):
        ways = [_cheapest(lines, *way, edge, price) for way in (ends[edge], ends[edge][::-1])]  # less there, or more
        ways = [way for way in ways if way is not None] or [range(len(n))]  # no ring: nothing of the table can be shown
        path = [e for e in min(ways, key=lambda way: sum(price[e] for e in way if e != _UNLISTED)) if e != _UNLISTED]
        price[path] = 0
    return price[: len(n)] == 0


_UNLISTED = -1


def _cheapest(lines, start: int, goal: int, without: int, price) -> list[int] | None:
    """The edges of the cheapest way between two lines that does not use one edge; None where there is no way."""
    best, came, queue = {start: 0.0}, {}, [(0.0, start)]
    while queue:
        so_far, at = heapq.heappop(queue)
        if at == goal:
            way = []
            while at != start:
                edge, at = came[at]
                way.append(edge)
            return way
        if so_far > best[at]:
            continue
        for edge, there in lines[at]:
            more = so_far + (0.0 if edge == _UNLISTED else price[edge])
            if edge != without and more < best.get(there, np.inf):
                best[there], came[there] = more, (edge, at)
                heapq.heappush(queue, (more, there))
    return None
