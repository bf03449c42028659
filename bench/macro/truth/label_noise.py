"""Precision and recall of the finding `label.noise`: labels of real sets are flipped, then `tagwerk run` looks.

python bench/macro/truth/label_noise.py --program build/release/tagwerk [--sets wine,letter] [--data ../shared/data]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

MOST_ROWS = 5000
FILES = {"german_credit": "german", "pima_diabetes": "pima-indians-diabetes"}
TARGETS: dict[str, tuple[str, dict]] = {  # target column ("last": the last one), how the file is read
    "mushrooms": ("type", {}),
    "letter": ("lettr", {}),
    "pendigits": ("class", {}),
    "phoneme": ("last", {"header": None}),
    "german_credit": ("last", {"header": None}),
    "pima_diabetes": ("last", {"header": None}),
    "hr_attrition": ("Attrition", {}),
    "telco_churn": ("Churn", {}),
    "adult": ("income", {"skipinitialspace": True, "na_values": "?"}),
}
SETS = (
    "breast_cancer",
    "wine",
    "digits",
    "mushrooms",
    "letter",
    "pendigits",
    "phoneme",
    "adult",
    "german_credit",
    "telco_churn",
    "hr_attrition",
    "pima_diabetes",
)


def bundled(name: str) -> tuple[pd.DataFrame, str]:
    from sklearn import datasets

    data = getattr(datasets, f"load_{name}")(as_frame=True)
    frame = data.data.copy()
    frame["label"] = [f"c{v}" for v in data.target]
    return frame, "label"


def read(data: Path, name: str) -> tuple[pd.DataFrame, str]:
    if name in ("wine", "breast_cancer", "digits", "iris"):
        return bundled(name)
    target, words = TARGETS[name]
    frame = pd.read_csv(data / name / f"{FILES.get(name, name)}.csv", **words)
    frame.columns = [str(c).strip() for c in frame.columns]
    target = frame.columns[-1] if target == "last" else target
    frame = frame.drop(columns=[c for c in ("fnlwgt", "customerID") if c in frame])
    frame[target] = "label " + frame[target].astype(str)
    return frame, target


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="build/release/tagwerk")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--shares", default="0,0.05,0.1,0.2")
    parser.add_argument("--trials", default="4")
    options = parser.parse_args()
    program = str(Path(options.program).resolve())
    print("set                rows  flipped  found  estimated  precision  recall  surest / next rate")
    for name in options.sets.split(","):
        frame, target = read(options.data, name)
        frame = frame.dropna(subset=[target]).drop_duplicates()
        frame = frame.sample(min(len(frame), MOST_ROWS), random_state=0).reset_index(drop=True)
        labels = frame[target].unique()
        for share in map(float, options.shares.split(",")):
            rng = np.random.default_rng(1)
            noisy = frame.copy()
            flipped = np.flatnonzero(rng.random(len(frame)) < share)
            for i in flipped:
                noisy.loc[i, target] = rng.choice([label for label in labels if label != frame.loc[i, target]])
            with tempfile.TemporaryDirectory() as folder:
                noisy.to_csv(Path(folder) / "data.csv", index=False)
                words = [program, "run", "data.csv", "--target", target, "--trials", options.trials, "--report", "none"]
                done = subprocess.run([*words, "--json"], cwd=folder, capture_output=True, text=True)
                if done.returncode != 0:
                    print(f"{name}: {done.stderr.strip().splitlines()[-1]}")
                    continue
                noise = json.loads(done.stdout)["diagnosis"]["label_noise"]
            rows = [s["row"] - 1 for s in noise["suspects"]]
            right = len(set(rows) & set(flipped.tolist()))
            listed = min(len(flipped), 200)  # the document lists at most 200
            precision = f"{right / len(rows):.2f}" if rows else "-"
            recall = f"{right / listed:.2f}" if listed and rows else "-"
            found = "yes" if noise["found"] else "no"
            print(
                f"{name:18} {len(frame):5}  {len(flipped):7}  {found:5}  {noise['rows']:9.0f}"
                f"  {precision:>9}  {recall:>6}  {noise['rate_surest']:.3f} / {noise['rate_sure']:.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
