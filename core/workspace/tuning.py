"""The settings part of a desk: what a person may change while it syncs.

The engine takes a change up at once, also one that another process made: it looks into the store at
the start of each of its passes (core.sync.engine), some five times a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core.errors import N_, NN_, UserMustAct
from core.model import QuantityName
from core.on_demand import Room
from core.workspace.base import DeskBase

if TYPE_CHECKING:
    from core.sync import cells, events
    from core.sync.breaker import Limits
    from core.sync.ports import BooksTx
    from core.sync.reading import Pacing
    from core.workspace import settings
    from core.workspace.settings import SettingNow, Value
else:
    cells, events = Room("core.sync.cells"), Room("core.sync.events")
    settings = Room("core.workspace.settings")

QUANTITY = "link.quantity"
"""Stands in the link itself."""

SHARED = {"link.map_new": "map_new"}
"""Those that stand among the store's other settings, under an older name."""


class LinkMustBeOff(UserMustAct):
    code = "link_must_be_off"
    message = N_("The quantity that the link keeps equal cannot be changed while the link is on.")
    remedy = N_(
        "Turn it off with `dextre-sync disable`, change the setting, and turn the link on again "
        "with a first alignment: `dextre-sync enable --start push|pull|merge`."
    )


class WritesAreOpen(UserMustAct):
    code = "writes_are_open"
    message = NN_(
        "%(count)s write to Shopify has no answer yet; nothing was changed.",
        "%(count)s writes to Shopify have no answer yet; nothing was changed.",
        by="count",
    )
    remedy = N_("Let the sync finish them (`dextre-sync run`), then change the setting.")


class TuningDesk(DeskBase):
    def settings(self) -> tuple[SettingNow, ...]:
        """All of them, as they stand."""
        values = self._values()
        return tuple(
            settings.SettingNow(
                one.name,
                settings.shown(one.kept(values)),
                settings.shown(one.default),
                one.about,
            )
            for one in settings.SETTINGS
        )

    def set_setting(self, name: str, text: str) -> SettingNow:
        """Raises UnknownSetting, BadInput where it cannot be that, LinkMustBeOff, WritesAreOpen."""
        return self._put_settings({name: settings.named(name).parse(text)})[0]

    def reset_setting(self, name: str) -> SettingNow:
        return self._put_settings({name: settings.named(name).default})[0]

    def limits(self) -> Limits:
        """Of the breaker."""
        return settings.limits_of(self._store.tuning())

    def set_limits(self, limits: Limits) -> None:
        """Raises BadInput naming the one that cannot be."""
        self._put_settings(_checked(settings.limits_values(limits)))

    def pacing_settings(self) -> Pacing:
        return settings.pacing_of(self._store.tuning())

    def set_pacing(self, pacing: Pacing) -> None:
        """Those of its fields that are settings. Raises BadInput naming the one that cannot be."""
        self._put_settings(_checked(settings.pacing_values(pacing)))

    def quantity_name(self) -> QuantityName:
        return self._store.link().quantity_name

    def set_quantity_name(self, name: QuantityName) -> None:
        """Another quantity means other numbers: every base is forgotten. Raises LinkMustBeOff,
        WritesAreOpen.
        """
        self._put_settings({QUANTITY: name.value})

    # -- inside -------------------------------------------------------------------------------

    def _values(self) -> Mapping[str, Any]:
        older = self._store.settings()
        shared = {name: older[key] for name, key in SHARED.items() if key in older}
        return {**self._store.tuning(), **shared, QUANTITY: self._store.link().quantity_name.value}

    def _put_settings(self, wanted: Mapping[str, Value]) -> list[SettingNow]:
        """All or none."""

        def work(tx: BooksTx) -> dict[str, str]:
            before = self._values()
            for name, value in wanted.items():
                self._put_one(tx, name, value)
            return {name: settings.shown(settings.named(name).kept(before)) for name in wanted}

        before = self._store.submit(work).result()
        now = [one for one in self.settings() if one.name in wanted]
        for one in now:
            if one.value != before[one.name]:
                self._tell(
                    events.SettingChanged(
                        at=self._now(),
                        brand=self.brand.name,
                        name=one.name,
                        before=before[one.name],
                        after=one.value,
                        who=self._around.who,
                    )
                )
        self._retune()
        return now

    def _put_one(self, tx: BooksTx, name: str, value: Value) -> None:
        if name == QUANTITY:
            _put_quantity(tx, QuantityName(str(value)))
        elif name in SHARED:
            self._store.put_settings({**self._store.settings(), SHARED[name]: value})
        else:
            values = {**self._store.tuning(), name: value}
            if value == settings.named(name).default:
                del values[name]
            self._store.put_tuning(values)

    def _retune(self) -> None:
        """Where the engine runs in this process, it need not wait for its next look."""
        self._log.keep(settings.log_keeping_of(self._store.tuning()))
        session = self._session
        if session is not None:
            self._around.thread.soon(session.engine.retune)

    def _tuning(self) -> tuple[Pacing, Limits]:
        """For the engine; read often, so nothing is made anew while nothing has changed."""
        values = self._store.tuning()
        if self._tuned is None or self._tuned[0] != values:
            self._log.keep(settings.log_keeping_of(values))
            self._tuned = values, (settings.pacing_of(values), settings.limits_of(values))
        return self._tuned[1]

    _tuned: tuple[Mapping[str, Any], tuple[Pacing, Limits]] | None = None


def _put_quantity(tx: BooksTx, name: QuantityName) -> None:
    link = tx.link()
    if link.quantity_name is name:
        return
    if link.enabled:
        raise LinkMustBeOff
    waiting = len(tx.intents())
    if waiting:
        raise WritesAreOpen(count=waiting)
    tx.put_link(replace(link, quantity_name=name))
    cells.arrange(tx, reset=True)


def _checked(values: Mapping[str, Value]) -> Mapping[str, Value]:
    return {
        name: settings.named(name).parse(settings.shown(value)) for name, value in values.items()
    }
