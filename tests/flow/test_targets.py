"""Several targets in one command: one run each, none of which sees the others' columns."""

import json

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def orders(tmp_path):
    random = np.random.default_rng(5)
    size = random.uniform(1, 9, 600)
    frame = pd.DataFrame({"size": size, "shop": random.choice(["north", "south"], 600)})
    frame["price"] = (3 * size + random.normal(0, 1, 600)).round(2)
    frame["late"] = np.where(random.uniform(0, 9, 600) < size, "yes", "no")
    frame["cost, net"] = (frame.price * 0.8).round(2)  # gives the price away
    frame.to_csv(tmp_path / "orders.csv", index=False)
    return tmp_path / "orders.csv"


def document(folder):
    return json.loads((folder / "run.json").read_text())


def test_a_run_for_each_target(tagwerk, orders, tmp_path):
    words = ["--trials", "3", "--report", "none", "--out", "out"]
    done = tagwerk("run", orders, "--target", 'price,late,"cost, net"', *words, "--json")
    assert done.code == 0, done.err
    documents = json.loads(done.out)
    assert [d["goal"]["target"] for d in documents] == ["price", "late", "cost, net"]
    assert [d["goal"]["task"] for d in documents] == ["regression", "binary", "regression"]
    for part, target in (("price", "price"), ("late", "late"), ("cost--net", "cost, net")):
        assert document(tmp_path / "out" / part)["goal"]["target"] == target
        done = tagwerk("models", "show", f"out/{part}/model.tw", "--json")
        inputs = {entry["name"] for entry in json.loads(done.out)["inputs"]}
        assert inputs == {"size", "shop"}


def test_a_column_whose_name_has_a_comma_is_one_target(tagwerk, orders, tmp_path):
    done = tagwerk("run", orders, "--target", "cost, net", "--trials", "2", "--report", "none", "--out", "out")
    assert done.code == 0, done.err
    assert document(tmp_path / "out")["goal"]["target"] == "cost, net"


def test_resume_keeps_what_is_finished(tagwerk, orders, tmp_path):
    words = ["--trials", "2", "--report", "none"]
    assert tagwerk("run", orders, "--target", "price", "--drop", "late", *words, "--out", "out/price").code == 0
    before = (tmp_path / "out" / "price" / "run.json").read_bytes()
    done = tagwerk("run", orders, "--target", "price,late", *words, "--resume=out")
    assert done.code == 0, done.err
    assert "run is finished" in done.err
    assert (tmp_path / "out" / "price" / "run.json").read_bytes() == before
    assert document(tmp_path / "out" / "late")["goal"]["target"] == "late"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--target", "price,lat"], "target-not-found"),
        (["--target", "price,price"], "several-targets"),
        (["--target", "price,#3"], "several-targets"),
        (["--target", "price,late", "--resume"], "several-targets"),
    ],
)
def test_faults(tagwerk, orders, words, said):
    done = tagwerk("run", orders, *words)
    assert done.code == 2
    assert said in done.err


def test_standard_input_cannot_be_read_twice(tagwerk, orders):
    done = tagwerk("run", "-", "--target", "price,late", stdin=orders.read_bytes())
    assert done.code == 2
    assert "save the data to a file first" in done.err
