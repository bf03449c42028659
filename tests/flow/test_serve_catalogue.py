"""What can be looked at over HTTP: models and versions that are not served too, runs, their files, the store."""

from __future__ import annotations

import json
import subprocess

import pytest
from conftest import PROGRAM
from server import Server
from test_serve_admin import Client
from test_serve_registry import Registry, registry, second, wait_for  # noqa: F401
from test_serve_tokens import Tokens


def version_item(client, version):
    items = client("GET", "/v1/models").json["items"]
    return next(item for item in items if (item["name"], item["version"]) == ("flights", version))


@pytest.fixture
def three(registry, model, tmp_path):  # noqa: F811
    """Version 3 has no alias; `trees` is not served at all; `file` is a file beside the registry."""
    registry("models", "register", model, "--name", "flights")
    registry("models", "promote", "flights:3", "--as", "spare")
    registry("models", "promote", "flights:2", "--as", "spare")
    registry("models", "promote", "flights:2", "--as", "challenger")
    registry("models", "register", model, "--name", "trees")
    tokens = Tokens(tmp_path)
    given = {scope: tokens.add(scope, scope) for scope in ("read", "predict", "admin")}
    with registry.serve("flights", f"--model=file={model}") as running:
        yield {scope: Client(running, token) for scope, token in given.items()}
    assert running.code == 0


def test_what_is_not_served_is_listed_too(three, rows):
    read = three["read"]
    assert three["predict"]("GET", "/v1/models").status == 403
    items = read("GET", "/v1/models").json["items"]
    told = [(item["name"], item["version"], item["served"], item["registered"], item["current"]) for item in items]
    assert told == [
        ("file", 1, True, False, True),
        ("flights", 3, False, True, False),
        ("flights", 2, True, True, False),
        ("flights", 1, True, True, True),
        ("trees", 1, False, True, False),
    ]
    assert items[1]["inputs"] is None
    assert items[3]["inputs"] > 3
    assert items[3]["aliases"] == ["champion"]
    assert len(items[1]["sha256"]) == 64
    assert items[1]["created_at"].startswith("20")
    assert items[0]["sha256"] is None
    assert not any("path" in item for item in items)
    seen, cursor = [], ""
    while cursor is not None:
        page = read("GET", f"/v1/models?limit=2&cursor={cursor}").json
        seen += page["items"]
        cursor = page["next_cursor"]
    assert seen == items
    shown = read("GET", "/v1/models/flights").json
    assert [item["version"] for item in shown["versions"]] == [3, 2, 1]
    assert (shown["version"], shown["served"], shown["registry"]["aliases"]) == (1, True, ["champion"])
    assert shown["schema"] == "tagwerk.model/1"
    assert read("GET", "/v1/models/flights?alias=challenger").json["version"] == 2
    unserved = read("GET", "/v1/models/trees").json
    assert (unserved["version"], unserved["served"], unserved["registry"]["aliases"]) == (1, False, ["champion"])
    third = read("GET", "/v1/models/flights/versions/3").json
    assert (third["served"], third["registry"]["version"]) == (False, 3)
    assert "versions" not in third
    for path in ("/v1/models/nobody", "/v1/models/flights/versions/9", "/v1/models/flights/versions/x"):
        assert read("GET", path).status == 404, path


def test_a_version_without_alias_says_how_it_is_served(three, rows):
    refused = three["predict"]("POST", "/v1/models/flights/versions/3/predict", rows[:1])
    assert refused.status == 404
    assert any("promote flights:V --as" in line for line in refused.json["do"])
    assert three["predict"]("POST", "/v1/models/file/versions/3/predict", rows[:1]).json["do"] == []
    admin = three["admin"]
    put = admin("PUT", "/v1/models/flights/aliases/third", {"version": 3}, If_None_Match="*")
    assert put.status == 200
    ask = lambda: three["predict"]("POST", "/v1/models/flights/versions/3/predict", rows[:1]).status  # noqa: E731
    assert wait_for(lambda: ask() == 200)
    assert version_item(three["read"], 3)["served"] is True


