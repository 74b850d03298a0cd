"""What the app remembers of its reader: language, theme, last brand. A small file in the data
directory; without it, or with a broken one, everything works with the defaults.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

FILE = "app.json"


@dataclass(frozen=True, slots=True)
class Preferences:
    lang: str | None = None
    theme: str | None = None
    brand: str | None = None


def load(home: Path) -> Preferences:
    try:
        record = json.loads((home / FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return Preferences()
    if not isinstance(record, dict):
        return Preferences()
    known = {f.name for f in fields(Preferences)}
    kept = {k: v for k, v in record.items() if k in known and isinstance(v, str)}
    return Preferences(**kept)


def save(home: Path, preferences: Preferences) -> None:
    """Replace the file whole; a full or read-only disk costs only the memory of these choices."""
    target = home / FILE
    draft = target.with_suffix(".new")
    try:
        draft.write_text(json.dumps(asdict(preferences), ensure_ascii=False), "utf-8")
        os.replace(draft, target)  # noqa: PTH105 - the atomic call by its name
    except OSError:
        return


def remember(home: Path, **changes: Any) -> None:
    save(home, replace(load(home), **changes))
