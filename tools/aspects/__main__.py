"""How well are aspects found and felt?  `python -m tools.aspects DATA` prints it, aspect by aspect, by people's labels.

DATA  the folder of real data that CX_REAL_DATA names;  with a file's name after it, what `misreading` counts is written
      there (cx_helpers/intake/models/aspects-fa.csv)

Three kinds of proof, from the weakest claim to the strongest:

labelled  270 comments (150 of a food delivery drawn by chance, 120 of a shop drawn from those with a word of service),
          every aspect in them and its feeling, labelled by one of us before any was scored.  Only ids and labels are
          kept here.  Errors were looked at, and numbers chosen, on every other one; the rest is the report.  (Who chose
          the words had labelled both halves: data that nobody here has read are the harder proof.)
targets   sentences in which people marked targets (a battery, the price) with their polarity, 999 and 2,001 of them.
          KEY says which aspect a target is of.  Precision is a lower bound: people did not mark all there is.
lists     the `advantages` and `disadvantages` that buyers wrote: is the first felt good, the second bad?
"""

from __future__ import annotations

import ast
import gzip
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from cx_helpers import certainty, persian
from cx_helpers.intake import aspect_table, aspects

HERE = Path(__file__).parent
ENOUGH = 20  # labels of an aspect in a source, that its share tells something
FEWEST = 3  # labelled comments of an aspect, below which it is no part of the mean over aspects
# the beginning of a target's words -> its aspect: the labels' side, kept apart from the table that is judged
KEY = {
    "price": "قیمت ارزش هزینه",
    "packaging": "بسته‌بندی بسته جعبه",
    "delivery": "ارسال تحویل",
    "support": "گارانتی خدمات پشتیبانی",
    "quality": "کیفیت جنس ساخت بدنه بدنش متریال دوام طراحی ظاهر رنگ سایز انداز ابعاد وزن ضخامت زیبایی چاپ پارچه "
    "دوخت حجم",
    "taste": "دوربین باتری باطری صفحه صفحش نمایشگر صدا تاچ سخت نرم‌افزار پردازنده رم حافظ حسگر سنسور اثر آنتن انتن سرعت "
    "کارایی عملکرد ماندگار بو بوی بوش طعم رایحه بیس اسپیکر شارژ سلفی امکانات پوشش قدرت",
}


def labelled(data: Path, half: int, table: aspect_table.Table) -> pd.DataFrame:
    """One row a comment and aspect that a person or the table names: person, felt (+ - 0), score."""
    sources = {
        "snappfood": ("snappfood_comments/comments.csv.gz", "comment_id", "text"),
        "digikala": ("digikala_reviews/reviews.csv.gz", "id", "body"),
    }
    rows = []
    for name, (path, key, column) in sources.items():
        said = pd.read_csv(HERE / f"{name}.csv", keep_default_na=False).iloc[half::2]
        texts = pd.read_csv(data / path, usecols=[key, column]).set_index(key)[column]
        found = aspects.feelings(texts.loc[said["comment_id"]].reset_index(drop=True), table=table)
        for place, marks in enumerate(said["aspects"]):
            felt = {mark[:-1]: mark[-1] for mark in marks.split()}
            for aspect in table.aspects:
                score = found.at[place, f"{aspects.PREFIX}{aspect}"]
                if aspect in felt or score == score:
                    rows.append((name, aspect, aspect in felt, felt.get(aspect, ""), score))
    return pd.DataFrame(rows, columns=["source", "aspect", "person", "felt", "score"])


def targets(data: Path) -> pd.DataFrame:
    """One row a target: source, text, target, felt (+ - 0)."""
    rows = []
    frame = pd.read_csv(data / "aspects/digikala_aspects.csv", keep_default_na=False)
    for text, names, tones in zip(frame["Fa_sentenc"], frame["Fa_aspect"], frame["sentiment"], strict=True):
        rows += [("digikala_aspects", text, *pair) for pair in zip(names.split(","), tones.split(","), strict=False)]
    with gzip.open(data / "aspects/pars_absa_test.txt.gz", "rt", encoding="utf-8") as file:
        lines = file.read().splitlines()
    for text, target, tone in zip(lines[::3], lines[1::3], lines[2::3], strict=False):
        rows.append(("pars_absa", text.replace("$T$", target), target, tone))
    out = pd.DataFrame(rows, columns=["source", "text", "target", "felt"])
    tones = {"positive": "+", "negative": "-", "1": "+", "-1": "-"}
    return out.assign(felt=out["felt"].str.strip().map(tones).fillna("0"), aspect=out["target"].map(_aspect_of))


def _aspect_of(target: str) -> str | None:
    words = persian.simplify(target).split()
    heads = {aspect: persian.simplify(key).split() for aspect, key in KEY.items()}
    found = {a for word in words for a, starts in heads.items() if any(word.startswith(s) for s in starts)}
    return None if not found else "taste" if found >= {"taste"} else sorted(found)[0]  # «کیفیت صدا» is of the sound


