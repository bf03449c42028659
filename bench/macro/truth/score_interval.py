"""Does the reported 95 % interval of the score hold on fresh data?

Made data whose law is known (classes, numbers, groups of columns without any use, noise), and large real sets cut in
pieces: a run sees one piece; the rows it never saw give the score that the interval should cover. The model that is
judged is the one that was scored (`--refit never`).

usage: .venv/bin/python bench/macro/truth/score_interval.py [--runs 60] [--pieces 15] [--out table.md]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss, roc_auc_score

ROOT = Path(__file__).resolve().parents[3]
SHARED = ROOT.parent / "shared" / "data"
PROGRAM = ROOT / "build" / "release" / "tagwerk"
FRESH_ROWS = 40_000
PIECE_ROWS = 2_500
REAL = [
    ("hotel_bookings/hotel_bookings.csv", "binary", "is_canceled", ["reservation_status", "reservation_status_date"]),
    ("adult/adult.csv", "binary", "income", []),
    ("letter/letter.csv", "multiclass", "lettr", []),
    ("diamonds/diamonds.csv", "regression", "price", []),
]


def made(task: str, rows: int, law: int, seed: int) -> pd.DataFrame:
    """Draws rows of a law: eight columns of which five count, one category, noise."""
    rng = np.random.default_rng([law, seed])
    weights = np.random.default_rng(law).normal(size=(5, 3))
    x = rng.normal(size=(rows, 8))
    level = rng.integers(0, 6, rows)
    signal = x[:, :5] @ weights + np.sin(2 * x[:, :1]) + 0.4 * level[:, None] * np.array([1.0, -1.0, 0.5])
    frame = pd.DataFrame(x.round(4), columns=[f"x{j}" for j in range(8)]).assign(level=np.array(list("abcdef"))[level])
    if task == "regression":
        frame["y"] = (signal[:, 0] + rng.normal(size=rows) * (1 + np.abs(x[:, 1]))).round(4)
    elif task == "binary":
        frame["y"] = np.where(rng.random(rows) < 1 / (1 + np.exp(1.5 - signal[:, 0])), "yes", "no")
    else:
        frame["y"] = np.array(list("pqr"))[np.argmax(signal + rng.gumbel(size=signal.shape) * 2, axis=1)]
    return frame


def score(task: str, truth: pd.Series, predicted: pd.DataFrame) -> float:
    """Returns the main metric of the task on labelled rows."""
    if task == "regression":
        return float(np.sqrt(np.mean((truth.to_numpy(float) - predicted["prediction"].to_numpy(float)) ** 2)))
    columns = [c for c in predicted.columns if c.startswith("probability[")]
    labels = [c[len("probability[") : -1] for c in columns]
    p = predicted[columns].to_numpy()
    if task == "binary":
        return float(roc_auc_score(truth.astype(str) == labels[1], p[:, 1]))
    known = truth.astype(str).isin(labels).to_numpy()
    p = np.clip(p[known], 1e-15, None)
    return float(log_loss(truth[known].astype(str), p / p.sum(axis=1, keepdims=True), labels=labels))


def judged(piece: pd.DataFrame, fresh: pd.DataFrame, task: str, target: str, drop: list[str], seed: int) -> dict:
    """Runs on a piece; returns the reported metric and the score on fresh rows."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        piece.to_csv(base / "piece.csv", index=False)
        fresh.to_csv(base / "fresh.csv", index=False)
        words = [PROGRAM, "run", "piece.csv", "--target", target, "--task", task, "--budget", "30s", "--trials", "8"]
        words += ["--refit", "never", "--report", "none", "--quiet", "--out", "out", "--seed", str(seed)]
        if drop:
            words += ["--drop", ",".join(drop)]
        subprocess.run(words, cwd=base, check=True, capture_output=True)
        subprocess.run(
            [PROGRAM, "predict", "out/model.tw", "fresh.csv", "-o", "p.csv"], cwd=base, check=True, capture_output=True
        )
        metric = json.loads((base / "out" / "run.json").read_text())["test"]["metrics"][0]
        predicted = pd.read_csv(base / "p.csv", keep_default_na=False)
    return {**metric, "fresh": score(task, fresh[target], predicted)}


def made_runs(runs: int):
    tasks = ("binary", "multiclass", "regression")
    for i in range(runs):
        task = tasks[i % 3]
        rows = (600, 1500, 4000)[(i // 3) % 3]
        yield (
            f"made, {task}",
            judged(made(task, rows, i, 0), made(task, FRESH_ROWS, i, 1), task, "y", [], i),
        )


def real_runs(pieces: int):
    for file, task, target, drop in REAL:
        path = SHARED / file
        if not path.exists():
            print(f"skipped: {file} is not there", file=sys.stderr)
            continue
        frame = pd.read_csv(path, skipinitialspace=True)
        frame.columns = [c.strip() for c in frame.columns]
        order = np.random.default_rng(0).permutation(len(frame))
        for i in range(min(pieces, len(frame) // PIECE_ROWS - 1)):
            own = order[i * PIECE_ROWS : (i + 1) * PIECE_ROWS]
            rest = np.setdiff1d(order, own)
            yield Path(file).parent.name, judged(frame.iloc[own], frame.iloc[rest], task, target, drop, i)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("--pieces", type=int, default=15)
    parser.add_argument("--out", default="")
    options = parser.parse_args()
    results: dict[str, list[dict]] = {}
    for runs in (made_runs(options.runs), real_runs(options.pieces)):
        for kind, result in runs:
            results.setdefault(kind, []).append(result)
            inside = result["low"] <= result["fresh"] <= result["high"]
            print(
                kind,
                result["name"],
                result["value"],
                result["low"],
                result["high"],
                result["fresh"],
                inside,
                flush=True,
            )
    lines = ["| data | metric | runs | interval holds | mean of reported / fresh |", "|---|---|---|---|---|"]
    total = held = 0
    for kind, found in results.items():
        inside = sum(r["low"] <= r["fresh"] <= r["high"] for r in found)
        total, held = total + len(found), held + inside
        ratio = np.mean([r["value"] for r in found]) / np.mean([r["fresh"] for r in found])
        lines.append(f"| {kind} | {found[0]['name']} | {len(found)} | {inside / len(found):.1%} | {ratio:.4f} |")
    lines.append(f"| all | | {total} | {held / total:.1%} | |")
    print("\n" + "\n".join(lines))
    if options.out:
        Path(options.out).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
