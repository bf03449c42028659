"""Seconds until LightGBM's metric is reached: what a fit is worth, not what a tree costs.

    python bench/macro/gbdt/until.py --bench build/release/src/fit_bench --peer PEER/bin/python
        [--work small,letter] [--rounds 100,500] [--repeats 3] [--libraries lightgbm_quantised,catboost]
        [--most 4] [--limit 120] [--keep FILE]

LightGBM's metric on the held-out rows after so many rounds is the goal. Every other library fits once for long, at most
`--most` times as many rounds and at most about `--limit` seconds (by the pace of a fit of 20 rounds); its metric on the
same rows is taken after 1, 2, 3 ... 50 rounds and then every 2 %. The first of these numbers that reaches the goal is
fitted again from nothing: seconds and metric shown are those of that fit. Where it misses the goal (fits of some
libraries differ a little from the beginning of longer ones), 5 % more rounds are tried, up to three times. The long
fits serve all goals; the fits that count run in turns. Workloads, settings and metrics are those of train.py.

Shown: rounds and seconds (medians over repeats with other data), the metric, the ratio to our seconds; a library that
does not get there shows the best metric of its long fit and its rounds. Last, for each goal, the geometric mean over
the workloads of the best peer's seconds (LightGBM counts) over ours, where we get there; several calls count together
with `--keep`.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from score import sign
from train import common_options, fit, save, with_options
from workloads import Workload, make

SHORT = 20  # rounds of the fit that tells the pace
FINER = 1.02  # rounds from one look at the metric to the next
FEW = 199  # CatBoost combines category columns in fits of more rounds only: those of fewer have a curve of their own
MORE, TRIES = 1.05, 4  # rounds of the next try where a fit misses the goal, and fits in all

Record = dict[str, Any]
Runs = dict[str, list[Record]]


def looks(most: int) -> list[int]:
    """The numbers of rounds after which the metric is taken: up to `most`, 1 or 2 % apart."""
    rounds = [1]
    while rounds[-1] < most:
        rounds.append(min(most, max(rounds[-1] + 1, int(rounds[-1] * FINER))))
    return rounds


def curve(options: argparse.Namespace, library: str, work: Workload, folder: Path, rounds: list[int]) -> Record:
    """One fit with its metric after each of `rounds`: {"curve": [[rounds, metric], ...], "fit": seconds, ...}."""
    words = f"curve={','.join(map(str, rounds))}"
    return fit(with_options(options, rounds=rounds[-1]), library, work, folder, words)


def long_fit(options: argparse.Namespace, library: str, work: Workload, folder: Path) -> Record:
    """The curve of as many rounds as are allowed and affordable; or {"error": why}."""
    short = fit(with_options(options, rounds=SHORT), library, work, folder)
    if "error" in short:
        return short
    once = short.get("prep", 0)
    pace = max(short["fit"] - once, 1e-6) / SHORT
    affordable = int((options.limit - once) / pace)
    most = max(SHORT, min(options.most * max(options.rounds), affordable))
    known = curve(options, library, work, folder, looks(most))
    if library == "catboost" and any(work.categories) and most > FEW and "error" not in known:
        few = curve(options, library, work, folder, looks(FEW))
        known["curve"] = [*few.get("curve", []), *(look for look in known["curve"] if look[0] > FEW)]
    return known


def timed(
    options: argparse.Namespace, library: str, work: Workload, folder: Path, known: Record, goal: float
) -> Record:
    """The fit that counts: with the fewest rounds of the curve that reach the goal; or how near the curve came."""
    if "error" in known:
        return known
    up = sign(work.classes)
    rounds = next((n for n, metric in known["curve"] if up * metric >= up * goal), None)
    if rounds is None:
        best, metric = max(known["curve"], key=lambda look: up * look[1])
        return {"rounds": best, "fit": known["fit"], "metric": metric, "goal": goal, "reached": False}
    for _ in range(TRIES):
        record = fit(with_options(options, rounds=rounds), library, work, folder)
        if "error" in record:
            return record
        record |= {"rounds": rounds, "goal": goal, "reached": bool(up * record["metric"] >= up * goal)}
        if record["reached"]:
            break
        rounds = max(rounds + 1, math.ceil(rounds * MORE))
    return record


def one_repeat(options: argparse.Namespace, work: Workload, folder: Path, runs: dict[int, Runs]) -> None:
    """Fits all libraries on one draw of the data; appends a record to each library's list of each goal."""
    save(work, folder)
    curves = {"lightgbm": curve(options, "lightgbm", work, folder, options.rounds)}
    if "error" in curves["lightgbm"]:
        raise SystemExit(f"lightgbm sets the goal and failed: {curves['lightgbm']['error']}")
    goals = dict(curves["lightgbm"]["curve"])
    for library in runs[options.rounds[0]]:
        if library not in curves:
            curves[library] = long_fit(options, library, work, folder)
            print(".", end="", flush=True, file=sys.stderr)
    for rounds, records in runs.items():
        for library, of_library in records.items():
            if library == "lightgbm":
                record = fit(with_options(options, rounds=rounds), library, work, folder)
                of_library.append({**record, "rounds": rounds, "goal": goals[rounds], "reached": True})
            else:
                of_library.append(timed(options, library, work, folder, curves[library], goals[rounds]))
            print(".", end="", flush=True, file=sys.stderr)


