"""What one program of tagwerk gains over another on real sets in the same time, as when the tree engine got faster.

Both run on the same rows at the same moment, each with one thread, the same seed and the same budget, so that both meet
the same machine; at least two processor cores must be free. Cut and scoring are those of compare.py: 25 % of the
records are the test. The error is 1 - AUC (two classes), log loss (more) or RMSE (numbers); changes are relative to the
program before, below zero is better. A change within half a percent counts as none. With several seeds (of the cut and
of the programs) the errors of a set are averaged first. Trials end by the clock, so that a program differs from itself
too: `--before X --now X` shows by how much.

usage: .venv/bin/python bench/macro/sets/gain.py --before OLD/tagwerk --now NEW/tagwerk [--budget 20s] [--sets a,b]
           [--seeds 0,1] [--keep FILE]
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from compare import PROGRAM, losses, tagwerk_scores, truth_of
from sets import SETS, Set, cut, load

EQUAL = 0.005  # relative change of the error that counts as none
METRICS = {"binary": "1 - AUC", "multiclass": "log loss", "regression": "RMSE"}


def one(entry: Set, program: Path, folder: Path, options: argparse.Namespace, seed: int) -> dict[str, float]:
    """Runs one program in a folder of its own; returns its error on the test rows and the trials that it made."""
    folder.mkdir()
    train, test = cut(entry, folder, seed)
    y_test = load(test, entry)[1]
    truth, classes = truth_of(entry, load(train, entry)[1], y_test)
    more = ("--threads", "1", "--seed", str(seed))
    scores, facts = tagwerk_scores(entry, train, test, classes, options.budget, program, more)
    if len(scores) != len(truth):
        raise RuntimeError(f"{len(scores)} predictions for {len(truth)} rows")
    loss = losses(entry.task, truth, scores, np.arange(len(truth)))
    return {"error": 1 + loss if entry.task == "binary" else loss, "trials": facts["trials"]}


def pair(entry: Set, options: argparse.Namespace, seed: int) -> dict[str, dict[str, float]]:
    """Both programs side by side on the same cut."""
    programs = {"before": options.before, "now": options.now}
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as both:
        tasks = {
            name: both.submit(one, entry, program, Path(folder) / name, options, seed)
            for name, program in programs.items()
        }
        return {name: task.result() for name, task in tasks.items()}


def change(records: list[dict[str, dict[str, float]]]) -> float:
    """The relative change of the mean error; 0 where both have none."""
    before, now = (statistics.fmean(r[name]["error"] for r in records) for name in ("before", "now"))
    return now / before - 1 if before > 0 else 0.0 if now == 0 else float("inf")


def row(entry: Set, records: list[dict[str, dict[str, float]]]) -> str:
    means = [
        statistics.fmean(r[name][what] for r in records) for what in ("error", "trials") for name in ("before", "now")
    ]
    return (
        f"| {entry.name} | {METRICS[entry.task]} | {means[0]:.5g} | {means[1]:.5g} | {100 * change(records):+.2f} % "
        f"| {means[2]:g} | {means[3]:g} |"
    )


def summary(changes: list[float]) -> str:
    found = [c for c in changes if np.isfinite(c)]
    better, worse = sum(c < -EQUAL for c in changes), sum(c > EQUAL for c in changes)
    error = statistics.stdev(found) / len(found) ** 0.5 if len(found) > 1 else float("nan")
    return (
        f"mean change of the error {100 * statistics.fmean(found):+.2f} % +- {100 * error:.2f}, median "
        f"{100 * statistics.median(found):+.2f} %, over {len(changes)} sets; beyond {100 * EQUAL:g} %: better on "
        f"{better}, worse on {worse}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, required=True, help="the older program")
    parser.add_argument("--now", type=Path, default=PROGRAM, help="the newer program")
    parser.add_argument("--budget", default="20s")
    parser.add_argument("--sets", default="", help="names, comma-separated; else all")
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--keep", type=Path, help="JSON file that the figures are added to, and that counts with them")
    options = parser.parse_args()
    for program in (options.before, options.now):
        if not program.is_file():
            parser.error(f"no program at {program}")
    wanted = set(options.sets.split(",")) - {""}
    known = json.loads(options.keep.read_text()) if options.keep and options.keep.exists() else {}
    failed = []
    print("| set | error | before | now | change | trials before | trials now |\n|---|---|---|---|---|---|---|")
    for entry in SETS:
        if wanted and entry.name not in wanted:
            continue
        try:
            known[entry.name] = [pair(entry, options, int(seed)) for seed in options.seeds.split(",")]
        except RuntimeError as failure:
            failed.append(entry.name)
            print(f"| {entry.name} | failed: {str(failure).strip()} |", flush=True)
            continue
        print(row(entry, known[entry.name]), flush=True)
        if options.keep:
            options.keep.write_text(json.dumps(known))
    if known:
        print("\n" + summary([change(records) for records in known.values()]))
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
