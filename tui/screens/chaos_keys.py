"""What becomes of a chaos key: from its press, over the safety catch, to the answer that ends it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual.app import App

from tui.chaos.guard import PROTECTED_NAMESPACES
from tui.screens.apply_loop import ApplyLoopScreen
from tui.screens.apply_plan import ApplyScreen
from tui.screens.arm import ArmScreen
from tui.screens.base import NewsScreen
from tui.screens.commands import DELETE_POD, fault_command
from tui.screens.press import HELD, INSIST_S, KEY_REPEAT_S, Pressed
from tui.session.chaos_news import FaultNews, PlanNews, Stopped
from tui.session.news import DeploymentDetail, FleetRow, News
from tui.session.session import Session
from tui.session.source_news import SourceNews

_MAY_ASK = (NewsScreen, ApplyScreen, ApplyLoopScreen)
"""On these something can be pressed that has to be armed; any other dialog is in the way."""
NO_SOURCE = "no source is open: there is nothing to arm yet"


@dataclass(frozen=True)
class _Strike:
    """A fault that was asked for at once, and the number under which its answer comes."""

    fault: str
    deployment_uid: str
    pod_uid: str | None
    key: str
    number: int


class ChaosKeys:
    """The chaos keys of one session: another source has its own, for nothing that was pressed may reach it."""

    def __init__(
        self,
        app: App[None],
        session: Session,
        screens: Callable[[], Sequence[NewsScreen]],
        clock: Callable[[], float],
    ) -> None:
        self._app = app
        self._session = session
        self._screens = screens
        self._clock = clock
        self._last_key = float("-inf")
        self._pressed: Pressed | None = None
        self._struck: _Strike | None = None
        self._refused: tuple[_Strike, float] | None = None
        """What was refused for an open gap alone, and when: a second press insists."""
        self._busy = ""
        """The action that is shown to be under way."""
        self._told_once_armed = ""
        self._last_stop = float("-inf")

    # ---------------------------------------------------------------- injecting

    def strike(
        self, asked: NewsScreen.FaultAsked, row: FleetRow | None, detail: DeploymentDetail | None
    ) -> None:
        """Has that fault injected, or says why not; `row` and `detail` are what is known of its Deployment."""
        if self._is_held():
            return
        source = self._session.source()
        if source is None:
            return
        fault, target = asked.fault, _target(asked, row, detail)
        doing, key = _words(fault)
        is_protected = row is not None and row.namespace in PROTECTED_NAMESPACES
        if source.armed_for_s is None and not source.read_only and not is_protected:
            self.ask_to_arm(f"{doing[0]} {target}", key)
            return
        self._answer(f"{doing[1]} {target} …", busy=_action(fault))
        marks = detail.marks if detail is not None and detail.row.uid == asked.deployment_uid else ()
        self._pressed = Pressed(asked.deployment_uid, marks, self._clock(), is_sent=True)
        name, anyway = fault.name if fault is not None else "delete-pod", self._insists(asked)
        if fault is None:
            number = self._session.delete_pod(asked.deployment_uid, asked.pod_uid, anyway=anyway)
        else:
            number = self._session.strike(name, asked.deployment_uid, asked.pod_uid, anyway=anyway)
        self._struck = _Strike(name, asked.deployment_uid, asked.pod_uid, key, number)
        self._refused = None

    def inject(self, plan: PlanNews, *, anyway: bool) -> None:
        """Has exactly that plan injected; where it is disarmed, asks to arm first."""
        if self._is_held():
            return
        source = self._session.source()
        if source is None or source.read_only:
            return
        if source.armed_for_s is None:
            self.ask_to_arm(plan.title, "enter")
            return
        self._session.fire(plan.id, anyway=anyway)

    def consent(self, purpose: str, key: str, *, once: bool = True) -> bool:
        """Whether that may be done now; where it is disarmed, asks to arm. `once`: a key held down does it once."""
        if once and self._is_held():
            return False
        source = self._source()
        if source is None or source.read_only:
            return False
        if source.armed_for_s is None:
            self.ask_to_arm(purpose, key)
            return False
        return True

    def _source(self) -> SourceNews | None:
        """The source; where there is none (yet), that is said to whoever has pressed something."""
        source = self._session.source()
        if source is None:
            self._app.notify(NO_SOURCE, severity="warning", markup=False)
        return source

    def _is_held(self) -> bool:
        """Whether this press is the same one still: a key that is held down fires once."""
        now, last = self._clock(), self._last_key
        self._last_key = now
        if now - last >= KEY_REPEAT_S:
            return False
        busy = self._struck is not None and self._pressed is not None and self._pressed.is_sent
        self._answer(HELD, busy=self._busy if busy else "")
        return True

    def _insists(self, asked: NewsScreen.FaultAsked) -> bool:
        """Whether the same was refused just now, for an open gap alone."""
        if self._refused is None:
            return False
        before, at = self._refused
        name = asked.fault.name if asked.fault is not None else "delete-pod"
        is_same = (before.fault, before.deployment_uid) == (name, asked.deployment_uid)
        return is_same and self._clock() - at <= INSIST_S

    # ---------------------------------------------------------------- the safety catch

    def arm(self) -> None:
        """Takes the safety catch off, if that is wanted, or puts it back on."""
        source = self._source()
        if source is None or source.read_only:
            return
        if source.armed_for_s is not None:
            self._session.disarm()
        else:
            self.ask_to_arm()

    def stop(self) -> None:
        """No new faults, and all lasting ones undone; a key that is held down does it once."""
        now, last = self._clock(), self._last_stop
        self._last_stop = now
        source = self._session.source()
        if now - last < KEY_REPEAT_S or source is None or source.read_only:
            return
        self._told_once_armed = ""
        self._session.stop_everything()

    # ---------------------------------------------------------------- answers

    def take(self, news: News) -> None:
        """Takes the answer back once the fault has been told, or refused, or both are too long in coming."""
        for answer in news.answers:
            if self._struck is not None and answer.to == self._struck.number:
                if answer.still_open:
                    self._refused = (self._struck, self._clock())
                    self._app.notify(_insist(self._struck), severity="warning", markup=False)
                self._struck = None
            elif answer.still_open:
                self._app.notify(answer.text, severity="warning", markup=False)
        if news.stopped is not None:
            self._tell_stopped(news.stopped)
        if self._pressed is not None and self._pressed.is_over(news, self._clock()):
            self._pressed = None
            self._busy = ""
            for screen in self._screens():
                screen.answer_press("")

    def tick(self, source: SourceNews | None) -> None:
        """Lets patience end, and tells once that the catch is off."""
        self.take(News())
        if self._told_once_armed and source is not None and source.armed_for_s is not None:
            self._app.notify(self._told_once_armed, severity="warning", markup=False)
            self._told_once_armed = ""

    def _tell_stopped(self, stopped: Stopped) -> None:
        undone = f"undone: {', '.join(stopped.undone)}" if stopped.undone else "nothing was going on"
        self._app.notify(
            f"no new faults: disarmed; {undone}", title="stopped", severity="warning", markup=False
        )
        for left in stopped.left:
            self._app.notify(left, title="not undone", severity="error", timeout=30, markup=False)

    def _answer(self, words: str, *, busy: str = "") -> None:
        """Answers at once on every screen; what comes of it takes the answer's place."""
        if self._pressed is None:
            self._pressed = Pressed("", (), self._clock(), is_sent=False)
        self._busy = busy
        for screen in self._screens():
            screen.answer_press(words, busy=busy)

    def ask_to_arm(self, purpose: str = "", key: str = "") -> None:
        """Asks for consent to `purpose`, which `key` begins again then."""
        source = self._session.source()
        if source is None or not isinstance(self._app.screen, _MAY_ASK):
            return

        def answered(typed: str | None) -> None:
            if typed is not None:
                again = f"press {key} again to {purpose}" if purpose else "d deletes a pod now"
                self._told_once_armed = f"chaos is armed on {source.context}: {again}"
                self._session.arm(typed)

        screen = ArmScreen(source.context, source.nature, must_type=source.must_type, purpose=purpose)
        self._app.push_screen(screen, answered)


