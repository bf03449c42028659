"""Level and power of `tagwerk drift`: false discoveries without drift, and how often a real shift is found.

Without drift: pairs of samples of one law; a run with any drifted column is a false discovery (nothing is true then,
so the false-discovery rate is that share), which must stay at or below alpha. With drift: 5 of 20 columns are shifted
by an effect; shown are the share of them found and the share of falsely found ones among all found.

    python bench/macro/truth/drift.py --program build/release/tagwerk [--repeats 100]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

KINDS = ("normal", "lognormal", "counts", "heaped", "missing", "few categories", "many categories", "rare categories")


def column(rng: np.random.Generator, kind: str, n: int, shift: float):
    if kind == "normal":
        return rng.normal(shift, 1, n)
    if kind == "lognormal":
        return rng.lognormal(shift, 1, n)
    if kind == "counts":
        return rng.poisson(5 * np.exp(shift / 2), n).astype(float)
    if kind == "heaped":
        x = rng.gamma(2, 200 * np.exp(shift), n)
        return np.where(rng.random(n) < 0.5, np.round(x / 50) * 50, np.round(x, 2))
    if kind == "missing":
        return np.where(rng.random(n) < min(0.9, 0.2 + shift / 2), np.nan, rng.normal(size=n))
    count = {"few categories": 4, "many categories": 80, "rare categories": 400}[kind]
    p = 1 / np.arange(1, count + 1) ** (1.1 * np.exp(-shift))
    return np.array([f"v{i}" for i in range(count)])[rng.choice(count, n, p=p / p.sum())]


def run(program: str, folder: str, a: pd.DataFrame, b: pd.DataFrame, alpha: float) -> list[dict]:
    a.to_parquet(Path(folder) / "a.parquet")
    b.to_parquet(Path(folder) / "b.parquet")
    done = subprocess.run(
        [program, "drift", "a.parquet", "b.parquet", "--json", "--alpha", str(alpha)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    document = json.loads(done.stdout)
    return document["columns"], document


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="build/release/tagwerk")
    parser.add_argument("--repeats", type=int, default=100)
    options = parser.parse_args()
    program = str(Path(options.program).resolve())
    with tempfile.TemporaryDirectory() as folder:
        print("No drift, 24 columns of 8 kinds; share of comparisons with a false discovery, and of single p <= 0.05")
        for n in (200, 1000, 10000):
            alarms = {0.01: 0, 0.05: 0}
            whole = small = total = 0
            for r in range(options.repeats):
                rng = np.random.default_rng([n, r])
                frames = [
                    pd.DataFrame({f"{kind}{i}": column(rng, kind, n, 0) for kind in KINDS for i in range(3)})
                    for _ in range(2)
                ]
                columns, document = run(program, folder, *frames, 0.01)
                whole += bool(document["data_set_drifted"])
                q = [c["q_value"] for c in columns]
                for alpha in alarms:
                    alarms[alpha] += min(q) <= alpha
                small += sum(c["p_value"] <= 0.05 for c in columns)
                total += len(columns)
            shares = ", ".join(f"alpha {alpha}: {count / options.repeats:.3f}" for alpha, count in alarms.items())
            print(f"  {n:6} rows: {shares}; p <= 0.05: {small / total:.3f}; as a whole: {whole / options.repeats:.3f}")
        print("Drift in 5 of 20 columns, alpha 0.01: share of them found, share of false ones among those found")
        for n in (1000, 10000):
            for shift in (0.02, 0.05, 0.1, 0.2, 0.4):
                found = false = 0
                repeats = max(10, options.repeats // 5)
                for r in range(repeats):
                    rng = np.random.default_rng([n, r, int(100 * shift)])
                    kinds = [KINDS[i % 5 if i < 5 else i % 8] for i in range(20)]
                    a = pd.DataFrame({f"c{i}": column(rng, kind, n, 0) for i, kind in enumerate(kinds)})
                    b = pd.DataFrame(
                        {f"c{i}": column(rng, kind, n, shift if i < 5 else 0) for i, kind in enumerate(kinds)}
                    )
                    columns, _ = run(program, folder, a, b, 0.01)
                    for c in columns:
                        real = int(c["name"][1:]) < 5
                        found += c["drifted"] and real
                        false += c["drifted"] and not real
                print(
                    f"  {n:6} rows, shift {shift:4} sd: found {found / (5 * repeats):.2f}, "
                    f"false among found {false / max(1, found + false):.3f}"
                )


if __name__ == "__main__":
    main()
