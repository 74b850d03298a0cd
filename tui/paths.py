"""Files whose names people type."""

from __future__ import annotations

from pathlib import Path

from core.errors import N_, BadInput


class UnknownHomeFolder(BadInput):
    code = "unknown_home_folder"
    message = N_("%(path)s: nobody here has a home folder of that name.")
    remedy = N_("Write the path from / on, or begin it with ~/ for your own home folder.")


def path_of(text: str) -> Path:
    """A path as it was typed. Raises UnknownHomeFolder."""
    path = Path(text.strip())
    try:
        return path.expanduser()
    except RuntimeError:
        raise UnknownHomeFolder(path=str(path)) from None
