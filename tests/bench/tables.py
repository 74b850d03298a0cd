"""Other tables in the same harness: `python -m tests.bench.tables stock|fast ROWS`, six columns as
in the mapping. `e` edits a cell of the row under the cursor.
"""

from __future__ import annotations

import sys
from typing import Any, ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

NAMES = ("抹茶ラテ 250g", "Green tea tin", "ほうじ茶 20包", "Cup, white", "急須 黒")
HEADS = ("SKU", "Name", "Barcode", "Shopify SKU", "Product", "State")


def cells(n: int) -> tuple[str, ...]:
    name = NAMES[n % len(NAMES)]
    return (f"SKU-{n:07d}", name, f"49{n:011d}", f"SKU-{n:07d}", name, "Mapped")


class Tables(App[None]):
    BINDINGS: ClassVar[list[BindingType]] = [("e", "edit", "Edit")]

    def __init__(self, kind: str, rows: int) -> None:
        super().__init__()
        self.kind, self.rows = kind, rows
        self.edits = 0

    def compose(self) -> ComposeResult:
        yield Static("0", id="edits")
        if self.kind == "fast":
            yield self._fast()
            return
        from textual.widgets import DataTable

        yield DataTable(cursor_type="row", id="table")

    def _fast(self) -> Any:
        import pyarrow as pa
        from textual_fastdatatable import ArrowBackend
        from textual_fastdatatable import DataTable as FastTable

        columns = zip(*(cells(n) for n in range(self.rows)), strict=True)
        table = pa.table({head: list(one) for head, one in zip(HEADS, columns, strict=True)})
        return FastTable(backend=ArrowBackend(table), cursor_type="row", id="table")

    def on_mount(self) -> None:
        table: Any = self.query_one("#table")
        if self.kind == "stock":
            table.add_columns(*HEADS)
            table.add_rows(cells(n) for n in range(self.rows))
        table.focus()
        self.call_after_refresh(self.query_one("#edits", Static).update, "ready")

    def action_edit(self) -> None:
        self.edits += 1
        table: Any = self.query_one("#table")
        where = table.cursor_coordinate
        if self.kind == "stock":
            table.update_cell_at(where._replace(column=5), f"Edited {self.edits}")
        else:
            table.update_cell(where.row, 5, f"Edited {self.edits}")


if __name__ == "__main__":
    Tables(sys.argv[1], int(sys.argv[2])).run(mouse=False)
