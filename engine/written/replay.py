"""A graph or a function, run on arrays that write: forward, and backward.

Of a recorded graph each rule is run once more on the operands of its node; a function
is called once. Then the pass goes back along the closures. So what is written down is
what `backward()` computes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from engine._nested import leaves, mapped
from engine._node import data_of
from engine.graph import backward_pass, topological_order
from engine.op import copy_node
from engine.recording import recording
from engine.tensor import Tensor
from engine.written.array import Writing, values_in
from engine.written.record import Record, Step
from engine.written.whole import call_whole

# What a rule raises that needs plain numbers or compiled code, or an array of NumPy's.
_NOT_WRITTEN = (TypeError, AttributeError, NotImplementedError, BufferError)


class Replay(NamedTuple):
    """A graph written down.

    Attributes:
        record: all steps.
        backward: how many of them belong to the forward pass: the rest is backward.
        values: Tensor -> the step of its value.
        gradients: Tensor -> the step of its gradient.
        inputs: the arrays that the program begins with, in order: a Tensor, or the
            array of a constant.
        loss: the Tensor that the pass begins at.
    """

    record: Record
    backward: int
    values: dict[Tensor, Step]
    gradients: dict[Tensor, Step]
    inputs: list[tuple[Step, Any]]
    loss: Tensor


@recording()
def traced(f: Callable[..., Any], args: Sequence[Any]) -> Replay:
    """Call a function on arrays that write, and go back to its arguments.

    Args:
        f: a function of numbers and arrays, also in tuples, lists and dicts, of one
            number as result.
        args: where. Gradients are those with respect to the floats among them.

    Raises:
        TypeError: if f returns no Tensor, or writes into an argument.
        ValueError: if it returns more than one number.
    """
    record = Record(of_function=True)
    try:
        return _traced(record, f, args)
    finally:
        record.close()  # or a traceback would keep the arrays


def _traced(record: Record, f: Callable[..., Any], args: Sequence[Any]) -> Replay:
    def begun(x: Any) -> Any:
        data = np.asarray(data_of(x))
        if data.dtype == object:
            raise TypeError(
                f"code: an argument is {x!r:.60}, and must be a number or an array, or "
                "a tuple, list or dict of them; close over what else f needs"
            )
        given = record.argument(data if data.ndim else data[()])
        return Tensor(given) if data.dtype.kind == "f" else given

    call = [mapped(begun, x) for x in args]
    wanted = [x for x in leaves(call) if isinstance(x, Tensor)]
    loss = f(*call)  # which may put others into its dicts and lists
    if not isinstance(loss, Tensor) or not loss.requires_grad:
        kind = type(loss.step.value if isinstance(loss, Writing) else loss).__name__
        raise TypeError(
            f"code: f returned a {kind} that does not depend on an "
            "argument that is a float, and must return one number that does"
        )
    if loss.size != 1:
        raise ValueError(
            f"code: f returned shape {loss.shape}, and must return one number"
        )
    backward = len(record.steps)
    reached = backward_pass([loss], [_seed(record, loss.data.step.value)], wanted)
    values = {t: t.data.step for t in topological_order([loss]) if _step(t.data)}
    values |= {t: t.data.step for t in wanted}
    for x in wanted:
        if x not in reached:  # the result does not depend on it
            reached[x] = np.zeros_like(x.data)
    gradients = {t: s for t in wanted if (s := _step(reached[t])) is not None}
    gradients |= {t: s for t, g in reached.items() if (s := _step(g)) is not None}
    inputs = [(step, step.value) for step in record.inputs]
    return Replay(record, backward, values, gradients, inputs, loss)


@recording()
def replay_edge(
    node: Tensor, slot: int, gradient: Any, before: Any = None
) -> tuple[Replay, Step | None] | None:
    """One op and what it gives back to one operand, written down.

    Args:
        node: the op; its value in the replay comes first.
        slot: the place of the operand, whose gradient in the replay is what it gets.
        gradient: of the op, with which the program begins.
        before: what came back to the operand earlier, to which this is added.

    Returns:
        The replay, and the step of `before`; None if what goes back can't be written.
    """
    replayer = _Replayer()
    try:
        return replayer.edge(node, slot, gradient, before)
    finally:
        replayer.record.close()


@recording()
def replay(loss: Tensor) -> Replay:
    """Run the graph of a loss again, forward and backward, and write it down.

    Args:
        loss: a Tensor of one element.

    Raises:
        RuntimeError: if a value is not the one that the graph has: data was changed.
    """
    replayer = _Replayer()
    try:
        return replayer.run(loss)
    finally:
        replayer.record.close()


class _Replayer:
    def __init__(self) -> None:
        self.record = Record()
        self.twins: dict[Tensor, Tensor] = {}
        self._begun: dict[Step, Any] = {}
        self._known: dict[int, Writing] = {}

    def run(self, loss: Tensor) -> Replay:
        order = topological_order([loss])
        for leaf in order:
            if not leaf.parents:
                self._operand(leaf)
        for node in order:
            if node.parents:
                self.twins[node] = self._again(node)
        backward = len(self.record.steps)
        given = _seed(self.record, loss.data)
        twin = self.twins[loss]
        reached = backward_pass([twin], [given])
        found = {t: reached[twin] for t, twin in self.twins.items() if twin in reached}
        values = {t: _step(twin.data) for t, twin in self.twins.items()}
        gradients = {t: _step(g) for t, g in found.items()}
        return Replay(
            self.record,
            backward,
            {t: s for t, s in values.items() if s is not None},
            {t: s for t, s in gradients.items() if s is not None},
            [(step, self._begun.get(step, step.value)) for step in self.record.inputs],
            loss,
        )

    def edge(
        self, node: Tensor, slot: int, gradient: Any, before: Any
    ) -> tuple[Replay, Step | None] | None:
        operands = [self._constant(x) for x in node.parents]
        pairs = zip(node.parents, operands, strict=True)
        values = {t: _step(x) for t, x in pairs if isinstance(t, Tensor)}
        operand = operands[slot] = Tensor(operands[slot])
        value, grad_fns = self._ruled(node, [data_of(x) for x in operands])
        only = tuple(fn if i == slot else None for i, fn in enumerate(grad_fns))
        twin = copy_node(node, parents=tuple(operands), grad_fns=only)
        twin.data, twin.requires_grad = value, True  # it may have been frozen since
        begun = self.record.input(gradient)
        backward = len(self.record.steps)
        given = backward_pass([twin], [begun])[operand]
        earlier = None if before is None else self.record.input(before)
        total = _step(given if earlier is None else earlier + given)
        made = _step(value)
        if total is None or made is None:
            return None
        inputs = [(s, self._begun.get(s, s.value)) for s in self.record.inputs]
        known = {node: made, **{t: s for t, s in values.items() if s is not None}}
        gradients = {node: begun.step, node.parents[slot]: total}
        replayed = Replay(self.record, backward, known, gradients, inputs, node)
        return replayed, _step(earlier)

    def _constant(self, x: Any) -> Any:
        """An operand that writes, without its past; a number stays what it is."""
        data = data_of(x)
        if not isinstance(data, np.ndarray | np.generic):
            return data
        given = self.record.input(data)
        self._begun.setdefault(given.step, x)
        return given

    def _operand(self, x: Any) -> Any:
        """An operand of a node, of arrays that write; numbers stay what they are."""
        if isinstance(x, Tensor) and x in self.twins:
            return self.twins[x]
        data = data_of(x)
        if not isinstance(data, np.ndarray | np.generic):
            return data
        if id(data) not in self._known:
            self._known[id(data)] = self.record.input(data)
            self._begun[self._known[id(data)].step] = x
        if not isinstance(x, Tensor):
            return self._known[id(data)]
        twin = Tensor(self._known[id(data)], requires_grad=x.requires_grad)
        self.twins[x] = twin
        return twin

    def _again(self, node: Tensor) -> Tensor:
        parents = tuple(map(self._operand, node.parents))
        value, grad_fns = self._ruled(node, [data_of(x) for x in parents])
        if not np.array_equal(values_in(value), node.data, equal_nan=True):
            raise RuntimeError(
                f"code: the data of an operand of '{node.op}' was changed since the "
                "forward pass, so the program would be another one"
            )
        pairs = zip(grad_fns, node.grad_fns, strict=True)
        wanted = tuple(None if before is None else fn for fn, before in pairs)
        twin = copy_node(node, parents=parents, grad_fns=wanted)
        twin.data = value
        return twin

    def _ruled(self, node: Tensor, operands: list[Any]) -> tuple[Any, Any]:
        """The node's rule on arrays that write; or called as it is, if it can't be."""
        options, before = node.options or {}, len(self.record.steps)
        assert node.rule is not None
        try:
            return node.rule(*operands, **options)
        except _NOT_WRITTEN:
            del self.record.steps[before:]
        return call_whole(self.record, node.rule, operands, options)


def _seed(record: Record, value: Any) -> Writing:
    """The gradient that the pass begins with: 1."""
    one = np.ones_like(value)
    step = Step("seed", "", (), {}, one if one.ndim else one[()])
    record.steps.append(step)
    return Writing(record, step)


def _step(x: Any) -> Step | None:
    return x.step if isinstance(x, Writing) else None
