"""The real sets of the comparison: where they lie, what is predicted, how a file is cut in two, how peers read it.

A file is cut record by record, byte by byte as it was found: delimiter, quotes, encoding, decimal marks and header
lines stay, so that every program meets the same dirt.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

ROOT = Path(__file__).resolve().parents[3]
SHARED = ROOT.parent / "shared" / "data"


@dataclass
class Set:
    """One set: target by name or position, columns that nobody gets, and how pandas reads the file.

    `leaks` are what its description calls leakage: `certain` ones restate the target, `suspects` are known too late.
    `least` and `most` bound values of a numeric target that are no markers of missing values.
    """

    name: str
    task: str
    target: str | int
    drop: list[str] = field(default_factory=list)
    read: dict = field(default_factory=dict)
    certain: list[str] = field(default_factory=list)
    suspects: list[str] = field(default_factory=list)
    header_lines: int = 1
    least: float = -np.inf
    most: float = np.inf

    def typed_target(self) -> str:
        """Returns the target as it is typed for tagwerk."""
        if isinstance(self.target, str):
            return self.target
        return f"#{self.target + 1 if self.target >= 0 else self.target}"

    def nobody_gets(self) -> list[str]:
        return [*self.certain, *self.suspects, *self.drop]


NO_HEADER = {"header": None}
FAN = "Do you consider yourself to be a fan of the Star Wars film franchise?"
SETS = [
    Set("adult", "binary", "income", read={"skipinitialspace": True, "na_values": "?"}),
    Set("bank_additional", "binary", "y", [], {"sep": ";"}, suspects=["duration"]),
    Set("german_credit", "binary", -1, [], NO_HEADER, header_lines=0),
    Set("higgs_small", "binary", 0, [], {"header": None, "sep": "\t"}, header_lines=0),
    Set(
        "hotel_bookings",
        "binary",
        "is_canceled",
        certain=["reservation_status", "reservation_status_date"],
    ),
    Set("hr_attrition", "binary", "Attrition", ["EmployeeNumber"], {"encoding": "utf-8-sig"}),
    Set("mushrooms", "binary", "type"),
    Set("oil_spill", "binary", -1, [], NO_HEADER, header_lines=0),
    Set("phoneme", "binary", -1, [], NO_HEADER, header_lines=0),
    Set("pima_diabetes", "binary", -1, [], NO_HEADER, header_lines=0),
    Set("star_wars_survey", "binary", FAN, ["RespondentID"], {"encoding": "cp1252", "skiprows": [1]}, header_lines=2),
    Set("telco_churn", "binary", "Churn", ["customerID"], {"na_values": " "}),
    Set("titanic", "binary", "Survived", ["PassengerId"]),
    Set("arrhythmia", "multiclass", -1, [], {"na_values": "?"}),
    Set("cnae9", "multiclass", 0),
    Set("glass", "multiclass", -1, [], NO_HEADER, header_lines=0),
    Set("letter", "multiclass", "lettr"),
    Set("pendigits", "multiclass", "class"),
    Set("sdss_skyserver", "multiclass", "class", ["objid", "specobjid"]),
    Set("splice", "multiclass", "Class", ["Instance_name"]),
    Set("vehicle", "multiclass", "Class"),
    Set("abalone", "regression", -1, [], NO_HEADER, header_lines=0),
    Set("air_quality_eu", "regression", "C6H6(GT)", [], {"sep": ";", "decimal": ",", "encoding": "utf-8-sig"}, least=0),
    Set("ames", "regression", "SalePrice", ["Order", "PID"], {"sep": "\t"}),
    Set("auto_imports", "regression", -1, [], {"header": None, "na_values": "?"}, header_lines=0),
    Set("bike_hour", "regression", "cnt", ["instant", "dteday"], certain=["casual", "registered"]),
    Set("california_housing", "regression", "median_house_value"),
    Set("car_selling_price", "regression", "Selling_Price"),
    Set("concrete", "regression", "strength"),
    Set("cpu_act", "regression", "usr"),
    Set("diamonds", "regression", "price"),
    Set("google_play", "regression", "Rating", ["App"], most=5),
    Set("imdb_top1000", "regression", "IMDB_Rating", ["Poster_Link"]),
    Set("insurance", "regression", "charges"),
    Set("summer_products", "regression", "units_sold", suspects=["rating_count"]),
    Set("taxis", "regression", "fare", certain=["total"], suspects=["tip"]),
    Set("wine_white", "regression", "quality"),
]


def data_file(name: str) -> Path:
    """Returns the set's data: its largest file besides the description."""
    files = [p for p in (SHARED / name).iterdir() if p.name != "about.txt" and p.suffix != ".query"]
    return max(files, key=lambda p: p.stat().st_size)


def records(data: bytes) -> list[bytes]:
    """Splits a file at the line ends that are not inside quotes."""
    out, open_record = [], b""
    for line in data.splitlines(keepends=True):
        open_record += line
        if open_record.count(b'"') % 2 == 0:
            out.append(open_record)
            open_record = b""
    return [record for record in [*out, open_record] if record.strip()]


def cut(entry: Set, folder: Path, seed: int = 0) -> tuple[Path, Path]:
    """Writes 25 % of the labelled records (stratified by class) to test, all others to train.

    Records without a usable target, and classes of one row, go to train.
    """
    source = data_file(entry.name)
    lines = records(source.read_bytes())
    head, body = lines[: entry.header_lines], lines[entry.header_lines :]
    y = load(source, entry)[1]
    if len(y) != len(body):
        raise RuntimeError(f"{entry.name}: {len(body)} records, {len(y)} rows")
    usable = y.notna()
    if entry.task == "regression":
        usable &= (y >= entry.least) & (y <= entry.most)
    else:
        usable &= y.map(y.value_counts()) > 1
    rows = np.flatnonzero(usable)
    classes = None if entry.task == "regression" else y.iloc[rows]
    in_test = np.zeros(len(body), dtype=bool)
    in_test[train_test_split(rows, test_size=0.25, random_state=seed, stratify=classes)[1]] = True
    paths = folder / f"train{source.suffix}", folder / f"test{source.suffix}"
    for path, side in zip(paths, (False, True), strict=True):
        path.write_bytes(b"".join(head + [body[i] for i in np.flatnonzero(in_test == side)]))
    return paths


def load(path: Path, entry: Set) -> tuple[pd.DataFrame, pd.Series]:
    """Reads a file as a peer's user would: columns without those that nobody gets, and the target."""
    frame = pd.read_csv(path, **{"sep": ",", "low_memory": False, **entry.read})
    names = [str(c).strip() for c in frame.columns]
    if entry.header_lines == 0:
        names = [f"column_{j + 1}" for j in range(len(names))]
    frame.columns = names
    target = names[entry.target] if isinstance(entry.target, int) else entry.target
    y = frame.pop(target)
    y = pd.to_numeric(y, errors="coerce") if entry.task == "regression" else y.map(label, na_action="ignore")
    return frame.drop(columns=entry.nobody_gets()), y


def label(value: object) -> str:
    """Writes a class as it stands in the file."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
