"""Arrays that write which have outlived their recording, and who keeps them.

A program would not keep its arrays there in its next run, so the function is refused.
"""

from __future__ import annotations

import gc
from types import FrameType
from typing import Any

from engine.compilation.forms import Refused
from engine.compilation.tape import Tape


def check_that_none_is_left(tape: Tape) -> None:
    """Raise if an array that writes has outlived its recording."""
    if not tape.alive():
        return
    gc.collect()  # a cycle of the user's may hold it until then
    left = tape.alive()
    if left:
        raise Refused(
            f"compiled: f keeps an array of the recording, in {_holder_of(left)}, and "
            "the program would not do that again; return it"
        )


def _holder_of(left: list[Any]) -> str:
    """Where it is kept, in words."""
    seen = {id(left)}
    level: list[Any] = list(left)
    for _ in range(4):
        above: list[Any] = []
        for x in level:
            for holder in gc.get_referrers(x):
                if (
                    id(holder) in seen
                    or isinstance(holder, FrameType)
                    or holder is level
                ):
                    continue
                seen.add(id(holder))
                words = _named(holder, x)
                if words:
                    return words
                above.append(holder)
        level = above
    return "something that f calls"


def _named(holder: Any, x: Any) -> str:
    """A variable of a module, or an attribute; "" for what the engine keeps."""
    own = holder if isinstance(holder, dict) else getattr(holder, "__dict__", {})
    key = next((k for k, v in own.items() if v is x), None)
    if not isinstance(key, str):
        return ""
    if "__name__" in own and "__builtins__" in own:
        return f"the global {key!r}"
    owners = gc.get_referrers(holder) if holder is own else [holder]
    for owner in owners:
        kind = type(owner)
        ours = kind.__module__.startswith("engine.")
        if not ours and getattr(owner, "__dict__", None) is own:
            return f"{key!r} of a {kind.__name__}"
    return ""
