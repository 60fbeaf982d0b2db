"""Running one command in a container, over the WebSocket of `pods/NAME/exec`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx_ws
import msgspec

from tui.cluster.connection import Connection, NetworkErrors
from tui.cluster.errors import ClusterError, Refused
from tui.cluster.kinds import PODS, UNDECODABLE
from tui.cluster.trouble import hint_for

PROTOCOL = "v4.channel.k8s.io"
"""The newest that every supported server speaks: the first byte of a message is its channel, and 3 ends with a Status
(apimachinery remotecommand/constants.go)."""
_OUT, _ERR, _STATUS = 1, 2, 3
_MOST_BYTES = 64 * 2**10
NO_COMMAND = (126, 127)
"""What a shell, and most runtimes, say of a command that can't be run, or is not there."""


@dataclass(frozen=True)
class Executed:
    """A command that has ended: its exit code, None when the connection ended first, and what it said, in bytes."""

    code: int | None
    out: bytes = b""
    err: bytes = b""
    message: str = ""
    """What the kubelet said where the command could not be run, or failed."""


async def execute(
    connection: Connection,
    namespace: str,
    pod: str,
    container: str,
    command: Sequence[str],
    *,
    within_s: float,
) -> Executed:
    """Runs it and waits for its end; raises Refused when it may not be, ClusterError when it does not end in time."""
    params: list[tuple[str, str]] = [("command", word) for word in command]
    params += [("container", container), ("stdout", "true"), ("stderr", "true")]
    label = f"{PODS.resource.plural}/{pod}/exec"
    try:
        async with (
            asyncio.timeout(within_s),
            connection.websocket(
                PODS.resource, f"{pod}/exec", namespace=namespace, params=params, protocol=PROTOCOL
            ) as socket,
        ):
            return await _followed(socket)
    except TimeoutError:
        raise ClusterError(
            connection.asked, f"{label}: the command has not ended in {within_s:g} s"
        ) from None
    except BaseExceptionGroup as group:
        error = group.exceptions[0]
        raise _explained(connection, label, error) or error from None
    except (httpx_ws.HTTPXWSException, *NetworkErrors) as error:
        raise _explained(connection, label, error) or error from None


async def _followed(socket: httpx_ws.AsyncWebSocketSession) -> Executed:
    said = {_OUT: b"", _ERR: b""}
    # A container that is ended by what was run in it takes the connection with it: that is an end, and no error.
    with suppress(httpx_ws.WebSocketDisconnect, httpx_ws.WebSocketNetworkError):
        while True:
            message = await socket.receive_bytes()
            channel, rest = message[0] if message else 0, message[1:]
            if channel in said:
                said[channel] = (said[channel] + rest)[-_MOST_BYTES:]
            elif channel == _STATUS:
                code, text = _ended(rest)
                return Executed(code, said[_OUT], said[_ERR], text)
    return Executed(None, said[_OUT], said[_ERR])


def _ended(status: bytes) -> tuple[int, str]:
    """The exit code and the words of the Status that ends it (apimachinery remotecommand, decodeV4Status)."""
    try:
        read: Any = msgspec.json.decode(status)
        if read["status"] == "Success":
            return 0, ""
        causes = (read.get("details") or {}).get("causes") or ()
        codes = [int(one["message"]) for one in causes if one.get("reason") == "ExitCode"]
        return (codes or [1])[0], str(read.get("message", ""))
    except (*UNDECODABLE, KeyError, TypeError, ValueError, AttributeError):
        return 1, "how it ended was not understood"


def _explained(connection: Connection, label: str, error: BaseException) -> ClusterError | None:
    if isinstance(error, httpx_ws.WebSocketUpgradeError):
        code = error.response.status_code
        hint = hint_for(code, label, 0.0)
        return Refused(connection.asked, code, error.response.reason_phrase, f"no exec into {label}", hint)
    if isinstance(error, (httpx_ws.HTTPXWSException, *NetworkErrors)):
        return connection.unreachable(error)
    return None
