"""What becomes of a key that asks for another source: all namespaces, or another context that is chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from textual.app import App

from tui.cluster.errors import ClusterError
from tui.screens.base import NewsScreen
from tui.screens.contexts import SANDBOX_CHOICE, ContextsScreen, offered_contexts
from tui.session.options import Options
from tui.session.source_news import SourceNews
from tui.widgets.glyphs import Glyphs


class SourceKeys:
    """`switch` is given the options of the source to go to."""

    def __init__(self, app: App[None], glyphs: Glyphs, switch: Callable[[Options], None]) -> None:
        self._app = app
        self._glyphs = glyphs
        self._switch = switch

    def widen(self, options: Options, source: SourceNews | None) -> None:
        """The same with all namespaces, unless that is what is shown."""
        if source is not None and source.namespace is not None:
            self._switch(replace(options, namespace=None, all_namespaces=True))

    def choose_context(self, options: Options, source: SourceNews | None) -> None:
        """Asks which; what can't be read of the kubeconfig is told."""
        if not isinstance(self._app.screen, NewsScreen):
            return  # it is being asked already
        try:
            offers = offered_contexts(options.kubeconfig)
        except ClusterError as error:
            self._app.notify(str(error), severity="error", markup=False)
            return
        current = source.context if source else ""

        def chosen(choice: str | None) -> None:
            if choice == SANDBOX_CHOICE:
                self._switch(replace(options, context=None, namespace=None, sandbox=True))
            elif choice is not None:
                self._switch(replace(options, context=choice, namespace=None, sandbox=False))

        screen = ContextsScreen(offers, current, self._glyphs, read_only=options.read_only)
        self._app.push_screen(screen, chosen)
