"""Real programs, run to their end or given up."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest

from tests.waiting import PATIENCE_S, is_gone, until
from tui.machines.process import run


async def test_the_real_runner_relays_stderr_line_by_line_and_keeps_both_streams() -> None:
    heard: list[str] = []
    finished = await run(
        ["sh", "-c", "echo out; echo '\033[31mone\033[0m' >&2; echo two >&2; exit 3"], say=heard.append
    )
    assert (finished.code, finished.out) == (3, "out\n")
    assert heard == ["one", "two"]
    assert finished.err.endswith("two\n")


async def test_the_real_runner_raises_what_it_promises() -> None:
    with pytest.raises(FileNotFoundError):
        await run(["gapwatch-has-no-such-program"])
    with pytest.raises(TimeoutError):
        await run(["sleep", "60"], timeout_s=0.05)


async def test_the_real_runner_hands_the_environment_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIND_EXPERIMENTAL_PROVIDER", "podman")
    assert (await run(["sh", "-c", "echo $KIND_EXPERIMENTAL_PROVIDER"])).out == "podman\n"


@pytest.mark.parametrize("leader", ["wait", "exit 0", "trap '' TERM; wait; sleep 60"])
async def test_the_real_runner_given_up_ends_everything_that_holds_its_streams(
    leader: str, tmp_path: Path
) -> None:
    pids = tmp_path / "pids"
    script = f"sleep 77 & echo $! >{pids}; echo $$ >>{pids}; {leader}"
    running = asyncio.ensure_future(run(["sh", "-c", script]))
    await until(lambda: pids.exists() and len(pids.read_text().split()) == 2)
    running.cancel()
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(running, return_exceptions=True)
    assert running.cancelled()
    for pid in pids.read_text().split():
        await until(partial(is_gone, int(pid)))
