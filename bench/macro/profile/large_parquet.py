"""Profiles a Parquet file of 10 million rows x 30 columns within 1 GB: seconds and peak memory.

    python bench/macro/profile/large_parquet.py [--rows 10000000] [--memory 1G] [--repeats 3]

The file is written in row groups of 500,000 rows: 20 numbers, 4 whole numbers with missing cells, 2 times, 4 texts of
categories. The profile's figures of all rows are checked against those counted while writing.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet

ROOT = Path(__file__).resolve().parents[3]
TAGWERK = os.environ.get("TAGWERK", str(ROOT / "build" / "release" / "tagwerk"))
GROUP = 500_000


def group(number: int, rows: int) -> pa.Table:
    rng = np.random.default_rng(number)
    columns: dict[str, pa.Array | np.ndarray] = {}
    for c in range(20):
        columns[f"x{c}"] = rng.normal(c, 1, rows) if c % 2 else rng.lognormal(0, 0.6, rows)
    for c in range(4):
        columns[f"count{c}"] = pa.array(rng.integers(0, 10 ** (c + 1), rows), mask=rng.random(rows) < 0.02 * (c + 1))
    for c in range(2):
        seconds = 1_420_000_000 + rng.integers(0, 10**8, rows)
        columns[f"moment{c}"] = pa.array(seconds.astype("datetime64[s]"))
    for c in range(4):
        levels = pa.array([f"level {i}" for i in range((3, 20, 300, 10_000)[c])])
        columns[f"category{c}"] = pa.DictionaryArray.from_arrays(
            rng.integers(0, len(levels), rows).astype("int32"), levels
        )
    return pa.table(columns)


def write(path: Path, rows: int) -> dict[str, dict[str, float]]:
    """Writes the file; returns rows, missing cells and sums by column."""
    facts: dict[str, dict[str, float]] = {}
    writer = None
    for number in range(math.ceil(rows / GROUP)):
        part = group(number, min(GROUP, rows - number * GROUP))
        writer = writer or pa.parquet.ParquetWriter(path, part.schema)
        writer.write_table(part)
        for name in part.column_names:
            column = part.column(name)
            of = facts.setdefault(name, {"rows": 0, "missing": 0, "sum": 0.0})
            of["rows"] += len(column)
            of["missing"] += column.null_count
            if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
                of["sum"] += pa.compute.sum(pa.compute.cast(column, pa.float64())).as_py()
    writer.close()
    return facts


def check(document: dict, facts: dict) -> list[str]:
    wrong = []
    for column in document["columns"]:
        got, of = column["statistics"], facts[column["name"]]
        same = got["missing"] == of["missing"]
        if of["sum"]:
            same &= math.isclose(got["mean"], of["sum"] / (of["rows"] - of["missing"]), rel_tol=1e-9)
        if not same:
            wrong.append(column["name"])
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--memory", default="1G")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.parquet"
        # Written by a process of its own: a child's peak memory counts from that of its parent.
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            facts = pool.apply(write, (path, options.rows))
        print(f"{options.rows:,} x 30, {path.stat().st_size / 1e6:.0f} MB, --memory {options.memory}")
        for _ in range(options.repeats):
            with (Path(folder) / "profile.json").open("wb") as out:
                start = time.perf_counter()
                command = [TAGWERK, "profile", str(path), "--json", "--threads", "2", "--memory", options.memory]
                child = subprocess.Popen(command, stdout=out)
                _, status, usage = os.wait4(child.pid, 0)
            wall = time.perf_counter() - start
            if status != 0:
                return 1
            document = json.loads((Path(folder) / "profile.json").read_text())
            cpu = usage.ru_utime + usage.ru_stime
            print(
                f"wall {wall:.1f} s, CPU {cpu:.1f} s, peak {usage.ru_maxrss / 1024:.0f} MiB, "
                f"{document['rows']:,} rows, {document['rows_in_sample']} compared, "
                f"figures that differ: {check(document, facts) or 'none'}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
