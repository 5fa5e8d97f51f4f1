"""What all tests share: small tables laid on an engine, runs of the sample, real data and a browser where they are."""

import contextlib
import gc
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "data" / "sample"
REAL = Path(os.environ.get("CX_REAL_DATA", ROOT.parent / "shared" / "data"))

# Tests that share something costly go to one worker (pytest -n 2 --dist loadgroup); all others go by file.  The order
# is that of the queue: the longest first, so that no worker is left with a long one at the end.
COSTLY = {"published": "the sample's run", "spark": "spark"}
FIRST = ("test_null", "the sample's run", "spark")
SMALL = {"codegen.wholeStage": "false", "codegen.factoryMode": "NO_CODEGEN", "shuffle.partitions": "1"}
gc.set_threshold(100_000, 20, 100)  # as in a run's own kernels (run/warm.py)


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in its own hook of this name
def pytest_collection_modifyitems(items):
    place = {name: number for number, name in enumerate(FIRST)}
    for item in items:
        costly = [COSTLY[name] for name in getattr(item, "fixturenames", ()) if name in COSTLY]
        item.group = costly[0] if costly else item.path.stem
        item.add_marker(pytest.mark.xdist_group(item.group))
    items.sort(key=lambda item: place.get(item.group, len(place)))


@pytest.fixture(autouse=True, scope="module")
def reading():
    """What a file's tests set (language, calendar, labels: `wording.use`) ends with the file."""
    from cx_helpers import wording

    before = vars(wording.current()).copy()
    yield
    wording.use(**before)


@pytest.fixture(scope="session")
def spark():
    """One Spark session for the whole run, as the workspace opens it, made for many small questions.

    Nothing is compiled that is asked once: on a few hundred rows that takes longer than the answer.
    """
    from cx_helpers import engine

    quick = "spark.driver.extraJavaOptions=-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    os.environ.setdefault("PYSPARK_SUBMIT_ARGS", f'--conf "{quick}" pyspark-shell')
    connection = engine.connect("pyspark://local[2]")
    for name, value in SMALL.items():
        connection.raw_sql(f"SET spark.sql.{name}={value}")
    return connection


@pytest.fixture
def lay(tmp_path):
    """lay(frame, name="responses") -> the frame as an engine table, read from Parquet as a workspace's tables are."""
    from cx_helpers import engine

    connection = engine.connect()
    count = iter(range(10**6))

    def lay(frame: pd.DataFrame, name: str = "responses"):
        path = tmp_path / f"{name}{next(count)}.parquet"
        frame.to_parquet(path, index=False, coerce_timestamps="us")
        return engine.conform(connection.read_parquet(path, table_name=path.stem), name)

    return lay


@pytest.fixture(scope="session")
def real():
    """The folder of real data; a test on it skips, saying so, where there is none."""
    if not REAL.is_dir():
        pytest.skip(f"no real data in {REAL.name}; set CX_REAL_DATA to the folder that holds it")
    return REAL


@pytest.fixture(scope="session")
def fixtures():
    """The folder of other companies' exports; a test on it skips, saying so, where there is none."""
    folder = Path(os.environ.get("CX_FIXTURES", REAL.parent / "fixtures"))
    if not folder.is_dir():
        pytest.skip("no exports of other companies here; set CX_FIXTURES to the folder that holds them")
    return folder


@pytest.fixture(scope="session")
def published(tmp_path_factory):
    """published(company=…, locale=…, **parameters) -> the Result of `cx run` of all notebooks; each run once."""
    from cx_helpers import runner

    results = {}

    def publish(company=SAMPLE, locale="", **parameters):
        key = (str(company), locale or "fa", *sorted(parameters.items()))  # the sample's own locale is fa
        if key not in results:
            out = tmp_path_factory.mktemp("reports")
            asked = runner.Request(workspace=str(company), out=str(out), locale=locale, parameters=parameters)
            with contextlib.chdir(ROOT):
                results[key] = runner.run(asked)
        return results[key]

    return publish


@pytest.fixture(scope="session")
def chromium():
    """Chromium's path; without one the tests are skipped aloud, or fail where a browser is promised."""
    path = os.environ.get("CX_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        said = "no chromium on PATH: pages were not tried in a browser (Debian: apt-get install chromium)"
        if os.environ.get("CI") == "true" or os.environ.get("CX_REQUIRE_BROWSER") == "1":
            pytest.fail(said)
        pytest.skip(said)
    return path


@pytest.fixture(scope="module")
def browser(chromium):
    """One Chromium for all tests of a file."""
    sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def elsewhere():
    """A place outside that counts who calls it: nobody should."""
    from reading import Elsewhere

    made = Elsewhere()
    yield made
    made.server.shutdown()
    made.server.server_close()
