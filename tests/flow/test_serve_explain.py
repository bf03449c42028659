"""Explanations over HTTP are those of `tagwerk explain`."""

from __future__ import annotations

import csv
import io
import json
import subprocess

import pytest
from conftest import PROGRAM
from server import Server


@pytest.fixture(scope="module")
def server(model):
    with Server(model) as running:
        yield running
    assert running.code == 0


def told(model, folder, rows, *words):
    """What the command says of the first row."""
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = [PROGRAM, "explain", model, folder / "rows.jsonl", "--row", "1", *words, "--json"]
    done = subprocess.run(list(map(str, command)), capture_output=True, timeout=100)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_contributions_of_rows(server, model, rows, tmp_path):
    expected = told(model, tmp_path, rows[:5], "--top", "4")
    answer = server.post("/v1/models/model/explain", {"rows": rows[:5], "top": 4})
    assert answer.status == 200
    document = answer.json
    assert (document["schema"], document["method"]) == ("tagwerk.explanation/1", "shap")
    assert (document["model"], document["version"]) == ("model", 1)
    assert document["request_id"] == answer.headers["x-request-id"]
    assert [row["row"] for row in document["rows"]] == [1, 2, 3, 4, 5]
    assert all(len(row["contributions"]) <= 4 for row in document["rows"])
    assert document["rows"][0] == expected["rows"][0]
    assert document["scale"] == expected["scale"]
    assert server.post("/v1/models/model/explain", rows[:1]).json["rows"][0]["row"] == 1


def test_rows_as_csv(server, rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows[:3])
    answer = server.post("/v1/models/model/explain?top=2", out.getvalue(), headers={"Content-Type": "text/csv"})
    assert answer.status == 200
    assert [len(row["contributions"]) for row in answer.json["rows"]] == [2, 2, 2]


def test_what_would_turn_the_decision(server, model, rows, tmp_path):
    expected = told(model, tmp_path, rows[:1], "--method", "whatif")
    answer = server.post("/v1/models/model/whatif", {"rows": rows[:1]})
    assert answer.status == 200
    assert answer.json["counterfactuals"] == expected["counterfactuals"]
    assert answer.json["before"] == expected["before"]


def test_what_changes_would_do(server, model, rows, tmp_path):
    name = next(name for name, value in rows[0].items() if isinstance(value, (int, float)))
    expected = told(model, tmp_path, rows[:1], "--change", f"{name}=3.5")
    answer = server.post("/v1/models/model/whatif", {"rows": rows[:1], "changes": {name: 3.5}})
    assert answer.status == 200
    for part in ("before", "after", "changes", "counterfactuals"):
        assert answer.json[part] == expected[part], part
    assert server.post("/v1/models/model/whatif", {"rows": rows[:1], "changes": {name: None}}).status == 200


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("explain", [], 400),
        ("explain", {"rows": []}, 400),
        ("explain", {"rows": [{}], "top": 0}, 400),
        ("explain", {"rows": [{}], "top": 1.5}, 400),
        ("explain", {"rows": [{}], "changes": {}}, 400),
        ("explain", {"top": 3}, 400),
        ("explain", [1], 400),
        ("explain", [{}] * 100_001, 413),
        ("whatif", {"rows": [{}, {}]}, 400),
        ("whatif", {"rows": [{}], "top": 3}, 400),
        ("whatif", {"rows": [{}], "changes": {"nobody": 1}}, 400),
        ("whatif", {"rows": [{}], "changes": []}, 400),
        ("whatif", {"rows": [{}], "changes": {"age": [1]}}, 400),
    ],
)
def test_what_cannot_be_explained(server, path, body, status):
    answer = server.post(f"/v1/models/model/{path}", body)
    assert answer.status == status, answer.body
    assert answer.json["type"].startswith("/errors/")


def test_methods_types_and_names(server, rows):
    assert server.get("/v1/models/model/explain").status == 405
    assert server.post("/v1/models/nobody/explain", rows[:1]).status == 404
    assert server.post("/v1/models/model/versions/1/explain", rows[:1]).status == 200
    assert server.post("/v1/models/model/whatif", "a,b\n", headers={"Content-Type": "text/csv"}).status == 415
    assert server.post("/v1/models/model/explain", "<a/>", headers={"Content-Type": "text/xml"}).status == 415


def test_more_than_the_time_allows_is_refused_and_nothing_else_suffers(model, rows):
    with Server(model, "--timeout", "0.3s") as running:
        answer = running.post("/v1/models/model/explain", rows[:1] * 50000)
        assert answer.status in (200, 408, 413)  # as fast as this machine is
        if answer.status == 413:
            assert answer.json["type"] == "/errors/explain-too-long"
        assert running.post("/v1/models/model/predict", rows[:1]).status == 200
