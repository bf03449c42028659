"""Writes the run documents that the report's tests render: src/report/testdata/{binary,multiclass,regression}.json.

Every figure is computed from models fitted here on scikit-learn's bundled sets (breast cancer, wine,
diabetes); only clock times are fixed, so that the files do not change from run to run.
    python tests/golden/make_report_samples.py
"""

import json
import pathlib

import numpy as np
from scipy import stats
from sklearn import datasets, metrics
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

OUT = pathlib.Path(__file__).resolve().parents[2] / "src/report/testdata"
LEVELS = [0, 1, 5, 10, 25, 50, 75, 90, 95, 99, 100]
RESAMPLES = 400


def clean(value):
    """Numbers to 6 significant digits, NaN to null: small files, same bytes everywhere."""
    if isinstance(value, dict):
        return {str(k): clean(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [clean(v) for v in value]
    if isinstance(value, (np.bool_, bool)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return None if not np.isfinite(value) else float(f"{value:.6g}")
    return value


def wilson(k, n):
    low, high = stats.binomtest(int(k), int(n)).proportion_ci(method="wilson")
    return low, high


class Scorer:
    def __init__(self, task, y, positive=1):
        self.task, self.y, self.rng, self.positive = task, np.asarray(y), np.random.default_rng(0), positive
        self.draws = [self.rng.integers(0, len(self.y), len(self.y)) for _ in range(RESAMPLES)]
        if task == "binary":
            self.names = ["auc", "log_loss", "brier", "accuracy", "precision", "recall", "f1", "ece"]
        elif task == "multiclass":
            self.names = ["log_loss", "accuracy", "balanced_accuracy", "f1_macro", "ece"]
        else:
            self.names = ["rmse", "mae", "r2", "median_ae"]

    def one(self, name, y, p, threshold=0.5):
        if self.task == "binary":
            yes, said = (y == self.positive).astype(int), (p >= threshold).astype(int)
            return {
                "auc": lambda: metrics.roc_auc_score(yes, p) if 0 < yes.sum() < len(yes) else np.nan,
                "log_loss": lambda: metrics.log_loss(yes, p, labels=[0, 1]),
                "brier": lambda: np.mean((p - yes) ** 2),
                "accuracy": lambda: np.mean(yes == said),
                "precision": lambda: metrics.precision_score(yes, said, zero_division=0),
                "recall": lambda: metrics.recall_score(yes, said),
                "f1": lambda: metrics.f1_score(yes, said),
                "ece": lambda: ece(p, yes),
            }[name]()
        if self.task == "multiclass":
            said = p.argmax(1)
            return {
                "log_loss": lambda: metrics.log_loss(y, p, labels=list(range(p.shape[1]))),
                "accuracy": lambda: np.mean(y == said),
                "balanced_accuracy": lambda: metrics.recall_score(y, said, average="macro", zero_division=0),
                "f1_macro": lambda: metrics.f1_score(y, said, average="macro"),
                "ece": lambda: ece(p.max(1), y == said),
            }[name]()
        return {
            "rmse": lambda: np.sqrt(np.mean((y - p) ** 2)),
            "mae": lambda: np.mean(np.abs(y - p)),
            "r2": lambda: metrics.r2_score(y, p),
            "median_ae": lambda: np.median(np.abs(y - p)),
        }[name]()

    def metric(self, name, p, threshold=0.5):
        draws = [self.one(name, self.y[d], p[d], threshold) for d in self.draws]
        low, high = np.nanpercentile(draws, [2.5, 97.5])
        up = name in ("auc", "accuracy", "balanced_accuracy", "precision", "recall", "f1", "f1_macro", "r2")
        return {
            "name": name,
            "value": self.one(name, self.y, p, threshold),
            "low": low,
            "high": high,
            "level": 0.95,
            "rows": len(self.y),
            "direction": "max" if up else "min",
        }

    def all(self, p, threshold=0.5):
        return [self.metric(n, p, threshold) for n in self.names]

    def paired(self, name, a, b, sign):
        draws = [sign * (self.one(name, self.y[d], b[d]) - self.one(name, self.y[d], a[d])) for d in self.draws]
        low, high = np.nanpercentile(draws, [2.5, 97.5])
        value = sign * (self.one(name, self.y, b) - self.one(name, self.y, a))
        p = max(2 * min(np.mean(np.array(draws) <= 0), np.mean(np.array(draws) >= 0)), 1 / RESAMPLES)
        return {
            "metric": name,
            "difference": value,
            "low": low,
            "high": high,
            "p_value": min(p, 1),
            "better": low > 0,
        }


def ece(p, hit, bins=10):
    order = np.argsort(p, kind="stable")
    return sum(len(c) / len(p) * abs(p[c].mean() - hit[c].mean()) for c in np.array_split(order, bins) if len(c))


def bins_of(p, hit, bins=8):
    out = []
    for c in np.array_split(np.argsort(p, kind="stable"), bins):
        low, high = wilson(hit[c].sum(), len(c))
        out.append({"predicted": p[c].mean(), "observed": hit[c].mean(), "low": low, "high": high, "rows": len(c)})
    return out


def column(name, x, y, task, used=True, role="feature", reason=""):
    counts, edges = np.histogram(x, bins=20)
    relation = []
    for c in np.array_split(np.argsort(x, kind="stable"), 6):
        v = y[c].astype(float)
        half = 1.96 * v.std(ddof=1) / np.sqrt(len(c))
        relation.append(
            {
                "label": f"{x[c].min():.4g} to {x[c].max():.4g}",
                "rows": len(c),
                "value": v.mean(),
                "low": v.mean() - half,
                "high": v.mean() + half,
            }
        )
    score = None
    if task == "binary":
        score = max(metrics.roc_auc_score(y, x), 1 - metrics.roc_auc_score(y, x))
    elif task == "regression":
        score = np.corrcoef(x, y)[0, 1] ** 2
    return {
        "name": name,
        "original_name": name,
        "type": "numeric",
        "type_confidence": 1.0,
        "type_evidence": "",
        "role": role,
        "used": used,
        "reason": reason,
        "missing_share": 0.0,
        "distinct": len(np.unique(x)),
        "statistics": {
            "rows": len(x),
            "missing": 0,
            "distinct": len(np.unique(x)),
            "distinct_exact": True,
            "mean": x.mean(),
            "sd": x.std(ddof=1),
            "min": x.min(),
            "max": x.max(),
            "skewness": stats.skew(x),
            "quantiles": np.percentile(x, LEVELS),
            "histogram": {"edges": edges, "counts": counts},
            "zeros": int((x == 0).sum()),
            "negatives": int((x < 0).sum()),
            "top": [],
            "target_score": score,
            "target_metric": {"binary": "auc", "regression": "r2"}.get(task, ""),
            "target_relation": [] if task == "multiclass" else relation,
        },
    }


def sampled_shapley(predict, row, background, rounds=60):
    rng = np.random.default_rng(1)
    effects = np.zeros(len(row))
    for _ in range(rounds):
        current = background[rng.integers(len(background), size=40)].copy()
        before = predict(current).mean()
        for j in rng.permutation(len(row)):
            current[:, j] = row[j]
            after = predict(current).mean()
            effects[j] += (after - before) / rounds
            before = after
    total = predict(row[None, :])[0]
    return effects, total - effects.sum(), total


def make(task, name, data, target, frame, y, labels, positive, models, costs=None, unit=None, findings=(), drop=()):
    x_all, features = frame.drop(columns=list(drop)), [c for c in frame.columns if c not in drop]
    cls = task != "regression"
    tr, te = train_test_split(np.arange(len(y)), test_size=0.25, random_state=3, stratify=y if cls else None)
    xtr, xte, ytr, yte = x_all.to_numpy()[tr], x_all.to_numpy()[te], y[tr], y[te]
    folds = StratifiedKFold(5, shuffle=True, random_state=0) if cls else KFold(5, shuffle=True, random_state=0)
    main = {"binary": "auc", "multiclass": "log_loss", "regression": "rmse"}[task]
    sign = 1 if main == "auc" else -1
    pos = labels.index(positive) if task == "binary" else 1

    def scores(model, x):
        if not cls:
            return model.predict(x)
        p = np.clip(model.predict_proba(x), 1e-6, 1 - 1e-6)
        return p[:, pos] if task == "binary" else p / p.sum(1, keepdims=True)

    valid, test = Scorer(task, ytr, pos), Scorer(task, yte, pos)
    board, held = [], {}
    for trial, (title, learner, model, baseline, parameters) in enumerate(models):
        oof = cross_val_predict(model, xtr, ytr, cv=folds, method="predict_proba" if cls else "predict")
        if cls:
            oof = np.clip(oof, 1e-6, 1 - 1e-6)
            oof = oof[:, pos] if task == "binary" else oof / oof.sum(1, keepdims=True)
        model.fit(xtr, ytr)
        m = valid.metric(main, oof)
        held[title] = (oof, scores(model, xte), model)
        fold_scores = [valid.one(main, ytr[v], oof[v]) for _, v in folds.split(xtr, ytr)]
        board.append(
            {
                "rank": None,
                "trial": trial,
                "model": title,
                "learner": learner,
                "parameters": parameters,
                "metric": main,
                "score": m["value"],
                "score_low": m["low"],
                "score_high": m["high"],
                "folds": 5,
                "rows_share": 1.0,
                "status": "ok",
                "ensemble_weight": 0.0,
                "error": "",
                "fit_seconds": 0.1 * (trial + 1),
                "predict_us_per_row": 1.5 * (trial + 1),
                "size_bytes": 20000 * (trial + 1),
                "baseline": baseline,
                "fold_scores": fold_scores,
            }
        )
    best_base = max((b for b in board if b["baseline"]), key=lambda b: sign * b["score"])
    for b in board:
        d = valid.paired(main, held[best_base["model"]][0], held[b["model"]][0], sign)
        b["baseline_difference"], b["difference_low"], b["difference_high"] = (
            d["difference"],
            d["low"],
            d["high"],
        )
    ranked = sorted(board, key=lambda b: -sign * b["score"])
    for rank, b in enumerate(ranked):
        b["rank"] = rank + 1
    members = [b for b in ranked if not b["baseline"]][:2]
    for b, w in zip(members, (0.6, 0.4), strict=False):
        b["ensemble_weight"] = w
    blend = 0.6 * held[members[0]["model"]][1] + 0.4 * held[members[1]["model"]][1]
    blend_oof = 0.6 * held[members[0]["model"]][0] + 0.4 * held[members[1]["model"]][0]
    base = held[best_base["model"]][1]
    threshold = 0.5
    thresholds = None
    if task == "binary":

        def points(p, t):
            yes, said = yte == pos, p >= t
            c = {
                "true_positive": int((yes & said).sum()),
                "false_positive": int((~yes & said).sum()),
                "false_negative": int((yes & ~said).sum()),
                "true_negative": int((~yes & ~said).sum()),
            }
            gain = sum(costs[k] * c[k] for k in costs) / len(yte) * 1000 if costs else None
            return {"threshold": t, **c, "value": gain}

        if costs:
            grid = np.linspace(0.02, 0.98, 49)
            yes = ytr == pos
            gains = [
                sum(
                    [
                        costs["true_positive"] * (yes & (blend_oof >= t)).sum(),
                        costs["false_positive"] * (~yes & (blend_oof >= t)).sum(),
                        costs["false_negative"] * (yes & (blend_oof < t)).sum(),
                        costs["true_negative"] * (~yes & (blend_oof < t)).sum(),
                    ]
                )
                for t in grid
            ]
            threshold = float(grid[int(np.argmax(gains))])
        thresholds = {
            "points": [points(blend, t) for t in np.linspace(0.02, 0.98, 49)],
            "chosen": threshold,
            "value_model": points(blend, threshold)["value"],
            "value_baseline": max((points(base, t)["value"] for t in np.linspace(0.02, 0.98, 49)), default=None)
            if costs
            else None,
            "value_nothing": points(blend, 2.0)["value"],
            "per_rows": 1000,
        }
    direction = sign
    best = members[0]
    result = {
        "method": "held_out",
        "metrics": test.all(blend, threshold),
        "baseline_metrics": test.all(base, 0.5),
        "better_than_baseline": test.paired(main, base, blend, direction),
        "versus_best_single": test.paired(main, held[best["model"]][1], blend, direction),
        "confusion": None,
        "calibration": None,
        "curves": None,
        "residuals": None,
        "thresholds": thresholds,
        "slices": [],
        "class_share": None,
    }
    if task == "binary":
        yes = (yte == pos).astype(int)
        said = np.where(blend >= threshold, pos, 1 - pos)
        result["confusion"] = {"labels": labels, "counts": metrics.confusion_matrix(yte, said, labels=[0, 1])}
        result["calibration"] = {"bins": bins_of(blend, yes), "error": ece(blend, yes)}
        fpr, tpr, _ = metrics.roc_curve(yes, blend)
        prec, rec, _ = metrics.precision_recall_curve(yes, blend)
        result["curves"] = {
            "roc": list(zip(fpr, tpr, strict=False)),
            "precision_recall": list(zip(rec, prec, strict=False)),
        }
        result["class_share"] = float(np.mean(yte == pos))
    elif task == "multiclass":
        said = blend.argmax(1)
        result["confusion"] = {"labels": labels, "counts": metrics.confusion_matrix(yte, said)}
        result["calibration"] = {
            "bins": bins_of(blend.max(1), (said == yte).astype(int), 5),
            "error": ece(blend.max(1), said == yte, 5),
        }
    else:
        r = yte - blend
        counts, edges = np.histogram(r, bins=24)
        by = []
        for c in np.array_split(np.argsort(blend, kind="stable"), 8):
            half = 1.96 * r[c].std(ddof=1) / np.sqrt(len(c))
            by.append(
                {
                    "predicted": blend[c].mean(),
                    "mean_residual": r[c].mean(),
                    "low": r[c].mean() - half,
                    "high": r[c].mean() + half,
                    "rows": len(c),
                }
            )
        oof_r = np.abs(ytr - blend_oof)
        cover = []
        for level in (0.5, 0.8, 0.9, 0.95):
            hit = np.abs(r) <= np.quantile(oof_r, level)
            low, high = wilson(hit.sum(), len(hit))
            cover.append({"level": level, "observed": hit.mean(), "low": low, "high": high})
        result["residuals"] = {
            "histogram": {"edges": edges, "counts": counts},
            "by_prediction": by,
            "within": [{"share": s, "error": np.quantile(np.abs(r), s)} for s in (0.5, 0.8, 0.9, 0.95)],
            "examples": list(zip(blend, yte, strict=False)),
        }
        result["calibration"] = {"coverage": cover}

    whole = held[best["model"]][2]
    imp = permutation_importance(
        whole,
        xte,
        yte,
        n_repeats=5,
        random_state=0,
        scoring={"auc": "roc_auc", "log_loss": "neg_log_loss", "rmse": "neg_root_mean_squared_error"}[main],
    )
    importance = sorted(
        (
            {"column": f, "value": m, "low": m - 2.776 * s / 5**0.5, "high": m + 2.776 * s / 5**0.5}
            for f, m, s in zip(features, imp.importances_mean, imp.importances_std, strict=False)
        ),
        key=lambda r: -r["value"],
    )

    def main_score(p):
        return p if task != "multiclass" else p[:, 0]

    dependence = []
    for item in importance[:6]:
        j = features.index(item["column"])
        grid = np.quantile(xte[:, j], np.linspace(0.02, 0.98, 16))
        edges = np.concatenate([[-np.inf], (grid[1:] + grid[:-1]) / 2, [np.inf]])
        pts = []
        for g, lo, hi in zip(grid, edges[:-1], edges[1:], strict=False):
            changed = xte.copy()
            changed[:, j] = g
            pts.append(
                {
                    "x": g,
                    "label": f"{g:.4g}",
                    "value": main_score(scores(whole, changed)).mean(),
                    "share": float(np.mean((xte[:, j] > lo) & (xte[:, j] <= hi))),
                }
            )
        dependence.append({"column": item["column"], "type": "numeric", "points": pts, "rows": len(xte)})

    def margin(x):
        if not cls:
            return whole.predict(x)
        p = scores(whole, x)
        p = p if task == "binary" else p[:, case_class]
        p = np.clip(p, 1e-4, 1 - 1e-4)
        return np.log(p / (1 - p))

    single = held[best["model"]][1]
    picks = {}
    case_class = 0
    if task == "binary":
        yes, said = yte == pos, single >= threshold
        for kind, mask in (("right", yes & said), ("missed", yes & ~said), ("needless", ~yes & said)):
            if mask.any():
                picks[kind] = int(np.flatnonzero(mask)[0])
    elif task == "multiclass":
        wrong = np.flatnonzero(single.argmax(1) != yte)
        picks["right"] = int(np.flatnonzero(single.argmax(1) == yte)[0])
        if len(wrong):
            picks["missed"] = int(wrong[0])
    else:
        order = np.argsort(np.abs(yte - single))
        picks = {"typical": int(order[len(order) // 2]), "far_off": int(order[-1])}
    cases = []
    for kind, i in picks.items():
        case_class = int(single[i].argmax()) if task == "multiclass" else 0
        effects, base_value, _total = sampled_shapley(margin, xte[i], xtr)
        order = np.argsort(-np.abs(effects))[:6]
        cases.append(
            {
                "kind": kind,
                "row": int(te[i]) + 1,
                "truth": labels[yte[i]] if cls else yte[i],
                "prediction": (
                    labels[case_class] if task == "multiclass" else labels[pos if single[i] >= threshold else 1 - pos]
                )
                if cls
                else single[i],
                "probability": (single[i] if task == "binary" else single[i].max()) if cls else None,
                "base": base_value,
                "contributions": [
                    {"column": features[j], "value": f"{xte[i, j]:.4g}", "effect": effects[j]} for j in order
                ],
                "rest": effects.sum() - effects[order].sum(),
            }
        )

    curve, curve_model = [], models[-1][2]
    for share in (0.15, 0.3, 0.6, 1.0):
        n = int(len(tr) * share)
        vs, ts = [], []
        for a, b in folds.split(xtr, ytr):
            a = a[: max(int(len(a) * share), 20)]
            if cls and len(np.unique(ytr[a])) < len(labels):
                continue
            curve_model.fit(xtr[a], ytr[a])
            vs.append(valid.one(main, ytr[b], scores(curve_model, xtr[b])))
            ts.append(valid.one(main, ytr[a], scores(curve_model, xtr[a])))
        if vs:
            half = 2.776 * np.std(vs, ddof=1) / len(vs) ** 0.5 if len(vs) > 1 else 0
            curve.append(
                {
                    "rows": n,
                    "train": np.mean(ts),
                    "validation": np.mean(vs),
                    "low": np.mean(vs) - half,
                    "high": np.mean(vs) + half,
                }
            )
    boost = (HistGradientBoostingClassifier if cls else HistGradientBoostingRegressor)(
        max_iter=120, learning_rate=0.08, early_stopping=False, random_state=0
    )
    a, b = next(iter(folds.split(xtr, ytr)))
    boost.fit(xtr[a], ytr[a])
    stage = boost.staged_predict_proba if cls else boost.staged_predict
    fit_points = []
    for it, (pa, pb) in enumerate(zip(stage(xtr[a]), stage(xtr[b]), strict=False)):
        if it % 4 and it != 119:
            continue
        fa, fb = (pa[:, pos], pb[:, pos]) if task == "binary" else (pa, pb)
        name_ = "log_loss" if cls else "rmse"
        fit_points.append(
            {
                "iteration": it + 1,
                "train": valid.one(name_, ytr[a], fa),
                "valid": valid.one(name_, ytr[b], fb),
            }
        )
    target_stats = (
        {
            "classes": [
                {"label": label, "rows": int((y == i).sum()), "share": float((y == i).mean())}
                for i, label in enumerate(labels)
            ]
        }
        if cls
        else {"histogram": dict(zip(("counts", "edges"), np.histogram(y, bins=24), strict=False))}
    )
    columns = [
        column(
            c,
            frame[c].to_numpy(),
            (y == pos).astype(int) if task == "binary" else y,
            task,
            c in features,
            "feature",
            "" if c in features else "near_duplicate",
        )
        for c in frame.columns
    ]
    columns.append(
        {
            "name": target,
            "original_name": target,
            "type": "categorical" if cls else "numeric",
            "type_confidence": 1.0,
            "type_evidence": "",
            "role": "target",
            "used": False,
            "reason": "target",
            "missing_share": 0.0,
            "distinct": len(np.unique(y)),
            "statistics": {
                "rows": len(y),
                "missing": 0,
                "distinct": len(np.unique(y)),
                "distinct_exact": True,
                "top": [{"value": label, "count": int((y == i).sum())} for i, label in enumerate(labels)],
            }
            if cls
            else column(target, y.astype(float), y, task)["statistics"],
        }
    )
    phases = {
        "read": 0.1,
        "profile": 0.3,
        "split": 0.1,
        "baseline": 0.2,
        "search": 8.4,
        "ensemble": 0.6,
        "evaluate": 0.7,
        "refit": 0.5,
        "explain": 1.1,
    }
    phases = {k: {"seconds": s, "peak_memory_bytes": 60_000_000 + int(9e6 * s)} for k, s in phases.items()}
    gap = abs(curve[-1]["validation"] - curve[-2]["validation"])
    verdict = (
        "more_rows_help"
        if sign * (curve[-1]["validation"] - curve[-2]["validation"]) > 0.25 * (curve[-1]["high"] - curve[-1]["low"])
        else "balanced"
    )
    document = {
        "schema": "tagwerk.run/1",
        "id": f"{name}-20261122-090001",
        "name": name,
        "status": "done",
        "stop_reason": "no_more_gain",
        "version": "0.1.0",
        "command": f"tagwerk run {name}.csv --target '{target}'",
        "seed": 0,
        "threads": 2,
        "memory_limit_bytes": 4_000_000_000,
        "language": "en",
        "started_at": "2026-11-22T08:00:01.000Z",
        "finished_at": "2026-11-22T08:00:13.000Z",
        "budget_seconds": 60.0,
        "used": {
            "seconds": 12.0,
            "cpu_seconds": 21.5,
            "peak_memory_bytes": 140_000_000,
            "trials": len(models),
            "phases": phases,
        },
        "data": {
            "sources": [
                {
                    "path": f"{name}.csv",
                    "format": "csv",
                    "compression": "",
                    "bytes": 118_000,
                    "rows": len(y),
                    "dialect": ",",
                }
            ],
            "fingerprint": "sha256:" + "ab12" * 16,
            "rows": len(y),
            "columns": frame.shape[1] + 1,
            "rejected_rows": 0,
            "rejected_share": 0.0,
            "rows_without_target": 0,
            "sampled_share": 1.0,
        },
        "goal": {
            "target": target,
            "task": task,
            "metric": main,
            "positive": positive if task == "binary" else None,
            "classes": labels if cls else [],
            "threshold": threshold if task == "binary" else None,
            "value": costs,
            "unit": unit,
        },
        "columns": columns,
        "findings": list(findings),
        "split": {
            "kind": "stratified" if cls else "random",
            "reason": "",
            "reason_key": "",
            "reason_values": {},
            "seed": 0,
            "test_rows": len(te),
            "train_rows": len(tr),
            "folds": 5,
            "group": None,
            "time": None,
            "gap_seconds": 0,
            "from": None,
            "to": None,
            "train_from": None,
            "train_to": None,
            "duplicate_groups": 0,
            "exact_strata": True,
        },
        "baseline": {
            "model": best_base["model"],
            "column": None,
            "validation": valid.metric(main, held[best_base["model"]][0]),
            "test": test.all(base, 0.5),
        },
        "leaderboard": ranked,
        "test": result,
        "leakage": {"columns": [], "score_without": None, "score_with": None},
        "gate": None,
        "model": {
            "path": "model.tw",
            "sha256": "cd34" * 16,
            "bytes": 412_000,
            "name": name,
            "version": 1,
            "alias": "champion",
            "refitted": True,
            "latency_us": 12.4,
            "members": [
                {
                    "title": b["model"],
                    "learner": b["learner"],
                    "weight": b["ensemble_weight"],
                    "parameters": b["parameters"],
                }
                for b in members
            ],
            "calibration": "none",
        },
        "files": {},
        "reproduce": {
            "command": f"tagwerk run {name}.csv --target '{target}' --trials {len(models)} --seed 0",
            "exact": True,
        },
        "detail": {
            "importance": {
                "metric": main,
                "rows": len(xte),
                "repeats": 5,
                "columns": importance,
                "complete": True,
            },
            "dependence": dependence,
            "cases": cases,
            "learning_curve": curve,
            "learning_verdict": {
                "key": "learning." + verdict,
                "values": {"rows": len(tr), "gain": gap, "metric": main},
            },
            "fit_curve": {
                "title": boost.__class__.__name__,
                "points": fit_points,
                "best_iteration": min(fit_points, key=lambda p: p["valid"])["iteration"],
            },
            "time": None,
            "target": target_stats,
            "stages": [{"phase": k, **v} for k, v in phases.items()],
            "expected_gain": {"per_minute": 0.0004 if task == "binary" else 0.0, "metric": main},
            "calibration_evidence": {"chosen": "none", "candidates": [{"name": "none", "loss": 0.1}]},
        },
    }
    document["detail"]["fit_curve"]["title"] = "boosting  31 leaves, rate 0.08"
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / f"{task}.json").write_text(
        json.dumps(clean(document), indent=None, separators=(",", ":"), ensure_ascii=False) + "\n"
    )
    print(task, main, result["metrics"][0], (OUT / f"{task}.json").stat().st_size)


def main():
    cancer = datasets.load_breast_cancer(as_frame=True)
    names = [
        "mean texture",
        "mean smoothness",
        "mean compactness",
        "mean symmetry",
        "mean fractal dimension",
        "texture error",
        "smoothness error",
        "symmetry error",
        "worst symmetry",
        "mean radius",
        "mean perimeter",
    ]
    frame = cancer.data[names]
    duplicate = {
        "id": "column.near_duplicate",
        "severity": "note",
        "columns": ["mean perimeter", "mean radius"],
        "rows": len(frame),
        "examples": [],
        "evidence": {"correlation": float(frame["mean perimeter"].corr(frame["mean radius"]))},
        "action": "left_out",
        "text_key": "",
        "text_values": {},
        "text": "mean perimeter says the same as mean radius (correlation 0.998); it was left out",
        "brief": "says the same as mean radius",
        "override": "--use 'mean perimeter'",
        "suspect": False,
    }
    make(
        "binary",
        "breast-cancer",
        cancer,
        "diagnosis",
        frame,
        1 - cancer.target.to_numpy(),
        ["benign", "malignant"],
        "malignant",
        [
            ("baseline/majority", "majority", DummyClassifier(strategy="prior"), True, {}),
            (
                "baseline/shallow tree  depth 2",
                "stump",
                DecisionTreeClassifier(max_depth=2, random_state=0),
                True,
                {"depth": 2},
            ),
            (
                "logistic  elastic net",
                "logistic",
                make_pipeline(StandardScaler(), LogisticRegression(C=1.0)),
                False,
                {"C": 1.0},
            ),
            (
                "extra trees  300 trees",
                "extra_trees",
                ExtraTreesClassifier(300, random_state=0, n_jobs=1),
                False,
                {"trees": 300},
            ),
            (
                "forest  300 trees",
                "forest",
                RandomForestClassifier(300, random_state=0, n_jobs=1),
                False,
                {"trees": 300},
            ),
            (
                "boosting  15 leaves, rate 0.1",
                "boosting",
                HistGradientBoostingClassifier(max_iter=80, max_leaf_nodes=15, random_state=0),
                False,
                {"leaves": 15, "rate": 0.1},
            ),
        ],
        costs={"true_positive": 0.0, "false_positive": -50.0, "false_negative": -400.0, "true_negative": 0.0},
        unit="EUR",
        findings=[duplicate],
        drop=["mean perimeter", "mean radius"],
    )
    wine = datasets.load_wine(as_frame=True)
    make(
        "multiclass",
        "wine",
        wine,
        "cultivar",
        wine.data[["alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols", "hue"]],
        wine.target.to_numpy(),
        ["Barolo", "Grignolino", "Barbera"],
        "",
        [
            ("baseline/majority", "majority", DummyClassifier(strategy="prior"), True, {}),
            (
                "baseline/shallow tree  depth 2",
                "stump",
                DecisionTreeClassifier(max_depth=2, random_state=0),
                True,
                {"depth": 2},
            ),
            (
                "logistic  elastic net",
                "logistic",
                make_pipeline(StandardScaler(), LogisticRegression(C=1.0)),
                False,
                {"C": 1.0},
            ),
            (
                "forest  300 trees",
                "forest",
                RandomForestClassifier(300, random_state=0, n_jobs=1),
                False,
                {"trees": 300},
            ),
            (
                "boosting  15 leaves, rate 0.1",
                "boosting",
                HistGradientBoostingClassifier(max_iter=60, random_state=0),
                False,
                {"leaves": 15},
            ),
        ],
    )
    diabetes = datasets.load_diabetes(as_frame=True, scaled=False)
    make(
        "regression",
        "diabetes",
        diabetes,
        "progression",
        diabetes.data,
        diabetes.target.to_numpy(),
        [],
        "",
        [
            ("baseline/mean", "mean", DummyRegressor(), True, {}),
            (
                "baseline/shallow tree  depth 2",
                "stump",
                DecisionTreeRegressor(max_depth=2, random_state=0),
                True,
                {"depth": 2},
            ),
            ("ridge", "ridge", make_pipeline(StandardScaler(), Ridge(10.0)), False, {"l2": 10.0}),
            (
                "extra trees  300 trees",
                "extra_trees",
                ExtraTreesRegressor(300, min_samples_leaf=3, random_state=0),
                False,
                {"trees": 300},
            ),
            (
                "forest  300 trees",
                "forest",
                RandomForestRegressor(300, min_samples_leaf=3, random_state=0),
                False,
                {"trees": 300},
            ),
            (
                "boosting  8 leaves, rate 0.05",
                "boosting",
                HistGradientBoostingRegressor(max_iter=80, max_leaf_nodes=8, learning_rate=0.05, random_state=0),
                False,
                {"leaves": 8},
            ),
        ],
    )


if __name__ == "__main__":
    main()
