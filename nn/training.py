"""Training: the loop that trains a network.

The loop is the one that anybody writes by hand, five lines in `training_step`. What
`train` adds is around it: progress, validation, early stopping, the best weights, and
Ctrl-C.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

import engine
from engine import Tensor
from nn.batches import batches
from nn.checks import as_array, check_sizes, count
from nn.history import History
from nn.module import Module
from nn.optimiser import Optimiser
from nn.optimisers import clip_gradients
from nn.progress import Bar


@dataclass(frozen=True)
class Step:
    """What a callback is told after a step of training."""

    epoch: int  # from 0
    step: int  # from 0, over all epochs
    loss: float  # of the batch, before the step
    network: Any
    optimiser: Optimiser


def train(
    network: Any,
    data: tuple[Any, Any],
    optimiser: Optimiser,
    *,
    epochs: int,
    batch_size: int = 32,
    rng: np.random.Generator | None = None,
    validation: tuple[Any, Any] | None = None,
    metric: Callable[[Any, Any], float] | None = None,
    patience: int | None = None,
    clip: float | None = None,
    callback: Callable[[Step], Any] | None = None,
    progress: bool = True,
    compiled: bool = False,
) -> History:
    """Train a network on batches; Ctrl-C ends it with what was learned so far.

    After each epoch the validation loss is taken, in the state of `eval()`; at the end,
    also after Ctrl-C or an error, the network has the parameters and buffers of the
    epoch where it was least.

    Args:
        network: called as `network(x, y)`, gives the loss: a Network, or a Module of
            one's own.
        data: the examples and their targets, two arrays whose first axes count them.
        optimiser: of the network's parameters.
        epochs: how often all examples are gone through.
        batch_size: examples in a step.
        rng: draws the order of the examples in each epoch; if None, they come as they
            are.
        validation: examples and targets that are not trained on.
        metric: called as `metric(network.predict(x), y)` for the validation examples;
            `nn.accuracy` is one. What it gives is kept in `history.metric`.
        patience: end after so many epochs in a row without a lower validation loss.
        clip: the largest norm of all gradients together, as in `clip_gradients`.
        callback: told of each step; if it returns True, the training ends.
        progress: whether to show a bar; without tqdm, a line says what it needs.
        compiled: whether a step is recorded once, and then run as a NumPy program
            (`engine.compiled`): the same numbers, sooner where arrays are small and
            steps many. The `inp` and `out` of the layers are then those of the last
            step that was recorded.

    Raises:
        FloatingPointError: if the loss of a batch is NaN or infinite. The network then
            has what it had before that batch, or the best if there is validation (a
            validation loss that is not finite is never the best).
    """
    x, y = _pair("data", data)
    held_out = None if validation is None else _pair("validation", validation)
    _check_counts(epochs, batch_size, patience, held_out, metric)
    _check_parts(network, optimiser, callback, metric)
    steps = epochs * math.ceil(len(x) / batch_size)
    modes = [(module, module.training) for _, module in network.named_modules()]
    step = partial(training_step, network, optimiser, clip)
    step = engine.compiled(step) if compiled else step
    run = _Run(network, optimiser, step, callback, Bar(steps, progress))

    def loop() -> None:
        for epoch in range(epochs):
            network.train()
            run.epoch(epoch, batches(x, y, batch_size, rng=rng))
            if held_out is not None and not run.history.stopped:
                run.validate(held_out, metric, patience)
            if run.history.stopped:
                break

    try:  # in a context of its own: Ctrl-C, wherever it comes, leaves recording on here
        copy_context().run(loop)
    except KeyboardInterrupt:
        run.history.stopped = "interrupted"
    finally:
        for module, mode in modes:
            module.training = mode
        run.close()
    return run.history


def training_step(
    network: Any, optimiser: Optimiser, clip: float | None, x: Any, y: Any
) -> Any:
    """The five lines that anybody writes; no step if the loss is not finite.

    Args:
        network: called as `network(x, y)`, gives the loss.
        optimiser: of its parameters.
        clip: the largest norm of all gradients together; None for any.
        x, y: a batch, and its targets.

    Returns:
        The loss before the step: an array, or a NumPy scalar.
    """
    optimiser.zero_grad()
    loss = _checked_loss(network(x, y))
    if np.isfinite(loss.data).all():
        loss.backward()
        if clip is not None:
            clip_gradients(optimiser.parameters, clip)
        optimiser.step()
    return loss.data


class _Run:
    """A training on its way."""

    def __init__(
        self,
        network: Any,
        optimiser: Optimiser,
        step: Callable[[Any, Any], Any],
        callback: Callable[[Step], Any] | None,
        bar: Bar,
    ) -> None:
        self.network, self.optimiser = network, optimiser
        self.step, self.callback, self.bar = step, callback, bar
        self.history, self.best = History(), _Best(network)
        self.steps, self.started = 0, time.perf_counter()

    def epoch(self, epoch: int, pairs: Iterable[tuple[Any, Any]]) -> None:
        """A step for each batch; the callback may end it."""
        total = examples = 0.0
        for x, y in pairs:
            before = self.best.buffers()
            loss = float(self.step(x, y))
            if not math.isfinite(loss):
                _put_back(before)
                raise FloatingPointError(
                    f"train: the loss is {loss} at step {self.steps}, in epoch {epoch}"
                    "; try a smaller learning rate, or clip=1.0, or look under "
                    "engine.debug()"
                )
            total, examples = total + loss * len(x), examples + len(x)
            told = Step(epoch, self.steps, loss, self.network, self.optimiser)
            self.steps += 1
            self.bar.advance(loss)
            said = self.callback(told) if self.callback is not None else None
            if isinstance(said, bool | np.bool_) and said:
                self.history.stopped = "by the callback"
                return
        self.history.loss.append(total / examples)

    def validate(self, data: Any, metric: Any, patience: int | None) -> None:
        """Of the network as it is used; what is best so far is kept."""
        (x, y), history = data, self.history
        with self.network.evaluating():
            loss = _checked_loss(self.network(x, y))
            history.validation_loss.append(float(loss.item()))
        if metric is not None:
            history.metric_name = getattr(metric, "__name__", "metric")
            history.metric.append(float(metric(self.network.predict(x), y)))
        last, now = history.validation_loss[-1], len(history.validation_loss) - 1
        best = -1 if history.best is None else history.best
        if math.isfinite(last) and (best < 0 or last < history.validation_loss[best]):
            self.best.keep()
            history.best = now
        elif patience and now - best >= patience:
            history.stopped = "patience"

    def close(self) -> None:
        _put_back(self.best.kept)
        self.history.seconds = time.perf_counter() - self.started
        self.bar.close()


Kept = list[tuple[Any, str, Any]]  # what holds an array, by which name, and the array


class _Best:
    """The parameters and buffers of the best epoch.

    Nothing is copied: data is bound anew, and the old arrays stay as they are.
    """

    def __init__(self, network: Module) -> None:
        self.parameters = network.parameters()
        self.places = network._places()
        self.kept: Kept = []

    def buffers(self) -> Kept:
        return [(module, own, getattr(module, own)) for _, module, own in self.places]

    def keep(self) -> None:
        """All at once, for Ctrl-C may come at any moment."""
        self.kept = [(p, "data", p.data) for p in self.parameters] + self.buffers()


def _put_back(kept: Kept) -> None:
    for holder, name, array in kept:
        setattr(holder, name, array)


def _checked_loss(loss: Any) -> Tensor:
    if not isinstance(loss, Tensor) or loss.size != 1:
        shape = f" of shape {loss.shape}" if hasattr(loss, "shape") else ""
        raise TypeError(
            f"train: network(x, y) gave a {type(loss).__name__}{shape}, and must give "
            "the loss: a Tensor of one number"
        )
    return loss


def _pair(what: str, data: Any) -> tuple[Any, Any]:
    if not isinstance(data, tuple | list) or len(data) != 2:
        raise TypeError(
            f"train: {what} is a {type(data).__name__}, and must be a pair: examples "
            "and targets"
        )
    x, y = map(as_array, data)
    for word, part in (("examples", x), ("targets", y)):
        if not getattr(part, "shape", ()):
            raise TypeError(
                f"train: the {word} of {what} are {part!r:.60}, and must be an array"
            )
    if len(x) != len(y):
        raise ValueError(
            f"train: {what} has {len(x)} examples and {len(y)} targets; they must be "
            "as many"
        )
    if not len(x):
        raise ValueError(f"train: {what} has no example")
    return x, y


def _check_counts(
    epochs: Any, batch_size: Any, patience: Any, validation: Any, metric: Any
) -> None:
    check_sizes("train", epochs=epochs)
    count("train", "batch_size", batch_size)
    if patience is not None:
        count("train", "patience", patience)
    if validation is None:
        for word, value in (("patience", patience), ("metric", metric)):
            if value is not None:
                raise ValueError(
                    f"train: {word} needs validation=(x, y), examples that are not "
                    "trained on"
                )


def _check_parts(network: Any, optimiser: Any, callback: Any, metric: Any) -> None:
    """Raise TypeError or ValueError unless these are what they are called."""
    if not isinstance(network, Module):
        raise TypeError(f"train: network is {network!r:.60}, and must be a Module")
    if isinstance(optimiser, type) or not hasattr(optimiser, "step"):
        raise TypeError(
            f"train: optimiser is {optimiser!r:.60}, and must be one, such as "
            "nn.Adam(network.parameters())"
        )
    own = getattr(optimiser, "parameters", None)
    if isinstance(own, list) and not {*map(id, own)} & {*map(id, network.parameters())}:
        raise ValueError(
            "train: the optimiser has none of the network's parameters; make it of "
            "network.parameters(), after the network"
        )
    for word, f in (("callback", callback), ("metric", metric)):
        if f is not None and not callable(f):
            raise TypeError(f"train: {word} is {f!r:.60}, and must be a function")
    if metric is not None and not hasattr(network, "predict"):
        raise TypeError(
            f"train: metric needs network.predict(x), which {type(network).__name__} "
            "does not have"
        )
