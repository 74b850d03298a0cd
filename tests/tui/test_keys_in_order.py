"""What is typed ahead arrives in the order in which it was typed."""

from __future__ import annotations

from collections.abc import Iterable

from textual import events
from textual.widget import Widget
from textual.widgets import Input

from tui.keys import KeysInOrder


class TwoFields(KeysInOrder):
    def compose(self) -> Iterable[Widget]:
        yield Input(id="first")
        yield Input(id="second")

    def values(self) -> tuple[str, str]:
        return self.query_one("#first", Input).value, self.query_one("#second", Input).value


def burst(app: TwoFields, *keys: str) -> None:
    """All at once, as a slow line or a scanner delivers them."""
    for key in keys:
        app.post_message(events.Key(key, key if len(key) == 1 else None))


async def test_backspace_takes_the_letter_before_it() -> None:
    app = TwoFields()
    async with app.run_test() as pilot:
        app.query_one("#first").focus()
        await pilot.pause()
        burst(app, "a", "b", "backspace", "c")
        await pilot.pause(0.2)
        assert app.values() == ("ac", "")


async def test_what_follows_a_tab_lands_in_the_next_field() -> None:
    app = TwoFields()
    async with app.run_test() as pilot:
        app.query_one("#first").focus()
        await pilot.pause()
        burst(app, "a", "b", "tab", "s", "e", "c", "shift+tab", "c")
        await pilot.pause(0.2)
        first, second = app.values()
        assert second == "sec"
        assert first in ("c", "abc")  # a field that is entered again may have its text selected


async def test_a_field_that_goes_away_does_not_hold_up_the_keys() -> None:
    app = TwoFields()
    async with app.run_test() as pilot:
        app.query_one("#first").focus()
        await pilot.pause()
        burst(app, "a")
        await app.query_one("#first").remove()
        app.query_one("#second").focus()
        await pilot.pause(0.7)
        burst(app, "b", "c")
        await pilot.pause(0.2)
        assert app.query_one("#second", Input).value.endswith("bc")


async def test_what_is_typed_before_the_end_does_not_put_it_off() -> None:
    app = TwoFields()
    async with app.run_test() as pilot:
        app.query_one("#first").focus()
        await pilot.pause()
        burst(app, *"abc")
        app.exit()
        await pilot.pause(0.2)
        assert app.values() in (("", ""), ("a", ""))
