"""tagwerk test: proposed, edited and broken statements; tagwerk report --format article."""

from __future__ import annotations

import re
import tomllib

import pandas as pd
import pytest


@pytest.fixture(scope="module")
def model(tmp_path_factory, people):
    """A model of the made table, trained once."""
    import subprocess

    from conftest import PROGRAM

    folder = tmp_path_factory.mktemp("model")
    words = ["run", people, "--target", "bought", "--trials", "2", "--budget", "60s", "--out", folder / "run"]
    done = subprocess.run([PROGRAM, *map(str, words)], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "run" / "model.tw"


def lines(result):
    return [line.split(None, 2) for line in result.out.splitlines()[:-1]]


def test_learned_tests_hold_and_are_of_every_family(tagwerk, model, people, tmp_path):
    learned = tagwerk("test", model, people, "--learn")
    assert learned.code == 0, learned.err + learned.out
    text = (tmp_path / "tests.toml").read_text()
    tests = tomllib.loads(text)
    assert {"data", "quality", "direction", "invariance", "robustness"} <= tests.keys()
    assert text.count("# seen:") > 3
    assert {line[0] for line in lines(learned)} == {"ok"}
    ages = [t for t in tests["data"] if t["check"] == "range" and t["column"] == "age"]
    assert ages[0]["low"] < 18
    assert 89 < ages[0]["high"] < 110
    raised = [t for t in tests["direction"] if t["column"] == "age"]
    assert raised
    assert raised[0]["expect"] == "not_lower"
    again = tagwerk("test", model)  # DATA stands in the file
    assert again.code == 0
    assert again.out == learned.out


def test_learn_never_replaces_edited_tests(tagwerk, model, people, tmp_path):
    (tmp_path / "tests.toml").write_text("version = 1\n")
    result = tagwerk("test", model, people, "--learn")
    assert result.code == 2
    assert "error[tests-exist]" in result.err
    assert (tmp_path / "tests.toml").read_text() == "version = 1\n"


def test_a_broken_statement_fails_with_the_row(tagwerk, model, people, tmp_path):
    frame = pd.read_csv(people)
    frame.loc[41, "age"] = 170
    frame.loc[100:400, "city"] = "Atlantis"
    frame.to_csv(tmp_path / "new.csv", index=False)
    (tmp_path / "t.toml").write_text(
        """
[[data]]
check = "range"
column = "age"
high = 100

[[data]]
check = "categories"
column = "city"
allowed = ["Bern", "Basel", "Chur", "Genf"]
share = "5%"

[[data]]
check = "missing"
column = "income"
share = 0.5

[[quality]]
require = "auc.low >= 0.99"

[[direction]]
column = "age"
by = 20
expect = "not_higher"
"""
    )
    result = tagwerk("test", model, "new.csv", "--tests", "t.toml", "-o", "page.html", "--lang", "de")
    assert result.code == 1
    got = lines(result)
    assert [line[0] for line in got] == ["fail", "fail", "ok", "fail", "fail"]
    assert "row 42" in result.out
    assert "170" in result.out
    assert "301 of 3,000 rows" in result.out
    assert re.search(r"Raising age by 20 does not raise the prediction: row [\d,]+: 0\.\d+ becomes 0\.\d+", result.out)
    assert "t.toml:21" in result.out  # where the statement stands
    assert result.out.endswith("5 tests, 4 failed\n")
    page = (tmp_path / "page.html").read_text()
    assert 'lang="de"' in page
    assert "Zeile 42" in page
    document = tagwerk("test", model, "new.csv", "--tests", "t.toml", "--json")
    assert document.json["schema"] == "tagwerk.test/1"
    assert document.json["failed"] == 4
    assert document.json["tests"][0]["row"] == 42


def test_invariance_finds_what_matters(tagwerk, model, people, tmp_path):
    (tmp_path / "tests.toml").write_text(
        """
[[invariance]]
check = "row_order"
[[invariance]]
check = "duplicates"
[[invariance]]
check = "value"
column = "age"
[[robustness]]
check = "extra_column"
[[robustness]]
check = "missing_column"
column = "age"
expect = "refused"
[[robustness]]
check = "extreme_values"
column = "income"
"""
    )
    result = tagwerk("test", model, people)
    assert [line[0] for line in lines(result)] == ["ok", "ok", "fail", "ok", "ok", "ok"]
    assert "age does not matter" in result.out


def test_quality_without_labels_is_not_a_pass(tagwerk, model, people, tmp_path):
    pd.read_csv(people).drop(columns="bought").to_csv(tmp_path / "bare.csv", index=False)
    (tmp_path / "tests.toml").write_text('[[quality]]\nrequire = "auc >= 0.5"\n')
    result = tagwerk("test", model, "bare.csv")
    assert result.code == 1
    assert "the data hold no bought" in result.out


def test_faults_of_the_file_are_all_told_with_lines(tagwerk, model, people, tmp_path):
    (tmp_path / "tests.toml").write_text(
        '[[data]]\ncheck = "rnage"\ncolumn = "age"\n\n'
        '[[direction]]\ncolumn = "age"\nexpect = "up"\nstep = 3\n\n[extra]\n'
    )
    result = tagwerk("test", model, people)
    assert result.code == 2
    assert "error[tests-file]" in result.err
    assert "line 1" in result.err
    assert "range" in result.err
    everything = tagwerk("test", model, people, "--json").json
    found = [everything, *everything["causes"]]
    assert len(found) >= 4
    assert {e["where"]["line"] for e in found} >= {1, 5, 8, 10}
    missing = tagwerk("test", model, people, "--tests", "none.toml")
    assert missing.code == 2
    assert "error[tests-missing]" in missing.err
    assert "--learn" in missing.err


def test_article_in_all_languages(tagwerk, model, tmp_path):
    run = model.parent
    for language, word in (("en", "The method"), ("de", "Die Methode"), ("fr", "La méthode"), ("it", "Il metodo")):
        page = tagwerk("report", run, "--format", "article", "--lang", language)
        assert page.code == 0, page.err
        assert f'<html lang="{language}"' in page.out
        assert word in page.out
        assert not re.search(r'(src|href)\s*=\s*["\']?(https?:)?//', page.out)
        assert "tagwerk run" in page.out
    assert tagwerk("report", run, "--format", "article", "-o", "a.md").code == 0
    markdown = (tmp_path / "a.md").read_text()
    assert markdown.startswith("# ")
    assert "<p>" not in markdown
    assert "## References" in markdown
    assert tagwerk("report", run, "--format", "essay").code == 2


def test_french_and_italian_by_option_and_project_file(tagwerk, people, tmp_path):
    (tmp_path / "tagwerk.toml").write_text(
        f'data = "{people}"\ntarget = "bought"\n[project]\nlanguage = "fr"\n[search]\ntrials = 1\n'
    )
    result = tagwerk("run", "--out", "o")
    assert result.code == 0, result.err
    assert '<html lang="fr"' in (tmp_path / "o" / "report.html").read_text()
    assert (tmp_path / "o" / "card.md").read_text().startswith("# Fiche du modèle")
    page = tagwerk("report", "o", "--lang", "it")
    assert '<html lang="it"' in page.out
    assert "Che cosa è stato chiesto" in page.out
    refused = tagwerk("report", "o", "--lang", "es")
    assert refused.code == 2
    assert "error[language-unknown]" in refused.err
