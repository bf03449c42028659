"""`tagwerk serve` with TLS."""

from __future__ import annotations

import socket
import ssl
import subprocess

import pytest
from server import Server, read_all, statuses


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    words = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-keyout",
        folder / "key.pem",
        "-out",
        folder / "cert.pem",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=IP:127.0.0.1,DNS:localhost",
    ]
    subprocess.run(list(map(str, words)), check=True, capture_output=True)
    return folder


def test_tls(model, rows, certificate):
    words = ["--tls-cert", certificate / "cert.pem", "--tls-key", certificate / "key.pem", "--timeout", "3s"]
    with Server(model, *words, cafile=certificate / "cert.pem") as running:
        assert running.ready["url"].startswith("https://")
        connection = running.connect()
        for _ in range(3):
            assert running.post("/v1/models/model/predict", rows, connection=connection).status == 200
        large = running.post("/v1/models/model/predict", rows * 200, connection=connection)
        assert large.status == 200
        assert len(large.json["predictions"]) == len(rows) * 200
        with running.open() as peer:  # plain text to a TLS port, then garbage, then silence
            peer.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert statuses(read_all(peer)) == []
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname = False
        old.verify_mode = ssl.CERT_NONE
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        with running.open() as peer, pytest.raises((ssl.SSLError, ConnectionError)):
            old.wrap_socket(peer)
        for _ in range(20):  # clients that vanish while they are answered
            with running.tls.wrap_socket(running.open(), server_hostname="localhost") as peer:
                peer.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20)
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        assert running.process.poll() is None
        assert running.get("/v2/health/live").status == 200
    assert running.code == 0
