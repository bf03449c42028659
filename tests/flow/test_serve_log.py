"""`tagwerk serve --log-predictions`: what was answered is in whole Parquet files, whatever happens to the server."""

from __future__ import annotations

import csv
import json
import re
import resource
import signal
import sqlite3
import subprocess
import threading
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import PROGRAM
from server import Server


@pytest.fixture(scope="module")
def numbers(wine, tmp_path_factory):
    """A model of numbers only: single rows take the short path."""
    out = tmp_path_factory.mktemp("numbers") / "run"
    words = ["run", wine, "--target", "cultivar", "--trials", "2", "--learners", "gradient_boosting", "--out", out]
    subprocess.run([PROGRAM, *map(str, words), "--report", "none"], check=True, capture_output=True, timeout=300)
    return out / "model.tw"


def files(folder):
    """What a reader that looks for *.parquet sees."""
    return sorted(folder.glob("**/*.parquet"))


def rows_of(folder) -> list[dict]:
    return [row for file in files(folder) for row in pq.read_table(file, partitioning=None).to_pylist()]


def first_row(wine) -> dict[str, float]:
    with wine.open() as file:
        cells = next(csv.DictReader(file))
    return {name: float(text) for name, text in cells.items() if name != "cultivar"}


def figure(server, name) -> float:
    return float(re.search(rf"^{re.escape(name)} (\S+)$", server.get("/metrics").body.decode(), re.M)[1])


def test_every_form_of_request_is_logged_as_it_was_answered(model, rows, tmp_path):
    answered = {}
    with Server(model, "--log-predictions", tmp_path / "log") as server:
        path = "/v1/models/model/predict"
        for given in (rows[:1], rows[:7], {"rows": rows[7:9], "id": "age"}):
            for row in server.post(path, given).json["predictions"]:
                answered[row.pop("prediction_id")] = row
        told = server.post(
            path, "age,city\n41,Bern\n", headers={"Content-Type": "text/csv", "Accept": "application/json"}
        )
        for row in told.json["predictions"]:
            answered[row.pop("prediction_id")] = row
        kept = {"X-Request-Id": "mine"}
        for i, label in enumerate(
            server.post("/invocations", {"dataframe_records": rows[:2]}, headers=kept).json["predictions"]
        ):
            answered[f"mine:{i}"] = {"prediction": label}
        names = [tensor["name"] for tensor in server.get("/v2/models/model").json["inputs"]]
        tensors = [
            {
                "name": n,
                "shape": [2],
                "datatype": "BYTES",
                "data": [None if r[n] is None else str(r[n]) for r in rows[:2]],
            }
            for n in names
        ]
        inferred = server.post("/v2/models/model/infer", {"id": "v2", "inputs": tensors})
        assert inferred.status == 200, inferred.body
        for i in range(2):
            answered[f"v2:{i}"] = {o["name"]: o["data"][i] for o in inferred.json["outputs"]}
        assert server.post(path, [{"age": {"no": "number"}}]).status in (200, 422)
        refused = server.post(path, "[", headers={"Content-Type": "application/json"})
        assert refused.status == 400
    logged = {row["prediction_id"]: row for row in rows_of(tmp_path / "log")}
    assert set(answered) <= set(logged)
    for key, row in answered.items():
        for name, value in row.items():
            assert logged[key][name] == value, (key, name)
    first = next(row for key, row in logged.items() if key.endswith(":0") and row["input.age"] == rows[0]["age"])
    assert first["route"] == "champion"
    assert first["latency_us"] >= 0
    for name in rows[0]:
        if f"input.{name}" in first and isinstance(rows[0][name], (int, float)):
            assert first[f"input.{name}"] == rows[0][name]
    assert any("column-missing:" in warning for row in logged.values() for warning in row["warnings"])


def test_types_and_places(model, rows, tmp_path):
    with Server(f"--model=a/b={model}", "--log-predictions", tmp_path / "log") as server:
        assert server.post("/v1/models/a%2Fb/predict", rows[:3]).status == 200
        day = time.strftime("%Y-%m-%d", time.gmtime())
    (file,) = files(tmp_path / "log")
    assert file.parent.name == f"date={day}"
    assert file.parent.parent.name == "1"
    assert file.parent.parent.parent == tmp_path / "log" / "a%2Fb"
    schema = pq.read_schema(file)
    assert schema.names[:3] == ["prediction_id", "time", "route"]
    assert schema.field("time").type == pa.timestamp("us", tz="UTC")
    assert schema.field("latency_us").type == pa.int32()
    assert schema.field("warnings").type == pa.list_(pa.string())
    assert schema.field("input.age").type == pa.float64()
    assert schema.field("input.city").type == pa.string()


