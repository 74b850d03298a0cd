"""What was counted in a stock-take, kept in a small file after each scan: a crash, or a screen that
is left, costs nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from core.model import Label, Location


class Tally:
    """Counts by location, label and SKU number; newest last. Kept in a small file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._counts: dict[str, dict[str, int]] = {}
        try:
            record = json.loads(path.read_text("utf-8"))
            self._counts = {
                str(where): {str(sku): int(n) for sku, n in counts.items()}
                for where, counts in record.items()
            }
        except (OSError, ValueError, AttributeError, TypeError):
            self._counts = {}

    @staticmethod
    def where(place: Location, label: Label) -> str:
        return f"{place.id}\t{label.code}"

    def counts(self, where: str) -> Mapping[str, int]:
        return self._counts.get(where, {})

    def put(self, where: str, sku: str, count: int | None) -> None:
        counts = self._counts.setdefault(where, {})
        counts.pop(sku, None)
        if count is not None:
            counts[sku] = count
        self._keep()

    def forget(self, where: str, skus: Iterable[str]) -> None:
        """These have been set."""
        counts = self._counts.get(where, {})
        for sku in skus:
            counts.pop(sku, None)
        self._keep()

    def clear(self, where: str) -> None:
        self._counts.pop(where, None)
        self._keep()

    def _keep(self) -> None:
        draft = self._path.with_suffix(".new")
        try:
            draft.write_text(json.dumps(self._counts, ensure_ascii=False), "utf-8")
            os.replace(draft, self._path)  # noqa: PTH105 - the atomic call by its name
        except OSError:
            return
