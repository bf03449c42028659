"""Columns with units, from training to prediction: the same row gets the same prediction however it comes."""

import csv
import io
import json
import random

HEADER = ["engine", "price", "size", "economy", "sold", "km", "y"]


def german(value: float) -> str:
    return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))


def car(rng: random.Random, row: int) -> list[str]:
    engine, price, size = rng.randint(800, 4000), rng.uniform(900, 60000), rng.randint(1, 90)
    economy = f"{rng.uniform(8, 30):.1f} {'km/kg' if row % 60 == 0 else 'kmpl'}"
    sold = f"{rng.randint(1, 28):02}/{rng.randint(1, 12):02}/20{rng.randint(10, 19)}"
    target = 0.01 * engine - 0.0004 * price + 0.2 * size + rng.gauss(0, 1)
    texts = [f"{engine:,} CC", f"€{german(price)}", f"{size}M" if row % 7 else "Varies with device", economy, sold]
    return [*texts, str(rng.randint(1, 200_000)), f"{target:.3f}"]


def as_csv(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def column(path, name):
    with path.open(newline="") as file:
        return [float(row[name]) for row in csv.DictReader(file)]


def test_rows_with_units_are_predicted_alike_from_every_format(tagwerk, tmp_path):
    rng = random.Random(4)
    rows = [car(rng, row) for row in range(600)]
    (tmp_path / "cars.csv").write_text(as_csv([HEADER, *rows]))
    run = tagwerk("run", "cars.csv", "--target", "y", "--budget", "4s", "--out", "out", "--report", "none", "--json")
    assert run.code == 0, run.err
    columns = {c["name"]: c for c in run.json["columns"]}
    assert {n: columns[n]["type"] for n in HEADER} == {
        "engine": "numeric", "price": "numeric", "size": "numeric", "economy": "numeric", "sold": "datetime",
        "km": "numeric", "y": "numeric",
    }  # fmt: skip
    assert (columns["engine"]["unit"], columns["price"]["unit"], columns["km"]["unit"]) == ("CC", "€", None)
    found = {(f["id"], *f["columns"]): f for f in run.json["findings"]}
    assert found["value.unit", "engine"]["action"] == "converted"
    assert "--type engine=categorical" in found["value.unit", "engine"]["override"]
    assert found["value.mixed_types", "size"]["examples"][0]["value"] == "Varies with device"
    assert found["value.mixed_types", "economy"]["examples"][0]["value"] == "km/kg"
    inputs = {i["name"]: i for i in tagwerk("models", "show", "out/model.tw", "--json").json["inputs"]}
    assert inputs["engine"]["unit"] == "CC"

    whole = tagwerk("predict", "out/model.tw", "cars.csv", "-o", "whole.csv")
    assert whole.code == 0, whole.err
    assert "type-changed" not in whole.err
    expected = column(tmp_path / "whole.csv", "prediction")

    lines = "".join(json.dumps(dict(zip(HEADER[:6], row, strict=False))) + "\n" for row in rows)
    (tmp_path / "rows.jsonl").write_text(lines)
    assert tagwerk("predict", "out/model.tw", "rows.jsonl", "-o", "lines.csv").code == 0
    assert column(tmp_path / "lines.csv", "prediction") == expected

    # Alone, "€1.234,50", "05/04/2012" or "Varies with device" could be read in another way.
    for at in (0, 1, 7, 60, 133):
        (tmp_path / "one.csv").write_text(as_csv([HEADER, rows[at]]))
        one = tagwerk("predict", "out/model.tw", "one.csv", "-o", "one_out.csv")
        assert one.code == 0, one.err
        assert column(tmp_path / "one_out.csv", "prediction") == [expected[at]]

    # Bare numbers are in the unit of training.
    bare = [[row[0].removesuffix(" CC").replace(",", ""), *row[1:]] for row in rows]
    (tmp_path / "bare.csv").write_text(as_csv([HEADER, *bare]))
    assert tagwerk("predict", "out/model.tw", "bare.csv", "-o", "bare_out.csv").code == 0
    assert column(tmp_path / "bare_out.csv", "prediction") == expected


def test_another_unit_than_in_training_is_refused(tagwerk, tmp_path):
    rng = random.Random(5)
    rows = [car(rng, row) for row in range(300)]
    (tmp_path / "cars.csv").write_text(as_csv([HEADER, *rows]))
    assert tagwerk("run", "cars.csv", "--target", "y", "--budget", "3s", "--out", "out", "--report", "none").code == 0
    dollars = [[*row[:1], row[1].replace("€", "$"), *row[2:]] for row in rows]
    (tmp_path / "dollars.csv").write_text(as_csv([HEADER, *dollars]))
    result = tagwerk("predict", "out/model.tw", "dollars.csv", "-o", "out.csv", "--json")
    assert result.code == 3
    assert result.json["id"] == "type-changed"
