"""Times reading a CSV file beside pandas' C reader, pyarrow, polars and DuckDB, and checks that all read the same.

    python bench/macro/read/compare.py --bench build/bench/src/read_bench --peer PEER/bin/python
        [--rows 1000000] [--repeats 5] [--files six full higgs mixed]

Four files of 28 columns are written: numbers of six decimals, full doubles (17 digits), numbers in the spelling of
the HIGGS file (8.692932128906250000e-01), and a mixed one (whole numbers, decimals, dates, times, categories, texts,
true and false, missing cells). Every reading is a process of its own; readers take turns, each may use two threads, and
is timed from the call to the table in memory, without its start and imports. The files lie in the page cache. Peers run
in the Python that --peer names, in the fastest way found: pandas with low_memory=False, DuckDB into a table in memory
with its insertion order given up; those that are not installed there are named and left out. Types are inferred by
each, dates too (pandas is told which columns are dates).
Shown: least, median and largest seconds of the wall and of the processor.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

COLUMNS = 28
DATES = ["day", "moment"]

PEER = """
import json, sys, time
tool, path, threads, dates = sys.argv[1], sys.argv[2], int(sys.argv[3]), json.loads(sys.argv[4])
if tool == "pandas":
    import pandas as pd
    version = pd.__version__
    read = lambda: pd.read_csv(path, engine="c", low_memory=False, parse_dates=dates)
elif tool == "pyarrow":
    import pyarrow as pa, pyarrow.csv
    version = pa.__version__
    pa.set_cpu_count(threads)
    options = pa.csv.ConvertOptions(strings_can_be_null=True)
    read = lambda: pa.csv.read_csv(path, convert_options=options)
elif tool == "polars":
    import polars as pl
    version = pl.__version__
    read = lambda: pl.read_csv(path, try_parse_dates=bool(dates))
else:
    import duckdb
    version = duckdb.__version__
    base = duckdb.connect()
    base.execute(f"SET threads = {threads}")
    base.execute("SET preserve_insertion_order = false")
    base.execute("SET enable_progress_bar = false")  # it is printed among the results
    read = lambda: base.execute(f"CREATE TABLE t AS SELECT * FROM read_csv('{path}')")
wall, cpu = time.perf_counter(), time.process_time()
table = read()
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
columns = {}
if tool == "duckdb":
    types = {r[0]: r[1] for r in base.execute("DESCRIBE t").fetchall()}
    rows = base.execute("SELECT count(*) FROM t").fetchone()[0]
    for name, kind in types.items():
        text = kind in ("VARCHAR", "BOOLEAN")
        what = "count(DISTINCT x)" if text else "sum(epoch(x))" if kind in ("DATE", "TIMESTAMP") else "sum(x)"
        what = what.replace("x", f'"{name}"')
        query = f'SELECT count(*) - count("{name}"), {what} FROM t'
        missing, value = base.execute(query).fetchone()
        columns[name] = {"missing": missing, "distinct" if text else "sum": float(value)}
else:
    import pandas as pd
    frame = table if tool == "pandas" else table.to_pandas()
    rows = len(frame)
    for name in frame:
        x = frame[name]
        known = x.dropna()
        if pd.api.types.is_bool_dtype(known) or (known.dtype == object and not hasattr(known.iloc[0], "year")):
            value = {"distinct": float(known.nunique())}
        elif pd.api.types.is_numeric_dtype(known):
            value = {"sum": float(known.sum())}
        else:
            value = {"sum": float((pd.to_datetime(known) - pd.Timestamp(0)).dt.total_seconds().sum())}
        columns[name] = {"missing": int(x.isna().sum()), **value}
print(json.dumps({"wall": wall, "cpu": cpu, "rows": rows, "columns": columns, "version": version}))
"""


def numbers(rows: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Columns as physics tables have them: normal, with long tails, angles, small counts."""
    makers = [
        lambda: rng.normal(0, 1, rows),
        lambda: rng.lognormal(0, 0.6, rows),
        lambda: rng.uniform(-3.1416, 3.1416, rows),
        lambda: rng.exponential(1, rows),
    ]
    return {f"x{c}": makers[c % len(makers)]() for c in range(COLUMNS)}


def some_missing(values: np.ndarray, rng: np.random.Generator) -> pa.Array:
    return pa.array(values, mask=rng.random(len(values)) < 0.05)


