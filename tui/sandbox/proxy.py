"""The way into a pod: `pods/NAME/proxy/PATH`, `pods/NAME:PORT/proxy/PATH`, `pods/http:NAME:PORT/proxy/PATH`.

Follows `pkg/registry/core/pod/strategy.go` (ResourceLocation) and apimachinery `util/proxy/transport.go`.
"""

from __future__ import annotations

from tui.sandbox.kinds import Kind
from tui.sandbox.objects import Object, dig, items
from tui.sandbox.pod_network import PodNetwork
from tui.sandbox.podinfo import Podinfo
from tui.sandbox.quoting import go_quote
from tui.sandbox.registry import Registry
from tui.sandbox.requests import Answer, Call
from tui.sandbox.status import ApiError, bad_request

_HTTP_PORT = 80
_NAMED_PORTS = {"http": _HTTP_PORT, "https": 443}


def forward(registry: Registry, network: PodNetwork, kind: Kind, call: Call) -> Answer:
    """What the program in the pod answers, as it is; 503 in upstream's words where none does."""
    scheme, name, port = _taken_apart(call.resource.name)
    pod = registry.store.get(kind, call.resource.namespace, name).obj
    ip = dig(pod, "status", "podIP")
    if not ip:
        raise bad_request("address not allowed")
    if not call.resource.below and call.path.endswith("/proxy") and call.method in ("GET", "HEAD"):
        return Answer(301, b"", headers={"Location": f"{call.path}/"})
    address = f"{ip}:{port or _declared_port(pod)}"
    page = _reached(network, scheme, address).answer(call.method, f"/{call.resource.below}")
    if page is None:
        raise _unreachable("EOF")
    return Answer(page.code, page.body, page.content_type)


def _taken_apart(asked: str) -> tuple[str, str, str]:
    """Scheme, name and port of a pod request; 400 for what is none (utilnet.SplitSchemeNamePort)."""
    parts = asked.split(":")
    scheme = parts.pop(0) if len(parts) == 3 else ""
    name, port = (*parts, "")[:2]
    if len(parts) > 2 or scheme not in ("", "http", "https") or not name:
        raise bad_request(f"invalid pod request {go_quote(asked)}")
    return scheme, name, port


def _declared_port(pod: Object) -> str:
    """The first port that a container of the pod declares."""
    ports = [port for container in items(pod, "spec", "containers") for port in items(container, "ports")]
    return str(ports[0]["containerPort"]) if ports else str(_HTTP_PORT)


def _reached(network: PodNetwork, scheme: str, address: str) -> Podinfo:
    ip, _, port = address.rpartition(":")
    number = _NAMED_PORTS.get(port, int(port) if port.isdigit() else 0)
    if not number:
        raise _unreachable(f"dial tcp: lookup tcp/{port}: unknown port")
    program = network.find(ip, number)
    if program is None:
        raise _unreachable(f"dial tcp {ip}:{number}: connect: connection refused")
    if scheme == "https":
        raise _unreachable("http: server gave HTTP response to HTTPS client")
    return program


def _unreachable(why: str) -> ApiError:
    return ApiError(503, "ServiceUnavailable", f"error trying to reach service: {why}")
