"""The walls between the rooms stand: in the graph of imports, and in what an import loads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

LOAD = """
import importlib, json, sys
found = {}
for name in json.load(sys.stdin):
    if name.count(".") < 2:  # a room can be entered first
        for loaded in [each for each in sys.modules if each.partition(".")[0] == "core"]:
            del sys.modules[loaded]
    importlib.import_module(name)
    found[name] = sorted({m.partition(".")[0] for m in sys.modules} & {"tui", "textual"})
json.dump(found, sys.stdout)
"""

LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"

HEAVY = {
    *("httpx", "textual", "starlette", "graphql", "uvicorn", "typer", "rich.console"),
    *("core.shopify", "core.practice", "core.sync.engine"),
}


def modules() -> list[str]:
    files = sorted((ROOT / "core").rglob("*.py"))
    parts = [file.relative_to(ROOT).with_suffix("").parts for file in files]
    return [".".join(part[:-1] if part[-1] == "__init__" else part) for part in parts]


def python(program: str, given: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        input=given,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_contracts_of_the_import_linter_hold() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LINT],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_no_module_of_the_core_loads_a_screen() -> None:
    names = modules()
    assert "core.workspace.desk" in names
    found = json.loads(python(LOAD, json.dumps(names)))
    assert {name: loaded for name, loaded in found.items() if loaded} == {}


@pytest.mark.parametrize(
    "words",
    [
        ["status", "--json"],
        ["stock", "adjust", "A", "Tokyo", "1"],
        ["stock", "show", "A"],
        ["log"],
        ["brand", "list"],
        ["run", "--help"],
    ],
)
def test_a_command_loads_only_what_it_needs(tmp_path: Path, words: list[str]) -> None:
    """Each command pays for its imports every time it is typed."""
    setup = [
        ["brand", "add", "Acme"],
        ["label", "add", "main"],
        ["location", "add", "Tokyo"],
        ["item", "import", "items.csv"],
    ]
    (tmp_path / "items.csv").write_text("sku_number,name,barcode\nA,a,\n")
    setup[-1][-1] = str(tmp_path / "items.csv")
    program = f"""
import contextlib, io, sys
from tui.cli import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(sys.stderr):
    for words in {[*setup, words]!r}:
        try:
            assert main([*words, "--home", {str(tmp_path / "home")!r}]) == 0, words
        except SystemExit as end:
            assert end.code == 0
print(*sorted({HEAVY!r} & sys.modules.keys()))
"""
    assert python(program).split() == []


def test_status_pays_for_no_event_loop_and_no_sync(tmp_path: Path) -> None:
    """It is typed most, and it should be there at once."""
    home = str(tmp_path / "home")
    program = "from tui.cli import main; main(['brand', 'add', 'Acme', '--home', {!r}])"
    python(program.format(home))
    look = f"""
import contextlib, io, sys
from tui.cli import main
with contextlib.redirect_stdout(io.StringIO()):
    assert main(["status", "--home", {home!r}]) == 0
heavy = {{"asyncio", "core.sync.events", "cryptography", "core.matching"}}
print(*sorted(heavy & set(sys.modules)))
"""
    assert python(look).split() == []
