"""Prediction, reading time and file size of forests of one size, every library in one run, one thread.

500 trees of 63 leaves (CatBoost: depth 6) on 28 columns, binary. LightGBM's forest is read by LightGBM, by ONNX Runtime
(converted) and by this program (`tagwerk import`); XGBoost, CatBoost and YDF predict forests of their own of the same
size. All on one core, from Python with float32 arrays, rows one at a time and in one batch, in turns; medians with
least and most of the repeats. Reading: from the file to the first prediction, once the library is imported.

    PEER/bin/python bench/macro/predict/peers.py [--tagwerk build/release/tagwerk] [--repeats 5] [--rows 50000]

PEER has lightgbm xgboost catboost ydf onnxruntime onnxmltools and this program's package.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[3]
COLUMNS, TREES, LEAVES, BATCH, SINGLE = 28, 500, 63, 20_000, 300
Predict = Callable[[np.ndarray], Any]
NAMES = [f"c{j}" for j in range(COLUMNS)]


def data(rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Training matrix, labels, and the rows to be predicted."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, COLUMNS)).astype(np.float32)
    signal = x @ rng.normal(size=COLUMNS) + 3 * np.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2]
    y = (signal + 3 * rng.normal(size=rows) > 0).astype(int)
    return x, y, rng.normal(size=(BATCH, COLUMNS)).astype(np.float32)


def save_lightgbm(x: np.ndarray, y: np.ndarray, folder: Path, tagwerk: Path) -> None:
    import lightgbm

    options = {"objective": "binary", "num_leaves": LEAVES, "num_threads": 2, "verbose": -1}
    model = lightgbm.train(options, lightgbm.Dataset(x, y, feature_name=NAMES), TREES)
    model.save_model(folder / "lightgbm.txt")
    subprocess.run([tagwerk, "import", folder / "lightgbm.txt", "-o", folder / "tagwerk.tw"], check=True)
    from onnxmltools import convert_lightgbm
    from onnxmltools.convert.common.data_types import FloatTensorType

    made = convert_lightgbm(model, initial_types=[("x", FloatTensorType([None, COLUMNS]))], zipmap=False)
    (folder / "onnxruntime.onnx").write_bytes(made.SerializeToString())


def save_others(x: np.ndarray, y: np.ndarray, folder: Path) -> None:
    import catboost
    import xgboost
    import ydf

    options = {"objective": "binary:logistic", "grow_policy": "lossguide", "max_leaves": LEAVES, "max_depth": 0}
    xgboost.train({**options, "eta": 0.1, "nthread": 2}, xgboost.QuantileDMatrix(x, y), TREES).save_model(
        folder / "xgboost.ubj"
    )
    forest = catboost.CatBoostClassifier(
        iterations=TREES, depth=6, thread_count=2, verbose=False, allow_writing_files=False
    )
    forest.fit(x, y).save_model(str(folder / "catboost.cbm"))
    learner = ydf.GradientBoostedTreesLearner(
        label="y",
        num_trees=TREES,
        growing_strategy="BEST_FIRST_GLOBAL",
        max_num_nodes=LEAVES,
        max_depth=-1,
        early_stopping="NONE",
        validation_ratio=0.0,
        num_threads=2,
        discretize_numerical_columns=True,
    )
    learner.train({**by_name(x), "y": y}, verbose=0).save(str(folder / "ydf"))


def by_name(x: np.ndarray) -> dict[str, np.ndarray]:
    return {name: x[:, j] for j, name in enumerate(NAMES)}


def read_tagwerk(path: Path) -> Predict:
    import tagwerk

    return tagwerk.load(path).predict_proba


def read_lightgbm(path: Path) -> Predict:
    import lightgbm

    model = lightgbm.Booster(model_file=path)
    return lambda x: model.predict(x, num_threads=1)


def read_onnx(path: Path) -> Predict:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    output = session.get_outputs()[-1].name
    return lambda x: session.run([output], {"x": x})[0]


def read_xgboost(path: Path) -> Predict:
    import xgboost

    model = xgboost.Booster(model_file=path)
    model.set_param({"nthread": 1})
    return model.inplace_predict


def read_catboost(path: Path) -> Predict:
    import catboost

    model = catboost.CatBoostClassifier().load_model(str(path))
    return lambda x: model.predict_proba(x, thread_count=1)


def read_ydf(path: Path) -> Predict:
    import ydf

    model = ydf.load_model(str(path))
    return lambda x: model.predict(by_name(x), num_threads=1)


READERS: dict[str, tuple[Callable[[Path], Predict], str]] = {
    "Tagwerk": (read_tagwerk, "tagwerk.tw"),
    "LightGBM": (read_lightgbm, "lightgbm.txt"),
    "ONNX Runtime, LightGBM's forest": (read_onnx, "onnxruntime.onnx"),
    "XGBoost": (read_xgboost, "xgboost.ubj"),
    "CatBoost, oblivious": (read_catboost, "catboost.cbm"),
    "YDF": (read_ydf, "ydf"),
}


def timed(read: Callable[[Path], Predict], path: Path, rows: np.ndarray) -> tuple[float, float, float]:
    """Seconds of reading, and of a row one at a time and in a batch."""
    started = time.perf_counter()
    predict = read(path)
    predict(rows[:1])
    reading = time.perf_counter() - started
    started = time.perf_counter()
    for i in range(SINGLE):
        predict(rows[i : i + 1])
    single = (time.perf_counter() - started) / SINGLE
    started = time.perf_counter()
    predict(rows)
    return reading, single, (time.perf_counter() - started) / len(rows)


def size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def spread(values: list[float], unit: float) -> str:
    return f"{np.median(values) * unit:.3g} ({min(values) * unit:.3g} to {max(values) * unit:.3g})"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tagwerk", default=ROOT / "build/release/tagwerk", type=Path)
    parser.add_argument("--repeats", default=5, type=int)
    parser.add_argument("--rows", default=50_000, type=int)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        x, y, rows = data(options.rows)
        save_lightgbm(x, y, folder, options.tagwerk)
        save_others(x, y, folder)
        os.sched_setaffinity(0, {0})
        for read, file in READERS.values():
            read(folder / file)(rows[:1])  # what the first use of a library costs is not the file's
        times: dict[str, list[tuple[float, float, float]]] = {name: [] for name in READERS}
        for _ in range(options.repeats):
            for name, (read, file) in READERS.items():
                times[name].append(timed(read, folder / file, rows))
        ours = np.asarray(read_tagwerk(folder / "tagwerk.tw")(rows))[:, 1]
        apart = np.abs(ours - read_lightgbm(folder / "lightgbm.txt")(rows)).max()
        print("| library | one row a call, us | batch of 20,000, us a row | reading, ms | file, kB |")
        print("|---|---|---|---|---|")
        for name, values in times.items():
            reading, single, batch = zip(*values, strict=True)
            cells = f"{spread(single, 1e6)} | {spread(batch, 1e6)} | {spread(reading, 1e3)}"
            print(f"| {name} | {cells} | {size(folder / READERS[name][1]) / 1e3:.0f} |")
        print(f"\nlargest difference of a probability from LightGBM's: {apart:.2g}")


if __name__ == "__main__":
    main()
