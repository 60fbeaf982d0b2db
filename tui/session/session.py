"""One run on a thread of its own: a terminal that does not read must not stall watches, faults or their undo."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from tui.chaos.guard import FaultRefused
from tui.clean import PlainError, one_line
from tui.session.news import HealNews, News, SourceNews
from tui.session.options import Options

if TYPE_CHECKING:
    from tui.session.engine import Batch, Engine

CLOSE_WITHIN_S = 8.0


class Session:
    """Opens a source, runs an engine on it, and keeps the news until somebody takes them.

    `notify` is called from the session's thread, once for each time that news begin to wait. All public methods
    may be called from any thread and return at once, except `close`.
    """

    def __init__(
        self, options: Options, notify: Callable[[], None], rng: random.Random | None = None
    ) -> None:
        self.options = options
        self._notify = notify
        self._rng = rng or random.Random()
        self._lock = threading.Lock()
        self._news = News()
        self._waiting = False
        self._focus: str | None = None
        self._engine: Engine | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="gapwatch-session", daemon=True)

    # ---------------------------------------------------------------- for the screens

    def start(self) -> None:
        """Begins; news will come, or the reason why there are none."""
        self._thread.start()

    def close(self) -> None:
        """Ends streams, connection and sandbox, and waits for that; safe to call twice."""
        with self._lock:
            self._closing = True
            loop, stop = self._loop, self._stop
        if loop is not None and stop is not None:
            _soon(loop, stop.set)
        if self._thread.is_alive():
            self._thread.join(CLOSE_WITHIN_S)

    def take(self) -> News:
        """Everything new since the last call; many changes of one Deployment come as its last."""
        with self._lock:
            news, self._news = self._news, News()
            self._waiting = False
        return news

    def source(self) -> SourceNews | None:
        """The honest line as of now, or None while there is no source yet."""
        engine = self._engine
        return engine.source_news() if engine is not None else None

    def heals(self) -> tuple[HealNews, ...]:
        """Every heal that is kept, newest first; those under way as of now. Empty while there is no source yet."""
        engine = self._engine
        return engine.heals() if engine is not None else ()

    def focus(self, deployment_uid: str | None) -> None:
        """Has every change of that Deployment told in full from now on, beginning at once."""
        self._focus = deployment_uid
        self._call(self._tell_focus)

    def arm(self, typed: str = "") -> None:
        """Takes the safety catch off, if `typed` satisfies it; the answer comes as a notice."""

        def take_off(engine: Engine) -> None:
            engine.guard.arm(engine.now(), typed)
            self._tell_focus(engine)

        self._call(take_off)

    def disarm(self) -> None:
        """Puts the safety catch back on."""

        def put_on(engine: Engine) -> None:
            engine.guard.disarm()
            self._tell_focus(engine)

        self._call(put_on)

    def delete_pod(self, deployment_uid: str, pod_uid: str | None, *, anyway: bool = False) -> None:
        """Deletes that very pod of that Deployment, or a random one; a refusal comes as a notice.

        `anyway`: also while its gap is open.
        """

        def press(engine: Engine) -> None:
            target = engine.target(deployment_uid, pod_uid or "")

            async def inject() -> None:
                try:
                    plan = await engine.desk.plan("delete-pod", target)
                    await engine.desk.fire(plan, anyway=anyway)
                except PlainError as error:
                    self._notice("error", f"not deleted: {error}")
                except Exception as error:
                    self._notice("error", f"not deleted: gapwatch itself failed: {type(error).__name__}")

            engine.in_background(inject(), "fault")

        self._call(press)

    def apply(self, key_or_uid: str, *, force: bool = False) -> None:
        """Applies that Deployment as it was declared; the answer comes as news, a refusal as a notice too.

        Fields of other managers are taken from them only with `force`.
        """

        def press(engine: Engine) -> None:
            engine.in_background(self._apply(engine, key_or_uid, force), "apply")

        self._call(press)

    def start_loop(self, every_s: float, *, force: bool = False) -> None:
        """Applies what has drifted now and every so many seconds; a refusal comes as a notice."""

        def start(engine: Engine) -> None:
            if engine.declaration is not None:
                engine.declaration.start_loop(every_s, force=force)

        self._call(start)

    def stop_loop(self) -> None:
        """Ends that."""

        def stop(engine: Engine) -> None:
            if engine.declaration is not None:
                engine.declaration.stop_loop()

        self._call(stop)

    # ---------------------------------------------------------------- the thread

    async def _apply(self, engine: Engine, key_or_uid: str, force: bool) -> None:
        from tui.session import drift_views

        if engine.declaration is None:
            return
        try:
            done = await engine.declaration.apply_one(key_or_uid, force=force)
        except PlainError as error:
            self._notice("error", str(error))
            return
        except Exception as error:
            self._notice("error", f"not applied: gapwatch itself failed: {type(error).__name__}")
            return
        with self._lock:
            self._news.applied.append(drift_views.applied(done))
        self._wake()

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except PlainError as error:
            self._fail(str(error))
        except Exception as error:
            # A bug in the engine has to reach people: without a word the screen would only grow stale.
            self._fail(f"gapwatch itself failed: {type(error).__name__}; please report this")

    async def _main(self) -> None:
        # Whatever speaks to a cluster costs half a second to import: that is paid here, after the first paint.
        from tui.session.engine import Engine
        from tui.session.manifests import declared_for, read_written
        from tui.session.source import open_source

        stop = asyncio.Event()
        with self._lock:
            self._loop, self._stop = asyncio.get_running_loop(), stop
            if self._closing:
                return
        written = await read_written(self.options)
        opening = asyncio.ensure_future(open_source(self.options))
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait({opening, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not opening.done():
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)
            return
        source = await opening
        try:
            engine = Engine(
                source,
                read_only=self.options.read_only,
                on_batch=self._put,
                rng=self._rng,
                manifests=declared_for(source, written),
            )
            async with engine.running():
                self._engine = engine
                self._wake()
                failed = asyncio.ensure_future(engine.failure())
                await asyncio.wait({stopping, failed}, return_when=asyncio.FIRST_COMPLETED)
                failed.cancel()
        finally:
            self._engine = None
            await source.close()

    def _call(self, what: Callable[[Engine], None]) -> None:
        """Runs `what` on the session's loop; a refusal becomes a notice."""

        def run() -> None:
            engine = self._engine
            if engine is None:
                return
            try:
                what(engine)
            except FaultRefused as error:
                self._notice("error", str(error))

        with self._lock:
            loop = self._loop
        if loop is not None and not self._closing:
            _soon(loop, run)

    def _put(self, batch: Batch) -> None:
        engine = self._engine
        with self._lock:
            for uid in batch.removed:
                self._news.rows.pop(uid, None)
                self._news.removed.add(uid)
            for row in batch.rows:
                self._news.rows[row.uid] = row
                self._news.removed.discard(row.uid)
            self._news.synced = True
        if engine is not None and self._focus is not None and any(r.uid == self._focus for r in batch.rows):
            self._tell_focus(engine)
        self._wake()

    def _tell_focus(self, engine: Engine) -> None:
        uid = self._focus
        if uid is None:
            return
        detail = engine.detail(uid)
        if detail is not None:
            engine.permissions.learn(engine.needs_of_delete(uid))
        with self._lock:
            self._news.detail = detail
        self._wake()

    def _notice(self, severity: str, text: str) -> None:
        with self._lock:
            self._news.notices.append((severity, one_line(text)))
        self._wake()

    def _fail(self, why: str) -> None:
        with self._lock:
            self._news.failed = why
        self._wake()

    def _wake(self) -> None:
        with self._lock:
            if self._waiting or self._closing:
                return
            self._waiting = True
        self._notify()


def _soon(loop: asyncio.AbstractEventLoop, what: Callable[[], object]) -> None:
    """Has the loop do it; one that has ended at this very moment does nothing any more."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(what)
