"""How far long work is, for whoever wants to know."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int | None], None]
"""Told how much is done, and of how much in all, if known. What it raises ends the work."""


def silent(_done: int, _total: int | None) -> None:
    """For those who do not ask."""
