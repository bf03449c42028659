"""`POST /v1/feedback`: labels reach the store once, and the answer says what they meet there."""

from __future__ import annotations

import json
import sqlite3
import threading

import pytest
from server import Server

PATH = "/v1/feedback"


@pytest.fixture
def store(tmp_path):
    return tmp_path / "store" / "store.db"


def labels(store) -> list[tuple]:
    connection = sqlite3.connect(store)
    try:
        return connection.execute("SELECT model, key_kind, key, actual, observed_at, weight FROM feedback").fetchall()
    finally:
        connection.close()


def test_labels_join_the_predictions_that_were_answered(model, rows, store, tmp_path):
    with Server(model, "--store", store, "--log-predictions", tmp_path / "log") as server:
        answered = server.post("/v1/models/model/predict", rows[:4]).json["predictions"]
        value = answered[0]["prediction"]
        items = [{"prediction_id": p["prediction_id"], "actual": value} for p in answered]
        first = server.post(PATH, {"model": "model", "items": items})
        assert first.status == 200, first.body
        assert first.json == {"accepted": 4, "repeated": 0, "conflicting": 0, "unknown": 0}
        assert server.post(PATH, {"items": items}).json == {
            "accepted": 0,
            "repeated": 4,
            "conflicting": 0,
            "unknown": 0,
        }
    with Server(model, "--store", store, "--log-predictions", tmp_path / "log") as server:  # now they are in a file
        more = [*items, {"prediction_id": "nobody:0", "actual": value}]
        assert server.post(PATH, more).json == {"accepted": 1, "repeated": 4, "conflicting": 0, "unknown": 1}
    assert len(labels(store)) == 5


def test_one_value_in_many_forms_and_another_value(model, rows, store):
    with Server(model, "--store", store) as server:
        told = server.post("/v1/models/model/predict", rows[:1]).json["predictions"][0]
        value = told["prediction"]
        other = next(k[12:-1] for k in told if k.startswith("probability[") and k[12:-1] != str(value).lower())
        forms = [value, json.dumps(value) if not isinstance(value, str) else f" {value} "]
        for i, form in enumerate(forms):
            got = server.post(PATH, [{"id": "r1", "actual": form}]).json
            assert (got["accepted"], got["repeated"]) == ((1, 0) if i == 0 else (0, 1))
        item = {"id": "r1", "actual": other, "observed_at": "2026-01-02T03:04:05.678+01:00", "weight": 2.5}
        assert server.post(PATH, [item]).json["conflicting"] == 1
        assert server.post(PATH, [{"prediction_id": "r1", "actual": value}]).json["accepted"] == 1
    kept = labels(store)
    assert len(kept) == 3
    assert ("model", "id", "r1", kept[1][3], "2026-01-02T02:04:05.678Z", 2.5) in kept


def test_csv_keeps_ids_as_they_are_written(model, rows, store):
    with Server(model, "--store", store) as server:
        value = server.post("/v1/models/model/predict", rows[:1]).json["predictions"][0]["prediction"]
        text = value if isinstance(value, str) else json.dumps(value)
        body = f"id,actual,observed_at,weight,note\n007,{text},2026-01-02,,x\n1e3,{text},,0.5,y\n"
        got = server.post(PATH + "?model=model", body, headers={"Content-Type": "text/csv"})
        assert got.status == 200, got.body
        assert got.json["accepted"] == 2
    assert {row[2] for row in labels(store)} == {"007", "1e3"}
    assert {row[5] for row in labels(store)} == {1.0, 0.5}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"items": []}, 400, "request-malformed"),
        ({"itens": [{}]}, 400, "request-key"),
        ([{"id": "a", "actual": 1, "wieght": 1}], 400, "request-key"),
        ([7], 400, "request-malformed"),
        ("", 400, "request-malformed"),
        ([{"id": "a"}], 422, "feedback-item"),
        ([{"id": "a", "actual": None}], 422, "feedback-item"),
        ([{"id": "a", "actual": {"x": 1}}], 422, "feedback-item"),
        ([{"actual": True}], 422, "feedback-item"),
        ([{"id": "a", "prediction_id": "b", "actual": True}], 422, "feedback-item"),
        ([{"id": "a" * 1025, "actual": True}], 422, "feedback-item"),
        ([{"id": "a", "actual": True, "observed_at": "soon"}], 422, "feedback-item"),
        ([{"id": "a", "actual": True, "weight": -1}], 422, "feedback-item"),
        ({"model": "nobody", "items": [{"id": "a", "actual": 1}]}, 404, "model-not-found"),
        ({"model": 3, "items": [{"id": "a", "actual": 1}]}, 400, "request-malformed"),
        ([{"id": str(i), "actual": True} for i in range(10_001)], 413, "too-many-rows"),
    ],
)
def test_what_cannot_be_kept_is_refused_whole(model, store, body, status, code, serving):
    good = {"id": "good", "actual": True}
    if isinstance(body, list) and len(body) == 1 and isinstance(body[0], dict):
        body = [good, *body]
    got = serving.post(PATH, body, headers={"Content-Type": "application/json"})
    assert (got.status, got.json.get("code", None)) == (status, got.json["code"])
    assert got.json["type"] == f"/errors/{code}"
    assert serving.post(PATH, [good]).json["repeated"] == 1


@pytest.fixture(scope="module")
def serving(model, tmp_path_factory):
    with Server(model, "--store", tmp_path_factory.mktemp("labels") / "store.db") as server:
        assert server.post(PATH, [{"id": "good", "actual": True}]).json["accepted"] == 1
        yield server


def test_without_a_place_for_a_store(model):
    nowhere = {"TAGWERK_HOME": "", "HOME": "", "XDG_DATA_HOME": ""}
    with Server(model, env=nowhere, cwd="/") as server:
        got = server.post(PATH, [{"id": "a", "actual": True}])
        assert got.status == 409
        assert got.json["type"] == "/errors/store-none"


def test_scopes(model, store, tmp_path):
    (tmp_path / "tokens").write_text("tw_reader_of_these_tests read\ntw_predictor_of_these_tests predict\n")
    with Server(model, "--store", store, "--token-file", tmp_path / "tokens") as server:
        for token, status in (
            ("tw_reader_of_these_tests", 403),
            ("tw_predictor_of_these_tests", 200),
            ("tw_nobody_of_these_tests", 401),
        ):
            headers = {"Authorization": f"Bearer {token}"}
            assert server.post(PATH, [{"id": token, "actual": True}], headers=headers).status == status
    assert len(labels(store)) == 1


def test_many_at_once_each_counted_once(model, store):
    totals = []
    with Server(model, "--store", store) as server:

        def send(part):
            items = [{"id": f"r{i}", "actual": True} for i in range(part * 50, part * 50 + 100)]
            totals.append(server.post(PATH, items).json)

        threads = [threading.Thread(target=send, args=(part,)) for part in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sum(total["accepted"] for total in totals) == 450
    assert sum(total["repeated"] for total in totals) == 350
    assert len(labels(store)) == 450
