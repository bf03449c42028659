"""Do stated chances come true? Calibration error of runs beside LightGBM's and scikit-learn's defaults.

Each set is cut several times; every program sees the same rows. Shown are, on the rows held back and pooled over the
cuts (one value a cut, then the mean): the root mean square calibration error of 15 bins of equal mass with the part
that few rows add taken off (Kumar, Liang & Ma 2019, definition 4.1), the plain expected calibration error, and the log
loss. Two classes: chance of the second; more: chance of the likeliest class.

usage: .venv/bin/python bench/macro/truth/calibration.py [--budget 10s] [--cuts 3] [--sets a,b] [--out FILE]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sets"))
from sets import ROOT, SETS, Set, cut, load

PROGRAM = ROOT / "build" / "release" / "tagwerk"
NAMES = (
    "adult,bank_additional,german_credit,hr_attrition,phoneme,pima_diabetes,telco_churn,titanic,"
    "letter,pendigits,sdss_skyserver,vehicle"
)
BINS = 15


def errors(probability: np.ndarray, truth: np.ndarray) -> tuple[float, float, float]:
    """Returns debiased root mean square error, plain calibration error and log loss of (n, k) and (n,)."""
    kept = np.clip(probability, 1e-15, 1)
    loss = float(-np.log(kept[np.arange(len(truth)), truth] / kept.sum(axis=1)).mean())
    if probability.shape[1] == 2:
        stated, happened = probability[:, 1], (truth == 1).astype(float)
    else:
        stated, happened = probability.max(axis=1), (probability.argmax(axis=1) == truth).astype(float)
    square = plain = 0.0
    for rows in np.array_split(np.argsort(stated, kind="stable"), BINS):
        seen, gap = happened[rows].mean(), happened[rows].mean() - stated[rows].mean()
        square += len(rows) * (gap**2 - seen * (1 - seen) / (len(rows) - 1))
        plain += len(rows) * abs(gap)
    return float(np.sqrt(max(0.0, square / len(truth)))), plain / len(truth), loss


def ours(entry: Set, folder: Path, train: Path, test: Path, budget: str, seed: int, labels: list[str]) -> np.ndarray:
    words = [PROGRAM, "run", train, f"--target={entry.typed_target()}", "--task", entry.task, "--budget", budget]
    words += ["--out", folder / "out", "--store", folder / "store.db"]
    words += ["--quiet", "--report", "none", "--seed", str(seed)]
    if entry.nobody_gets():
        words += ["--drop", ",".join(entry.nobody_gets())]
    subprocess.run(words, capture_output=True, check=True)
    words = [PROGRAM, "predict", folder / "out" / "model.tw", test, "-o", folder / "p.csv"]
    subprocess.run(words, capture_output=True, check=True)
    table = pd.read_csv(folder / "p.csv")
    return table[[f"probability[{label}]" for label in labels]].to_numpy(float)


def peers(X: pd.DataFrame, y: np.ndarray, other: pd.DataFrame) -> dict[str, np.ndarray]:
    import lightgbm
    from sklearn.ensemble import HistGradientBoostingClassifier

    X, other = X.copy(), other.copy()
    for name in X:
        if not pd.api.types.is_numeric_dtype(X[name]):
            known = pd.CategoricalDtype(X[name].dropna().astype(str).unique())
            X[name], other[name] = X[name].astype(str).astype(known), other[name].astype(str).astype(known)
    names = [f"f{j}" for j in range(X.shape[1])]
    X.columns = other.columns = names
    kept = [n for n in names if isinstance(X[n].dtype, pd.CategoricalDtype) and len(X[n].cat.categories) <= 255]
    codes = [n for n in names if isinstance(X[n].dtype, pd.CategoricalDtype) and n not in kept]
    for n in codes:
        X[n], other[n] = X[n].cat.codes, other[n].cat.codes
    boosting = lightgbm.LGBMClassifier(verbose=-1, n_jobs=2).fit(X, y)
    hist = HistGradientBoostingClassifier(categorical_features="from_dtype").fit(X, y)
    return {"LightGBM": boosting.predict_proba(other), "HistGradientBoosting": hist.predict_proba(other)}


def one_set(entry: Set, options: argparse.Namespace) -> dict[str, np.ndarray]:
    """Returns for each program the mean over cuts of its three errors."""
    found: dict[str, list] = {}
    for seed in range(options.cuts):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            train, test = cut(entry, folder, seed)
            (X, y), (other, truth) = load(train, entry), load(test, entry)
            shown = sorted(y.unique(), key=lambda v: (float(v), "") if _number(v) else (0.0, str(v)))
            labels = [_label(v) for v in shown]
            code = {v: i for i, v in enumerate(shown)}
            said = peers(X, y.map(code).to_numpy(), other[X.columns])
            said["Tagwerk"] = ours(entry, folder, train, test, options.budget, seed, labels)
            for program, probability in said.items():
                found.setdefault(program, []).append(errors(probability, truth.map(code).to_numpy()))
    return {program: np.mean(values, axis=0) for program, values in found.items()}


def _number(value: object) -> bool:
    try:
        float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return True


def _label(value: object) -> str:
    return str(int(float(value))) if _number(value) and float(value) == int(float(value)) else str(value)  # type: ignore[arg-type]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--budget", default="10s")
    parser.add_argument("--cuts", type=int, default=3)
    parser.add_argument("--sets", default=NAMES)
    parser.add_argument("--out", default="")
    options = parser.parse_args()
    programs = ["Tagwerk", "LightGBM", "HistGradientBoosting"]
    lines = [f"budget {options.budget}, {options.cuts} cuts; debiased error / plain error / log loss", ""]
    lines += ["| set | " + " | ".join(programs) + " | least |", "|---" * 5 + "|"]
    print("\n".join(lines))
    wins = 0
    for entry in SETS:
        if entry.name not in options.sets.split(","):
            continue
        found = one_set(entry, options)
        best = min(programs, key=lambda p: found[p][0])
        wins += best == "Tagwerk"
        cells = [f"{found[p][0]:.4f} / {found[p][1]:.4f} / {found[p][2]:.4f}" for p in programs]
        lines.append(f"| {entry.name} | " + " | ".join(cells) + f" | {best} |")
        print(lines[-1], flush=True)
    lines += ["", f"least error on {wins} of {len(lines) - 4} sets"]
    print(lines[-1])
    if options.out:
        Path(options.out).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
