"""A Service's endpoints: the ready pods that it selects, each with the port that is meant.

They are worked out when somebody asks: there are no EndpointSlice objects and no loop that keeps them.
Follows `pkg/registry/core/service/storage/storage.go` (ResourceLocation) and `pkg/controller/endpoint`.
"""

from __future__ import annotations

from tui.sandbox import kinds
from tui.sandbox.objects import Object, condition, dig, items, mapping
from tui.sandbox.quoting import go_quote
from tui.sandbox.status import ApiError
from tui.sandbox.store import Store

Address = tuple[str, int]


def endpoints(store: Store, namespace: str, name: str, port: str, asked: str) -> list[Address]:
    """The addresses behind a Service's port, named or numbered, at least one.

    404 where there is no such Service; 503 in upstream's words where the port or every pod is missing.
    """
    service = store.get(kinds.SERVICES, namespace, name).obj
    meant = _port(service, port)
    if meant is None and port.isdigit():
        raise _unavailable(f"no service port {int(port)} found for service {go_quote(name)}")
    ready = _ready_pods(store, namespace, mapping(service, "spec", "selector"))
    if not ready:
        raise _unavailable(f"no endpoints available for service {go_quote(name)}")
    found = [address for pod in ready if meant and (address := _address(pod, meant)) is not None]
    if not found:
        raise _unavailable(f"no endpoints available for service {go_quote(asked)}")
    return found


def _port(service: Object, asked: str) -> Object | None:
    """The Service's port of that number or name; a port without a name goes without saying."""
    wanted = (int(asked), "port") if asked.isdigit() else (asked, "name")
    ports = items(service, "spec", "ports")
    return next((port for port in ports if port.get(wanted[1], "") == wanted[0]), None)


def _ready_pods(store: Store, namespace: str, selector: Object) -> list[Object]:
    """The pods that get a share of the requests; a Service without a selector has none."""
    if not selector:
        return []
    pods = [version.obj for version in store.all(kinds.PODS, namespace)]
    return [pod for pod in pods if _is_serving(pod) and selector.items() <= _labels(pod).items()]


def _is_serving(pod: Object) -> bool:
    ready = condition(pod, "Ready")
    stays = "deletionTimestamp" not in mapping(pod, "metadata")
    return stays and bool(dig(pod, "status", "podIP")) and ready is not None and ready.get("status") == "True"


def _labels(pod: Object) -> Object:
    return mapping(pod, "metadata", "labels")


def _address(pod: Object, port: Object) -> Address | None:
    """Where the pod serves that port; None if the port is named and no container of the pod has it (FindPort)."""
    target = port.get("targetPort") or port["port"]
    if isinstance(target, str):
        ports = (one for container in items(pod, "spec", "containers") for one in items(container, "ports"))
        target = next((one["containerPort"] for one in ports if one.get("name") == target), None)
    return None if target is None else (str(pod["status"]["podIP"]), int(target))


def _unavailable(message: str) -> ApiError:
    return ApiError(503, "ServiceUnavailable", message)
