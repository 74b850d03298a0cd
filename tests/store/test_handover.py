"""The sync goes from a service to an app and back, between apps by consent, and nobody who is
killed on the way leaves it stuck.
"""

from __future__ import annotations

import itertools
import random
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import StoreInUse
from core.store import Consent, Owner, Ownership, Purpose, Request, Requests, Turns, consent, take
from core.store.errors import HandoverRefused, HandoverUnanswered
from tests.store.given import StandingClock
from tests.store.test_processes import child, line, tell

SOON_S = 1.0


class Pauses:
    """Each pause moves the clock and lets the other side act."""

    def __init__(self, clock: StandingClock, *acts: Callable[[], object]) -> None:
        self.clock = clock
        self.acts = list(acts)
        self.taken = 0

    def __call__(self, seconds: float) -> None:
        self.taken += 1
        self.clock.forward(seconds)
        if self.acts:
            self.acts.pop(0)()


def nothing() -> None:
    pass


# -- in one process ------------------------------------------------------------------------------


def test_who_finds_it_free_takes_it_without_asking(tmp_path: Path, clock: StandingClock) -> None:
    with take(tmp_path, Purpose.COMMAND, clock, pause=Pauses(clock)) as held:
        assert Ownership.holder(tmp_path) == held.owner
    assert Ownership.holder(tmp_path) is None
    assert not (tmp_path / "requests").exists()


def test_the_owner_sees_who_asks_and_its_release_is_the_answer(
    tmp_path: Path, clock: StandingClock
) -> None:
    owner = Ownership.acquire(tmp_path, Purpose.APP, clock)
    requests = Requests(tmp_path)
    seen: list[Request] = []
    told: list[Owner] = []

    def answer() -> None:
        seen.extend(requests.waiting())
        owner.release()

    pauses = Pauses(clock, nothing, answer)
    held = take(tmp_path, Purpose.APP, clock, pause=pauses, on_waiting=told.append)
    assert (held.owner.purpose, pauses.taken) == (Purpose.APP, 2)
    assert seen == [replace(seen[0], asker=replace(held.owner, since=seen[0].asker.since))]
    assert told == [owner.owner]
    assert requests.waiting() == []
    assert list((tmp_path / "requests").iterdir()) == []
    held.release()


def test_a_no_ends_the_asking_and_names_who_said_it(tmp_path: Path, clock: StandingClock) -> None:
    owner = Ownership.acquire(tmp_path, Purpose.APP, clock)
    requests = Requests(tmp_path)

    def answer() -> None:
        (request,) = requests.waiting()
        requests.refuse(request, owner.owner)
        assert requests.waiting() == []  # answered

    with pytest.raises(HandoverRefused, match=f"pid {owner.owner.pid}"):
        take(tmp_path, Purpose.APP, clock, pause=Pauses(clock, answer))
    assert list((tmp_path / "requests").iterdir()) == []
    assert Ownership.holder(tmp_path) == owner.owner
    owner.release()


def test_nobody_waits_for_ever(tmp_path: Path, clock: StandingClock) -> None:
    owner = Ownership.acquire(tmp_path, Purpose.APP, clock)
    pauses = Pauses(clock)
    with pytest.raises(HandoverUnanswered, match="within 3 seconds"):
        take(tmp_path, Purpose.APP, clock, patience_s=3, pause=pauses)
    assert 100 < pauses.taken < 200
    with pytest.raises(StoreInUse):
        take(tmp_path, Purpose.APP, clock, pause=Pauses(clock), given_up=lambda: True)
    assert Requests(tmp_path).waiting() == []
    owner.release()


def test_a_service_does_not_take_back_what_somebody_waits_for(
    tmp_path: Path, clock: StandingClock
) -> None:
    turns = Turns(tmp_path, clock, Pauses(clock))
    service = turns.next()
    assert service is not None

    def hand_over() -> None:
        request = turns.until_asked()
        assert request is not None
        assert request.asker.purpose is Purpose.COMMAND
        service.release()
        again = turns.next(stop=iter([False, False, False, True]).__next__)
        assert again is None  # it was free all the time, and asked for

    command = take(tmp_path, Purpose.COMMAND, clock, pause=Pauses(clock, hand_over))
    assert turns.next(stop=iter([False, False, True]).__next__) is None
    command.release()
    back = turns.next()
    assert back is not None
    back.release()


def test_who_is_told_to_stop_stops(tmp_path: Path, clock: StandingClock) -> None:
    turns = Turns(tmp_path, clock, Pauses(clock))
    assert turns.next(lambda: True) is None
    assert turns.until_asked(lambda: True) is None
    assert Ownership.holder(tmp_path) is None


