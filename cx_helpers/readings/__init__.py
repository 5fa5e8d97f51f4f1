"""answer -> what a manager hears: sentences and findings.  `readings.survey.sentence` reads `measures.survey`."""

from __future__ import annotations

import importlib
import pkgutil


def __getattr__(name: str):
    """The reading `name`, imported when it is first asked for."""
    if name in __dir__():
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"no reading {name!r}; there are: {', '.join(__dir__())}")


def __dir__() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(__path__))
