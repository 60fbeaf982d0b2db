"""podinfo in a simulated container: what it answers, how it is told to fail, and what its probes make of it."""

from __future__ import annotations

import json

import pytest

from tui.sandbox.loops.objects import Obj
from tui.sandbox.pod_network import PodNetwork
from tui.sandbox.podinfo import Podinfo, is_podinfo, is_told_to_fail, option, port_of, version_of_image


class Started:
    """One run of podinfo, and how often it has changed."""

    def __init__(self) -> None:
        self.changes = 0
        self.program = Podinfo("web-1-abcde", "6.14.1", 9898, self._count)

    def _count(self) -> None:
        self.changes += 1

    def code(self, path: str, method: str = "GET") -> int:
        page = self.program.answer(method, path)
        assert page is not None
        return page.code


def test_the_pages() -> None:
    one = Started()
    front = one.program.answer("GET", "/")
    assert front is not None
    told = json.loads(front.body)
    assert (told["hostname"], told["version"]) == ("web-1-abcde", "6.14.1")
    assert [one.code(path) for path in ("/version", "/healthz", "/readyz")] == [200, 200, 200]
    assert [one.code(f"/status/{code}") for code in (204, 418, 503)] == [204, 418, 503]
    assert [one.code(path) for path in ("/status/99", "/status/x", "/nowhere", "//")] == [404] * 4
    assert one.changes == 0


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_readiness_is_switched_off_and_on(method: str) -> None:
    one = Started()
    assert one.code("/readyz/disable", method) == 202
    assert (one.code("/readyz"), one.code("/healthz"), one.code("/")) == (503, 200, 200)
    assert one.code("/readyz/enable", method) == 202
    assert (one.code("/readyz"), one.changes) == (200, 2)


def test_a_panic_answers_nothing() -> None:
    one = Started()
    assert one.code("/panic", "POST") == 404
    assert one.program.answer("GET", "/panic") is None
    assert (one.program.exit_code, one.changes) == (255, 1)


def test_an_address_leads_to_the_program_that_has_it_now() -> None:
    network, old, new = PodNetwork(), Started().program, Started().program
    network.listen("10.244.1.2", old)
    assert network.find("10.244.1.2", 9898) is old
    assert network.find("10.244.1.2", 80) is network.find("10.244.1.3", 9898) is None
    old.answer("GET", "/panic")
    assert network.find("10.244.1.2", 9898) is None, "it has ended, though its kubelet does not know yet"
    network.listen("10.244.1.2", new)
    network.hang_up("10.244.1.2", old)
    assert network.find("10.244.1.2", 9898) is new
    network.hang_up("10.244.1.2", new)
    assert network.find("10.244.1.2", 9898) is None


def test_a_broken_service_has_green_probes() -> None:
    one = Started()
    one.program.is_broken = True
    assert [one.code(path) for path in ("/", "/version", "/status/200")] == [500, 500, 500]
    assert [one.code(path) for path in ("/healthz", "/readyz", "/readyz/enable")] == [200, 200, 202]


CHECK = ["podcli", "check", "http", "localhost:9898/readyz"]


@pytest.mark.parametrize(
    ("probe", "passes"),
    [
        (None, True),
        ({"tcpSocket": {"port": 9898}}, True),
        ({"httpGet": {"path": "/readyz?verbose"}}, False),
        ({"httpGet": {"path": "readyz"}}, False),
        ({"httpGet": {"path": "/healthz"}}, True),
        ({"httpGet": {}}, True),
        ({"httpGet": {"path": "/status/500"}}, False),
        ({"httpGet": {"path": "/panic"}}, False),
        ({"exec": {"command": CHECK}}, False),
        ({"exec": {"command": ["true"]}}, True),
    ],
)
def test_what_probes_make_of_a_podinfo_that_is_not_ready(probe: Obj | None, passes: bool) -> None:
    one = Started()
    one.program.is_ready = False
    assert one.program.passes(probe) is passes
    assert (one.program.exit_code, one.changes) == (None, 0), "asking changes nothing"


@pytest.mark.parametrize(
    ("image", "is_it", "version"),
    [
        ("ghcr.io/stefanprodan/podinfo:6.14.1", True, "6.14.1"),
        ("localhost:5000/my-podinfo", True, "latest"),
        ("podinfo:7@sha256:0123", True, "7"),
        ("podinfo.example/web:1", False, "1"),
        ("nginx:podinfo", False, "podinfo"),
    ],
)
def test_which_images_are_podinfo(image: str, is_it: bool, version: str) -> None:
    assert is_podinfo({"image": image}) is is_it
    assert version_of_image(image) == version


@pytest.mark.parametrize(
    ("container", "annotations", "fails"),
    [
        ({}, {}, False),
        ({"args": ["--random-error"]}, {}, True),
        ({"command": ["./podinfo", "--random-error=true", "--port=80"]}, {}, True),
        ({"args": ["--random-error=false"]}, {}, False),
        ({"args": ["--random-errors"]}, {}, False),
        ({"env": [{"name": "PODINFO_RANDOM_ERROR", "value": "true"}]}, {}, True),
        ({}, {"sandbox.gapwatch.dev/random-error": "true"}, True),
        ({"args": ["--random-error"]}, {"sandbox.gapwatch.dev/random-error": "false"}, False),
    ],
)
def test_how_it_is_told_to_fail(container: Obj, annotations: dict[str, str], fails: bool) -> None:
    assert is_told_to_fail(container, annotations) is fails


def test_its_port() -> None:
    assert port_of({}) == 9898
    assert port_of({"args": ["--port=8080"]}) == port_of({"args": ["--port", "8080"]}) == 8080
    assert port_of({"args": ["--port"]}) == 9898
    assert option({"env": [{"name": "PODINFO_PORT", "valueFrom": {}}]}, "port") == ""
