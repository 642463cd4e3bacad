"""Modules: what has parameters, and what else is to be saved of it.

A parameter is a leaf Tensor that wants a gradient and is kept in an attribute of a
module, or of a module, list, tuple or dict found there. Its name is the way to it:
`layers.0.w`.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from engine import Tensor, no_grad
from nn.saving import expected_of, read_arrays, write_arrays

_MISSING = object()
_MOST_SHAPES = 3  # of parameters, that a module is called by


class Module:
    """Something with parameters: a layer, a network, or a nest of both.

    Attributes:
        training: whether it is being trained, which is when Dropout leaves out units,
            and BatchNorm normalises by the batch. `train()` and `eval()` set it.
    """

    training: bool = True

    _not_parameters: frozenset[str] = frozenset()  # attributes that hold other Tensors
    # Attributes that hold arrays which are no parameters, and are saved with them.
    _buffers: tuple[str, ...] = ()

    def parameters(self) -> list[Tensor]:
        """The parameters in the order of the attributes, each once."""
        return [x for _, x in self.named_parameters()]

    def named_parameters(self) -> list[tuple[str, Tensor]]:
        """The parameters and their names, `layers.0.w`; a shared one by its first."""
        return [(path, x) for path, x in self._leaves() if x.requires_grad]

    def named_modules(self) -> list[tuple[str, Module]]:
        """The modules inside and their names, `layers.0`; this one's is empty."""
        return [(path, x) for path, x in _walk(self) if isinstance(x, Module)]

    def named_buffers(self) -> list[tuple[str, Any]]:
        """Arrays that are no parameters, and are saved too: `layers.1.mean`."""
        return [(name, getattr(module, own)) for name, module, own in self._places()]

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to None."""
        for parameter in self.parameters():
            parameter.grad = None

    def train(self, mode: bool = True) -> Self:
        """Set `training` here and in every module inside; returns the module."""
        if not isinstance(mode, bool):
            raise TypeError(
                f"{type(self).__name__}.train: mode is {mode!r:.60}, and must be True "
                "or False; the loop that trains a network is nn.train(network, ...)"
            )
        for _, module in self.named_modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """`train(False)`: as it is used, once it is trained."""
        return self.train(False)

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        """As it is used once it is trained: `eval()`, and nothing is recorded.

        Afterwards each module is as it was: training or not, and with its last call.
        """
        before = [
            (module, {k: vars(module).get(k, _MISSING) for k in module._of_a_call()})
            for _, module in self.named_modules()
        ]
        try:
            self.eval()
            with no_grad():
                yield
        finally:
            for module, attributes in before:
                for name, value in attributes.items():
                    if value is _MISSING:
                        vars(module).pop(name, None)
                    else:
                        setattr(module, name, value)

    def save(self, path: str | Path) -> None:
        """Write parameters and buffers, by their names, to a file.

        So are Tensors that want no gradient now, such as parameters that are frozen.

        Args:
            path: ends with .npz; or with .safetensors, if that package is installed.
        """
        write_arrays(path, self._arrays())

    def load(self, path: str | Path) -> Self:
        """Take parameters and buffers from a file; gives the module.

        Names, shapes and dtypes are compared before an array is read; if some differ, a
        ValueError says which, and nothing has changed.
        """
        expected = expected_of(self._arrays())
        arrays = read_arrays(path, expected, what=f"{type(self).__name__}.load")
        for name, x in self._leaves():
            x.data = arrays[name]
        for name, module, own in self._places():
            setattr(module, own, arrays[name])
        return self

    def _places(self) -> list[tuple[str, Module, str]]:
        """Of each buffer its name, the module that has it, and the attribute."""
        return [
            (f"{path}.{own}" if path else own, module, own)
            for path, module in self.named_modules()
            for own in module._buffers
        ]

    def _leaves(self) -> list[tuple[str, Tensor]]:
        """The parameters, also those that want no gradient now, and their names."""
        found: dict[Tensor, str] = {}
        for path, x in _walk(self):
            if isinstance(x, Tensor) and not x.parents:
                found.setdefault(x, path)
        return [(path, x) for x, path in found.items()]

    def _arrays(self) -> dict[str, Any]:
        """What is saved, by name."""
        arrays: dict[str, Any] = {}
        tensors = [(name, x.data) for name, x in self._leaves()]
        for name, x in tensors + self.named_buffers():
            if name in arrays:
                raise ValueError(
                    f"{type(self).__name__}: two arrays are called {name!r}; give "
                    "the keys of a dict other names, without dots"
                )
            arrays[name] = x
        return arrays

    def summary(self, x: Any = None) -> str:
        """A table: layers, the shapes of their outputs, how many numbers they learn.

        Args:
            x: a batch, which is run to know the shapes; if None, they are those of the
                last call, if there was one.
        """
        from nn.summary import summary

        return summary(self, x)

    def _of_a_call(self) -> set[str]:
        return {"training", *self._not_parameters}

    def __repr__(self) -> str:
        """The class and its sizes: `Dense(5 -> 8)`."""
        return f"{type(self).__name__}({_sizes([p.shape for p in self.parameters()])})"


# The parameters that modules made of arrays, by id. A network calls them by their place
# in it; a Tensor that somebody made keeps the name that it came with, or none.
_MADE: weakref.WeakValueDictionary[int, Tensor] = weakref.WeakValueDictionary()


def parameter(x: Any) -> Tensor:
    """A Tensor as it is; an array as a leaf Tensor."""
    if isinstance(x, Tensor):
        return x
    made = Tensor(x)
    _MADE[id(made)] = made
    return made


def name_parameters(module: Module) -> None:
    """Call the parameters that modules made, and nobody named, by their place."""
    for path, x in module.named_parameters():
        if not x.name and _MADE.get(id(x)) is x:
            x.name = path


def _sizes(shapes: list[tuple[int, ...]]) -> str:
    """Features in and out if there is one matrix, and biases; else the shapes."""
    matrices = [shape for shape in shapes if len(shape) == 2]
    if len(matrices) == 1 and all(len(shape) < 3 for shape in shapes):
        d, k = matrices[0]
        if (d,) in shapes and (k,) not in shapes:  # the biases of w @ inp
            d, k = k, d
        return f"{d} -> {k}"
    words = [str(math.prod(s) if len(s) < 2 else s) for s in shapes]
    if len(words) > _MOST_SHAPES:
        words[_MOST_SHAPES - 1 :] = [f"… {len(words) - _MOST_SHAPES + 1} more"]
    return ", ".join(words)


def _walk(module: Module) -> Iterator[tuple[str, Any]]:
    """The modules and Tensors inside, and the ways to them; modules once, in order."""
    return _walk_in("", module, set())


def _walk_in(path: str, value: Any, seen: set[int]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Tensor):
        yield path, value
    elif isinstance(value, Module | list | tuple | dict) and id(value) not in seen:
        seen.add(id(value))  # modules may refer to each other
        if isinstance(value, Module):
            yield path, value
        for key, part in parts(value):
            yield from _walk_in(f"{path}.{key}" if path else str(key), part, seen)


def parts(value: Any) -> Any:
    """The names of what is in a module, list, tuple or dict, and what it is."""
    if isinstance(value, Module):
        return [x for x in vars(value).items() if x[0] not in value._not_parameters]
    return value.items() if isinstance(value, dict) else enumerate(value)