def test_requests_of_the_dead_are_swept_away(tmp_path: Path) -> None:
    folder = tmp_path / "requests"
    folder.mkdir()
    (folder / "1-dead.json").write_text("{}")
    (folder / "1-dead.no").write_text("somebody")
    (folder / "2-gone.no").write_text("somebody")
    requests = Requests(tmp_path)
    assert requests.waiting() == []
    assert requests.waiting() == []
    assert list(folder.iterdir()) == []


def test_a_service_gives_way_an_app_asks_its_person_a_command_is_over_soon() -> None:
    service, app, command = Purpose.SERVICE, Purpose.APP, Purpose.COMMAND
    assert consent(service, app) is consent(service, command) is Consent.YES
    assert consent(app, app) is consent(app, command) is Consent.ASK
    assert consent(command, app) is consent(service, service) is Consent.WAIT


# -- real processes ------------------------------------------------------------------------------

system = pytest.mark.system


def said(process_line: str, word: str) -> float:
    """The moment at which it said so (one clock for all processes)."""
    first, moment, *_ = process_line.split()
    assert first == word, process_line
    return float(moment)


@system
def test_a_service_hands_over_to_an_app_and_takes_back_within_a_second(tmp_path: Path) -> None:
    with child("serve", tmp_path) as service:
        said(line(service), "owns")
        for purpose in ("app", "command"):
            with child("borrow", tmp_path, purpose) as app:
                assert line(app) == f"asks {service.pid}"
                settled = said(line(service), "settled")
                words = line(app)
                assert settled <= said(words, "owns")
                assert float(words.split()[2]) < SOON_S
                holder = Ownership.holder(tmp_path)
                assert holder is not None
                assert holder.pid == app.pid
                tell(app)
                ended = said(line(app), "settled")
                again = said(line(service), "owns")
                assert ended <= again < ended + SOON_S


@system
def test_whoever_is_killed_the_sync_goes_on(tmp_path: Path) -> None:
    with child("serve", tmp_path) as service:
        said(line(service), "owns")
        with child("borrow", tmp_path, "app") as app:
            assert line(app).startswith("asks")
            said(line(service), "settled")
            said(line(app), "owns")
            app.kill()  # the owner dies: the service has it back
            killed = time.monotonic()
            assert said(line(service), "owns") < killed + SOON_S
        with child("borrow", tmp_path, "app") as app:
            assert line(app).startswith("asks")
            service.kill()  # the owner dies while it is asked
            killed = time.monotonic()
            assert said(line(app), "owns") < killed + SOON_S
            with child("serve", tmp_path) as other, child("borrow", tmp_path, "app") as third:
                assert line(third) == f"asks {app.pid}"
                (request,) = Requests(tmp_path).waiting()
                assert request.asker.pid == third.pid
                third.kill()  # the asker dies
                third.wait()
                assert Requests(tmp_path).waiting() == []
                tell(app)
                ended = said(line(app), "settled")
                assert said(line(other), "owns") < ended + SOON_S


@system
def test_killed_at_any_moment_there_are_never_two_owners_and_never_none_for_long(
    tmp_path: Path,
) -> None:
    moments = random.Random(7)
    turns: list[tuple[float, float]] = []  # from when to when somebody was the owner

    def read(words: list[str], killed: float) -> None:
        begun: float | None = None
        for word in words:
            if word.startswith("owns"):
                begun = float(word.split()[1])
            elif word.startswith("settled") and begun is not None:
                turns.append((begun, float(word.split()[1])))
                begun = None
        if begun is not None:
            turns.append((begun, killed))

    with child("serve", tmp_path) as service:
        first = line(service)
        for _ in range(6):
            with child("borrow", tmp_path, "app") as app:
                opening = line(app)  # it asks, or finds the sync free between two owners
                with suppress(subprocess.TimeoutExpired):
                    app.wait(moments.uniform(0, 0.25))
                killed = time.monotonic()
                app.kill()
                rest, _ = app.communicate()
                read([opening, *rest.splitlines()], killed)
        with child("borrow", tmp_path, "command") as last:
            while not line(last).startswith("owns"):
                pass  # nothing is stuck
            service.kill()
            rest, _ = service.communicate()
        read([first, *rest.splitlines()], time.monotonic())
    turns.sort()
    assert len(turns) > 3, "a busy machine has fewer"
    for (_, ended), (begun, _) in itertools.pairwise(turns):
        assert ended <= begun < ended + SOON_S
