"""Random numbers: what f draws itself would be fixed in the program."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

from engine.compilation.forms import Refused


class Draws:
    """The generators that f can draw from, and where each stood."""

    def __init__(self) -> None:
        self._known: list[tuple[Callable[[], Any], Callable[[Any], None], Any]] = []
        self._note(random.getstate, random.setstate)
        self._note(np.random.get_state, np.random.set_state)

    def look_at(self, x: Any) -> None:
        """Note where x stands, if it is a generator."""
        if isinstance(x, np.random.Generator):
            bits: Any = x.bit_generator
            self._note(lambda: bits.state, lambda state: setattr(bits, "state", state))
        elif isinstance(x, np.random.RandomState | random.Random):
            numpys = isinstance(x, np.random.RandomState)
            names = ("get_state", "set_state") if numpys else ("getstate", "setstate")
            self._note(*(getattr(x, name) for name in names))

    def check(self) -> None:
        """Raise if one of them has gone on; it stands again where it stood."""
        for state, restore, before in self._known:
            if repr(state()) != repr(before):
                restore(before)
                raise Refused(
                    "compiled: f draws random numbers, which would be fixed in the "
                    "program; draw them outside, and pass them as an argument"
                )

    def _note(self, state: Callable[[], Any], restore: Callable[[Any], None]) -> None:
        self._known.append((state, restore, state()))
