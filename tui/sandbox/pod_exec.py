"""`pods/NAME/exec`: a command in a container, over a websocket with a channel for each stream.

Follows `pkg/registry/core/pod/strategy.go` (ExecLocation) and `k8s.io/apimachinery/pkg/util/remotecommand`: in each
message the first byte names the channel; the last one, on the error channel, is a Status that holds the exit code.
SPDY, which kubectl falls back to when it gets no websocket, is not spoken here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from aiohttp import web

from tui.sandbox.commands import Outcome
from tui.sandbox.kinds import Kind
from tui.sandbox.logs import container_meant
from tui.sandbox.objects import Object, dig, encode
from tui.sandbox.pod_network import PodNetwork
from tui.sandbox.quoting import go_quote
from tui.sandbox.registry import Registry
from tui.sandbox.requests import Answer, Call
from tui.sandbox.status import ApiError, bad_request, internal_error

PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
HEAD_START_S = 0.1
"""A kubelet's answer takes its way; an older kubectl (1.32) discards what comes before it has made its streams."""
_STDOUT, _STDERR, _ERROR = 1, 2, 3
_KUBELET_PORT = 10250


def is_websocket(request: web.BaseRequest) -> bool:
    """Whether the client asks for a websocket with a protocol that is spoken here."""
    offered = request.headers.get("Sec-WebSocket-Protocol", "").replace(" ", "").split(",")
    return request.headers.get("Upgrade", "").lower() == "websocket" and any(
        protocol in PROTOCOLS for protocol in offered
    )


def want_websocket(registry: Registry, kind: Kind, call: Call) -> Answer:
    """The answer to everybody else."""
    _found(registry, kind, call)
    raise bad_request(f"exec wants a websocket that speaks {' or '.join(PROTOCOLS)}")


async def run_command(
    registry: Registry,
    network: PodNetwork,
    kind: Kind,
    call: Call,
    request: web.BaseRequest,
    headers: Mapping[str, str],
) -> web.WebSocketResponse:
    """Run the command that the query names, and tell over a websocket what became of it."""
    pod, container = _found(registry, kind, call)
    socket = web.WebSocketResponse(protocols=PROTOCOLS)
    socket.headers.update(headers)
    await socket.prepare(request)
    await asyncio.sleep(HEAD_START_S)
    try:
        outcome = await _outcome(network, pod, container, request.query.getall("command", []))
    except ApiError as error:
        await socket.send_bytes(bytes([_ERROR]) + encode(error.body()))
    else:
        for channel, text in ((_STDOUT, outcome.stdout), (_STDERR, outcome.stderr)):
            if text:
                await socket.send_bytes(bytes([channel]) + text.encode())
        await socket.send_bytes(bytes([_ERROR]) + encode(_status(outcome.code)))
    await socket.close()
    return socket


def _found(registry: Registry, kind: Kind, call: Call) -> tuple[Object, str]:
    """The pod and the container that are meant; 400 where that is not clear or the pod has no node yet."""
    pod = registry.store.get(kind, call.resource.namespace, call.resource.name)
    name = pod.key[1]
    container = container_meant(pod.obj, name, call.query.get("container", ""))
    if not dig(pod.obj, "spec", "nodeName"):
        raise bad_request(f"pod {name} does not have a host assigned")
    return pod.obj, container


async def _outcome(network: PodNetwork, pod: Object, container: str, command: Sequence[str]) -> Outcome:
    ip, host = dig(pod, "status", "podIP"), dig(pod, "status", "hostIP")
    if ip and not await network.reach(ip):
        raise internal_error(f"error dialing backend: dial tcp {host}:{_KUBELET_PORT}: i/o timeout")
    meta = pod["metadata"]
    outcome = network.run(pod["spec"]["nodeName"], meta["uid"], container, command)
    if outcome is None:
        raise internal_error(f"unable to upgrade connection: container not found ({go_quote(container)})")
    return outcome


def _status(code: int) -> Object:
    if not code:
        return {"metadata": {}, "status": "Success"}
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: exit status {code}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }
