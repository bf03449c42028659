"""Drives the built command: TAGWERK names it, else build/release/tagwerk."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("TAGWERK", ROOT / "build" / "release" / "tagwerk")).resolve()
SHARED = ROOT.parent / "shared" / "data"
# Nothing here reads or fills the store of whoever runs the tests.
os.environ["TAGWERK_HOME"] = tempfile.mkdtemp(prefix="tagwerk-home-")
atexit.register(shutil.rmtree, os.environ["TAGWERK_HOME"], ignore_errors=True)


@dataclass
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def tagwerk(tmp_path):
    """Runs the command in the test's own folder."""

    def call(*words, stdin=None, env=None, timeout=120):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("TAGWERK_")}
        done = subprocess.run(
            [PROGRAM, *map(str, words)],
            cwd=tmp_path,
            input=stdin,
            capture_output=True,
            timeout=timeout,
            env={**clean, "TAGWERK_THREADS": "2", "TAGWERK_HOME": str(tmp_path / "home"), **(env or {})},
        )
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    return call


@pytest.fixture
def shared_data():
    if not SHARED.is_dir():
        pytest.skip("../shared/data is absent")
    return SHARED


@pytest.fixture(scope="session")
def wine(tmp_path_factory):
    """scikit-learn's bundled wine set as CSV."""
    from sklearn.datasets import load_wine

    data = load_wine(as_frame=True)
    frame = data.data.copy()
    frame["cultivar"] = [str(data.target_names[label]) for label in data.target]
    path = tmp_path_factory.mktemp("data") / "wine.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def people(tmp_path_factory):
    """A made table with numbers, categories, dates and missing cells; `bought` depends on some of them."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(5)
    n = 3000
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 90, n).astype(float),
            "city": rng.choice(["Bern", "Basel", "Chur", "Genf"], n, p=[0.4, 0.3, 0.2, 0.1]),
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 1500, n), unit="D"),
            "income": np.exp(rng.normal(10, 0.6, n)).round(2),
        }
    )
    logit = 0.05 * (frame.age - 50) + 1.2 * (frame.city == "Bern") + 0.00002 * (frame.income - 25000) - 0.6
    frame["bought"] = np.where(rng.random(n) < 1 / (1 + np.exp(-logit)), "yes", "no")
    frame.loc[rng.random(n) < 0.1, "income"] = np.nan
    path = tmp_path_factory.mktemp("data") / "people.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def model(people, tmp_path_factory):
    """A model of numbers, categories and dates, trained by the command; for the tests of the server."""
    out = tmp_path_factory.mktemp("serve") / "run"
    words = ["run", people, "--target", "bought", "--trials", "4", "--budget", "60s", "--out", out, "--report", "none"]
    subprocess.run([PROGRAM, *map(str, words)], check=True, capture_output=True, timeout=300)
    return out / "model.tw"


@pytest.fixture(scope="session")
def rows(people):
    """Forty rows of `people` as a client would send them: numbers as numbers, empty cells as null."""
    import pandas as pd

    frame = pd.read_csv(people, nrows=40).drop(columns="bought")
    return json.loads(frame.to_json(orient="records"))
