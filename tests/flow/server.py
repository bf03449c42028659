"""A running `tagwerk serve` for tests, and requests to it: whole ones, and bytes that no client library would send."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from conftest import PROGRAM


class Answer:
    def __init__(self, status: int, headers: dict[str, str], body: bytes):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


class Server:
    """Starts with the given words; a context manager."""

    def __init__(self, *words, cwd=None, env=None, cafile=None):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("TAGWERK_")}
        self.process = subprocess.Popen(
            [PROGRAM, "serve", *map(str, words), "--port", "0", "--json"],
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**clean, "TAGWERK_HOME": os.environ["TAGWERK_HOME"], "TAGWERK_THREADS": "2", **(env or {})},
        )
        line = self.process.stdout.readline()
        self.ready = json.loads(line or "{}")
        if "url" not in self.ready:
            raise AssertionError(self.process.stderr.read().decode())
        url = urlsplit(self.ready["url"])
        self.host, self.port = url.hostname, url.port
        self.tls = ssl.create_default_context(cafile=cafile) if url.scheme == "https" else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.code = self.process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self.stderr = self.process.stderr.read().decode()

    def connect(self, timeout=20) -> http.client.HTTPConnection:
        if self.tls:
            return http.client.HTTPSConnection(self.host, self.port, timeout=timeout, context=self.tls)
        return http.client.HTTPConnection(self.host, self.port, timeout=timeout)

    def ask(self, method: str, path: str, body=None, headers=None, connection=None) -> Answer:
        own = connection or self.connect()
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            headers = {"Content-Type": "application/json", **(headers or {})}
        own.request(method, path, body=body, headers=headers or {})
        got = own.getresponse()
        answer = Answer(got.status, {k.lower(): v for k, v in got.getheaders()}, got.read())
        if connection is None:
            own.close()
        return answer

    def get(self, path: str, **more) -> Answer:
        return self.ask("GET", path, **more)

    def post(self, path: str, body, **more) -> Answer:
        return self.ask("POST", path, body, **more)

    def open(self, timeout=20) -> socket.socket:
        return socket.create_connection((self.host, self.port), timeout=timeout)

    def raw(self, data: bytes, timeout=20) -> bytes:
        """Sends bytes and reads until the server closes, or nothing more comes for a while."""
        with self.open(timeout) as peer:
            peer.sendall(data)
            return read_all(peer)

    def memory(self) -> int:
        """Resident bytes."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


def read_all(peer: socket.socket, quiet=1.0) -> bytes:
    peer.settimeout(quiet)
    parts = []
    try:
        while part := peer.recv(65536):
            parts.append(part)
    except (TimeoutError, ConnectionResetError):
        pass
    return b"".join(parts)


def statuses(data: bytes) -> list[int]:
    """The statuses of the answers in a stream of bytes."""
    return [int(part.split(b" ", 1)[0]) for part in data.split(b"HTTP/1.1 ")[1:]]
