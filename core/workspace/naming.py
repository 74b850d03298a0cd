"""Finding a location by what a person types: its id, its name exactly, or its name but for spaces
around it. Of two names that only such spaces tell apart, nobody is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from core.model import Location, ShopLocation

Place = TypeVar("Place", Location, ShopLocation)


def find_named(places: Sequence[Place], typed: str) -> Place | None:
    exact = next((place for place in places if typed in (place.id, place.name)), None)
    if exact is not None or not typed.strip():
        return exact
    alike = [place for place in places if place.name.strip() == typed.strip()]
    return alike[0] if len(alike) == 1 else None


def names_of(places: Iterable[Place]) -> list[str]:
    return [quoted(place.name) for place in places] or ["–"]


def quoted(name: str) -> str:
    """In quotes where one would not see where it ends."""
    return name if name and name == name.strip() else f'"{name}"'
