"""`dextre-sync run` killed with -9 every few seconds while both sides change and answers get lost:
`python -m tests.bench.kills [--seconds N] [--loss SHARE] [--json FILE]`.

Afterwards every unit must be in its place on both sides, and the shop's own ledger must not hold
one write twice.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from core.model import Credentials, Item, Label, PlanKind, Secret
from core.workspace import Desk, Workspace
from tests.bench.world import PracticeProcess, practice_process

VARIANTS = 60


def set_up(workspace: Workspace, practice: PracticeProcess, folder: Path) -> Desk:
    desk = workspace.desk(workspace.add_brand("Kills").name)
    desk.add_label(Label("main", "Main", negative_allowed=True))
    state = practice.call("/practice/state")
    skus = sorted({level["sku"] for level in state["levels"]})
    file = folder / "items.csv"
    lines = ["sku_number,name,barcode", *(f"{Item(sku).sku_number},," for sku in skus)]
    file.write_text("\n".join(lines), encoding="utf-8")
    desk.import_items(file)
    desk.connect(
        Credentials(practice.domain, Secret(practice.token), api_url=practice.address)
    ).result()
    names = [place["name"] for place in state["locations"]]
    for name in names:
        desk.add_location(name)
    desk.pair([(name, name) for name in names]).result()
    desk.map().result()
    # All stock runs out at the same time here, and nobody is there to agree to it.
    desk.set_setting("breaker.zeroed_at_least", str(VARIANTS * len(names)))
    desk.enable(desk.plan(PlanKind.PULL).result()).result()
    return desk


def change_for(
    seconds: float,
    desk: Desk,
    practice: PracticeProcess,
    expected: Counter[tuple[str, str]],
    rng: random.Random,
) -> int:
    end, made = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        sku, place = rng.choice(list(expected))
        here, sold = rng.randint(-3, 5), rng.randint(1, 3)
        desk.adjust_stock(sku, place, here)
        sale = {"sku": sku, "location": place, "quantity": sold}
        practice.call("/practice/sell", sale)
        expected[sku, place] += here - sold
        made += 2
        time.sleep(rng.uniform(0, 0.05))
    return made


def run(seconds: float, loss: float, seed: int) -> dict[str, object]:
    rng = random.Random(seed)
    with TemporaryDirectory() as folder, practice_process(VARIANTS, 2) as practice:
        home = Path(folder) / "home"
        with Workspace(home) as workspace:
            desk = set_up(workspace, practice, Path(folder))
            expected = counted(practice)
            practice.call("/practice/faults", {"loss": loss})
            kills, changes, end = 0, 0, time.monotonic() + seconds
            while time.monotonic() < end:
                command = [sys.executable, "-m", "tui", "run", "--home", str(home)]
                service = subprocess.Popen(command, stdout=subprocess.DEVNULL)
                changes += change_for(rng.uniform(1.5, 5.0), desk, practice, expected, rng)
                service.send_signal(signal.SIGKILL)
                service.wait()
                kills += 1
            practice.call("/practice/faults", {"clear": True})
            report = desk.run_once().result()
            again = desk.run_once().result()
            here = {
                (item.sku_number, desk.location_name(level.key.location_id)): level.quantity
                for item in desk.items(limit=10**6)
                for level in desk.levels_of(item.sku_number)
            }
        there = counted(practice)
        wrong = {
            key: (here.get(key), there[key], total)
            for key, total in expected.items()
            if not here.get(key) == there[key] == total
        }
        entries = practice.call("/practice/ledger")["entries"]
        times = Counter(
            (entry["key"], entry["inventory_item_id"], entry["location_id"])
            for entry in entries
            if entry["key"] and entry["name"] == "available"
        )
        return {
            "seconds": seconds,
            "loss": loss,
            "kills": kills,
            "changes": changes,
            "writes in the ledger": len(times),
            "written twice": sum(1 for count in times.values() if count > 1),
            "cells wrong": len(wrong),
            "examples": [str(item) for item in list(wrong.items())[:5]],
            "rests": report.rests,
            "second pass pulled + pushed": again.pulled + again.pushed,
        }


def counted(practice: PracticeProcess) -> Counter[tuple[str, str]]:
    levels = practice.call("/practice/state")["levels"]
    return Counter({(level["sku"], level["location"]): level["available"] for level in levels})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--loss", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(2)))
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    told = {"seed": given.seed, **run(given.seconds, given.loss, given.seed)}
    print(json.dumps(told, indent=2, ensure_ascii=False))
    if given.json:
        given.json.write_text(json.dumps(told, indent=2, ensure_ascii=False))
    if told["written twice"] or told["cells wrong"] or not told["rests"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
