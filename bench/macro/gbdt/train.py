"""Training speed of boosted trees beside LightGBM (plain and quantised), XGBoost, CatBoost, scikit-learn and YDF.

    python bench/macro/gbdt/train.py --bench build/release/src/fit_bench --peer PEER/bin/python
        [--work higgs,small] [--rounds 100] [--repeats 5] [--threads 2] [--libraries lightgbm_quantised,catboost]
        [--once xgboost,ydf] [--keep FILE] [--set name=value ...]

Every fit is a process of its own; libraries take turns, every repeat draws other data. Shown are the medians of the
seconds of building the data set and boosting together (least to most), processor seconds, megabytes beyond the loaded
matrix, and the mean of the metric on rows that nobody learned from: AUC (binary, up), log loss (more classes, down),
RMSE (numbers, down); ours also as difference to the best peer's with its standard error over the repeats. A ratio is
a peer's wall seconds over ours; last comes the geometric mean over the workloads of the ratio to the fastest peer.
Libraries named by `--once` fit in the first repeat only. With `--keep` the figures of several calls count together.
`--set` passes settings to our learner. Workloads: workloads.py (`higgs/10000`: other rows, `wide//50`: columns).
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

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from peers import LIBRARIES
from score import score, sign
from workloads import MADE, REAL, Workload, make

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
LIMIT = 600  # seconds of one fit


def save(work: Workload, folder: Path) -> None:
    """Writes the form of fit_bench and that of peers.py."""
    rows, columns = work.x.shape
    with (folder / "ours").open("wb") as file:
        np.array([rows, work.train, columns, work.classes, *work.categories], np.int64).tofile(file)
        for j in range(columns):
            column = work.x[:, j].astype(np.float64)
            (np.where(np.isnan(column), -1, column) if work.categories[j] else column).tofile(file)
        work.y.tofile(file)
    np.save(folder / "x.npy", work.x)
    np.save(folder / "y.npy", work.y)
    about = {"train": work.train, "classes": work.classes, "categories": work.categories}
    (folder / "about.json").write_text(json.dumps(about))


def metric(work: Workload, predictions: np.ndarray) -> float:
    return score(work.y[work.train :], work.classes, predictions)


def ours(bench: str, folder: Path, threads: int, settings: list[str]) -> list[Any]:
    """The command that fits on what `save` wrote and leaves predictions in ours.predictions."""
    return [bench, "gradient_boosting", folder / "ours", folder / "ours.predictions", threads, 1, *settings]


def command(options: argparse.Namespace, library: str, folder: Path, *words: str) -> list[str]:
    """The command of one fit on what `save` wrote; `words` are curve= and wait= of fit_bench and peers.py."""
    rounds, threads, leaves = options.rounds, options.threads, options.leaves
    if library == "tagwerk":
        settings = [f"n_estimators={rounds}", f"max_leaf_nodes={leaves}", *options.set, *words]
        return [str(c) for c in ours(options.bench, folder, threads, settings)]
    return [str(c) for c in (options.peer, HERE / "peers.py", library, folder, rounds, threads, leaves, *words)]


def outcome(library: str, work: Workload, folder: Path, done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The figures that a fit printed, with the metric of its predictions, or {"error": why}."""
    if done.returncode != 0:
        return {"error": (done.stderr.strip().splitlines() or ["?"])[-1][:100]}
    figures = json.loads(done.stdout.strip().splitlines()[-1])
    if library == "tagwerk":
        predictions = np.fromfile(folder / "ours.predictions", np.float64)
    else:
        predictions = np.load(folder / f"{library}.npy")
        figures["fit"] += figures["prep"]
    return {**figures, "metric": metric(work, predictions)}


