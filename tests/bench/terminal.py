"""A program in a real pty, timed from the key that is sent to the last byte of the answer."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from dataclasses import dataclass
from pathlib import Path

KEYS = {
    "down": "\x1b[B",
    "up": "\x1b[A",
    "pagedown": "\x1b[6~",
    "pageup": "\x1b[5~",
    "end": "\x1b[1;5F",
    "home": "\x1b[1;5H",
    "enter": "\r",
    "escape": "\x1b",
}


FRAME_S = 0.004
"""Silence after which a frame has ended."""


@dataclass(frozen=True, slots=True)
class Answer:
    """To one key: milliseconds to the last byte of what it painted, bytes, milliseconds of CPU;
    `first_ms` to the end of its first frame.
    """

    ms: float
    size: int
    cpu_ms: float
    first_ms: float = 0.0


class Terminal:
    def __init__(
        self, command: list[str], environ: dict[str, str], columns: int, rows: int
    ) -> None:
        self.started = time.perf_counter()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            kept = {
                k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR")
            }
            os.execvpe(command[0], command, {**kept, "TERM": "xterm-256color", **environ})  # noqa: S606
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, size)
        self.out = bytearray()
        self.total = 0
        self._last = self.started

    def read(self, seconds: float) -> bool:
        """Whether something came within `seconds`."""
        ready, _, _ = select.select([self._fd], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self._fd, 1 << 16)
        except OSError:
            return False
        self._last = time.perf_counter()
        self.total += len(data)
        self.out += data
        if b"\x1b[?2026$p" in data:
            os.write(self._fd, b"\x1b[?2026;2$y")  # yes, synchronised output
        return bool(data)

    def settle(self, quiet: float = 0.08, limit: float = 60.0) -> float:
        """Until nothing has come for `quiet` seconds; the moment of the last byte."""
        begun = time.perf_counter()
        end = begun + limit
        seen = begun
        while time.perf_counter() < end:
            if self.read(0.004):
                seen = time.perf_counter()
            elif time.perf_counter() - seen > quiet:
                break
        return self._last

    def wait_for(self, needle: str, limit: float = 240.0) -> float:
        """Until a text has been painted since the last `forget`; seconds since the start."""
        wanted, end = needle.encode(), time.perf_counter() + limit
        while wanted not in self.out:
            if time.perf_counter() > end:
                raise TimeoutError(f"{needle!r} was not painted; last: {bytes(self.out[-300:])!r}")
            self.read(0.005)
        return self._last - self.started

    def forget(self) -> None:
        self.out.clear()

    def send(self, key: str) -> None:
        os.write(self._fd, KEYS.get(key, key).encode())

    def key(self, key: str, quiet: float = 0.05, limit: float = 20.0) -> Answer:
        """Press a key and wait for all that it paints."""
        before, cpu, begun = self.total, self.cpu(), time.perf_counter()
        self.send(key)
        while not self.read(0.002):
            if time.perf_counter() - begun > limit:
                return Answer(limit * 1000, 0, 0.0)
        self.settle(FRAME_S)
        first = self._last
        last = self.settle(quiet)
        spent = (self.cpu() - cpu) * 1000
        return Answer((last - begun) * 1000, self.total - before, spent, (first - begun) * 1000)

    def cpu(self) -> float:
        """Seconds of CPU of all its threads."""
        spent = 0
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            try:
                spent += int((task / "schedstat").read_text().split()[0])
            except OSError:
                continue
        return spent / 1e9

    def rest(self, limit: float = 240.0) -> None:
        """Until it neither paints nor uses the processor: what ran behind has ended."""
        end = time.perf_counter() + limit
        quiet = 0
        while quiet < 3 and time.perf_counter() < end:
            cpu = self.cpu()
            self.settle(0.2, 0.3)
            quiet = quiet + 1 if self.cpu() - cpu < 0.02 else 0

    def memory_mb(self) -> float:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0.0

    def close(self) -> None:
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        os.close(self._fd)
