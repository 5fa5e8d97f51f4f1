"""What was asked for cannot be: how is that said in one sentence, where a notebook would print forty lines?

A sentence that a page may have to show is said in both languages (`wording.say`): str() is English, for logs and
terminals, and the page takes its reader's half.
"""

from __future__ import annotations

import traceback


class Refusal(ValueError):
    """What was asked for cannot be; the message says what is wrong, what is there, and what to do.

    The parent of this house's errors that whoever reads a notebook can mend.  Under a cell stand the line that asked
    and the message, in both languages where it has both: the way through our code would only hide them.

    said  a text, or {"fa", "en"}; `words` holds the pair, None where there is only one
    """

    def __init__(self, said: str | dict[str, str]):
        self.words = said if isinstance(said, dict) else None
        super().__init__(said["en"] if self.words else said)

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback."""
        asked = [frame for frame in traceback.extract_tb(self.__traceback__) if frame.name == "<module>"]
        where = [f"line {asked[-1].lineno}: {asked[-1].line}"] if asked and asked[-1].line else []
        return [*where, f"{type(self).__name__}: {self}", *([self.words["fa"]] if self.words else [])]


def heard(kind: str, message: str, shown: list[str]) -> dict[str, str] | None:
    """The words in both languages of an error that a notebook's cell ended with; None where it had only one.

    kind, message, shown  as Jupyter notes an error: its class, its text, the lines under the cell
    """
    said = f"{kind}: {message}"
    after = shown[shown.index(said) + 1 :] if said in shown else []
    return {"fa": after[0], "en": message} if after else None