def mixed(rows: int, rng: np.random.Generator) -> dict[str, pa.Array]:
    day = np.datetime64("2015-01-01") + rng.integers(0, 3000, rows).astype("timedelta64[D]")
    moment = np.datetime64("2015-01-01T00:00:00") + rng.integers(0, 10**8, rows).astype("timedelta64[s]")
    words = np.array([f"word{i}" for i in range(500)])
    columns = {
        "id": pa.array(np.arange(rows) + 1_000_000),
        "day": pa.array(day),
        "moment": pa.array(moment).cast(pa.timestamp("s")),
        "text": pa.array(np.char.add(np.char.add(rng.choice(words, rows), " "), rng.choice(words, rows))),
        "flag": pa.array(rng.random(rows) < 0.3),
    }
    for c in range(5):
        levels = np.array([f"level {i}" for i in range((3, 12, 40, 300, 5000)[c])])
        columns[f"category{c}"] = some_missing(rng.choice(levels, rows), rng)
    for c in range(6):
        columns[f"count{c}"] = some_missing(rng.integers(0, 10 ** (c + 1), rows), rng)
    for c in range(6):
        columns[f"price{c}"] = some_missing(rng.lognormal(3, 1, rows).round(2), rng)
    for c in range(6):
        columns[f"x{c}"] = some_missing(rng.normal(0, 1, rows).round(6), rng)
    return columns


def write_file(kind: str, rows: int, path: Path) -> None:
    rng = np.random.default_rng(0)
    if kind == "mixed":
        options = pa.csv.WriteOptions(quoting_style="needed")
        pa.csv.write_csv(pa.table(mixed(rows, rng)), path, options)
        return
    if kind != "higgs":
        columns = numbers(rows, rng)
        if kind == "six":
            columns = {name: values.round(6) for name, values in columns.items()}
        pa.csv.write_csv(pa.table(columns), path)
        return
    block = min(rows, 20_000)
    columns = numbers(block, rng)
    values = np.column_stack(list(columns.values())).astype(np.float32)
    lines = "\n".join(",".join(f"{v:.18e}" for v in row) for row in values.tolist()) + "\n"
    with path.open("w") as file:
        file.write(",".join(columns) + "\n")
        for _ in range(rows // block):
            file.write(lines)


def agree(ours: dict, theirs: dict) -> list[str]:
    """Returns the columns that were read otherwise; a reader may keep true and false as numbers or texts."""
    wrong = [] if ours["rows"] == theirs["rows"] else ["rows"]
    for name, facts in ours["columns"].items():
        other = theirs["columns"][name]
        same = facts["missing"] == other["missing"]
        for key in ("sum", "distinct"):
            if key in facts and key in other:
                same &= math.isclose(facts[key], other[key], rel_tol=1e-9)
            elif name != "flag":
                same = False if key in facts or key in other else same
        if not same:
            wrong.append(f"{name}: {facts} / {other}")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bench", default="build/bench/src/read_bench")
    parser.add_argument("--peer", default=sys.executable)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="keep the files there")
    parser.add_argument("--files", nargs="*", default=["six", "full", "higgs", "mixed"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = options.folder or Path(made)
        for kind in options.files:
            path = folder / f"{kind}.csv"
            if not path.exists():
                write_file(kind, options.rows, path)
            compare(kind, path, options)
    return 0


def compare(kind: str, path: Path, options: argparse.Namespace) -> None:
    threads = str(options.threads)
    commands = {"tagwerk": [options.bench, str(path), threads]}
    for tool in ("pandas", "pyarrow", "polars", "duckdb"):
        if subprocess.run([options.peer, "-c", f"import {tool}"], capture_output=True, check=False).returncode != 0:
            print(f"left out, not installed: {tool}")
            continue
        dates = json.dumps(DATES if kind == "mixed" else [])
        commands[tool] = [options.peer, "-c", PEER, tool, str(path), threads, dates]
    runs: dict[str, list[dict]] = {name: [] for name in commands}
    path.read_bytes()  # into the page cache
    for _ in range(options.repeats):
        for name, command in commands.items():
            environment = {"POLARS_MAX_THREADS": threads, "PATH": "/usr/bin:/bin"}
            done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
            runs[name].append(json.loads(done.stdout))
    print(f"\n{kind}: {options.rows:,} x {COLUMNS}, {path.stat().st_size / 1e6:.0f} MB, {options.repeats} runs each")
    print(f"{'reader':18} {'wall s, min':>12} {'median':>8} {'max':>8} {'CPU s, median':>14}")
    for name, done in runs.items():
        walls = sorted(r["wall"] for r in done)
        cpu = statistics.median(r["cpu"] for r in done)
        title = f"{name} {done[0].get('version', '')}"
        print(f"{title:18} {walls[0]:12.3f} {statistics.median(walls):8.3f} {walls[-1]:8.3f} {cpu:14.3f}")
        for line in agree(runs["tagwerk"][0], done[0]):
            print(f"  differs: {line}")


if __name__ == "__main__":
    sys.exit(main())
