"""The variables that a line of Python stores the result of a call in.

They are read from its bytecode: the instruction after the one that a frame is at.
"""

from __future__ import annotations

import dis
import functools
import itertools
from collections.abc import Sequence
from types import CodeType, FrameType


def variables_of(frame: FrameType) -> tuple[str, ...]:
    """Where a frame stores the result of its present call: `a, b = f(x)` in two."""
    return _stores(frame.f_code).get(frame.f_lasti, ())


@functools.cache
def _stores(code: CodeType) -> dict[int, tuple[str, ...]]:
    """The variables of every instruction whose result is stored at once."""
    found: dict[int, tuple[str, ...]] = {}
    steps = list(dis.get_instructions(code))
    for i, (before, after) in enumerate(itertools.pairwise(steps)):
        names = _stored(steps[i + 1 :])
        if names:  # a frame that calls may stand at any place of the instruction
            found |= dict.fromkeys(range(before.offset, after.offset), names)
    return found


def _stored(steps: Sequence[dis.Instruction]) -> tuple[str, ...]:
    """The variables that instructions begin by storing something in."""
    if steps[0].opname != "UNPACK_SEQUENCE":
        return _variables(steps[0])[:1]
    count = steps[0].arg or 0
    names = [name for step in steps[1 : 1 + count] for name in _variables(step)]
    return tuple(names[:count])


def _variables(step: dis.Instruction) -> tuple[str, ...]:
    """What an instruction stores in: two variables, where Python joined two stores."""
    if not step.opname.startswith(("STORE_FAST", "STORE_DEREF")):
        return ()
    names = step.argval if isinstance(step.argval, tuple) else (step.argval,)
    return names if step.opname == "STORE_FAST_STORE_FAST" else names[:1]
