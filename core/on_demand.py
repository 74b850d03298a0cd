"""Doors that stand open while the rooms behind are dark: a package's names, or a whole package,
are imported when they are first asked for. A short command and the first paint of the app then do
not pay for CSV, matching and restoring.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def given_by(package: str, homes: Mapping[str, tuple[str, ...]]) -> Callable[[str], Any]:
    """A `__getattr__` for a package: `homes` says which module has which names. A name must not be
    that of one of the package's own modules: importing the module would put it there instead.
    """
    module_of = {name: module for module, names in homes.items() for name in names}

    def find(name: str) -> Any:
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(module_of[name]), name)
        setattr(sys.modules[package], name, value)  # from now on without us
        return value

    return find


class Room:
    """Stands for a package that is imported when the first of its names is used."""

    def __init__(self, package: str) -> None:
        self._package = package

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._package), name)
