"""The dashboard as people run it; when it ends, what its streams had counted goes to a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tui.app import GapwatchApp
from tui.session.options import Options


def main() -> None:
    """`python -m tests.bench.hosted KUBECONFIG REPORT`"""
    kubeconfig, report = sys.argv[1:3]
    app = GapwatchApp(Options(kubeconfig=kubeconfig, all_namespaces=True, read_only=True))
    try:
        app.run()
    finally:
        source = app._session.source()
        app.close_session()
    streams = source.streams if source is not None else ()
    counted = {
        stream.kind: {
            "frames": stream.frames,
            "relists": stream.relists,
            "reconnects": stream.reconnects,
            "error": stream.error,
        }
        for stream in streams
    }
    kubernetes = "kubernetes" in sys.modules
    Path(report).write_text(json.dumps({"streams": counted, "kubernetes_imported": kubernetes}))


if __name__ == "__main__":
    main()
