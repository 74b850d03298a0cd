"""What a restore would change, in the words of people: names and SKU numbers, no ids."""

from __future__ import annotations

from pathlib import Path

from core.store.restore import Changes, RestorePreview, RestoreRow
from tests.tui.fakes import FakeDesk, sample_backup
from tests.tui.seeing import press, running, seen

TO_BACKUPS = ("7", "home", *["down"] * 8, "enter")
PLACE = "a2c1efa9d2bc4e5f8a"


class RenamedDesk(FakeDesk):
    """A location was renamed and a variant was mapped to another item since the backup."""

    def restore_preview(self, path: Path) -> RestorePreview:
        mapping = RestoreRow(
            "mappings",
            "gid://shopify/InventoryItem/43",
            {"sku_number": "TEA-001", "by": "hand"},
            {"sku_number": "TEA-002", "by": "rule"},
            "CUP-9",
        )
        place = RestoreRow("locations", PLACE, {"name": "Kyoto"}, {"name": "Tokyo"}, "Kyoto")
        changes = {name: Changes(changed=1) for name in ("locations", "mappings")}
        return RestorePreview(sample_backup(path), changes, [place, mapping])


async def test_a_restore_is_shown_by_names_not_by_ids(tmp_path: Path) -> None:
    async with running(tmp_path, RenamedDesk()) as (app, pilot):
        await press(app, pilot, *TO_BACKUPS, "enter")
        rows = [line.split() for line in seen(app).splitlines()]
        assert ["Locations", "Kyoto", "Kyoto", "Tokyo"] in rows
        assert ["SKU", "mappings", "CUP-9", "TEA-001", "TEA-002"] in rows
