"""How many threads may a small sum take?  One: several wait for each other, longest where others work beside them."""

from __future__ import annotations

import importlib


def one(*modules: str):
    """A context in which the linear algebra of these modules, and of all that is loaded, takes one thread.

    modules  names of what will compute inside: only what is loaded when the context begins is limited
    """
    from threadpoolctl import threadpool_limits

    for name in modules:
        importlib.import_module(name)
    return threadpool_limits(1)
