"""Tokens of the store at the server: scopes, revocation, expiry, and what holds while the store cannot be asked."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import time

import pytest
from conftest import PROGRAM
from server import Server
from test_serve_registry import wait_for


class Tokens:
    def __init__(self, folder):
        self.store = folder / "store" / "store.db"

    def __call__(self, *words):
        words = ["store", "tokens", *words, "--store", self.store]
        done = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, timeout=100)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode().split()[-1]

    def add(self, name, scope, *words):
        return self("add", name, "--scope", scope, *words)


@pytest.fixture
def tokens(tmp_path):
    return Tokens(tmp_path)


def status(running, token, method="GET", path="/v2", body=None, connection=None):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return running.ask(method, path, body, headers=headers, connection=connection).status


def test_scopes_of_stored_tokens(tokens, model, rows):
    given = {scope: tokens.add(scope, scope) for scope in ("predict", "read", "admin")}
    with Server(model, "--store", tokens.store) as running:
        predict = ("POST", "/v1/models/model/predict", rows)
        allowed = {kind: status(running, token, *predict) for kind, token in given.items()}
        assert allowed == {"predict": 200, "read": 403, "admin": 200}
        allowed = {kind: status(running, token, path="/metrics") for kind, token in given.items()}
        assert allowed == {"predict": 403, "read": 200, "admin": 200}
        assert status(running, None, *predict) == 401
        assert status(running, given["read"][:-1]) == 401
        assert status(running, None, path="/v2/health/live") == 200
    assert not any(token in running.stderr for token in given.values())


def test_a_token_comes_is_revoked_and_expires_while_serving(tokens, model, rows):
    with Server(model, "--store", tokens.store) as running:
        assert status(running, None) == 200  # no token was given out: open to this machine
        first = tokens.add("first", "read")
        assert wait_for(lambda: status(running, None) == 401, seconds=3)
        assert status(running, first) == 200
        short = tokens.add("short", "read", "--expires", "2s")
        assert wait_for(lambda: status(running, short) == 200, seconds=1.5)
        assert wait_for(lambda: status(running, short) == 401, seconds=4)
        connection = running.connect()
        assert status(running, first, connection=connection) == 200
        tokens("revoke", "first")
        begin = time.monotonic()
        assert wait_for(lambda: status(running, first, connection=connection) == 401, seconds=3)
        assert time.monotonic() - begin < 1.5
        assert status(running, None) == 401  # without any token left it is closed, not open


def test_a_public_address_needs_a_token_somewhere(tokens, tagwerk, model):
    words = ("serve", model, "--host", "0.0.0.0", "--port", "0", "--store", tokens.store)
    refused = tagwerk(*words)
    assert refused.code == 2
    assert "address-needs-token" in refused.err
    assert not tokens.store.exists()
    token = tokens.add("only", "predict,read")
    with Server(model, "--host", "0.0.0.0", "--store", tokens.store) as running:
        running.host = "127.0.0.1"
        assert status(running, token) == 200
        assert status(running, None) == 401
        assert running.get("/v2", headers={"Authorization": f"Bearer {token}", "Host": "example.org"}).status == 200
        tokens("revoke", "only")
        assert wait_for(lambda: status(running, token) == 401, seconds=3)
    assert tagwerk(*words).code == 2


def test_file_and_store_count_together(tokens, model, tmp_path):
    of_file = "tw_" + "f" * 43
    (tmp_path / "tokens").write_text(f"{of_file} read\n")
    stored = tokens.add("stored", "read")
    with Server(model, "--store", tokens.store, env={"TAGWERK_TOKEN_FILE": str(tmp_path / "tokens")}) as running:
        assert status(running, of_file) == 200
        assert status(running, stored) == 200
        tokens("revoke", "stored")
        assert wait_for(lambda: status(running, stored) == 401, seconds=3)
        assert status(running, of_file) == 200


def test_tokens_hold_while_the_store_is_gone(tokens, model, tagwerk):
    token = tokens.add("one", "read")
    with Server(model, "--store", tokens.store) as running:
        away = tokens.store.parent.rename(tokens.store.parent.parent / "away")
        time.sleep(1.2)
        assert status(running, token) == 200
        assert status(running, None) == 401
        away.rename(tokens.store.parent)
        tokens("revoke", "one")
        assert wait_for(lambda: status(running, token) == 401, seconds=3)
    tokens.store.write_bytes(b"x" * 8192)
    for end in ("-wal", "-shm"):
        (tokens.store.parent / f"store.db{end}").unlink(missing_ok=True)
    damaged = tagwerk("serve", model, "--store", tokens.store)
    assert damaged.code == 3
    assert "store-damaged" in damaged.err


def test_refused_requests_stand_in_the_audit_log(tokens, model, rows):
    given = tokens.add("pages", "read")

    def audit():
        connection = sqlite3.connect(tokens.store)
        try:
            rows = connection.execute("SELECT actor, object, detail FROM audit_log WHERE action = 'request.refused'")
            return [(actor, path, json.loads(detail)) for actor, path, detail in rows]
        finally:
            connection.close()

    with Server(model, "--store", tokens.store, "--rate", "20/m") as running:
        for _ in range(3):
            assert status(running, None) == 401
        assert status(running, given) == 200
        assert wait_for(lambda: sum(detail["count"] for *_, detail in audit()) == 3, seconds=3)
        for _ in range(30):
            status(running, given, "POST", "/v1/models/model/predict", rows[:1])
        connection = sqlite3.connect(tokens.store, isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")  # the log can wait
        assert status(running, None) == 401
        assert status(running, None, path="/v2/health/live") == 200
        time.sleep(1)
        connection.execute("ROLLBACK")
        connection.close()
    found = {}
    for actor, path, detail in audit():
        key = (actor, path, detail["error"], detail["status"], detail["address"])
        found[key] = found.get(key, 0) + detail["count"]
    assert found == {
        ("127.0.0.1", "/v2", "token-wrong", 401, "127.0.0.1"): 4,
        ("token pages", "/v1/models/model/predict", "scope-missing", 403, "127.0.0.1"): 19,
        ("token pages", "/v1/models/model/predict", "rate-exceeded", 429, "127.0.0.1"): 11,
    }


def test_without_a_store_none_is_made(model, tmp_path):
    store = tmp_path / "none" / "store.db"
    with Server(model, "--store", store) as running:
        assert running.get("/v2", headers={"Host": "evil.example"}).status == 403
        time.sleep(1)
    assert running.code == 0
    assert not store.parent.exists()
