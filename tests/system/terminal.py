"""A real terminal for tests: one tmux server on a socket of its own, one shell in one pane, keys in
and the screen's text out. It waits for what is seen, never for time alone.

Not its business: what the program in the pane is.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

HAS_TMUX = shutil.which("tmux") is not None
LOOK_EVERY = 0.05
BOUND = 15.0
PROMPT = "[$?] ready> "
STANDS_OUT = re.compile(r"\x1b\[48;5;\d+m \x1b\[1m\x1b\[38;5;16m([^\x1b]+)")
COLOURS = re.compile(r"\x1b\[[\d;]*m")
DRAWN_CURSOR = re.compile(r"\x1b\[38;5;\d+m\x1b\[48;5;\d+m[^\x1b│┌┐└┘─]\x1b\[")
ROOT = Path(__file__).resolve().parent.parent.parent


class Terminal:
    """A shell of `columns` x `lines` in tmux. `log` holds the bytes that came to the terminal."""

    def __init__(self, folder: Path, environ: Mapping[str, str], columns: int, lines: int) -> None:
        self._tmux = ["tmux", "-u", "-S", str(folder / "socket"), "-f", os.devnull]
        prompt = folder / "prompt"
        # No word between the lines of one command: a prompt stands on a line of its own.
        prompt.write_text(f"PS1='{PROMPT}'\nPS2=''\n", "utf-8")
        self._environ = {**environ, "ENV": str(prompt)}
        self.log = folder / "bytes"
        self._size = ["-x", str(columns), "-y", str(lines)]

    def open(self) -> None:
        self._run("new-session", "-d", "-s", "main", *self._size, "-c", str(ROOT), "sh")
        self._run("set-option", "-g", "escape-time", "0")
        self._run("pipe-pane", "-t", "main", f"cat >{shlex.quote(str(self.log))}")
        self.wait_for_shell(0)

    def _run(self, *words: str) -> str:
        done = subprocess.run(
            [*self._tmux, *words],
            env=self._environ,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=BOUND,
            check=False,
        )
        assert done.returncode == 0, f"tmux {words}: {done.stderr}"
        return done.stdout

    # -- keys --------------------------------------------------------------------------------------

    def keys(self, *names: str) -> None:
        """Keys by tmux's names: Enter, Down, Escape, BTab, C-q, F2, or a letter."""
        self._run("send-keys", "-t", "main", "--", *names)

    def type(self, text: str) -> None:
        """Letters as typed, also those that an input method hands over."""
        self._run("send-keys", "-t", "main", "-l", "--", text)

    def paste(self, text: str) -> None:
        """From the clipboard, bracketed where the program asked for it."""
        self._run("set-buffer", "--", text)
        self._run("paste-buffer", "-p", "-t", "main")

    def copied(self) -> str:
        """What was copied last, in tmux's own buffer."""
        return self._run("show-buffer")

    def run(self, command: Sequence[str]) -> None:
        """Have the shell start a program."""
        self.type(shlex.join(command))
        self.keys("Enter")

    # -- the screen --------------------------------------------------------------------------------

    def screen(self) -> str:
        return self._run("capture-pane", "-p", "-t", "main")

    def wait(self, true: Callable[[str], object], what: str, bound: float = BOUND) -> str:
        """The first screen for which `true` holds."""
        end = time.monotonic() + bound
        while True:
            screen = self.screen()
            if true(screen):
                return screen
            if time.monotonic() > end:
                raise AssertionError(f"not seen within {bound:g} s: {what}\n{framed(screen)}")
            time.sleep(LOOK_EVERY)

    def wait_for(self, *texts: str, bound: float = BOUND) -> str:
        """A screen with all of `texts`. A text may be broken into lines where it is wrapped."""
        return self.wait(
            lambda screen: all(
                flat(text) in flat(screen) or flat(text) in flat(boxed(screen)) for text in texts
            ),
            " and ".join(map(repr, texts)),
            bound,
        )

    def wait_gone(self, text: str, bound: float = BOUND) -> str:
        return self.wait(lambda screen: flat(text) not in flat(screen), f"{text!r} gone", bound)

    def highlighted(self) -> list[str]:
        """What stands out, dark and bold on a bright ground, but for the title: the button that has
        the focus.
        """
        lines = self._run("capture-pane", "-e", "-p", "-t", "main").split("\n")[1:]
        return [found.strip() for line in lines for found in STANDS_OUT.findall(line)]

    def cursor_lines(self) -> list[str]:
        """The lines with a drawn cursor: one letter in colours of its own."""
        lines = self._run("capture-pane", "-e", "-p", "-t", "main").split("\n")
        return [COLOURS.sub("", line) for line in lines if DRAWN_CURSOR.search(line)]

    def wait_for_shell(self, code: int, bound: float = BOUND) -> str:
        """The shell waits for a command, after one that ended with `code`."""
        prompt = PROMPT.replace("$?", str(code)).rstrip()
        return self.wait(
            lambda screen: screen.rstrip().split("\n")[-1] == prompt, f"the prompt {prompt}", bound
        )

    def wait_other(self, before: str, bound: float = BOUND) -> str:
        return self.wait(lambda screen: screen != before, "another screen", bound)

    def resize(self, columns: int, lines: int) -> None:
        self._run("resize-window", "-t", "main", "-x", str(columns), "-y", str(lines))

    def fact(self, name: str) -> str:
        """What tmux knows of the pane, such as `alternate_on`, `cursor_flag`, `mouse_any_flag`."""
        return self._run("display-message", "-p", "-t", "main", f"#{{{name}}}").strip()

    def children(self) -> list[int]:
        """The processes that the shell has started."""
        shell = self.fact("pane_pid")
        return [
            int(folder.name)
            for folder in Path("/proc").iterdir()
            if folder.name.isdigit() and _parent_of(folder) == shell
        ]

    def close(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, check=False)


@contextmanager
def terminal(
    *, environ: Mapping[str, str] | None = None, columns: int = 80, lines: int = 24
) -> Iterator[Terminal]:
    """A terminal for as long as the block runs; the program in it is hung up at its end."""
    plain = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DEXTRE_SYNC", "TMUX", "LC_", "LANG", "TEXTUAL", "NO_COLOR"))
    }
    plain |= {"LC_ALL": "C.UTF-8", **(environ or {})}
    with TemporaryDirectory(prefix="tmux") as folder:  # a socket's path must be short
        opened = Terminal(Path(folder), plain, columns, lines)
        try:
            opened.open()
            yield opened
        finally:
            opened.close()


def _parent_of(process: Path) -> str | None:
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[1]
    except OSError:
        return None  # it has ended meanwhile


def flat(screen: str) -> str:
    """Without spaces and frames: a sentence reads the same however it is wrapped."""
    return "".join(letter for letter in screen if not letter.isspace() and letter not in "│┃|▏▕")


def boxed(screen: str) -> str:
    """What stands in a dialog: the screen behind it is seen at both sides."""
    return "\n".join(line.split("│")[1] for line in screen.split("\n") if line.count("│") == 2)


def framed(screen: str) -> str:
    lines = screen.split("\n")
    return "\n".join(["+" + "-" * 80, *("|" + line for line in lines), "+" + "-" * 80])
