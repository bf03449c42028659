"""Training on sparse rows: time and memory beside LightGBM and XGBoost on one and the same matrix.

    PYTHONPATH=PACKAGE python bench/macro/gbdt/sparse.py [--rows 200000] [--columns 5000] [--density 0.01]
        [--rounds 50] [--threads 2] [--repeats 3] [--peer PEER/bin/python]

Every fit is a process of its own, libraries take turns. Values are log-normal or 1, half of the columns each; the
target depends on 200 of the columns. Shown: medians of the seconds of fit and of prediction of a tenth of the rows (CSR
too), the most memory beyond what was in use with the matrix loaded, in MB and as multiple of what the matrix itself
takes (12 bytes an entry), and the AUC on that tenth.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.metrics import roc_auc_score


def make(rows: int, columns: int, density: float, seed: int) -> tuple[sp.csr_matrix, np.ndarray]:
    random = np.random.default_rng(seed)
    count = random.binomial(columns, density, rows)
    starts = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    places = random.integers(0, columns, starts[-1]).astype(np.int32)
    values = np.where(places % 2 == 0, random.lognormal(size=len(places)), 1.0)
    X = sp.csr_matrix((values, places, starts), shape=(rows, columns))
    X.sum_duplicates()
    effects = np.zeros(columns)
    effects[random.choice(columns, min(200, columns), replace=False)] = random.normal(size=min(200, columns)) * 2
    score = X.log1p() @ effects
    return X, (score + random.logistic(size=rows) > 0).astype(int)


def memory(field: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def fit(options: argparse.Namespace, library: str) -> dict[str, Any]:
    X, y = make(options.rows, options.columns, options.density, options.seed)
    train = options.rows * 9 // 10
    X_train, X_test = X[:train], X[train:]
    shared = {"learning_rate": 0.1, "n_jobs": options.threads}
    if library == "tagwerk":
        import tagwerk

        model = tagwerk.GradientBoostingClassifier(n_estimators=options.rounds, max_leaf_nodes=31, **shared)
    elif library == "lightgbm":
        import lightgbm

        model = lightgbm.LGBMClassifier(n_estimators=options.rounds, num_leaves=31, verbose=-1, **shared)
    else:
        import xgboost

        model = xgboost.XGBClassifier(n_estimators=options.rounds, max_depth=5, tree_method="hist", **shared)
    Path("/proc/self/clear_refs").write_text("5")
    before = memory("VmRSS")
    start = time.perf_counter()
    model.fit(X_train, y[:train])
    seconds, extra = time.perf_counter() - start, memory("VmHWM") - before
    start = time.perf_counter()
    chance = model.predict_proba(X_test)[:, 1]
    predicted = time.perf_counter() - start
    auc = float(roc_auc_score(y[train:], chance))
    times = extra * 1e6 / (12 * X_train.nnz)
    return {"fit": seconds, "predict": predicted, "extra_mb": extra, "times": times, "auc": auc}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--columns", type=int, default=5_000)
    parser.add_argument("--density", type=float, default=0.01)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--libraries", default="tagwerk,lightgbm,xgboost")
    parser.add_argument("--peer", default=sys.executable, help="a Python that has the peers")
    parser.add_argument("--fit", help="fit this library and print its figures")
    options = parser.parse_args()
    if options.fit:
        print(json.dumps(fit(options, options.fit)))
        return
    shape = {name: getattr(options, name) for name in ("rows", "columns", "density", "rounds", "threads")}
    words = [word for name, value in shape.items() for word in (f"--{name}", str(value))]
    runs: dict[str, list[dict[str, Any]]] = {library: [] for library in options.libraries.split(",")}
    for repeat in range(options.repeats):
        for library, records in runs.items():
            python = sys.executable if library == "tagwerk" else options.peer
            command = [python, __file__, "--fit", library, "--seed", str(repeat), *words]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            records.append(json.loads(done.stdout.strip().splitlines()[-1]))
    print("| library | fit s | predict s | extra MB | times the matrix | AUC |\n|---|---|---|---|---|---|")
    for library, records in runs.items():
        mid = {key: statistics.median(r[key] for r in records) for key in records[0]}
        print(
            f"| {library} | {mid['fit']:.3g} | {mid['predict']:.3g} | {mid['extra_mb']:.0f} | {mid['times']:.1f} "
            f"| {mid['auc']:.4f} |"
        )


if __name__ == "__main__":
    main()
