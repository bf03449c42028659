"""Writes src/stats/testdata/two_sample.json: pairs of samples with SciPy's distances and p-values.

Run with SciPy installed: python tests/golden/make_two_sample.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from scipy import stats
from scipy.spatial.distance import jensenshannon

OUT = Path(__file__).resolve().parents[2] / "src/stats/testdata/two_sample.json"


def numbers(rng: np.random.Generator) -> list[tuple[str, np.ndarray, np.ndarray]]:
    return [
        ("normal, shifted", rng.normal(0, 1, 60), rng.normal(0.5, 1, 45)),
        ("normal, same", rng.normal(0, 1, 50), rng.normal(0, 1, 70)),
        ("wide and narrow", rng.normal(0, 3, 80), rng.normal(0, 1, 80)),
        ("heavy tails", rng.lognormal(0, 2, 40), rng.lognormal(0.4, 2, 55)),
        ("whole numbers with ties", rng.integers(0, 6, 90).astype(float), rng.integers(1, 8, 60).astype(float)),
        ("one value against many", np.full(30, 2.0), rng.normal(2, 1, 30)),
    ]


def main() -> None:
    rng = np.random.default_rng(20)
    cases = []
    for name, a, b in numbers(rng):
        a, b = np.round(a, 6), np.round(b, 6)
        wa, wb = np.round(rng.uniform(0.2, 3, len(a)), 3), np.round(rng.uniform(0.2, 3, len(b)), 3)
        test = stats.ks_2samp(a, b, method="asymp")
        cases.append(
            {
                "name": name,
                "a": a.tolist(),
                "b": b.tolist(),
                "weights_a": wa.tolist(),
                "weights_b": wb.tolist(),
                "ks": test.statistic,
                "ks_p": test.pvalue,
                "wasserstein": stats.wasserstein_distance(a, b),
                "wasserstein_weighted": stats.wasserstein_distance(a, b, wa, wb),
            }
        )
    counts = []
    for p, q in (
        ([50, 30, 20], [40, 40, 20]),
        ([500, 1, 99], [480, 20, 100]),
        ([10, 10, 10, 0], [10, 10, 0, 10]),
        ([7, 9, 12, 30, 42], [70, 90, 120, 300, 420]),
    ):
        table = [[x for x, y in zip(p, q, strict=True) if x + y], [y for x, y in zip(p, q, strict=True) if x + y]]
        chi = stats.chi2_contingency(table, correction=False)
        counts.append(
            {
                "p": p,
                "q": q,
                "jensen_shannon": float(jensenshannon(p, q, base=2)),
                "chi_square": chi.statistic,
                "chi_square_p": chi.pvalue,
                "psi": psi(p, q),
            }
        )
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps({"numbers": cases, "counts": counts}, indent=0) + "\n", encoding="utf-8")


def psi(p: list[int], q: list[int]) -> float:
    """Population stability index with half a row added to every cell."""
    a, b = np.array(p) + 0.5, np.array(q) + 0.5
    a, b = a / a.sum(), b / b.sum()
    return float(((b - a) * np.log(b / a)).sum())


if __name__ == "__main__":
    main()
