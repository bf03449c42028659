"""Do prediction intervals and prediction sets hold the truth as often as they say?

Each set is cut several times (25 % of its records are the test, other ones each time); `tagwerk run` sees the rest,
`tagwerk predict --level` says interval or set for the test rows. Coverage is pooled over the cuts. Regression: also
the mean width beside that of intervals of one width for all (half-width = the level's quantile of the test rows'
own errors: an oracle that no method can know). Classes: also the coverage of the class that is held least (of at
least 50 test rows) and the mean number of labels in a set.

usage: .venv/bin/python bench/macro/truth/coverage.py [--budget 5s] [--cuts 3] [--level 0.9] [--sets a,b] [--out FILE]
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
    "adult,german_credit,phoneme,telco_churn,letter,pendigits,"
    "abalone,ames,california_housing,cpu_act,insurance,wine_white"
)


def predictions(entry: Set, train: Path, test: Path, budget: str, level: float, seed: int) -> pd.DataFrame:
    out = train.parent / "out"
    words = [PROGRAM, "run", train, f"--target={entry.typed_target()}", "--task", entry.task, "--budget", budget]
    words += ["--out", out, "--store", out.parent / "store.db", "--quiet", "--report", "short", "--seed", str(seed)]
    if entry.nobody_gets():
        words += ["--drop", ",".join(entry.nobody_gets())]
    subprocess.run(words, capture_output=True, check=True)
    table = train.parent / "predictions.csv"
    words = [PROGRAM, "predict", out / "model.tw", test, "-o", table, "--level", str(level)]
    subprocess.run(words, capture_output=True, check=True)
    return pd.read_csv(table, dtype=str, keep_default_na=False)


def one_cut(entry: Set, options: argparse.Namespace, seed: int) -> pd.DataFrame:
    """Returns one line a test row: inside, width or size, truth, error."""
    with tempfile.TemporaryDirectory() as folder:
        train, test = cut(entry, Path(folder), seed)
        predicted = predictions(entry, train, test, options.budget, options.level, seed)
        _, truth = load(test, entry)
    if len(truth) != len(predicted):
        raise RuntimeError(f"{entry.name}: {len(predicted)} predictions for {len(truth)} rows")
    if entry.task == "regression":
        low, high = predicted["lower"].astype(float), predicted["upper"].astype(float)
        value = truth.to_numpy(float)
        frame = pd.DataFrame({"inside": (value >= low) & (value <= high), "size": high - low})
        return frame.assign(truth="", error=np.abs(value - predicted["prediction"].astype(float)))
    labels = predicted["prediction_set"].map(lambda text: text.split("|") if text else [])
    inside = [str(t) in s for t, s in zip(truth, labels, strict=True)]
    return pd.DataFrame({"inside": inside, "size": labels.str.len(), "truth": truth.astype(str), "error": 0.0})


def line(entry: Set, rows: pd.DataFrame, level: float) -> str:
    covered = rows.inside.mean()
    if entry.task == "regression":
        ideal = 2 * rows.error.quantile(level)
        shape = f"{rows['size'].mean():.4g} ({rows['size'].mean() / ideal:.2f} of one width for all)"
        least = ""
    else:
        by_class = rows.groupby("truth").inside.agg(["mean", "size"])
        by_class = by_class[by_class["size"] >= 50]
        least = f"{by_class['mean'].min():.1%}" if len(by_class) else ""
        shape = f"{rows['size'].mean():.2f} labels"
    fine = "yes" if abs(covered - level) <= 0.02 else f"no, {100 * (covered - level):+.1f} points"
    return f"| {entry.name} | {entry.task} | {len(rows)} | {covered:.1%} | {fine} | {least} | {shape} |"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--budget", default="5s")
    parser.add_argument("--cuts", type=int, default=3)
    parser.add_argument("--level", type=float, default=0.9)
    parser.add_argument("--sets", default=NAMES)
    parser.add_argument("--out", default="")
    options = parser.parse_args()
    lines = [
        f"level {options.level:.0%}, {options.cuts} cuts of each set, budget {options.budget}",
        "",
        "| set | task | test rows | covered | within 2 points | class held least | mean width or size |",
        "|---|---|---|---|---|---|---|",
    ]
    print("\n".join(lines))
    for entry in SETS:
        if entry.name not in options.sets.split(","):
            continue
        rows = pd.concat([one_cut(entry, options, seed) for seed in range(options.cuts)])
        lines.append(line(entry, rows, options.level))
        print(lines[-1], flush=True)
    fine = sum("| yes |" in text for text in lines)
    lines += ["", f"within 2 points on {fine} of {len(lines) - 4} sets"]
    print(lines[-1])
    if options.out:
        Path(options.out).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
