"""The terminal driver with three repairs of Textual 8.2.8: a byte that is not UTF-8 is replaced
instead of ending the app; a terminal that is gone ends it instead of spinning for ever; a long
commit of an input method arrives whole instead of as garbage keys.

Drop it when Textual has #6690 and #6696. Imported only where there is a POSIX terminal.
"""

from __future__ import annotations

import os
import selectors
from codecs import getincrementaldecoder

from textual import _xterm_parser, messages
from textual._parser import ParseError
from textual.drivers.linux_driver import LinuxDriver

LONGEST_SEQUENCE = 2048
"""Upstream stops at 32 characters: a commit of five kanji is longer than that."""

_xterm_parser._MAX_SEQUENCE_SEARCH_THRESHOLD = LONGEST_SEQUENCE


class SafeLinuxDriver(LinuxDriver):
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
                        self.process_message(message)
                for message in parser.tick():
                    self.process_message(message)
        finally:
            selector.close()
            self._finish(parser)

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
