"""podinfo, as far as a workshop needs it: the one program that can be spoken to inside a simulated container.

The paths and answers are those of podinfo 6 (pkg/api/http). As there, readiness can be switched off and on, and
`/panic` ends the program with code 255. Unlike there, `--random-error` is no dice: every page but the health checks
and the switches answers 500, so that what users see is broken for certain while the probes stay green.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import msgspec

PORT: Final = 9898
PANIC_CODE: Final = 255
RANDOM_ERROR: Final = "sandbox.gapwatch.dev/random-error"
_JSON, _TEXT = "application/json; charset=utf-8", "text/plain; charset=utf-8"
_LOCAL_URL = re.compile(r"(?:https?://)?localhost:\d+(/\S*)?")


@dataclass(frozen=True)
class Page:
    """What came back: the HTTP code, the body and its type."""

    code: int
    body: bytes = b""
    content_type: str = _TEXT


class Podinfo:
    """One run of the program; `on_change` is called when a request has changed what it does."""

    def __init__(self, hostname: str, version: str, port: int, on_change: Callable[[], None]) -> None:
        self.hostname = hostname
        self.version = version
        self.port = port
        self.is_broken = False
        self.is_ready = True
        self.exit_code: int | None = None
        self._on_change = on_change

    def answer(self, method: str, path: str) -> Page | None:
        """The page at a path, without its query; None if the program ends instead of answering."""
        if path == "/panic" and method == "GET":
            self.exit_code = PANIC_CODE
            self._on_change()
            return None
        if path in ("/readyz/enable", "/readyz/disable") and method in ("GET", "POST"):
            self.is_ready = path.endswith("enable")
            self._on_change()
            return _json({"status": "OK"}, 202)
        return self._page(path)

    def passes(self, probe: dict[str, Any] | None) -> bool:
        """Whether a probe of the kubelet is content: `httpGet`, or `podcli check http localhost:9898/readyz`."""
        path = _probed_path(probe or {})
        return path is None or 200 <= self._page(path).code < 400

    def _page(self, path: str) -> Page:
        match path.split("/")[1:]:
            case ["healthz"]:
                return _json({"status": "OK"})
            case ["readyz"]:
                return _json({"status": "OK"}) if self.is_ready else Page(503)
            case _ if self.is_broken:
                return Page(500, HTTPStatus(500).phrase.encode())
            case [""]:
                told = {"hostname": self.hostname, "version": self.version}
                return _json({**told, "message": f"greetings from podinfo v{self.version}"})
            case ["version"]:
                return _json({"commit": "unknown", "version": self.version})
            case ["status", "204" | "205" | "304" as code]:
                return Page(int(code))
            case ["status", code] if re.fullmatch("[2-5][0-9]{2}", code):
                return _json({"status": int(code)}, int(code))
        return Page(404, b"404 page not found\n")


def is_podinfo(container: dict[str, Any]) -> bool:
    """Whether the image's name, without its tag, has the word in it."""
    return "podinfo" in str(container.get("image", "")).rpartition("/")[2].partition(":")[0]


def version_of_image(image: str) -> str:
    """The tag of an image, which is podinfo's version."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[2] or "latest"


def port_of(container: dict[str, Any]) -> int:
    """The port it listens on: `--port`, else 9898."""
    value = option(container, "port")
    return int(value) if value.isdigit() else PORT


def is_told_to_fail(container: dict[str, Any], annotations: dict[str, str]) -> bool:
    """`--random-error` among its arguments, PODINFO_RANDOM_ERROR in its environment, or the pod's annotation."""
    said = annotations.get(RANDOM_ERROR) or option(container, "random-error")
    return said.lower() in ("true", "1")


def option(container: dict[str, Any], name: str) -> str:
    """The value of one of podinfo's options, from arguments, else the environment; a flag alone is true, none is ""."""
    words = [*(container.get("command") or ()), *(container.get("args") or ())]
    for number, word in enumerate(words):
        flag, equals, value = str(word).partition("=")
        if flag == f"--{name}":
            following = str(words[number + 1]) if number + 1 < len(words) else ""
            return value if equals else following if following.isdigit() else "true"
    variable = f"PODINFO_{name.replace('-', '_').upper()}"
    return next(
        (str(one.get("value", "")) for one in container.get("env") or () if one["name"] == variable), ""
    )


def _probed_path(probe: dict[str, Any]) -> str | None:
    """The page that a probe asks for; None for a probe that asks for none."""
    if probe.get("httpGet"):
        path = str(probe["httpGet"].get("path") or "/").partition("?")[0]
        return path if path.startswith("/") else f"/{path}"
    words = (probe.get("exec") or {}).get("command") or ()
    urls = [found for word in words if (found := _LOCAL_URL.fullmatch(str(word)))]
    return (urls[-1].group(1) or "/") if urls else None


def _json(value: dict[str, Any], code: int = 200) -> Page:
    return Page(code, msgspec.json.encode(value), _JSON)
