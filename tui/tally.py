"""What was counted in a stock-take, kept in a small file after each scan: a crash, or a screen that
is left, costs nothing.

Beside each count stands what DEXTRE held when the SKU was first scanned. The difference of the two
is what the stock-take has found out; what is sold or received meanwhile does not touch it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.model import Label, Location


@dataclass(frozen=True, slots=True)
class Counted:
    count: int
    held: int
    """What DEXTRE held at the first scan."""


class Tally:
    """Counts by location, label and SKU number, and the codes that were nobody's; newest last. Kept
    in a small file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._counts: dict[str, dict[str, Counted]] = {}
        self._missed: dict[str, list[str]] = {}
        try:
            record = json.loads(path.read_text("utf-8"))
            self._counts = {
                str(where): {str(sku): Counted(*map(int, one)) for sku, one in counts.items()}
                for where, counts in record["counts"].items()
            }
            self._missed = {
                str(where): [str(code) for code in codes]
                for where, codes in record["missed"].items()
            }
        except (OSError, ValueError, AttributeError, TypeError, LookupError):
            return

    @staticmethod
    def where(place: Location, label: Label) -> str:
        return f"{place.id}\t{label.code}"

    def counts(self, where: str) -> Mapping[str, Counted]:
        return self._counts.get(where, {})

    def missed(self, where: str) -> Sequence[str]:
        """Codes that were scanned there and counted nothing."""
        return self._missed.get(where, ())

    def miss(self, where: str, code: str) -> None:
        self._missed.setdefault(where, []).append(code)
        self._keep()

    def put(self, where: str, sku: str, count: int | None, held: int) -> None:
        """`held`: what DEXTRE holds now. Of a SKU that was counted already, the first one stays."""
        counts = self._counts.setdefault(where, {})
        before = counts.pop(sku, None)
        if before is not None:
            held = before.held
        if count is not None:
            counts[sku] = Counted(count, held)
        self._keep()

    def forget(self, where: str, skus: Iterable[str]) -> None:
        """These have been set, and the reader was told what counted nothing."""
        counts = self._counts.get(where, {})
        for sku in skus:
            counts.pop(sku, None)
        self._missed.pop(where, None)
        self._keep()

    def clear(self, where: str) -> None:
        self._counts.pop(where, None)
        self._missed.pop(where, None)
        self._keep()

    def _keep(self) -> None:
        draft = self._path.with_suffix(".new")
        counts = {
            where: {sku: [one.count, one.held] for sku, one in counted.items()}
            for where, counted in self._counts.items()
        }
        record = {"counts": counts, "missed": self._missed}
        try:
            draft.write_text(json.dumps(record, ensure_ascii=False), "utf-8")
            os.replace(draft, self._path)  # noqa: PTH105 - the atomic call by its name
        except OSError:
            return
