"""Seconds until LightGBM's metric is reached: what a fit is worth, not what a tree costs.

    python bench/macro/gbdt/until.py --bench build/release/src/fit_bench --peer PEER/bin/python
        [--work small,letter] [--rounds 100,500] [--repeats 3] [--libraries lightgbm_quantised,catboost]

LightGBM fits that many rounds; every other library gets the fewest rounds with which its metric on the same rows is as
good (found by doubling and halving; at most 8 times as many), and the seconds of that fit are compared. Workloads,
settings and metrics are those of train.py. Shown: rounds and seconds (medians over repeats with other data); a library
that does not get there shows how near it came.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from peers import LIBRARIES
from train import ROOT, fit, save
from workloads import make

MOST = 8  # times LightGBM's rounds
HALVINGS = 4


def until(options: argparse.Namespace, library: str, work: Any, folder: Path, rounds: int, goal: float) -> dict:
    """The fit with the fewest rounds that reaches the goal (larger is better), or the best one that does not."""
    sign = 1 if work.classes == 2 else -1
    known: dict[int, dict[str, Any]] = {}

    def reached(number: int) -> bool:
        options.rounds = number
        known[number] = fit(options, library, work, folder)
        if "error" in known[number]:
            raise RuntimeError(f"{library}: {known[number]['error']}")
        return sign * known[number]["metric"] >= goal

    high = max(1, rounds // 4)
    while not reached(high):
        if high >= MOST * rounds:
            best = max(known, key=lambda n: sign * known[n]["metric"])
            return {**known[best], "rounds": best, "reached": False}
        high = min(high * 2, MOST * rounds)
    low = high // 2 if high > max(1, rounds // 4) else 0
    for _ in range(HALVINGS):
        middle = (low + high) // 2
        if middle in (low, high):
            break
        low, high = (low, middle) if reached(middle) else (middle, high)
    return {**known[high], "rounds": high, "reached": True}


def row(library: str, records: list[dict[str, Any]], ours: float) -> str:
    if any("error" in r for r in records):
        return f"| {library} | | failed: {records[-1]['error']} | | |"
    rounds = statistics.median(r["rounds"] for r in records)
    seconds = statistics.median(r["fit"] for r in records)
    metric = statistics.fmean(r["metric"] for r in records)
    reached = sum(r["reached"] for r in records)
    note = f"{seconds / ours:.2f}" if reached == len(records) else f"reached {reached} of {len(records)} times"
    return f"| {library} | {rounds:g} | {seconds:.3g} | {metric:.5g} | {note} |"


def measure(options: argparse.Namespace, name: str, rounds: int) -> None:
    runs: dict[str, list[dict[str, Any]]] = {library: [] for library in ["lightgbm", "tagwerk", *options.libraries]}
    for repeat in range(options.repeats):
        with tempfile.TemporaryDirectory() as folder:
            work = make(name, options.data, repeat)
            save(work, Path(folder))
            options.rounds = rounds
            first = fit(options, "lightgbm", work, Path(folder))
            runs["lightgbm"].append({**first, "rounds": rounds, "reached": True})
            goal = (1 if work.classes == 2 else -1) * first["metric"]
            for library in list(runs)[1:]:
                try:
                    runs[library].append(until(options, library, work, Path(folder), rounds, goal))
                except RuntimeError as failure:
                    runs[library].append({"error": str(failure)})
                print(".", end="", flush=True, file=sys.stderr)
    print(file=sys.stderr)
    print(f"\n### {name}, LightGBM's metric after {rounds} rounds\n")
    print("| library | rounds | s | metric | times ours |\n|---|---|---|---|---|")
    ours = runs["tagwerk"]
    seconds = statistics.median(r["fit"] for r in ours) if not any("error" in r for r in ours) else float("nan")
    for library, records in runs.items():
        print(row(library, records, seconds), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", required=True, help="the program fit_bench")
    parser.add_argument("--peer", default=sys.executable, help="a Python that has the peers")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--work", default="small,higgs_small,adult,diamonds,letter")
    parser.add_argument("--libraries", default="lightgbm_quantised,xgboost_depthwise,catboost")
    parser.add_argument("--rounds", default="100")
    parser.add_argument("--leaves", type=int, default=63)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--set", nargs="*", default=[])
    options = parser.parse_args()
    options.libraries = [name for name in options.libraries.split(",") if name in LIBRARIES]
    for rounds in map(int, options.rounds.split(",")):
        for name in options.work.split(","):
            measure(options, name, rounds)


if __name__ == "__main__":
    main()
