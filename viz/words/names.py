"""What each tensor is called in the picture.

A name is the user's or there is none. A tensor's own `name=` wins; else the variable
that holds it, where the caller passed `names=locals()`; else it goes without. Only a
leaf that has to be pointed at from afar and has no name is given one (`#1`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from engine import Tensor
from viz.words.text import name_label


class Names:
    """Looks up the name of a Tensor, or of the array of a constant.

    Args:
        variables: variable name -> object, as `locals()` gives it; of several names of
            one object the first counts, and one that begins with `_` never does.
        pointed_at: leaves that need a name; those without one are `#1`, `#2`, in this
            order.
        caller: the function that got the names, for the error if they are none.
    """

    def __init__(
        self,
        variables: Mapping[str, Any] | None,
        *,
        pointed_at: Iterable[Any] = (),
        caller: str = "draw",
    ) -> None:
        if variables is not None and not isinstance(variables, Mapping):
            raise TypeError(
                f"{caller}: names is {variables!r:.40}, and must map names to tensors; "
                "names=locals() does"
            )
        self._by_id: dict[int, str] = {}
        self._held: list[Any] = []  # keeps the objects alive, so that no id is reused
        for name, held in (variables or {}).items():
            if isinstance(held, Tensor | np.ndarray) and not str(name).startswith("_"):
                self._by_id.setdefault(id(held), str(name))
                self._held.append(held)
        nameless = [leaf for leaf in pointed_at if not self.full(leaf)]
        for i, leaf in enumerate(nameless, start=1):
            self._by_id[id(leaf)] = f"#{i}"
            self._held.append(leaf)

    def full(self, held: Any) -> str:
        """The whole name as the user wrote it, or ""."""
        own = held.name if isinstance(held, Tensor) else ""
        return str(own or self._by_id.get(id(held), ""))

    def short(self, held: Any) -> str:
        """The name as a card shows it, or ""."""
        return name_label(self.full(held))
