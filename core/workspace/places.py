"""Where a data directory is when nobody says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def default_home(environ: Mapping[str, str]) -> Path:
    """DEXTRE_SYNC_HOME, else where this system keeps an application's data."""
    chosen = environ.get("DEXTRE_SYNC_HOME")
    if chosen:
        return Path(chosen)
    import platformdirs  # here: whoever is told the place does not need it

    return Path(platformdirs.user_data_dir("dextre-sync"))
