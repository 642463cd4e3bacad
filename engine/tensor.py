"""A Tensor: a NumPy array that remembers the op that made it.

A Tensor holds its value (`data`), the gradient of the last pass (`grad`), the operands
that it was computed from (`parents`) and, for each of them, a closure that carries a
gradient one step back (`grad_fns`). That is the whole graph.
"""

from __future__ import annotations

import functools
import numbers
from collections.abc import Callable
from typing import Any, final

import numpy as np

from engine._leaving import array_error, number_error
from engine._node import Array, next_countdown
from engine.methods import Methods
from engine.recording import is_recording

float64 = np.float64


@final
class Tensor(Methods):
    """An array that gradients can be asked for.

    Args:
        data: a number or a (nested) list, which becomes float64; or an array of any
            shape, which is neither copied nor cast.
        requires_grad: whether a backward pass gives this Tensor a gradient.
        name: what a picture or an error calls it.

    Attributes:
        data: the value: an array or NumPy scalar. Bind it anew to change it, as in
            `p.data = p.data - step`: graphs that were recorded keep the old one.
        grad: None, or the gradient of the last pass, of the shape and dtype of `data`.
        parents: the operands in order, constants included; () for a leaf.
        grad_fns: for each operand a function from the gradient of this Tensor to that
            of the operand, or None if the operand wants none.
        rule: the rule that made it, a function; None for a leaf.
        options: the rule's options by name; None if there are none.
        requires_grad: whether a backward pass gives this Tensor a gradient.
        name: what a picture or an error calls it.
        group: what the picture draws a box around: None, or a pair of a label and the
            group around it. Every call of a layer, and every entrance to a `scope`, is
            a pair of its own. Ops take it from the scope; a layer of one op sets
            `out.group = (label, out.group)`, which is faster than a scope.

    Raises:
        TypeError: if an integer, boolean or complex array wants a gradient, or if
            `data` is not an array of numbers.
        ValueError: if the rows of a list differ in length, or a number does not fit
            into a float.
    """

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        raise TypeError("Tensor has no subclasses: ops know it by its class; wrap one")

    def __init__(
        self, data: Any, *, requires_grad: bool = True, name: str = ""
    ) -> None:
        self.data = _as_data(data)
        if requires_grad is not True and requires_grad is not False:
            raise TypeError(
                f"Tensor: requires_grad is {requires_grad!r:.60}, and must be True or "
                "False"
            )
        if requires_grad and self.data.__class__ is not float64:
            _check_differentiable(self.data)
        self.grad = self.rule = self.options = self.group = self._hooks = None
        self.parents = self.grad_fns = ()
        self.requires_grad = requires_grad
        self.name = name
        self._countdown = next_countdown()

    # --- what it is -----------------------------------------------------------------

    @property
    def g(self) -> Any:
        """The gradient: another name of `grad`."""
        return self.grad

    @g.setter
    def g(self, gradient: Any) -> None:
        self.grad = gradient

    @property
    def shape(self) -> tuple[int, ...]:
        return self.data.shape

    @property
    def ndim(self) -> int:
        return self.data.ndim

    @property
    def size(self) -> int:
        return self.data.size

    @property
    def nbytes(self) -> int:
        return self.data.nbytes

    @property
    def itemsize(self) -> int:
        return self.data.itemsize

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.data.dtype

    def __repr__(self) -> str:
        words = [str(self.data)] if self.ndim == 0 else [f"shape={self.shape}"]
        if self.dtype != np.float64:
            words.append(f"dtype={self.dtype}")
        words += [
            f"{w}={getattr(self, w)!r}" for w in ("name", "op") if getattr(self, w)
        ]
        if self.grad is not None:
            scalar = self.ndim == 0 and type(self.grad) is not Tensor
            shape = getattr(self.grad, "shape", ())
            words.append(f"grad={self.grad if scalar else shape}")
        elif not self.requires_grad:
            words.append("requires_grad=False")
        return f"Tensor({', '.join(words)})"

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else repr(self)

    def __reduce__(self) -> tuple[Any, ...]:
        if self.parents:
            raise TypeError(
                f"Tensor: this node was computed (op '{self.op}') and does not copy or "
                "pickle; t.detach() does"
            )
        return _restore, (self.data, self.grad, self.requires_grad, self.name)

    # --- gradients ------------------------------------------------------------------

    def backward(self, gradient: Any = None, *, create_graph: bool = False) -> None:
        """Run the chain rule from here and store `grad` on every tensor on the way.

        Leaves add to the `grad` they have; interior tensors are set anew.

        Args:
            gradient: of the final scalar with respect to this Tensor, of its shape.
                May be left out when the Tensor holds one element: then it is 1.
            create_graph: record the pass itself, so that the gradients (now Tensors)
                can be differentiated again. A leaf and its `grad` then refer to each
                other until `leaf.grad = None`.

        Raises:
            RuntimeError: if nothing was recorded here.
            ValueError: if the Tensor holds more than one element and no `gradient` is
                given, or the shapes differ.
        """
        graph = _graph()
        graph.store_gradients(
            graph.backward_pass([self], [gradient], create_graph=create_graph)
        )

    def register_hook(self, fn: Callable[[Any], Any]) -> Hook:
        """Have `fn(grad)` called in every pass, once the gradient of self is complete.

        Args:
            fn: takes the gradient (read-only, of this Tensor's shape) and returns None,
                or a gradient of the same shape to use in its place.

        Returns:
            A handle; `handle.remove()` takes the hook away.
        """
        if not callable(fn):
            raise TypeError(f"register_hook: fn is {fn!r}, and must be callable")
        if not self.requires_grad:
            raise RuntimeError("register_hook: this Tensor wants no gradient")
        self._hooks = {} if self._hooks is None else self._hooks
        return Hook(fn, self._hooks)

    def detach(self) -> Tensor:
        """The same data, cut from the graph: a Tensor that wants no gradient."""
        return Tensor(self.data, requires_grad=False, name=self.name)

    # --- out of the graph -----------------------------------------------------------

    def item(self, *args: Any) -> float:
        """A Python number: of a one-element Tensor, or of the element at an index.

        Args:
            args: none, or the place in the flattened array, or one for each axis.
        """
        if args:
            return self.data.item(*args)
        if self.data.size != 1:
            raise ValueError(
                f"item: this Tensor has shape {self.shape}, and only one element is a "
                "number"
            )
        if not hasattr(self.data, "item"):  # Dask's arrays have none
            return float(self.data.reshape(()))
        return self.data.item()

    def tolist(self) -> Any:
        """The values as Python numbers, in nested lists."""
        return self.data.tolist()

    def __float__(self) -> float:
        return float(self._number("float"))

    def __int__(self) -> int:
        return int(self._number("int"))

    def __complex__(self) -> complex:
        return complex(self._number("complex"))

    def _number(self, asked: str) -> Any:
        if self.requires_grad and is_recording():
            raise number_error(asked)
        return self.data if self.data.ndim == 0 else self.item()

    def __bool__(self) -> bool:
        return bool(self.data)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if self.requires_grad and is_recording():
            raise array_error()
        return np.array(self.data, dtype=dtype, copy=copy)


