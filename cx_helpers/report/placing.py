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


def place_labels(xs, ys, names, x_range, y_range, width: float = 900, height: float = 380) -> list[str]:
    """plotly's textposition for each mark: greedy, upper marks first, the side with the least overlap.

    xs, ys  places in data units;  x_range, y_range  what the axes show;  width, height  of the plot in pixels
    Overlap counts names already placed, all marks, and what sticks out of the plot.
    """
    spots = [
        (
            width * (x - x_range[0]) / (x_range[1] - x_range[0]),
            height * (1 - (y - y_range[0]) / (y_range[1] - y_range[0])),
        )
        for x, y in zip(xs, ys, strict=True)
    ]
    taken = [(x - 7, y - 7, x + 7, y + 7) for x, y in spots]
    chosen = [""] * len(spots)
    for i in sorted(range(len(spots)), key=lambda i: spots[i][1]):
        boxes = {side: _box(spots[i], side, _LETTER * len(names[i])) for side in _SIDES}
        others = [box for j, box in enumerate(taken) if j != i]
        chosen[i] = min(_SIDES, key=lambda side: _cost(boxes[side], others, width, height))
        taken.append(boxes[chosen[i]])
    return chosen


def _box(spot, side: str, length: float):
    x, y = spot
    vertical, horizontal = side.split()
    left = {"center": x - length / 2, "right": x + _GAP, "left": x - _GAP - length}[horizontal]
    top = {"middle": y - _LINE / 2, "top": y - _GAP - _LINE, "bottom": y + _GAP}[vertical]
    return left, top, left + length, top + _LINE


def _cost(box, others, width: float, height: float) -> float:
    covered = sum(
        max(0, min(box[2], o[2]) - max(box[0], o[0])) * max(0, min(box[3], o[3]) - max(box[1], o[1])) for o in others
    )
    outside = max(0, -box[0]) + max(0, box[2] - width) + max(0, -box[1]) + max(0, box[3] - height)
    return covered + outside * _LINE
