"""`tagwerk serve` against clients that mean harm: each attack gets its answer, and the server goes on serving."""

from __future__ import annotations

import pytest
from server import Server, statuses

TOKENS = {"predict": "tw_" + "p" * 43, "read": "tw_" + "r" * 43, "admin": "tw_" + "a" * 43}
HEAD = b"POST /v1/models/model/predict HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture(scope="module")
def server(model):
    words = ["--max-body", "1M", "--timeout", "3s", "--max-concurrency", "1"]
    with Server(model, *words) as running:
        yield running
    assert running.code == 0


@pytest.fixture(autouse=True)
def goes_on(server):
    """After each attack the server still answers."""
    yield
    assert server.process.poll() is None
    assert server.get("/v2/health/live").status == 200


# ---- what is sent


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 40 + b"\r\n\r\n", 501),
        (b"GET\r\n\r\n", 501),
        (b"FROB / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        (b"GET / HTTP/2.0\r\nHost: localhost\r\n\r\n", 505),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nA\0b: c\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nA b: c\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nA: c\r\n d\r\n\r\n", 400),
        (b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
        (b"GET http://other/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    ],
)
def test_what_is_no_http(server, data, status):
    assert statuses(server.raw(data)) == [status]


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n", 400),
        (b"Content-Length: 3\r\nContent-Length: 4\r\n", b"abcd", 400),
        (b"Content-Length: 3, 3\r\n", b"abc", 400),
        (b"Content-Length: -1\r\n", b"", 400),
        (b"Content-Length: +3\r\n", b"abc", 400),
        (b"Content-Length: 99999999999999999999999\r\n", b"", 400),
        (b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n", 501),
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n", 501),
        (b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n", 501),
        (b"Transfer-Encoding: chunked\r\n", b"xyz\r\n", 400),
        (b"Transfer-Encoding: chunked\r\n", b"ffffffffffffffffff\r\n", 400),
        (b"Expect: tea\r\nContent-Length: 2\r\n", b"[]", 417),
    ],
)
def test_two_readings_of_one_request_are_refused(server, headers, body, status):
    """Request smuggling: what follows such a head is never taken for a request of its own."""
    hidden = b"GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert statuses(server.raw(HEAD + headers + b"\r\n" + body + hidden)) == [status]


def test_large_headers(server):
    assert statuses(server.raw(HEAD + b"A: " + b"x" * 20000 + b"\r\n\r\n")) == [431]
    assert statuses(server.raw(HEAD + b"A: b\r\n" * 150 + b"\r\n")) == [431]
    assert statuses(server.raw(b"GET /" + b"a" * 20000)) == [431]


def test_large_bodies(server):
    assert statuses(server.raw(HEAD + b"Content-Length: 1048577\r\n\r\n")) == [413]
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    assert statuses(server.raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 40)) == [413]
    tiny = b"1;" + b"x" * 1000 + b"\r\n \r\n"
    assert statuses(server.raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + tiny * 4000)) == [413]


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100,
        b"[" * 100_000,
        b'{"a":' * 80 + b"1" + b"}" * 80,
        b"[[[[",
        b'{"rows":',
        b"nul",
        b"\xff\xfe",
        b'[{"age": NaN}]',
        b'[{"age": 1e999}]',
        b'[{"age": 1]}',
        b"",
        b"5",
        b"[5]",
        b"[]",
        b'{"rows": [{}], "shell": 1}',
        b'{"rows": [{}], "reasons": 1e9}',
        b'{"rows": [{}], "level": 2}',
        b'[{"a": "\\ud800"}]',
    ],
)
def test_hostile_json(server, body):
    answer = server.ask("POST", "/v1/models/model/predict", body, headers={"Content-Type": "application/json"})
    assert answer.status == 400
    assert answer.json["status"] == 400


