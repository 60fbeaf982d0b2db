"""The informer: what a loop sees of the cluster, kept by one list and an endless watch."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import aclosing

import aiohttp
import msgspec

from tui.sandbox.loops.client import ApiClient, ApiError, Resource
from tui.sandbox.loops.objects import Obj, controller_of, key_of, namespace_of, uid_of, version_of

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0

Handler = Callable[[Obj | None, Obj | None], None]
"""Called with (old, new): no old is an arrival, no new a departure."""


class Gone(Exception):
    """The server no longer knows our resourceVersion: only a new list can help."""


class Cache:
    """A copy of one kind's objects, as client-go's shared informers keep it.

    List, then watch from the list's version; after a break, watch on from the last version;
    after 410 Gone, list again, and hand on only the differences. What is read here is a little
    behind the truth, always: a loop must come to the right end all the same.
    """

    def __init__(self, client: ApiClient, resource: Resource, *, field_selector: str = "") -> None:
        self.resource = resource
        self.synced = asyncio.Event()
        self._client = client
        self._field_selector = field_selector
        self._objects: dict[str, Obj] = {}
        self._by_namespace: dict[str, dict[str, Obj]] = {}
        self._by_controller: dict[str, dict[str, Obj]] = {}
        self._handlers: list[Handler] = []
        self._version = ""

    # -------------------------------------------------------------- reading

    def __iter__(self) -> Iterator[Obj]:
        """Every object, in no order."""
        return iter(tuple(self._objects.values()))

    def __len__(self) -> int:
        """How many objects there are."""
        return len(self._objects)

    def get(self, key: str) -> Obj | None:
        """The object with this `namespace/name`."""
        return self._objects.get(key)

    def in_namespace(self, namespace: str) -> list[Obj]:
        """The objects of one namespace."""
        return list(self._by_namespace.get(namespace, {}).values())

    def controlled_by(self, uid: str) -> list[Obj]:
        """The objects whose controlling ownerReference has this uid; with "" those without one."""
        return list(self._by_controller.get(uid, {}).values())

    def subscribe(self, handler: Handler) -> None:
        """Have every change handed on, right after it is stored."""
        self._handlers.append(handler)

    # -------------------------------------------------------------- keeping up

    async def run(self) -> None:
        """List and watch until cancelled."""
        pause = FIRST_PAUSE_S
        while True:
            try:
                if not self._version:
                    await self._list()
                await self._watch()
                pause = FIRST_PAUSE_S
            except Gone:
                self._version = ""
            except (ApiError, aiohttp.ClientError, TimeoutError, msgspec.DecodeError) as error:
                log.debug("%s: %s; again in %.1f s", self.resource.plural, error, pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_S)

    async def _list(self) -> None:
        found: dict[str, Obj] = {}
        version = ""
        pages = self._client.pages(self.resource, field_selector=self._field_selector)
        async with aclosing(pages):
            async for page in pages:
                version = page["metadata"]["resourceVersion"]
                found.update((key_of(obj), self._named(obj)) for obj in page.get("items") or ())
        for key in self._objects.keys() - found.keys():
            self._store(key, None)
        for key, obj in found.items():
            self._store(key, obj)
        self._version = version
        self.synced.set()

    async def _watch(self) -> None:
        watching = self._client.watch(self.resource, self._version, field_selector=self._field_selector)
        try:
            async with watching as frames:
                async for kind, obj in frames:
                    self._take(kind, obj)
        except ApiError as error:
            raise Gone if error.status == 410 else error from None

    def _take(self, kind: str, obj: Obj) -> None:
        if kind == "ERROR":
            error = ApiError(obj.get("code", 500), obj.get("reason", ""), obj.get("message", ""), obj)
            raise Gone if error.status == 410 else error
        self._version = obj["metadata"]["resourceVersion"]
        if kind != "BOOKMARK":
            self._store(key_of(obj), None if kind == "DELETED" else self._named(obj), last=obj)

    def _named(self, obj: Obj) -> Obj:
        """Items of a list come without their kind; ownerReferences and Events need it."""
        obj.setdefault("apiVersion", self.resource.api_version)
        obj.setdefault("kind", self.resource.kind)
        return obj

    def _store(self, key: str, new: Obj | None, last: Obj | None = None) -> None:
        old = self._objects.pop(key, None)
        if new is not None:
            self._objects[key] = new
        for index, term in ((self._by_namespace, namespace_of), (self._by_controller, _controller_uid)):
            _reindex(index, term, key, old, new)
        if old is None or new is None:
            if old is not None or new is not None:
                self._tell(self._named(last) if old and last else old, new)
        elif uid_of(old) != uid_of(new):
            self._tell(old, None)  # the same name, another object: one went, one came
            self._tell(None, new)
        elif version_of(old) != version_of(new):
            self._tell(old, new)

    def _tell(self, old: Obj | None, new: Obj | None) -> None:
        for handler in self._handlers:
            handler(old, new)


def _reindex(
    index: dict[str, dict[str, Obj]], term: Callable[[Obj], str], key: str, old: Obj | None, new: Obj | None
) -> None:
    if old is not None:
        entry = index[term(old)]
        del entry[key]
        if not entry:
            del index[term(old)]
    if new is not None:
        index.setdefault(term(new), {})[key] = new


def _controller_uid(obj: Obj) -> str:
    ref = controller_of(obj)
    return str(ref["uid"]) if ref else ""


class Caches:
    """The caches of one process, each made once and shared by its loops (client-go: SharedInformerFactory)."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client
        self._caches: dict[Resource, Cache] = {}

    def of(self, resource: Resource) -> Cache:
        """The one cache for this kind."""
        return self._caches.setdefault(resource, Cache(self._client, resource))

    def all(self) -> Iterable[Cache]:
        """Every cache somebody asked for."""
        return tuple(self._caches.values())
