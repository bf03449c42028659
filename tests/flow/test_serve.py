"""`tagwerk serve`: what is predicted there is what `tagwerk predict` says, in every form of request."""

from __future__ import annotations

import csv
import io
import json
import struct
import subprocess

import pytest
from conftest import PROGRAM
from server import Server


@pytest.fixture(scope="module")
def predicted(model, rows, tmp_path_factory):
    """What the command says of these rows."""
    folder = tmp_path_factory.mktemp("predicted")
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ["predict", model, folder / "rows.jsonl", "--reasons", "2", "-o", folder / "out.csv"]
    subprocess.run([PROGRAM, *map(str, words)], check=True, capture_output=True, timeout=100)
    return list(csv.DictReader(io.StringIO((folder / "out.csv").read_text())))


@pytest.fixture(scope="module")
def server(model):
    with Server(model, f"--model=other={model}") as running:
        yield running
    assert running.code == 0


def same(told: dict, expected: dict) -> bool:
    """Whether a row of JSON holds the texts of a row of CSV."""
    for name, text in expected.items():
        if name.startswith("reason"):
            continue
        value = told[name]
        if isinstance(value, float) or name.startswith("probability"):
            if float(text) != value:
                return False
        elif text != (str(value).lower() if isinstance(value, bool) else str(value)):
            return False
    return True


def test_rows_are_predicted_as_the_command_does(server, rows, predicted):
    answer = server.post("/v1/models/model/predict", rows)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    document = answer.json
    assert document["schema"] == "tagwerk.predictions/1"
    assert (document["model"], document["version"]) == ("model", 1)
    assert document["request_id"] == answer.headers["x-request-id"]
    assert len(document["predictions"]) == len(rows)
    for number, (told, expected) in enumerate(zip(document["predictions"], predicted, strict=False)):
        assert told["prediction_id"] == f"{document['request_id']}:{number}"
        assert same(told, expected)


def test_one_row_alone_has_the_same_bits(server, rows, predicted):
    for row, expected in zip(rows[:10], predicted, strict=False):
        told = server.post("/v1/models/model/predict", [row]).json["predictions"][0]
        assert same(told, expected)


def test_reasons_and_names_of_rows(server, rows, predicted):
    named = [{**row, "key": f"k{i}"} for i, row in enumerate(rows[:3])]
    answer = server.post("/v1/models/model/predict", {"rows": named, "reasons": 2, "id": "key"})
    assert answer.status == 200
    for i, told in enumerate(answer.json["predictions"]):
        assert told["prediction_id"] == f"k{i}"
        assert [told["reason_1"], told["reason_2"]] == [predicted[i]["reason_1"], predicted[i]["reason_2"]]


def test_absent_keys_and_new_categories_warn(server, rows):
    row = {**rows[0], "city": "Atlantis"}
    del row["age"]
    answer = server.post("/v1/models/model/predict", [row, rows[1]])
    assert answer.status == 200
    warnings = {(w["id"], w["column"]): w["rows"] for w in answer.json["warnings"]}
    assert warnings[("column-missing", "age")] == 1
    assert warnings[("new-category", "city")] == 1


def test_a_wrong_type_names_row_and_column_and_fails_the_request(server, rows):
    answer = server.post("/v1/models/model/predict", [rows[0], {**rows[1], "age": "old"}])
    assert answer.status == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json
    assert problem["type"] == "/errors/type-changed"
    assert (problem["where"]["row"], problem["where"]["column"]) == (2, "age")
    assert "old" in problem["detail"]


def tensors(server, rows):
    inputs = server.get("/v2/models/model").json["inputs"]
    out = []
    for entry in inputs:
        values = [row[entry["name"]] for row in rows]
        if entry["datatype"] == "BYTES":
            values = [None if v is None else str(v) for v in values]
        out.append({"name": entry["name"], "datatype": entry["datatype"], "shape": [len(rows)], "data": values})
    return out


def test_tensors_by_column(server, rows, predicted):
    answer = server.post("/v2/models/model/infer", {"id": "seven", "inputs": tensors(server, rows)})
    assert answer.status == 200, answer.body
    document = answer.json
    assert (document["model_name"], document["model_version"], document["id"]) == ("model", "1", "seven")
    outputs = {entry["name"]: entry for entry in document["outputs"]}
    for number, expected in enumerate(predicted):
        assert same({name: entry["data"][number] for name, entry in outputs.items()}, expected)


def test_chosen_outputs_only(server, rows):
    names = [entry["name"] for entry in server.get("/v2/models/model").json["outputs"]]
    body = {"inputs": tensors(server, rows[:2]), "outputs": [{"name": names[-1]}]}
    assert [o["name"] for o in server.post("/v2/models/model/infer", body).json["outputs"]] == [names[-1]]


