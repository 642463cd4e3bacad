"""Losses: how far an output is from its target, as one number.

Each is the mean over all examples, or over all entries. Regression: Mse, Mae, Huber.
Classes: CrossEntropy, and of two classes BinaryCrossEntropy and Hinge; these three take
logits, which may be any numbers: what a linear layer gives, without softmax or sigmoid.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from engine import Tensor, data_of, op
from nn.checks import as_array, positive
from nn.layer import Loss


@op()
def mse(output, target):
    """The mean squared error: mean((output - target) ** 2), a number.

    The shapes are equal, or (n, 1) for the output and (n,) for the target.
    """
    shape, wanted = shapes_of("mse", output, target)
    difference = output.reshape(wanted) - target
    flat, n = difference.reshape(-1), difference.size
    if difference.dtype.char == "e":  # float16, whose sums and counts end at 65504
        loss, n = (flat * flat).mean(), np.float32(n)  # which adds in float32
    else:
        loss = np.dot(flat, flat) / n  # the sum of squares
    return loss, (
        lambda g: (2 * g / n * difference).reshape(shape),
        lambda g: -2 * g / n * difference,
    )


@op()
def mae(output, target):
    """The mean absolute error: mean(|output - target|); the slope at 0 is 0.

    Shapes as in `mse`.
    """
    shape, wanted = shapes_of("mae", output, target)
    difference = output.reshape(wanted) - target
    sign, n = np.sign(data_of(difference)), count(difference)
    return abs(difference).mean(), (
        lambda g: (g / n * sign).reshape(shape),
        lambda g: -g / n * sign,
    )


@op()
def huber(output, target, *, delta=1.0):
    """The mean of d ** 2 / 2 where |d| <= delta, and delta * (|d| - delta / 2) beyond.

    d is output - target; shapes as in `mse`. P. Huber, "Robust estimation of a location
    parameter" (1964), section 1.
    """
    shape, wanted = shapes_of("huber", output, target)
    difference = output.reshape(wanted) - target
    near, n = np.clip(difference, -delta, delta), count(difference)
    return (near * (difference - 0.5 * near)).mean(), (
        lambda g: (g / n * near).reshape(shape),
        lambda g: -g / n * near,
    )


@op()
def hinge(output, target):
    """The mean of max(0, 1 - target * output), for targets -1 and 1.

    Shapes as in `mse`; the slope where target * output is 1 is 0. C. Cortes and V.
    Vapnik, "Support-vector networks" (1995), section 3.
    """
    shape, wanted = shapes_of("hinge", output, target)
    output = output.reshape(wanted)
    margin = 1 - target * output
    inside, n = (data_of(margin) > 0).astype(margin.dtype), count(margin)
    return np.maximum(margin, 0.0).mean(), (
        lambda g: (-g / n * inside * target).reshape(shape),
        lambda g: -g / n * inside * output,
    )


@op()
def binary_cross_entropy(output, target):
    """The mean of -log(p), p the probability that the logit gives to the target.

    The target is 0 or 1, or the probability of 1; shapes as in `mse`. Of a logit x it
    is log(1 + e ** x) - target * x. I. Goodfellow, Y. Bengio and A. Courville, "Deep
    Learning" (2016), section 6.2.2.2.
    """
    shape, wanted = shapes_of("binary_cross_entropy", output, target)
    x = output.reshape(wanted)
    n, small = count(x), np.exp(-abs(x))
    p = np.where(data_of(x) < 0, small, 1.0) / (1 + small)  # sigmoid(x)
    loss = np.maximum(x, 0.0) - x * target + np.log1p(small)

    def wrt_output(g):
        """g · (sigmoid(output) - target) / n"""
        return (g / n * (p - target)).reshape(shape)

    return loss.mean(), (wrt_output, lambda g: -g / n * x)


@op()
def cross_entropy(output, target, *, ignore=None):
    """The mean of -log(p), p the probability that the logits give to the target.

    Its derivative is (p - y) / n, where p is the softmax of the logits, and y has a 1
    for the class of the target. I. Goodfellow, Y. Bengio and A. Courville, "Deep
    Learning" (2016), section 6.2.2.3.

    output is of shape (n, k): n examples, k classes. target has the class ids, integers
    of shape (n,), or a probability for each class, (n, k). More axes of examples are
    taken too: (n, t, k) against (n, t). Ids equal to `ignore` do not count.
    """
    check_classes("cross_entropy", output, target, ignore)
    shape = output.shape
    logits = output if output.ndim == 2 else output.reshape(-1, shape[-1])
    below = logits - np.max(data_of(logits), axis=1, keepdims=True)
    exps = np.exp(below)
    total = exps.sum(axis=1, keepdims=True)
    log_p, p = below - np.log(total), exps / total
    if target.shape == shape:  # probabilities, which may not add up to 1
        y, counted = target.reshape(logits.shape), logits.shape[0]
        p = p * y.sum(axis=1, keepdims=True)
    else:
        ids = target.reshape(-1)
        y, counted = one_hot(ids, logits), logits.shape[0]
        if ignore is not None and (ids == ignore).any():
            counts = ids != ignore
            counted, p = int(counts.sum()), p * counts[:, None]
    n = np.float32(counted) if logits.dtype.char == "e" else counted  # as in mse
    seen = np.where(data_of(y) == 0, 0.0, log_p)  # 0 * -inf is NaN
    losses = -(seen * y).sum(axis=1)

    def wrt_output(g):
        """g · (softmax(output) - one-hot target) / n"""
        return (g / n * (p - y)).reshape(shape)

    def wrt_target(g):
        """-g · log_softmax(output) / n"""
        return (-g / n * log_p).reshape(shape)

    loss = losses.mean()
    if counted != logits.shape[0]:
        loss = loss * (logits.shape[0] / counted)
    return loss, (wrt_output, wrt_target)


def one_hot(ids, like):
    """Rows of zeros, and a one at the id; of an id that is no class, all zeros."""
    classes = np.arange(like.shape[1], like=data_of(ids))
    return (ids[:, None] == classes).astype(like.dtype)


def shapes_of(caller, output, target):
    """The shape of the output, and that of the target, if they go together."""
    shape, wanted = output.shape, getattr(target, "shape", ())
    if shape != wanted and (len(shape) != 2 or shape != (*wanted, 1)):
        raise shape_error(caller, shape, wanted)
    return shape, wanted


def count(x):
    """How many entries: a float32 beside float16, whose numbers end at 65504."""
    return np.float32(x.size) if x.dtype.char == "e" else x.size


class Mse(Loss):
    """The mean squared error."""

    name = "Mse"
    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """(n, 1) against a `targ` of (n,), or two equal shapes, to one number."""
        return mse(inp, self.targ)


class Mae(Loss):
    """The mean absolute error, which an example far off moves less than in Mse."""

    name = "Mae"
    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """(n, 1) against a `targ` of (n,), or two equal shapes, to one number."""
        return mae(inp, self.targ)


class Huber(Loss):
    """Half the squared error near the target, and delta times the absolute beyond.

    Args:
        delta: how far "near" is, positive; in the units of the target.
    """

    name = "Huber"

    def __init__(self, delta: float = 1.0) -> None:
        self.delta = positive("Huber", "delta", delta)

    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """(n, 1) against a `targ` of (n,), or two equal shapes, to one number."""
        return huber(inp, self.targ, delta=self.delta)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.delta})"


class CrossEntropy(Loss):
    """The loss of a classifier: -log of the probability of the right class.

    Args:
        ignore: an id that does not count, such as that of the padding of a sequence.
    """

    name = "CrossEntropy"

    def __init__(self, *, ignore: int | None = None) -> None:
        self.ignore = ignore

    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """Logits (n, k) against class ids (n,), or probabilities (n, k), to one number.

        Also (…, k) against (…) or (…, k). It warns where probabilities came for logits.
        """
        warn_of_probabilities("CrossEntropy", inp)
        targ = as_array(self.targ)
        if isinstance(targ, np.ndarray) and targ.shape == inp.shape:
            _check_probabilities("CrossEntropy", targ)
            rows = targ.sum(axis=-1)
            if not np.allclose(rows, 1.0, atol=1e-3):
                wrong = rows[abs(rows - 1) > 1e-3].flat[0]
                raise ValueError(
                    f"CrossEntropy: probabilities of an example sum to {wrong:.4g}, "
                    "and must sum to 1"
                )
        return cross_entropy(inp, targ, ignore=self.ignore)


class BinaryCrossEntropy(Loss):
    """The loss of a classifier of two classes, from one logit."""

    name = "BinaryCrossEntropy"
    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """Logits (n, 1) against 0 and 1, (n,), or two equal shapes, to one number.

        The target may be the probability of 1. It warns where sigmoid came before.
        """
        warn_of_probabilities("BinaryCrossEntropy", inp)
        targ = as_array(self.targ)
        if isinstance(targ, np.ndarray):
            cure = "; (y + 1) / 2 would be, of -1 and 1"
            _check_probabilities("BinaryCrossEntropy", targ, cure)
        return binary_cross_entropy(inp, targ)


class Hinge(Loss):
    """The loss of a classifier of two classes that asks for a margin of 1."""

    name = "Hinge"
    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """(n, 1) against -1 and 1, (n,), or two equal shapes, to one number."""
        targ = as_array(self.targ)
        if isinstance(targ, np.ndarray) and not (abs(targ) == 1).all():
            raise ValueError(
                f"Hinge: a target is {targ[abs(targ) != 1].flat[0]}, and must be -1 or "
                "1; 2 * y - 1 would be, of 0 and 1"
            )
        return hinge(inp, targ)


def _check_probabilities(caller: str, y: np.ndarray, cure: str = "") -> None:
    if y.size and not 0 <= y.min() <= y.max() <= 1:
        wrong = y[~((y >= 0) & (y <= 1))].flat[0]
        raise ValueError(
            f"{caller}: a target is {wrong}, and must be from 0 to 1{cure}"
        )


def warn_of_probabilities(caller: str, x: Any) -> None:
    """Warn if the output went through softmax or sigmoid: the loss does that itself."""
    made = x.op if isinstance(x, Tensor) else ""
    data = data_of(x)
    if made not in ("softmax", "sigmoid"):
        if caller != "CrossEntropy" or not isinstance(data, np.ndarray):
            return
        if data.ndim < 2 or not data.size or not data.min() >= 0:
            return
        if data.shape[-1] < 2 or not np.allclose(data.sum(axis=-1), 1.0, atol=1e-6):
            return
        made = "softmax, it seems: its rows sum to 1"
    warnings.warn(
        f"{caller}: the output is that of {made}; it takes logits, so leave that layer "
        "out",
        stacklevel=2,
    )


def shape_error(
    caller: str, output: tuple[int, ...], target: tuple[int, ...]
) -> ValueError:
    """The error for an output and a target whose shapes do not go together."""
    same = math.prod(output) == math.prod(target)
    cure = f"target.reshape({output}) would fit" if same else "they differ in size"
    return ValueError(
        f"{caller}: output {output} against target {target}; they must be equal, or "
        f"(n, 1) against (n,); {cure}"
    )


def check_classes(caller: str, output: Any, target: Any, ignore: Any) -> None:
    """Raise unless the target has class ids or probabilities that fit the output."""
    shape, wanted = output.shape, getattr(target, "shape", ())
    if len(shape) < 2 or wanted not in (shape, shape[:-1]):
        same = math.prod(wanted) == math.prod(shape[:-1])
        cure = f"; target.reshape({shape[:-1]}) would fit" if same and shape else ""
        raise ValueError(
            f"{caller}: output {shape} against target {wanted}; they must be (n, k) "
            f"against class ids (n,), or probabilities (n, k){cure}"
        )
    if wanted == shape:
        return
    ids = data_of(target)
    if ids.dtype.kind not in "iu":
        raise TypeError(
            f"{caller}: class ids of {ids.dtype} came, and they must be integers; "
            "target.astype(int) would be"
        )
    if not isinstance(ids, np.ndarray) or not ids.size:
        return  # they may not be known yet
    counted = ids if ignore is None else ids[ids != ignore]
    if not counted.size:
        raise ValueError(f"{caller}: all ids are {ignore}, which do not count")
    if not 0 <= counted.min() <= counted.max() < shape[-1]:
        wrong = counted[(counted < 0) | (counted >= shape[-1])].flat[0]
        raise ValueError(
            f"{caller}: id {wrong} is no class; the output {shape} has {shape[-1]}, "
            f"from 0 to {shape[-1] - 1}"
        )
