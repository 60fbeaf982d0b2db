"""podinfo, as far as a workshop needs it: the one program that can be spoken to inside a simulated container.

The paths and answers are those of podinfo 6.14 (cmd/podinfo/main.go, pkg/api/http). As there,

- `POST /readyz/disable` and `/readyz/enable` switch readiness off and on;
- `POST /fault_injection/enable` and `/fault_injection/disable` (since 6.13) make every page answer 500 but the health
  checks and these switches: what users see is broken while the probes stay green;
- `GET /panic` ends the program with code 255, `GET /delay/3` answers after three seconds, `/status/503` with 503;
- `--unhealthy`, `--unready`, `--random-delay` and `--random-error`, or PODINFO_UNHEALTHY and so on in the environment,
  set how it starts.

Unlike there, `--random-error` is no dice: it is fault injection from the start. And neither it nor `--random-delay`
strikes the health checks; upstream's strike them as often as any page, a third of the time and mostly.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final

import msgspec

PORT: Final = 9898
PANIC_CODE: Final = 255
_SWITCHES: Final = tuple(
    f"/{what}/{way}" for what in ("readyz", "fault_injection") for way in ("enable", "disable")
)
_METHODS: Final = {"/panic": ("GET",), "/fault_injection/status": ("GET",)} | dict.fromkeys(
    _SWITCHES, ("POST",)
)
_FLAGS: Final = ("random-delay", "random-error", "unhealthy", "unready")
_DELAY_UNITS: Final = {"s": 1.0, "ms": 0.001}
RANDOM_ERROR: Final = "sandbox.gapwatch.dev/random-error"
_JSON, _TEXT = "application/json; charset=utf-8", "text/plain; charset=utf-8"
_LOCAL_URL = re.compile(r"(?:https?://)?localhost:\d+(/\S*)?")


@dataclass(frozen=True)
class Page:
    """What came back: the HTTP code, the body and its type, and after how many cluster seconds."""

    code: int
    body: bytes = b""
    content_type: str = _TEXT
    after_s: float = 0.0


@dataclass(frozen=True)
class Options:
    """How a podinfo was started; `delay_s` is the range of its random delays, in cluster seconds."""

    port: int = PORT
    is_healthy: bool = True
    is_ready: bool = True
    delay_s: tuple[float, float] | None = None


class Podinfo:
    """One run of the program; `on_change` is called when a request has changed what it does."""

    def __init__(
        self,
        hostname: str,
        version: str,
        options: Options,
        on_change: Callable[[], None],
        random: Random | None = None,
    ) -> None:
        self.hostname = hostname
        self.version = version
        self.port = options.port
        self.is_broken = False
        self.injects_faults = False
        self.is_healthy = options.is_healthy
        self.is_ready = options.is_ready
        self.exit_code: int | None = None
        self._delay_s = options.delay_s
        self._on_change = on_change
        self._random = random or Random()

    def answer(self, method: str, path: str) -> Page | None:
        """The page at a path, without its query; None if the program ends instead of answering."""
        if method not in _METHODS.get(path, (method,)):
            return Page(405)
        if path == "/panic":
            self.exit_code = PANIC_CODE
            self._on_change()
            return None
        if path in _SWITCHES:
            return self._switched(*path.split("/")[1:])
        return self._page(path)

    def _switched(self, what: str, way: str) -> Page:
        page = Page(202)
        if what == "readyz":
            self.is_ready = way == "enable"
        else:
            self.injects_faults = way == "enable"
            page = _json({"fault_injection": f"{way}d"}, 202)
        self._on_change()
        return page

    def passes(self, probe: dict[str, Any] | None) -> bool:
        """Whether a probe of the kubelet is content: `httpGet`, or `podcli check http localhost:9898/readyz`."""
        path = _probed_path(probe or {})
        if path is None:
            return True
        page, patience_s = self._page(path), (probe or {}).get("timeoutSeconds") or 1
        return 200 <= page.code < 400 and page.after_s < patience_s

    def _page(self, path: str) -> Page:
        match path.split("/")[1:]:
            case ["healthz"]:
                return _json({"status": "OK"}) if self.is_healthy else Page(503)
            case ["readyz"]:
                return _json({"status": "OK"}) if self.is_ready else Page(503)
            case ["fault_injection", "status"]:
                return _json({"fault_injection": "enabled" if self.injects_faults else "disabled"})
            case _ if self.is_broken or self.injects_faults:
                return Page(500, b'{"status":"fault injection enabled"}\n')
            case words if self._delay_s is not None:
                return replace(self._told(words), after_s=self._random.uniform(*self._delay_s))
            case words:
                return self._told(words)

    def _told(self, words: list[str]) -> Page:
        match words:
            case [""]:
                told = {"hostname": self.hostname, "version": self.version}
                return _json({**told, "message": f"greetings from podinfo v{self.version}"})
            case ["version"]:
                return _json({"commit": "unknown", "version": self.version})
            case ["delay", seconds] if seconds.isdigit():
                return replace(_json({"delay": int(seconds)}), after_s=float(seconds))
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


def options_of(container: dict[str, Any]) -> Options:
    """How the container's spec starts it; values that podinfo would not start with are left out."""
    port = option(container, "port")
    unit = _DELAY_UNITS.get(option(container, "random-delay-unit"), 1.0)
    least, most = (
        float(text) if text.isdigit() else default
        for text, default in (
            (option(container, "random-delay-min"), 0.0),
            (option(container, "random-delay-max"), 5.0),
        )
    )
    is_delayed = _is_true(option(container, "random-delay"))
    return Options(
        port=int(port) if port.isdigit() else PORT,
        is_healthy=not _is_true(option(container, "unhealthy")),
        is_ready=not _is_true(option(container, "unready")),
        delay_s=(least * unit, most * unit) if is_delayed else None,
    )


def is_told_to_fail(container: dict[str, Any], annotations: dict[str, str]) -> bool:
    """`--random-error` among its arguments, PODINFO_RANDOM_ERROR in its environment, or the pod's annotation."""
    return _is_true(annotations.get(RANDOM_ERROR) or option(container, "random-error"))


def option(container: dict[str, Any], name: str) -> str:
    """The value of one of podinfo's options, from arguments, else the environment; a flag alone is true, none is ""."""
    words = [str(word) for word in (*(container.get("command") or ()), *(container.get("args") or ()))]
    for number, word in enumerate(words):
        flag, equals, value = word.partition("=")
        if flag == f"--{name}":
            return value if equals else "true" if name in _FLAGS else "".join(words[number + 1 : number + 2])
    variable = f"PODINFO_{name.replace('-', '_').upper()}"
    return next(
        (str(one.get("value", "")) for one in container.get("env") or () if one["name"] == variable), ""
    )


def _is_true(text: str) -> bool:
    """What strconv.ParseBool takes for true."""
    return text.lower() in ("1", "t", "true")


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
