"""Profiles one table with Tagwerk, polars (describe + n_unique), DuckDB (SUMMARIZE) and ydata-profiling.

    python bench/macro/profile/profile.py [--rows 1000000] [--columns 28] [--repeats 5] [--format csv|parquet]
        [--peer PEER/bin/python] [--bench build/bench/src/read_bench]

Every tool runs as a process of its own, interleaved, with two threads; seconds of the wall and of the CPU and peak
memory are those of the process (resource usage): its start, imports and reading included. Shown are least, median
and largest. `reading alone` (with --bench) is our reading of the same file: what the whole command takes beyond it
is the profile. Tools that the Python of --peer lacks are named. --once names tools that run a single time.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TAGWERK = os.environ.get("TAGWERK", str(ROOT / "build" / "release" / "tagwerk"))

POLARS = """
import sys, polars as pl
p = sys.argv[1]
d = pl.read_parquet(p) if p.endswith("parquet") else pl.read_csv(p)
print(d.describe().shape, d.select(pl.all().n_unique()).shape)
"""
DUCKDB = """
import sys, duckdb
duckdb.execute("SET threads = 2")
print(len(duckdb.sql(f"SUMMARIZE SELECT * FROM '{sys.argv[1]}'").fetchall()))
"""
YDATA = """
import sys, pandas as pd
from ydata_profiling import ProfileReport
p = sys.argv[1]
d = pd.read_parquet(p) if p.endswith("parquet") else pd.read_csv(p)
print(len(ProfileReport(d, minimal="--minimal" in sys.argv, progress_bar=False).to_json()))
"""


def write_table(rows: int, columns: int, path: Path) -> None:
    """Numbers of the kinds that physics tables have: normal, skew, angles, small counts."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    rng = np.random.default_rng(0)
    makers = [
        lambda: rng.normal(0, 1, rows),
        lambda: rng.lognormal(0, 0.6, rows),
        lambda: rng.uniform(-3.1416, 3.1416, rows),
        lambda: rng.poisson(1.5, rows).astype(float),
        lambda: rng.exponential(1, rows),
    ]
    table = pa.table({f"x{c}": np.round(makers[c % len(makers)](), 6) for c in range(columns)})
    if path.suffix == ".parquet":
        pa.parquet.write_table(table, path)
    else:
        pa.csv.write_csv(table, path)


def measure(command: list[str]) -> tuple[float, float, float]:
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "POLARS_MAX_THREADS": "2"})
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    if status != 0:
        raise RuntimeError(f"{command[0]} ended with {status}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def installed(python: str, module: str) -> bool:
    return subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0


def commands(path: Path, options: argparse.Namespace) -> dict[str, list[str]]:
    """Returns the tools to run with their command lines."""
    python = [options.peer, "-c"]
    tools = {
        "tagwerk": [TAGWERK, "profile", str(path), "--threads", "2", "--json"],
        "polars": [*python, POLARS, str(path)],
        "duckdb": [*python, DUCKDB, str(path)],
        "ydata_profiling minimal": [*python, YDATA, str(path), "--minimal"],
        "ydata_profiling": [*python, YDATA, str(path)],
    }
    if options.bench:
        tools["tagwerk, reading alone"] = [options.bench, str(path), "2"]
    chosen = {}
    for name, command in tools.items():
        module = name.split()[0]
        if options.only and name not in options.only:
            continue
        if not module.startswith("tagwerk") and not installed(options.peer, module):
            print(f"left out, not installed: {name}")
            continue
        chosen[name] = command
    return chosen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=28)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--format", choices=["csv", "parquet"], default="csv")
    parser.add_argument("--peer", default=sys.executable)
    parser.add_argument("--bench", help="the program read_bench")
    parser.add_argument("--only", nargs="*", help="names of the tools to run")
    parser.add_argument("--once", nargs="*", default=["ydata_profiling minimal", "ydata_profiling"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table.{options.format}"
        # Written by a process of its own: a child's peak memory counts from that of its parent.
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            pool.apply(write_table, (options.rows, options.columns, path))
        tools = commands(path, options)
        runs: dict[str, list[tuple[float, float, float]]] = {name: [] for name in tools}
        for repeat in range(options.repeats):
            for name, command in tools.items():
                if repeat == 0 or name not in options.once:
                    runs[name].append(measure(command))
        print(f"{options.rows:,} x {options.columns}, {options.format}, {path.stat().st_size / 1e6:.0f} MB")
        print(
            f"{'tool':26} {'runs':>4} {'wall s, min':>12} {'median':>8} {'max':>8} {'CPU s, median':>14} {'peak MB':>8}"
        )
        for name, done in runs.items():
            walls = sorted(wall for wall, _, _ in done)
            cpu = statistics.median(c for _, c, _ in done)
            peak = max(memory for _, _, memory in done)
            spread = f"{walls[0]:12.2f} {statistics.median(walls):8.2f} {walls[-1]:8.2f}"
            print(f"{name:26} {len(done):4} {spread} {cpu:14.2f} {peak:8.0f}")


if __name__ == "__main__":
    main()
