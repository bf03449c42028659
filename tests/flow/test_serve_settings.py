"""Where the server's settings come from, and how often one caller may ask."""

from __future__ import annotations

import time

import pytest
from server import Server

TOKENS = {"a": "tw_" + "a" * 43, "b": "tw_" + "b" * 43}


@pytest.fixture
def places(tmp_path):
    """A project's folder and a folder of the user's settings."""
    (tmp_path / "project").mkdir()
    (tmp_path / "config" / "tagwerk").mkdir(parents=True)

    def write(project="", user=""):
        (tmp_path / "project" / "tagwerk.toml").write_text(f"[server]\n{project}")
        (tmp_path / "config" / "tagwerk" / "config.toml").write_text(f"[server]\n{user}")
        return {"cwd": tmp_path / "project", "env": {"XDG_CONFIG_HOME": str(tmp_path / "config")}}

    return write


def largest(running):
    """Which of the bodies of 2,000 and 40,000 blanks are taken."""
    return [running.post("/v2/models/model/infer", " " * size).status != 413 for size in (2000, 40_000)]


def test_what_is_nearer_wins(model, places):
    with Server(model, **places()) as running:
        assert largest(running) == [True, True]
    with Server(model, **places(user='max_body = "10K"')) as running:
        assert largest(running) == [True, False]
    with Server(model, **places(project='max_body = "1M"', user='max_body = "10K"')) as running:
        assert largest(running) == [True, True]
    with Server(model, "--max-body", "1K", **places(project='max_body = "1M"')) as running:
        assert largest(running) == [False, False]


def test_variables_stand_between_command_and_project(model, places, tmp_path):
    """Of the server's settings only the file of tokens has a variable."""
    (tmp_path / "tokens").write_text(TOKENS["a"])
    (tmp_path / "others").write_text(TOKENS["b"])
    place = places()
    place["env"]["TAGWERK_TOKEN_FILE"] = str(tmp_path / "tokens")
    for words, passes in [((), "a"), (("--token-file", tmp_path / "others"), "b")]:
        with Server(model, *words, **place) as running:
            for name, token in TOKENS.items():
                status = running.get("/v2", headers={"Authorization": f"Bearer {token}"}).status
                assert status == (200 if name == passes else 401)


def test_faults_are_told_with_their_place(tagwerk, model, tmp_path):
    (tmp_path / "tagwerk.toml").write_text('[server]\nmax_boddy = "1M"\nrate = 5\n')
    done = tagwerk("serve", model)
    assert done.code == 2
    assert "config-unknown-key" in done.err
    assert "max_body" in done.err
    assert "line 2" in done.err
    assert "line 3" in done.err
    (tmp_path / "tagwerk.toml").write_text('[server]\nhost = "0.0.0.0"\n')
    assert "address-needs-token" in tagwerk("serve", model).err
    assert "option-value" in tagwerk("serve", model, "--host", "127.0.0.1", "--rate", "5").err


def test_metrics_without_a_token(model, places, tmp_path):
    (tmp_path / "tokens").write_text(TOKENS["a"])
    with Server(model, "--token-file", tmp_path / "tokens", **places(user="metrics_public = true")) as running:
        assert running.get("/metrics").status == 200
        assert running.get("/v2").status == 401
    place = places(project="metrics_public = false", user="metrics_public = true")
    with Server(model, "--token-file", tmp_path / "tokens", **place) as running:
        assert running.get("/metrics").status == 401


def test_rates_are_counted_by_token(model, rows, places, tmp_path):
    (tmp_path / "tokens").write_text("\n".join(TOKENS.values()))
    words = ["--token-file", tmp_path / "tokens"]
    with Server(model, *words, **places(project='rate = "5/m"')) as running:

        def ask(name, path="/v1/models/model/predict"):
            headers = {"Authorization": f"Bearer {TOKENS[name]}"}
            return running.post(path, rows[:2], headers=headers)

        assert [ask("a").status for _ in range(7)] == [200] * 5 + [429] * 2
        refused = ask("a")
        assert 1 <= int(refused.headers["retry-after"]) <= 12
        assert refused.json["type"] == "/errors/rate-exceeded"
        assert "too many" in ask("a", "/v2/models/model/infer").json["error"]
        assert ask("b").status == 200
        for _ in range(10):
            assert running.get("/v2/health/live").status == 200
        guesses = [running.get("/v2", headers={"Authorization": "Bearer tw_" + "x" * 43}).status for _ in range(7)]
        assert guesses == [401] * 5 + [429] * 2
        assert ask("b").status == 200


def test_rates_are_counted_by_address_without_tokens(model, rows):
    with Server(model, "--rate", "3/s") as running:
        connection = running.connect()
        answers = [running.post("/v1/models/model/predict", rows[:1], connection=connection) for _ in range(5)]
        assert [answer.status for answer in answers] == [200] * 3 + [429] * 2
        assert answers[-1].headers["retry-after"] == "1"
        time.sleep(1.1)
        assert running.post("/v1/models/model/predict", rows[:1], connection=connection).status == 200


def test_a_long_request_counts_once(model, rows):
    """It is looked at by the loop and again by a worker."""
    with Server(model, "--rate", "2/m") as running:
        many = rows * 100
        assert running.post("/v1/models/model/predict", {"rows": many, "reasons": 1}).status == 200
        assert running.post("/v1/models/model/predict", {"rows": many, "reasons": 1}).status == 200
        assert running.post("/v1/models/model/predict", rows[:1]).status == 429