def measure(options: argparse.Namespace, name: str) -> dict[int, Runs]:
    """All fits of a workload: rounds of LightGBM -> library -> one record a repeat."""
    libraries = ["lightgbm", "tagwerk", *options.libraries]
    runs: dict[int, Runs] = {rounds: {library: [] for library in libraries} for rounds in options.rounds}
    for repeat in range(options.repeats):
        with tempfile.TemporaryDirectory() as folder:
            one_repeat(options, make(name, options.data, repeat), Path(folder), runs)
    print(file=sys.stderr)
    return runs


def seconds(records: list[Record]) -> float | None:
    """Median of the seconds; None where a repeat failed or did not get there."""
    if not all(r.get("reached") for r in records):
        return None
    return statistics.median(r["fit"] for r in records)


def row(library: str, records: list[Record], ours: float | None) -> str:
    failed = next((r["error"] for r in records if "error" in r), None)
    if failed:
        return f"| {library} | | failed: {failed} | | |"
    rounds = statistics.median(r["rounds"] for r in records)
    metric = statistics.fmean(r["metric"] for r in records)
    mid = seconds(records)
    if mid is None:
        reached = sum(r["reached"] for r in records)
        goal, most = (statistics.fmean(r[key] for r in records if not r["reached"]) for key in ("goal", "fit"))
        note = f"reached {reached} of {len(records)} times; missed {goal:.5g} with fits of {most:.3g} s"
        return f"| {library} | {rounds:g} | | {metric:.5g} | {note} |"
    ratio = f"{mid / ours:.2f}" if ours is not None else ""
    return f"| {library} | {rounds:g} | {mid:.3g} | {metric:.5g} | {ratio} |"


def show(name: str, rounds: int, runs: Runs) -> None:
    print(f"\n### {name}, LightGBM's metric after {rounds} rounds\n")
    print("| library | rounds | s | metric | times ours |\n|---|---|---|---|---|")
    ours = seconds(runs["tagwerk"])
    for library, records in runs.items():
        print(row(library, records, ours), flush=True)


def ratio(runs: Runs) -> float | None:
    """The best peer's seconds over ours; None where we do not get there."""
    ours = seconds(runs["tagwerk"])
    peers = [seconds(records) for library, records in runs.items() if library != "tagwerk"]
    reached = [s for s in peers if s is not None]
    return min(reached) / ours if ours is not None and reached else None


def summary(rounds: int, known: dict[str, dict[str, Runs]]) -> str:
    """The geometric mean over all workloads that were measured with this goal."""
    ratios = {name: ratio(goals[str(rounds)]) for name, goals in known.items() if str(rounds) in goals}
    found = [r for r in ratios.values() if r is not None]
    missed = [name for name, r in ratios.items() if r is None]
    if not found:
        return f"LightGBM's metric after {rounds} rounds: we reach it on no workload"
    mean = math.exp(statistics.fmean(math.log(r) for r in found))
    return (
        f"LightGBM's metric after {rounds} rounds: geometric mean of the best peer's seconds over ours {mean:.2f}, "
        f"least {min(found):.2f}, {len(found)} workloads; not reached by us: {', '.join(missed) or 'none'}"
    )


def main() -> None:
    libraries = "lightgbm_quantised,xgboost_depthwise,catboost,sklearn"
    parser = common_options(__doc__, "small,higgs_small,adult,diamonds,letter", libraries)
    parser.add_argument("--rounds", default="100,500", help="of LightGBM: the goals")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--most", type=int, default=4, help="times LightGBM's most rounds")
    parser.add_argument("--limit", type=float, default=120, help="seconds of a long fit")
    parser.add_argument("--keep", type=Path, help="JSON file that the figures are added to")
    options = parser.parse_args()
    options.libraries = [name for name in options.libraries.split(",") if name and name != "lightgbm"]
    if "ydf" in options.libraries:
        parser.error("ydf predicts only with all of its rounds")
    options.rounds = sorted(map(int, options.rounds.split(",")))
    known = json.loads(options.keep.read_text()) if options.keep and options.keep.exists() else {}
    for name in options.work.split(","):
        runs = measure(options, name)
        known.setdefault(name, {}).update({str(rounds): records for rounds, records in runs.items()})
        for rounds, records in runs.items():
            show(name, rounds, records)
        if options.keep:
            options.keep.write_text(json.dumps(known))
    print()
    for rounds in options.rounds:
        print(summary(rounds, known), flush=True)


if __name__ == "__main__":
    main()
