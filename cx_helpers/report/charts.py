"""Which picture shows an answer?  Charts compute nothing: they draw the columns of an answer and say what is drawn.

ranges        how do groups differ, and how sure is that?       a dot and its interval for each group
lines         how did it go over time?                          one line for each group, with a band
fan           where is it going, and how sure is that?       a line that opens into the bands of a forecast
bars          how much of each?                                 lengths, or parts of a whole
waterfall     what adds, what takes, and what is left?          bars that begin where the last one ended
heat          which cell of a grid stands out?                  cohort triangle, two groupings crossed
flow          where do they go from here?                       ribbons between places
curve         how does it feel along the way?                   the emotion curve over stages
quadrant      what is important and badly done?                 importance x performance
against       does one number keep to another?                  a line for each group, against the diagonal
density       where does one number lie, as far as is known?    a hill for each group, its wrong side red
timeline      what happened to one, and when?               the lab only
small_multiples  the same picture for many groups, in print    seaborn

Each takes `title` and `caption` as {"fa", "en"} or plain text, and returns a Chart: leave it as a
cell's last line.  An empty answer gives a sentence.
"""

from __future__ import annotations

from cx_helpers.report.against import against
from cx_helpers.report.bars import bars
from cx_helpers.report.density import density
from cx_helpers.report.explore import explore
from cx_helpers.report.fan import fan
from cx_helpers.report.intervals import ranges
from cx_helpers.report.maps import flow, heat
from cx_helpers.report.paths import curve, quadrant
from cx_helpers.report.prints import small_multiples
from cx_helpers.report.timeline import timeline
from cx_helpers.report.trends import lines
from cx_helpers.report.waterfall import waterfall

__all__ = [
    "ranges", "lines", "bars", "heat", "flow", "curve", "quadrant", "against", "density", "small_multiples", "timeline",
    "fan", "waterfall", "explore"
]  # fmt: skip
