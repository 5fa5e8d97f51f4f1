"""What all tests share: small tables laid on an engine, the sample, and real data where it is at hand."""

import os
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parent.parent
REAL = Path(os.environ.get("CX_REAL_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def spark():
    """One Spark session for the whole run, as the workspace opens it."""
    from cx_helpers import engine

    return engine.connect("pyspark://local[2]")


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
