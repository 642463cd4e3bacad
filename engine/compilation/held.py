"""What a function may bind anew: the parts of an object, a list, a dict, a Tensor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.tensor import Tensor


class Held:
    """Something whose parts f may bind anew: an object, a list, a dict, a Tensor.

    Attributes:
        real: itself.
        twin: the copy that f was given.
        way: how the program comes to it.
        before: the parts of the copy, as f was given them.
    """

    def __init__(self, real: Any, twin: Any, way: str) -> None:
        self.real, self.twin, self.way = real, twin, way
        self.before: dict[Any, Any] = {}


def parts_of(twin: Any) -> Iterator[tuple[Any, Any]]:
    if type(twin) is Tensor:
        yield from (("data", twin.data), ("grad", twin.grad))
    elif isinstance(twin, dict):
        yield from twin.items()
    elif isinstance(twin, list):
        yield from enumerate(twin)
    else:
        yield from vars(twin).items()


def part_of(held: Held, key: Any) -> Any:
    return dict(parts_of(held.twin)).get(key)


def set_part(held: Held, key: Any, value: Any) -> None:
    if type(held.twin) is Tensor:
        setattr(held.twin, key, value)
    elif isinstance(held.twin, dict | list):
        held.twin[key] = value
    else:
        vars(held.twin)[key] = value
