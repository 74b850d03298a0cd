"""What the app remembers of its reader: language, theme, last brand and screen, and of each screen
its filters and column widths. A small file in the data directory; without it, or with a broken one,
everything works with the defaults.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

FILE = "app.json"


@dataclass(frozen=True, slots=True)
class Preferences:
    lang: str | None = None
    theme: str | None = None
    brand: str | None = None
    screen: str | None = None
    signs: str | None = None
    """`ascii` where the terminal draws our own signs two cells wide."""
    screens: dict[str, dict[str, Any]] = field(default_factory=dict)


def load(home: Path) -> Preferences:
    try:
        record = json.loads((home / FILE).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return Preferences()
    if not isinstance(record, dict):
        return Preferences()
    known = {f.name for f in fields(Preferences)} - {"screens"}
    kept = {k: v for k, v in record.items() if k in known and isinstance(v, str)}
    screens = record.get("screens")
    if not isinstance(screens, dict):
        screens = {}
    screens = {name: one for name, one in screens.items() if isinstance(one, dict)}
    return Preferences(**kept, screens=screens)


def save(home: Path, preferences: Preferences) -> None:
    """Replace the file whole; a full or read-only disk costs only the memory of these choices."""
    target = home / FILE
    draft = target.with_suffix(".new")
    try:
        text = json.dumps(asdict(preferences))  # in ASCII, which holds whatever was read
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as out:
            out.write(text)
        os.replace(draft, target)  # noqa: PTH105 - the atomic call by its name
    except (OSError, RecursionError):
        return


def remember(home: Path, **changes: Any) -> None:
    save(home, replace(load(home), **changes))


class ScreenState:
    """What screens remember, in memory; written now and then, and when the app ends."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._screens = load(home).screens
        self._changed = False

    def get(self, screen: str, name: str, default: Any) -> Any:
        return self._screens.get(screen, {}).get(name, default)

    def put(self, screen: str, name: str, value: Any) -> None:
        kept = self._screens.setdefault(screen, {})
        if kept.get(name) != value:
            kept[name] = value
            self._changed = True

    def keep(self) -> None:
        if self._changed:
            self._changed = False
            remember(self._home, screens=self._screens)
