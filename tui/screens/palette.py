"""The palette's commands in the order in which they are offered, where Textual would sort them by name."""

from __future__ import annotations

from textual.command import DiscoveryHit, Hits
from textual.system_commands import SystemCommandsProvider


class CommandsInOrder(SystemCommandsProvider):
    """Looks first, faults and their safety catch after them: enter on an empty palette must be harmless."""

    async def discover(self) -> Hits:
        """Every command, before anything is typed."""
        for title, help_text, callback, is_offered in self.app.get_system_commands(self.screen):
            if is_offered:
                yield DiscoveryHit(title, callback, help=help_text)
