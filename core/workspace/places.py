"""Where a data directory is when nobody says."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def default_home(environ: Mapping[str, str]) -> Path:
    """DEXTRE_SYNC_HOME, where `~` is the user's folder; else where this system keeps an
    application's data.
    """
    chosen = environ.get("DEXTRE_SYNC_HOME")
    if chosen:
        return Path(os.path.expanduser(chosen))  # noqa: PTH111 - Path's own raises for an unknown user
    import platformdirs  # here: whoever is told the place does not need it

    return Path(platformdirs.user_data_dir("dextre-sync"))