def test_binary_tensors_both_ways(server, rows, predicted):
    plain = tensors(server, rows)
    raw = b""
    for entry in plain:
        if entry["datatype"] == "FP64":
            part = b"".join(struct.pack("<d", float("nan") if v is None else v) for v in entry["data"])
        elif entry["datatype"] == "BOOL":
            continue
        else:
            texts = [("" if v is None else v).encode() for v in entry["data"]]
            part = b"".join(struct.pack("<I", len(t)) + t for t in texts)
        del entry["data"]
        entry["parameters"] = {"binary_data_size": len(part)}
        raw += part
    head = json.dumps({"inputs": plain, "parameters": {"binary_data_output": True}}).encode()
    answer = server.post(
        "/v2/models/model/infer", head + raw, headers={"Inference-Header-Content-Length": str(len(head))}
    )
    assert answer.status == 200, answer.body
    length = int(answer.headers["inference-header-content-length"])
    left = answer.body[length:]
    document = json.loads(answer.body[:length])
    got = {}
    for entry in document["outputs"]:
        size = entry["parameters"]["binary_data_size"]
        part, left = left[:size], left[size:]
        if entry["datatype"] == "FP64":
            got[entry["name"]] = struct.unpack(f"<{len(rows)}d", part)
    assert left == b""
    for name, values in got.items():
        assert [float(row[name]) for row in predicted] == list(values)


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (lambda b: b["inputs"].pop(), "lacks inputs"),
        (lambda b: b["inputs"][0].update(name="agee"), "no input of this name"),
        (lambda b: b["inputs"][0].update(shape=[3]), "shape"),
        (lambda b: b["inputs"][0].update(datatype="FP65"), "datatype"),
        (lambda b: b["inputs"][0].update(data=[[1], [[2]], 3]), "shape"),
        (lambda b: b["inputs"].append(dict(b["inputs"][0])), "twice"),
        (lambda b: b.update(outputs=[{"name": "nothing"}]), "no output"),
        (lambda b: b.update(inputs={}), "inputs"),
    ],
)
def test_wrong_tensors_are_400_with_one_sentence(server, rows, change, part):
    body = {"inputs": tensors(server, rows[:2])}
    change(body)
    answer = server.post("/v2/models/model/infer", body)
    assert answer.status == 400
    assert list(answer.json) == ["error"]
    assert part in answer.json["error"]


def test_inference_protocol_says_what_it_is(server):
    assert server.get("/v2").json["extensions"] == ["binary_tensor_data"]
    assert server.get("/v2/health/live").json == {"live": True}
    assert server.get("/v2/health/ready").json == {"ready": True}
    assert server.get("/v2/models/model/ready").status == 200
    described = server.get("/v2/models/model/versions/1").json
    assert described["versions"] == ["1"]
    assert {entry["shape"][0] for entry in described["inputs"]} == {-1}
    assert server.get("/v2/models/nothing").status == 404
    assert server.get("/v2/models/model/versions/9").status == 404


def test_mlflow_forms(model, rows, predicted):
    def label(value):
        return str(value).lower() if isinstance(value, bool) else str(value)

    expected = [row["prediction"] for row in predicted]
    names = list(rows[0])
    forms = [
        {"dataframe_records": rows},
        {"dataframe_split": {"columns": names, "data": [[row[n] for n in names] for row in rows]}},
        {"instances": rows},
        {"inputs": {n: [row[n] for row in rows] for n in names}},
    ]
    with Server(model) as alone:
        for form in forms:
            answer = alone.post("/invocations", form)
            assert answer.status == 200, (form.keys(), answer.body)
            assert [label(v) for v in answer.json["predictions"]] == expected
        assert alone.post("/invocations", {"rows": rows}).json["error_code"] == "BAD_REQUEST"
        assert alone.get("/ping").status == alone.get("/health").status == 200
        assert alone.get("/version").body


def csv_of(rows) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def test_rows_as_csv(server, rows, predicted):
    answer = server.post("/v1/models/model/predict?reasons=2", csv_of(rows), headers={"Content-Type": "text/csv"})
    assert answer.status == 200, answer.body
    assert answer.headers["content-type"].startswith("text/csv")
    told = list(csv.DictReader(io.StringIO(answer.body.decode())))
    names = [name for name in told[0] if name != "prediction_id"]
    assert [[row[n] for n in names] for row in told] == [[row[n] for n in names] for row in predicted]
    as_json = server.post(
        "/v1/models/model/predict", csv_of(rows), headers={"Content-Type": "text/csv", "Accept": "application/json"}
    )
    assert all(same(one, expected) for one, expected in zip(as_json.json["predictions"], predicted, strict=False))
    wrong = csv_of([{**rows[0], "age": "old"}, rows[1]])
    assert server.post("/v1/models/model/predict", wrong, headers={"Content-Type": "text/csv"}).status == 422
    assert server.post("/v1/models/model/predict", "a\n1\n", headers={"Content-Type": "text/csv"}).status == 400
    assert server.post("/v1/models/model/predict", rows, headers={"Accept": "image/png"}).status == 406


def test_rows_as_arrow(server, rows, predicted):
    import pyarrow as pa

    table = pa.Table.from_pylist(rows)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    kind = {"Content-Type": "application/vnd.apache.arrow.stream"}
    answer = server.post("/v1/models/model/predict", sink.getvalue().to_pybytes(), headers=kind)
    assert answer.status == 200, answer.body
    told = pa.ipc.open_stream(answer.body).read_all().to_pylist()
    assert all(same(one, expected) for one, expected in zip(told, predicted, strict=False))
    assert server.post("/v1/models/model/predict", b"no arrow", headers=kind).status == 400
    for cut in (8, 100, 700):
        broken = sink.getvalue().to_pybytes()[:cut]
        assert 400 <= server.post("/v1/models/model/predict", broken, headers=kind).status < 500


def test_several_models_and_which_one_is_meant(server, rows):
    items = server.get("/v1/models").json["items"]
    listed = {item["name"]: item["version"] for item in items if item["served"]}
    assert listed == {"model": 1, "other": 1}
    assert server.post("/v1/models/other/versions/1/predict", rows).json["model"] == "other"
    assert server.post("/invocations", {"instances": rows}).status == 400
    missing = server.post("/v1/models/modell/predict", rows)
    assert missing.status == 404
    assert missing.json["similar"] == ["model"]
