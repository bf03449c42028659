"""What a second thread gains, and what two fits side by side lose: ours and the peers', so that the machine shows too.

    python bench/macro/gbdt/threads.py --bench build/release/src/fit_bench --peer PEER/bin/python
        [--work small,letter] [--rounds 100] [--repeats 3] [--libraries lightgbm,catboost] [--keep FILE]

Every fit is a process of its own; libraries and ways take turns, every repeat draws other data. `gain` is the seconds
of one thread over those of two. For "side by side" two processes of one thread each read the same data, wait for each
other and fit at the same moment: their gain is twice the seconds of one alone over the seconds until both are done. It
is 2 where nothing is shared, and less by what processor, memory and caches share. Medians over the repeats; last come
the geometric means over the workloads. Workloads and settings are those of train.py. Nothing else may run: OpenMP's
threads wait for each other by spinning.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from train import LIMIT, command, common_options, fit, outcome, save, with_options
from workloads import Workload, make

WAYS = ("one", "two", "pair")
Runs = dict[str, list[dict[str, Any]]]  # library -> one record of WAYS a repeat


def again(folder: Path, number: int) -> Path:
    """A folder with the same data where another process may write its predictions."""
    other = folder / str(number)
    other.mkdir(exist_ok=True)
    for file in ("ours", "x.npy", "y.npy", "about.json"):
        if not (other / file).exists():
            (other / file).symlink_to(folder / file)
    return other


def start(options: argparse.Namespace, library: str, folder: Path) -> subprocess.Popen[str]:
    """A process that reads the data and then waits for a line."""
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command(options, library, folder, "wait=yes"), stdin=pipe, stdout=pipe, stderr=pipe, text=True
    )


def side_by_side(options: argparse.Namespace, library: str, work: Workload, folder: Path) -> dict[str, Any]:
    """Two fits of one thread each that begin together: the figures of the one that ended last, or {"error": why}."""
    folders = [again(folder, number) for number in (1, 2)]
    programs = [start(options, library, other) for other in folders]
    try:
        for program in programs:
            assert program.stdout is not None
            program.stdout.readline()  # "ready", or nothing from one that failed
        done = finish(programs)
    except subprocess.TimeoutExpired:
        return {"error": f"more than {LIMIT} s"}
    finally:
        for program in programs:
            program.kill()
            program.wait()
    records = [outcome(library, work, other, one) for other, one in zip(folders, done, strict=True)]
    return next((r for r in records if "error" in r), max(records, key=lambda r: r.get("fit", 0)))


def finish(programs: list[subprocess.Popen[str]]) -> list[subprocess.CompletedProcess[str]]:
    """Lets both begin and collects what they print."""
    for program in programs:
        if program.poll() is None and program.stdin is not None:
            program.stdin.write("\n")
            program.stdin.flush()
    done = []
    for program in programs:
        out, error = program.communicate(timeout=LIMIT)
        done.append(subprocess.CompletedProcess(program.args, program.returncode, out, error))
    return done


def one_repeat(options: argparse.Namespace, library: str, work: Workload, folder: Path) -> dict[str, Any]:
    """Seconds of each way, or {"error": why}."""
    alone, both = with_options(options, threads=1), with_options(options, threads=2)
    record: dict[str, Any] = {}
    for way in WAYS:
        if way == "pair":
            figures = side_by_side(alone, library, work, folder)
        else:
            figures = fit(alone if way == "one" else both, library, work, folder)
        if "error" in figures:
            return figures
        record[way] = figures["fit"]
        print(".", end="", flush=True, file=sys.stderr)
    return record


def measure(options: argparse.Namespace, name: str) -> Runs:
    runs: Runs = {library: [] for library in ["tagwerk", *options.libraries]}
    for repeat in range(options.repeats):
        with tempfile.TemporaryDirectory() as folder:
            work = make(name, options.data, repeat)
            save(work, Path(folder))
            for library, records in runs.items():
                if records and "error" in records[-1]:
                    continue  # what failed once would fail again
                records.append(one_repeat(options, library, work, Path(folder)))
    print(file=sys.stderr)
    return runs


def gains(records: list[dict[str, Any]]) -> tuple[float, float]:
    """By a second thread and by a second process: the medians over the repeats."""
    by_thread = statistics.median(r["one"] / r["two"] for r in records)
    return by_thread, statistics.median(2 * r["one"] / r["pair"] for r in records)


def show(name: str, runs: Runs) -> None:
    print(f"\n### {name}\n\n| library | 1 thread, s | 2 threads, s | gain | side by side, s | gain |")
    print("|---|---|---|---|---|---|")
    for library, records in runs.items():
        failed = next((r["error"] for r in records if "error" in r), None)
        if failed:
            print(f"| {library} | failed: {failed} | | | | |")
            continue
        one, two, pair = (statistics.median(r[way] for r in records) for way in WAYS)
        by_thread, by_process = gains(records)
        print(f"| {library} | {one:.3g} | {two:.3g} | {by_thread:.2f} | {pair:.3g} | {by_process:.2f} |", flush=True)


def summary(known: dict[str, Runs]) -> None:
    """The geometric means of the gains of each library over the workloads that it managed."""
    print("\n| library | gain by the second thread | gain side by side | workloads |\n|---|---|---|---|")
    for library in dict.fromkeys(library for runs in known.values() for library in runs):
        mine = [runs[library] for runs in known.values() if library in runs]
        found = [gains(records) for records in mine if not any("error" in r for r in records)]
        if found:
            by_thread, by_process = (math.exp(statistics.fmean(map(math.log, g))) for g in zip(*found, strict=True))
            print(f"| {library} | {by_thread:.2f} | {by_process:.2f} | {len(found)} |", flush=True)


def main() -> None:
    libraries = "lightgbm,lightgbm_quantised,xgboost_depthwise,catboost,sklearn"
    parser = common_options(__doc__, "small,higgs_small,hotel_bookings,letter,higgs/200000", libraries)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="JSON file that the figures are added to")
    options = parser.parse_args()
    options.libraries = [library for library in options.libraries.split(",") if library]
    known = json.loads(options.keep.read_text()) if options.keep and options.keep.exists() else {}
    for name in options.work.split(","):
        known[name] = measure(options, name)
        show(name, known[name])
        if options.keep:
            options.keep.write_text(json.dumps(known))
    summary(known)


if __name__ == "__main__":
    main()
