"""What each tensor is called.

A name is the user's or there is none. A tensor's own `name=` wins; else the variable
that holds it, where the caller passed `names=locals()`, or the path to it from one
(`ws[0]`), or its index in an array that a variable holds (`xs[0]`). Else it goes
without, until a formula, or a reference from afar, has to mention it: then it is `v1`,
`v2`, ..., or `t1` and so on if the user has a `v`, by its place in the order in which
the graph was computed, so that it has the same name in a picture, in an explanation and
on a page.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from engine import Tensor, data_of, topological_order
from viz.words.numbers import is_numpy, number, size_of
from viz.words.places import places
from viz.words.text import name_label
from viz.words.views import index_in

NAMELESS = "·"
_LETTERS = "vtqn"  # of names that are made up
RESULT = "L"  # what a graph comes to, if it is one number


class Names:
    """Looks up the name of a Tensor, or of the array of a constant.

    Args:
        variables: variable name -> object, as `locals()` gives it; of several names of
            one object the first counts, a variable's before a path from one
            (words/places.py), and one that begins with `_` never does.
        graph: the Tensor whose graph it is, or several; what has no name there can be
            mentioned.
        caller: the function that got the names, for the error if they are none.

    Attributes:
        made_up: name -> what had none.
    """

    def __init__(
        self,
        variables: Mapping[str, Any] | None,
        *,
        graph: Tensor | Sequence[Tensor] = (),
        caller: str = "draw",
    ) -> None:
        if variables is not None and not isinstance(variables, Mapping):
            raise TypeError(
                f"{caller}: names is {variables!r:.40}, and must map names to tensors; "
                "names=locals() does"
            )
        self._by_id: dict[int, str] = {}
        self._held: list[Any] = []  # keeps the objects alive, so that no id is reused
        for place in places(variables or {}):
            self._by_id.setdefault(id(place.held), place.path)
            self._held.append(place.held)
        self._name_views(graph)
        self.made_up = dict(self._named_anew(graph))
        self._made_up = {id(held): name for name, held in self.made_up.items()}

    def full(self, held: Any) -> str:
        """The whole name as the user wrote it, or ""."""
        own = held.name if isinstance(held, Tensor) else ""
        return str(own or self._by_id.get(id(held), ""))

    def short(self, held: Any) -> str:
        """The name as a card shows it, or ""."""
        return name_label(self.full(held))

    def mention(self, held: Any) -> str:
        """What a formula calls it: its name, its digits if it is a constant of one
        number, or a name made up, which `full` and `short` then know too."""
        made = self._made_up.get(id(held))
        if made is not None:
            self._by_id.setdefault(id(held), made)
        elif not self.full(held) and is_plain_number(held):
            return number(data_of(held))
        return self.short(held) or NAMELESS

    def call(self, held: Any, name: str) -> None:
        """Gives a name to what has none, such as `h₄₉`: what a round made of `h`."""
        if name and (not self.full(held) or self.is_made_up(held)):
            self._by_id[id(held)] = name
            self._made_up.pop(id(held), None)

    def is_made_up(self, held: Any) -> bool:
        """Whether its name is none of the user's."""
        return id(held) in self._made_up

    def _name_views(self, graph: Tensor | Sequence[Tensor]) -> None:
        """Calls leaves that are views of a named array by their index in it."""
        of_owner: dict[int, list[np.ndarray]] = {}
        for x in self._held:
            if isinstance(x, np.ndarray):
                of_owner.setdefault(id(x if x.base is None else x.base), []).append(x)
        for x in _parts(topological_order(_results(graph))) if of_owner else ():
            data = data_of(x)
            if not isinstance(data, np.ndarray) or id(data.base) not in of_owner:
                continue
            if getattr(x, "parents", ()) or self.full(x):
                continue
            found = (
                (whole, index_in(data, whole)) for whole in of_owner[id(data.base)]
            )
            name = next((f"{self.full(whole)}{at}" for whole, at in found if at), "")
            self._by_id |= {id(x): name} if name else {}

    def _named_anew(
        self, graph: Tensor | Sequence[Tensor]
    ) -> Iterator[tuple[str, Any]]:
        """Names for all that has none, in the order in which it was computed."""
        results = _results(graph)
        drawn = {id(x) for x in results}
        parts = {id(x): x for x in _parts(topological_order(results))}
        taken = {self.short(x) for x in parts.values()}
        letter = _letter_beside(taken)
        free = (f"{letter}{i}" for i in itertools.count(1))
        free = (name for name in free if name not in taken)
        alone = len(drawn) == 1 and RESULT not in taken
        for x in parts.values():
            if self.full(x) or (is_plain_number(x) and id(x) not in drawn):
                continue
            is_result = alone and id(x) in drawn and size_of(x) == 1
            yield RESULT if is_result else next(free), x


def _letter_beside(taken: Iterable[str]) -> str:
    """The letter of made-up names: one that no name of the user's begins with."""
    words = " ".join(taken)
    free = (letter for letter in _LETTERS if not re.search(rf"\b{letter}\d*\b", words))
    return next(free, _LETTERS[0])


def _results(graph: Tensor | Sequence[Tensor]) -> list[Tensor]:
    return [graph] if isinstance(graph, Tensor) else list(graph)


def _parts(nodes: list[Tensor]) -> Iterator[Any]:
    """Every node after its operands, arrays among them."""
    for node in nodes:
        yield from node.parents
        yield node


def is_plain_number(held: Any) -> bool:
    """Whether it is a constant of one number, which its digits can stand for."""
    data = data_of(held)
    constant = not getattr(held, "requires_grad", False)
    return constant and is_numpy(data) and np.ndim(data) == 0
