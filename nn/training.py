"""Training: batches, accuracy, and the loop that trains a network.

The loop is the one that anybody writes by hand, five lines in `_one_step`. What `train`
adds is around it: progress, validation, early stopping, the best weights, Ctrl-C.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine import Tensor, data_of
from nn.checks import check_rng, check_sizes, count
from nn.module import Module
from nn.optimiser import Optimiser
from nn.optimisers import clip_gradients


def batches(
    x: Any, y: Any, size: int, *, rng: np.random.Generator | None = None
) -> Iterator[tuple[Any, Any]]:
    """Pairs of `size` examples and their targets; the last may have fewer.

    Args:
        x: examples, an array whose first axis counts them.
        y: targets, as many.
        size: how many examples a batch has.
        rng: draws the order; if None, they come as they are.
    """
    n = len(x)
    if len(y) != n:
        raise ValueError(f"batches: {n} examples came with {len(y)} targets")
    size = count("batches", "size", size)
    if rng is not None:
        check_rng("batches", rng)
    return _batches(x, y, size, None if rng is None else rng.permutation(n))


def _batches(x: Any, y: Any, size: int, order: Any) -> Iterator[tuple[Any, Any]]:
    for start in range(0, len(x), size):
        some = slice(start, start + size)
        chosen = some if order is None else order[some]
        yield x[chosen], y[chosen]


def accuracy(output: Any, target: Any) -> float:
    """The share of examples whose class is right, from 0 to 1.

    Args:
        output: logits or probabilities of shape (n, k), where the largest in a row is
            the class; or logits of two classes, of shape (n,) or (n, 1), where those
            above 0 are of class 1. More axes of examples are taken too.
        target: class ids of shape (n,), or a row for each example, of shape (n, k), in
            which the class is the largest. Of two classes: 0 or -1, and 1.
    """
    output, target = (
        np.asarray(data_of(x) if isinstance(x, Tensor) else x) for x in (output, target)
    )
    if output.ndim > 1 and output.shape[-1] == 1 and target.shape != output.shape[:-1]:
        target = target.reshape(target.shape[:-1] if target.ndim > 1 else target.shape)
    if output.ndim > 1 and output.shape[-1] > 1:
        found = output.argmax(axis=-1)
        wanted = target.argmax(axis=-1) if target.shape == output.shape else target
    else:
        found = (output[..., 0] if output.ndim > 1 else output) > 0
        wanted = target > 0
    if found.shape != wanted.shape:
        raise ValueError(
            f"accuracy: output {output.shape} against target {target.shape}; they must "
            "be (n, k) against class ids (n,), or against (n, k)"
        )
    if not found.size:
        raise ValueError("accuracy: there is no example")
    return float((found == wanted).mean())


@dataclass(frozen=True)
class Step:
    """What a callback is told after a step of training."""

    epoch: int  # from 0
    step: int  # from 0, over all epochs
    loss: float  # of the batch, before the step
    network: Any
    optimiser: Optimiser


@dataclass
class History:
    """How a training went, a number for each epoch."""

    loss: list[float] = field(default_factory=list)  # the mean over its batches
    validation_loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)  # of the validation examples
    best: int | None = None  # the epoch of the least validation loss, from 0
    stopped: str = ""  # why it ended before its last epoch: "patience" or "interrupted"
    seconds: float = 0.0

    def plot(self) -> Any:
        """Curves of the losses, and of the accuracy, as a figure of matplotlib."""
        from nn.curves import plot

        return plot(self)

    def __str__(self) -> str:
        """One line: `12 epochs in 3.1 s, loss 0.031, validation 0.052, ...`."""
        words = [f"{len(self.loss)} epochs in {self.seconds:.1f} s"]
        if self.loss:
            words.append(f"loss {self.loss[-1]:.3g}")
        if self.best is not None:
            words.append(
                f"validation {self.validation_loss[self.best]:.3g} after epoch "
                f"{self.best + 1}, the best"
            )
        if self.accuracy and self.best is not None:
            words.append(f"accuracy {self.accuracy[self.best]:.3f}")
        return ", ".join(words + [self.stopped] * bool(self.stopped))


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
) -> History:
    """Train a network on batches; Ctrl-C ends it with what was learned so far.

    After each epoch the validation loss is taken, in the state of `eval()`; at the end
    the network has the parameters and buffers of the epoch where it was least.

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
            `nn.accuracy` is one. What it gives is kept in `history.accuracy`.
        patience: end after so many epochs in a row without a lower validation loss.
        clip: the largest norm of all gradients together, as in `clip_gradients`.
        callback: told of each step; if it returns True, the training ends.
        progress: whether to show a bar; it needs tqdm.

    Raises:
        FloatingPointError: if a loss is NaN or infinite. The network then has the best
            parameters so far if there is validation, else those before that step.
    """
    x, y = _pair("data", data)
    held_out = None if validation is None else _pair("validation", validation)
    _check_counts(epochs, batch_size, patience, held_out, metric)
    history, best = History(), _Best(network)
    modes = [(module, module.training) for _, module in network.named_modules()]
    started, step = time.perf_counter(), 0
    bar = _Bar(epochs * math.ceil(len(x) / batch_size), progress)
    try:
        for epoch in range(epochs):
            network.train()
            total = 0.0
            for batch_x, batch_y in batches(x, y, batch_size, rng=rng):
                loss = _one_step(
                    network, batch_x, batch_y, optimiser, clip, epoch, step
                )
                total += loss * len(batch_x)
                told = Step(epoch, step, loss, network, optimiser)
                step += 1
                bar.advance(loss)
                if callback is not None and callback(told) is True:
                    history.stopped = "by the callback"
                    break
            if history.stopped:
                break
            history.loss.append(total / len(x))
            if held_out is not None:
                _validate(network, held_out, metric, history)
                best.compare(history)
                if patience and epoch - (history.best or 0) >= patience:
                    history.stopped = "patience"
                    break
    except KeyboardInterrupt:
        history.stopped = "interrupted"
    finally:
        bar.close()
        best.put_back()
        for module, mode in modes:
            module.training = mode
        history.seconds = time.perf_counter() - started
    return history


def _one_step(
    network: Any,
    x: Any,
    y: Any,
    optimiser: Optimiser,
    clip: float | None,
    epoch: int,
    step: int,
) -> float:
    optimiser.zero_grad()
    loss = network(x, y)
    number = loss.item()
    if not math.isfinite(number):
        raise FloatingPointError(
            f"train: the loss is {number} at step {step}, in epoch {epoch}; try a "
            "smaller learning rate, or clip=1.0, or look under engine.debug()"
        )
    loss.backward()
    if clip is not None:
        clip_gradients(optimiser.parameters, clip)
    optimiser.step()
    return number


def _validate(network: Any, data: Any, metric: Any, history: History) -> None:
    x, y = data
    with network.evaluating():
        history.validation_loss.append(float(network(x, y).item()))
    if metric is not None:
        history.accuracy.append(float(metric(network.predict(x), y)))


class _Best:
    """The parameters and buffers of the best epoch."""

    def __init__(self, network: Module) -> None:
        self.network = network
        self.parameters: list[tuple[Tensor, Any]] = []
        self.buffers: list[tuple[Module, str, Any]] = []

    def compare(self, history: History) -> None:
        """Keep what the network has, if the last validation loss is the least."""
        losses = history.validation_loss
        if history.best is not None and not losses[-1] < losses[history.best]:
            return
        history.best = len(losses) - 1
        self.parameters = [(p, p.data) for p in self.network.parameters()]
        self.buffers = [
            (module, name, getattr(module, name))
            for _, module in self.network.named_modules()
            for name in module._buffers
        ]

    def put_back(self) -> None:
        for p, data in self.parameters:
            p.data = data
        for module, name, array in self.buffers:
            setattr(module, name, array)


class _Bar:
    """A progress bar of tqdm, or nothing."""

    def __init__(self, steps: int, shown: bool) -> None:
        self.bar = None
        if shown:
            try:
                from tqdm.auto import tqdm
            except ImportError:
                raise ImportError(
                    "train: a progress bar needs tqdm: pip install tqdm; "
                    "progress=False shows none"
                ) from None
            self.bar = tqdm(total=steps, desc="training", unit="step")

    def advance(self, loss: float) -> None:
        if self.bar is not None:
            self.bar.set_postfix(loss=f"{loss:.3g}", refresh=False)
            self.bar.update()

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()


def _pair(what: str, data: Any) -> tuple[Any, Any]:
    if not isinstance(data, tuple | list) or len(data) != 2:
        raise TypeError(
            f"train: {what} is a {type(data).__name__}, and must be a pair: examples "
            "and targets"
        )
    x, y = data
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