def _action(fault: FaultNews | None) -> str:
    return DELETE_POD.action if fault is None else fault_command(fault).action


def _words(fault: FaultNews | None) -> tuple[tuple[str, str], str]:
    """What is to be done and what is being done, before the words for its target; and its key."""
    if fault is None:
        return ("delete", "deleting"), DELETE_POD.key
    title = fault.title.lower()
    return (f"{title}:", f"{title}:"), fault.key


def _insist(struck: _Strike) -> str:
    if struck.fault == "delete-pod":
        return f"its gap is open still: press {struck.key} again to delete another one all the same"
    return f"its gap is open still: press {struck.key} again to do it all the same"


def _target(asked: NewsScreen.FaultAsked, row: FleetRow | None, detail: DeploymentDetail | None) -> str:
    """What it would hit, in words."""
    owner = row.key if row is not None else "that Deployment"
    name = pod_name(detail, asked.pod_uid)
    return f"pod {name} of {owner}" if name else f"a pod of {owner}"


def pod_name(detail: DeploymentDetail | None, pod_uid: str | None) -> str:
    """The name of that pod, or ""."""
    replicasets = detail.replicasets if detail is not None else ()
    names = (pod.name for one in replicasets for pod in one.pods if pod.uid == pod_uid)
    return next(names, "")
