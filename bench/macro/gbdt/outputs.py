"""One tree for all classes (multi_output=on) beside one tree a class: log loss and time at the same and at more rounds.

    python bench/macro/gbdt/outputs.py --bench build/release/src/fit_bench
        [--work letter,multi/60000,pendigits,digits,many] [--rounds 50] [--times 1,2,4] [--repeats 3] [--threads 1]
        [--set name=value ...]

One tree a class gets `rounds`; one tree for all gets so many times as many. Shown are medians of processor seconds and
mean log loss on rows that nobody learned from; `many/7` is made: 7 x 7 classes that are near in two of 20 numbers
(`many`: 10 x 10).
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from train import metric, ours, save
from workloads import Workload, make

ROOT = Path(__file__).resolve().parents[3]


def shuffled(name: str, x: np.ndarray, y: np.ndarray, seed: int) -> Workload:
    order = np.random.default_rng(seed).permutation(len(x))
    codes = np.unique(y, return_inverse=True)[1].astype(np.float64)
    x = np.ascontiguousarray(x[order], np.float32)
    return Workload(name, x, codes[order], len(x) * 4 // 5, int(codes.max()) + 1, [0] * x.shape[1])


def workload(name: str, data: Path, seed: int) -> Workload:
    if name == "pendigits":
        rows = np.loadtxt(data / "pendigits" / "pendigits.csv", delimiter=",", skiprows=1)
        return shuffled(name, rows[:, :-1], rows[:, -1], seed)
    if name == "digits":
        from sklearn.datasets import load_digits

        return shuffled(name, *load_digits(return_X_y=True), seed)
    kind, _, rest = name.partition("/")
    if kind == "many":
        side = int(rest or 10)
        random = np.random.default_rng(seed)
        x = random.standard_normal((30_000, 20), dtype=np.float32)
        place = np.floor(
            (np.tanh(x[:, :2] + 0.3 * x[:, 2:4]) + 1) * side / 2 + 0.3 * random.standard_normal((30_000, 2))
        )
        place = np.clip(place, 0, side - 1)
        return shuffled(name, x, place[:, 0] * side + place[:, 1], seed)
    return make(name, data, seed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", required=True, help="the program fit_bench")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--work", default="letter,multi/60000,pendigits,digits,many")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--times", default="1,2,4")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--set", nargs="*", default=[])
    options = parser.parse_args()
    print("| work | classes | trees a round | rounds | cpu s | log loss |\n|---|---|---|---|---|---|")
    for name in options.work.split(","):
        ways = [("one a class", "off", 1)] + [("one for all", "on", int(n)) for n in options.times.split(",")]
        cpu: list[list[float]] = [[] for _ in ways]
        loss: list[list[float]] = [[] for _ in ways]
        classes = 0
        for repeat in range(options.repeats):
            with tempfile.TemporaryDirectory() as folder:
                work = workload(name, options.data, repeat)
                classes = work.classes
                save(work, Path(folder))
                for i, (_, choice, times) in enumerate(ways):
                    words = [f"n_estimators={options.rounds * times}", f"multi_output={choice}", *options.set]
                    command = ours(options.bench, Path(folder), options.threads, words)
                    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=True)
                    cpu[i].append(json.loads(done.stdout)["cpu"])
                    loss[i].append(metric(work, np.fromfile(Path(folder) / "ours.predictions")))
        for i, (title, _, times) in enumerate(ways):
            figures = f"{statistics.median(cpu[i]):.3g} | {statistics.fmean(loss[i]):.4f}"
            print(f"| {name} | {classes} | {title} | {options.rounds * times} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