def fit(options: argparse.Namespace, library: str, work: Workload, folder: Path, *words: str) -> dict[str, Any]:
    """Runs one fit; returns its figures with the metric, or {"error": why}."""
    program = command(options, library, folder, *words)
    try:
        done = subprocess.run(program, capture_output=True, text=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return {"error": f"more than {LIMIT} s"}
    return outcome(library, work, folder, done)


def with_options(options: argparse.Namespace, **changed: Any) -> argparse.Namespace:
    return argparse.Namespace(**{**vars(options), **changed})


def common_options(description: str | None, work: str, libraries: str) -> argparse.ArgumentParser:
    """The options of every script that fits libraries on workloads in turns."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", required=True, help="the program fit_bench")
    parser.add_argument("--peer", default=sys.executable, help="a Python that has the peers")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--work", default=work)
    parser.add_argument("--libraries", default=libraries)
    parser.add_argument("--leaves", type=int, default=63)
    parser.add_argument("--set", nargs="*", default=[])
    return parser


def measure(options: argparse.Namespace, name: str) -> tuple[dict[str, list[dict[str, Any]]], int]:
    """All fits of a workload: library -> one record a repeat; and its number of classes."""
    runs: dict[str, list[dict[str, Any]]] = {library: [] for library in ["tagwerk", *options.libraries]}
    classes = 0
    for repeat in range(options.repeats):
        with tempfile.TemporaryDirectory() as folder:
            work = make(name, options.data, repeat)
            classes = work.classes
            save(work, Path(folder))
            for library, records in runs.items():
                if records and ("error" in records[-1] or library in options.once):
                    continue  # what failed once would fail again
                records.append(fit(options, library, work, Path(folder)))
                print(".", end="", flush=True, file=sys.stderr)
    print(file=sys.stderr)
    return runs, classes


def show(name: str, runs: dict[str, list[dict[str, Any]]], classes: int) -> float:
    """Prints a workload's table; returns the ratio to the fastest peer."""
    print(f"\n### {name}\n\n| library | s | least to most | cpu s | extra MB | metric | times ours |")
    print("|---|---|---|---|---|---|---|")
    ours = [r["fit"] for r in runs["tagwerk"]]
    up = sign(classes)
    best: tuple[float, str] | None = None
    fastest = math.inf
    for library, records in runs.items():
        failed = next((r["error"] for r in records if "error" in r), None)
        if failed:
            print(f"| {library} | failed: {failed} | | | | | |")
            continue
        wall = [r["fit"] for r in records]
        mid = statistics.median(wall)
        mean = statistics.fmean(r["metric"] for r in records)
        cpu, extra = (statistics.median(r[key] for r in records) for key in ("cpu", "extra_mb"))
        ratio = mid / statistics.median(ours)
        spread = f"{min(wall):.3g} to {max(wall):.3g}"
        print(f"| {library} | {mid:.3g} | {spread} | {cpu:.3g} | {extra:.0f} | {mean:.5g} | {ratio:.2f} |")
        if library != "tagwerk":
            fastest = min(fastest, ratio)
            if best is None or up * mean > best[0]:
                best = (up * mean, library)
    if best is not None:
        pairs = zip(runs["tagwerk"], runs[best[1]], strict=False)
        differences = [up * (a["metric"] - b["metric"]) for a, b in pairs]
        error = statistics.stdev(differences) / math.sqrt(len(differences)) if len(differences) > 1 else math.nan
        print(
            f"\nfastest peer {fastest:.2f} times our time; metric better than the best peer's ({best[1]}) by "
            f"{statistics.fmean(differences):+.5f} +- {error:.5f}"
        )
    return fastest


def main() -> None:
    parser = common_options(__doc__, ",".join([*MADE, *REAL]), ",".join(LIBRARIES))
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--once", default="", help="libraries that fit in the first repeat only")
    parser.add_argument("--keep", type=Path, help="JSON file that the figures are added to")
    options = parser.parse_args()
    options.libraries = [library for library in options.libraries.split(",") if library]
    options.once = options.once.split(",")
    known = json.loads(options.keep.read_text()) if options.keep and options.keep.exists() else {}
    for name in options.work.split(","):
        runs, classes = measure(options, name)
        known[name] = {"runs": runs, "classes": classes, "ratio": show(name, runs, classes)}
        if options.keep:
            options.keep.write_text(json.dumps(known))
    if options.libraries:
        ratios = [work["ratio"] for work in known.values()]
        mean = math.exp(statistics.fmean(math.log(r) for r in ratios))
        print(f"\ngeometric mean of the ratio to the fastest peer: {mean:.2f}, least {min(ratios):.2f}", flush=True)


if __name__ == "__main__":
    main()
