"""Compares the losses of boosting with LightGBM's: deviance on fresh rows and time, at equal settings, in Python.

Each repeat splits a set anew (80/20, its own seed); both fit the same rows, one thread, 100 trees of 31 leaves,
rate 0.1, categories natively, in turn. Shown are mean deviances with the standard error of their difference over the
splits, and medians of processor time.

    python bench/macro/gbdt/losses.py [--data ../shared/data] [--repeats 5] [--losses poisson,gamma]
"""

import argparse
import statistics
import time
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
from sklearn.metrics import mean_absolute_error, mean_pinball_loss, mean_tweedie_deviance

import tagwerk

ROOT = Path(__file__).resolve().parents[3]
TREES, LEAVES = 100, 31


def table(path, target, drop=(), keep=lambda frame: frame, rows=None):
    frame = keep(pd.read_csv(path, skipinitialspace=True)).drop(columns=list(drop))
    if rows is not None and len(frame) > rows:
        frame = frame.sample(rows, random_state=0)
    y = frame.pop(target).to_numpy(dtype=float)
    texts = frame.select_dtypes(exclude="number").columns
    return frame.assign(**{name: frame[name].astype("category") for name in texts}), y


def bike(data):
    path = next(data.glob("bike_hour/*.csv"))
    return table(path, "cnt", ["instant", "dteday", "casual", "registered"])


def abalone(data):
    path = next(p for p in data.glob("abalone/*") if p.suffix in (".csv", ".data"))
    frame = pd.read_csv(path, header=None)
    y = frame.pop(frame.columns[-1]).to_numpy(dtype=float)
    frame.columns = [f"c{j}" for j in range(frame.shape[1])]
    return frame.assign(c0=frame["c0"].astype("category")), y


def insurance(data):
    return table(next(data.glob("insurance/*.csv")), "charges")


def diamonds(data):
    return table(data / "diamonds/diamonds.csv", "price", rows=20000)


def hotel(data):
    drop = ["reservation_status", "reservation_status_date"]
    return table(data / "hotel_bookings/hotel_bookings.csv", "adr", drop, lambda f: f[f["adr"].between(0, 1000)], 20000)


def deviance(power):
    return lambda y, p: mean_tweedie_deviance(y, p, power=power)


# loss: sets, our settings, LightGBM's objective and settings, measure
LOSSES = {
    "squared": ([bike, insurance, diamonds], {}, "regression", {}, lambda y, p: float(np.sqrt(np.mean((y - p) ** 2)))),
    "absolute": ([bike, insurance, diamonds], {}, "l1", {}, mean_absolute_error),
    "huber": ([bike, insurance, diamonds], {}, "huber", {}, mean_absolute_error),
    "quantile": (
        [bike, insurance, diamonds],
        {"quantile": 0.9},
        "quantile",
        {"alpha": 0.9},
        lambda y, p: mean_pinball_loss(y, p, alpha=0.9),
    ),
    "poisson": ([bike, abalone], {}, "poisson", {}, deviance(1)),
    "gamma": ([insurance, diamonds], {}, "gamma", {}, deviance(2)),
    "tweedie": ([hotel, bike], {}, "tweedie", {}, deviance(1.5)),
}


def fit(model, X, y):
    begin = time.process_time()
    model.fit(X, y)
    return time.process_time() - begin


def compare(load, data, loss, repeats):
    _, ours, objective, theirs, measure = LOSSES[loss]
    X, y = load(data)
    figures = {"ours": [], "lightgbm": []}
    times = {"ours": [], "lightgbm": []}
    for seed in range(repeats):
        order = np.random.default_rng(seed).permutation(len(y))
        train, test = order[: int(0.8 * len(y))], order[int(0.8 * len(y)) :]
        models = {
            "ours": tagwerk.GradientBoostingRegressor(loss=loss, n_estimators=TREES, max_leaf_nodes=LEAVES, **ours),
            "lightgbm": lightgbm.LGBMRegressor(
                objective=objective, n_estimators=TREES, num_leaves=LEAVES, n_jobs=1, verbose=-1, **theirs
            ),
        }
        for name, model in models.items():
            times[name].append(fit(model, X.iloc[train], y[train]))
            figures[name].append(measure(y[test], model.predict(X.iloc[test])))
    difference = np.subtract(figures["ours"], figures["lightgbm"])
    error = difference.std(ddof=1) / np.sqrt(repeats)
    a, b = (statistics.median(times[name]) for name in ("ours", "lightgbm"))
    print(
        f"| {loss} | {load.__name__} | {np.mean(figures['ours']):.5g} | {np.mean(figures['lightgbm']):.5g} "
        f"| {difference.mean():+.2g} +- {error:.1g} | {a:.3f} s | {b:.3f} s | {b / a:.1f} |",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--losses", default=",".join(LOSSES))
    options = parser.parse_args()
    print("| loss | set | ours | LightGBM | difference | time | LightGBM | ratio |\n|---|---|---|---|---|---|---|---|")
    for loss in options.losses.split(","):
        for load in LOSSES[loss][0]:
            compare(load, options.data, loss, options.repeats)


if __name__ == "__main__":
    main()
