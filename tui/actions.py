"""The one registry of what can be done by key: bindings, key line, `?` list, palette and the
safe-key test all read it. A key that a plain terminal cannot send does not belong here
(tui/key_names.py).

An action's `id` is `place.name`. A screen binds its places with `bindings(...)`; pressing a key
runs the screen's `do_name`, unless its `why_not` gives a reason, which is then shown
(tui/screens/base.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from textual.binding import Binding, BindingType

from tui.i18n import N_


@dataclass(frozen=True, slots=True)
class Action:
    """`keys` as Textual names them, the first one is shown; `run` is a widget's own action string
    where it is not `act(id)`.
    """

    id: str
    keys: str
    description: str
    tooltip: str
    show: bool = True
    run: str = ""
    priority: bool = False

    @property
    def place(self) -> str:
        return self.id.split(".", 1)[0]

    @property
    def name(self) -> str:
        return self.id.split(".", 1)[1].replace("-", "_")

    def binding(self) -> Binding:
        return Binding(
            self.keys,
            self.run or f"act('{self.id}')",
            self.description,
            tooltip=self.tooltip,
            show=self.show,
            id=self.id,
            priority=self.priority,
        )


A = Action

ACTIONS: tuple[Action, ...] = (
    # everywhere
    A("app.help", "question_mark,f1", N_("Keys"), N_("All keys that work here.")),
    A("app.palette", "ctrl+p", N_("Commands"), N_("Find a command by its name."), show=False),
    A(
        "app.quit-now",
        "ctrl+q",
        N_("Quit"),
        N_("Leave the app from anywhere. The inventory is always saved."),
        show=False,
        run="app.act('app.quit-now')",
        priority=True,
    ),
    A(
        "app.suspend",
        "ctrl+z",
        N_("Suspend"),
        N_("Back to the shell; `fg` comes back. The sync stands still meanwhile."),
        show=False,
    ),
    A("app.language", "L", N_("Language"), N_("Switch between English and Japanese."), show=False),
    A("app.theme", "T", N_("Theme"), N_("Switch between dark and light colours."), show=False),
    # main screens
    A("main.home", "1", N_("Home"), N_("How the link stands, and the live log."), show=False),
    A("main.inventory", "2", N_("Inventory"), N_("Items and their quantities."), show=False),
    A("main.mapping", "3", N_("SKU mapping"), N_("Which item is which in Shopify."), show=False),
    A("main.needs", "4", N_("Needs you"), N_("What waits for a person."), show=False),
    A("main.runs", "5", N_("Runs"), N_("Mass changes that were applied, and undo."), show=False),
    A("main.log", "6", N_("Log"), N_("Everything that happened."), show=False),
    A("main.settings", "7", N_("Settings"), N_("Shopify custom app, locations…"), show=False),
    A("main.quit", "q", N_("Quit"), N_("Leave the app."), show=False),
    A(
        "main.cancel",
        "escape",
        N_("Cancel"),
        N_("Cancel the work that runs, or end the search."),
        show=False,
    ),
    # screens on top of them
    A("sub.back", "escape,q", N_("Back"), N_("Leave this screen; nothing is lost.")),
    # screens with a list that can be searched
    A("find.search", "slash", N_("Search"), N_("Only rows with this text: a SKU, a name…")),
    A("find.next", "n", N_("Next hit"), N_("The next row that fits the search."), show=False),
    A("find.previous", "N", N_("Hit before"), N_("The hit before."), show=False),
    # home
    A("home.next", "n", N_("Next step"), N_("Go to the next step that is still missing.")),
    A("home.sync", "s", N_("Sync now"), N_("Do not wait for the next look at the shop.")),
    A("home.pause", "space", N_("Pause log"), N_("Stop or go on following the log.")),
    A("home.brands", "b", N_("Brands"), N_("Choose or add a brand.")),
    A("home.take", "t", N_("Take over"), N_("Ask whoever syncs now to hand it over."), show=False),
    # brands
    A("brands.open", "enter", N_("Open"), N_("Work with this brand.")),
    A("brands.add", "a", N_("Add a brand"), N_("A brand links to exactly one Shopify shop.")),
    # inventory
    A("inventory.open", "enter,o", N_("Open"), N_("Why is this number what it is?")),
    A("inventory.set", "e", N_("Set"), N_("Type the new quantity of the marked cell.")),
    A("inventory.add", "plus", N_("Add"), N_("Add units to the marked cell, with a reason.")),
    A("inventory.take", "minus", N_("Take"), N_("Take units from the marked cell.")),
    A(
        "inventory.type",
        "equals_sign",
        N_("Type in"),
        N_("Row after row: 12 sets, +3 adds, -2 takes."),
    ),
    A("inventory.move", "m", N_("Move"), N_("To another location or inventory label.")),
    A(
        "inventory.undo",
        "u",
        N_("Undo"),
        N_("Take the last change of a quantity back."),
        show=False,
    ),
    A("inventory.redo", "ctrl+r", N_("Redo"), N_("Make it again."), show=False),
    A("inventory.count", "c", N_("Stock-take"), N_("Count with a barcode scanner.")),
    A("inventory.left", "left,h", N_("Left"), N_("The location to the left."), show=False),
    A("inventory.right", "right,l", N_("Right"), N_("The location to the right."), show=False),
    A("inventory.label", "b", N_("Label"), N_("Show the next inventory label.")),
    A("inventory.new", "A,insert", N_("New item"), N_("Add an item by hand."), show=False),
    A("inventory.import", "i", N_("Import"), N_("Read items and quantities from a CSV file.")),
    A("inventory.export", "x", N_("Export"), N_("Write all quantities to a CSV file."), show=False),
    A("inventory.places", "p", N_("Locations"), N_("Locations and inventory labels.")),
    # the import's preview
    A("import.apply", "i", N_("Import"), N_("Import every line; all or nothing.")),
    # counting with a scanner
    A("count.apply", "f2", N_("Apply"), N_("Look at the differences, then set the quantities.")),
    A("count.undo", "f3", N_("Undo"), N_("Take the last scan back.")),
    A("count.location", "f4", N_("Location"), N_("Count at the next location.")),
    A("count.clear", "f8", N_("Start anew"), N_("Throw away what was counted.")),
    # an item
    A("item.edit", "e", N_("Edit"), N_("Change its name, barcode or SKU number.")),
    A("item.remove", "x,delete", N_("Remove"), N_("Take the item out of the inventory.")),
    A("item.copy", "y", N_("Copy"), N_("Copy this page as text.")),
    # settings
    A("settings.open", "enter", N_("Open"), N_("Look at this setting or change it.")),
    # settings of the sync
    A("tuning.edit", "enter,e", N_("Change"), N_("Type or choose another value.")),
    A("tuning.reset", "x,delete", N_("Reset"), N_("Back to its default.")),
    # doctor, backups
    A("doctor.run", "r", N_("Check"), N_("Check the inventory file and the connection.")),
    A("backups.make", "b", N_("Back up"), N_("Write the inventory to one file.")),
    A("backups.open", "enter,o", N_("Open"), N_("What would bringing this one back change?")),
    A("backups.other", "f", N_("File"), N_("Open a backup that is somewhere else.")),
    A("restore.apply", "A", N_("Restore"), N_("Make the inventory equal to this backup.")),
    # locations and labels
    A("places.location", "a", N_("Add a location"), N_("A place that holds stock.")),
    A("places.edit", "e,enter", N_("Edit"), N_("Change the name or the rules.")),
    A("places.remove", "x,delete", N_("Remove"), N_("Remove the row under the cursor.")),
    A("places.label", "b", N_("Add an inventory label"), N_("A bucket of one kind of stock.")),
    # Shopify custom app
    A("shopify.sync", "s", N_("Sync now"), N_("Do not wait for the next look at the shop.")),
    # webhooks
    A("webhooks.heal", "h", N_("Ask for them"), N_("Make what is missing, put right the rest.")),
    A("webhooks.remove", "x,delete", N_("Remove"), N_("Have the shop send nothing any more.")),
    A("webhooks.refresh", "r", N_("Refresh"), N_("Ask the shop again.")),
    # connection wizard
    A("connect.advanced", "f2", N_("Advanced"), N_("Another address of the API, such as a proxy.")),
    A("connect.guide", "f3", N_("Guide"), N_("Where to click on Shopify's side.")),
    A("connect.show", "f4", N_("Show secrets"), N_("Show or mask what was typed.")),
    # enabling the link
    A("enable.choose", "enter", N_("Choose"), N_("Look at the plan of this choice."), run="press"),
    A("enable.down", "down,j", N_("Down"), N_("The next choice."), run="app.focus_next"),
    A("enable.up", "up,k", N_("Up"), N_("The choice before."), run="app.focus_previous"),
    # pairing
    A("pairing.choose", "enter", N_("Choose"), N_("Choose the Shopify location from a list.")),
    A("pairing.left", "left,h", N_("Before"), N_("The Shopify location before."), show=False),
    A("pairing.right", "right,l", N_("Next"), N_("The next Shopify location."), show=False),
    A("pairing.clear", "x,delete", N_("Leave out"), N_("Leave this location without a pair.")),
    A("pairing.label", "b", N_("Label"), N_("The inventory label that takes part in the link.")),
    A("pairing.location", "a", N_("Add a location"), N_("Add a location in DEXTRE.")),
    A("pairing.update", "U", N_("Update"), N_("Keep these pairs.")),
    # SKU mapping
    A("mapping.filter-before", "left,h", N_("Filter before"), N_("The filter before."), show=False),
    A("mapping.filter", "f,right,l", N_("Filter"), N_("The next filter.")),
    A(
        "mapping.update",
        "U",
        N_("Update"),
        N_("Keep the two fields that are compared."),
        show=False,
    ),
    A("mapping.run", "M", N_("Map"), N_("Read the shop's catalogue and match every SKU.")),
    A("mapping.map", "m,e", N_("Map by hand"), N_("Choose the counterpart of this row.")),
    A("mapping.suggested", "s", N_("Take suggestion"), N_("Map (all marked) to the alike SKU.")),
    A("mapping.unmap", "d", N_("Unmap"), N_("Take this mapping (or all marked ones) away.")),
    A("mapping.ignore", "I", N_("Ignore"), N_("Put the rows aside, or take them up again.")),
    A("mapping.undo", "u", N_("Undo"), N_("Take the last edit by hand back.")),
    A("mapping.redo", "ctrl+r", N_("Redo"), N_("Do again what was undone."), show=False),
    A("mapping.export", "x", N_("Export"), N_("Write all mappings to a CSV file."), show=False),
    A("mapping.import", "i", N_("Import"), N_("Read an edited CSV file back."), show=False),
    A("mapping.open", "enter,o", N_("Open"), N_("The item's quantities and story.")),
    A("mapfile.apply", "i", N_("Import"), N_("Make every edit of the file; all or none.")),
    # plans
    A("plan.filter", "f", N_("Filter"), N_("Changing rows, left out rows, all rows.")),
    A("plan.apply", "A", N_("Apply"), N_("Apply all rows that change, searched or not.")),
    # needs you
    A("needs.open", "enter,o", N_("Open"), N_("The item's quantities and story.")),
    A(
        "needs.take-here",
        "h",
        N_("DEXTRE's"),
        N_("DEXTRE's quantity counts on both sides."),
        show=False,
    ),
    A(
        "needs.take-there",
        "t",
        N_("Shopify's"),
        N_("Shopify's quantity counts on both sides."),
        show=False,
    ),
    A(
        "needs.count",
        "c",
        N_("Count again"),
        N_("Type what is there; both sides get it."),
        show=False,
    ),
    A(
        "needs.ignore",
        "I",
        N_("Leave out"),
        N_("Leave the row out of the link, or take it up again."),
        show=False,
    ),
    A(
        "needs.activate",
        "s",
        N_("Stock there"),
        N_("Stock it at this location in Shopify."),
        show=False,
    ),
    A("needs.track", "S", N_("Track"), N_("Have Shopify track its quantity."), show=False),
    A(
        "needs.follow",
        "F",
        N_("New SKU"),
        N_("Map to the item that the new SKU names."),
        show=False,
    ),
    A(
        "needs.keep",
        "K",
        N_("Keep"),
        N_("Keep the mapping as it is, by hand from now on."),
        show=False,
    ),
    A(
        "needs.unmap",
        "d",
        N_("Unmap"),
        N_("Take this mapping (or all marked ones) away."),
        show=False,
    ),
    A(
        "needs.review",
        "p",
        N_("Plan"),
        N_("Look at what would change; apply it or not."),
        show=False,
    ),
    A("needs.guide", "f3", N_("Guide"), N_("What happened, and what to do, step by step.")),
    A("needs.undo", "u", N_("Undo"), N_("Take back what was chosen here last.")),
    A("needs.filter", "f", N_("Left out"), N_("Show the rows that you leave out, or what waits.")),
    A("needs.refresh", "r", N_("Refresh"), N_("Read the list again."), show=False),
    # runs
    A("runs.open", "enter,o", N_("Open"), N_("The rows of this run.")),
    A("runs.undo", "u", N_("Undo"), N_("Plan the undoing of the run under the cursor.")),
    A("runs.undo-last", "z", N_("Undo last"), N_("Plan the undoing of the last run.")),
    A("run.undo", "u", N_("Undo"), N_("Plan the undoing of this run.")),
    # log
    A("log.level", "f", N_("Level"), N_("All lines, warnings and errors, errors only.")),
    A("log.brand", "b", N_("Brand"), N_("This brand, or all brands."), show=False),
    A("log.pause", "space", N_("Pause"), N_("Stop or go on following the log.")),
    A("log.copy", "y", N_("Copy"), N_("Copy the lines that are shown.")),
    # tables and logs
    A("table.down", "down,j", N_("Down"), N_("The next row."), show=False, run="cursor(1)"),
    A("table.up", "up,k", N_("Up"), N_("The row before."), show=False, run="cursor(-1)"),
    A("table.page-down", "pagedown", N_("Page down"), N_("A page on."), show=False, run="page(1)"),
    A("table.page-up", "pageup", N_("Page up"), N_("A page back."), show=False, run="page(-1)"),
    A("table.end", "G,end,ctrl+end", N_("End"), N_("The last row."), show=False, run="go(-1)"),
    A(
        "table.start",
        "g,home,ctrl+home",
        N_("Start"),
        N_("The first row."),
        show=False,
        run="go(0)",
    ),
    A(
        "table.copy",
        "y",
        N_("Copy"),
        N_("Copy this row, or all marked ones."),
        show=False,
        run="copy",
    ),
    A("table.column", "w", N_("Column"), N_("Choose a column."), show=False, run="column"),
    A(
        "table.narrow",
        "less_than_sign",
        N_("Narrower"),
        N_("The chosen column."),
        show=False,
        run="widen(-2)",
    ),
    A(
        "table.widen",
        "greater_than_sign",
        N_("Wider"),
        N_("The chosen column."),
        show=False,
        run="widen(2)",
    ),
    A("scroll.open", "enter,o", N_("Open"), N_("The item that this line is about."), run="open"),
    A("scroll.down", "down,j", N_("Down"), N_("A line on."), show=False, run="cursor(1)"),
    A("scroll.up", "up,k", N_("Up"), N_("A line back."), show=False, run="cursor(-1)"),
    A("scroll.page-down", "pagedown", N_("Page down"), N_("A page on."), show=False, run="page(1)"),
    A("scroll.page-up", "pageup", N_("Page up"), N_("A page back."), show=False, run="page(-1)"),
    A("scroll.end", "G,end,ctrl+end", N_("End"), N_("Follow the end."), show=False, run="go(-1)"),
    A(
        "scroll.start",
        "g,home,ctrl+home",
        N_("Start"),
        N_("To the start."),
        show=False,
        run="go(0)",
    ),
    A("marks.toggle", "space", N_("Mark"), N_("Mark or unmark this row."), run="mark"),
    A(
        "marks.all",
        "a",
        N_("Mark all"),
        N_("Mark every row that fits."),
        show=False,
        run="mark_all",
    ),
    A("marks.range", "v", N_("Mark range"), N_("Twice: all in between."), show=False, run="range"),
    A(
        "marks.clear",
        "ctrl+backslash",
        N_("Clear marks"),
        N_("No row is marked."),
        show=False,
        run="clear_marks",
    ),
    # the field of a search, and the one over a quantity
    A(
        "filter.rows",
        "enter,down",
        N_("To the rows"),
        N_("Keep the search and go on to the rows."),
        run="rows",
    ),
    A(
        "filter.leave",
        "escape",
        N_("End search"),
        N_("Empty the field and show every row."),
        run="leave",
    ),
    A(
        "entry.keep",
        "enter",
        N_("Keep it"),
        N_("Keep this quantity and go to the next row."),
        run="submit",
    ),
    A("entry.down", "down", N_("Next row"), N_("Leave this row as it is."), run="step(1)"),
    A("entry.up", "up", N_("Row before"), N_("Back to the row before."), run="step(-1)"),
    A("entry.leave", "escape", N_("Done"), N_("No more typing."), run="leave"),
    # forms
    A("form.down", "down,j", N_("Next"), N_("Next."), show=False, run="app.focus_next"),
    A("form.up", "up,k", N_("Before"), N_("Before."), show=False, run="app.focus_previous"),
    A("form.end", "G,end,ctrl+end", N_("End"), N_("The last one."), show=False, run="focus_at(-1)"),
    A(
        "form.start",
        "g,home,ctrl+home",
        N_("Start"),
        N_("The first one."),
        show=False,
        run="focus_at(0)",
    ),
    # dialogs
    A("dialog.close", "escape", N_("Close"), N_("Close without changing anything."), run="close"),
    A("dialog.left", "left", N_("Left"), N_("Button."), show=False, run="app.focus_previous"),
    A("dialog.right", "right", N_("Right"), N_("Button."), show=False, run="app.focus_next"),
    A("error.copy", "y", N_("Copy"), N_("Copy this text."), run="copy"),
)

BY_ID = {action.id: action for action in ACTIONS}

PLACES = {
    "app": N_("Everywhere"),
    "main": N_("Go to"),
    "sub": N_("Everywhere"),
    "table": N_("Table"),
    "scroll": N_("Table"),
    "marks": N_("Table"),
    "filter": N_("Table"),
    "entry": N_("Table"),
    "form": N_("Table"),
    "find": N_("Table"),
    "dialog": N_("Dialog"),
}
"""Headings of the `?` list; every other place is the screen itself."""


def of_places(*places: str) -> Iterator[Action]:
    return (action for action in ACTIONS if action.place in places)


def bindings(*places: str) -> list[BindingType]:
    """The bindings of the given places, for a `BINDINGS`."""
    return [action.binding() for action in of_places(*places)]
