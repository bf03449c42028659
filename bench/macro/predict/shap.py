"""Shapley values of the same forest: LightGBM's pred_contrib and this program's, one thread.

Forests of several shapes are trained by LightGBM, saved as text and read by both sides, which run in turns; medians
with least and most of the repeats, and the largest difference in relation to the largest value.

    cmake --preset release -B build/bench -DTAGWERK_BENCH=ON && cmake --build build/bench --target shap_bench
    python bench/macro/predict/shap.py [--bench build/bench/src/shap_bench] [--repeats 5]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

import lightgbm
import numpy as np

ROOT = Path(__file__).resolve().parents[3]
COLUMNS = 28

# name: trees, parameters, rows that LightGBM explains a time (it is slow), rows of the batch here
SHAPES = {
    "500 trees x 63 leaves": (500, {"num_leaves": 63}, 100, 4000),
    "100 trees x 31 leaves": (100, {"num_leaves": 31}, 500, 20_000),
    "100 trees x 255 leaves, deep": (100, {"num_leaves": 255, "min_data_in_leaf": 2}, 50, 4000),
    "20 rounds x 5 classes x 31 leaves": (20, {"objective": "multiclass", "num_class": 5}, 500, 20_000),
}


def train(path: Path, trees: int, parameters: dict) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200_000, COLUMNS))
    x[rng.random(x.shape) < 0.02] = np.nan
    filled = np.nan_to_num(x)
    y = filled @ rng.normal(size=COLUMNS) + 3 * np.sin(3 * filled[:, 0]) + filled[:, 1] * filled[:, 2]
    y = y + 3 * rng.normal(size=len(x))
    y = np.digitize(y, np.quantile(y, [0.2, 0.4, 0.6, 0.8])) if "num_class" in parameters else (y > 0).astype(int)
    settings = {"objective": "binary", "learning_rate": 0.1, "num_threads": 2, "verbose": -1} | parameters
    lightgbm.train(settings, lightgbm.Dataset(x, y), trees).save_model(path)


def spread(values: list[float]) -> str:
    return f"{np.median(values) * 1e6:.1f} ({min(values) * 1e6:.1f} to {max(values) * 1e6:.1f})"


def compare(folder: Path, name: str, bench: Path, repeats: int) -> str:
    trees, parameters, few, many = SHAPES[name]
    train(folder / "model.txt", trees, parameters)
    rows = np.random.default_rng(1).normal(size=(many, COLUMNS))
    rows[::7, 3] = np.nan
    rows.tofile(folder / "rows.bin")
    booster = lightgbm.Booster(model_file=folder / "model.txt")
    theirs, ours, one, first = [], [], [], []
    for _ in range(repeats):
        started = time.perf_counter()
        expected = booster.predict(rows[:few], pred_contrib=True, num_threads=1)
        theirs.append((time.perf_counter() - started) / few)
        words = [bench, folder / "model.txt", folder / "rows.bin", str(COLUMNS), "1", folder / "values.bin"]
        told = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
        ours.append(told["batch"][1])
        one.append(told["one_row"][1])
        first.append(told["first"])
    values = np.fromfile(folder / "values.bin").reshape(many, -1)[:few]
    difference = np.abs(values - expected).max() / np.abs(expected).max()
    return (
        f"| {name} | {spread(theirs)} | {spread(ours)} | {np.median(theirs) / np.median(ours):.0f} "
        f"| {spread(one)} | {np.median(first) * 1e3:.1f} | {difference:.1g} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bench", default=ROOT / "build/bench/src/shap_bench", type=Path)
    parser.add_argument("--repeats", default=5, type=int)
    options = parser.parse_args()
    print(f"LightGBM {lightgbm.__version__}, {COLUMNS} columns, one thread, microseconds a row\n")
    heads = ["forest", "LightGBM, batch", "Tagwerk, batch", "ratio", "Tagwerk, one row at a time"]
    heads += ["ms before the first row", "largest relative difference"]
    print("| " + " | ".join(heads) + " |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name in SHAPES:
            print(compare(Path(folder), name, options.bench, options.repeats), flush=True)


if __name__ == "__main__":
    main()
