"""podinfo in a simulated container: what it answers, how it is told to fail, and what its probes make of it."""

from __future__ import annotations

import asyncio
import json
from ipaddress import IPv4Network
from random import Random

import pytest

from tui.sandbox.loops.objects import Obj
from tui.sandbox.pod_network import PodNetwork
from tui.sandbox.podinfo import (
    Options,
    Podinfo,
    is_podinfo,
    is_told_to_fail,
    option,
    options_of,
    version_of_image,
)


class Started:
    """One run of podinfo, and how often it has changed."""

    def __init__(self, *arguments: str) -> None:
        self.changes = 0
        options = options_of({"args": arguments})
        self.program = Podinfo("web-1-abcde", "6.14.1", options, self._count, Random(1))

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


def test_readiness_is_switched_off_and_on() -> None:
    one = Started()
    assert one.code("/readyz/disable", "POST") == 202
    assert (one.code("/readyz"), one.code("/healthz"), one.code("/")) == (503, 200, 200)
    assert one.code("/readyz/enable", "POST") == 202
    assert (one.code("/readyz"), one.changes) == (200, 2)


def test_faults_are_switched_on_and_off() -> None:
    one = Started()

    def state() -> tuple[object, int, int, int]:
        told = one.program.answer("GET", "/fault_injection/status")
        assert told is not None
        return (
            json.loads(told.body)["fault_injection"],
            one.code("/"),
            one.code("/healthz"),
            one.code("/readyz"),
        )

    assert state() == ("disabled", 200, 200, 200)
    assert one.code("/fault_injection/enable", "POST") == 202
    assert state() == ("enabled", 500, 200, 200)
    assert one.code("/readyz/disable", "POST") == 202, "the other switches still work"
    assert state() == ("enabled", 500, 200, 503)
    assert one.code("/fault_injection/disable", "POST") == 202
    assert state() == ("disabled", 200, 200, 503)


@pytest.mark.parametrize(
    "path", ["/readyz/enable", "/readyz/disable", "/fault_injection/enable", "/fault_injection/disable"]
)
def test_a_switch_wants_a_post(path: str) -> None:
    one = Started()
    assert (one.code(path), one.code(path, "PUT"), one.changes) == (405, 405, 0)


@pytest.mark.parametrize(
    ("argument", "healthz", "readyz"),
    [
        ("--unhealthy", 503, 200),
        ("--unready", 200, 503),
        ("--unready=false", 200, 200),
        ("--port=1", 200, 200),
    ],
)
def test_how_it_starts(argument: str, healthz: int, readyz: int) -> None:
    one = Started(argument)
    assert (one.code("/healthz"), one.code("/readyz"), one.code("/")) == (healthz, readyz, 200)
    one.code("/readyz/enable", "POST")
    assert (one.code("/healthz"), one.code("/readyz")) == (healthz, 200), "only readiness has a switch"


def test_how_long_it_takes() -> None:
    one = Started(
        "--random-delay", "--random-delay-unit=ms", "--random-delay-min", "20", "--random-delay-max=30"
    )
    for path, least, most in (("/", 0.02, 0.03), ("/readyz", 0, 0), ("/healthz", 0, 0)):
        page = one.program.answer("GET", path)
        assert page is not None
        assert least <= page.after_s <= most
    page = Started().program.answer("GET", "/delay/3")
    assert page is not None
    assert (page.code, page.after_s, json.loads(page.body)) == (200, 3.0, {"delay": 3})
    assert options_of({"env": [{"name": "PODINFO_RANDOM_DELAY", "value": "1"}]}).delay_s == (0.0, 5.0)


def test_a_panic_answers_nothing() -> None:
    one = Started()
    assert one.code("/panic", "POST") == 405
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


async def test_what_is_cut_off_gives_no_sign_until_it_has_rejoined() -> None:
    network, home, other = PodNetwork(), IPv4Network("10.244.1.0/24"), IPv4Network("10.244.2.0/24")
    network.cut_off(home)
    network.cut_off(other)
    assert await PodNetwork(lambda seconds: 0.0).reach("10.244.1.2"), "where nothing is cut off, nobody waits"
    waiting = asyncio.create_task(network.reach("10.244.1.2"))
    await asyncio.sleep(0)
    network.rejoin(other)
    assert await network.reach("10.244.2.2")
    assert not waiting.done()
    network.rejoin(home)
    assert await waiting


async def test_a_dial_gives_up() -> None:
    network = PodNetwork(lambda seconds: seconds / 3000)
    network.cut_off(IPv4Network("10.244.1.0/24"))
    assert not await network.reach("10.244.1.2")


def test_a_broken_service_has_green_probes() -> None:
    one = Started()
    one.program.is_broken = True
    assert [one.code(path) for path in ("/", "/version", "/status/200")] == [500, 500, 500]
    assert [one.code(path) for path in ("/healthz", "/readyz")] == [200, 200]
    assert one.code("/readyz/enable", "POST") == 202


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
        ({"httpGet": {"path": "/delay/2"}}, False),
        ({"httpGet": {"path": "/delay/2"}, "timeoutSeconds": 3}, True),
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
        ({"args": ["--random-error", "1"]}, {}, True),
        ({}, {"sandbox.gapwatch.dev/random-error": "true"}, True),
        ({"args": ["--random-error"]}, {"sandbox.gapwatch.dev/random-error": "false"}, False),
    ],
)
def test_how_it_is_told_to_fail(container: Obj, annotations: dict[str, str], fails: bool) -> None:
    assert is_told_to_fail(container, annotations) is fails


def test_its_port() -> None:
    assert options_of({}) == Options(port=9898)
    for arguments in (["--port=8080"], ["--port", "8080"]):
        assert options_of({"args": arguments}).port == 8080
    assert options_of({"args": ["--port"]}).port == 9898
    assert option({"env": [{"name": "PODINFO_PORT", "valueFrom": {}}]}, "port") == ""
