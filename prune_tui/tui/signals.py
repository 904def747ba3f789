"""Leaving the app on a signal as on a key: the terminal is restored."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from threading import Timer
from types import FrameType
from typing import Any, Final

from textual.app import App

LAST_MOMENT_SECONDS: Final = 3.0
"""How long leaving may take after a signal: a terminal that is gone or stalled could delay it forever."""


@contextmanager
def leaving_on_signals(app: App[Any]) -> Iterator[None]:
    """Have SIGTERM and SIGHUP end a running app with 128 and the signal's number, as a shell counts.

    A signal that is ignored stays so (`nohup`). A second one ends the process at once. Called where the event
    loop runs, in the main thread.
    """
    loop = asyncio.get_running_loop()

    def leave(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        last_moment = Timer(LAST_MOMENT_SECONDS, os._exit, [128 + number])
        last_moment.daemon = True
        last_moment.start()
        loop.call_soon_threadsafe(partial(app.exit, return_code=128 + number))

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    heard = [number for number, handler in before.items() if handler is not signal.SIG_IGN]
    for number in heard:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number in heard:
            signal.signal(number, before[number])
