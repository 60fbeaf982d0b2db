"""The connection: errors as one line, credentials in private files that go, and our own name on every request."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest

from tests.scripted import Reply, ScriptedApi, a_list, status
from tui.cluster import access
from tui.cluster.connection import Connection, retry_after
from tui.cluster.contexts import Context, read_contexts
from tui.cluster.errors import ClusterError, Refused
from tui.cluster.gateway import Gateway
from tui.cluster.kinds import PODS


async def refused(context: Context) -> str:
    with pytest.raises(ClusterError) as caught:
        await Connection.open(context)
    text = str(caught.value)
    assert "\n" not in text
    assert "canary" not in text
    return text


async def test_a_refused_connection_says_who_was_asked_and_what_to_try() -> None:
    text = await refused(Context("one", {"server": "http://127.0.0.1:9"}, {"token": "canary"}))
    assert text.startswith('context "one" at http://127.0.0.1:9: connection refused (')


async def test_a_cluster_without_a_server() -> None:
    assert "no server" in await refused(Context("one", {}, {}))


async def test_impersonation_is_passed_on() -> None:
    async with ScriptedApi([a_list()]) as api:
        user = {
            "token": "t",
            "as": "jane",
            "as-groups": ["dev", "ops"],
            "as-uid": "7",
            "as-user-extra": {"a/b": ["c"]},
        }
        connection = await Connection.open(Context("one", {"server": api.context.server}, user))
        await connection.call("GET", PODS.resource)
        await connection.close()
        sent = api.headers[-1]
        assert sent["Impersonate-User"] == "jane"
        assert sent.getall("Impersonate-Group") == ["dev", "ops"]
        assert sent["Impersonate-Uid"] == "7"
        assert sent["Impersonate-Extra-a%2Fb"] == "c"


async def test_a_token_with_a_line_break_is_mended_or_not_told() -> None:
    async with ScriptedApi([a_list()], tls=True) as api:
        connection = await Connection.open(Context("one", api.cluster, {"token": "canary\n"}))
        await connection.close()
        await refused(Context("one", api.cluster, {"token": "can\nary-canary"}))


@pytest.mark.parametrize("password", ["canary", "canary/7", "7/canary"])
async def test_d08_a_password_in_the_servers_url_is_not_told(password: str) -> None:
    text = await refused(Context("one", {"server": f"http://me:{password}@127.0.0.1:9"}, {}))
    assert "http://127.0.0.1:9" in text


async def test_a_user_that_is_not_defined_is_no_anonymous_one(tmp_path: Path) -> None:
    path = tmp_path / "config"
    context = {"name": "one", "context": {"cluster": "c", "user": "nobody"}}
    cluster = {"name": "c", "cluster": {"server": "http://127.0.0.1:9"}}
    path.write_text(json.dumps({"current-context": "one", "contexts": [context], "clusters": [cluster]}))
    assert 'its user "nobody" is not defined' in await refused(read_contexts((path,)).choose())


@pytest.mark.parametrize("answer", [Reply("<html>hello</html>"), Reply("[1]")])
async def test_what_is_no_api_server_is_told_so(answer: Reply) -> None:
    async with ScriptedApi([a_list()]) as api:
        api.version_reply = answer
        assert "no Kubernetes API server" in await refused(api.context)


async def test_a_server_that_keeps_its_version_to_itself_is_taken_all_the_same() -> None:
    async with ScriptedApi([a_list()]) as api:
        api.version_reply = status(403, "Forbidden")
        connection = await Connection.open(api.context)
        assert connection.server_version == ""
        await connection.close()


async def test_a_port_that_is_none_is_one_line() -> None:
    await refused(Context("one", {"server": "http://127.0.0.1:99999999"}, {}))


async def test_a_server_that_answers_html_is_one_line() -> None:
    async with ScriptedApi([Reply("<html>login here</html>", 502)]) as api:
        with pytest.raises(Refused) as caught:
            await api.connection.call("GET", PODS.resource)
        assert "502: <html>login here</html>" in str(caught.value)


async def test_an_expired_token_says_what_to_do() -> None:
    async with ScriptedApi([status(401, "Unauthorized", "Unauthorized")]) as api:
        with pytest.raises(Refused, match="log in again"):
            await api.connection.call("GET", PODS.resource)


async def test_a17_a_token_that_has_run_out_is_read_anew_and_the_request_sent_again(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("old")
    answers = [status(401, "Unauthorized"), a_list()]
    watches = [status(401, "Unauthorized"), Reply(chunks=[b"{}\n"])]
    async with ScriptedApi(answers, watches, tls=True) as api:
        connection = await Connection.open(Context("one", api.cluster, {"tokenFile": str(token)}))
        token.write_text("new")
        await connection.call("GET", PODS.resource)
        assert [sent["Authorization"] for sent in api.headers] == ["Bearer old", "Bearer new"]
        watch = connection.stream(PODS.resource, namespace=None, params={"watch": "true"}, read_timeout_s=5)
        async with watch as response:
            assert response.status_code == 401  # asked for at most once a minute
        assert len(api.asked_watches) == 1
        await connection.close()


async def test_a17_streams_on_the_old_session_live_on_when_the_credentials_are_read_anew() -> None:
    answers = [status(401, "Unauthorized"), a_list()]
    stream = Reply(chunks=[b"{}\n"], then="hold")
    async with ScriptedApi(answers, [stream]) as api:
        connection = api.connection
        watch = connection.stream(PODS.resource, namespace=None, params={"watch": "true"}, read_timeout_s=5)
        async with watch as response:
            chunks = response.aiter_bytes()
            assert await anext(chunks) == b"{}\n"
            await connection.call("GET", PODS.resource)
            assert not response.is_closed


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [
        ("7", 7),
        ("86400", 300),
        ("²", 0),
        ("soon", 0),
        ("", 0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Mon, 01 Jan 99999999999 00:00:00 GMT", 0),
    ],
)
def test_a07_retry_after_is_taken_as_far_as_it_makes_sense(header: str, wait_s: float) -> None:
    response = httpx.Response(429, headers={b"Retry-After": header.encode()})
    assert retry_after(response) == wait_s


def test_a07_retry_after_may_be_a_date() -> None:
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=100))
    assert retry_after(httpx.Response(429, headers={"Retry-After": then})) == pytest.approx(100, abs=3)


async def test_a20_the_servers_clock_is_known_from_its_date_header() -> None:
    async with ScriptedApi([a_list()]) as api:
        assert api.connection.server_now() == pytest.approx(time.time(), abs=3)
        api.lists[0] = Reply({"items": []}, headers={"Date": "Tue, 01 Jan 2030 00:00:00 GMT"})
        await api.connection.call("GET", PODS.resource)
        assert api.connection.server_now() == pytest.approx(1893456000, abs=2)


async def test_a20_the_servers_clock_does_not_move_with_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    async with ScriptedApi([a_list()]) as api:
        before = api.connection.server_now()
        monkeypatch.setattr("time.time", lambda: before + 3600.0)
        assert before <= api.connection.server_now() < before + 1800.0


@pytest.mark.parametrize("date", ["today", "Mon, 01 Jan 99999999999 00:00:00 GMT"])
async def test_a20_a_date_that_is_none_tells_nothing(date: str) -> None:
    async with ScriptedApi([replace(a_list(), headers={"Date": date})]) as api:
        await api.connection.call("GET", PODS.resource)
        assert api.connection.server_now() == pytest.approx(time.time(), abs=3)


async def test_c07_an_access_review_that_fails_is_not_a_yes() -> None:
    async def ask(reply: Reply) -> access.Permission:
        async with ScriptedApi([reply]) as api:
            return await access.review(api.connection, "delete", PODS.resource, namespace="shop")

    assert (await ask(Reply({"status": {"allowed": True}}))).allowed
    denied = await ask(Reply({"status": {"allowed": False, "reason": "RBAC"}}))
    assert (denied.allowed, denied.why) == (False, "you may not delete pods in shop: RBAC")
    assert not (await ask(Reply("<html>"))).certain
    for odd in (
        status(500, "InternalError"),
        Reply({"status": {}}),
        Reply({}),
        Reply({"status": {"allowed": "yes"}}),
    ):
        assert not (await ask(odd)).allowed


async def test_manifests_of_kinds_we_do_not_know_are_not_sent() -> None:
    async with ScriptedApi([a_list()]) as api:
        gateway = Gateway(api.connection)
        with pytest.raises(ClusterError, match="not a kind we apply"):
            await gateway.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}})
        assert api.requests == []


async def test_a_write_that_is_sent_to_a_login_page_has_not_been_done() -> None:
    login = Reply("", 302, headers={"Location": "/api/v1/login"})
    page = Reply("<html>log in</html>")
    async with ScriptedApi([page], routes={"DELETE pods": [login]}) as api:
        with pytest.raises(Refused, match=r"302.*log in there again"):
            await Gateway(api.connection).delete(PODS.resource, "a", namespace="shop", uid="u")
        assert [one.route for one in api.received] == ["DELETE pods"]
