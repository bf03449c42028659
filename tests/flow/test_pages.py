"""The pages in real Chromium: accessible in light and dark, wide and narrow; small; quick to open."""

from __future__ import annotations

import subprocess

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
    return {
        "binary": folder / "binary" / "report.html",
        "wine": folder / "wine" / "report.html",
        "income": folder / "income" / "report.html",
        "article": folder / "article.html",
        "article-wine": folder / "article-wine.html",
        "tests": folder / "tests.html",
    }


NAMES = ("binary", "wine", "income", "article", "article-wine", "tests")


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
