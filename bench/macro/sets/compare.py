"""The main job on real sets, beside LightGBM's defaults and scikit-learn's HistGradientBoosting.

Every set is cut once: 25 % of the rows (seed 0, stratified) are the test; all three see the same rows and the same
columns (without the ones that about.txt calls leakage). Tagwerk gets the rest as a CSV file and a budget; its score is
computed here from `tagwerk predict`. Differences are judged by a paired bootstrap over test rows.

usage: .venv/bin/python bench/macro/sets/compare.py [--budget 20s] [--sets a,b] [--out table.md]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import train_test_split

ROOT = Path(__file__).resolve().parents[3]
SHARED = ROOT.parent / "shared" / "data"
PROGRAM = ROOT / "build" / "release" / "tagwerk"
warnings.filterwarnings("ignore")


@dataclass
class Set:
    """How a set is read: file, target, leakage and ids that nobody gets."""

    name: str
    task: str
    target: str | int
    drop: list[str] = field(default_factory=list)
    read: dict = field(default_factory=dict)


SETS = [
    Set("adult", "binary", "income", read={"skipinitialspace": True, "na_values": "?"}),
    Set("bank_additional", "binary", "y", ["duration"], {"sep": ";"}),
    Set("telco_churn", "binary", "Churn", ["customerID"], {"na_values": " "}),
    Set("hotel_bookings", "binary", "is_canceled", ["reservation_status", "reservation_status_date"]),
    Set("higgs_small", "binary", 0, read={"header": None, "sep": "\t"}),
    Set("phoneme", "binary", -1, read={"header": None}),
    Set("german_credit", "binary", -1, read={"header": None, "sep": None, "engine": "python"}),
    Set("titanic", "binary", "Survived", ["PassengerId"]),
    Set("letter", "multiclass", "lettr"),
    Set("vehicle", "multiclass", "Class"),
    Set("splice", "multiclass", "Class", ["Instance_name"]),
    Set("pendigits", "multiclass", "class"),
    Set("ames", "regression", "SalePrice", ["Order", "PID"], {"sep": "\t"}),
    Set("california_housing", "regression", "median_house_value"),
    Set("diamonds", "regression", "price"),
    Set("bike_hour", "regression", "cnt", ["casual", "registered", "instant", "dteday"]),
    Set("abalone", "regression", -1, read={"header": None}),
    Set("wine_white", "regression", "quality"),
]


def data_file(name: str) -> Path:
    files = [
        p for p in (SHARED / name).iterdir() if p.suffix in (".csv", ".tsv", ".data", ".txt") and p.stem != "about"
    ]
    return max(files, key=lambda p: p.stat().st_size)


def load(entry: Set) -> tuple[pd.DataFrame, pd.Series]:
    frame = pd.read_csv(data_file(entry.name), **{"sep": ",", **entry.read})
    if isinstance(entry.target, int):
        frame.columns = [f"c{j + 1}" for j in range(frame.shape[1])]
        target = frame.columns[entry.target]
    else:
        frame.columns = [str(c).strip() for c in frame.columns]
        target = entry.target
    frame = frame[frame[target].notna()].reset_index(drop=True)
    y = frame.pop(target)
    return frame.drop(columns=entry.drop), y.astype(float) if entry.task == "regression" else y.astype(str)


def for_peers(train: pd.DataFrame, test: pd.DataFrame, limit: int | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Strings become categories known from training; beyond `limit` levels the rare ones are joined."""
    train, test = train.copy(), test.copy()
    for name in train.columns:
        if pd.api.types.is_numeric_dtype(train[name]):
            continue
        levels = train[name].astype(str).value_counts().index[: (limit - 2 if limit else None)]
        dtype = pd.CategoricalDtype(list(levels))
        train[name] = pd.Categorical(train[name].astype(str), dtype=dtype)
        test[name] = pd.Categorical(test[name].astype(str), dtype=dtype)
    return train, test


def peer_scores(kind: str, task: str, train, test, y) -> np.ndarray:
    train, test = for_peers(train, test, 254 if kind == "hgb" else None)
    names = [f"f{j}" for j in range(train.shape[1])]
    train.columns, test.columns = names, names
    if kind == "lightgbm":
        model = (lightgbm.LGBMRegressor if task == "regression" else lightgbm.LGBMClassifier)(n_jobs=2, verbose=-1)
    else:
        cls = HistGradientBoostingRegressor if task == "regression" else HistGradientBoostingClassifier
        model = cls(categorical_features="from_dtype", random_state=0)
    model.fit(train, y)
    return model.predict(test) if task == "regression" else model.predict_proba(test)


