"""Tree estimators on sparse matrices of SciPy: the models of arrays, without filling them up."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import tagwerk

KINDS = [
    tagwerk.GradientBoostingClassifier,
    tagwerk.GradientBoostingRegressor,
    tagwerk.RandomForestClassifier,
    tagwerk.ExtraTreesRegressor,
    tagwerk.DecisionTreeClassifier,
]


def rare(rows: int = 3000, columns: int = 80, seed: int = 0) -> tuple[sp.csr_array, np.ndarray]:
    random = np.random.default_rng(seed)
    X = sp.random_array((rows, columns), density=0.03, random_state=random, data_sampler=random.standard_normal).tocsr()
    X.data[::40] = np.nan
    X.data[1::40] = 0  # zeros that are said
    score = np.nan_to_num(X.toarray()) @ random.normal(size=columns) * 3 + random.normal(size=rows)
    return X, score


def target_of(kind: type, score: np.ndarray) -> np.ndarray:
    return (score > 0).astype(int) if "Classifier" in kind.__name__ else score


@pytest.mark.parametrize("kind", KINDS)
def test_the_model_is_that_of_the_array(kind):
    X, score = rare()
    y = target_of(kind, score)
    model = kind(random_state=0, **({} if "DecisionTree" in kind.__name__ else {"n_estimators": 10})).fit(X, y)
    whole = kind(**model.get_params()).fit(X.toarray(), y)
    outputs = "predict_proba" if "Classifier" in kind.__name__ else "predict"
    expected = getattr(whole, outputs)(X.toarray())
    assert expected.std() > 0.01
    for form in (X, sp.csc_matrix(X), sp.coo_array(X), X.toarray()):
        np.testing.assert_array_equal(getattr(model, outputs)(form), expected)
        np.testing.assert_array_equal(getattr(whole, outputs)(form), expected)
    np.testing.assert_array_equal(model.apply(X), whole.apply(X.toarray()))
    np.testing.assert_allclose(model.shap_values(X[:20]), whole.shap_values(X[:20].toarray()), atol=1e-12)
    np.testing.assert_array_equal(model.feature_importances_, whole.feature_importances_)


def test_entries_in_any_order_and_twice_are_summed():
    X, score = rare(1500, 40, 1)
    random = np.random.default_rng(2)
    coo = X.tocoo()
    order = random.permutation(coo.nnz)
    halves = [np.concatenate([part[order], part[order]]) for part in (coo.row, coo.col, coo.data / 2)]
    twice = sp.coo_matrix((halves[2], (halves[0], halves[1])), shape=X.shape)
    unsorted = sp.csr_matrix((twice.data, (twice.row, twice.col)), shape=X.shape)
    model = tagwerk.GradientBoostingRegressor(random_state=0, n_estimators=10).fit(X, score)
    np.testing.assert_allclose(
        tagwerk.GradientBoostingRegressor(random_state=0, n_estimators=10).fit(unsorted, score).predict(X),
        model.predict(X),
    )


def test_early_stopping_weights_and_warm_start_take_sparse_rows(tmp_path):
    X, score = rare(4000)
    y = score > 0
    weight = np.random.default_rng(3).uniform(0.5, 2, 4000)
    arguments = {"eval_set": (X[3000:], y[3000:]), "sample_weight": weight[:3000]}
    dense = {**arguments, "eval_set": (X[3000:].toarray(), y[3000:])}
    model = tagwerk.GradientBoostingClassifier(random_state=0, n_estimators=60, n_jobs=2).fit(
        X[:3000], y[:3000], **arguments
    )
    whole = tagwerk.GradientBoostingClassifier(random_state=0, n_estimators=60).fit(
        X[:3000].toarray(), y[:3000], **dense
    )
    np.testing.assert_array_equal(model.predict_proba(X), whole.predict_proba(X.toarray()))
    with pytest.raises(ValueError, match="sparse"):
        tagwerk.GradientBoostingClassifier(random_state=0, n_estimators=5).fit(X, y, eval_set=(X.toarray(), y))
    aside = tagwerk.GradientBoostingClassifier(n_estimators=60, early_stopping=True, random_state=0).fit(X, y)
    assert aside.n_iter_ <= 60
    more = tagwerk.GradientBoostingClassifier(random_state=0, n_estimators=5, warm_start=True).fit(X, y)
    more.set_params(n_estimators=12).fit(X, y)
    np.testing.assert_allclose(
        more.predict_proba(X),
        tagwerk.GradientBoostingClassifier(random_state=0, n_estimators=12).fit(X, y).predict_proba(X),
    )
    assert np.array_equal(pickle.loads(pickle.dumps(model)).predict_proba(X), model.predict_proba(X))
    model.save(tmp_path / "m.tw")
    table = pd.DataFrame(X[:5].toarray(), columns=[f"x{j}" for j in range(X.shape[1])])
    chances = np.asarray(tagwerk.load(tmp_path / "m.tw").predict_proba(table))
    np.testing.assert_allclose(chances, model.predict_proba(X[:5]))


def test_wide_rows_are_not_filled_up():
    random = np.random.default_rng(4)
    X = sp.random_array((20_000, 50_000), density=2e-4, random_state=random).tocsr()  # 8 GB as an array
    y = np.asarray(X[:, :300].sum(axis=1)).ravel() + 0.01 * random.normal(size=20_000)
    model = tagwerk.GradientBoostingRegressor(n_estimators=5, n_jobs=2, min_samples_leaf=2).fit(X, y)
    assert np.corrcoef(model.predict(X), y)[0, 1] > 0.1


def test_infinity_and_other_widths_are_errors():
    X, score = rare(200)
    X.data[5] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        tagwerk.GradientBoostingRegressor(n_estimators=5).fit(X, score)
    X.data[5] = 0
    model = tagwerk.GradientBoostingRegressor(n_estimators=5).fit(X, score)
    with pytest.raises(ValueError, match="features"):
        model.predict(X[:, :10])


def test_isolation_forest_is_that_of_the_array():
    X, _ = rare(2000, 300, 4)
    X = sp.csr_array(sp.vstack([X, sp.random_array((20, 300), density=0.5, random_state=np.random.default_rng(5))]))
    model = tagwerk.IsolationForest(random_state=0, contamination=0.02, n_jobs=2).fit(X)
    whole = tagwerk.IsolationForest(random_state=0, contamination=0.02).fit(X.toarray())
    assert model.offset_ == whole.offset_
    assert model.max_samples_ == whole.max_samples_ == 256
    expected = whole.score_samples(X.toarray())
    for form in (X, sp.csc_matrix(X), sp.coo_array(X), X.toarray(), X.astype(np.float32)):
        at = np.float32(X.toarray()) if form.dtype == np.float32 else None
        np.testing.assert_array_equal(model.score_samples(form), expected if at is None else whole.score_samples(at))
    np.testing.assert_array_equal(model.predict(X), whole.predict(X.toarray()))
    assert np.mean(model.predict(X[2000:]) == -1) > 0.9
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.score_samples(X), expected)


def test_isolation_forest_takes_more_columns_than_an_array_could_hold():
    random = np.random.default_rng(6)
    shape = (500_000, 1_000_000)  # 4 TB as an array
    places = [random.integers(0, size, 3_000_000) for size in shape]
    X = sp.csr_array((random.normal(size=3_000_000), places), shape=shape)
    model = tagwerk.IsolationForest(n_estimators=20, random_state=0).fit(X)
    scores = model.score_samples(X[:300])
    assert scores.shape == (300,)
    assert ((scores < 0) & (scores > -1)).all()
