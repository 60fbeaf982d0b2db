"""The dashboard, with every batch of its engine written to a file as it comes: `python -m tests.told KUBECONFIG FILE`.

The file tells what the session's own thread knows, whatever the screen does meanwhile.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tui import app
from tui.session.engine import Batch
from tui.session.options import Options
from tui.session.session import Session


def tell_to(file: Path) -> None:
    """Has every session write a line a row, `namespace/name desired available`, before the screen hears of it."""
    take = Session._put

    def put(self: Session, batch: Batch) -> None:
        with file.open("a") as told:
            for row in batch.rows:
                told.write(f"{row.key} {row.gap.desired} {row.gap.available}\n")
        take(self, batch)

    Session._put = put  # type: ignore[method-assign]


if __name__ == "__main__":
    tell_to(Path(sys.argv[2]))
    sys.exit(app.run(Options(kubeconfig=sys.argv[1], all_namespaces=True)))