def tagwerk_scores(task: str, train, test, y, target: str, labels: list[str], budget: str) -> tuple[np.ndarray, dict]:
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        train.assign(**{target: y}).to_csv(base / "train.csv", index=False)
        test.to_csv(base / "test.csv", index=False)
        words = [
            PROGRAM,
            "run",
            "train.csv",
            "--target",
            target,
            "--budget",
            budget,
            "--out",
            "out",
            "--task",
            task,
            "--quiet",
        ]
        started = time.monotonic()
        done = subprocess.run(words, cwd=base, capture_output=True, text=True, check=False)
        seconds = time.monotonic() - started
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        subprocess.run(
            [PROGRAM, "predict", "out/model.tw", "test.csv", "-o", "p.csv"],
            cwd=base,
            check=True,
            capture_output=True,
        )
        run = json.loads((base / "out" / "run.json").read_text())
        predicted = pd.read_csv(base / "p.csv")
    facts = {
        "seconds": seconds,
        "trials": run["used"]["trials"],
        "stop": run["stop_reason"],
        "memory": run["used"]["peak_memory_bytes"],
        "test": run["test"]["metrics"][0],
    }
    if task == "regression":
        return predicted["prediction"].to_numpy(), facts
    return predicted[[f"probability[{label}]" for label in labels]].to_numpy(), facts


def losses(task: str, truth: np.ndarray, scores: np.ndarray, rows: np.ndarray) -> float:
    """Returns the metric turned so that smaller is better."""
    if task == "regression":
        return float(np.sqrt(np.mean((truth[rows] - scores[rows]) ** 2)))
    if task == "binary":
        return -float(roc_auc_score(truth[rows], scores[rows, 1]))
    p = np.clip(scores[rows], 1e-15, None)
    return float(log_loss(truth[rows], p / p.sum(axis=1, keepdims=True), labels=np.arange(p.shape[1])))


def compare(entry: Set, budget: str) -> dict:
    frame, y = load(entry)
    stratify = None if entry.task == "regression" else y
    train, test, y_train, y_test = train_test_split(frame, y, test_size=0.25, random_state=0, stratify=stratify)
    labels = sorted(y.unique()) if entry.task != "regression" else []
    truth = y_test.to_numpy() if entry.task == "regression" else np.searchsorted(labels, y_test.to_numpy())
    target = "target" if isinstance(entry.target, int) else entry.target
    ours, facts = tagwerk_scores(entry.task, train, test, y_train, target, labels, budget)
    scores = {"tagwerk": ours}
    for kind in ("lightgbm", "hgb"):
        scores[kind] = peer_scores(kind, entry.task, train, test, y_train)
    everything = np.arange(len(truth))
    out = {"set": entry.name, "task": entry.task, "rows": len(y_train), **facts}
    rng = np.random.default_rng(0)
    samples = [rng.integers(0, len(truth), len(truth)) for _ in range(300)]
    own = [losses(entry.task, truth, ours, s) for s in samples]
    for kind, values in scores.items():
        out[kind] = losses(entry.task, truth, values, everything)
    for kind in ("lightgbm", "hgb"):
        difference = np.array([losses(entry.task, truth, scores[kind], s) for s in samples]) - own
        low, high = np.percentile(difference, [2.5, 97.5])
        out[f"{kind}_verdict"] = "better" if low > 0 else "worse" if high < 0 else "equal"
    return out


def shown(value: float, task: str) -> str:
    return f"{abs(value):.4f}" if task != "regression" else f"{value:.5g}"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--budget", default="20s")
    parser.add_argument("--sets", default="")
    parser.add_argument("--out", default="")
    options = parser.parse_args()
    wanted = set(options.sets.split(",")) - {""}
    lines = [
        f"LightGBM {lightgbm.__version__}, scikit-learn {sklearn.__version__}; budget {options.budget}; "
        "AUC (binary, up), log loss (multiclass, down), RMSE (regression, down)",
        "",
        "| set | rows | tagwerk | LightGBM | HistGradientBoosting | against LightGBM | against HGB | seconds | trials |"
        " own test score |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    print("\n".join(lines))
    results = []
    for entry in SETS:
        if wanted and entry.name not in wanted:
            continue
        r = compare(entry, options.budget)
        results.append(r)
        t = r["test"]
        own = f"{t['value']:.4g} [{t['low']:.4g}, {t['high']:.4g}]" if t["low"] is not None else f"{t['value']:.4g}"
        line = (
            f"| {r['set']} | {r['rows']} | {shown(r['tagwerk'], r['task'])} | {shown(r['lightgbm'], r['task'])} | "
            f"{shown(r['hgb'], r['task'])} | {r['lightgbm_verdict']} | "
            f"{r['hgb_verdict']} | {r['seconds']:.1f} | {r['trials']} | {own} |"
        )
        print(line, flush=True)
        lines.append(line)
    fine = sum(r["lightgbm_verdict"] != "worse" and r["hgb_verdict"] != "worse" for r in results)
    last = f"better or equal to both on {fine} of {len(results)} sets"
    last += f"; longest run {max(r['seconds'] for r in results):.1f} s"
    print("\n" + last)
    if options.out:
        Path(options.out).write_text("\n".join([*lines, "", last]) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
