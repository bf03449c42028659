"""The pages in real Chromium: accessible in light and dark, wide and narrow; small; quick to open."""

from __future__ import annotations

import subprocess

import numpy as np
import pandas as pd
import pytest
from conftest import PROGRAM

from browser import accessibility, measured, needs_browser


def run(folder, *words):
    done = subprocess.run([PROGRAM, *map(str, words)], cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def pages(tmp_path_factory, people, wine):
    """Report, article and tests page of a binary run, report and article of a multiclass run in French."""
    needs_browser()
    folder = tmp_path_factory.mktemp("pages")
    run(folder, "run", people, "--target", "bought", "--trials", "3", "--out", "binary")
    run(folder, "run", wine, "--target", "cultivar", "--trials", "2", "--out", "wine", "--lang", "fr")
    run(folder, "run", people, "--target", "income", "--trials", "2", "--out", "income", "--lang", "it")
    run(folder, "report", "binary", "--format", "article", "-o", "article.html")
    run(folder, "report", "wine", "--format", "article", "--lang", "de", "-o", "article-wine.html")
    run(folder, "test", "binary/model.tw", people, "--learn", "-o", "tests.html")
    run(folder, "profile", people, "-o", "profile.html")
    run(folder, "profile", people, wine, "-o", "profiles.html")
    run(folder, "drift", people, people, "-o", "drift.html")
    return {
        "binary": folder / "binary" / "report.html",
        "wine": folder / "wine" / "report.html",
        "income": folder / "income" / "report.html",
        "article": folder / "article.html",
        "article-wine": folder / "article-wine.html",
        "tests": folder / "tests.html",
        "profile": folder / "profile.html",
        "profiles": folder / "profiles.html",
        "drift": folder / "drift.html",
    }


NAMES = ("binary", "wine", "income", "article", "article-wine", "tests", "profile", "profiles", "drift")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_no_serious_accessibility_finding(pages, name, theme):
    assert accessibility(pages[name], theme=theme) == []


@pytest.mark.parametrize("name", ["binary", "article"])
def test_no_serious_accessibility_finding_on_a_phone(pages, name):
    assert accessibility(pages[name], width=390, height=844) == []


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", NAMES)
def test_no_page_is_wider_than_the_window(pages, name, width):
    assert measured(pages[name], width=width)["wider"] <= 0


def test_five_hundred_columns_stay_small_and_accessible(tmp_path):
    needs_browser()
    rng = np.random.default_rng(3)
    rows, columns = 1500, 500
    x = rng.normal(size=(rows, columns))
    x[rng.random(x.shape) < 0.02] = np.nan
    frame = pd.DataFrame(x, columns=[f"measurement {j}" for j in range(columns)]).round(4)
    for j in range(400, 500):
        frame[f"measurement {j}"] = rng.choice(list("abcdefgh"), rows)
    signal = np.nan_to_num(x[:, 0]) + np.nan_to_num(x[:, 1])
    frame["outcome"] = np.where(signal + rng.normal(size=rows) > 0, "yes", "no")
    frame.to_csv(tmp_path / "wide.csv", index=False)
    run(tmp_path, "run", "wide.csv", "--target", "outcome", "--budget", "20s", "--trials", "2", "--out", "wide")
    report = tmp_path / "wide" / "report.html"
    assert report.stat().st_size < 1_500_000
    assert "run.json" in report.read_text(encoding="utf-8")
    assert accessibility(report) == []
