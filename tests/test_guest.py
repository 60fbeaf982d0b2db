"""D1, D8, D9: a good guest, in a real terminal: on a cluster that means harm, with secrets, and with a sandbox."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import hostile
from tests.liveshop import LiveShop
from tests.liveshop import open_shop as open_shop
from tests.liveshop import shop as shop
from tests.scripted import ScriptedApi
from tests.terminal import Terminal
from tests.waiting import PATIENCE_S

CANARY = "canary-token-4711"
THEIRS = [
    text.encode()
    for text in ("\x1b[31m\x1b]0;", "owned", "\x9b5A", "\x1bc", "\u202e", "\u200b", "\ufeff", "\x00", "\x7f")
]
"""What the hostile cluster writes into every text, as it would arrive in a terminal."""
KEYS = [
    b"\r",
    b"?",
    b"\x1b",
    b"\x1b",
    b"j",
    b"\r",
    b"j",
    b"j",
    b"\x1b",
    b"x",
    b"\x1b",
    b"X",
    b"\x1b",
    b"a",
    b"\x1b",
    b"/b",
    b"\x1b",
    b":del",
]
"""Over every screen and dialog there is."""


@contextmanager
def served(api: ScriptedApi) -> Iterator[None]:
    """The scripted server on a loop and a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def there(work: Coroutine[Any, Any, Any]) -> None:
        asyncio.run_coroutine_threadsafe(work, loop).result(PATIENCE_S)

    there(api.__aenter__())
    try:
        yield
    finally:
        there(api.__aexit__(None, None, None))
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE_S)
        loop.close()


@pytest.mark.parametrize("arguments", [[], ["--read-only"], ["--once"], ["--once", "-o", "wide"]])
def test_d01_no_escape_of_theirs_reaches_the_terminal(tmp_path: Path, arguments: list[str]) -> None:
    api = hostile.hostile_api()
    with served(api):
        kubeconfig = hostile.kubeconfig_for(api, tmp_path)
        with Terminal(["-m", "tui", "--kubeconfig", kubeconfig, *arguments], folder=tmp_path) as terminal:
            terminal.shows("x[/x][b")
            if "--once" not in arguments:
                for key in KEYS:
                    before = len(terminal.written)
                    terminal.type(key)
                    terminal.until(lambda: len(terminal.written) > before)  # noqa: B023 - asked at once
                terminal.type(b"\x11")
            assert terminal.ended() in (0, 1)
            written = terminal.written.removesuffix(b"\x00end\x00")  # the mark that it has ended
            assert [one for one in THEIRS if one in written] == []


def test_d08_a_token_is_found_nowhere(shop: LiveShop, tmp_path: Path) -> None:
    token = shop.sandbox.server.token
    with Terminal(["-m", "tui", "--kubeconfig", shop.kubeconfig], folder=tmp_path) as terminal:
        terminal.shows("stock")
        terminal.type(b"d\r")
        terminal.type(b"X")
        terminal.shows("sandbox of our own")
        terminal.type(b"\x1b\x11")
        assert terminal.ended() == 0
        assert token.encode() not in terminal.written
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in written if token in path.read_text(errors="replace")] == []


def test_d08_a_crash_tells_no_token(tmp_path: Path) -> None:
    config = tmp_path / "config"
    user = f"{{name: a, user: {{token: {CANARY}}}}}"
    cluster = "{name: a, cluster: {server: 'https://127.0.0.1:9'}}"
    context = "{name: a, context: {cluster: a, user: a}}"
    config.write_text(f"current-context: a\nusers: [{user}]\nclusters: [{cluster}]\ncontexts: [{context}]\n")
    config.chmod(0o600)
    with Terminal(["-m", "tui", "--kubeconfig", str(config)], folder=tmp_path) as terminal:
        assert terminal.ended() == 2
        assert b"connection refused" in terminal.written
        assert CANARY.encode() not in terminal.written


def test_d09_the_sandbox_listens_on_loopback_alone_and_asks_for_its_token(shop: LiveShop) -> None:
    port = int(shop.sandbox.server.url.rpartition(":")[2])
    addresses = {line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]}
    listening = {one for one in addresses if one.endswith(f":{port:04X}")}
    assert listening >= {f"0100007F:{port:04X}"}
    assert not {one for one in listening if one.startswith("00000000")}
    with socket.socket() as other, pytest.raises(OSError, match="refused"):
        other.connect(("127.0.0.2", port))
