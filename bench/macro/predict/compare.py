"""Prediction of the same forest: LightGBM's own (Python call and C API) and this program's, one thread.

A LightGBM model of 500 trees x 63 leaves on 28 columns is trained once, saved as text and read by both sides. Rows are
asked one at a time and in one batch; both sides run in turns, medians with least and most of the repeats are shown, and
the largest difference of the predictions (through `tagwerk import` and `tagwerk predict`).

    cmake --preset release -B build/bench -DTAGWERK_BENCH=ON && cmake --build build/bench --target predict_bench
    python bench/macro/predict/compare.py [--bench build/bench/src/predict_bench] [--repeats 5]
"""

from __future__ import annotations

import argparse
import ctypes
import json
import subprocess
import tempfile
import time
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
from lightgbm.basic import _LIB

ROOT = Path(__file__).resolve().parents[3]
COLUMNS, ROWS, SINGLE = 28, 20_000, 1000


def train(path: Path) -> np.ndarray:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200_000, COLUMNS))
    signal = x @ rng.normal(size=COLUMNS) + 3 * np.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2]
    y = (signal + 3 * rng.normal(size=len(x)) > 0).astype(int)
    parameters = {"objective": "binary", "num_leaves": 63, "learning_rate": 0.1, "num_threads": 2, "verbose": -1}
    lightgbm.train(parameters, lightgbm.Dataset(x, y), 500).save_model(path)
    return rng.normal(size=(ROWS, COLUMNS))


def timed(predict, rows: np.ndarray) -> tuple[float, float]:
    """Seconds a row: one at a time, in one batch."""
    started = time.perf_counter()
    predict(rows)
    batch = (time.perf_counter() - started) / len(rows)
    started = time.perf_counter()
    for i in range(SINGLE):
        predict(rows[i : i + 1])
    return (time.perf_counter() - started) / SINGLE, batch


def c_api(booster: lightgbm.Booster):
    out, length = np.empty(ROWS), ctypes.c_int64()

    def predict(rows: np.ndarray) -> np.ndarray:
        _LIB.LGBM_BoosterPredictForMat(
            booster._handle, rows.ctypes.data_as(ctypes.c_void_p), 1, ctypes.c_int32(len(rows)),
            ctypes.c_int32(COLUMNS), 1, 0, 0, -1, b"num_threads=1", ctypes.byref(length),
            out.ctypes.data_as(ctypes.POINTER(ctypes.c_double)),
        )  # fmt: skip
        return out[: len(rows)]

    return predict


def spread(values: list[float]) -> str:
    return f"{np.median(values) * 1e6:.2f} ({min(values) * 1e6:.2f} to {max(values) * 1e6:.2f})"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bench", default=ROOT / "build/bench/src/predict_bench", type=Path)
    parser.add_argument("--tagwerk", default=ROOT / "build/release/tagwerk", type=Path)
    parser.add_argument("--repeats", default=5, type=int)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        rows = train(folder / "model.txt")
        rows.tofile(folder / "rows.bin")
        booster = lightgbm.Booster(model_file=folder / "model.txt")
        sides = {"LightGBM, Python": lambda r: booster.predict(r, num_threads=1), "LightGBM, C API": c_api(booster)}
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in [*sides, "Tagwerk"]}
        for _ in range(options.repeats):
            for name, predict in sides.items():
                times[name].append(timed(predict, rows))
            words = [options.bench, folder / "model.txt", folder / "rows.bin", str(COLUMNS), "3"]
            told = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
            times["Tagwerk"].append((told["one_row"][1], told["batch"][1]))
        pd.DataFrame(rows, columns=booster.feature_name()).to_csv(folder / "rows.csv", index=False)
        subprocess.run([options.tagwerk, "import", folder / "model.txt", "-o", folder / "m.tw"], check=True)
        subprocess.run(
            [options.tagwerk, "predict", folder / "m.tw", folder / "rows.csv", "-o", folder / "p.csv"],
            check=True,
            capture_output=True,
        )
        ours = pd.read_csv(folder / "p.csv")["probability[1]"].to_numpy()
        theirs = booster.predict(pd.read_csv(folder / "rows.csv").to_numpy(), num_threads=1)
    print(
        f"LightGBM {lightgbm.__version__}, 500 trees x 63 leaves, {COLUMNS} columns, one thread, microseconds a row\n"
    )
    print("| side | one row at a time | batch of 20,000 |\n|---|---|---|")
    for name, values in times.items():
        print(f"| {name} | {spread([v[0] for v in values])} | {spread([v[1] for v in values])} |")
    print(f"\nlargest difference of a probability: {np.abs(ours - theirs).max():.2g}")


if __name__ == "__main__":
    main()
