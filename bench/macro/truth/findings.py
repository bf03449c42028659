"""False alarms of the profile's findings: clean tables of several kinds, and the share in which each finding comes up.

    python bench/macro/truth/findings.py [--tables 200]

Every table is made so that no finding is true: independent columns of several laws, gaps at random, rows in random
order. A finding that says something true of any such table (a strong skew, many categories) is not made to come up.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[3]
TAGWERK = os.environ.get("TAGWERK", str(ROOT / "build" / "release" / "tagwerk"))


def numbers(rng, n):
    return pd.DataFrame({f"x{i}": rng.normal(rng.normal(), np.exp(rng.normal()), n) for i in range(12)})


def skewed(rng, n):
    frame = {f"log{i}": np.exp(rng.normal(0, 0.7, n)) for i in range(4)}
    frame |= {f"exp{i}": rng.exponential(3, n) for i in range(3)} | {f"gamma{i}": rng.gamma(2, 2, n) for i in range(3)}
    return pd.DataFrame(frame)


def levels(rng, n):
    frame = {f"c{i}": rng.choice([f"level {k}" for k in range(2 + 3 * i)], n) for i in range(8)}
    return pd.DataFrame(frame | {"y": rng.normal(0, 1, n)})


def counts(rng, n):
    frame = {f"poisson{i}": rng.poisson(1 + 3 * i, n) for i in range(4)}
    return pd.DataFrame(frame | {f"die{i}": rng.integers(1, 7, n) for i in range(4)} | {"z": rng.uniform(0, 9, n)})


def mixed(rng, n):
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 90, n).astype(float),
            "income": np.exp(rng.normal(10, 0.5, n)).round(2),
            "town": rng.choice(["Bern", "Basel", "Chur", "Genf", "Sion"], n, p=[0.4, 0.25, 0.2, 0.1, 0.05]),
            "since": pd.Timestamp("2018-01-01") + pd.to_timedelta(rng.integers(0, 2000, n), unit="D"),
            "score": rng.beta(2, 5, n).round(4),
            "smoker": rng.choice(["yes", "no"], n),
            "height": rng.normal(172, 9, n).round(1),
        }
    )
    for column in ("age", "income", "town", "height"):
        frame.loc[rng.random(n) < 0.12, column] = np.nan
    return frame


KINDS = (numbers, skewed, levels, counts, mixed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=200)
    parser.add_argument("--show", action="store_true", help="print the text of each alarm")
    options = parser.parse_args()
    alarms: collections.Counter[tuple[str, str]] = collections.Counter()
    tables: collections.Counter[str] = collections.Counter()
    structure: collections.Counter[str] = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.tables):
            rng = np.random.default_rng(seed)
            kind = KINDS[seed % len(KINDS)]
            path = Path(folder) / "table.csv"
            kind(rng, int(rng.choice([200, 500, 1000, 3000, 10000]))).to_csv(path, index=False)
            command = [TAGWERK, "profile", str(path), "--json", "--seed", str(seed)]
            profile = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            tables[kind.__name__] += 1
            for finding in {f["id"]: f for f in profile["findings"]}.values():
                alarms[finding["id"], kind.__name__] += 1
                if options.show:
                    print(seed, kind.__name__, finding["id"], finding["text"])
            structure["composite key"] += any(len(key["columns"]) > 1 for key in profile["keys"])
            structure["dependency"] += bool(profile["dependencies"])
            structure["related pair (q <= 0.01)"] += any(pair["q_value"] <= 0.01 for pair in profile["pairs"])
    total = sum(tables.values())
    print(f"{total} clean tables: " + ", ".join(f"{n} {kind}" for kind, n in tables.items()))
    print(f"{'finding':28} {'tables':>7} {'share':>7}  by kind")
    for finding in sorted({f for f, _ in alarms}):
        by_kind = {kind: n for (f, kind), n in alarms.items() if f == finding}
        count = sum(by_kind.values())
        print(f"{finding:28} {count:7} {count / total:7.1%}  {by_kind}")
    for what, count in structure.items():
        print(f"{what:28} {count:7} {count / total:7.1%}")


if __name__ == "__main__":
    main()
