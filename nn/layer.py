"""A layer: a rule with parameters that remembers its last call.

Calling a layer keeps its input and output, so that going backward can be watched, or
done by hand: `layer.backward()` reads `layer.out.g` and gives `layer.inp.g` and the
gradients of the layer's parameters. That is one link of the chain; the whole chain at
once is `loss.backward()`, with the same numbers.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np

from engine import (
    Tensor,
    backward_pass,
    copy_node,
    scope,
    store_gradients,
    topological_order,
)
from nn.module import Module


class _Label:
    """What a layer is called in a picture, read when it is drawn.

    It holds the layer weakly: the nodes hold the label, and the layer holds its output.
    """

    __slots__ = ("_layer", "_name")

    def __init__(self, layer: Layer) -> None:
        self._layer = weakref.ref(layer)
        named = layer.name != Layer.name
        self._name = layer.name if named else type(layer).__name__

    def is_one_link(self) -> bool:
        """Whether going backward through the layer is one pass."""
        layer = self._layer()
        return layer is not None and layer._one_link

    def __str__(self) -> str:
        layer = self._layer()
        if layer is None:
            return self._name
        own = layer.name not in (type(layer).__name__, Layer.name)
        return f"{layer.name}: {layer!r}" if own else repr(layer)


class Layer(Module):
    """A module that computes one output from its input, in `forward`.

    To write a layer, subclass this class, keep the parameters (leaf Tensors) in
    attributes and define `forward`, of as many ops as you like. All nodes that one call
    makes are one group: the picture draws a box around them.

    Attributes:
        inp: the input of the last call; None before the first.
        out: the output of the last call.
        name: what the picture calls it, beside its `repr`.
    """

    inp: Any = None
    out: Any = None
    name: str = "Layer"

    _label: _Label | None = None
    # Whether `forward` is one rule. Its one node is then put in its group directly: a
    # scope would cost a tenth of a small step.
    _one_rule = False
    _one_link = True  # whether `backward` is one pass, and adds up all forks inside
    _took_more = False  # whether the last call took more than `inp`: a state, a context
    _not_parameters = frozenset({"inp", "out", "_label", "_took_more"})

    def __call__(self, inp: Any, *others: Any) -> Any:
        if self.out is not None:
            self.forget()  # frees the last graph before the next is made
        if others:
            self._took_more = any(x is not None for x in others)
        if self._one_rule and not others:
            out = self.forward(inp)
            if out.__class__ is Tensor and out is not inp:
                out.group = (self._label or self._labelled(), out.group)
        else:
            with scope(self._label or self._labelled()):
                out = self.forward(inp, *others)
        self.inp, self.out = inp, out
        return out

    def forget(self) -> None:
        """Forget the last call, and with it the layer's hold on that graph."""
        self.inp = self.out = None
        self._took_more = False

    def __init_subclass__(cls) -> None:
        if "forward" in vars(cls):
            cls._one_rule = "_one_rule" in vars(cls)

    def _labelled(self) -> _Label:
        self._label = _Label(self)
        return self._label

    def forward(self, inp: Any) -> Any:
        """The output for an input; keeps neither. A cell's takes its state, too."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def __getstate__(self) -> dict[str, Any]:
        """What is copied and pickled: all but the last call, whose graph is not."""
        return {k: v for k, v in vars(self).items() if k not in self._not_parameters}

    def backward(self) -> None:
        """One link of the chain: from `out.g` to `inp.g` and the parameters' `g`.

        A layer with one number as output, such as a loss, begins the chain: with 1 if
        `out.g` is not there yet. A leaf adds to the gradient that it has; that of an
        interior `inp` is set, for in a chain nothing else uses it.

        Raises:
            RuntimeError: if there was no recorded call, or `out.g` is not there yet.
            ValueError: if the last call took more than one input, or gave more than one
                output, as a cell in a loop does: that is no chain.
            ValueError: if, where the chain begins, the input or output of some layer is
                used by two nodes: its gradient is a sum, which only
                `loss.backward()` adds up.
        """
        out = self.out
        if out is not None and out is self.inp:
            return  # the layer returned its input
        if not self._has_recorded(out):
            return
        if out.ndim == 0:
            self._refuse_forks(out)
        # Of a copy if the hooks have run on `out.g`: they run once in a pass.
        start = out if out.grad is None else copy_node(out)
        inputs = [x for x in (self.inp, *self.parameters()) if isinstance(x, Tensor)]
        store_gradients(backward_pass([start], [out.grad], inputs))

    def _has_recorded(self, out: Any) -> bool:
        """Whether the last call left a graph; False if nothing wanted a gradient."""
        caller = type(self).__name__
        if out is None:
            raise RuntimeError(f"{caller}.backward: the layer was not called yet")
        if self._took_more or isinstance(out, tuple):
            what = "took more than one input" if self._took_more else "gave a tuple"
            raise ValueError(
                f"{caller}.backward: the last call {what}, and a link of the chain has "
                "one input and one output; use loss.backward()"
            )
        if not isinstance(out, Tensor) or not out.requires_grad:
            wanted = getattr(self.inp, "requires_grad", False) or self.parameters()
            if wanted or np.ndim(out) == 0:
                raise RuntimeError(f"{caller}.backward: the last call recorded nothing")
            return False
        if out.grad is None and out.ndim:
            raise RuntimeError(
                f"{caller}.backward: out.g is not there yet; run backward() of what "
                "comes after the layer first"
            )
        return True

    def _refuse_forks(self, loss: Tensor) -> None:
        """Link by link, a gradient arrives from one side: refuse where two would."""
        users: dict[Tensor, set[Any]] = {}
        for node in topological_order([loss]):
            for x in node.parents:
                if isinstance(x, Tensor) and x.parents and x.group is not node.group:
                    users.setdefault(x, set()).add(_call_of(node, x))
        for x, nodes in users.items():
            if len(nodes) > 1:
                raise ValueError(
                    f"{type(self).__name__}.backward: {x!r}, the output of "
                    f"{x.group[0] if x.group else x.op}, feeds {len(nodes)} nodes; use "
                    "loss.backward(), which adds up what comes back from them"
                )


def _call_of(node: Tensor, x: Tensor) -> Any:
    """The call of a layer that took `x` and made `node`, which adds up what it sends.

    That is a layer around both, whose link goes through all of it at once; else the
    outermost group of the node that is not around `x`, or the node itself.
    """
    around = {id(group) for group in _groups(x)}
    call: Any = node
    for group in _groups(node):
        if id(group) not in around:
            call = group
        elif isinstance(group[0], _Label) and group[0].is_one_link():
            return id(group)
    return call if call is node else id(call)


def _groups(node: Tensor) -> Iterator[Any]:
    """The group of a node, and those around it."""
    group = node.group
    while group is not None:
        yield group
        group = group[1]


class Loss(Layer):
    """A layer that compares its input with a target: a number, in `forward`.

    To write a loss, subclass this class and define `forward`, which finds the target in
    `self.targ`.

    Attributes:
        targ: the target of the last call, beside `inp` and `out`.
    """

    targ: Any = None

    _not_parameters = Layer._not_parameters | {"targ"}

    def __call__(self, inp: Any, targ: Any) -> Any:
        self.targ = targ
        return Layer.__call__(self, inp)
