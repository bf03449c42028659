"""What training costs as the work grows: rows, columns, threads.

    PYTHONPATH=PACKAGE python bench/macro/gbdt/growth.py [--rows 10000,100000,1000000,10000000] [--at-columns 20]
        [--columns 10,100,1000,5000] [--at-rows 20000] [--threads 1,2] [--rounds 10] [--svg docs/growth.svg]

Normal numbers, half of them rounded to ten values; 31 leaves. Every fit is a process of its own. Shown: wall and
processor seconds of a fit (binning and boosting), and what a cell (row times column) and round costs. Both lines are
drawn with logarithmic axes.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

Point = dict[str, float]


def fit(rows: int, columns: int, threads: int, rounds: int) -> Point:
    import tagwerk

    random = np.random.default_rng(0)
    x = random.standard_normal((rows, columns), dtype=np.float32)
    for begin in range(0, rows, 100_000):
        part = x[begin : begin + 100_000, ::2]
        np.round(part * 1.5, out=part)
    y = x[:, 0] * x[:, 1] + np.sin(2 * x[:, 3]) + 0.5 * random.standard_normal(rows, dtype=np.float32)
    model = tagwerk.GradientBoostingRegressor(n_estimators=rounds, max_leaf_nodes=31, n_jobs=threads)
    start, cpu = time.perf_counter(), time.process_time()
    model.fit(x, y)
    return {"wall": time.perf_counter() - start, "cpu": time.process_time() - cpu}


def measure(options: argparse.Namespace, rows: int, columns: int, threads: int) -> Point:
    words = [str(n) for n in (rows, columns, threads, options.rounds)]
    done = subprocess.run([sys.executable, __file__, "--fit", *words], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def label(n: float) -> str:
    return f"{n:,.0f}" if n >= 1 else f"{n:g}"


def panel(at: int, title: str, lines: dict[str, list[tuple[float, float]]]) -> str:
    """One chart of lines by name, 300 wide."""
    left, top, width, height = at + 50, 40, 240, 200
    points = [point for line in lines.values() for point in line]
    lows = [math.floor(math.log10(min(p[axis] for p in points))) for axis in (0, 1)]
    highs = [math.ceil(math.log10(max(p[axis] for p in points))) for axis in (0, 1)]
    highs = [max(high, low + 1) for low, high in zip(lows, highs, strict=True)]

    def place(point: tuple[float, float]) -> tuple[float, float]:
        share = [(math.log10(v) - low) / (high - low) for v, low, high in zip(point, lows, highs, strict=True)]
        return left + share[0] * width, top + (1 - share[1]) * height

    out = [f'<text x="{left + width / 2}" y="20" text-anchor="middle" font-weight="bold">{title}</text>']
    for power in range(lows[0], highs[0] + 1):
        x, _ = place((10**power, 10 ** lows[1]))
        out.append(f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{top + height}" stroke="#ddd"/>')
        out.append(f'<text x="{x:.1f}" y="{top + height + 16}" text-anchor="middle">{label(10**power)}</text>')
    for power in range(lows[1], highs[1] + 1):
        _, y = place((10 ** lows[0], 10**power))
        out.append(f'<line x1="{left}" y1="{y:.1f}" x2="{left + width}" y2="{y:.1f}" stroke="#ddd"/>')
        out.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{label(10.0**power)} s</text>')
    for i, (name, line) in enumerate(lines.items()):
        color = ("#1f5fa8", "#c2571a")[i % 2]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(place, line))
        out.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        out.extend(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}"/>' for x, y in map(place, line))
        out.append(f'<text x="{left + 8}" y="{top + 16 + 16 * i}" fill="{color}">{name}</text>')
    return "\n".join(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="10000,100000,1000000,10000000")
    parser.add_argument("--at-columns", type=int, default=20)
    parser.add_argument("--columns", default="10,100,1000,5000")
    parser.add_argument("--at-rows", type=int, default=20_000)
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--svg", type=Path)
    parser.add_argument("--fit", nargs=4, type=int)
    options = parser.parse_args()
    if options.fit:
        print(json.dumps(fit(*options.fit)))
        return
    numbers = {name: [int(n) for n in getattr(options, name).split(",")] for name in ("rows", "columns", "threads")}
    shapes = {
        f"rows ({options.at_columns} columns)": [(n, options.at_columns, n) for n in numbers["rows"]],
        f"columns ({options.at_rows:,} rows)": [(options.at_rows, n, n) for n in numbers["columns"]],
    }
    print("| rows | columns | threads | wall s | cpu s | ns a cell and round |\n|---|---|---|---|---|---|")
    charts = []
    for title, shape in shapes.items():
        lines: dict[str, list[tuple[float, float]]] = {}
        for rows, columns, along in shape:
            for threads in numbers["threads"]:
                at = measure(options, rows, columns, threads)
                each = at["wall"] * 1e9 / rows / columns / options.rounds
                print(
                    f"| {rows:,} | {columns:,} | {threads} | {at['wall']:.3g} | {at['cpu']:.3g} | {each:.2f} |",
                    flush=True,
                )
                name = "1 thread" if threads == 1 else f"{threads} threads"
                lines.setdefault(name, []).append((along, at["wall"]))
        charts.append(panel(320 * len(charts), f"seconds by {title}", lines))
    if options.svg:
        options.svg.write_text(
            '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="280" '
            'font-family="sans-serif" font-size="11">\n'
            '<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(charts) + "\n</svg>\n"
        )


if __name__ == "__main__":
    main()
