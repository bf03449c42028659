"""Prediction of the same oblivious forest: CatBoost's own and this program's, one thread.

A CatBoost model of 500 trees of depth 6 on 28 columns is trained once and written as a LightGBM text model, which this
program reads. Rows are asked one at a time and in one batch; both sides run in turns, medians with least and most of
the repeats are shown, and the largest difference of a score.

    cmake --preset release -B build/bench -DTAGWERK_BENCH=ON && cmake --build build/bench --target predict_bench
    PEER/bin/python bench/macro/predict/oblivious.py [--bench build/bench/src/predict_bench] [--repeats 5]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

import catboost
import numpy as np

ROOT = Path(__file__).resolve().parents[3]
COLUMNS, ROWS, SINGLE = 28, 20_000, 1000


def train() -> tuple[catboost.CatBoostClassifier, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100_000, COLUMNS)).astype(np.float32)
    signal = x @ rng.normal(size=COLUMNS) + 3 * np.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2]
    y = (signal + 3 * rng.normal(size=len(x)) > 0).astype(int)
    model = catboost.CatBoostClassifier(
        iterations=500, depth=6, learning_rate=0.1, thread_count=2, verbose=False, allow_writing_files=False
    )
    return model.fit(x, y), rng.normal(size=(ROWS, COLUMNS)).astype(np.float32)


def tree_text(number: int, tree: dict, bias: float) -> str:
    """One oblivious tree as a full binary one; bit j of a number in `leaf_values` says that split j sent it right."""
    splits = tree["splits"]
    depth = len(splits)
    feature, threshold, left, right, values = [], [], [], [], []
    for level, split in enumerate(splits):
        for place in range(2**level):
            feature.append(split["float_feature_index"])
            threshold.append(repr(split["border"]))
            below = [2 * place, 2 * place + 1]
            first = 2 ** (level + 1) - 1
            children = [first + b if level + 1 < depth else ~b for b in below]
            left.append(children[0])
            right.append(children[1])
    for place in range(2**depth):
        path = [(place >> (depth - 1 - level)) & 1 for level in range(depth)]
        cell = sum(bit << level for level, bit in enumerate(path))
        values.append(repr(tree["leaf_values"][cell] + bias))

    def line(name: str, entries: list) -> str:
        return f"{name}={' '.join(str(entry) for entry in entries)}\n"

    return (
        f"Tree={number}\nnum_leaves={2**depth}\nnum_cat=0\n"
        f"{line('split_feature', feature)}{line('threshold', threshold)}"
        f"{line('decision_type', [2] * len(feature))}{line('left_child', left)}{line('right_child', right)}"
        f"{line('leaf_value', values)}shrinkage=1\n\n\n"
    )


def write_text(model: catboost.CatBoostClassifier, folder: Path) -> None:
    model.save_model(str(folder / "model.json"), format="json")
    told = json.loads((folder / "model.json").read_text())
    scale, bias = told["scale_and_bias"][0], told["scale_and_bias"][1]
    if scale != 1:
        raise SystemExit(f"a scale of {scale} is not provided for")
    bias = bias[0] if isinstance(bias, list) else bias
    trees = [tree_text(i, tree, bias if i == 0 else 0.0) for i, tree in enumerate(told["oblivious_trees"])]
    names = " ".join(f"x{j}" for j in range(COLUMNS))
    head = (
        f"tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx={COLUMNS - 1}\n"
        f"objective=regression\nfeature_names={names}\nfeature_infos={' '.join(['[-10:10]'] * COLUMNS)}\n"
        f"tree_sizes={' '.join(str(len(t)) for t in trees)}\n\n"
    )
    (folder / "model.txt").write_text(head + "".join(trees) + "end of trees\n")


def timed(model: catboost.CatBoostClassifier, rows: np.ndarray) -> tuple[float, float, float]:
    """Seconds a row, one at a time and in one batch, and the sum of the scores."""

    def predict(some: np.ndarray) -> np.ndarray:
        return model.predict(some, prediction_type="RawFormulaVal", thread_count=1)

    started = time.perf_counter()
    scores = predict(rows)
    batch = (time.perf_counter() - started) / len(rows)
    started = time.perf_counter()
    for i in range(SINGLE):
        predict(rows[i : i + 1])
    return (time.perf_counter() - started) / SINGLE, batch, float(scores.sum())


def spread(values: list[float]) -> str:
    return f"{np.median(values) * 1e6:.2f} ({min(values) * 1e6:.2f} to {max(values) * 1e6:.2f})"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bench", default=ROOT / "build/bench/src/predict_bench", type=Path)
    parser.add_argument("--repeats", default=5, type=int)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        model, rows = train()
        write_text(model, folder)
        rows.astype(np.float64).tofile(folder / "rows.bin")
        theirs, ours = [], []
        for _ in range(options.repeats):
            theirs.append(timed(model, rows))
            words = [options.bench, folder / "model.txt", folder / "rows.bin", str(COLUMNS), "3"]
            told = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
            ours.append((told["one_row"][1], told["batch"][1], told["sum"]))
    print(f"CatBoost {catboost.__version__}, 500 trees of depth 6, {COLUMNS} columns, one thread, microseconds a row\n")
    print("| side | one row at a time | batch of 20,000 |\n|---|---|---|")
    for name, values in (("CatBoost, Python", theirs), ("Tagwerk", ours)):
        print(f"| {name} | {spread([v[0] for v in values])} | {spread([v[1] for v in values])} |")
    print(f"\nsums of the scores: {theirs[0][2]:.12g} and {ours[0][2]:.12g}")


if __name__ == "__main__":
    main()
