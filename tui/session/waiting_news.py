"""The news that wait until somebody takes them. Every method may be called from any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from tui.clean import one_line
from tui.session.news import News

if TYPE_CHECKING:
    from tui.session.engine import Batch


class WaitingNews:
    """`notify` is called once for each time that news begin to wait, on the thread of whoever told them."""

    def __init__(self, notify: Callable[[], None]) -> None:
        self._notify = notify
        self._lock = threading.Lock()
        self._news = News()
        self._are_waiting = False
        self._is_closed = False

    def take(self) -> News:
        """Everything new since the last call; many changes of one Deployment come as its last."""
        with self._lock:
            news, self._news = self._news, News()
            self._are_waiting = False
        return news

    def close(self) -> None:
        """From now on nobody is notified."""
        with self._lock:
            self._is_closed = True

    def keep(self, batch: Batch) -> None:
        """Adds these conclusions without a word, for more comes with them: `wake` has to follow."""
        with self._lock:
            for uid in batch.removed:
                self._news.rows.pop(uid, None)
                self._news.removed.add(uid)
            for row in batch.rows:
                self._news.rows[row.uid] = row
                self._news.removed.discard(row.uid)
            self._news.synced = True

    def tell(self, change: Callable[[News], None]) -> None:
        """Has `change` made to the news that wait."""
        with self._lock:
            change(self._news)
        self.wake()

    def notice(self, severity: str, text: str) -> None:
        """Adds one line for people."""
        self.tell(lambda news: news.notices.append((severity, one_line(text))))

    def fail(self, why: str) -> None:
        """There is no source (any more), and that is why."""

        def put(news: News) -> None:
            news.failed = why

        self.tell(put)

    def wake(self) -> None:
        """Notifies, unless that has been done since news were taken last."""
        with self._lock:
            if self._are_waiting or self._is_closed:
                return
            self._are_waiting = True
        self._notify()
