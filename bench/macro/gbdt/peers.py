"""One fit of one library on a saved workload, in a process of its own (train.py starts it).

    python peers.py LIBRARY FOLDER ROUNDS THREADS LEAVES [curve=N,N,...] [wait=yes]

FOLDER holds x.npy, y.npy and about.json; predictions of the test rows go to FOLDER/LIBRARY.npy. Printed: one line of
JSON with the seconds of building the library's data set and of boosting (wall and CPU) and the megabytes that both
needed beyond the loaded matrix at their peak; with `curve=` also the metric after so many rounds each. `wait=yes`
prints "ready" before the fit and begins when a line comes in, so that two programs start together. All get rate 0.1,
255 bins and else their own defaults.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from score import score

RATE, BINS, DEPTH = 0.1, 255, 6


@dataclass
class Fitted:
    """What a library made; `stages` yields the predictions after so many rounds each (ascending), one at a time."""

    predict: Callable[[np.ndarray], np.ndarray]
    stages: Callable[[np.ndarray, list[int]], Iterator[np.ndarray]] | None = None


def picked(every: Iterable[np.ndarray], rounds: list[int]) -> Iterator[np.ndarray]:
    """Yields those of the predictions after every round that are asked for."""
    wanted = set(rounds)
    for n, predictions in enumerate(every, 1):
        if n in wanted:
            yield predictions


class Problem:
    def __init__(self, folder: Path):
        about = json.loads((folder / "about.json").read_text())
        x, y = np.load(folder / "x.npy"), np.load(folder / "y.npy")
        self.classes, self.sizes = about["classes"], about["categories"]
        self.categories = [j for j, size in enumerate(self.sizes) if size > 0]
        self.x, self.y = x[: about["train"]].copy(), y[: about["train"]].copy()
        self.test, self.truth = x[about["train"] :].copy(), y[about["train"] :].copy()

    def frame(self, x: np.ndarray) -> Any:
        """The matrix with pandas categories, or as it is where there are none."""
        if not self.categories:
            return x
        import pandas as pd

        frame = pd.DataFrame(x)
        for j in self.categories:
            codes = np.where(np.isnan(x[:, j]), -1, x[:, j]).astype(np.int32)
            frame[j] = pd.Categorical.from_codes(codes, categories=np.arange(self.sizes[j]))
        return frame

    def by_kind(self, regression: Any, binary: Any, multiclass: Any) -> Any:
        return regression if self.classes == 0 else binary if self.classes == 2 else multiclass

    def chances(self, raw: np.ndarray) -> np.ndarray:
        """What sums over trees predict: numbers, or chances by the logistic function or softmax."""
        if self.classes == 0:
            return raw
        if self.classes == 2:
            return 1 / (1 + np.exp(-raw))
        powers = np.exp(raw - raw.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)


class Watch:
    """Seconds between marks, of the wall and of the processor."""

    def __init__(self) -> None:
        self.marks = [(time.perf_counter(), time.process_time())]

    def mark(self) -> None:
        self.marks.append((time.perf_counter(), time.process_time()))

    def seconds(self) -> dict[str, float]:
        wall = [b[0] - a[0] for a, b in zip(self.marks, self.marks[1:], strict=False)]
        return {"prep": wall[0], "fit": wall[1], "cpu": self.marks[-1][1] - self.marks[0][1]}


def lightgbm(p: Problem, rounds: int, threads: int, leaves: int, watch: Watch, **more: Any) -> Fitted:
    import lightgbm as lgb

    options = {
        "objective": p.by_kind("regression", "binary", "multiclass"),
        "num_leaves": leaves,
        "learning_rate": RATE,
        "max_bin": BINS,
        "num_threads": threads,
        "verbose": -1,
        **({"num_class": p.classes} if p.classes > 2 else {}),
        **more,
    }
    data = lgb.Dataset(p.x, p.y, categorical_feature=p.categories or "auto", params=options).construct()
    watch.mark()
    predict: Callable[..., Any] = lgb.train(options, data, rounds).predict
    watch.mark()

    def stages(x: np.ndarray, ends: list[int]) -> Iterator[np.ndarray]:
        raw: Any = 0
        for begin, end in zip([0, *ends], ends, strict=False):
            some = {"start_iteration": begin, "num_iteration": end - begin, "num_threads": threads}
            raw = raw + predict(x, raw_score=True, **some)
            yield p.chances(raw)

    return Fitted(lambda x: predict(x, num_threads=threads), stages)


def xgboost(p: Problem, rounds: int, threads: int, leaves: int, watch: Watch, growth: str = "lossguide") -> Fitted:
    import xgboost as xgb

    options = {
        "objective": p.by_kind("reg:squarederror", "binary:logistic", "multi:softprob"),
        "tree_method": "hist",
        "max_bin": BINS,
        "eta": RATE,
        "nthread": threads,
        **({"num_class": p.classes} if p.classes > 2 else {}),
        **({"grow_policy": growth, "max_leaves": leaves, "max_depth": 0} if growth == "lossguide" else {}),
        **({"max_depth": DEPTH} if growth == "depthwise" else {}),
    }
    native = bool(p.categories)
    frame = p.frame(p.x)
    data = xgb.QuantileDMatrix(frame, p.y, max_bin=BINS, nthread=threads, enable_categorical=native)
    watch.mark()
    model = xgb.train(options, data, rounds)
    watch.mark()

    def stages(x: np.ndarray, ends: list[int]) -> Iterator[np.ndarray]:
        rows, raw = p.frame(x), None
        for part in zip([0, *ends], ends, strict=False):
            raw = model.inplace_predict(rows, iteration_range=part, predict_type="margin", base_margin=raw)
            yield p.chances(raw)

    return Fitted(lambda x: model.inplace_predict(p.frame(x)), stages)


def catboost(p: Problem, rounds: int, threads: int, leaves: int, watch: Watch) -> Fitted:
    import catboost as cb
    import pandas as pd

    def frame(x: np.ndarray) -> Any:
        if not p.categories:
            return x
        made = pd.DataFrame(x)
        for j in p.categories:
            made[j] = np.where(np.isnan(x[:, j]), -1, x[:, j]).astype(np.int32)
        return made

    x = frame(p.x)
    pool = cb.Pool(x, p.y, cat_features=p.categories or None, thread_count=threads)
    if not p.categories:
        pool.quantize(border_count=BINS - 1, task_type="CPU")
    watch.mark()
    options = {
        "iterations": rounds,
        "learning_rate": RATE,
        "depth": DEPTH,
        "border_count": BINS - 1,
        "thread_count": threads,
        "verbose": False,
        "allow_writing_files": False,
        "loss_function": p.by_kind("RMSE", "Logloss", "MultiClass"),
    }
    kind = cb.CatBoostRegressor if p.classes == 0 else cb.CatBoostClassifier
    model = kind(**options).fit(pool)
    watch.mark()
    predict, staged = (
        (model.predict, model.staged_predict) if p.classes == 0 else (model.predict_proba, model.staged_predict_proba)
    )
    return Fitted(lambda x: predict(frame(x)), lambda x, ends: picked(staged(frame(x), thread_count=threads), ends))


def sklearn(p: Problem, rounds: int, threads: int, leaves: int, watch: Watch) -> Fitted:
    from sklearn import ensemble

    few = [j for j in p.categories if p.sizes[j] <= BINS]  # it takes no more; the others go as numbers
    kind = ensemble.HistGradientBoostingRegressor if p.classes == 0 else ensemble.HistGradientBoostingClassifier
    model = kind(
        learning_rate=RATE,
        max_iter=rounds,
        max_leaf_nodes=leaves,
        max_bins=BINS,
        early_stopping=False,
        categorical_features=few or None,
    )
    watch.mark()
    model.fit(p.x, p.y)  # bins within
    watch.mark()
    if p.classes == 0:
        return Fitted(model.predict, lambda x, ends: picked(model.staged_predict(x), ends))
    return Fitted(model.predict_proba, lambda x, ends: picked(model.staged_predict_proba(x), ends))


def ydf(p: Problem, rounds: int, threads: int, leaves: int, watch: Watch) -> Fitted:
    import ydf

    ydf.verbose(0)
    names = [f"f{j}" for j in range(p.x.shape[1])]

    def columns(x: np.ndarray) -> dict[str, np.ndarray]:
        return {
            n: np.nan_to_num(x[:, j], nan=-1).astype(np.int32) if p.sizes[j] else x[:, j] for j, n in enumerate(names)
        }

    semantic = [
        ydf.Column(f"f{j}", ydf.Semantic.CATEGORICAL, max_vocab_count=-1, min_vocab_frequency=1) for j in p.categories
    ]
    y = p.y if p.classes == 0 else p.y.astype(np.int64)
    semantic.append(ydf.Column("y", ydf.Semantic.CATEGORICAL if p.classes > 0 else ydf.Semantic.NUMERICAL))
    data = ydf.create_vertical_dataset(
        {**columns(p.x), "y": y},
        columns=semantic,
        include_all_columns=True,
        label="y",
        discretize_numerical_columns=True,
        num_discretized_numerical_bins=BINS,
    )
    watch.mark()
    model = ydf.GradientBoostedTreesLearner(
        label="y",
        task=ydf.Task.REGRESSION if p.classes == 0 else ydf.Task.CLASSIFICATION,
        num_trees=rounds,
        shrinkage=RATE,
        growing_strategy="BEST_FIRST_GLOBAL",
        max_num_nodes=leaves,
        max_depth=-1,
        validation_ratio=0.0,
        early_stopping="NONE",
        num_threads=threads,
    ).train(data)
    watch.mark()
    return Fitted(lambda x: np.asarray(model.predict(columns(x))))


QUANTISED: dict[str, Any] = {"use_quantized_grad": True, "num_grad_quant_bins": 4, "quant_train_renew_leaf": True}
LIBRARIES: dict[str, Callable[..., Fitted]] = {
    "lightgbm": lightgbm,
    "lightgbm_quantised": partial(lightgbm, **QUANTISED),
    "xgboost": xgboost,
    "xgboost_depthwise": partial(xgboost, growth="depthwise"),
    "catboost": catboost,
    "sklearn": sklearn,
    "ydf": ydf,
}


def megabytes(of: str) -> float:
    """VmRSS (now) or VmHWM (the most since the last `forget`) of this process."""
    status = Path("/proc/self/status").read_text()
    return float(status.split(of + ":")[1].split()[0]) * 1024 / 1e6


def forget() -> None:
    """Resets VmHWM: the mark of the loading does not count."""
    Path("/proc/self/clear_refs").write_text("5")


def curve(fitted: Fitted, problem: Problem, rounds: list[int]) -> list[tuple[int, float]]:
    """The metric on the test rows after so many rounds each."""
    if fitted.stages is None:
        raise SystemExit("no predictions by rounds")
    stages = fitted.stages(problem.test, rounds)
    return [(n, score(problem.truth, problem.classes, out)) for n, out in zip(rounds, stages, strict=False)]


def main() -> None:
    library, folder = sys.argv[1], Path(sys.argv[2])
    rounds, threads, leaves = map(int, sys.argv[3:6])
    more = dict(word.split("=", 1) for word in sys.argv[6:])
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(threads)
    problem = Problem(folder)
    __import__({"sklearn": "sklearn.ensemble"}.get(library, library.split("_")[0]))
    if "wait" in more:
        print("ready", flush=True)
        sys.stdin.readline()
    forget()
    before = megabytes("VmRSS")
    watch = Watch()
    fitted = LIBRARIES[library](problem, rounds, threads, leaves, watch)
    figures: dict[str, Any] = {**watch.seconds(), "extra_mb": megabytes("VmHWM") - before}
    np.save(folder / f"{library}.npy", np.asarray(fitted.predict(problem.test), np.float64))
    if "curve" in more:
        figures["curve"] = curve(fitted, problem, [int(n) for n in more["curve"].split(",")])
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