def test_killed_under_load_only_whole_files_are_seen(numbers, wine, tmp_path):
    import polars

    row = first_row(wine)
    sent = [0, 0, 0]
    with Server(numbers, "--log-predictions", tmp_path / "log") as server:

        def ask(i):
            connection = server.connect()
            try:
                while True:
                    server.post("/v1/models/model/predict", [row] * 200, connection=connection)
                    sent[i] += 200
            except Exception:
                return

        threads = [threading.Thread(target=ask, args=(i,)) for i in range(3)]
        for thread in threads:
            thread.start()
        end = time.monotonic() + 60
        while len(files(tmp_path / "log")) < 2 and time.monotonic() < end:
            time.sleep(0.2)
        time.sleep(1)
        server.process.send_signal(signal.SIGKILL)
        for thread in threads:
            thread.join()
    whole = files(tmp_path / "log")
    assert whole, "files"
    assert list((tmp_path / "log").glob("**/.*.tmp-*")), "one that was being filled"
    kept = sum(pq.read_table(file, partitioning=None).num_rows for file in whole)
    assert kept == sum(polars.read_parquet(file).height for file in whole)
    assert 10_000 <= kept <= sum(sent) + 3 * 200
    with Server(numbers, "--log-predictions", tmp_path / "log"):
        assert not list((tmp_path / "log").glob("**/.*.tmp-*"))
    assert files(tmp_path / "log") == whole


def test_a_disk_without_room_stops_no_answer(numbers, wine, tmp_path):
    row = first_row(wine)
    with Server(numbers, "--log-predictions", tmp_path / "log") as server:
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        for _ in range(30):
            rows = [{**row, "alcohol": i / 7} for i in range(2000)]
            assert server.post("/v1/models/model/predict", rows).status == 200
        end = time.monotonic() + 40
        name = 'tagwerk_prediction_log_dropped_total{reason="not_written"}'
        while figure(server, name) < 60_000 and time.monotonic() < end:
            time.sleep(0.2)
        dropped = figure(server, name)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    assert server.code == 0
    assert dropped > 10_000
    assert server.stderr.count("not logged") == 1
    assert not [path for path in (tmp_path / "log").glob("**/*") if ".tmp-" in path.name]


def test_the_store_knows_the_files_below_it(model, rows, tmp_path):
    store = tmp_path / "store" / "store.db"
    words = [PROGRAM, "models", "register", model, "--name", "flights", "--store", store]
    subprocess.run([*map(str, words)], check=True, capture_output=True, timeout=100)
    log = tmp_path / "store" / "predictions"
    with Server("flights", f"--model=other={model}", "--store", store, "--log-predictions", log) as server:
        for name in ("flights", "other"):
            assert server.post(f"/v1/models/{name}/predict", rows[:5]).status == 200
    connection = sqlite3.connect(store)
    known = connection.execute(
        "SELECT path, model, version, row_count, bytes, first_at, last_at FROM prediction_segments"
    )
    told = {row[1]: row for row in known}
    connection.close()
    assert told["flights"][2] == 1
    assert told["other"][2] == 0
    for path, _, _, count, size, first, last in told.values():
        file = store.parent / path
        assert path.startswith("predictions/")
        assert file.stat().st_size == size
        assert pq.read_metadata(file).num_rows == count == 5
        assert first <= last <= time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 1))
    check = subprocess.run([PROGRAM, "store", "check", "--store", store, "--json"], capture_output=True, timeout=100)
    assert json.loads(check.stdout)["problems"] == []


def test_a_folder_that_cannot_be_is_refused_at_the_start(model, tagwerk, tmp_path):
    (tmp_path / "file").write_text("")
    told = tagwerk("serve", model, "--port", "0", "--log-predictions", tmp_path / "file" / "log")
    assert told.code == 5
    assert "file" in told.err