def test_files_of_versions(three, registry, model):  # noqa: F811
    read = three["read"]
    answer = read("GET", "/v1/models/flights/versions/3/file")
    assert answer.status == 200
    assert answer.body == model.read_bytes()
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == 'attachment; filename="flights-3.tw"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert read("HEAD", "/v1/models/flights/versions/3/file").headers["content-length"] == str(len(answer.body))
    assert three["predict"]("GET", "/v1/models/flights/versions/3/file").status == 403
    for part in ("report", "card"):  # a file that was registered has none
        refused = read("GET", f"/v1/models/flights/versions/1/{part}")
        assert (refused.status, refused.json["type"]) == (404, "/errors/file-not-kept")
    assert read("GET", "/v1/models/flights/versions/9/file").status == 404
    assert read("GET", "/v1/models/flights/versions/-1/file").status == 404
    (path,) = registry.store.parent.glob(f"models/{version_item(read, 3)['sha256']}.tw")
    path.unlink()
    gone = read("GET", "/v1/models/flights/versions/3/file")
    assert (gone.status, gone.json["type"]) == (404, "/errors/file-not-kept")
    assert str(registry.store.parent) not in gone.body.decode()


@pytest.fixture(scope="module")
def trained(wine, tmp_path_factory):
    """A store with three runs, the last two of them under one name, and who may look at it."""
    folder = tmp_path_factory.mktemp("trained")
    words = [
        "--target",
        "cultivar",
        "--trials",
        "2",
        "--learners",
        "logistic",
        "--store",
        folder / "store" / "store.db",
    ]
    for name in ("first", "wine", "wine"):
        out = folder / f"out-{len(list(folder.glob('out-*')))}"
        command = [PROGRAM, "run", wine, *words, "--name", name, "--out", out, "--store", folder / "store" / "store.db"]
        subprocess.run(list(map(str, command)), check=True, capture_output=True, timeout=120)
    tokens = Tokens(folder)
    given = {scope: tokens.add(scope, scope) for scope in ("read", "predict", "admin")}
    with Server("wine", "--store", folder / "store" / "store.db") as running:
        yield {**{scope: Client(running, token) for scope, token in given.items()}, "folder": folder}
    assert running.code == 0


def test_runs_are_listed_in_pages(trained):
    read = trained["read"]
    assert trained["predict"]("GET", "/v1/runs").status == 403
    items = read("GET", "/v1/runs").json["items"]
    assert [item["name"] for item in items] == ["wine", "wine", "first"]
    assert items == sorted(items, key=lambda item: item["started_at"], reverse=True)
    assert items[0]["status"] == "done"
    assert items[0]["score"] > 0
    assert "folder" not in items[0]
    for sort in ("-started_at", "started_at"):
        seen, cursor = [], ""
        while cursor is not None:
            page = read("GET", f"/v1/runs?sort={sort}&limit=1&cursor={cursor}").json
            seen += page["items"]
            cursor = page["next_cursor"]
        assert seen == (items if sort[0] == "-" else items[::-1])
    assert [item["id"] for item in read("GET", "/v1/runs?status=done&name=first").json["items"]] == [items[2]["id"]]
    assert read("GET", "/v1/runs?status=failed").json == {"items": [], "next_cursor": None}
    for query in ("status=lost", "sort=score", "limit=0", "limit=501", "limit=x"):
        assert read("GET", f"/v1/runs?{query}").status == 400, query


def test_a_run_its_leaderboard_and_files(trained):
    read, run = trained["read"], trained["read"]("GET", "/v1/runs").json["items"][0]
    path = f"/v1/runs/{run['id']}"
    document = read("GET", path).json
    assert (document["schema"], document["id"]) == ("tagwerk.run/1", run["id"])
    assert read("GET", "/v1/runs/last").json["id"] == run["id"]
    board = read("GET", f"{path}/leaderboard").json["items"]
    ranked = [trial["rank"] for trial in board if trial["rank"] is not None]
    assert ranked == sorted(ranked)
    assert {trial["baseline"] for trial in board} == {True, False}
    assert all(isinstance(trial["parameters"], dict) for trial in board)
    one = read("GET", f"{path}/leaderboard?limit=1").json
    assert one["items"] == board[:1]
    assert read("GET", f"{path}/leaderboard?cursor={one['next_cursor']}").json["items"] == board[1:]
    files = {item["name"]: item for item in read("GET", f"{path}/files").json["items"]}
    assert {"run.json", "report.html", "card.md", "leaderboard.csv"} <= set(files)
    types = {
        ".json": "application/json",
        ".tw": "application/octet-stream",
        ".md": "text/markdown; charset=utf-8",
        ".csv": "text/csv; charset=utf-8",
    }
    for name, item in files.items():
        answer = read("GET", f"{path}/files/{name}")
        assert (answer.status, len(answer.body)) == (200, item["bytes"]), name
        if name != "report.html":
            ending = name[name.rindex(".") :]
            assert answer.headers["content-type"] == types.get(ending, "application/vnd.apache.parquet")
            assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    kept = json.loads(read("GET", f"{path}/files/run.json").body)
    assert kept == document
    version = f"/v1/models/wine/versions/{run['version']}"
    assert read("GET", f"{version}/report").body == read("GET", f"{path}/report").body
    assert read("GET", f"{version}/card").body == read("GET", f"{path}/files/card.md").body


