"""How soon a run on other rows of a known table reaches the score that an unprepared run reaches.

Each table is cut in two halves by row. The first half is searched with an empty store. The second half is searched
twice with the same budget and seed: with an empty store (cold) and with the store of the first run (warm). The goal is
the best validation score of the cold run; it counts after how many trials, and seconds of fitting, each run has a
trial at least as good (within a tenth of the half-width of its interval: the noise of folds).

python bench/macro/store/experience.py --data ../shared/data --budget 20s --seeds 3
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[3]


def run(program, data, target, budget, seed, home, out):
    env = {k: v for k, v in os.environ.items() if not k.startswith("TAGWERK_")} | {"TAGWERK_HOME": str(home)}
    words = [program, "run", data, "--target", target, "--budget", budget, "--seed", seed, "--out", out]
    words += ["--report", "none", "--no-register", "--suspects", "keep", "--quiet"]
    subprocess.run([str(word) for word in words], env=env, check=True, capture_output=True)
    return json.loads((Path(out) / "run.json").read_text())


def trials_of(document):
    rows = [r for r in document["leaderboard"] if not r["baseline"] and r["status"] == "ok"]
    return sorted(rows, key=lambda r: r["trial"])


def reach(document, goal, slack, up):
    """Trials and seconds of fitting until one is as good as `goal`; None if none is."""
    seconds = 0.0
    for count, row in enumerate(trials_of(document), 1):
        seconds += row["fit_seconds"]
        if (row["score"] - goal if up else goal - row["score"]) >= -slack:
            return count, seconds
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default=ROOT / "build/release/tagwerk")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data")
    parser.add_argument("--tables", nargs="*", default=["adult:income", "telco_churn:Churn"], help="folder:target")
    parser.add_argument("--budget", default="20s")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    print("| table | metric | best of cold | trials: cold | warm | fit seconds: cold | warm | test: cold | warm |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name in options.tables:
        folder, target = name.rsplit(":", 1)
        file = max(
            (p for p in (options.data / folder).iterdir() if p.suffix in (".csv", ".tsv", ".data")),
            key=lambda p: p.stat().st_size,
        )
        frame = pd.read_csv(file, sep=None, engine="python")
        for seed in range(1, options.seeds + 1):
            shuffled = frame.sample(frac=1, random_state=seed)
            with tempfile.TemporaryDirectory() as work:
                work = Path(work)
                half = len(shuffled) // 2
                shuffled.iloc[:half].to_csv(work / "first.csv", index=False)
                shuffled.iloc[half:].to_csv(work / "second.csv", index=False)
                args = (target, options.budget, seed)
                run(options.program, work / "first.csv", *args, work / "known", work / "a")
                cold = run(options.program, work / "second.csv", *args, work / "empty", work / "b")
                warm = run(options.program, work / "second.csv", *args, work / "known", work / "c")
                report(f"{folder}, seed {seed}", cold, warm)


def report(name, cold, warm):
    up = cold["test"]["metrics"][0]["direction"] == "max"
    best = (max if up else min)(trials_of(cold), key=lambda r: r["score"])
    slack = 0.1 * abs(best["score_high"] - best["score_low"]) / 2
    first, second = reach(cold, best["score"], slack, up), reach(warm, best["score"], slack, up)
    folds = {row["folds"] for document in (cold, warm) for row in trials_of(document)}
    cells = [name, best["metric"], f"{best['score']:.4f}", str(first[0]), str(second[0]) if second else "never"]
    cells += [f"{first[1]:.1f}", f"{second[1]:.1f}" if second else "-"]
    cells += [f"{document['test']['metrics'][0]['value']:.4f}" for document in (cold, warm)]
    if len(folds) > 1:  # scores on other numbers of folds cannot be compared
        cells[3:7] = ["-"] * 4
    print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
