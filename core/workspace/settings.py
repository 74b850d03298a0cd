"""The settings of one brand that a person may change while it syncs: their names, what they may
be, and the values as the engine reads them.

Kept in the brand's store as `{name: value}`, only those that differ from what the program would do
by itself. What cannot be understood there (a newer version wrote it) counts as not set. Not here:
who reads them when (core.sync.engine), and how the app itself looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from core.errors import N_, BadInput
from core.sync.breaker import Limits
from core.sync.reading import Pacing
from core.workspace.log import Keeping

Value = bool | int | float | str
ON, OFF = "on", "off"


class UnknownSetting(BadInput):
    code = "unknown_setting"
    message = N_("There is no setting %(name)s.")
    remedy = N_("`dextre-sync settings` lists them all.")


class LikeSetting(UnknownSetting):
    remedy = N_("Did you mean %(near)s? `dextre-sync settings` lists them all.")


class NoSuchNumber(BadInput):
    code = "setting_out_of_range"
    message = N_("%(name)s cannot be “%(text)s”.")
    remedy = N_("Give a number from %(low)s to %(high)s.")


class NotWhole(NoSuchNumber):
    remedy = N_("Give a whole number from %(low)s to %(high)s.")


class NoSuchChoice(BadInput):
    code = "setting_not_a_choice"
    message = N_("%(name)s cannot be “%(text)s”.")
    remedy = N_("Give one of: %(choices)s.")


@dataclass(frozen=True, slots=True)
class Setting:
    """`low` and `high` bound a number; a text is one of `choices`. `about` is a catalogue id."""

    name: str
    default: Value
    about: str
    low: float = 0
    high: float = 0
    choices: tuple[str, ...] = ()

    def parse(self, text: str) -> Value:
        """What a person typed. Raises NoSuchNumber, NotWhole, NoSuchChoice."""
        word = text.strip()
        if isinstance(self.default, bool):
            if word.casefold() not in (ON, OFF):
                raise NoSuchChoice(name=self.name, text=text[:40], choices=(ON, OFF))
            return word.casefold() == ON
        if isinstance(self.default, str):
            if word not in self.choices:
                raise NoSuchChoice(name=self.name, text=text[:40], choices=self.choices)
            return word
        return self._number(word)

    def _number(self, word: str) -> float | int:
        whole = isinstance(self.default, int)
        kind = NotWhole if whole else NoSuchNumber
        wrong = kind(name=self.name, text=word[:40], low=_plain(self.low), high=_plain(self.high))
        try:
            number = int(word) if whole else float(word)
        except ValueError:
            raise wrong from None
        if not self.low <= number <= self.high:
            raise wrong
        return number

    def kept(self, values: Mapping[str, Any]) -> Value:
        """The value in force: what is kept, where it can be one, else the default."""
        value = values.get(self.name, self.default)
        try:
            return self.parse(shown(value))
        except BadInput:
            return self.default


@dataclass(frozen=True, slots=True)
class SettingNow:
    """A setting as it stands, in the words in which it is typed."""

    name: str
    value: str
    default: str
    about: str

    @property
    def changed(self) -> bool:
        return self.value != self.default


_PACE = Pacing()
_LIMITS = Limits()

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "breaker.zeroed_percent",
        _LIMITS.zeroed_share * 100,
        N_("A pass that would set more than so many percent of the cells to 0 stops."),
        0,
        100,
    ),
    Setting(
        "breaker.zeroed_at_least",
        _LIMITS.zeroed_at_least,
        N_("Up to so many cells may become 0 in one pass, whatever the percentage."),
        0,
        1_000_000_000,
    ),
    Setting(
        "breaker.changed_percent",
        _LIMITS.changed_share * 100,
        N_("A pass that would change more than so many percent of the cells stops."),
        0,
        100,
    ),
    Setting(
        "breaker.changed_from_cells",
        _LIMITS.changed_from_cells,
        N_("Changes are counted from so many cells on."),
        2,
        1_000_000_000,
    ),
    Setting(
        "breaker.gone_percent",
        _LIMITS.gone_share * 100,
        N_("A catalogue that has lost more than so many percent of the mapped items stops."),
        0,
        100,
    ),
    Setting(
        "breaker.gone_at_least",
        _LIMITS.gone_at_least,
        N_("Up to so many mapped items may be gone, whatever the percentage."),
        0,
        1_000_000_000,
    ),
    Setting(
        "pacing.tick_s",
        _PACE.tick_s,
        N_("Seconds from one reading of the shop to the next."),
        1,
        60,
    ),
    Setting(
        "pacing.slow_when_quiet",
        _PACE.slow_when_quiet,
        N_("Whether readings are fewer while nothing changes."),
    ),
    Setting(
        "pacing.quiet_tick_s",
        _PACE.quiet_tick_s,
        N_("Seconds from one reading to the next while nothing changes."),
        1,
        300,
    ),
    Setting(
        "pacing.sweep_s",
        _PACE.sweep_s,
        N_("Above 5,000 cells: seconds in which every cell is read once."),
        10,
        86_400,
    ),
    Setting(
        "pacing.sweep_percent",
        _PACE.sweep_share * 100,
        N_("Above 5,000 cells: at most so many percent of the points are used for that."),
        1,
        90,
    ),
    Setting(
        "pacing.catalogue_s",
        _PACE.catalogue_s,
        N_("Seconds from one look at the whole catalogue to the next."),
        60,
        86_400,
    ),
    Setting(
        "link.quantity",
        "available",
        N_("Which of Shopify's quantities the link keeps equal (change it while the link is off)."),
        choices=("available", "on_hand"),
    ),
    Setting(
        "link.map_new",
        "at_once",
        N_("Whether new SKUs that fit the rule are mapped while linked, or only proposed."),
        choices=("at_once", "proposed"),
    ),
    Setting(
        "log.file_mb",
        16,
        N_("Megabytes after which the log goes on in a new file."),
        1,
        1_000,
    ),
    Setting("log.keep_files", 4, N_("Older log files that are kept."), 0, 100),
    Setting("log.keep_days", 90, N_("Days after which older log files go."), 1, 3_650),
)

_BY_NAME = {setting.name: setting for setting in SETTINGS}


def named(name: str) -> Setting:
    """Raises UnknownSetting."""
    if name not in _BY_NAME:
        near = get_close_matches(name, _BY_NAME, n=1)
        raise LikeSetting(name=name[:60], near=near[0]) if near else UnknownSetting(name=name[:60])
    return _BY_NAME[name]


def shown(value: object) -> str:
    """As it is typed: on and off, and numbers without a tail of zeros."""
    if isinstance(value, bool):
        return ON if value else OFF
    if isinstance(value, float):
        return _plain(value)
    return str(value)


def _plain(number: float) -> str:
    return f"{number:.10g}" if number < 1e9 else f"{number:.0f}"


# -- as the engine reads them --------------------------------------------------------------------


def limits_of(values: Mapping[str, Any]) -> Limits:
    def of(name: str) -> Any:
        return named(f"breaker.{name}").kept(values)

    return Limits(
        zeroed_share=of("zeroed_percent") / 100,
        zeroed_at_least=of("zeroed_at_least"),
        changed_share=of("changed_percent") / 100,
        changed_from_cells=of("changed_from_cells"),
        gone_share=of("gone_percent") / 100,
        gone_at_least=of("gone_at_least"),
    )


def limits_values(limits: Limits) -> dict[str, Value]:
    return {
        "breaker.zeroed_percent": limits.zeroed_share * 100,
        "breaker.zeroed_at_least": limits.zeroed_at_least,
        "breaker.changed_percent": limits.changed_share * 100,
        "breaker.changed_from_cells": limits.changed_from_cells,
        "breaker.gone_percent": limits.gone_share * 100,
        "breaker.gone_at_least": limits.gone_at_least,
    }


def pacing_of(values: Mapping[str, Any]) -> Pacing:
    def of(name: str) -> Any:
        return named(f"pacing.{name}").kept(values)

    return replace(
        _PACE,
        tick_s=of("tick_s"),
        slow_when_quiet=of("slow_when_quiet"),
        quiet_tick_s=of("quiet_tick_s"),
        sweep_s=of("sweep_s"),
        sweep_share=of("sweep_percent") / 100,
        catalogue_s=of("catalogue_s"),
    )


def pacing_values(pacing: Pacing) -> dict[str, Value]:
    return {
        "pacing.tick_s": pacing.tick_s,
        "pacing.slow_when_quiet": pacing.slow_when_quiet,
        "pacing.quiet_tick_s": pacing.quiet_tick_s,
        "pacing.sweep_s": pacing.sweep_s,
        "pacing.sweep_percent": pacing.sweep_share * 100,
        "pacing.catalogue_s": pacing.catalogue_s,
    }


def log_keeping_of(values: Mapping[str, Any]) -> Keeping:
    def of(name: str) -> Any:
        return named(f"log.{name}").kept(values)

    return Keeping(of("file_mb") << 20, of("keep_files"), of("keep_days"))
