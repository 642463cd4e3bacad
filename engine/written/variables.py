"""The variables that a line of Python stores the result of a call in.

They are read from its bytecode: what comes on the stack is followed to where it is
stored, also through `q, k = x @ wq, x @ wk`.
"""

from __future__ import annotations

import dis
import functools
from collections.abc import Sequence
from types import CodeType, FrameType

# How many values an instruction puts on the stack, after it has taken those that it
# needs; of other instructions nothing is known.
_PUTS = {
    **dict.fromkeys(("LOAD_FAST", "LOAD_CONST", "LOAD_DEREF", "LOAD_NAME"), 1),
    **dict.fromkeys(("LOAD_FAST_CHECK", "LOAD_FAST_BORROW", "LOAD_SMALL_INT"), 1),
    **dict.fromkeys(("PUSH_NULL", "UNARY_NEGATIVE", "BINARY_OP", "COMPARE_OP"), 1),
    **dict.fromkeys(("BINARY_SUBSCR", "BUILD_TUPLE", "BUILD_LIST", "BUILD_SLICE"), 1),
    **dict.fromkeys(("CALL", "CALL_KW"), 1),
    **dict.fromkeys(("KW_NAMES", "PRECALL", "NOP", "EXTENDED_ARG"), 0),
}
_TAKES = {
    **dict.fromkeys(("LOAD_GLOBAL", "LOAD_FAST_LOAD_FAST"), 0),
    **dict.fromkeys(("LOAD_ATTR", "LOAD_METHOD", "UNPACK_SEQUENCE"), 1),
}


def variables_of(frame: FrameType) -> tuple[str, ...]:
    """Where a frame stores the result of its present call: `a, b = f(x)` in two."""
    return _stores(frame.f_code).get(frame.f_lasti, ())


@functools.cache
def _stores(code: CodeType) -> dict[int, tuple[str, ...]]:
    """The variables of every instruction whose result is stored."""
    found: dict[int, tuple[str, ...]] = {}
    steps = list(dis.get_instructions(code))
    for i, after in enumerate(steps[1:], start=1):
        names = _stored(steps, i)
        if names:  # a frame that calls may stand at any place of the instruction
            first = steps[max(i - 2, 0)]  # Python 3.11 may call what is in C from there
            start = first if first.opname == "PRECALL" else steps[i - 1]
            found |= dict.fromkeys(range(start.offset, after.offset), names)
    return found


def _stored(steps: Sequence[dis.Instruction], i: int) -> tuple[str, ...]:
    """The variables that what is on top of the stack before step i is stored in."""
    above = 0  # how many values lie on it
    while i < len(steps):
        step, count = steps[i], steps[i].arg or 0
        names = _variables(step)
        if step.opname == "UNPACK_SEQUENCE" and not above:
            return _unpacked(steps, i)
        if names and above < len(names):
            return (names[above],)
        if step.opname == "SWAP":
            above = {0: count - 1, count - 1: 0}.get(above, above)
        elif step.opname == "BUILD_TUPLE" and above < count:
            i, above = i + 1, count - 1 - above  # in a tuple that is taken apart again
            if i == len(steps) or steps[i].opname != "UNPACK_SEQUENCE":
                return ()
        elif step.opname != "COPY" or above or count != 1:  # a = b = f(x)
            takes = len(names) or _taken(step)
            if takes is None or takes > above:
                return ()
            above += _effect(step)
        i += 1
    return ()


def _unpacked(steps: Sequence[dis.Instruction], i: int) -> tuple[str, ...]:
    """The variables that a tuple is taken apart into."""
    count = steps[i].arg or 0
    names = [n for step in steps[i + 1 : i + 1 + count] for n in _variables(step)]
    return tuple(names[:count])


def _taken(step: dis.Instruction) -> int | None:
    """How many values an instruction takes from the stack; None if it is not known."""
    if step.opname in _PUTS:
        return _PUTS[step.opname] - _effect(step)
    return _TAKES.get(step.opname)


def _effect(step: dis.Instruction) -> int:
    return dis.stack_effect(step.opcode, step.arg, jump=False)


def _variables(step: dis.Instruction) -> tuple[str, ...]:
    """What an instruction stores in: two variables, where Python joined two stores."""
    if not step.opname.startswith(("STORE_FAST", "STORE_DEREF")):
        return ()
    names = step.argval if isinstance(step.argval, tuple) else (step.argval,)
    return names if step.opname == "STORE_FAST_STORE_FAST" else names[:1]
