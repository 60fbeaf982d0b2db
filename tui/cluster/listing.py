"""A complete list, page by page. Follows client-go's tools/pager and the list in tools/cache/reflector.go."""

from __future__ import annotations

from typing import Generic, TypeVar

from tui.cluster.connection import Connection
from tui.cluster.errors import ClusterError, Refused
from tui.cluster.kinds import UNDECODABLE, Kind
from tui.cluster.stream_status import StreamStatus
from tui.facts import Fact

F = TypeVar("F", bound=Fact)

PAGE_SIZE = 500
MAX_PAGES = 2000


class Expired(Exception):
    """The server no longer knows the version we stand at: only a list helps."""


class _TooLarge(Exception):
    """The server is behind the version we asked for: ask for its newest instead."""


async def list_all(
    connection: Connection,
    kind: Kind[F],
    namespace: str | None,
    selector: str,
    version: str | None,
    status: StreamStatus,
) -> tuple[str, list[F]]:
    """All pages of one consistent list, and the version to watch from.

    `version` is what must be known at least; None and "" ask for the newest. Version "0", which client-go asks for,
    would have a server send everything in one body, for it leaves out `limit` then: 80 MB for 10,000 pods. With a
    limit and no `resourceVersionMatch` it would be the state as it was at that very version, and old news again.
    Raises Expired, or the ClusterError that ended it.
    """
    pages = _Pages(connection, kind, namespace, selector, status)
    try:
        return await pages.all(version or "", PAGE_SIZE)
    except _TooLarge:
        return await pages.all("", PAGE_SIZE)
    except Expired:
        # A continue token ran out on the way, or the version did: one full list instead.
        return await pages.all("", None)


class _Pages(Generic[F]):
    """One list request after the other."""

    def __init__(
        self,
        connection: Connection,
        kind: Kind[F],
        namespace: str | None,
        selector: str,
        status: StreamStatus,
    ) -> None:
        self._connection = connection
        self._kind = kind
        self._namespace = namespace
        self._selector = selector
        self._status = status

    async def all(self, version: str, limit: int | None) -> tuple[str, list[F]]:
        objects: list[F] = []
        known, tokens = set[str](), {""}
        token = ""
        for number in range(MAX_PAGES):
            body = await self._page(version, limit, token, expires=bool(number or version))
            try:
                meta, items, skipped = self._kind.page(body)
            except UNDECODABLE:
                raise ClusterError(self._connection.asked, f"its {self._kind.name} list is no list") from None
            objects += items
            self._status.leave_out(skipped)
            if not meta.continue_:
                return meta.resource_version, objects
            names = {one.metadata.uid or one.metadata.key for one in items}  # type: ignore[attr-defined]
            # A page may be empty and not the last (ListOptions.limit in types.go), but not of what came before.
            if meta.continue_ in tokens or (names and names <= known):
                break
            known |= names
            tokens.add(token := meta.continue_)
        raise ClusterError(self._connection.asked, f"its {self._kind.name} list does not end")

    async def _page(self, version: str, limit: int | None, token: str, *, expires: bool) -> bytes:
        params = {"labelSelector": self._selector} if self._selector else {}
        if limit:
            params["limit"] = str(limit)
        if token:
            params["continue"] = token
        elif version:
            params |= {"resourceVersion": version, "resourceVersionMatch": "NotOlderThan"}
        try:
            answer = await self._connection.call(
                "GET", self._kind.resource, namespace=self._namespace, params=params
            )
        except Refused as error:
            if error.code == 410 and expires:
                raise Expired from None
            if version and "too large resource version" in error.said.lower():
                raise _TooLarge from None
            raise
        return answer.body
