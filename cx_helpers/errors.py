"""What was asked for cannot be: how is that said in one sentence, where a notebook would print forty lines?"""

from __future__ import annotations

import traceback


class Refusal(ValueError):
    """What was asked for cannot be; the message says what is wrong, what is there, and what to do.

    The parent of this house's errors that whoever reads a notebook can mend.  Under a cell stand the line that asked
    and the message: the way through our code would only hide them.
    """

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback."""
        asked = [frame for frame in traceback.extract_tb(self.__traceback__) if frame.name == "<module>"]
        where = [f"line {asked[-1].lineno}: {asked[-1].line}"] if asked and asked[-1].line else []
        return [*where, f"{type(self).__name__}: {self}"]
