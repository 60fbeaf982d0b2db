"""What people ask of what they have declared, on the session's loop: every answer comes as news."""

from __future__ import annotations

from collections.abc import Callable

from tui.clean import PlainError, one_line
from tui.session import drift_views
from tui.session.declaration import Declaration
from tui.session.drift_news import AppliedNews
from tui.session.engine import Engine
from tui.session.news import News

Tell = Callable[[Callable[[News], None]], None]


class DeclarationOrders:
    """The orders to the declaration of one engine. `tell` is given what to change in the news that wait."""

    def __init__(self, engine: Engine, declaration: Declaration, tell: Tell) -> None:
        self._engine = engine
        self._declaration = declaration
        self._tell = tell

    def apply(self, keys_or_uids: tuple[str, ...], *, force: bool) -> None:
        """Applies these one after the other; each has its answer, and a refusal is a notice too."""

        async def press() -> None:
            for key_or_uid in keys_or_uids:
                self._answer(await self._apply_one(key_or_uid, force=force))

        self._engine.in_background(press(), "apply")

    def start_loop(self, every_s: float, *, force: bool) -> None:
        """Applies what has drifted now and every so many seconds; PlainError where that is refused."""
        self._declaration.start_loop(every_s, force=force)

    def stop_loop(self) -> None:
        """Ends that."""
        self._declaration.stop_loop()

    async def _apply_one(self, key_or_uid: str, *, force: bool) -> AppliedNews:
        found = self._declaration.find(key_or_uid)
        key = found.key if found is not None else key_or_uid
        try:
            return drift_views.applied(await self._declaration.apply_one(key_or_uid, force=force))
        except PlainError as error:
            return drift_views.not_applied(key, str(error))
        except Exception as error:
            return drift_views.not_applied(
                key, f"not applied: gapwatch itself failed: {type(error).__name__}"
            )

    def _answer(self, answer: AppliedNews) -> None:
        if answer.error:
            self._tell(lambda news: news.notices.append(("error", one_line(answer.error))))
        self._tell(lambda news: news.applied.append(answer))
