"""Compares the tree learners with LightGBM and scikit-learn: time and metric at equal settings.

Each repeat splits a set anew (80/20, its own seed) and writes it as one raw file; every library then fits the same
rows with the same number of trees, leaves, rate and least rows per leaf. Shown are medians of the times, means of the
metric, and the mean difference of the metric with its standard error over the splits. Runs are interleaved (ours,
peer, ours, peer, ...), because one machine's speed drifts by more than the differences of interest. With one thread
the ratio of processor times holds on a busy machine, too.

    python bench/macro/gbdt/compare.py --bench build/bench/src/fit_bench [--sets higgs_small,letter]
        [--data ../shared/data] [--threads 2] [--repeats 3] [--learner gradient_boosting]
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[3]


def split(frame, target, seed=0):
    """Returns the frame with its rows shuffled and the number of training rows."""
    order = np.random.RandomState(seed).permutation(len(frame))
    frame = frame.iloc[order].reset_index(drop=True)
    return frame.drop(columns=[target]), frame[target], int(len(frame) * 0.8)


def higgs_small(data):
    parts = [pd.read_csv(data / "higgs_small" / f"higgs_{p}.tsv", sep="\t", header=None) for p in ("train", "test")]
    return split(pd.concat(parts, ignore_index=True).rename(columns={0: "y"}), "y")


def letter(data):
    return split(pd.read_csv(data / "letter" / "letter.csv"), "lettr")


def diamonds(data):
    return split(pd.read_csv(data / "diamonds" / "diamonds.csv"), "price")


def adult(data):
    frame = pd.read_csv(data / "adult" / "adult.csv", skipinitialspace=True, na_values="?")
    frame.columns = [c.strip() for c in frame.columns]
    return split(frame.drop(columns=["fnlwgt"]), "income")


def hotel_bookings(data):
    frame = pd.read_csv(data / "hotel_bookings" / "hotel_bookings.csv")
    return split(frame.drop(columns=["reservation_status", "reservation_status_date"]), "is_canceled")


def phoneme(data):
    return split(pd.read_csv(data / "phoneme" / "phoneme.csv", header=None).rename(columns={5: "y"}), "y")


def synthetic(rows, columns, seed=1):
    """A noisy non-linear binary target; half of the columns matter."""
    random = np.random.RandomState(seed)
    x = random.randn(rows, columns)
    score = x[:, 0] * x[:, 1] + np.sin(2 * x[:, 2]) + 0.5 * x[:, 3] ** 2 + np.abs(x[:, 4])
    score += x[:, 5 : columns // 2] @ (random.randn(columns // 2 - 5) * 0.3)
    frame = pd.DataFrame(x, columns=[f"x{j}" for j in range(columns)])
    frame["y"] = (score + random.randn(rows) > np.median(score)).astype(int)
    return split(frame, "y")


SETS = {
    "higgs_small": higgs_small,
    "letter": letter,
    "diamonds": diamonds,
    "adult": adult,
    "hotel_bookings": hotel_bookings,
    "phoneme": phoneme,
    "synthetic_5k": lambda data: synthetic(6250, 20),
    "synthetic_200k": lambda data: synthetic(250000, 28),
    "synthetic_1m": lambda data: synthetic(1250000, 28),
}


class Problem:
    """One set in the form all libraries share: a float matrix, category columns as codes."""

    def __init__(self, name, data):
        x, y, self.train = SETS[name](data)
        self.name = name
        self.categories = []
        columns = []
        for column in x:
            if pd.api.types.is_numeric_dtype(x[column]):
                columns.append(x[column].to_numpy(np.float64))
                self.categories.append(0)
            else:
                codes, values = pd.factorize(x[column], sort=True)
                columns.append(codes.astype(np.float64))
                self.categories.append(len(values))
        self.x = np.column_stack(columns)
        if name == "diamonds":
            self.y, self.classes = y.to_numpy(np.float64), 0
        else:
            codes, values = pd.factorize(y, sort=True)
            self.y, self.classes = codes.astype(np.float64), len(values)

    def shuffle(self, seed):
        """Draws other training rows; seed 0 leaves them as they are."""
        if seed > 0:
            order = np.random.RandomState(seed).permutation(len(self.y))
            self.x, self.y = self.x[order], self.y[order]

    def write(self, path):
        with path.open("wb") as file:
            rows, columns = self.x.shape
            np.array([rows, self.train, columns, self.classes, *self.categories], np.int64).tofile(file)
            np.ascontiguousarray(self.x.T).tofile(file)
            self.y.tofile(file)

    def metric(self, predictions):
        """AUC, log loss (more than two classes) or RMSE of the test rows."""
        from sklearn.metrics import log_loss, roc_auc_score

        y = self.y[self.train :]
        if self.classes == 0:
            return float(np.sqrt(np.mean((predictions.reshape(-1) - y) ** 2)))
        if self.classes == 2:
            return float(roc_auc_score(y, predictions.reshape(len(y), -1)[:, -1]))
        return float(log_loss(y, predictions.reshape(len(y), -1), labels=range(self.classes)))


def run_ours(args, problem, path):
    out = path.with_suffix(".predictions")
    if args.learner == "gradient_boosting":
        settings = [
            f"n_estimators={args.trees}",
            f"max_leaf_nodes={args.leaves}",
            f"learning_rate={args.rate}",
            f"min_samples_leaf={args.least}",
        ]
    else:
        settings = [f"n_estimators={args.trees}"]
    command = [args.bench, args.learner, path, out, str(args.threads), "1", *settings, *args.set]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    record = json.loads(result.stdout)
    return record["fit"], record["cpu"], record["predict"], problem.metric(np.fromfile(out, np.float64))


def run_lightgbm(args, problem, quantised=False):
    import lightgbm

    train = problem.train
    x, y = problem.x, problem.y
    cats = [j for j, k in enumerate(problem.categories) if k > 0]
    task = {0: "regression", 2: "binary"}.get(problem.classes, "multiclass")
    settings = {
        "objective": task,
        "num_leaves": args.leaves,
        "learning_rate": args.rate,
        "min_data_in_leaf": args.least,
        "num_threads": args.threads,
        "verbose": -1,
        "max_bin": 255,
    }
    if problem.classes > 2:
        settings["num_class"] = problem.classes
    if quantised:
        settings.update(use_quantized_grad=True, quant_train_renew_leaf=True)
    # NaN, not -1: a missing category is missing for both libraries.
    x = x.copy()
    for j in cats:
        x[x[:, j] < 0, j] = np.nan
    start, cpu = time.perf_counter(), time.process_time()
    data = lightgbm.Dataset(x[:train], y[:train], categorical_feature=cats or "auto", params=settings)
    booster = lightgbm.train(settings, data, args.trees)
    fit, cpu = time.perf_counter() - start, time.process_time() - cpu
    start = time.perf_counter()
    predictions = booster.predict(x[train:], num_threads=args.threads)
    return fit, cpu, time.perf_counter() - start, problem.metric(predictions)


def run_sklearn(args, problem):
    from sklearn import ensemble

    kinds = {"random_forest": "RandomForest", "extra_trees": "ExtraTrees"}
    kind = kinds[args.learner] + ("Regressor" if problem.classes == 0 else "Classifier")
    options = {"max_features": 1 / 3} if problem.classes == 0 else {}
    model = getattr(ensemble, kind)(n_estimators=args.trees, n_jobs=args.threads, random_state=0, **options)
    x = np.nan_to_num(problem.x, nan=-999)
    start, cpu = time.perf_counter(), time.process_time()
    model.fit(x[: problem.train], problem.y[: problem.train])
    fit, cpu = time.perf_counter() - start, time.process_time() - cpu
    start = time.perf_counter()
    test = x[problem.train :]
    predictions = model.predict(test) if problem.classes == 0 else model.predict_proba(test)
    return fit, cpu, time.perf_counter() - start, problem.metric(predictions)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", required=True)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--sets", default="higgs_small,letter,diamonds,adult,hotel_bookings,synthetic_200k")
    parser.add_argument("--learner", default="gradient_boosting")
    parser.add_argument("--peers", default="auto", help="lightgbm, quantised, sklearn")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--leaves", type=int, default=31)
    parser.add_argument("--rate", type=float, default=0.1)
    parser.add_argument("--least", type=int, default=20)
    parser.add_argument("--set", nargs="*", default=[], help="further name=value of our learner")
    args = parser.parse_args()
    boosting = args.learner == "gradient_boosting"
    names = ("lightgbm" if boosting else "sklearn") if args.peers == "auto" else args.peers
    runs = {
        "lightgbm": run_lightgbm,
        "sklearn": run_sklearn,
        "quantised": lambda a, p: run_lightgbm(a, p, quantised=True),
    }
    print(
        f"{'set':<16}{'engine':<12}{'fit s':>9}{'cpu s':>9}{'predict s':>11}{'metric':>11}"
        f"{'fit / peer':>12}{'cpu / peer':>12}{'difference':>22}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for name in args.sets.split(","):
            problem = Problem(name, args.data)
            path = Path(folder) / "data.bin"
            records = {"tagwerk": [], **{peer: [] for peer in names.split(",")}}
            for seed in range(args.repeats):
                problem.shuffle(seed)
                problem.write(path)
                records["tagwerk"].append(run_ours(args, problem, path))
                for peer in names.split(","):
                    records[peer].append(runs[peer](args, problem))
            ours = [statistics.median(r[i] for r in records["tagwerk"]) for i in range(3)]
            for engine, rows in records.items():
                fit, cpu, predict = (statistics.median(r[i] for r in rows) for i in range(3))
                metrics = np.array([r[3] for r in rows])
                text = f"{name:<16}{engine:<12}{fit:9.3f}{cpu:9.3f}{predict:11.4f}{metrics.mean():11.5f}"
                if engine != "tagwerk":
                    gaps = np.array([r[3] for r in records["tagwerk"]]) - metrics
                    error = gaps.std(ddof=1) / np.sqrt(len(gaps)) if len(gaps) > 1 else float("nan")
                    text += f"{ours[0] / fit:12.2f}{ours[1] / cpu:12.2f}{gaps.mean():+12.5f} +- {error:.5f}"
                print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
