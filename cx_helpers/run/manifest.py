"""What came out, and of what?  The three files that a run leaves for machines: manifest, metrics and findings."""

from __future__ import annotations

import hashlib
import json
import math
import platform
from importlib import metadata
from pathlib import Path

from cx_helpers import causes
from cx_helpers.settings import Settings

METRICS_MIME = "application/vnd.cx.metrics+json"
FINDINGS_MIME = "application/vnd.cx.findings+json"
_VERSIONS = (
    "cx-helpers duckdb ibis-framework numpy pandas papermill plotly pyspark scikit-learn scipy statsmodels".split()
)


def recorded(cells: list, mime: str) -> list[dict]:
    """All records of one MIME type in an executed notebook's outputs, in their order."""
    found: list[dict] = []
    for cell in cells:
        for output in cell.get("outputs", []):
            held = output.get("data", {}).get(mime, [])
            held = json.loads(held) if isinstance(held, str) else held
            found += [held] if isinstance(held, dict) else held
    return found


def rank(findings: list[dict], metrics: list[dict]) -> list[dict]:
    """Most severe first, then what is most at stake, then the surer: `causes.rank_key`."""
    return causes.rank(findings, causes.each(metrics))


def told(findings: list[dict]) -> list[dict]:
    """Findings as findings.json holds them: without what only pages need (`tone`)."""
    return [{key: value for key, value in one.items() if key != "tone"} for one in findings]


def inputs(settings: Settings, extra: list[Path]) -> list[dict]:
    """What a run reads: each file with its size and SHA-256, as paths relative to the workspace.

    extra  further files, such as the plan.  A file that lies elsewhere is named, but not where it lies.
    """
    folder, held = settings.folder, settings.database
    files = [folder / name for name in ("workspace.yaml", "labels.yaml", "aspects.yaml", "swot.yaml")]
    files += [held] if held else sorted((folder / "tables").rglob("*.parquet"))
    inside = [f.relative_to(folder).as_posix() if f.is_relative_to(folder) else f.name for f in files]
    listed = [_file(f, name) for f, name in zip(files, inside, strict=True) if f.is_file()]
    return listed + [_file(f, f.name) for f in extra]


def _file(path: Path, name: str) -> dict:
    return {"path": name, "bytes": path.stat().st_size, "sha256": sha256(path)}


def sha256(path: Path) -> str:
    """The hash of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sentiment(settings: Settings) -> dict:
    """What has read the comments of tables/, and what reads those that come in: version, and hash of its weights."""
    from cx_helpers.intake import sentiment_choice

    said = sentiment_choice.choice(settings.folder)
    path = sentiment_choice.weights(settings.folder, said["tables"])
    return said | {"sha256": sha256(path) if path else None}


def versions() -> dict[str, str]:
    """Of Python and of what computes and draws."""
    found = {"python": platform.python_version()}
    for name in _VERSIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def write(path: Path, content) -> None:
    """JSON as others read it: UTF-8, no NaN (null stands for it)."""
    path.write_text(json.dumps(plain(content), ensure_ascii=False, indent=1, allow_nan=False) + "\n", "utf-8")


def plain(value):
    """The value with NaN and infinities as null, paths and dates as text."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (str, int, bool)) else str(value)
