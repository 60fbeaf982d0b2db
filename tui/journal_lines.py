"""What the journal knows, and undoing what earlier runs have left behind, where there is no terminal."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from tui.chaos.guard import FaultRefused
from tui.chaos.journal import Journal, Told
from tui.chaos.steps import Contested
from tui.chaos_documents import journal_document, journal_line
from tui.chaos_engine import named
from tui.clean import PlainError, one_line
from tui.log import state_path
from tui.plain import Write, write_line, write_remark
from tui.session.engine import Engine
from tui.session.options import Options
from tui.session.source import open_source


async def journal(output: str, *, outstanding: bool, write: Write = write_line) -> int:
    """Every fault that was ever begun, oldest first, with what came of it; asks no cluster. Returns 0."""
    book = Journal(state_path(), time.time)
    told = [one for one in book.told() if one.outstanding or not outstanding]
    corrupt = book.corrupt
    if output == "json":
        faults = [journal_document(one, lives=book.lives(one.entry.run)) for one in told]
        write(json.dumps({"path": str(book.path), "unreadable_lines": corrupt, "faults": faults}, indent=2))
    else:
        for one in told:
            write(journal_line(one, lives=book.lives(one.entry.run)))
        if not told:
            write("nothing is outstanding" if outstanding else "no fault has been injected yet")
    _tell_corrupt(book, corrupt)
    return 0


@dataclass(frozen=True)
class UndoRequest:
    """What `gapwatch chaos undo` was asked for. Without `ids` and `every` it only says what there is."""

    ids: tuple[str, ...] = ()
    every: bool = False
    force: bool = False
    forget: bool = False


async def undo(options: Options, request: UndoRequest, write: Write = write_line) -> int:
    """Undoes what earlier runs on this context have left behind; returns 1 when something is left of it."""
    source = await open_source(options)
    if source.note:
        write_remark(source.note)
    try:
        engine = Engine(source, read_only=options.read_only)
        left = engine.desk.left_behind()
        _tell_corrupt(engine.desk.journal, engine.desk.journal.corrupt)
        if not request.ids and not request.every:
            _tell_left(left, source.connection.asked, write)
            return 1 if left else 0
        chosen = left if request.every else [_chosen(engine, left, one) for one in dict.fromkeys(request.ids)]
        if not chosen:
            write(f"{source.connection.asked}: nothing is outstanding")
        done = [await _undo(engine, one, request, write) for one in reversed(chosen)]
        return 0 if all(done) else 1
    finally:
        await source.close()


def _tell_left(left: list[Told], asked: str, write: Write) -> None:
    for one in left:
        write(journal_line(one, lives=False))
    if left:
        write_remark(
            f"{asked}: {len(left)} outstanding: undo them with chaos undo --all or with their ids, "
            "or leave things as they are with --forget"
        )
    else:
        write(f"{asked}: nothing is outstanding")


def _chosen(engine: Engine, left: list[Told], fault_id: str) -> Told:
    """That fault; FaultRefused where it can't be undone from here, before anything is."""
    for one in left:
        if one.entry.id == fault_id:
            return one
    book = engine.desk.journal
    known = next((one for one in book.told() if one.entry.id == fault_id), None)
    if known is None:
        said = f"there is no fault {fault_id} (see: gapwatch chaos journal)"
    elif not known.outstanding:
        said = f"fault {fault_id} leaves nothing to undo ({known.how or known.entry.undo})"
    elif book.lives(known.entry.run):
        said = f"fault {fault_id} belongs to a gapwatch that is running ({known.entry.who}): it will undo it itself"
    else:
        where = f'context "{known.entry.context}" at {known.entry.server}'
        said = f"fault {fault_id} was injected into {where}: choose that context"
    raise named(engine, FaultRefused(said))


async def _undo(engine: Engine, one: Told, request: UndoRequest, write: Write) -> bool:
    """Whether nothing is left of it; says what was found."""
    entry, what = one.entry, one_line(f"{one.entry.id} {one.entry.title}")
    try:
        if request.forget:
            engine.desk.forget(entry.id)
            write(f"left as it is: {what}")
            return True
        said = await engine.desk.undo(entry.id, force=request.force)
    except Contested as error:
        write_remark(f"not undone: {what}: {error} (--force restores all the same, --forget leaves it)")
        return False
    except PlainError as error:
        write_remark(f"not undone: {what}: {error}")
        return False
    write(f"undone: {what}" if said == "undone" else f"{said}: {what}")
    return True


def _tell_corrupt(book: Journal, lines: int) -> None:
    if lines:
        count = "1 line" if lines == 1 else f"{lines} lines"
        write_remark(f"{count} of the journal {book.path} could not be read, and stay as they are")
