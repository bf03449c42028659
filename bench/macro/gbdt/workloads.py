"""The problems of train.py: five made workloads and real sets, as float32 matrices with category columns.

`make(name, data, seed)` returns a Workload; the made ones differ by seed in their rows and in their hidden function,
the real ones in which rows teach.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from compare import SETS, Problem

Rows = np.ndarray


@dataclass
class Workload:
    """x: (rows, columns) float32, categories as codes (NaN: missing); the first `train` rows teach."""

    name: str
    x: Rows
    y: Rows
    train: int
    classes: int  # 0: regression
    categories: list[int] = field(default_factory=list)  # per column: 0 (number) or how many


def _chance(z: Rows, strength: float) -> Rows:
    return 1 / (1 + np.exp(-strength * (z - z.mean()) / z.std()))


def _binary(name: str, random: np.random.Generator, x: Rows, z: Rows, strength: float, train: int) -> Workload:
    y = (random.random(len(z)) < _chance(z, strength)).astype(np.float64)
    return Workload(name, x, y, train, 2, [0] * x.shape[1])


def higgs(seed: int, train: int = 1_000_000) -> Workload:
    """28 numbers in the manner of a particle detector: momenta, directions, tags and masses derived from them."""
    random = np.random.default_rng(700 + seed)
    n = train + max(20_000, train // 5)
    momentum = random.gamma(2.0, 0.5, (n, 5))
    eta = random.normal(0, 1, (n, 5))
    phi = random.uniform(-np.pi, np.pi, (n, 5))
    tag = random.choice([0.0, 1.0, 2.0], (n, 4), p=[0.5, 0.3, 0.2])
    masses = []
    for i, j in [(0, 1), (1, 2), (2, 3), (3, 4), (0, 4)]:
        angle = np.cosh(np.clip(eta[:, i] - eta[:, j], -5, 5)) - np.cos(phi[:, i] - phi[:, j])
        mass = np.sqrt(2 * momentum[:, i] * momentum[:, j] * np.maximum(angle, 0))
        masses.append(mass * random.normal(1, 0.1, n))
    energy = random.exponential(1.0, (n, 2))
    both = masses[0] + masses[1] + masses[2] + random.normal(0, 0.3, n)
    norm = np.hypot(masses[3], masses[4])
    z = 1.2 * np.exp(-((masses[0] - 1.2) ** 2) / 0.18) + 0.9 * np.exp(-((masses[2] - 1.5) ** 2) / 0.3)
    z += 0.5 * np.sin(2 * (phi[:, 0] - phi[:, 1])) * (tag[:, 0] > 0) - 0.45 * np.abs(eta[:, 2] - eta[:, 3])
    z += 0.7 * np.tanh(momentum[:, 0] * momentum[:, 3] - 1) + 0.35 * (tag[:, 1] == 2) * (norm > 2.2)
    z += 0.3 * np.log1p(energy[:, 0]) * np.sign(eta[:, 4]) - 0.25 * energy[:, 1] + 0.2 * eta[:, 0] * eta[:, 1]
    x = np.column_stack([momentum, eta, phi, tag, energy, *masses, both, norm]).astype(np.float32)
    return _binary("higgs", random, x, z, 1.6, train)


def wide(seed: int, train: int = 100_000, columns: int = 500) -> Workload:
    """Numbers that share 20 hidden factors, some skewed, some rounded; the target depends on products of signs."""
    random = np.random.default_rng(800 + seed)
    n = train + train // 5
    factors = random.normal(size=(n, 20)).astype(np.float32)
    loads = (random.normal(size=(20, columns)) * (random.random((20, columns)) < 0.15)).astype(np.float32)
    x = factors @ loads + 0.7 * random.standard_normal((n, columns), dtype=np.float32)
    tenth = columns // 10
    x[:, -2 * tenth : -tenth] = np.exp(np.clip(x[:, -2 * tenth : -tenth], -4, 4))
    x[:, -tenth:] = np.round(x[:, -tenth:] * 2)
    z = 0.6 * factors[:, 0] * factors[:, 1] + 0.5 * np.abs(factors[:, 2])
    for k in range(25):
        z = z + np.sin(x[:, 7 * k % columns] * (1 + k % 3)) * (x[:, (11 * k + 3) % columns] > 0)
    return _binary("wide", random, x, z, 1.8, train)


def cats(seed: int, train: int = 500_000) -> Workload:
    """20 category columns of 10 to 10,000 values with long tails, 10 numbers, and effects of pairs of both."""
    random = np.random.default_rng(900 + seed)
    n = train + train // 5
    sizes = [round(s) for s in np.geomspace(10, 10_000, 20)]
    x = np.empty((n, 30), np.float32)
    z = np.zeros(n)
    for j, size in enumerate(sizes):
        share = 1.0 / np.arange(1, size + 1) ** 0.8
        code = random.permutation(size)[random.choice(size, n, p=share / share.sum())]
        x[:, j] = code
        if j % 2 == 0:
            z += 0.5 * random.normal(size=size)[code]
    for j in range(10):
        x[:, 20 + j] = random.normal(size=n) if j % 2 else random.gamma(2, 1, n)
    for j in range(4):
        z += 0.5 * random.normal(size=sizes[2 * j + 1])[x[:, 2 * j + 1].astype(int)] * np.tanh(x[:, 20 + j])
    z += 0.4 * np.sin(2 * x[:, 25]) + 0.3 * np.log1p(x[:, 26])
    made = _binary("cats", random, x, z, 1.6, train)
    made.categories = [*sizes, *[0] * 10]
    return made


def multi(seed: int, train: int = 300_000) -> Workload:
    """A forest's cover: 10 numbers, 44 columns of 0 and 1 that say one of 4 and one of 40; 7 unequal classes."""
    random = np.random.default_rng(1000 + seed)
    n = train + train // 5
    x = np.zeros((n, 54), np.float32)
    height = random.normal(2900, 300, n)
    x[:, 0], x[:, 1], x[:, 2] = height, random.uniform(0, 360, n), random.gamma(3, 5, n)
    for j, mean in enumerate([250, 50, 2300, 0, 0, 0, 2000]):
        x[:, 3 + j] = random.gamma(1.5, mean / 1.5, n) if mean else random.normal(200, 30, n)
    area = random.choice(4, n, p=[0.45, 0.05, 0.44, 0.06])
    soil = np.clip((height - 2000) / 45 + random.normal(0, 6, n), 0, 39).astype(int)
    x[np.arange(n), 10 + area] = 1
    x[np.arange(n), 14 + soil] = 1
    x = np.round(x).astype(np.float32)
    of_soil, of_area = random.normal(0, 0.9, (40, 7)), random.normal(0, 0.5, (4, 7))
    centers = [3130, 2920, 2390, 2220, 2780, 2420, 3360]
    base = [1.2, 1.6, 0.0, -2.0, -1.2, -0.5, -0.4]
    scores = np.empty((n, 7))
    for c in range(7):
        s = base[c] - ((height - centers[c]) / 190) ** 2 / 2 + of_soil[soil, c] + of_area[area, c]
        s += 0.6 * np.sin(np.deg2rad(x[:, 1]) + c) + 0.5 * np.tanh((x[:, 5] - 2000) / 900) * np.cos(c)
        scores[:, c] = s + 0.4 * np.log1p(x[:, 3] / 100) * np.sin(2 * c) + 0.4 * ((x[:, 9] > 1500) ^ (c % 2 == 0))
    y = (2 * scores + random.gumbel(size=(n, 7))).argmax(1).astype(np.float64)
    return Workload("multi", x, y, train, 7, [0] * 54)


