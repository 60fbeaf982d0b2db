"""What becomes of a chaos key: from its press, over the safety catch, to the answer that ends it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.app import App

from tui.chaos.guard import PROTECTED_NAMESPACES
from tui.screens.arm import ArmScreen
from tui.screens.base import NewsScreen
from tui.screens.press import HELD, KEY_REPEAT_S, Pressed
from tui.session.news import DeploymentDetail, FleetRow, News, SourceNews
from tui.session.session import Session


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
        self._told_once_armed = ""

    def delete_pod(
        self, asked: NewsScreen.DeletePodAsked, row: FleetRow | None, detail: DeploymentDetail | None
    ) -> None:
        """Has that pod deleted, or says why not; `row` and `detail` are what is known of its Deployment."""
        now, last = self._clock(), self._last_key
        self._last_key = now
        if now - last < KEY_REPEAT_S:
            self._answer(HELD, busy=self._pressed is not None and self._pressed.is_sent)
            return
        source = self._session.source()
        if source is None:
            return
        target = _target(asked, row, detail)
        is_protected = row is not None and row.namespace in PROTECTED_NAMESPACES
        if source.armed_for_s is None and not source.read_only and not is_protected:
            self._ask_to_arm(target)
            return
        self._answer(f"deleting {target} …", busy=True)
        marks = detail.marks if detail is not None and detail.row.uid == asked.deployment_uid else ()
        self._pressed = Pressed(asked.deployment_uid, marks, now, is_sent=True)
        self._session.delete_pod(asked.deployment_uid, asked.pod_uid)

    def arm(self) -> None:
        """Takes the safety catch off, if that is wanted, or puts it back on."""
        source = self._session.source()
        if source is None or source.read_only:
            return
        if source.armed_for_s is not None:
            self._session.disarm()
        else:
            self._ask_to_arm()

    def take(self, news: News) -> None:
        """Takes the answer back once the fault has been told, or refused, or both are too long in coming."""
        if self._pressed is not None and self._pressed.is_over(news, self._clock()):
            self._pressed = None
            for screen in self._screens():
                screen.answer_press("")

    def tick(self, source: SourceNews | None) -> None:
        """Lets patience end, and tells once that the catch is off."""
        self.take(News())
        if self._told_once_armed and source is not None and source.armed_for_s is not None:
            self._app.notify(self._told_once_armed, severity="warning", markup=False)
            self._told_once_armed = ""

    def _answer(self, words: str, *, busy: bool = False) -> None:
        """Answers at once on every screen; what comes of it takes the answer's place."""
        if self._pressed is None:
            self._pressed = Pressed("", (), self._clock(), is_sent=False)
        for screen in self._screens():
            screen.answer_press(words, busy=busy)

    def _ask_to_arm(self, target: str = "") -> None:
        source = self._session.source()
        if source is None or not isinstance(self._app.screen, NewsScreen):
            return

        def answered(typed: str | None) -> None:
            if typed is not None:
                again = f"press d again to delete {target}" if target else "d deletes a pod now"
                self._told_once_armed = f"chaos is armed on {source.context}: {again}"
                self._session.arm(typed)

        purpose = f"delete {target}" if target else ""
        screen = ArmScreen(source.context, source.nature, must_type=source.must_type, purpose=purpose)
        self._app.push_screen(screen, answered)


def _target(asked: NewsScreen.DeletePodAsked, row: FleetRow | None, detail: DeploymentDetail | None) -> str:
    """What would be deleted, in words."""
    owner = row.key if row is not None else "that Deployment"
    replicasets = detail.replicasets if detail is not None else ()
    names = (pod.name for one in replicasets for pod in one.pods if pod.uid == asked.pod_uid)
    name = next(names, None)
    return f"a pod of {owner}" if name is None else f"pod {name} of {owner}"
