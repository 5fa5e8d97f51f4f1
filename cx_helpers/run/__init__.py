"""The parts of a run, each answering one question; `cx_helpers.runner` puts them together."""