def test_rows_beyond_the_limit(server):
    body = b"[" + b"{}," * 100_000 + b"{}]"
    assert server.ask("POST", "/v1/models/model/predict", body).status == 413
    claim = {"inputs": [{"name": "age", "datatype": "FP64", "shape": [99_999, 900_000], "data": [1]}]}
    before = server.memory()
    assert server.post("/v2/models/model/infer", claim).status == 400
    assert server.memory() < before + 50e6


@pytest.mark.parametrize(
    "path",
    [
        "/../../../../etc/passwd",
        "/v1/models/..%2f..%2fetc%2fpasswd",
        "/v1/models/%2e%2e/predict",
        "/v1/models/model%00/predict",
        "/v1/models/%zz",
        "/v1/models/%",
        "/v1/models//predict",
        "/static/%5c..%5c..%5cetc",
        "/v2/models/model/versions/../infer",
        "//v2",
    ],
)
def test_no_path_leads_to_files(server, path):
    line = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    answer = server.raw(line)
    assert statuses(answer) in ([404], [405])
    assert b"root:" not in answer


def test_methods_types_and_codings(server, rows):
    wrong = server.get("/v1/models/model/predict")
    assert wrong.status == 405
    assert wrong.headers["allow"] == "POST"
    assert server.ask("DELETE", "/v1/models/model").status == 405
    assert server.ask("OPTIONS", "/v2").status == 405
    path = "/v1/models/model/predict"
    assert server.ask("POST", path, "x", headers={"Content-Type": "application/xml"}).status == 415
    assert server.ask("POST", path, b"x", headers={"Content-Encoding": "gzip"}).status == 415
    head = server.ask("HEAD", "/v2")
    assert head.status == 200
    assert head.body == b""
    assert int(head.headers["content-length"]) > 0


def test_security_headers_are_on_every_answer(server):
    for answer in [server.get("/v2"), server.get("/nothing"), server.get("/metrics")]:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "server" not in answer.headers


# ---- who sends it


def test_pages_of_other_sites_are_refused(server, rows):
    """Without a token only programs of this machine are answered: no rebound name, no foreign page."""
    for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "localhost:80.evil.example"]:
        assert server.get("/v2/models/model", headers={"Host": host}).status == 403
    for origin in ["https://evil.example", "null", "http://localhost.evil.example"]:
        assert server.post("/v1/models/model/predict", rows, headers={"Origin": origin}).status == 403
    for host in ["localhost", "127.0.0.1:9", "[::1]:80", "LOCALHOST:1"]:
        assert server.get("/v2/models/model", headers={"Host": host}).status == 200
    assert server.get("/v2", headers={"Origin": "http://localhost:3000"}).status == 200


def test_tokens_and_scopes(model, rows, tmp_path):
    file = tmp_path / "tokens"
    file.write_text(f"# who may\n{TOKENS['predict']} predict\n{TOKENS['read']} read # pages\n{TOKENS['admin']} admin\n")
    with Server(model, "--token-file", file, "--host", "0.0.0.0") as running:
        running.host = "127.0.0.1"

        def status(kind, method, path, body=None):
            headers = {"Authorization": f"Bearer {TOKENS[kind]}"} if kind else {}
            return running.ask(method, path, body, headers=headers).status

        predict = ("POST", "/v1/models/model/predict", rows)
        assert status(None, *predict) == 401
        assert status("predict", *predict) == 200
        assert status("read", *predict) == 403
        assert status("admin", *predict) == 200
        assert status("predict", "GET", "/metrics") == 403
        assert status("read", "GET", "/metrics") == 200
        for path in ["/v2/health/live", "/v2/health/ready", "/ping", "/health", "/version"]:
            assert status(None, "GET", path) == 200
        for value in ["", "Bearer", "Bearer ", "Basic abc", f"Bearer {TOKENS['read'][:-1]}", TOKENS["read"]]:
            answer = running.get("/v2", headers={"Authorization": value})
            assert answer.status == 401
            assert answer.headers["www-authenticate"] == "Bearer"
            assert TOKENS["read"] not in answer.body.decode()
        assert running.get("/v2", headers={"Authorization": f"bearer {TOKENS['read']}"}).status == 200
    assert TOKENS["read"] not in running.stderr
