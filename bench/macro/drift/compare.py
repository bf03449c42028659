"""Compares `tagwerk drift` with Evidently's DataDriftPreset: time, and which columns are found.

100,000 reference and 100,000 current rows of 30 columns; 5 numeric and 3 categorical ones are really shifted.
Evidently runs in the Python that PEER names (with evidently and pandas below 3 installed), in the same run.

    python bench/macro/drift/compare.py --program build/release/tagwerk --peer PEER/bin/python [--repeats 3]
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

ROWS = 100_000

PEER = """
import json, sys, time
import pandas as pd
import evidently
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset
a, b = (pd.read_parquet(path) for path in sys.argv[1:3])
numeric = [c for c in a if c.startswith("num")]
definition = DataDefinition(numerical_columns=numeric, categorical_columns=[c for c in a if c not in numeric])
wall, cpu = time.perf_counter(), time.process_time()
A, B = Dataset.from_pandas(a, definition), Dataset.from_pandas(b, definition)
result = Report([DataDriftPreset()]).run(B, A).dict()
print(json.dumps({"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu,
                  "version": evidently.__version__, "metrics": result["metrics"]}, default=str))
"""


def make(seed: int, shifted: bool) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    columns: dict[str, np.ndarray] = {}
    for i in range(20):
        x = rng.standard_normal(ROWS) if i % 2 == 0 else rng.lognormal(0, 1, ROWS)
        columns[f"num{i}"] = x * 1.1 + 0.2 if shifted and i < 5 else x
    for j, count in enumerate((3, 5, 8, 10, 20, 30, 50, 100, 200, 500)):
        p = 1 / np.arange(1, count + 1) ** 1.1
        p = p**0.8 if shifted and j < 3 else p
        columns[f"cat{j}"] = np.array([f"v{t}" for t in range(count)])[rng.choice(count, ROWS, p=p / p.sum())]
    return pd.DataFrame(columns)


def timed(command: list[str]) -> tuple[float, float, str]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    wall = time.perf_counter() - wall
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="build/release/tagwerk")
    parser.add_argument("--peer", default=sys.executable)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    shifted = {*(f"num{i}" for i in range(5)), *(f"cat{j}" for j in range(3))}
    with tempfile.TemporaryDirectory() as folder:
        files = [str(Path(folder) / name) for name in ("reference.parquet", "current.parquet")]
        make(0, False).to_parquet(files[0])
        make(1, True).to_parquet(files[1])
        ours, columns_only, peer = [], [], []
        for _ in range(options.repeats):
            base = [options.program, "drift", *files, "--json"]
            ours.append(timed(base))
            columns_only.append(json.loads(ours[-1][2])["seconds"])
            peer.append(json.loads(timed([options.peer, "-c", PEER, *files])[2]))
    document = json.loads(ours[-1][2])
    found = set(document["drifted"])
    telling = {c["name"] for c in document["columns"] if c["drifted"] and c["grade"] != "negligible"}
    median = statistics.median
    univariate = median(s["columns"] for s in columns_only)
    whole = median(w for w, _, _ in ours)
    evidently = median(p["wall"] for p in peer)
    print(f"{ROWS:,} + {ROWS:,} rows x 30 columns, medians of {options.repeats}, seconds (wall / processor)")
    print(f"tagwerk drift, whole command  {whole:7.2f} / {median(c for _, c, _ in ours):.2f}")
    print(f"  of it: columns              {univariate:7.3f}")
    print(f"  of it: data set as a whole  {median(s['multivariate'] for s in columns_only):7.3f}")
    print(f"Evidently {peer[-1]['version']} DataDriftPreset {evidently:7.2f} / {median(p['cpu'] for p in peer):.2f}")
    print(f"ratio, columns                {evidently / univariate:7.1f}")
    print(f"ratio, whole command          {evidently / whole:7.1f}")
    print(f"shifted and found: {len(found & shifted)} of {len(shifted)}; falsely found: {sorted(found - shifted)}")
    print(f"of them graded small or more: {sorted(telling)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
