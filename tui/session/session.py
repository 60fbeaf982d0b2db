"""One run on a thread of its own: a terminal that does not read must not stall watches, faults or their undo."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections.abc import Callable, Mapping
from itertools import count
from typing import TYPE_CHECKING, TypeVar

from tui.chaos.target import Target
from tui.clean import PlainError
from tui.session.chaos_news import RunningNews
from tui.session.contrast_orders import ContrastOrders
from tui.session.drift_news import PlannedNews
from tui.session.heal_news import HealNews
from tui.session.news import News
from tui.session.options import Options
from tui.session.source_news import SourceNews
from tui.session.waiting_news import WaitingNews

if TYPE_CHECKING:
    from tui.session.contrast import Contrast
    from tui.session.declaration_orders import DeclarationOrders
    from tui.session.engine import Batch, Engine
    from tui.session.orders import Orders

CLOSE_WITHIN_S = 8.0

Taker = TypeVar("Taker")


class Session:
    """Opens a source, runs an engine on it, and keeps the news until somebody takes them.

    `notify` is called from the session's thread, once for each time that news begin to wait. All public methods
    may be called from any thread and return at once, except `close`.
    """

    def __init__(
        self, options: Options, notify: Callable[[], None], rng: random.Random | None = None
    ) -> None:
        self.options = options
        self.contrast = ContrastOrders(self._with_contrast)
        """The orders to the contrast."""
        self._news = WaitingNews(notify)
        self._rng = rng or random.Random()
        self._lock = threading.Lock()
        self._focus: str | None = None
        self._engine: Engine | None = None
        self._orders: Orders | None = None
        self._declaration: DeclarationOrders | None = None
        self._contrast: Contrast | None = None
        self._numbers = count(1)
        self._has_asked_source = False
        self._left: tuple[RunningNews, ...] = ()
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
        self._news.close()
        if loop is not None and stop is not None:
            _soon(loop, stop.set)
        if self._thread.is_alive():
            self._thread.join(CLOSE_WITHIN_S)

    def take(self) -> News:
        """Everything new since the last call; many changes of one Deployment come as its last."""
        return self._news.take()

    def source(self) -> SourceNews | None:
        """The honest line as of now, or None while there is no source yet."""
        engine = self._engine
        return engine.overview.source_news() if engine is not None else None

    def heals(self) -> tuple[HealNews, ...]:
        """Every heal that is kept, newest first; those under way as of now. Empty while there is no source yet."""
        engine = self._engine
        return engine.overview.heals() if engine is not None else ()

    def planned(self) -> tuple[PlannedNews, ...]:
        """Everything that is not as declared, and what an apply would change of it. Empty without manifests."""
        engine = self._engine
        return engine.overview.planned() if engine is not None else ()

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

    # ---------------------------------------------------------------- chaos

    def delete_pod(self, deployment_uid: str, pod_uid: str | None, *, anyway: bool = False) -> int:
        """Deletes that very pod of that Deployment, or a random one; as `strike`."""
        return self.strike("delete-pod", deployment_uid, pod_uid, anyway=anyway, failed="not deleted")

    def strike(
        self,
        fault: str,
        deployment_uid: str,
        pod_uid: str | None,
        *,
        anyway: bool = False,
        failed: str = "not injected",
    ) -> int:
        """Injects that fault into that very pod of that Deployment, or into a random one, with its defaults.

        `anyway`: also while its gap is open. The answer comes under the number that is returned; a refusal as a
        notice too, but for that of an open gap.
        """
        number = next(self._numbers)
        self._order(
            lambda orders: orders.strike(
                number, fault, deployment_uid, pod_uid or "", anyway=anyway, failed=failed
            )
        )
        return number

    def survey(self, deployment_uid: str | None, pod_uid: str | None = None) -> None:
        """Has the whole catalogue told for that Deployment, and the nodes; the rights are learnt on the way."""
        self._order(lambda orders: orders.survey(deployment_uid or "", pod_uid or ""))

    def plan(self, fault: str, target: Target, settings: Mapping[str, str]) -> int:
        """Has the plan told of what exactly would be done; its number is returned. Sends reads only.

        `settings` are those that were chosen, by name, and "for" for how long it lasts.
        """
        number, chosen = next(self._numbers), dict(settings)
        self._order(lambda orders: orders.plan(number, fault, target, chosen))
        return number

    def fire(self, plan_id: int, *, anyway: bool = False) -> None:
        """Injects that very plan, once. `anyway`: also while a gap is open. The answer comes under its number."""
        self._order(lambda orders: orders.fire(plan_id, anyway=anyway))

    def undo(self, fault_id: str, *, force: bool = False) -> None:
        """Undoes that fault of this run or of an earlier one; `force` also where others have changed it since."""
        self._order(lambda orders: orders.undo(fault_id, force=force))

    def forget(self, fault_id: str) -> None:
        """Leaves what that fault has changed as it is."""
        self._order(lambda orders: orders.forget(fault_id))

    def stop_everything(self) -> None:
        """No new faults from now on, and all lasting ones undone; what could not be, is told."""
        self._order(lambda orders: orders.stop_everything())

    def left_undone(self) -> tuple[RunningNews, ...]:
        """The faults of this run that its end could not undo; to be asked after `close`."""
        return self._left

    # ---------------------------------------------------------------- what was declared

    def apply(self, *keys_or_uids: str, force: bool = False) -> None:
        """Applies these Deployments as they were declared, one after the other, each with an answer as news.

        A refusal comes as a notice too, and keeps nothing from the others. Fields of other managers are taken from
        them only with `force`.
        """
        self._declare(lambda orders: orders.apply(keys_or_uids, force=force))

    def start_loop(self, every_s: float, *, force: bool = False) -> None:
        """Applies what has drifted now and every so many seconds; a refusal comes as a notice."""
        self._declare(lambda orders: orders.start_loop(every_s, force=force))

    def stop_loop(self) -> None:
        """Ends that."""
        self._declare(lambda orders: orders.stop_loop())

    # ---------------------------------------------------------------- the thread

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except PlainError as error:
            self._news.fail(str(error))
        except Exception as error:
            # A bug in the engine has to reach people: without a word the screen would only grow stale.
            self._news.fail(f"gapwatch itself failed: {type(error).__name__}; please report this")

    async def _main(self) -> None:
        # Whatever speaks to a cluster costs half a second to import: that is paid here, after the first paint.
        from tui.session.engine import Engine
        from tui.session.manifests import declared_for, follow, read_written, stamps
        from tui.session.source import open_source

        stop = asyncio.Event()
        with self._lock:
            self._loop, self._stop = asyncio.get_running_loop(), stop
            if self._closing:
                return
        known = await stamps(self.options)
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
                protect=self.options.protect,
                on_batch=self._put,
                rng=self._rng,
                manifests=declared_for(source, written),
            )
            orders = self._listen_to(engine)
            try:
                async with engine.running():
                    self._engine, self._orders = engine, orders
                    self._news.wake()
                    orders.tell_running(afresh=True)
                    if engine.declaration is not None:
                        for remark in engine.declaration.declared.remarks:
                            self._news.notice("warning", remark)
                        follows = follow(self.options, source, engine.declaration, known, self._news.notice)
                        engine.in_background(follows, "manifests")
                    failed = asyncio.ensure_future(engine.failure())
                    await asyncio.wait({stopping, failed}, return_when=asyncio.FIRST_COMPLETED)
                    failed.cancel()
            finally:
                self._left = orders.outstanding()
        finally:
            self._engine = self._orders = self._declaration = self._contrast = None
            await source.close()

    def _listen_to(self, engine: Engine) -> Orders:
        """Has orders taken for it, and what its desk tells become news."""
        from tui.session.contrast import Contrast
        from tui.session.declaration_orders import DeclarationOrders
        from tui.session.orders import Orders

        orders = Orders(engine, self._news.tell)
        contrast = self._contrast = Contrast(engine, self._news.tell)
        if engine.declaration is not None:
            self._declaration = DeclarationOrders(engine, engine.declaration, self._news.tell)

        def changed() -> None:
            self._left = orders.outstanding()
            orders.tell_running()
            contrast.changed()

        engine.telling.changed = changed
        engine.telling.notice = self._news.notice
        engine.on_learnt = lambda: self._tell_focus(engine)
        return orders

    def _order(self, what: Callable[[Orders], None]) -> None:
        self._hand(what, lambda: self._orders)

    def _declare(self, what: Callable[[DeclarationOrders], None]) -> None:
        self._hand(what, lambda: self._declaration)

    def _with_contrast(self, what: Callable[[Contrast], None]) -> None:
        self._hand(what, lambda: self._contrast)

    def _hand(self, what: Callable[[Taker], None], taker: Callable[[], Taker | None]) -> None:
        """Runs `what` on the session's loop, where somebody is there by then to take it."""

        def give(_: Engine) -> None:
            takes = taker()
            if takes is not None:
                what(takes)

        self._call(give)

    def _call(self, what: Callable[[Engine], None]) -> None:
        """Runs `what` on the session's loop; a refusal becomes a notice."""

        def run() -> None:
            engine = self._engine
            if engine is None:
                return
            try:
                what(engine)
            except PlainError as error:
                self._news.notice("error", str(error))

        with self._lock:
            loop = self._loop
        if loop is not None and not self._closing:
            _soon(loop, run)

    def _put(self, batch: Batch) -> None:
        engine = self._engine
        self._news.keep(batch)
        if engine is not None and self._focus is not None and any(r.uid == self._focus for r in batch.rows):
            self._tell_focus(engine)
        self._news.wake()

    def _tell_focus(self, engine: Engine) -> None:
        uid = self._focus
        if uid is None:
            return
        detail = engine.overview.detail(uid)
        if detail is not None:
            engine.survey.learn_keyed(engine.target(uid))
            self._ask_source(engine)

        def put(news: News) -> None:
            news.detail = detail

        self._news.tell(put)

    def _ask_source(self, engine: Engine) -> None:
        """Asks once what the source can do at all; later looks are the catalogue's."""
        if self._has_asked_source:
            return
        self._has_asked_source = True

        async def ask() -> None:
            if await engine.survey.ask_source():
                self._tell_focus(engine)

        engine.in_background(ask(), "survey")


def _soon(loop: asyncio.AbstractEventLoop, what: Callable[[], object]) -> None:
    """Has the loop do it; one that has ended at this very moment does nothing any more."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(what)
