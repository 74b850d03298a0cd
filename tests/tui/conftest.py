"""Every test starts in English, with all signs, at UTC, and leaves no trace of its own choice."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tui.clean import use_ascii
from tui.i18n import set_language


@pytest.fixture(autouse=True)
def _one_reader(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    time.tzset()
    set_language("en")
    use_ascii(False)
    yield
    set_language("en")
    use_ascii(False)
