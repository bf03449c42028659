"""Parameters of the tree estimators; written by tools/write_signatures.py from the declarations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator


class GradientBoostingClassifierParameters(BaseEstimator):  # type: ignore[misc]
    """Parameters of the learner gradient_boosting."""

    _learner = "gradient_boosting"
    _declared: tuple[str, ...] = (
        "n_estimators", "learning_rate", "max_leaf_nodes", "max_depth", "min_samples_leaf", "min_hessian",
        "min_gain", "max_bins", "l1_regularization", "l2_regularization", "subsample", "colsample",
        "sampling", "gradient_levels", "growth", "multi_output", "max_set_categories", "random_thresholds",
        "path_smooth", "categorical_smoothing", "categorical_l2", "min_samples_category", "max_onehot",
        "stopping_metric", "n_iter_no_change",
    )

    def __init__(
        self,
        *,
        n_estimators: int = 100,
        learning_rate: float = 0.1,
        max_leaf_nodes: int = 31,
        max_depth: int | None = None,
        min_samples_leaf: int = 20,
        min_hessian: float = 0.001,
        min_gain: float = 0.0,
        max_bins: int = 255,
        l1_regularization: float = 0.0,
        l2_regularization: float = 0.0,
        subsample: float = 1.0,
        colsample: float = 1.0,
        sampling: str = "uniform",
        gradient_levels: int | None = None,
        growth: str = "auto",
        multi_output: str = "auto",
        max_set_categories: int = 24,
        random_thresholds: bool = False,
        path_smooth: float = 0.0,
        categorical_smoothing: float = 10.0,
        categorical_l2: float = 1.0,
        min_samples_category: int = 20,
        max_onehot: int = 4,
        stopping_metric: str = "auto",
        n_iter_no_change: int | None = None,
        early_stopping: bool | str = "auto",
        validation_fraction: float = 0.1,
        monotonic_cst: Sequence[int] | Mapping[str, int] | None = None,
        interaction_cst: Sequence[Sequence[int | str]] | str | None = None,
        warm_start: bool = False,
        verbose: int = 0,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        class_weight: dict[Any, float] | str | None = None,
    ) -> None:
        """Take the parameters.

        n_estimators: Most rounds of boosting; with validation rows it may end earlier.
        learning_rate: Share of each tree that is added.
        max_leaf_nodes: Most leaves of a tree.
        max_depth: Most splits on a path; None = no limit; with growth=auto for two classes and 10,000 to
            100,000 rows as many levels as the leaves fill where that errs less in a short trial.
        min_samples_leaf: Least training rows of a leaf.
        min_hessian: Least sum of hessians of a leaf.
        min_gain: Least improvement of the loss that a split must bring.
        max_bins: Most bins per column, without the one of missing values.
        l1_regularization: L1 penalty on leaf values.
        l2_regularization: L2 penalty on leaf values.
        subsample: Share of the rows that each round is taught on.
        colsample: Share of the columns that each round may use.
        sampling: How subsample draws rows: all with the same chance, or more likely those with large
            gradients (minimal variance sampling, gradient-based one-side sampling). One of uniform, mvs,
            goss.
        gradient_levels: Splits are looked for with gradients rounded at random to so many steps, leaf
            values take the exact ones; 2 to 15 regularise, 65535 = exact; None = 5 for 256 to 25,000 rows a
            class (2 for 3 to 14 classes), else exact.
        growth: Which leaf is split next: the one that gains most, the one nearest to the root, or all of a
            level by the same test (oblivious trees). auto: oblivious below 1,250 rows; below 10,000 (shared
            by the classes), and below 100,000 where a column has fewer than 50, leaf_wise or oblivious,
            whichever errs less in a short trial; leaf_wise beyond. One of auto, leaf_wise, depth_wise,
            oblivious.
        multi_output: One tree a round for all classes, with a value for each in its leaves, instead of one
            tree a class: quicker where classes are many, and coarser; auto from 64 classes on. One of auto,
            off, on.
        max_set_categories: Columns of more categories are not split into sets of them but enter as numbers:
            the smoothed mean target of rows that come earlier in a random order. Rare categories count for
            less than one: e to the power of the entropy of their shares. For three and more classes always
            sets.
        random_thresholds: One random cut per column and node instead of the best.
        path_smooth: Pulls small leaves towards their parents: rows that the parent counts as.
        categorical_smoothing: Pulls the rank of rare categories to 0; categories with fewer rows are not
            chosen.
        categorical_l2: L2 penalty added in splits of categories.
        min_samples_category: Least rows of a group of categories that moves together.
        max_onehot: Up to this many categories each is tried against the rest.
        stopping_metric: What early stopping goes by on validation rows; auto is the loss. One of auto, auc,
            log_loss, average_precision, brier, accuracy, balanced_accuracy, f1, f1_macro, precision,
            recall, auc_ovr, mcc, kappa, ece, rmse, mae, r2, mape, median_ae, rmsle.
        n_iter_no_change: Rounds without a better loss on validation rows until the end; None = more the
            later the best round.
        early_stopping: auto: where fit is given an eval_set; True: on rows set aside if there is none;
            False: never.
        validation_fraction: Share of the rows that early_stopping=True sets aside without an eval_set.
        monotonic_cst: By feature, or by its name: 1, predictions never fall as it rises; -1, never rise; 0,
            free. Numbers only.
        interaction_cst: Groups of features, by number or name, that may meet in a path of splits; those of
            no group form one more. pairwise or no_interactions stand for all pairs or none.
        warm_start: Continue the last fit up to n_estimators instead of beginning anew.
        verbose: Prints the losses every so many rounds; 0 = never.
        n_jobs: Threads; None = 1, -1 = all cores. The model does not depend on it.
        random_state: Seed of all that is drawn.
        class_weight: Weights of classes, or "balanced"; probabilities are then no longer those of the data.
        """
        self.n_estimators = n_estimators
        self.learning_rate = learning_rate
        self.max_leaf_nodes = max_leaf_nodes
        self.max_depth = max_depth
        self.min_samples_leaf = min_samples_leaf
        self.min_hessian = min_hessian
        self.min_gain = min_gain
        self.max_bins = max_bins
        self.l1_regularization = l1_regularization
        self.l2_regularization = l2_regularization
        self.subsample = subsample
        self.colsample = colsample
        self.sampling = sampling
        self.gradient_levels = gradient_levels
        self.growth = growth
        self.multi_output = multi_output
        self.max_set_categories = max_set_categories
        self.random_thresholds = random_thresholds
        self.path_smooth = path_smooth
        self.categorical_smoothing = categorical_smoothing
        self.categorical_l2 = categorical_l2
        self.min_samples_category = min_samples_category
        self.max_onehot = max_onehot
        self.stopping_metric = stopping_metric
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.monotonic_cst = monotonic_cst
        self.interaction_cst = interaction_cst
        self.warm_start = warm_start
        self.verbose = verbose
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.class_weight = class_weight


class GradientBoostingRegressorParameters(BaseEstimator):  # type: ignore[misc]
    """Parameters of the learner gradient_boosting."""

    _learner = "gradient_boosting"
    _declared: tuple[str, ...] = (
        "loss", "quantile", "huber_delta", "tweedie_power", "n_estimators", "learning_rate",
        "max_leaf_nodes", "max_depth", "min_samples_leaf", "min_hessian", "min_gain", "max_bins",
        "l1_regularization", "l2_regularization", "subsample", "colsample", "sampling", "gradient_levels",
        "growth", "max_set_categories", "random_thresholds", "path_smooth", "categorical_smoothing",
        "categorical_l2", "min_samples_category", "max_onehot", "stopping_metric", "n_iter_no_change",
    )

    def __init__(
        self,
        *,
        loss: str = "auto",
        quantile: float | Sequence[float] = 0.5,
        huber_delta: float | None = None,
        tweedie_power: float = 1.5,
        n_estimators: int = 100,
        learning_rate: float = 0.1,
        max_leaf_nodes: int = 31,
        max_depth: int | None = None,
        min_samples_leaf: int = 20,
        min_hessian: float = 0.001,
        min_gain: float = 0.0,
        max_bins: int = 255,
        l1_regularization: float = 0.0,
        l2_regularization: float = 0.0,
        subsample: float = 1.0,
        colsample: float = 1.0,
        sampling: str = "uniform",
        gradient_levels: int | None = None,
        growth: str = "auto",
        max_set_categories: int = 24,
        random_thresholds: bool = False,
        path_smooth: float = 0.0,
        categorical_smoothing: float = 10.0,
        categorical_l2: float = 1.0,
        min_samples_category: int = 20,
        max_onehot: int = 4,
        stopping_metric: str = "auto",
        n_iter_no_change: int | None = None,
        early_stopping: bool | str = "auto",
        validation_fraction: float = 0.1,
        monotonic_cst: Sequence[int] | Mapping[str, int] | None = None,
        interaction_cst: Sequence[Sequence[int | str]] | str | None = None,
        warm_start: bool = False,
        verbose: int = 0,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        """Take the parameters.

        loss: Loss of regression; auto is squared. Classification always uses the log loss. One of auto,
            squared, absolute, quantile, huber, poisson, gamma, tweedie, cross_entropy.
        quantile: Quantile that loss=quantile estimates. Several, ascending: one column of predictions each.
        huber_delta: Residuals beyond it count linearly with loss=huber; None = nine of ten lie within.
        tweedie_power: Variance grows with this power of the mean with loss=tweedie; 1 is Poisson, 2 gamma.
        n_estimators: Most rounds of boosting; with validation rows it may end earlier.
        learning_rate: Share of each tree that is added.
        max_leaf_nodes: Most leaves of a tree.
        max_depth: Most splits on a path; None = no limit; with growth=auto for two classes and 10,000 to
            100,000 rows as many levels as the leaves fill where that errs less in a short trial.
        min_samples_leaf: Least training rows of a leaf.
        min_hessian: Least sum of hessians of a leaf.
        min_gain: Least improvement of the loss that a split must bring.
        max_bins: Most bins per column, without the one of missing values.
        l1_regularization: L1 penalty on leaf values.
        l2_regularization: L2 penalty on leaf values.
        subsample: Share of the rows that each round is taught on.
        colsample: Share of the columns that each round may use.
        sampling: How subsample draws rows: all with the same chance, or more likely those with large
            gradients (minimal variance sampling, gradient-based one-side sampling). One of uniform, mvs,
            goss.
        gradient_levels: Splits are looked for with gradients rounded at random to so many steps, leaf
            values take the exact ones; 2 to 15 regularise, 65535 = exact; None = 5 for 256 to 25,000 rows a
            class (2 for 3 to 14 classes), else exact.
        growth: Which leaf is split next: the one that gains most, the one nearest to the root, or all of a
            level by the same test (oblivious trees). auto: oblivious below 1,250 rows; below 10,000 (shared
            by the classes), and below 100,000 where a column has fewer than 50, leaf_wise or oblivious,
            whichever errs less in a short trial; leaf_wise beyond. One of auto, leaf_wise, depth_wise,
            oblivious.
        max_set_categories: Columns of more categories are not split into sets of them but enter as numbers:
            the smoothed mean target of rows that come earlier in a random order. Rare categories count for
            less than one: e to the power of the entropy of their shares. For three and more classes always
            sets.
        random_thresholds: One random cut per column and node instead of the best.
        path_smooth: Pulls small leaves towards their parents: rows that the parent counts as.
        categorical_smoothing: Pulls the rank of rare categories to 0; categories with fewer rows are not
            chosen.
        categorical_l2: L2 penalty added in splits of categories.
        min_samples_category: Least rows of a group of categories that moves together.
        max_onehot: Up to this many categories each is tried against the rest.
        stopping_metric: What early stopping goes by on validation rows; auto is the loss. One of auto, auc,
            log_loss, average_precision, brier, accuracy, balanced_accuracy, f1, f1_macro, precision,
            recall, auc_ovr, mcc, kappa, ece, rmse, mae, r2, mape, median_ae, rmsle.
        n_iter_no_change: Rounds without a better loss on validation rows until the end; None = more the
            later the best round.
        early_stopping: auto: where fit is given an eval_set; True: on rows set aside if there is none;
            False: never.
        validation_fraction: Share of the rows that early_stopping=True sets aside without an eval_set.
        monotonic_cst: By feature, or by its name: 1, predictions never fall as it rises; -1, never rise; 0,
            free. Numbers only.
        interaction_cst: Groups of features, by number or name, that may meet in a path of splits; those of
            no group form one more. pairwise or no_interactions stand for all pairs or none.
        warm_start: Continue the last fit up to n_estimators instead of beginning anew.
        verbose: Prints the losses every so many rounds; 0 = never.
        n_jobs: Threads; None = 1, -1 = all cores. The model does not depend on it.
        random_state: Seed of all that is drawn.
        """
        self.loss = loss
        self.quantile = quantile
        self.huber_delta = huber_delta
        self.tweedie_power = tweedie_power
        self.n_estimators = n_estimators
        self.learning_rate = learning_rate
        self.max_leaf_nodes = max_leaf_nodes
        self.max_depth = max_depth
        self.min_samples_leaf = min_samples_leaf
        self.min_hessian = min_hessian
        self.min_gain = min_gain
        self.max_bins = max_bins
        self.l1_regularization = l1_regularization
        self.l2_regularization = l2_regularization
        self.subsample = subsample
        self.colsample = colsample
        self.sampling = sampling
        self.gradient_levels = gradient_levels
        self.growth = growth
        self.max_set_categories = max_set_categories
        self.random_thresholds = random_thresholds
        self.path_smooth = path_smooth
        self.categorical_smoothing = categorical_smoothing
        self.categorical_l2 = categorical_l2
        self.min_samples_category = min_samples_category
        self.max_onehot = max_onehot
        self.stopping_metric = stopping_metric
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.monotonic_cst = monotonic_cst
        self.interaction_cst = interaction_cst
        self.warm_start = warm_start
        self.verbose = verbose
        self.n_jobs = n_jobs
        self.random_state = random_state


class RandomForestClassifierParameters(BaseEstimator):  # type: ignore[misc]
    """Parameters of the learner random_forest."""

    _learner = "random_forest"
    _declared: tuple[str, ...] = (
        "n_estimators", "max_depth", "min_samples_leaf", "max_features", "max_bins", "min_gain",
        "subsample", "bootstrap",
    )

    def __init__(
        self,
        *,
        n_estimators: int = 100,
        max_depth: int | None = None,
        min_samples_leaf: int = 1,
        max_features: float | None = None,
        max_bins: int = 255,
        min_gain: float = 0.0,
        subsample: float = 1.0,
        bootstrap: bool = True,
        warm_start: bool = False,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        class_weight: dict[Any, float] | str | None = None,
    ) -> None:
        """Take the parameters.

        n_estimators: Number of trees.
        max_depth: Most splits on a path; None = no limit.
        min_samples_leaf: Least training rows of a leaf.
        max_features: Share of the columns that each node may use; None = automatic.
        max_bins: Most bins per column, without the one of missing values.
        min_gain: Least improvement of the summed impurity that a split must bring.
        subsample: Rows drawn for each tree, as a share of all.
        bootstrap: Draw rows with replacement.
        warm_start: Continue the last fit up to n_estimators instead of beginning anew.
        n_jobs: Threads; None = 1, -1 = all cores. The model does not depend on it.
        random_state: Seed of all that is drawn.
        class_weight: Weights of classes, or "balanced"; probabilities are then no longer those of the data.
        """
        self.n_estimators = n_estimators
        self.max_depth = max_depth
        self.min_samples_leaf = min_samples_leaf
        self.max_features = max_features
        self.max_bins = max_bins
        self.min_gain = min_gain
        self.subsample = subsample
        self.bootstrap = bootstrap
        self.warm_start = warm_start
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.class_weight = class_weight


class RandomForestRegressorParameters(BaseEstimator):  # type: ignore[misc]
    """Parameters of the learner random_forest."""

    _learner = "random_forest"
    _declared: tuple[str, ...] = (
        "n_estimators", "max_depth", "min_samples_leaf", "max_features", "max_bins", "min_gain",
        "subsample", "bootstrap",
    )

    def __init__(
        self,
        *,
        n_estimators: int = 100,
        max_depth: int | None = None,
        min_samples_leaf: int = 1,
        max_features: float | None = None,
        max_bins: int = 255,
        min_gain: float = 0.0,
        subsample: float = 1.0,
        bootstrap: bool = True,
        warm_start: bool = False,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        """Take the parameters.

        n_estimators: Number of trees.
        max_depth: Most splits on a path; None = no limit.
        min_samples_leaf: Least training rows of a leaf.
        max_features: Share of the columns that each node may use; None = automatic.
        max_bins: Most bins per column, without the one of missing values.
        min_gain: Least improvement of the summed impurity that a split must bring.
        subsample: Rows drawn for each tree, as a share of all.
        bootstrap: Draw rows with replacement.
        warm_start: Continue the last fit up to n_estimators instead of beginning anew.
        n_jobs: Threads; None = 1, -1 = all cores. The model does not depend on it.
        random_state: Seed of all that is drawn.
        """
        self.n_estimators = n_estimators
        self.max_depth = max_depth
        self.min_samples_leaf = min_samples_leaf
        self.max_features = max_features
        self.max_bins = max_bins
        self.min_gain = min_gain
        self.subsample = subsample
        self.bootstrap = bootstrap
        self.warm_start = warm_start
        self.n_jobs = n_jobs
        self.random_state = random_state


class ExtraTreesClassifierParameters(BaseEstimator):  # type: ignore[misc]
    """Parameters of the learner extra_trees."""

    _learner = "extra_trees"
    _declared: tuple[str, ...] = (
        "n_estimators", "max_depth", "min_samples_leaf", "max_features", "max_bins", "min_gain",
        "subsample", "bootstrap",
    )

    def __init__(
        self,
        *,
        n_estimators: int = 100,
        max_depth: int | None = None,
        min_samples_leaf: int = 1,
        max_features: float | None = None,
        max_bins: int = 255,
        min_gain: float = 0.0,
        subsample: float = 1.0,
        bootstrap: bool = False,
        warm_start: bool = False,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        class_weight: dict[Any, float] | str | None = None,
    ) -> None:
        """Take the parameters.

        n_estimators: Number of trees.
        max_depth: Most splits on a path; None = no limit.
        min_samples_leaf: Least training rows of a leaf.
        max_features: Share of the columns that each node may use; None = automatic.
        max_bins: Most bins per column, without the one of missing values.
        min_gain: Least improvement of the summed impurity that a split must bring.
        subsample: Rows drawn for each tree, as a share of all.
        bootstrap: Draw rows with replacement.
        warm_start: Continue the last fit up to n_estimators instead of beginning anew.
        n_jobs: Threads; None = 1, -1 = all cores. The model does not depend on it.
        random_state: Seed of all that is drawn.
        class_weight: Weights of classes, or "balanced"; probabilities are then no longer those of the data.
        """
        self.n_estimators = n_estimators
        self.max_depth = max_depth
        self.min_samples_leaf = min_samples_leaf
        self.max_features = max_features
        self.max_bins = max_bins
        self.min_gain = min_gain
        self.subsample = subsample
        self.bootstrap = bootstrap
        self.warm_start = warm_start
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.class_weight = class_weight


class ExtraTreesRegressorParameters(BaseEstimator):  # type: ignore[misc]
    """Parameters of the learner extra_trees."""

    _learner = "extra_trees"
    _declared: tuple[str, ...] = (
        "n_estimators", "max_depth", "min_samples_leaf", "max_features", "max_bins", "min_gain",
        "subsample", "bootstrap",
    )

    def __init__(
        self,
        *,
        n_estimators: int = 100,
        max_depth: int | None = None,
        min_samples_leaf: int = 1,
        max_features: float | None = None,
        max_bins: int = 255,
        min_gain: float = 0.0,
        subsample: float = 1.0,
        bootstrap: bool = False,
        warm_start: bool = False,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        """Take the parameters.

        n_estimators: Number of trees.
        max_depth: Most splits on a path; None = no limit.
        min_samples_leaf: Least training rows of a leaf.
        max_features: Share of the columns that each node may use; None = automatic.
        max_bins: Most bins per column, without the one of missing values.
        min_gain: Least improvement of the summed impurity that a split must bring.
        subsample: Rows drawn for each tree, as a share of all.
        bootstrap: Draw rows with replacement.
        warm_start: Continue the last fit up to n_estimators instead of beginning anew.
        n_jobs: Threads; None = 1, -1 = all cores. The model does not depend on it.
        random_state: Seed of all that is drawn.
        """
        self.n_estimators = n_estimators
        self.max_depth = max_depth
        self.min_samples_leaf = min_samples_leaf
        self.max_features = max_features
        self.max_bins = max_bins
        self.min_gain = min_gain
        self.subsample = subsample
        self.bootstrap = bootstrap
        self.warm_start = warm_start
        self.n_jobs = n_jobs
        self.random_state = random_state


class DecisionTreeClassifierParameters(BaseEstimator):  # type: ignore[misc]
    """Parameters of the learner decision_tree."""

    _learner = "decision_tree"
    _declared: tuple[str, ...] = (
        "max_depth", "min_samples_leaf", "max_features", "max_bins", "min_gain",
    )

    def __init__(
        self,
        *,
        max_depth: int | None = 6,
        min_samples_leaf: int = 20,
        max_features: float | None = None,
        max_bins: int = 255,
        min_gain: float = 0.0,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        class_weight: dict[Any, float] | str | None = None,
    ) -> None:
        """Take the parameters.

        max_depth: Most splits on a path; None = no limit.
        min_samples_leaf: Least training rows of a leaf.
        max_features: Share of the columns that each node may use; None = automatic.
        max_bins: Most bins per column, without the one of missing values.
        min_gain: Least improvement of the summed impurity that a split must bring.
        n_jobs: Threads; None = 1, -1 = all cores. The model does not depend on it.
        random_state: Seed of all that is drawn.
        class_weight: Weights of classes, or "balanced"; probabilities are then no longer those of the data.
        """
        self.max_depth = max_depth
        self.min_samples_leaf = min_samples_leaf
        self.max_features = max_features
        self.max_bins = max_bins
        self.min_gain = min_gain
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.class_weight = class_weight


class DecisionTreeRegressorParameters(BaseEstimator):  # type: ignore[misc]
    """Parameters of the learner decision_tree."""

    _learner = "decision_tree"
    _declared: tuple[str, ...] = (
        "max_depth", "min_samples_leaf", "max_features", "max_bins", "min_gain",
    )

    def __init__(
        self,
        *,
        max_depth: int | None = 6,
        min_samples_leaf: int = 20,
        max_features: float | None = None,
        max_bins: int = 255,
        min_gain: float = 0.0,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        """Take the parameters.

        max_depth: Most splits on a path; None = no limit.
        min_samples_leaf: Least training rows of a leaf.
        max_features: Share of the columns that each node may use; None = automatic.
        max_bins: Most bins per column, without the one of missing values.
        min_gain: Least improvement of the summed impurity that a split must bring.
        n_jobs: Threads; None = 1, -1 = all cores. The model does not depend on it.
        random_state: Seed of all that is drawn.
        """
        self.max_depth = max_depth
        self.min_samples_leaf = min_samples_leaf
        self.max_features = max_features
        self.max_bins = max_bins
        self.min_gain = min_gain
        self.n_jobs = n_jobs
        self.random_state = random_state