def test_reports_run_their_own_scripts_and_load_nothing(trained):
    answer = trained["read"]("GET", "/v1/runs/last/report")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'unsafe-inline'"
    assert "allow-scripts" in policy["sandbox"]
    assert "allow-same-origin" not in policy["sandbox"]
    assert "connect-src" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "name",
    ["..", "../store.db", "..%2f..%2fstore.db", "%2e%2e%2fstore.db", "..%5cstore.db", "/etc/passwd", "%2fetc%2fpasswd",
     "model.tw%00.html", "run.json/", "RUN.JSON", "run%2ejson%20", "store.db"],
)  # fmt: skip
def test_no_name_leads_out_of_the_store(trained, name):
    for path in (f"/v1/runs/last/files/{name}", f"/v1/runs/{name}/report", f"/v1/models/wine/versions/{name}/file"):
        answer = trained["admin"]("GET", path)
        assert answer.status == 404, path
        assert b"root:" not in answer.body


def test_errors_name_no_folder_of_the_machine(trained):
    told = trained["read"]("GET", "/v1/runs/nothing").json
    assert told["type"] == "/errors/run-not-found"
    assert "/" not in told["where"]["file"]
    assert told["where"]["file"].endswith(".db")


def test_the_store_and_the_learners(trained):
    assert trained["read"]("GET", "/v1/store").status == 403
    answer = trained["admin"]("GET", "/v1/store")
    facts = answer.json
    assert facts["exists"] is True
    assert facts["schema_version"] >= 3
    assert facts["tables"]["runs"] == 3
    assert facts["artifacts"]["bytes"] > 1000
    assert facts["database_bytes"] > 1000
    assert str(trained["folder"]) not in answer.body.decode()
    learners = {item["id"]: item for item in trained["read"]("GET", "/v1/learners").json["items"]}
    rate = {p["name"]: p for p in learners["gradient_boosting"]["parameters"]}["learning_rate"]
    assert rate["low"] < rate["default"] < rate["high"]
    assert "binary" in learners["logistic"]["tasks"]


def test_a_run_is_deleted(wine, tagwerk, tmp_path):
    store = tmp_path / "store" / "store.db"
    words = ["--target", "cultivar", "--trials", "1", "--learners", "logistic", "--report", "none", "--store", store]
    assert tagwerk("run", wine, *words, "--name", "w", "--out", tmp_path / "out").code == 0
    tokens = Tokens(tmp_path)
    read, admin = tokens.add("read", "read"), tokens.add("admin", "admin")
    with Server("w", "--store", store) as running:
        run = Client(running, read)("GET", "/v1/runs").json["items"][0]["id"]
        assert Client(running, read)("DELETE", f"/v1/runs/{run}").status == 403
        assert Client(running, admin)("DELETE", "/v1/runs/nobody").status == 404
        done = Client(running, admin)("DELETE", f"/v1/runs/{run}")
        assert (done.status, done.json) == (200, {"id": run, "deleted": True})
        assert Client(running, admin)("DELETE", f"/v1/runs/{run}").status == 404
        assert Client(running, read)("GET", "/v1/runs").json["items"] == []
        assert Client(running, read)("GET", "/v1/models/w/versions/1").json["registry"]["run"] is None
        lines = Client(running, admin)("GET", "/v1/audit").json["items"]
        assert any((line["actor"], line["action"]) == ("token admin", "run.delete") for line in lines)
    assert (tmp_path / "out" / "run.json").exists()


def test_without_a_store_what_is_served_is_listed(model):
    with Server(model, env={"TAGWERK_HOME": "", "HOME": "", "XDG_DATA_HOME": ""}, cwd="/") as running:
        items = running.get("/v1/models").json["items"]
        assert [(item["name"], item["served"], item["registered"]) for item in items] == [("model", True, False)]
        assert running.get("/v1/models/model").json["schema"] == "tagwerk.model/1"
        assert running.get("/v1/models/nobody").status == 404
