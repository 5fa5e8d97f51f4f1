"""Write what follows from pyproject.toml: requirements.lock, requirements-dev.lock and environment.yml (`make lock`).

The locks hold versions and hashes for every platform and no address of an index; pip, uv and conda read the same file.
`python tools/lock.py --upgrade` takes the newest versions that pyproject.toml allows, without it only what must change.
"""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKS = {  # the larger one first; the smaller one holds the same versions
    "requirements-dev.lock": [
        "--extra",
        "spark",
        "--extra",
        "pull",
        "--extra",
        "heavy",
        "--group",
        "build",
        "--group",
        "dev",
    ],
    "requirements.lock": ["--group", "build", "--constraint", "requirements-dev.lock"],
}


def environment(project: dict, python: str) -> str:
    """environment.yml: conda brings Python and pip, the lock brings the rest."""
    return f"""# conda env create -f environment.yml  (follows from pyproject.toml; written by make lock)
name: {project["name"]}
channels: [conda-forge]
dependencies:
  - python={python}
  - pip
  - pip:
      - -r requirements.lock
"""


def lock(name: str, groups: list[str], upgrade: bool) -> None:
    """Resolve pyproject.toml for all platforms into one lock."""
    command = [os.environ.get("UV", "uv"), "pip", "compile", "--quiet", "--universal", "--generate-hashes"]
    command += ["--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", "--no-sources"]
    command += ["--python-version", python(), *groups, "--output-file", name, "pyproject.toml"]
    subprocess.run(command + ["--upgrade"] * upgrade, check=True, cwd=ROOT)


def python() -> str:
    """The Python that the house is made with."""
    return (ROOT / ".python-version").read_text().strip()


def main() -> None:
    for name, groups in LOCKS.items():
        lock(name, groups, "--upgrade" in sys.argv)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (ROOT / "environment.yml").write_text(environment(project, python()))


if __name__ == "__main__":
    main()
