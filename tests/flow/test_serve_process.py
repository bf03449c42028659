"""`tagwerk serve` as a process: connections, figures, changed files, its start and its end."""

from __future__ import annotations

import io
import json
import shutil
import signal
import threading
import time

from server import Server, statuses
from test_serve import server  # noqa: F401


def test_keep_alive_and_pipelining(server, rows):  # noqa: F811
    connection = server.connect()
    for _ in range(3):
        assert server.post("/v1/models/model/predict", rows[:1], connection=connection).status == 200
    body = json.dumps(rows[:1]).encode()
    one = b"POST /v1/models/model/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body)
    last = b"GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert statuses(server.raw((one + body) * 5 + last)) == [200] * 6


def test_chunked_bodies(server, rows):  # noqa: F811
    def parts():
        text = json.dumps(rows).encode()
        for begin in range(0, len(text), 7):
            yield text[begin : begin + 7]

    connection = server.connect()
    connection.request(
        "POST", "/v1/models/model/predict", body=parts(), encode_chunked=True, headers={"Transfer-Encoding": "chunked"}
    )
    answer = connection.getresponse()
    assert answer.status == 200
    assert len(json.loads(answer.read())["predictions"]) == len(rows)
    assert server.get("/v2/health/live", connection=connection).status == 200


def test_figures_for_prometheus(server, rows):  # noqa: F811
    server.post("/v1/models/model/predict", rows)
    answer = server.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    figures = {}
    for line in answer.body.decode().splitlines():
        if not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            figures[name] = float(value)
    assert figures['tagwerk_rows_total{model="model",version="1"}'] >= len(rows)
    assert figures['tagwerk_requests_total{model="model",version="1",code="200"}'] >= 1
    assert figures["tagwerk_request_seconds_count"] == figures['tagwerk_request_seconds_bucket{le="+Inf"}']


def test_request_ids_of_the_caller(server):  # noqa: F811
    assert server.get("/v2", headers={"X-Request-Id": "abc-1"}).headers["x-request-id"] == "abc-1"
    assert server.get("/v2", headers={"X-Request-Id": "a b"}).headers["x-request-id"] != "a b"


def test_a_changed_file_is_served_without_a_lost_request(model, rows, tmp_path):
    served = tmp_path / "live.tw"
    shutil.copy(model, served)
    with Server(served) as running:
        failures, answers, stop = [], [], threading.Event()

        def load():
            connection = running.connect()
            while not stop.is_set():
                answer = running.post("/v1/models/live/predict", rows[:2], connection=connection)
                (answers if answer.status == 200 else failures).append(answer.json.get("version"))

        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        while not answers:  # of the first model
            time.sleep(0.01)
        for _ in range(3):
            fresh = tmp_path / "fresh"
            shutil.copy(model, fresh)
            fresh.replace(served)
            time.sleep(1.2)
        stop.set()
        for thread in threads:
            thread.join()
        assert failures == []
        assert set(answers) == {1, 2, 3, 4}
        (tmp_path / "bad").write_bytes(b"not a model")
        (tmp_path / "bad").replace(served)
        time.sleep(1.2)
        assert running.post("/v1/models/live/predict", rows).json["version"] == 4
    assert "the old model stays" in running.stderr


def test_it_ends_when_all_is_answered(model, rows):
    with Server(model) as running:
        with running.open() as peer:
            body = json.dumps(rows).encode()
            head = b"POST /v1/models/model/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(
                body
            )
            peer.sendall(head + body[:20])
            time.sleep(0.2)
            running.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            assert running.process.poll() is None
            peer.sendall(body[20:])
            got = b""
            while part := peer.recv(65536):
                got += part
        assert statuses(got) == [200]
        assert b"Connection: close" in got
    assert running.code == 0


def test_starts_fast_and_small(model):
    begin = time.monotonic()
    with Server(model) as running:
        seconds = time.monotonic() - begin
        assert running.get("/v2/health/ready").status == 200
        assert running.memory() < 60e6 + model.stat().st_size * 4
    assert seconds < 2  # 0.05 on a machine that does nothing else


def test_the_description_holds_every_model(server):  # noqa: F811
    document = server.get("/openapi.json").json
    assert document["openapi"].startswith("3.1")
    assert {"/v1/models/model/predict", "/v1/models/other/predict", "/v2/models/model/infer"} <= set(document["paths"])


def test_mistakes_on_the_command_line(tagwerk, model, tmp_path):
    assert tagwerk("serve").code == 2
    assert "argument-missing" in tagwerk("serve").err
    assert "file-not-found" in tagwerk("serve", "nothing.tw").err
    public = tagwerk("serve", model, "--host", "0.0.0.0")
    assert public.code == 2
    assert "address-needs-token" in public.err
    twice = tagwerk("serve", model, model)
    assert twice.code == 2
    assert "name-taken" in twice.err
    with Server(model) as running:
        taken = tagwerk("serve", model, "--port", running.port)
        assert taken.code == 5
        assert "port-in-use" in taken.err
    assert tagwerk("serve", model, "--tls-cert", "a.pem").code == 2
    (tmp_path / "tokens").write_text("short\n")
    assert "token-file" in tagwerk("serve", model, "--token-file", "tokens").err
    assert io.StringIO(tagwerk("serve", "--help").out).readline().startswith("usage: tagwerk serve")
