"""Clients that are slow, that are many, that break off: none of them holds others up or leaves something behind."""

from __future__ import annotations

import json
import socket
import threading
import time

import pytest
from server import read_all, statuses
from test_serve_attacks import HEAD, goes_on, server  # noqa: F401


def test_slow_headers(server):  # noqa: F811
    with server.open() as peer:
        begin = time.monotonic()
        peer.sendall(b"GET /v2 HTTP/1.1\r\nHost: loc")
        try:
            for _ in range(60):
                time.sleep(0.1)
                peer.sendall(b"a")
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert statuses(read_all(peer)) in ([408], [])
        assert time.monotonic() - begin < 9


def test_slow_bodies(server):  # noqa: F811
    with server.open() as peer:
        peer.sendall(HEAD + b"Content-Length: 1000\r\n\r\n[")
        time.sleep(3.6)
        assert statuses(read_all(peer)) == [408]


def test_a_hundred_slow_clients_hold_nobody_up(server, rows):  # noqa: F811
    peers = [server.open() for _ in range(100)]
    try:
        for peer in peers:
            peer.sendall(HEAD + b"Content-Length: 900000\r\n\r\n[")
        begin = time.monotonic()
        assert server.post("/v1/models/model/predict", rows).status == 200
        assert time.monotonic() - begin < 2
    finally:
        for peer in peers:
            peer.close()


def test_clients_that_take_no_answers(server):  # noqa: F811
    """Answers pile up only so far; then nothing more is read, and in the end the client is left."""
    before = server.memory()
    with server.open() as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.settimeout(0.5)
        request = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200
        taken = 0
        try:
            while taken < 2000:
                peer.sendall(request)
                taken += 1
        except (TimeoutError, BrokenPipeError, ConnectionResetError):
            pass
        assert taken < 2000
        assert server.memory() < before + 40e6


@pytest.mark.parametrize("body", [b" " * 1_000_000 + b"[{}]", b"[" + b"{}," * 20_000 + b"{}]"], ids=["body", "answer"])
def test_connections_keep_nothing_large(server, body):  # noqa: F811
    """Once a large body is answered, or a large answer is taken, the connection holds no memory for it."""

    def memory_with(count):
        connections = [server.connect() for _ in range(count)]
        found = {server.ask("POST", "/v1/models/model/predict", body, connection=own).status for own in connections}
        after = server.memory()
        for connection in connections:
            connection.close()
        assert found == {200}
        return after

    before = memory_with(10)  # every thread has its own space by then
    assert memory_with(70) < before + 25e6


def test_long_requests_beyond_the_limit_are_503(server, rows):  # noqa: F811
    """--max-concurrency 1: while one long request is worked on, further ones are told to come again."""
    body = json.dumps({"rows": rows * 5, "reasons": 5}).encode()
    got = []

    def ask():
        got.append(server.ask("POST", "/v1/models/model/predict", body))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = sorted(answer.status for answer in got)
    assert found[0] == 200
    assert set(found) <= {200, 503}
    assert 503 in found
    refused = next(answer for answer in got if answer.status == 503)
    assert int(refused.headers["retry-after"]) >= 1


def test_connections_that_break_at_any_place(server, rows):  # noqa: F811
    body = json.dumps(rows).encode()
    whole = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    for cut in range(0, len(whole), max(1, len(whole) // 60)):
        with server.open() as peer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            peer.sendall(whole[:cut])
    with server.open() as peer:
        for byte in whole[: len(HEAD) + 40]:
            peer.sendall(bytes([byte]))
        peer.sendall(whole[len(HEAD) + 40 :])
        assert statuses(read_all(peer)) == [200]


def test_nothing_is_left_behind(server, rows):  # noqa: F811
    """Thousands of short connections, good and bad, do not grow the process."""
    for _ in range(300):
        with server.open() as peer:
            peer.sendall(b"GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            while peer.recv(4096):
                pass
    first = server.memory()
    for i in range(1500):
        with server.open() as peer:
            peer.sendall(
                b"GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" if i % 2 else b"\0\r\n\r\n"
            )
            while peer.recv(4096):
                pass
    assert server.memory() < first + 4e6
    figures = server.get("/metrics").body.decode()
    assert int(float(figures.rsplit("tagwerk_connections ", 1)[1].split()[0])) <= 3
