"""Where does a mark's name stand so that no two names overlap?"""

from __future__ import annotations

_SIDES = (
    "top center",
    "bottom center",
    "middle right",
    "middle left",
    "top right",
    "top left",
    "bottom right",
    "bottom left",
)
_LETTER, _LINE, _GAP = 6.6, 19, 9  # pixels of 12.5 px Vazirmatn
_NEAR = 16  # pixels: a mark and a little
PHONE = 300  # pixels that a plot has there


def together(xs, ys, names, x_range, y_range, width: float = 900, height: float = 380) -> list[list[str]]:
    """The names that stand at each mark: marks that all but cover each other have theirs at the first, as lines.

    Arguments as of `place_labels`, with one name a mark; a mark whose name stands at another has none.
    """
    spots = _spots(xs, ys, x_range, y_range, width, height)
    first = list(range(len(spots)))  # the mark where the names stand
    for i, (x, y) in enumerate(spots):
        for j, (u, v) in enumerate(spots[:i]):
            if abs(x - u) < _NEAR and abs(y - v) < _NEAR:
                first = [first[j] if at == first[i] else at for at in first]
    return [[name for name, at in zip(names, first, strict=True) if at == i] for i in range(len(spots))]


def _spots(xs, ys, x_range, y_range, width: float, height: float) -> list[tuple[float, float]]:
    (left, right), (low, high) = x_range, y_range
    return [
        (width * (x - left) / (right - left), height * (1 - (y - low) / (high - low)))
        for x, y in zip(xs, ys, strict=True)
    ]


def place_labels(xs, ys, names, x_range, y_range, width: float = 900, height: float = 380) -> list[str]:
    """plotly's textposition for each mark: greedy, upper marks first, the side with the least overlap.

    xs, ys  places in data units;  names  the lines at each mark;  x_range, y_range  what the axes show;
    width, height  of the plot in pixels
    Overlap counts names already placed, all marks, and what sticks out of the plot.
    """
    spots = _spots(xs, ys, x_range, y_range, width, height)
    taken = [(x - 7, y - 7, x + 7, y + 7) for x, y in spots]
    chosen = [""] * len(spots)
    for i in sorted(range(len(spots)), key=lambda i: spots[i][1]):
        boxes = {side: _box(spots[i], side, names[i]) for side in _SIDES}
        others = [box for j, box in enumerate(taken) if j != i]
        chosen[i] = min(_SIDES, key=lambda side: _cost(boxes[side], others, width, height))
        taken.append(boxes[chosen[i]])
    return chosen


def _box(spot, side: str, lines: list[str]):
    x, y = spot
    length, tall = _LETTER * max(map(len, lines), default=0), _LINE * len(lines)
    vertical, horizontal = side.split()
    left = {"center": x - length / 2, "right": x + _GAP, "left": x - _GAP - length}[horizontal]
    top = {"middle": y - tall / 2, "top": y - _GAP - tall, "bottom": y + _GAP}[vertical]
    return left, top, left + length, top + tall


def _cost(box, others, width: float, height: float) -> float:
    covered = sum(
        max(0, min(box[2], o[2]) - max(box[0], o[0])) * max(0, min(box[3], o[3]) - max(box[1], o[1])) for o in others
    )
    outside = max(0, -box[0]) + max(0, box[2] - width) + max(0, -box[1]) + max(0, box[3] - height)
    return covered + outside * _LINE
