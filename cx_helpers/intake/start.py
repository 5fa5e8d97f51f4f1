"""How does a company begin?  An empty, commented workspace."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from cx_helpers import actions
from cx_helpers.settings import WorkspaceError

# what the team, and what customers and employees, may be asked; whose a case is, and how alerts leave
FILES = ("programme.yaml", "questionnaire.csv", "watch.yaml")
FOLDERS = ("sources", "tables", "quarantine", "state")


def init(folder: str | Path) -> Path:
    """Make an empty workspace: workspace.yaml and actions.yaml with every key explained, four folders, and a short
    survey: questionnaire.csv for customers and employees, programme.yaml for the team (docs/service-quality.md); and
    watch.yaml, the rules of `cx watch`.

    Returns the folder.  Raises WorkspaceError where a workspace.yaml is already there, or the place is a file.
    """
    folder = Path(folder).expanduser()
    if (folder / "workspace.yaml").exists():
        raise WorkspaceError(f"{folder} is a workspace already: it has a workspace.yaml; choose another folder")
    if folder.exists() and not folder.is_dir():
        raise WorkspaceError(f"{folder} is a file; give the name of a folder")
    text = files("cx_helpers").joinpath("templates", "workspace.yaml").read_text("utf-8")
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name in ("quarantine", "state"):  # personal data, and the key of the pseudonyms
        (folder / name).chmod(0o700)
    for name in FILES:
        if not (folder / name).exists():
            (folder / name).write_bytes(files("cx_helpers").joinpath("templates", name).read_bytes())
    (folder / "workspace.yaml").write_text(text, "utf-8")
    if not (folder / actions.FILE).exists():
        (folder / actions.FILE).write_text(actions.template(), "utf-8")
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("# personal data, and what can be made anew\n/sources/\n/tables/\n/quarantine/\n/state/\n")
    return folder
