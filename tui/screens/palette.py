"""The palette's commands: in the order in which they are offered, and as text, for a namespace is somebody else's."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from rich.text import Text
from textual.app import SystemCommand
from textual.command import DiscoveryHit, Hit, Hits
from textual.system_commands import SystemCommandsProvider

from tui.screens.base import NewsScreen


def screen_commands(screen: NewsScreen) -> Iterator[SystemCommand]:
    """What the keys of that screen do: what only looks at first, then faults, then all the rest."""
    here = sorted(screen.commands, key=lambda command: command.chaos)
    for command in (*here, *screen.more_commands):
        if command.action not in ("command_palette", "quit"):
            yield SystemCommand(command.title, command.help, partial(screen.run_action, command.action))


class CommandsInOrder(SystemCommandsProvider):
    """Looks first, faults and their safety catch after them: enter on an empty palette must be harmless.

    Each has its key beside it: who found it here once need not come again.
    """

    async def discover(self) -> Hits:
        """Every command, before anything is typed."""
        for title, help_text, callback, is_offered in self.app.get_system_commands(self.screen):
            if is_offered:
                yield DiscoveryHit(self._with_key(Text(title)), callback, text=title, help=help_text)

    async def search(self, query: str) -> Hits:
        """The commands whose title holds these letters in this order."""
        matcher = self.matcher(query)
        for title, help_text, callback, _ in self.app.get_system_commands(self.screen):
            score, offsets = matcher.fuzzy_search.match(query, title)
            if score > 0:
                shown = Text(title)
                for offset in offsets:
                    shown.stylize("reverse", offset, offset + 1)
                yield Hit(score, self._with_key(shown), callback, text=title, help=help_text)

    def _with_key(self, title: Text) -> Text:
        """The title and the key that does the same, where there is one."""
        screen = self.screen
        commands = (*screen.commands, *screen.more_commands) if isinstance(screen, NewsScreen) else ()
        label = next((one.label for one in commands if one.title == title.plain), "")
        return Text.assemble(title, (f"  {label}", "dim")) if label else title
