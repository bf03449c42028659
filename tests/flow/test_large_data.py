"""Data larger than the memory limit: right figures, within the limit."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys

import numpy
import pandas
import pytest
from conftest import PROGRAM, ROOT

WRAPPER = """
import resource, subprocess, sys
streams = {"stdin": open(sys.argv[1], "rb"), "stdout": open("stdout", "wb"), "stderr": open("stderr", "wb")}
code = subprocess.run(sys.argv[2:], **streams).returncode
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
"""


def measured(folder, *words, stdin="/dev/null"):
    """Returns exit code, peak resident bytes and the words on stdout."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("TAGWERK_")}
    done = subprocess.run(
        [sys.executable, "-c", WRAPPER, stdin, PROGRAM, *map(str, words)],
        cwd=folder,
        capture_output=True,
        env={**clean, "TAGWERK_THREADS": "2", "TAGWERK_HOME": os.environ["TAGWERK_HOME"]},
        check=True,
    )
    code, peak = done.stdout.split()
    return int(code), int(peak), (folder / "stdout").read_bytes()


def frame(rows):
    rng = numpy.random.default_rng(1)
    x = rng.normal(5, 2, rows).round(4)
    return pandas.DataFrame(
        {
            "x": numpy.where(rng.random(rows) < 0.1, numpy.nan, x),
            "n": rng.integers(0, 1000, rows),
            "shop": rng.choice(["north", "south", "east"], rows),
            "note": [f"note {i % 5000} of {i}" for i in range(rows)],
            "y": numpy.where(x + rng.normal(0, 1, rows) > 5, "yes", "no"),
        }
    )


def check_figures(document, table):
    assert document["rows"] == len(table)
    assert document["rows_in_sample"] < len(table)
    columns = {c["name"]: c["statistics"] for c in document["columns"]}
    assert columns["x"]["missing"] == table["x"].isna().sum()
    assert columns["x"]["mean"] == pytest.approx(table["x"].mean(), rel=1e-9)
    assert columns["x"]["sd"] == pytest.approx(table["x"].std(), rel=1e-9)
    assert columns["x"]["min"] == table["x"].min()
    assert columns["x"]["max"] == table["x"].max()
    assert columns["x"]["quantiles"][5] == pytest.approx(table["x"].median(), abs=0.05)
    assert columns["n"]["distinct"] == pytest.approx(1000, rel=0.03)
    assert columns["n"]["zeros"] == (table["n"] == 0).sum()
    assert columns["note"]["distinct"] == pytest.approx(len(table), rel=0.04)
    assert columns["shop"]["distinct"] == 3
    assert columns["x"]["from_sample"]
    assert "read.sampled" in {f["id"] for f in document["findings"]}


def test_figures_of_all_rows_within_the_limit(tmp_path):
    table = frame(600_000)
    table.to_csv(tmp_path / "big.csv", index=False)
    table.to_parquet(tmp_path / "big.parquet")
    packed = gzip.compress((tmp_path / "big.csv").read_bytes(), 1)
    (tmp_path / "big.csv.gz").write_bytes(packed)
    for words, stdin in (
        (["big.csv"], "/dev/null"),
        (["big.csv.gz"], "/dev/null"),
        (["-"], tmp_path / "big.csv"),
        (["big.parquet"], "/dev/null"),
    ):
        code, peak, out = measured(tmp_path, "profile", *words, "--json", "--memory", "100M", stdin=str(stdin))
        assert code == 0, (tmp_path / "stderr").read_text()
        check_figures(json.loads(out), table)
        assert peak < 160 * 2**20, words


def test_a_run_stays_within_the_limit(tmp_path):
    frame(600_000).to_csv(tmp_path / "big.csv", index=False)
    words = ["run", "big.csv", "--target", "y", "--budget", "20s", "--memory", "200M", "--out", "out"]
    code, peak, _ = measured(tmp_path, *words, "--report", "short")
    assert code == 0, (tmp_path / "stderr").read_text()
    run = json.loads((tmp_path / "out" / "run.json").read_text())
    assert "read.sampled" in {f["id"] for f in run["findings"]}
    assert peak < 260 * 2**20


@pytest.mark.skipif("TAGWERK_LARGE" not in os.environ, reason="writes 2 GB: set TAGWERK_LARGE=1")
def test_two_gigabytes_under_500_megabytes(tmp_path):
    subprocess.run([sys.executable, ROOT / "bench" / "large_csv.py", tmp_path / "big.csv", "2"], check=True)
    code, peak, out = measured(tmp_path, "profile", "big.csv", "--json", "--memory", "500M")
    assert code == 0
    assert peak < 550 * 2**20
    assert json.loads(out)["rows"] % 200_000 == 0
    words = ["run", "big.csv", "--target", "target", "--budget", "60s", "--memory", "500M", "--out", "out"]
    code, peak, _ = measured(tmp_path, *words)
    assert code == 0
    assert peak < 550 * 2**20
