"""Libraries that nobody here wrote, installed beside the tests by their own tools: nothing of them
is kept in the repository. Each function gives None and no more where they cannot be had.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SECONDS = 240
PYTHON_PACKAGE = "ShopifyAPI==12.7.0"


def node_project(folder: Path) -> Path | None:
    """A folder with the Node programs and what they need."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return None
    for file in (*HERE.glob("*.mjs"), HERE / "package.json", HERE / "documents.json"):
        shutil.copy(file, folder)
    command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
    return folder if _runs(command, folder) else None


def official_python(folder: Path) -> Path | None:
    """A Python that has the official package: this one, or one of its own in `folder`."""
    if importlib.util.find_spec("shopify") is not None:
        return Path(sys.executable)
    python = folder / "bin" / "python"
    if not _runs([sys.executable, "-m", "venv", str(folder)], folder.parent):
        return None
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    return python if _runs([*install, PYTHON_PACKAGE], folder) else None


def _runs(command: list[str], folder: Path) -> bool:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
