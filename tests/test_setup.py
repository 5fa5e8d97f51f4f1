"""The set-up: pyproject.toml is the one source, and what follows from it is in step; make says what it can."""

import importlib.util
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LINE = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^ ;\\]+)", re.MULTILINE)


def name(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", Requirement(requirement).name).lower()


def locked(file: str) -> dict[str, set[str]]:
    """{package: versions} of a lock; markers may lock several versions of one package."""
    found: dict[str, set[str]] = {}
    for line in LINE.finditer((ROOT / file).read_text("utf-8")):
        found.setdefault(line["name"], set()).add(line["version"])
    return found


def wanted(*groups: str, extras: tuple[str, ...] = ()) -> list[str]:
    project = PROJECT["project"]
    listed = list(project["dependencies"])
    for extra in extras:
        listed += project["optional-dependencies"][extra]
    for group in groups:
        listed += PROJECT["dependency-groups"][group]
    return listed


def tool():
    spec = importlib.util.spec_from_file_location("lock", ROOT / "tools" / "lock.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("file", "requirements"),
    [
        ("requirements.lock", wanted("build")),
        ("requirements-dev.lock", wanted("build", "dev", extras=("spark", "pull", "heavy"))),
    ],
)
def test_a_lock_holds_what_the_project_asks_for(file, requirements):
    have = locked(file)
    for requirement in requirements:
        versions = have.get(name(requirement))
        assert versions, f"{requirement} is not in {file}; run make lock"
        fitting = [v for v in versions if Requirement(requirement).specifier.contains(Version(v))]
        assert fitting, f"{file} has {versions} for {requirement}; run make lock"


def test_the_two_locks_agree():
    short, long = locked("requirements.lock"), locked("requirements-dev.lock")
    assert {k: long.get(k) for k in short} == short


@pytest.mark.parametrize("file", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_has_a_hash_for_everything_and_no_address(file):
    text = (ROOT / file).read_text("utf-8")
    entries = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert len(entries) > 100
    assert all("--hash=sha256:" in entry for entry in entries if not entry.startswith("#"))
    assert "://" not in text
    assert "index-url" not in text
    assert "find-links" not in text


def test_conda_follows_from_the_project_too():
    text = (ROOT / "environment.yml").read_text("utf-8")
    assert text == tool().environment(PROJECT["project"], tool().python()), "run make lock"
    conda = yaml.safe_load(text)
    assert conda["dependencies"][-1] == {"pip": ["-r requirements.lock"]}
    python = (ROOT / ".python-version").read_text().strip()
    assert f"python={python}" in conda["dependencies"]
    assert SpecifierSet(PROJECT["project"]["requires-python"]).contains(python)


def test_the_bootstrap_uses_the_locked_uv():
    pinned = re.search(r"^UV_VERSION := (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1]
    assert locked("requirements-dev.lock")["uv"] == {pinned}


def test_no_file_of_the_set_up_names_an_index():
    for file in (
        "Makefile",
        ".ci/run",
        "tools/lock.py",
        ".pre-commit-config.yaml",
        "environment.yml",
        "pyproject.toml",
    ):
        text = (ROOT / file).read_text("utf-8")
        assert not re.search(r"https?://|index-url\s*=|pypi\.", text), file


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")
def test_make_lists_itself():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[1].split()
    said = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {line.split()[1] for line in said.splitlines()} == set(phony)
    assert {"reports", "test", "lab", "real", "sample", "lock", "bench", "clean"} <= set(phony)


def test_the_benchmark_of_runs_finds_the_book():
    listed = runpy.run_path(str(ROOT / "benchmarks" / "run_speed.py"))["listed"]
    assert [task.name for task in listed(["cohort", "survey"])] == ["cohort", "survey"]
    assert len(listed([])) == len(list((ROOT / "notebooks").glob("*.ipynb")))


def test_what_the_hooks_call_is_in_the_development_lock():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"][0]["hooks"]
    tools = {hook["entry"].split()[0].removeprefix(".venv/bin/") for hook in hooks}
    assert tools == {"ruff", "nbstripout"}
    assert tools <= locked("requirements-dev.lock").keys()


def test_hook_and_make_check_hold_the_notebooks_to_the_same():
    """As `make check` calls it: with other flags every notebook would have to be written anew."""
    flags = re.search(r"/nbstripout((?: --\S+)*) --verify", (ROOT / "Makefile").read_text("utf-8"))
    assert flags, "make check looks at no notebook"
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"][0]["hooks"]
    (entry,) = (hook["entry"] for hook in hooks if hook["id"] == "nbstripout")
    assert entry.endswith(f"bin/nbstripout{flags[1]}")
    books = sorted(map(str, (ROOT / "notebooks").glob("*.ipynb")))
    tool = Path(sys.executable).with_name("nbstripout")
    done = subprocess.run([tool, *flags[1].split(), "--verify", *books], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_kernel_provisioner_is_registered():
    from importlib.metadata import entry_points

    from cx_helpers import kernels

    (entry,) = entry_points(group="jupyter_client.kernel_provisioners", name=kernels.PROVISIONER)
    assert entry.load() is kernels.WarmProvisioner


def test_ci_is_a_script_that_runs():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert subprocess.run(["sh", "-n", str(script)]).returncode == 0
