"""The terminal driver with repairs of Textual 8.2.8: a byte that is not UTF-8 is replaced instead
of ending the app; a terminal that is gone ends it instead of spinning for ever; a long commit of an
input method arrives whole instead of as garbage keys; after a stop of which the app was not told it
does not begin a second time; a terminal that takes nothing does not keep it from ending, nor are
keys heaped up behind it.

Drop it when Textual has #6690 and #6696. Imported only where there is a POSIX terminal.
"""

from __future__ import annotations

import atexit
import os
import select
import selectors
import termios
import time
from codecs import getincrementaldecoder
from contextlib import suppress
from queue import Empty
from threading import Semaphore, Thread
from typing import Any

from textual import _xterm_parser, events, messages
from textual._parser import ParseError
from textual.drivers import linux_driver
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size
from textual.message import Message

LONGEST_SEQUENCE = 2048
"""Upstream stops at 32 characters: a commit of five kanji is longer than that."""

_xterm_parser._MAX_SEQUENCE_SEARCH_THRESHOLD = LONGEST_SEQUENCE


LARGEST = (500, 200)
"""Columns and rows that are painted."""

PATIENCE_S = 1.5
"""How long a terminal may take nothing, before an app that is to end does so without it."""

MOST_AHEAD = 200
"""Keys that are read while the app takes none: the rest waits in the terminal."""


class Writer(WriterThread):
    """Whoever writes waits for the terminal, until it is let go: then nothing is written any more,
    and nobody waits.
    """

    gone = False

    def write(self, text: str) -> None:
        if not self.gone:
            super().write(text)

    def let_go(self) -> None:
        self.gone = True
        with suppress(Empty):
            while True:
                self._queue.get_nowait()

    def stop(self) -> None:
        if not self.gone:
            self._queue.put(None)
        while self.is_alive() and not self.gone:
            self.join(0.1)


linux_driver.WriterThread = Writer  # type: ignore[attr-defined]


class SafeLinuxDriver(LinuxDriver):
    _attrs: list[Any] | None = None
    """How the terminal stands while the app has it."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        if self._size is None:
            self._size = self._get_terminal_size()
        self._room = Semaphore(MOST_AHEAD)

    def start_application_mode(self) -> None:
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._attrs = self._terminal_attrs()

    def _get_terminal_size(self) -> tuple[int, int]:
        """No larger than any screen is: the environment may say what it likes."""
        width, height = super()._get_terminal_size()
        return min(width, LARGEST[0]), min(height, LARGEST[1])

    def process_message(self, message: Message) -> None:
        """A size that nobody asked the terminal for may be anybody's: the system tells it."""
        if self._in_band_window_resize or not isinstance(message, events.Resize):
            super().process_message(message)

    def _terminal_attrs(self) -> list[Any] | None:
        try:
            return termios.tcgetattr(self.fileno)
        except termios.error:
            return None

    def _sigcont_application(self, *args: object) -> None:
        """Only a terminal that was given back (SIGTSTP) is begun with anew. What stops a process
        without a word (SIGSTOP, a container's pause) leaves its threads and all as they are.
        """
        if self._must_signal_resume or not self._auto_restart:
            super()._sigcont_application(*args)
        else:
            self._loop.call_soon_threadsafe(self._stand_again)

    def _stand_again(self) -> None:
        """A shell may have had the terminal meanwhile: its modes and what is seen, once more."""
        if self._key_thread is None or not self._key_thread.is_alive():
            return
        if self._attrs is not None:
            with suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self._attrs)
        self.write("\x1b[?1049h\x1b[?25l")
        self._enable_bracketed_paste()
        self._disable_line_wrap()
        size = Size(*self._get_terminal_size())
        self.send_message(events.Resize(size, size))

    def run_input_thread(self) -> None:
        selector = selectors.SelectSelector()
        selector.register(self.fileno, selectors.EVENT_READ)
        parser = _xterm_parser.XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        try:
            while not self.exit_event.is_set():
                if selector.select(0.1):
                    data = self._read()
                    if not data:
                        self.send_message(messages.ExitApp())
                        return
                    for message in parser.feed(decode(data)):
                        self._hand_over(message)
                for message in parser.tick():
                    self._hand_over(message)
        finally:
            selector.close()
            self._finish(parser)

    def _hand_over(self, message: Message) -> None:
        """Once there is room: the app's loop stands still with a terminal that takes nothing."""
        while not self.exit_event.is_set():
            if self._room.acquire(timeout=0.1):
                self.process_message(message)
                self._loop.call_soon_threadsafe(self._room.release)
                return

    # -- ending without the terminal ---------------------------------------------------------------

    def end_without_terminal(self) -> None:
        """The app is to end: from now on a terminal that takes nothing is let go."""
        Thread(target=self._let_go_when_it_stands, name="patience", daemon=True).start()

    def _let_go_when_it_stands(self) -> None:
        writer = self._writer_thread
        if not isinstance(writer, Writer):
            return
        while select.select([], [writer.fileno()], [], PATIENCE_S)[1]:
            time.sleep(0.1)
        atexit.register(os._exit, 0)  # the interpreter would wait for what is half written
        writer.let_go()

    # -- keys --------------------------------------------------------------------------------------

    def _read(self) -> bytes:
        """What was typed; nothing when the terminal is gone."""
        try:
            return os.read(self.fileno, 4096)
        except OSError:
            return b""

    @staticmethod
    def _finish(parser: _xterm_parser.XTermParser) -> None:
        try:
            for _message in parser.feed(""):
                pass
        except (EOFError, ParseError):
            return
