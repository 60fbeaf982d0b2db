"""The way into a pod: `pods/NAME/proxy/PATH`, `pods/NAME:PORT/proxy/PATH`, `pods/http:NAME:PORT/proxy/PATH`.

The same below `services/`, where PORT is the Service's, by name or number, and one of its ready pods answers.
Follows `pkg/registry/core/pod/strategy.go` and `pkg/registry/core/service/storage/storage.go` (ResourceLocation), and
apimachinery `util/proxy/transport.go`.
"""

from __future__ import annotations

from dataclasses import dataclass

from tui.sandbox import kinds
from tui.sandbox.endpoints import endpoints
from tui.sandbox.kinds import Kind
from tui.sandbox.objects import Object, dig, items
from tui.sandbox.pod_network import PodNetwork
from tui.sandbox.podinfo import Page, Podinfo
from tui.sandbox.quoting import go_quote
from tui.sandbox.registry import Registry
from tui.sandbox.requests import Answer, Call
from tui.sandbox.status import ApiError, bad_request

_HTTP_PORT = 80
_NAMED_PORTS = {"http": _HTTP_PORT, "https": 443}


@dataclass(frozen=True)
class _Place:
    scheme: str
    ip: str
    port: str


async def forward(registry: Registry, network: PodNetwork, kind: Kind, call: Call) -> Answer:
    """What the program in the pod answers, as it is; 503 in upstream's words where none does.

    A pod on a node that is cut off is waited for as long as a dial waits.
    """
    place = _of_service(registry, network, call) if kind is kinds.SERVICES else _of_pod(registry, call)
    if not call.resource.below and call.path.endswith("/proxy") and call.method in ("GET", "HEAD"):
        return Answer(301, b"", headers={"Location": f"{call.path}/"})
    page = await _page(network, place, call.method, f"/{call.resource.below}")
    return Answer(page.code, page.body, page.content_type)


def _of_pod(registry: Registry, call: Call) -> _Place:
    scheme, name, port = _taken_apart(call.resource.name, "pod")
    pod = registry.store.get(kinds.PODS, call.resource.namespace, name).obj
    ip = dig(pod, "status", "podIP")
    if not ip:
        raise bad_request("address not allowed")
    return _Place(scheme, str(ip), port or _declared_port(pod))


def _of_service(registry: Registry, network: PodNetwork, call: Call) -> _Place:
    scheme, name, port = _taken_apart(call.resource.name, "service")
    found = endpoints(registry.store, call.resource.namespace, name, port, call.resource.name)
    ip, number = network.choose(found)
    return _Place(scheme, ip, str(number))


def _taken_apart(asked: str, what: str) -> tuple[str, str, str]:
    """Scheme, name and port of a request; 400 for what is none (utilnet.SplitSchemeNamePort)."""
    parts = asked.split(":")
    scheme = parts.pop(0) if len(parts) == 3 else ""
    name, port = (*parts, "")[:2]
    if len(parts) > 2 or scheme not in ("", "http", "https") or not name:
        raise bad_request(f"invalid {what} request {go_quote(asked)}")
    return scheme, name, port


def _declared_port(pod: Object) -> str:
    """The first port that a container of the pod declares."""
    ports = [port for container in items(pod, "spec", "containers") for port in items(container, "ports")]
    return str(ports[0]["containerPort"]) if ports else str(_HTTP_PORT)


async def _page(network: PodNetwork, place: _Place, method: str, path: str) -> Page:
    number = _NAMED_PORTS.get(place.port, int(place.port) if place.port.isdigit() else 0)
    if not number:
        raise _unreachable(f"dial tcp: lookup tcp/{place.port}: unknown port")
    program = await _dialled(network, place, number)
    page = program.answer(method, path)
    if page is None:
        raise _unreachable("EOF")
    if page.after_s:
        await network.pause(page.after_s)
        if not await network.reach(place.ip):
            raise _unreachable(f"read tcp {place.ip}:{number}: i/o timeout")
        if network.find(place.ip, number) is not program:
            raise _unreachable("EOF")
    return page


async def _dialled(network: PodNetwork, place: _Place, number: int) -> Podinfo:
    if not await network.reach(place.ip):
        raise _unreachable(f"dial tcp {place.ip}:{number}: i/o timeout")
    program = network.find(place.ip, number)
    if program is None:
        raise _unreachable(f"dial tcp {place.ip}:{number}: connect: connection refused")
    if place.scheme == "https":
        raise _unreachable("http: server gave HTTP response to HTTPS client")
    return program


def _unreachable(why: str) -> ApiError:
    return ApiError(503, "ServiceUnavailable", f"error trying to reach service: {why}")
