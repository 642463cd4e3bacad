"""What an exercise asks: gradients, by the names of their tensors or of their lines."""

from __future__ import annotations

from typing import Any, NamedTuple

from engine import Tensor, mistakes
from viz.words.names import Names

_GRADIENT = "g_"  # begins the name of a line that is blanked out


class Question(NamedTuple):
    """One thing that is asked.

    Attributes:
        name: by which it is answered: `w1`, or of a line `g_w1`.
        tensor: whose gradient is asked.
        gradient: the variable of that gradient in the program.
        line: whether the line is asked that sets it.
    """

    name: str
    tensor: Tensor
    gradient: str
    line: bool


class Named:
    """The tensors of a graph by their names, for what is asked."""

    def __init__(self, loss: Tensor, names: Names) -> None:
        self._script = mistakes.script_of_graph(loss, names.full)
        self._names = names
        pairs = self._script.variables.items()
        self._variables = {
            name: x
            for x, name in pairs
            if name in self._script.own and x in self._script.gradients
        }
        leaves = {name for x, name in pairs if not x.parents}
        inputs = self._script.inputs.items()
        self.constants = {name: x for name, x in inputs if name not in leaves}

    def question(self, x: Any) -> tuple[str, str]:
        """The name of a question, and the variable of the tensor that it is about."""
        if isinstance(x, Tensor):
            variable = self._script.variables.get(x, "")
            if x not in self._script.gradients:
                raise ValueError(
                    f"exercise: the loss has no gradient with respect to {x!r}, which "
                    "is asked"
                )
            if variable not in self._variables:
                raise ValueError(
                    f"exercise: {x!r} is asked and has no name; pass names=locals()"
                )
            return variable, variable
        if not isinstance(x, str):
            raise TypeError(
                f"exercise: {x!r:.60} is asked, and must be a Tensor or a name"
            )
        line = x.startswith(_GRADIENT) and x not in self._variables
        variable = x.removeprefix(_GRADIENT) if line else x
        if variable not in self._variables:
            variable = self._by_full_name(variable)
        return (f"{_GRADIENT}{variable}" if line else variable), variable

    def _by_full_name(self, name: str) -> str:
        """The variable of what is called `layers.0.w`, which is `layers_0_w`."""
        for variable, x in self._variables.items():
            if self._names.full(x) == name:
                return variable
        known = ", ".join(self._variables) or "none"
        raise ValueError(
            f"exercise: {name!r:.60} is asked; what has a name and a gradient: {known}"
        )
