"""The HTTP side: a request becomes a Call, an answer or an error becomes a response, and all of it is logged."""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections.abc import MutableSequence, Sequence
from email.utils import format_datetime
from random import Random

from aiohttp import web
from multidict import CIMultiDict

from tui.sandbox.api import answer, served_kind
from tui.sandbox.auth import Tokens, authorize
from tui.sandbox.negotiation import parse_accept
from tui.sandbox.objects import encode
from tui.sandbox.paths import parse_target
from tui.sandbox.pod_exec import is_websocket, run_command
from tui.sandbox.pod_network import PodNetwork
from tui.sandbox.quoting import quoted_string
from tui.sandbox.registry import Registry
from tui.sandbox.request_log import LONGEST_BODY, RequestRecord
from tui.sandbox.requests import JSON, Accept, Answer, Call
from tui.sandbox.status import ApiError, bad_request, internal_error, too_large_body
from tui.sandbox.watching import Watch, watch_options

LARGEST_BODY = 3 * 1024 * 1024
_TEXTS = ("log", "proxy")
_TOO_DEEP = "the object in the body is nested too deep"
_LONGEST_WARNING = 256
_SMALLEST_COMPRESSED = 128 * 1024

_log = logging.getLogger(__name__)


class Front:
    """Answers HTTP requests from a registry."""

    def __init__(
        self,
        registry: Registry,
        tokens: Tokens,
        network: PodNetwork,
        records: MutableSequence[RequestRecord],
        *,
        bookmark_interval_s: float,
        random: Random,
    ) -> None:
        self._registry = registry
        self._tokens = tokens
        self._network = network
        self._records = records
        self._bookmark_interval_s = bookmark_interval_s
        self._random = random
        self._watches: set[Watch] = set()

    def close_watches(self) -> None:
        """End every watch, so that its client sees the end of the stream."""
        for watch in self._watches:
            watch.close()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request; whatever goes wrong in it becomes a Status."""
        record = RequestRecord(
            request.method, request.path, dict(request.query), request.headers.get("User-Agent", "")
        )
        self._records.append(record)
        warnings: list[str] = []
        try:
            call = await self._call(request, record, warnings)
            if call.target is not None and call.target.verb == "watch":
                return await self._watch(request, call, record)
            if call.target is not None and call.target.subresource == "exec" and is_websocket(request):
                return await self._exec(request, call, record)
            given = await answer(self._registry, self._tokens, self._network, call)
            return await self._respond(request, given, record, warnings)
        except ApiError as error:
            return await self._respond(request, _failure(error), record)
        except RecursionError:
            return await self._respond(request, _failure(bad_request(_TOO_DEEP)), record)
        except Exception as error:
            _log.exception("%s %s failed", request.method, request.path)
            return await self._respond(request, _failure(internal_error(type(error).__name__)), record)

    async def _call(self, request: web.BaseRequest, record: RequestRecord, warnings: list[str]) -> Call:
        path = request.rel_url.raw_path
        headers = request.headers
        user = self._tokens.user(headers.get("Authorization", ""), path)
        groups = tuple(headers.getall("Impersonate-Group", ()))
        user = self._tokens.impersonated(user, headers.get("Impersonate-User", ""), groups)
        record.user = user.name
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            raise too_large_body(LARGEST_BODY) from None
        record.body = body[:LONGEST_BODY]
        target = parse_target(request.method, path, record.query)
        is_text = target.subresource in _TEXTS if target is not None else not path.startswith("/openapi/")
        return Call(
            method=request.method,
            path=path,
            query=record.query,
            user=user,
            user_agent=record.user_agent,
            accept=Accept() if is_text else parse_accept(request.headers.get("Accept", "")),
            content_type=request.headers.get("Content-Type", ""),
            body=body,
            target=target,
            warnings=warnings,
        )

    async def _watch(self, request: web.BaseRequest, call: Call, record: RequestRecord) -> web.StreamResponse:
        authorize(call.user, call.target, call.method, call.path)
        options = watch_options(call, self._random)
        watch = Watch(
            self._registry, served_kind(call), call, options, bookmark_interval_s=self._bookmark_interval_s
        )
        self._watches.add(watch)
        try:
            response = web.StreamResponse(headers={"Content-Type": JSON, **self._headers()})
            record.status = response.status
            await response.prepare(request)
            async for chunk in watch.chunks():
                await response.write(chunk)
            await response.write_eof()
        except ConnectionResetError:
            _log.debug("the client of a watch on %s went away", call.path)
        finally:
            self._watches.discard(watch)
            watch.leave()
        return response

    async def _exec(self, request: web.BaseRequest, call: Call, record: RequestRecord) -> web.StreamResponse:
        authorize(call.user, call.target, call.method, call.path)
        kind = served_kind(call)
        socket = await run_command(self._registry, self._network, kind, call, request, self._headers())
        record.status = socket.status
        return socket

    async def _respond(
        self, request: web.BaseRequest, given: Answer, record: RequestRecord, warnings: Sequence[str] = ()
    ) -> web.StreamResponse:
        record.status = given.code
        headers = CIMultiDict({"Content-Type": given.content_type, **self._headers(), **given.headers})
        for warning in warnings:
            headers.add("Warning", f"299 - {quoted_string(warning[:_LONGEST_WARNING])}")
        body = given.body
        if len(body) > _SMALLEST_COMPRESSED and "gzip" in request.headers.get("Accept-Encoding", ""):
            body = await asyncio.to_thread(gzip.compress, body, 1)
            headers["Content-Encoding"] = "gzip"
        return web.Response(status=given.code, body=body, headers=headers)

    def _headers(self) -> dict[str, str]:
        return {
            "Cache-Control": "no-cache, private",
            "Date": format_datetime(self._registry.clock(), usegmt=True),
            "Server": "gapwatch-sandbox",
        }


def _failure(error: ApiError) -> Answer:
    return Answer(error.code, encode(error.body()), headers=error.headers)
