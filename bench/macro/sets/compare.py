"""The main job on real sets as they were found, beside LightGBM's defaults and scikit-learn's HistGradientBoosting.

Every file is cut once: 25 % of its records (seed 0, stratified) are the test; all three see the same records and the
same columns (without the ones that about.txt calls leakage, and row keys). Tagwerk gets the raw file, the peers what
pandas reads from it, strings as categories. Scores are computed here from `tagwerk predict` and the peers' predictions;
differences are judged by a paired bootstrap over test rows.

usage: .venv/bin/python bench/macro/sets/compare.py [--budget 15s] [--sets a,b] [--out table.md]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
import sklearn
from sets import ROOT, SETS, Set, cut, load
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import log_loss, roc_auc_score

PROGRAM = ROOT / "build" / "release" / "tagwerk"
warnings.filterwarnings("ignore")


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
    return np.asarray(model.predict(test) if task == "regression" else model.predict_proba(test))


def tagwerk_scores(
    entry: Set, train: Path, test: Path, classes: list[str], budget: str, program: Path = PROGRAM, more: tuple = ()
) -> tuple[np.ndarray, dict]:
    """Runs the program beside `train` and predicts `test`; `more` are options of the run."""
    words: list[str | Path] = [
        program,
        "run",
        train,
        f"--target={entry.typed_target()}",
        "--task",
        entry.task,
        "--budget",
        budget,
    ]
    words += ["--out", train.parent / "out", "--quiet", *more]
    if entry.nobody_gets():
        words += ["--drop", ",".join(entry.nobody_gets())]
    started = time.monotonic()
    own = os.environ | {"TAGWERK_STORE": str(train.parent / "store.db")}  # programs without a store let it be
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=own)
    seconds = time.monotonic() - started
    if done.returncode != 0:
        raise RuntimeError(f"exit code {done.returncode}: {done.stderr}")
    out = train.parent / "predictions.csv"
    model = train.parent / "out" / "model.tw"
    done = subprocess.run([program, "predict", model, test, "-o", out], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"predict, exit code {done.returncode}: {done.stderr}")
    run = json.loads((train.parent / "out" / "run.json").read_text())
    predicted = pd.read_csv(out)
    facts = {
        "seconds": seconds,
        "trials": run["used"]["trials"],
        "stop": run["stop_reason"],
        "memory": run["used"]["peak_memory_bytes"],
        "test": run["test"]["metrics"][0],
    }
    if entry.task == "regression":
        return predicted["prediction"].to_numpy(), facts
    columns = [f"probability[{name}]" for name in classes]
    return predicted.reindex(columns=columns).fillna(0).to_numpy(), facts


def losses(task: str, truth: np.ndarray, scores: np.ndarray, rows: np.ndarray) -> float:
    """Returns the metric turned so that smaller is better."""
    if task == "regression":
        return float(np.sqrt(np.mean((truth[rows] - scores[rows]) ** 2)))
    if task == "binary":
        return -float(roc_auc_score(truth[rows], scores[rows, 1]))
    p = np.clip(scores[rows], 1e-15, None)
    return float(log_loss(truth[rows], p / p.sum(axis=1, keepdims=True), labels=np.arange(p.shape[1])))


def calibration_error(truth: np.ndarray, scores: np.ndarray, rows: np.ndarray) -> float:
    """Expected calibration error over 15 bins of equal mass: of class 1 (two classes), of the likeliest (several)."""
    p = scores[rows]
    cls = np.ones(len(rows), int) if p.shape[1] == 2 else p.argmax(axis=1)
    stated = p[np.arange(len(rows)), cls]
    happened = (truth[rows] == cls).astype(float)
    order = np.argsort(stated, kind="stable")
    bins = np.array_split(order, min(15, len(rows)))
    return float(sum(len(b) / len(rows) * abs(stated[b].mean() - happened[b].mean()) for b in bins))


def calibration(truth: np.ndarray, scores: dict[str, np.ndarray], samples: list[np.ndarray]) -> dict:
    """Errors of all three, and whether ours is shown to be lower or higher (paired bootstrap)."""
    everything = np.arange(len(truth))
    out: dict = {f"{kind}_ece": calibration_error(truth, values, everything) for kind, values in scores.items()}
    own = np.array([calibration_error(truth, scores["tagwerk"], s) for s in samples])
    for kind in ("lightgbm", "hgb"):
        low, high = np.percentile([calibration_error(truth, scores[kind], s) for s in samples] - own, [2.5, 97.5])
        out[f"{kind}_ece_verdict"] = "lower" if low > 0 else "higher" if high < 0 else "equal"
    return out


def truth_of(entry: Set, y_train: pd.Series, y_test: pd.Series) -> tuple[np.ndarray, list[str]]:
    """The target of the test rows as numbers, and the classes that these count (none for numbers)."""
    if entry.task == "regression":
        return y_test.to_numpy(), []
    classes = sorted(y_train.dropna().unique())
    return np.searchsorted(classes, y_test.to_numpy()), classes


def compare(entry: Set, budget: str, folder: Path) -> dict:
    train, test = cut(entry, folder)
    x_train, y_train = load(train, entry)
    x_test, y_test = load(test, entry)
    known = y_train.notna()
    if entry.task == "regression":
        known &= (y_train >= entry.least) & (y_train <= entry.most)
    # scikit-learn cannot bin an empty column.
    x_train, y_train = x_train[known].dropna(axis=1, how="all"), y_train[known]
    x_test = x_test[x_train.columns]
    truth, classes = truth_of(entry, y_train, y_test)
    ours, facts = tagwerk_scores(entry, train, test, classes, budget)
    if len(ours) != len(truth):
        raise RuntimeError(f"{len(ours)} predictions for {len(truth)} rows")
    scores = {"tagwerk": ours}
    for kind in ("lightgbm", "hgb"):
        scores[kind] = peer_scores(kind, entry.task, x_train, x_test, y_train)
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
    if entry.task != "regression":
        out |= calibration(truth, scores, samples)
    return out


def calibration_table(results: list[dict]) -> list[str]:
    """Calibration error beside the peers', for the sets with classes."""
    rows = [r for r in results if "tagwerk_ece" in r]
    if not rows:
        return []
    lines = [
        "",
        "Calibration error (15 bins of equal mass)",
        "",
        "| set | tagwerk | LightGBM | HistGradientBoosting | against LightGBM | against HGB |",
        "|---|---|---|---|---|---|",
    ]
    for r in rows:
        lines.append(
            f"| {r['set']} | {r['tagwerk_ece']:.4f} | {r['lightgbm_ece']:.4f} | {r['hgb_ece']:.4f} | "
            f"{r['lightgbm_ece_verdict']} | {r['hgb_ece_verdict']} |"
        )
    least = sum(r["tagwerk_ece"] <= min(r["lightgbm_ece"], r["hgb_ece"]) for r in rows)
    lines += ["", f"lowest of the three on {least} of {len(rows)} sets"]
    return lines


def shown(value: float, task: str) -> str:
    return f"{abs(value):.4f}" if task != "regression" else f"{value:.5g}"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--budget", default="15s")
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
    results, failed = [], []
    for entry in SETS:
        if wanted and entry.name not in wanted:
            continue
        try:
            with tempfile.TemporaryDirectory() as folder:
                r = compare(entry, options.budget, Path(folder))
        except RuntimeError as failure:
            failed.append(entry.name)
            print(f"| {entry.name} | failed: {failure} |", flush=True)
            continue
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
    both = sum(r["lightgbm_verdict"] == "better" and r["hgb_verdict"] == "better" for r in results)
    last = f"better or equal to both on {fine} of {len(results)} sets, better than both on {both}"
    last += f"; longest run {max(r['seconds'] for r in results):.1f} s"
    last += f"; failed: {', '.join(failed) or 'none'}"
    table = calibration_table(results)
    print("\n".join(["", last, *table]))
    if options.out:
        Path(options.out).write_text("\n".join([*lines, "", last, *table]) + "\n", encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
