"""Losses of boosting against LightGBM with the same settings: deviance on fresh rows within the noise of seeds."""

from __future__ import annotations

import lightgbm
import numpy as np
import pytest
from sklearn.metrics import mean_gamma_deviance, mean_pinball_loss, mean_poisson_deviance, mean_tweedie_deviance

import tagwerk

PLAIN = {"growth": "leaf_wise", "gradient_levels": 65535}  # as LightGBM does by default


def data(kind, seed):
    """6,000 rows to learn from and 6,000 to judge by; the mean depends on columns, a crossing and a bend."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(12000, 8))
    X[rng.random(X.shape) < 0.05] = np.nan
    filled = np.nan_to_num(X)
    score = 0.5 * filled[:, 0] + 0.4 * np.abs(filled[:, 1]) + 0.3 * filled[:, 2] * filled[:, 3]
    if kind == "counts":
        y = rng.poisson(np.exp(score)).astype(float)
    elif kind == "amounts":
        y = rng.gamma(2, np.exp(score))
    elif kind == "claims":
        y = np.array([rng.gamma(2, 0.5, size=n).sum() for n in rng.poisson(np.exp(score) * 0.5)])
    elif kind == "shares":
        p = 1 / (1 + np.exp(-2 * score))
        y = rng.binomial(10, p) / 10
    else:
        y = score + rng.standard_t(2, size=len(score))
    return X[:6000], y[:6000], X[6000:], y[6000:]


def cross_entropy(y, p):
    return float(np.mean(-y * np.log(p) - (1 - y) * np.log(1 - p)))


def huber(y, p, delta=1.0):
    d = np.abs(y - p)
    return float(np.mean(np.where(d <= delta, d * d / 2, delta * (d - delta / 2))))


CASES = {
    "poisson": ("counts", {}, {}, mean_poisson_deviance),
    "gamma": ("amounts", {}, {}, mean_gamma_deviance),
    "tweedie": (
        "claims",
        {"tweedie_power": 1.4},
        {"tweedie_variance_power": 1.4},
        lambda y, p: mean_tweedie_deviance(y, p, power=1.4),
    ),
    "cross_entropy": ("shares", {}, {}, cross_entropy),
    "huber": ("tails", {"huber_delta": 1.0}, {"alpha": 1.0}, huber),
    "quantile": ("tails", {"quantile": 0.8}, {"alpha": 0.8}, lambda y, p: mean_pinball_loss(y, p, alpha=0.8)),
    "absolute": ("tails", {}, {}, lambda y, p: mean_pinball_loss(y, p, alpha=0.5)),
}


@pytest.mark.parametrize("loss", CASES)
def test_as_good_as_lightgbm(loss):
    kind, ours, theirs, deviance = CASES[loss]
    differences, levels = [], []
    for seed in range(3):
        X, y, X_test, y_test = data(kind, seed)
        model = tagwerk.GradientBoostingRegressor(loss=loss, n_estimators=80, random_state=seed, **ours).fit(X, y)
        named = {"absolute": "l1"}.get(loss, loss)
        settings = {"objective": named, "verbose": -1, "num_leaves": 31, "num_threads": 1, **theirs}
        peer = lightgbm.train(settings, lightgbm.Dataset(X, y), 80)
        a, b = deviance(y_test, model.predict(X_test)), deviance(y_test, peer.predict(X_test))
        differences.append(a - b)
        levels.append(b)
    assert np.mean(differences) < 0.01 * np.mean(levels), (differences, levels)


@pytest.mark.parametrize(
    ("loss", "objective", "share"),
    [("squared", "regression", 1), ("tweedie", "tweedie", 1), ("poisson", "poisson", 0.9)],
)
def test_first_trees_are_lightgbms(loss, objective, share):
    # Later ones part ways where two splits are equally good; Poisson's where a Newton step would overshoot.
    X, y, X_test, _ = data("counts", 5)
    X, X_test = np.round(3 * X) / 3, np.round(3 * X_test) / 3  # fewer values than bins: the same cuts
    model = tagwerk.GradientBoostingRegressor(loss=loss, n_estimators=3, **PLAIN).fit(X, y)
    settings = {"objective": objective, "verbose": -1, "num_threads": 1, "min_data_in_bin": 1}
    peer = lightgbm.train(settings, lightgbm.Dataset(X, y), 3)
    difference = np.abs(model.predict(X_test) - peer.predict(X_test))
    assert np.mean(difference < 1e-6) >= share


def test_several_quantiles_at_once():
    X, y, X_test, y_test = data("tails", 2)
    model = tagwerk.GradientBoostingRegressor(loss="quantile", quantile=[0.1, 0.5, 0.9], n_estimators=60, **PLAIN)
    model.fit(X, y)
    p = model.predict(X_test)
    assert p.shape == (len(X_test), 3)
    assert np.all(np.diff(p, axis=1) >= 0)
    for k, quantile in enumerate((0.1, 0.5, 0.9)):
        assert np.mean(y_test <= p[:, k]) == pytest.approx(quantile, abs=0.04)
        one = tagwerk.GradientBoostingRegressor(loss="quantile", quantile=quantile, n_estimators=60, **PLAIN)
        one.fit(X, y)
        alone = mean_pinball_loss(y_test, one.predict(X_test), alpha=quantile)
        assert mean_pinball_loss(y_test, p[:, k], alpha=quantile) < 1.005 * alone
    assert model.apply(X_test).shape == (len(X_test), 60, 3)
    for wrong in ([0.9, 0.1], [0.5, 1.5], []):
        with pytest.raises(ValueError, match="ascend"):
            tagwerk.GradientBoostingRegressor(loss="quantile", quantile=wrong).fit(X, y)
    with pytest.raises(tagwerk.NotSupportedError):
        model.save("m.tw")


def test_deviance_ends_the_fit():
    X, y, X_test, y_test = data("counts", 3)
    model = tagwerk.GradientBoostingRegressor(loss="poisson", n_estimators=2000)
    model.fit(X, y, eval_set=(X_test, y_test))
    assert 20 < model.n_iter_ < 500
    best = min(point[2] for point in model.loss_curve_)
    assert mean_poisson_deviance(y_test, model.predict(X_test)) == pytest.approx(best, rel=0.01)


def test_targets_out_of_the_domain_are_named():
    X, y, _, _ = data("counts", 1)
    y = y.copy()
    y[41] = -1
    with pytest.raises(tagwerk.DataError, match="poisson needs targets of at least 0") as caught:
        tagwerk.GradientBoostingRegressor(loss="poisson").fit(X, y)
    assert caught.value.where["row"] == 42
    with pytest.raises(ValueError, match="gamma needs targets above 0"):
        tagwerk.GradientBoostingRegressor(loss="gamma").fit(X, y)
