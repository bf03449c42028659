"""Requests that are sent again because their answer was lost: done once, answered as the first time."""

from __future__ import annotations

import sqlite3
import threading

import pytest
from test_serve_admin import served, tokens  # noqa: F401
from test_serve_registry import registry, second  # noqa: F401

ROLLBACK = "/v1/models/flights/aliases/champion/rollback"
LABEL = {"model": "flights", "items": [{"id": "a", "actual": True}]}


def test_labels_come_once(served, registry):  # noqa: F811
    predict = served["predict"]
    first = predict("POST", "/v1/feedback", LABEL, Idempotency_Key="k-1")
    assert (first.status, first.json["accepted"]) == (200, 1)
    assert "idempotency-replayed" not in first.headers
    again = predict("POST", "/v1/feedback", LABEL, Idempotency_Key="k-1")
    assert again.headers["idempotency-replayed"] == "true"
    assert again.body == first.body
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    other = predict("POST", "/v1/feedback", {**LABEL, "items": [{"id": "b", "actual": True}]}, Idempotency_Key="k-1")
    assert (other.status, other.json["type"]) == (422, "/errors/idempotency-reused")
    assert registry.rows("SELECT key FROM feedback") == [("a",)]
    # Another caller's key is another key.
    assert served["admin"]("POST", "/v1/feedback", LABEL, Idempotency_Key="k-1").json["repeated"] == 1
    without = predict("POST", "/v1/feedback", LABEL)
    assert (without.json["accepted"], without.json["repeated"]) == (0, 1)


def test_a_token_is_given_out_once_and_told_again(served, registry):  # noqa: F811
    admin, body = served["admin"], {"name": "ci", "scopes": ["predict"]}
    first = admin("POST", "/v1/tokens", body, Idempotency_Key="token:1")
    again = admin("POST", "/v1/tokens", body, Idempotency_Key="token:1")
    assert (first.status, again.status) == (201, 201)
    assert again.json == first.json
    assert admin("POST", "/v1/tokens", body, Idempotency_Key="token:2").status == 409
    # Neither the token nor the key can be read in the store.
    files = [path.read_bytes() for path in registry.store.parent.glob("store.db*")]
    assert not any(first.json["token"].encode() in content for content in files)
    assert not any(b"token:1" in content for content in files)
    assert len(registry.rows("SELECT * FROM idempotency_keys")) == 1


def test_one_rollback_for_one_key(served, registry):  # noqa: F811
    admin = served["admin"]
    for version in (2, 1, 2):
        registry.promote(version)
    first = admin("POST", ROLLBACK, {"reason": "x"}, Idempotency_Key="r")
    assert first.json["version"] == 1
    again = admin("POST", ROLLBACK, {"reason": "x"}, Idempotency_Key="r")
    assert (again.json, again.headers["etag"]) == (first.json, first.headers["etag"])
    assert registry.rows("SELECT version FROM aliases WHERE alias = 'champion'") == [(1,)]
    assert len(registry.rows("SELECT * FROM alias_changes WHERE kind = 'rollback'")) == 1


def test_a_refused_request_keeps_nothing(served, registry):  # noqa: F811
    admin = served["admin"]
    assert admin("POST", ROLLBACK, {}, Idempotency_Key="again").status == 409  # there was no champion before
    registry.promote(2)
    assert admin("POST", ROLLBACK, {}, Idempotency_Key="again").status == 200
    assert admin("POST", "/v1/tokens", {"name": "x"}, Idempotency_Key="t").status == 400
    assert admin("POST", "/v1/tokens", {"name": "x", "scopes": ["read"]}, Idempotency_Key="t").status == 201


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 129, 'a"', "k/1", "ä".encode().decode("latin-1")])
def test_keys_are_short_and_safe(served, key):  # noqa: F811
    answer = served["predict"]("POST", "/v1/feedback", LABEL, Idempotency_Key=key)
    assert (answer.status, answer.json["type"]) == (400, "/errors/idempotency-key")


def test_many_with_one_key_at_once(served, registry):  # noqa: F811
    told = []

    def send():
        for _ in range(5):
            told.append(served["admin"]("POST", "/v1/tokens", {"name": "one", "scopes": ["read"]}, Idempotency_Key="o"))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    good = [answer for answer in told if answer.status == 201]
    assert len({answer.body for answer in good}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in good) == 1
    assert all(a.json["type"] == "/errors/idempotency-running" for a in told if a.status != 201)
    assert {answer.status for answer in told} <= {201, 409}
    assert registry.rows("SELECT count(*) FROM tokens WHERE name = 'one'") == [(1,)]


def test_a_day_later_a_key_is_forgotten(served, registry):  # noqa: F811
    predict = served["predict"]
    assert predict("POST", "/v1/feedback", LABEL, Idempotency_Key="old").json["accepted"] == 1
    connection = sqlite3.connect(registry.store)
    connection.execute("UPDATE idempotency_keys SET created_at = '2020-01-01T00:00:00.000Z'")
    connection.commit()
    connection.close()
    assert predict("POST", "/v1/feedback", LABEL, Idempotency_Key="old").json["repeated"] == 1
    assert predict("POST", "/v1/feedback", LABEL, Idempotency_Key="new").json["repeated"] == 1
    assert len(registry.rows("SELECT * FROM idempotency_keys")) == 2


def test_predictions_do_not_take_keys(served, rows):  # noqa: F811
    told = [served["predict"]("POST", "/v1/models/flights/predict", rows[:1], Idempotency_Key="p") for _ in range(2)]
    assert [answer.status for answer in told] == [200, 200]
    assert "idempotency-replayed" not in told[1].headers