def judged(rows: pd.DataFrame) -> pd.DataFrame:
    """Per aspect: labelled, precision, recall, f1, and polarity (share of right signs) given the aspect, with n."""
    found, out = rows["score"].notna(), {}
    for aspect, part in rows.groupby("aspect", sort=False):
        here = found[part.index]
        both, named = int((here & part["person"]).sum()), int(part["person"].sum())
        clear = part[here & part["person"] & part["felt"].isin(["+", "-"])]
        right = int(((clear["score"] > 0) == (clear["felt"] == "+")).sum())
        low, high = certainty.wilson(right, len(clear))
        out[aspect] = {
            "labelled": named,
            "precision": both / max(int(here.sum()), 1),
            "recall": both / named if named else np.nan,
            "f1": 2 * both / max(int(here.sum()) + named, 1) if named else np.nan,
            "polarity": right / len(clear) if len(clear) else np.nan,
            "low": float(low),
            "high": float(high),
            "n": len(clear),
        }
    return pd.DataFrame(out).T.sort_values("labelled", ascending=False)


def summary(rows: pd.DataFrame) -> dict[str, float]:
    """Mean of F1 over aspects with enough labels, F1 over all, share of right signs over all, with its interval."""
    each = judged(rows)
    clear = rows[rows["person"] & rows["score"].notna() & rows["felt"].isin(["+", "-"])]
    right = ((clear["score"] > 0) == (clear["felt"] == "+")).sum()
    low, high = certainty.wilson(right, len(clear))
    return {
        "macro_f1": each.loc[each["labelled"] >= FEWEST, "f1"].mean(),
        "f1": 2 * (rows["person"] & rows["score"].notna()).sum() / (rows["person"].sum() + rows["score"].notna().sum()),
        "polarity": right / len(clear),
        "low": float(low),
        "high": float(high),
        "n": len(clear),
    }


def by_target(data: Path, table: aspect_table.Table) -> pd.DataFrame:
    """`labelled`'s rows from targets: what a sentence's targets name, and what the table finds in it."""
    said, rows = targets(data), []
    for source, part in said.groupby("source", sort=False):
        texts = pd.Series(part["text"].unique())
        found = aspects.feelings(texts, table=table).set_axis(texts)
        felt = part.dropna(subset="aspect").groupby(["text", "aspect"])["felt"].agg(lambda tones: _one(set(tones)))
        for text in texts:
            own = felt[text] if text in felt.index.get_level_values(0) else {}
            for aspect in KEY:
                score = found.at[text, f"{aspects.PREFIX}{aspect}"]
                if aspect in own or score == score:
                    rows.append((source, aspect, aspect in own, own.get(aspect, ""), score))
    return pd.DataFrame(rows, columns=["source", "aspect", "person", "felt", "score"])


def _one(tones: set[str]) -> str:
    return tones.pop() if len(tones) == 1 else "0"


def lists(data: Path, table: aspect_table.Table) -> pd.DataFrame:
    """Rows as `labelled`'s from what buyers listed as good and bad, each item by itself: only its feeling is known."""
    frame = pd.read_csv(data / "digikala_reviews/reviews.csv.gz", usecols=["advantages", "disadvantages"])
    items = [
        (item.strip(), tone)
        for column, tone in (("advantages", "+"), ("disadvantages", "-"))
        for cell in frame[column].dropna()
        for item in ast.literal_eval(cell)
    ]
    items = pd.DataFrame(items, columns=["text", "felt"])
    found = aspects.feelings(items["text"], table=table).filter(like=aspects.PREFIX)
    long = found.stack().dropna().rename("score").rename_axis([None, "aspect"]).reset_index(level=1).join(items)
    long["aspect"] = long["aspect"].str.removeprefix(aspects.PREFIX)
    return long.assign(person=True, source="lists")[["source", "aspect", "person", "felt", "score"]].reset_index(
        drop=True
    )


def misreading(rows: pd.DataFrame) -> pd.DataFrame:
    """Which share is unhappy with an aspect, by people and as read?  One row a source and aspect of ENOUGH labels.

    rows  of `labelled` and `by_target`: aspects that both name
    Returns index domain (source/aspect): n, unhappy (share by people), read (share of a feeling below 0): counts, no
    texts.  What misread.widened reads.
    """
    both = rows[rows["person"] & rows["score"].notna() & rows["felt"].isin(["+", "-", "0"])]
    both = both.assign(
        unhappy=both["felt"] == "-", read=both["score"] < 0, domain=both["source"] + "/" + both["aspect"]
    )
    found = both.groupby("domain").agg(n=("read", "size"), unhappy=("unhappy", "mean"), read=("read", "mean"))
    return found[found["n"] >= ENOUGH].round(4)


def main(data: Path, out: Path | None = None) -> None:
    table = aspect_table.load()
    parts = {
        "labelled by us, the half that was tuned on": labelled(data, 0, table),
        "labelled by us, the half left out": labelled(data, 1, table),
    }
    marked = by_target(data, table)
    parts |= {f"targets of {source}": part for source, part in marked.groupby("source", sort=False)}
    parts["lists of advantages and disadvantages"] = lists(data, table)
    for title, rows in parts.items():
        print(f"\n{title}")
        print(judged(rows.reset_index(drop=True)).round(3).to_string())
        print("   ".join(f"{name} {value:.3f}" for name, value in summary(rows.reset_index(drop=True)).items()))
    wrong = misreading(pd.concat([*(labelled(data, half, table) for half in (0, 1)), marked], ignore_index=True))
    print(f"\nwho is unhappy, by people and as read\n{wrong.to_string()}")
    if out is not None:
        wrong.to_csv(out)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or not Path(sys.argv[1]).is_dir():
        sys.exit("usage: python -m tools.aspects DATA [OUT]; DATA: the folder that holds aspects/, digikala_reviews/ …")
    main(*map(Path, sys.argv[1:]))
