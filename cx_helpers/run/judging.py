"""How good is the sentiment model?  Its held-out proof and a test, in numbers and as a page in both languages.

What is measured is told in `sentiment_evidence`; this module only brings it together and sets it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
from scipy.special import expit

from cx_helpers import certainty, wording
from cx_helpers.intake import sentiment_evidence as evidence
from cx_helpers.intake import sentiment_labelled as labelled
from cx_helpers.intake import sentiment_model
from cx_helpers.records import clean


@dataclass
class Judged:
    """A model's proof: histograms by way (sentiment_evidence), those of the model before, and the test's changes."""

    name: str
    taught: dict
    recipe: dict
    found: dict[str, pd.DataFrame]
    before: dict[str, pd.DataFrame] = field(default_factory=dict)
    change: pd.DataFrame | None = None

    def measures(self, before: bool = False) -> dict[str, pd.DataFrame]:
        """`sentiment_evidence.measures` of every way."""
        return {way: evidence.measures(found) for way, found in (self.before if before else self.found).items()}


def judge(model: str = "", before: str = "", data: str = "") -> Judged:
    """Bring a model's proof together.

    model, before  model files; empty: the shipped one, and none;  data  where test.parquet lies (sentiment_labelled);
    where there is no test, the proof that the model brings with it stands alone
    """
    asked, past = _load(model), _load(before) if before else None
    found, earlier, change = _kept(asked), _kept(past), None
    try:
        test = labelled.read(data, "test")
    except labelled.LabelledError:
        if data:
            raise
        test = None
    if test is not None:
        positive = (test["label"] == "positive").to_numpy(float)
        p = _p(asked, test)
        found["test"] = evidence.histogram(p, positive, test["domain"])
        if past is not None:
            old = _p(past, test)
            earlier["test"] = evidence.histogram(old, positive, test["domain"])
            change = changed(old, p, positive, test["domain"].to_numpy())
    if not found:
        evidence.kept(asked)  # refuses, with the remedy
    about = {key: json.loads(asked.about.get(key, "{}")) for key in ("taught", "recipe")}
    return Judged(asked.name, about["taught"], about["recipe"], found, earlier, change)


def changed(before, after, positive, domain) -> pd.DataFrame:
    """How much more does the model after call right than the one before, on the same comments?

    Returns index domain: n, `change` of the share called right, with its 95 % interval for pairs, low and high
    (comments that both call right, or wrong, say nothing of the difference).
    Source: Agresti, Categorical Data Analysis, 3rd ed. 2013, ch. 11.1.
    """
    right = [(np.asarray(p) >= 0.5) == (np.asarray(positive) == 1) for p in (before, after)]
    step = pd.Series(right[1].astype(int) - right[0].astype(int)).groupby(np.asarray(domain))
    n, mean = step.size(), step.mean()
    half = certainty.Z95 * np.sqrt(step.var(ddof=0) / n)
    return pd.DataFrame({"n": n, "change": mean, "low": mean - half, "high": mean + half}).rename_axis("domain")


def _load(path: str):
    return sentiment_model.load(*([path] if path else []))


def _kept(model) -> dict[str, pd.DataFrame]:
    try:
        return evidence.kept(model) if model is not None else {}
    except evidence.EvidenceError:  # one made before proofs were kept: only the test can tell
        return {}


def _p(model, test: pd.DataFrame) -> np.ndarray:
    """p(positive) of every comment; one that cannot be read counts as the model starts, so that none is lost."""
    texts = test["text"].tolist()
    return expit(np.concatenate([model.read(texts[i : i + 5000]).logit for i in range(0, len(texts), 5000)]))


def publish(judged: Judged, out: str | Path) -> list[Path]:
    """Write evaluation.fa.html and evaluation.en.html, what they share, and evaluation.json; returns the pages."""
    from cx_helpers.report import page

    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    page.write_assets(out / "assets")
    pages, asked = [], wording.current().locale
    try:
        for locale in wording.LOCALES:
            wording.use(locale=locale)
            told = page.build(_notebook(judged, locale), locale=locale, home=None, manifest_info=[judged.name])
            pages.append(out / f"evaluation.{locale}.html")
            pages[-1].write_text(told, "utf-8")
    finally:
        wording.use(locale=asked)
    (out / "evaluation.json").write_text(json.dumps(records(judged), ensure_ascii=False, indent=1) + "\n", "utf-8")
    return pages


def records(judged: Judged) -> list[dict]:
    """Every figure of the page as plain data: model (after, before), way, domain, measure, value, low, high, n."""
    rows = []
    for which, before in (("after", False), ("before", True)):
        for way, frame in judged.measures(before).items():
            for (domain, measure), row in frame.iterrows():
                what = {"model": which, "way": way, "domain": domain, "measure": measure, "n": int(row["n"])}
                rows.append(what | {key: clean(round(float(row[key]), 5)) for key in ("value", "low", "high")})
    return rows


def summary(judged: Judged) -> str:
    """The figures in a few lines for a terminal, e.g. `left_out  mean  accuracy 83.4% (83.0-83.7) …`."""
    lines = []
    for way, frame in judged.measures().items():
        for domain in dict.fromkeys(frame.index.get_level_values("domain")):
            said = [f"{way:9}{domain:13}{int(frame.loc[domain, 'n'].iloc[0]):>7,}"]
            for measure in ("accuracy", "macro_f1", "ece"):
                value, low, high = frame.loc[(domain, measure), ["value", "low", "high"]]
                said.append(f"{measure} {100 * value:.1f} ({100 * low:.1f}-{100 * high:.1f})")
            lines.append("  ".join(said))
    return "\n".join(lines)


def _notebook(judged: Judged, locale: str):
    """The page as a notebook whose cells have been run: the house's own way to a page."""
    from cx_helpers.run import judging_page

    cells = []
    for part in judging_page.parts(judged):
        if isinstance(part, dict):
            cells.append(nbformat.v4.new_markdown_cell(part[locale]))
        else:
            shown = nbformat.v4.new_output("display_data", data=part._repr_mimebundle_())
            cells.append(nbformat.v4.new_code_cell("", outputs=[shown]))
    return nbformat.v4.new_notebook(cells=cells)
