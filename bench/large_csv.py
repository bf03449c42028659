"""Writes a large CSV file of known content: python bench/large_csv.py PATH [GIGABYTES].

Columns: id, group (1,000 texts), six numbers of which one has 10 % missing cells, a day, a free text, and a target that
depends on two of the numbers. The figures that a profile must find follow from how the rows are made.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy
import pyarrow
import pyarrow.csv

ROWS = 200_000  # of a block


def block(number: int) -> pyarrow.Table:
    rng = numpy.random.default_rng(number)
    a, b = rng.normal(10, 2, ROWS), rng.exponential(3, ROWS)
    days = numpy.datetime64("2015-01-01") + rng.integers(0, 3000, ROWS)
    words = numpy.array([f"word{i}" for i in range(500)])
    text = numpy.char.add(numpy.char.add(rng.choice(words, ROWS), " "), rng.choice(words, ROWS))
    chance = 1 / (1 + numpy.exp(-(a - 10) + 0.4 * (b - 3)))
    return pyarrow.table(
        {
            "id": numpy.arange(number * ROWS, (number + 1) * ROWS) + 1_000_000,
            "group": numpy.char.add("g", rng.integers(0, 1000, ROWS).astype(str)),
            "a": a.round(6),
            "b": b.round(6),
            "c": pyarrow.array(rng.uniform(-1, 1, ROWS).round(6), mask=rng.random(ROWS) < 0.1),
            "d": rng.integers(0, 50, ROWS),
            "e": rng.lognormal(0, 1, ROWS).round(5),
            "f": rng.poisson(4, ROWS),
            "day": pyarrow.array(days.astype("datetime64[D]")),
            "text": text,
            "target": numpy.where(rng.random(ROWS) < chance, "yes", "no"),
        }
    )


def main() -> int:
    path, gigabytes = Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 2.0
    first = block(0)
    options = pyarrow.csv.WriteOptions(quoting_style="needed")
    with pyarrow.csv.CSVWriter(path, first.schema, write_options=options) as out:
        number = 0
        while path.stat().st_size < gigabytes * 1e9:
            out.write_table(first if number == 0 else block(number))
            number += 1
    print(f"{path}: {number * ROWS:,} rows, {path.stat().st_size / 1e9:.2f} GB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