class Hook:
    """The handle of a hook, by which it is removed.

    The Tensor holds the function, the handle holds the Tensor's table of functions, and
    nothing holds the handle but the user: no cycle.
    """

    __slots__ = ("_hooks", "_key")

    def __init__(
        self, fn: Callable[[Any], Any], hooks: dict[object, Callable[[Any], Any]]
    ) -> None:
        self._hooks = hooks
        self._key = object()
        hooks[self._key] = fn

    def remove(self) -> None:
        """Take the function away; a second call does nothing."""
        self._hooks.pop(self._key, None)


@functools.cache
def _graph() -> Any:
    """The file of the pass, which needs this class: so it is imported when it is used.

    Once, for the statement takes 0.3 us, and a small pass 25.
    """
    from engine import graph

    return graph


def _check_differentiable(data: Array) -> None:
    if data.dtype.kind != "f":
        cure = "array.real" if data.dtype.kind == "c" else "array.astype(float)"
        raise TypeError(
            f"Tensor: an array of {data.dtype} wants a gradient, and only floats have "
            f"one; pass {cure}, or requires_grad=False"
        )
    if not isinstance(data, np.ndarray | np.generic):
        check_lengths("Tensor", data)


def check_lengths(caller: str, data: Array) -> None:
    """Raise if a lazy library does not know a length yet, for which NaN stands.

    A mean divides by it, and a gradient is spread or summed to it.
    """
    if any(n != n for n in data.shape):
        raise ValueError(
            f"{caller}: shape {data.shape} has a length that is not known yet, and a "
            "gradient needs it; have it computed first, or write np.where(mask, x, 0) "
            "for x[mask]"
        )


def _restore(data: Array, grad: Any, requires_grad: bool, name: str) -> Tensor:
    leaf = Tensor(data, requires_grad=requires_grad, name=name)
    leaf.grad = grad
    return leaf


def _as_data(data: Any) -> Array:
    """`data` as an array (or NumPy scalar) of numbers, copied only where it must be."""
    if type(data) is float:
        return float64(data)
    if isinstance(data, np.floating):
        return data
    if isinstance(data, Tensor | np.ma.MaskedArray):
        cure = "t.detach()" if isinstance(data, Tensor) else "array.filled(0)"
        raise TypeError(f"Tensor: data is a {type(data).__name__}; use {cure}")
    if hasattr(data, "__array_function__") and not isinstance(data, np.ndarray):
        # Another library's array, whose functions are NumPy's; or one that writes.
        return data.of_numpy() if hasattr(data, "of_numpy") else data
    try:
        if isinstance(data, numbers.Real):
            return float64(data)
        array = np.asarray(data)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"Tensor: data is not an array of numbers: {error}") from error
    if array.dtype.kind not in "biufc":
        cure = "; pass x.toarray()" if hasattr(data, "toarray") else ""
        raise TypeError(f"Tensor: data is {data!r:.60}, and must be numbers{cure}")
    if isinstance(data, list | tuple) and array.dtype.kind in "biuf":
        array = array.astype(np.float64)
    return array
