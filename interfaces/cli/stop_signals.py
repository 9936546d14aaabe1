"""Ctrl-C and its relatives: the first asks, the second insists."""

import signal
from types import FrameType

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Insisted(BaseException):
    """A second signal came while the first was being obeyed."""


class StopSignals:
    """While in use, `asked` tells whether a signal came; the second one raises Insisted, once."""

    def __init__(self) -> None:
        self.asked = False
        self._insisted = False

    def install(self) -> None:
        for number in _NUMBERS:
            signal.signal(number, self._receive)

    def _receive(self, _number: int, _frame: FrameType | None) -> None:
        if not self.asked:
            self.asked = True
        elif not self._insisted:
            self._insisted = True
            raise Insisted
