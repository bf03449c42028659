"""Training on sparse rows: time and memory beside LightGBM, XGBoost and CatBoost on one and the same matrix.

    PYTHONPATH=PACKAGE python bench/macro/gbdt/sparse.py [--rows 200000] [--columns 5000] [--density 0.01]
        [--rounds 50] [--threads 2] [--repeats 3] [--peer PEER/bin/python] [--libraries tagwerk,lightgbm]

Every fit is a process of its own, libraries take turns. Values are log-normal or 1, half of the columns each; the
target depends on 200 of the columns. All get the CSR matrix, rate 0.1, 31 leaves a tree (32 at depth 5 for CatBoost and
xgboost_depthwise) and as many rounds; else their defaults: XGBoost takes cells that are not written as missing, the
others as 0. scikit-learn's histogram trees take no sparse matrix. Shown: medians of the seconds of fit (wall and
processor) and of prediction of a tenth of the rows (CSR too), the most memory beyond what was in use with the matrix
loaded, in MB and as multiple of what the matrix itself takes (12 bytes an entry), the AUC on that tenth, and the
seconds over ours.
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

RATE, LEAVES, DEPTH = 0.1, 31, 5


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


def tagwerk(rounds: int, threads: int) -> Any:
    import tagwerk

    return tagwerk.GradientBoostingClassifier(
        n_estimators=rounds, max_leaf_nodes=LEAVES, learning_rate=RATE, n_jobs=threads
    )


def lightgbm(rounds: int, threads: int) -> Any:
    import lightgbm

    return lightgbm.LGBMClassifier(
        n_estimators=rounds, num_leaves=LEAVES, learning_rate=RATE, n_jobs=threads, verbose=-1
    )


def xgboost(rounds: int, threads: int) -> Any:
    import xgboost

    growth = {"grow_policy": "lossguide", "max_leaves": LEAVES, "max_depth": 0}
    return xgboost.XGBClassifier(n_estimators=rounds, learning_rate=RATE, n_jobs=threads, tree_method="hist", **growth)


def xgboost_depthwise(rounds: int, threads: int) -> Any:
    import xgboost

    return xgboost.XGBClassifier(
        n_estimators=rounds, learning_rate=RATE, n_jobs=threads, tree_method="hist", max_depth=DEPTH
    )


def catboost(rounds: int, threads: int) -> Any:
    import catboost

    quiet = {"verbose": False, "allow_writing_files": False}
    return catboost.CatBoostClassifier(
        iterations=rounds, learning_rate=RATE, thread_count=threads, depth=DEPTH, **quiet
    )


LIBRARIES = {maker.__name__: maker for maker in (tagwerk, lightgbm, xgboost, xgboost_depthwise, catboost)}


def fit(options: argparse.Namespace, library: str) -> dict[str, float]:
    X, y = make(options.rows, options.columns, options.density, options.seed)
    train = options.rows * 9 // 10
    X_train, X_test = X[:train], X[train:]
    model = LIBRARIES[library](options.rounds, options.threads)
    Path("/proc/self/clear_refs").write_text("5")
    before = memory("VmRSS")
    start, cpu_start = time.perf_counter(), time.process_time()
    model.fit(X_train, y[:train])
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu_start
    extra = memory("VmHWM") - before
    start = time.perf_counter()
    chance = model.predict_proba(X_test)[:, 1]
    predicted = time.perf_counter() - start
    auc = float(roc_auc_score(y[train:], chance))
    times = extra * 1e6 / (12 * X_train.nnz)
    return {"fit": seconds, "cpu": cpu, "predict": predicted, "extra_mb": extra, "times": times, "auc": auc}


def run(python: str, library: str, words: list[str]) -> dict[str, Any]:
    """One fit in a process of its own: its figures, or {"error": why}."""
    done = subprocess.run([python, __file__, "--fit", library, *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return {"error": (done.stderr.strip().splitlines() or ["?"])[-1][:100]}
    figures: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


def show(runs: dict[str, list[dict[str, Any]]]) -> None:
    print("| library | fit s | cpu s | predict s | extra MB | times the matrix | AUC | times ours |")
    print("|---|---|---|---|---|---|---|---|")
    own = [r["fit"] for r in runs.get("tagwerk", []) if "fit" in r]
    for library, records in runs.items():
        failed = next((r["error"] for r in records if "error" in r), None)
        if failed:
            print(f"| {library} | failed: {failed} | | | | | | |")
            continue
        mid = {key: statistics.median(r[key] for r in records) for key in records[0]}
        ratio = f"{mid['fit'] / statistics.median(own):.2f}" if own else ""
        print(
            f"| {library} | {mid['fit']:.3g} | {mid['cpu']:.3g} | {mid['predict']:.3g} | {mid['extra_mb']:.0f} "
            f"| {mid['times']:.1f} | {mid['auc']:.4f} | {ratio} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--columns", type=int, default=5_000)
    parser.add_argument("--density", type=float, default=0.01)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--libraries", default=",".join(LIBRARIES))
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
            records.append(run(python, library, ["--seed", str(repeat), *words]))
    show(runs)


if __name__ == "__main__":
    main()
