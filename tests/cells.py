"""Run a notebook's cells in this process and collect what it records: fast enough for twenty companies."""

import ast
import json
from pathlib import Path

ROOT = Path(__file__).parent.parent
NOTEBOOKS = {p.stem.split("-", 1)[1]: p for p in sorted((ROOT / "notebooks").glob("*.ipynb"))}
METRICS, FINDINGS = "application/vnd.cx.metrics+json", "application/vnd.cx.findings+json"


DRAWING = [name for name, path in NOTEBOOKS.items() if "evidence = " in path.read_text("utf-8")]


def read_all(folder: Path, **parameters) -> dict[str, dict]:
    """{notebook: what `run` returns} of the whole book: those that draw the others together see what these found.

    folder  where that lies meanwhile
    """
    found = {name: run(name, **parameters) for name in NOTEBOOKS if name not in DRAWING}
    records = {
        key: [r | {"report": name} for name, one in found.items() for r in one[key]] for key in ("metrics", "findings")
    }
    folder.mkdir(exist_ok=True)
    for key, rows in (*records.items(), ("manifest", {"notebooks": []})):
        (folder / f"{key}.json").write_text(json.dumps(rows, ensure_ascii=False), "utf-8")
    return found | {name: run(name, evidence=str(folder), **parameters) for name in DRAWING}


def run(name: str, **parameters) -> dict:
    """{"metrics": […], "findings": […], "shown": [mime bundles]} of a notebook run with these parameters."""
    out = {"metrics": [], "findings": [], "shown": []}
    names: dict = {}
    for cell in json.loads(NOTEBOOKS[name].read_text("utf-8"))["cells"]:
        tags = cell["metadata"].get("tags", [])
        if cell["cell_type"] != "code" or "skip-execution" in tags:
            continue
        tree = ast.parse("".join(cell["source"]))
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, name, "exec"), names)
        if "parameters" in tags:
            unknown = parameters.keys() - names.keys()
            assert not unknown, f"{name} has no parameter {unknown}"
            names |= parameters
        shown = eval(compile(ast.Expression(last.value), name, "eval"), names) if last else None
        if shown is not None:
            bundle = shown._repr_mimebundle_()
            out["shown"].append(bundle)
            out["metrics"] += bundle.get(METRICS, [])
            out["findings"] += bundle.get(FINDINGS, [])
    return out
