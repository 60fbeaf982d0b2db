"""What the terminal and its environment are to Textual: bytes that are no UTF-8, an encoding that was asked for."""

from __future__ import annotations

import os
import sys
from codecs import getincrementaldecoder
from functools import partial

from textual.drivers import linux_driver


def take_any_bytes() -> None:
    """Has Textual's driver read what is no UTF-8 as U+FFFD; as it comes, one such byte ends its reader and the app."""
    linux_driver.getincrementaldecoder = lambda encoding: partial(  # type: ignore[attr-defined]
        getincrementaldecoder(encoding), "replace"
    )


def environment() -> dict[str, str]:
    """The environment as we were started with: in a C locale Python itself sets LC_CTYPE to UTF-8 (PEP 538)."""
    env = dict(os.environ)
    if sys.flags.utf8_mode:
        env.pop("LC_CTYPE", None)
    return env
