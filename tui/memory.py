"""When Python looks for what nobody holds any more: never while rows come by the hundred thousand,
and never through those that stay. A collection that walks through a million rows holds up every
key.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_growths = 0


def settle() -> None:
    """What is held now stays: collections look only at what comes after."""
    gc.freeze()
    if not _growths:
        gc.enable()


@contextmanager
def growing() -> Iterator[None]:
    """Much comes that will stay; no collection meanwhile. For the UI's thread."""
    global _growths
    _growths += 1
    gc.disable()
    try:
        yield
    finally:
        _growths -= 1
        settle()
