"""Dates split over columns of year, month, day and hour."""

from __future__ import annotations

import csv
import datetime
import json
import random


def hourly(path, rows=1500, shuffle=False, names=("year", "month", "day", "hour")):
    """Rows every six hours whose target hangs on the weekday."""
    lines = []
    noise = random.Random(3)
    for i in range(rows):
        at = datetime.datetime(2021, 3, 1) + datetime.timedelta(hours=6 * i)
        y = 10 * (at.weekday() >= 5) + at.hour / 6 + noise.gauss(0, 1)
        lines.append([at.year, at.month, at.day, at.hour, round(noise.random(), 3), round(y, 3)])
    if shuffle:
        noise.shuffle(lines)
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow([*names, "x", "y"])
        out.writerows(lines)
    return path


def run(tagwerk, path, *words, folder="out"):
    done = tagwerk(
        "run", path, "--target", "y", "--trials", "4", "--report", "short", "--out", folder, "--json", *words
    )
    assert done.code == 0, done.err
    return done.json


def of_kind(document, finding):
    return [f for f in document["findings"] if f["id"] == finding]


def test_parts_are_one_time_for_split_features_and_predictions(tagwerk, tmp_path):
    path = hourly(tmp_path / "hourly.csv")
    document = run(tagwerk, path)
    split = document["split"]
    assert (split["kind"], split["time"]) == ("time", "year, month, day, hour")
    assert split["time_columns"] == ["year", "month", "day", "hour"]
    assert split["train_to"] < split["from"] < split["to"]
    (note,) = of_kind(document, "order.time")
    assert note["severity"] == "note"
    assert note["columns"] == split["time_columns"]
    assert note["evidence"]["from"] == "2021-03-01T00:00:00"
    assert note["evidence"]["valid_share"] == 1
    # The weekday is in no column: only the date gives it. Noise alone has an error of 1.
    assert document["test"]["metrics"][0]["value"] < 1.6
    tagwerk("predict", "out/model.tw", path, "-o", "all.csv")
    whole = list(csv.DictReader((tmp_path / "all.csv").open()))
    rows = path.read_text().splitlines()
    one = tagwerk("predict", "out/model.tw", "-", "-o", "-", stdin=f"{rows[0]}\n{rows[700]}\n".encode())
    assert next(iter(csv.DictReader(one.out.splitlines())))["prediction"] == whole[699]["prediction"]


def test_a_person_decides_otherwise(tagwerk, tmp_path):
    path = hourly(tmp_path / "hourly.csv")
    assert run(tagwerk, path, "--split", "random", folder="a")["split"]["kind"] == "random"
    told = run(tagwerk, path, "--type", "year=categorical", folder="b")
    assert told["split"]["kind"] != "time"
    assert not of_kind(told, "order.time")


def test_names_of_something_else_need_the_order_of_the_rows(tagwerk, tmp_path):
    names = ["renewal_year", "renewal_month", "renewal_day", "renewal_hour"]
    shuffled = run(tagwerk, hourly(tmp_path / "a.csv", shuffle=True, names=names), folder="a")
    assert shuffled["split"]["kind"] == "stratified"
    assert of_kind(shuffled, "order.time")
    plain = run(tagwerk, hourly(tmp_path / "b.csv", shuffle=True), folder="b")
    assert plain["split"]["kind"] == "time"


def test_consecutive_hours_of_a_real_set_are_split_by_time(tagwerk, shared_data, tmp_path):
    path = shared_data / "beijing_pm25" / "beijing_pm25.csv"
    done = tagwerk("run", path, "--target", "pm2.5", "--trials", "2", "--report", "short", "--out", "out", "--quiet")
    assert done.code == 0, done.err
    document = json.loads((tmp_path / "out" / "run.json").read_text())
    assert document["split"]["time_columns"] == ["year", "month", "day", "hour"]
    assert document["split"]["from"].startswith("2014-01-1")
    assert document["split"]["to"].startswith("2014-12-31")
    assert document["detail"]["time"]["points"]
    # Parts of the time do not make earlier and later rows unlike.
    assert not {"year", "month"} & set(document["diagnosis"]["adversarial"]["top_columns"])


def test_no_other_real_set_has_a_split_date(tagwerk, shared_data):
    known = {"beijing_pm25", "hotel_bookings"}
    for folder in sorted(p for p in shared_data.iterdir() if p.is_dir()):
        for path in list(folder.glob("*.csv"))[:1]:
            if path.stat().st_size > 20_000_000:
                continue
            found = of_kind(tagwerk("profile", path, "--json").json, "order.time")
            assert bool(found) == (folder.name in known), folder.name