def small(seed: int, train: int = 5_000) -> Workload:
    """20 numbers, a quarter of them rounded; a product, a wave and a kink."""
    random = np.random.default_rng(1100 + seed)
    n = train + 20_000
    x = random.standard_normal((n, 20), dtype=np.float32)
    x[:, 15:] = np.round(x[:, 15:] * 2)
    z = x[:, 0] * x[:, 1] + np.sin(2 * x[:, 2]) + 0.7 * np.abs(x[:, 3]) + 0.5 * x[:, 4]
    return _binary("small", random, x, z + 0.4 * (x[:, 15] > 1) * x[:, 5], 2.0, train)


MADE = {"higgs": higgs, "wide": wide, "cats": cats, "multi": multi, "small": small}
REAL = ("hotel_bookings", "higgs_small", "letter", "diamonds", "adult")


def make(name: str, data: Path, seed: int) -> Workload:
    """Makes a workload by name; `higgs/10000` asks for another number of training rows, `wide//50` of columns."""
    kind, _, rest = name.partition("/")
    if kind in MADE:
        rows, _, columns = rest.partition("/")
        options = ({"train": int(rows)} if rows else {}) | ({"columns": int(columns)} if columns else {})
        return MADE[kind](seed, **options)
    if kind not in SETS:
        raise SystemExit(f"unknown workload {name}; known: {', '.join([*MADE, *SETS])}")
    problem = Problem(name, data)
    problem.shuffle(seed)
    x = problem.x.astype(np.float32)
    for j, size in enumerate(problem.categories):
        if size > 0:
            x[x[:, j] < 0, j] = np.nan  # a missing category is missing for all
    return Workload(name, x, problem.y, problem.train, problem.classes, list(problem.categories))
