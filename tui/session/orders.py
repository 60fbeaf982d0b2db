"""What people ask of the chaos desk, on the session's loop: every answer comes as news."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from tui.chaos.clearance import StillOpen
from tui.chaos.desk import Unanswered
from tui.chaos.fault import Aim, Plan, Target
from tui.chaos.running import State
from tui.chaos.settings import Setting
from tui.clean import PlainError, one_line
from tui.session.chaos_news import Answer, RunningNews, Stopped, SurveyNews
from tui.session.chaos_views import left_behind_news, node_news, plan_news, refused_news, running_news
from tui.session.engine import Engine
from tui.session.news import News

PLANS_KEPT = 16
FOR = "for"
"""The name under which it is chosen how long a fault lasts, beside the settings of its own."""
_FOR = Setting(FOR, "how long it lasts", kind=float, least=1, most=86400, unit="s")

Tell = Callable[[Callable[[News], None]], None]


class Orders:
    """The orders to one engine. `tell` is given what to change in the news that wait."""

    def __init__(self, engine: Engine, tell: Tell) -> None:
        self._engine = engine
        self._tell = tell
        self._plans: OrderedDict[int, Plan] = OrderedDict()
        self._left: tuple[RunningNews, ...] = ()
        self._unreadable = 0

    # ---------------------------------------------------------------- looking

    def survey(self, deployment_uid: str, pod_uid: str) -> None:
        """Tells the whole catalogue for that Deployment, or for none, and the nodes."""
        engine = self._engine

        async def look() -> None:
            if engine.survey.is_due:
                await engine.survey.ask_source()
            target = None
            if deployment_uid in engine.world.deployments.by_uid:
                target = engine.target(deployment_uid, pod_uid)
            engine.survey.learn(target)
            nodes = node_news(engine.world, engine.guard)
            told = SurveyNews(deployment_uid, engine.survey.faults(target), nodes)

            def put(news: News) -> None:
                news.survey = told

            self._tell(put)

        self._run(look(), "survey")

    def plan(self, plan_id: int, fault: str, target: Target, settings: Mapping[str, str]) -> None:
        """Tells what exactly would be done."""
        given = dict(settings)
        lasts = given.pop(FOR, "")

        async def make() -> None:
            try:
                at = self._engine.target(target.uid, target.pod_uid) if _is_deployment(target) else target
                for_s = _FOR.read(lasts) if lasts else None
                plan = await self._engine.desk.plan(fault, at, given, for_s=for_s)
            except Exception as error:
                refused = refused_news(plan_id, fault, target, _said(error))
                self._tell(lambda news: news.plans.append(refused))
                return
            self._keep(plan_id, plan)
            self._tell(lambda news: news.plans.append(plan_news(plan_id, plan)))

        self._run(make(), "plan")

    def tell_running(self, *, afresh: bool = False) -> None:
        """Tells what goes on; `afresh` also looks into the journal for what earlier runs have left behind."""
        if afresh:
            try:
                self._left = left_behind_news(self._engine.desk.left_behind())
                self._tell_unreadable()
            except PlainError as error:
                self._notice("error", str(error))
        told = (*running_news(self._engine.desk.keeper.running.values()), *self._left)

        def put(news: News) -> None:
            news.running = told

        self._tell(put)

    def _tell_unreadable(self) -> None:
        """A fault whose line can't be read can't be offered: that there may be one is said once."""
        book = self._engine.desk.journal
        if book.corrupt > self._unreadable:
            lines = "1 line" if book.corrupt == 1 else f"{book.corrupt} lines"
            self._notice(
                "warning", f"{lines} of the journal {book.path} can't be read: look what it was about"
            )
        self._unreadable = book.corrupt

    def outstanding(self) -> tuple[RunningNews, ...]:
        """What goes on now of this run; nothing in a sandbox of our own, for that ends with us."""
        if self._engine.source.sandbox is not None:
            return ()
        return running_news(self._engine.desk.keeper.running.values())

    # ---------------------------------------------------------------- doing

    def fire(self, plan_id: int, *, anyway: bool) -> None:
        """Injects that very plan, once; it can be fired again only when it was refused."""
        plan = self._plans.pop(plan_id, None)
        if plan is None:
            return  # the key is being held down: it has been fired already

        async def inject() -> None:
            try:
                await self._engine.desk.fire(plan, anyway=anyway)
            except Exception as error:
                self._keep(plan_id, plan)
                self._refuse(plan_id, error, "not injected")
            else:
                self._answer(Answer(plan_id, True, one_line(f"you {plan.done}")))

        self._run(inject(), "fault")

    def strike(
        self, press: int, fault: str, deployment_uid: str, pod_uid: str, *, anyway: bool, failed: str
    ) -> None:
        """Plans and injects in one go; `failed` begins the words of a refusal."""

        async def inject() -> None:
            try:
                plan = await self._engine.desk.plan(fault, self._engine.target(deployment_uid, pod_uid))
                await self._engine.desk.fire(plan, anyway=anyway)
            except Exception as error:
                self._refuse(press, error, failed)
            else:
                self._answer(Answer(press, True, one_line(f"you {plan.done}")))

        self._run(inject(), "fault")

    def undo(self, fault_id: str, *, force: bool) -> None:
        """Undoes that fault; what stood in the way is told too."""
        is_ours = fault_id in self._engine.desk.keeper.running
        title = self._titles().get(fault_id, fault_id)

        async def take_back() -> None:
            try:
                said = await self._engine.desk.undo(fault_id, force=force)
            except Exception as error:
                if not is_ours:  # of its own the keeper has told
                    self._notice("error", f"not undone: {_said(error)}")
            else:
                self._notice("information", f"{title}: {said}")
            self.tell_running(afresh=not is_ours)

        self._run(take_back(), "undo")

    def forget(self, fault_id: str) -> None:
        """Leaves what that fault has changed as it is."""
        title = self._titles().get(fault_id, fault_id)
        is_ours = fault_id in self._engine.desk.keeper.running
        self._engine.desk.forget(fault_id)
        self._notice("warning", f"left as it is: {title}")
        self.tell_running(afresh=not is_ours)

    def stop_everything(self) -> None:
        """No new faults, and all lasting ones undone, those too that earlier runs have left behind."""
        desk = self._engine.desk

        async def stop() -> None:
            before = [one for one in desk.keeper.running.values() if one.plan.lasting]
            behind = self._left
            left = await desk.stop_everything()
            self.tell_running(afresh=True)
            titles = [one_line(one.plan.title) for one in before if one.state is State.OVER]
            titles += [one.title for one in behind if one.id not in {still.id for still in self._left}]
            told = Stopped(tuple(titles), tuple(map(one_line, left)))

            def put(news: News) -> None:
                news.stopped = told

            self._tell(put)

        desk.guard.disarm()  # at once, not when the loop comes to it
        self._run(stop(), "stop everything")

    # ---------------------------------------------------------------- inside

    def _run(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self._engine.in_background(work, name)

    def _keep(self, plan_id: int, plan: Plan) -> None:
        self._plans[plan_id] = plan
        while len(self._plans) > PLANS_KEPT:
            self._plans.popitem(last=False)

    def _refuse(self, asked: int, error: Exception, failed: str) -> None:
        still_open = isinstance(error, StillOpen)
        text = _said(error) if isinstance(error, Unanswered) else f"{failed}: {_said(error)}"
        self._answer(Answer(asked, False, one_line(text), still_open))
        if not still_open:
            self._notice("error", text)

    def _answer(self, answer: Answer) -> None:
        self._tell(lambda news: news.answers.append(answer))

    def _notice(self, severity: str, text: str) -> None:
        self._tell(lambda news: news.notices.append((severity, one_line(text))))

    def _titles(self) -> dict[str, str]:
        ours = running_news(self._engine.desk.keeper.running.values())
        return {one.id: one.title for one in (*ours, *self._left)}


def _is_deployment(target: Target) -> bool:
    return target.aim is Aim.DEPLOYMENT


def _said(error: Exception) -> str:
    """An error for people as it is; of a bug of ours its name alone."""
    if isinstance(error, PlainError):
        return str(error)
    return f"gapwatch itself failed: {type(error).__name__}"
