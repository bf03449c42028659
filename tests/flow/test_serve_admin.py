"""What may be changed over HTTP: aliases, versions, tokens; and who did it."""

from __future__ import annotations

import datetime
import random
import threading

import pytest
from server import Server
from test_serve_registry import Registry, registry, second, version_of, wait_for  # noqa: F401
from test_serve_tokens import Tokens

ALIAS = "/v1/models/flights/aliases/champion"


class Client:
    """Asks with one token."""

    def __init__(self, running, token):
        self.running, self.token = running, token

    def __call__(self, method, path, body=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return self.running.ask(method, path, body, headers=headers)


@pytest.fixture
def tokens(registry, tmp_path):  # noqa: F811
    return Tokens(tmp_path)


@pytest.fixture
def served(registry, tokens, rows):  # noqa: F811
    given = {scope: tokens.add(scope, scope) for scope in ("read", "predict", "admin")}
    with registry.serve("flights") as running:
        yield {scope: Client(running, token) for scope, token in given.items()}
    assert running.code == 0


def predicted(client, rows):
    return client("POST", "/v1/models/flights/predict", rows[:1]).json["version"]


def test_an_alias_moves_and_is_followed(served, registry, rows):  # noqa: F811
    admin = served["admin"]
    seen = served["read"]("GET", ALIAS)
    assert seen.status == 200
    assert (seen.json["version"], seen.json["alias"]) == (1, "champion")
    tag = seen.headers["etag"]
    body = {"version": 2, "force": True, "reason": "a better day"}
    assert served["read"]("PUT", ALIAS, body, If_Match=tag).status == 403
    assert served["predict"]("GET", ALIAS).status == 403
    assert admin("PUT", ALIAS, body).status == 428
    assert admin("PUT", ALIAS, body, If_Match='"999"').status == 412
    assert admin("PUT", ALIAS, body, If_Match="W/x").status == 412
    assert admin("PUT", ALIAS, body, If_None_Match="*").status == 412
    assert predicted(admin, rows) == 1
    moved = admin("PUT", ALIAS, body, If_Match=tag)
    assert moved.status == 200
    assert moved.json["version"] == 2
    assert moved.headers["etag"] != tag
    assert wait_for(lambda: predicted(admin, rows) == 2)
    assert admin("PUT", ALIAS, {**body, "version": 1}, If_Match=tag).status == 412
    back = admin("POST", f"{ALIAS}/rollback", {"reason": "no"})
    assert back.json["version"] == 1
    assert wait_for(lambda: predicted(admin, rows) == 1)
    assert admin("POST", f"{ALIAS}/rollback").status == 409
    history = registry.rows("SELECT kind, actor, reason, forced FROM alias_changes WHERE alias = 'champion'")
    assert history[1:] == [("promote", "token admin", "a better day", 0), ("rollback", "token admin", "no", 0)]
    fresh = "/v1/models/flights/aliases/fresh"
    assert admin("GET", fresh).status == 404
    assert admin("PUT", fresh, {"version": 2}, If_None_Match="*").status == 200
    assert wait_for(lambda: version_of_alias(admin, rows) == 2)
    states = admin("GET", "/v1/deployments/flights").json["items"]
    assert [(item["version"], item["state"]) for item in states] == [(1, "active"), (2, "rolled_back"), (1, "ended")]


def version_of_alias(client, rows):
    return client("POST", "/v1/models/flights/predict?alias=fresh", rows[:1]).json.get("version")


def test_the_gate_is_asked(tokens, tagwerk, wine, tmp_path):
    """A model that learned from shuffled targets is not better than a baseline."""
    head, *lines = wine.read_text().splitlines()
    rows, targets = zip(*(line.rsplit(",", 1) for line in lines), strict=True)
    targets = random.Random(1).sample(targets, len(targets))
    (tmp_path / "noise.csv").write_text("\n".join([head, *map(",".join, zip(rows, targets, strict=True))]) + "\n")
    words = ["--target", "cultivar", "--trials", "1", "--learners", "logistic", "--report", "none", "--name", "w"]
    for data in (wine, tmp_path / "noise.csv"):
        words_here = [*words, "--store", tokens.store, "--out", tmp_path / f"out-{data.stem}"]
        assert tagwerk("run", data, *words_here).code == 0
    token = tokens.add("admin", "admin")
    with Server("w", "--store", tokens.store) as running:
        admin = Client(running, token)
        tag = admin("GET", "/v1/models/w/aliases/champion").headers["etag"]
        refused = admin("PUT", "/v1/models/w/aliases/champion", {"version": 2}, If_Match=tag)
        assert refused.status == 409
        problem = refused.json
        assert problem["type"] == "/errors/gate-failed"
        assert {part["name"]: part["passed"] for part in problem["gate"]["parts"]}["baseline"] is False
        alias = "/v1/models/w/aliases/champion"
        assert admin("PUT", alias, {"version": 2, "force": True}, If_Match=tag).status == 400  # no reason
        forced = admin("PUT", alias, {"version": 2, "force": True, "reason": "trial"}, If_Match=tag)
        assert forced.json["version"] == 2


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", ALIAS, {"version": "2"}, 400),
        ("PUT", ALIAS, {"version": 2.5}, 400),
        ("PUT", ALIAS, {"version": 10**30}, 404),
        ("PUT", ALIAS, {"version": 99}, 404),
        ("PUT", ALIAS, {"version": -1}, 400),
        ("PUT", ALIAS, {"version": 2, "alias": "x"}, 400),
        ("PUT", ALIAS, [], 400),
        ("PUT", ALIAS, {"version": 2, "force": 1}, 400),
        ("PUT", "/v1/models/flights/aliases/a%20b", {"version": 2}, 400),
        ("PUT", "/v1/models/nobody/aliases/champion", {"version": 2}, 404),
        ("PUT", "/v1/models/flights/aliases/%00", {"version": 2}, 404),
        ("POST", ALIAS, {"version": 2}, 405),
        ("POST", "/v1/models/flights/aliases/challenger/rollback", {}, 400),
        ("DELETE", "/v1/models/flights/versions/1", None, 409),
        ("DELETE", "/v1/models/flights/versions/x", None, 404),
        ("DELETE", "/v1/models/flights/versions/9", None, 404),
        ("PUT", "/v1/models/flights/versions/1", {}, 405),
        ("DELETE", "/v1/tokens/nobody", None, 404),
        ("POST", "/v1/tokens", {"name": "x"}, 400),
        ("POST", "/v1/tokens", {"name": "x", "scopes": []}, 400),
        ("POST", "/v1/tokens", {"name": "x", "scopes": "read"}, 400),
        ("POST", "/v1/tokens", {"name": "x", "scopes": ["root"]}, 400),
        ("POST", "/v1/tokens", {"name": "", "scopes": ["read"]}, 400),
        ("POST", "/v1/tokens", {"name": "a\nb", "scopes": ["read"]}, 400),
        ("POST", "/v1/tokens", {"name": "x" * 65, "scopes": ["read"]}, 400),
        ("POST", "/v1/tokens", {"name": "x", "scopes": ["read"], "expires_at": "soon"}, 400),
        ("POST", "/v1/tokens", {"name": "x", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"}, 400),
        ("POST", "/v1/tokens", {"name": "admin", "scopes": ["read"]}, 409),
        ("GET", "/v1/audit?limit=0", None, 400),
        ("GET", "/v1/audit?limit=501", None, 400),
        ("GET", "/v1/deployments/nobody", None, 404),
        ("GET", "/v1/audit/1", None, 404),
    ],
)
def test_what_cannot_be_done_changes_nothing(served, registry, method, path, body, status):  # noqa: F811
    tables = (
        "SELECT (SELECT count(*) FROM tokens), (SELECT max(number) FROM alias_changes), (SELECT count(*) FROM versions)"
    )
    before = registry.rows(tables)
    tag = served["admin"]("GET", ALIAS).headers["etag"]
    answer = served["admin"](method, path, body, If_Match=tag)
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert registry.rows(tables) == before


def test_tokens_by_http(served, registry):  # noqa: F811
    admin = served["admin"]
    assert served["read"]("GET", "/v1/tokens").status == 403
    expires = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = admin("POST", "/v1/tokens", {"name": "ci", "scopes": ["predict", "read"], "expires_at": expires})
    assert made.status == 201
    token = made.json["token"]
    assert token.startswith("tw_")
    ci = Client(admin.running, token)
    assert wait_for(lambda: ci("GET", "/v2").status == 200, seconds=3)
    items = admin("GET", "/v1/tokens").json["items"]
    assert [item["name"] for item in items] == ["admin", "ci", "predict", "read"]
    assert items[1]["scopes"] == ["predict", "read"]
    assert items[1]["expires_at"][:19] == expires[:19]
    assert token not in admin("GET", "/v1/tokens").body.decode()
    first = admin("GET", "/v1/tokens?limit=3").json
    rest = admin("GET", f"/v1/tokens?limit=3&cursor={first['next_cursor']}").json
    assert [item["name"] for item in first["items"] + rest["items"]] == ["admin", "ci", "predict", "read"]
    assert rest["next_cursor"] is None
    assert admin("DELETE", "/v1/tokens/ci").json["state"] == "revoked"
    assert wait_for(lambda: ci("GET", "/v2").status == 401, seconds=3)
    log = admin("GET", "/v1/audit").json["items"]
    done = [(line["action"], line["actor"]) for line in log if line["object"] == "ci"]
    assert done == [("token.revoke", "token admin"), ("token.add", "token admin")]
    page = admin("GET", "/v1/audit?limit=2").json
    older = admin("GET", f"/v1/audit?limit=2&cursor={page['next_cursor']}").json["items"]
    assert older[0]["number"] == page["items"][1]["number"] - 1


def test_a_version_is_deleted_while_it_is_served(served, registry, model, rows):  # noqa: F811
    registry("models", "register", model, "--name", "flights")  # 3 is challenger; 2 has no alias
    admin = served["admin"]
    assert admin("DELETE", "/v1/models/flights/versions/2").json["deleted"] is True
    assert registry.rows("SELECT version FROM versions WHERE model = 'flights' ORDER BY 1") == [(1,), (3,)]
    assert wait_for(
        lambda: admin("POST", "/v1/models/flights/predict?alias=challenger", rows[:1]).json.get("version") == 3
    )
    assert predicted(admin, rows) == 1


def test_who_owns_the_machine_gives_out_the_first_token(registry, rows):  # noqa: F811
    with registry.serve("flights") as running:
        nobody = Client(running, None)
        refused = nobody("POST", "/v1/tokens", {"name": "mine", "scopes": ["admin"]})
        assert refused.status == 409
        assert "tokens add" in refused.json["do"][0]
        assert nobody("GET", "/v1/tokens").json == {"items": [], "next_cursor": None}
        assert nobody("PUT", ALIAS, {"version": 2, "force": True, "reason": "x"}, If_Match="*").status == 200
        foreign = nobody("PUT", ALIAS, {"version": 1, "force": True, "reason": "x"}, Origin="http://evil.example")
        assert foreign.status == 403


def test_many_who_move_one_alias_do_not_overwrite_each_other(served):
    tag = served["admin"]("GET", ALIAS).headers["etag"]
    statuses = []

    def put():
        body = {"version": 2, "force": True, "reason": "race"}
        statuses.append(served["admin"]("PUT", ALIAS, body, If_Match=tag).status)

    threads = [threading.Thread(target=put) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses.count(200) == 1
    assert statuses.count(412) == 5


def test_the_description_names_what_the_store_holds(served):
    document = served["read"]("GET", "/openapi.json").json
    assert {"/v1/tokens", "/v1/audit", "/v1/models/{name}/aliases/{alias}"} <= set(document["paths"])
    assert "put" in document["paths"]["/v1/models/{name}/aliases/{alias}"]
