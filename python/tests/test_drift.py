"""Drift from Python: every kind of table, models as reference, errors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

import tagwerk


@pytest.fixture(scope="module")
def frames():
    rng = np.random.default_rng(2)

    def make(shift):
        return pd.DataFrame(
            {
                "x": rng.normal(size=2000),
                "y": rng.normal(shift, 1, 2000),
                "city": rng.choice(["Bern", "Chur"], 2000, p=[0.5 + shift / 4, 0.5 - shift / 4]),
            }
        )

    return make(0), make(0.6)


def test_drifted_columns(frames):
    found = tagwerk.drift(*frames)
    assert set(found.drifted) == {"y", "city"}
    assert len(found.columns) == 3
    assert found.to_dict()["schema"] == "tagwerk.drift/1"
    assert "2 of 3 columns drifted" in str(found)
    assert tagwerk.drift(frames[0], frames[0]).drifted == []


def test_other_kinds_of_tables_and_paths(frames, tmp_path):
    expected = tagwerk.drift(*frames).drifted
    names = list(frames[0].columns)
    other = [pl.DataFrame({name: frame[name].to_numpy() for name in names}) for frame in frames]
    assert tagwerk.drift(*other).drifted == expected
    frames[1].to_csv(tmp_path / "new.csv", index=False)
    assert tagwerk.drift(frames[0], tmp_path / "new.csv").drifted == expected


def test_options_and_report(frames, tmp_path):
    assert tagwerk.drift(*frames, columns=["x", "y"]).drifted == ["y"]
    assert tagwerk.drift(*frames, min_effect=10).drifted == []
    html = tagwerk.drift(*frames).report(tmp_path / "drift.html")
    assert html == (tmp_path / "drift.html").read_text(encoding="utf-8")
    with pytest.raises(tagwerk.InvalidArgumentError):
        tagwerk.drift(*frames, columns=["nothing"])
    with pytest.raises(tagwerk.DataError):
        tagwerk.drift(frames[0], {"other": [1.0, 2.0]})


def test_model_as_reference(frames, tmp_path):
    train = frames[0].assign(target=(frames[0]["x"] > 0).astype(int))
    run = tagwerk.run(train, target="target", trials=1)
    assert tagwerk.drift(run, train).drifted == []
    assert set(tagwerk.drift(run.model, frames[1]).drifted) == {"y", "city"}
    run.model.save(tmp_path / "model.tw")
    assert set(tagwerk.drift(tmp_path / "model.tw", frames[1]).drifted) == {"y", "city"}
