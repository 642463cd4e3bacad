"""Losses: how far an output is from its target, as one number.

Each is the mean over all examples, or over all entries. Regression: Mse, Mae, Huber.
Classes: CrossEntropy, and of two classes BinaryCrossEntropy and Hinge; these three take
logits, which may be any numbers: what a linear layer gives, without softmax or sigmoid.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import data_of, op
from nn.activations import sigmoid
from nn.checks import as_array, positive
from nn.layer import Loss
from nn.targets import (
    check_classes,
    check_ignore,
    check_probabilities,
    check_signs,
    check_sums,
    shape_error,
    warn_of_probabilities,
)


@op()
def mse(output, target):
    """The mean squared error: mean((output - target) ** 2), a number.

    The shapes are equal, or (n, 1) for the output and (n,) for the target.
    """
    shape, wanted = shapes_of("mse", output, target)
    difference = output.reshape(wanted) - target
    flat, n = difference.reshape(-1), entries(difference)
    half = is_half(difference)  # its mean is taken in float32
    return (flat * flat).mean() if half else np.dot(flat, flat) / n, (
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
    sign, n = np.sign(data_of(difference)), entries(difference)
    return abs(difference).mean(), (
        lambda g: (g / n * sign).reshape(shape),
        lambda g: -g / n * sign,
    )


@op()
def huber(output, target, *, delta=1.0):
    """The mean of d ** 2 / 2 where |d| <= delta, and delta * (|d| - delta / 2) beyond.

    d is output - target; shapes as in `mse`. At |d| = delta the slope has a kink, and
    the second derivative is the one of inside. P. Huber, "Robust estimation of a
    location parameter" (1964), section 1.
    """
    delta = positive("huber", "delta", delta)
    shape, wanted = shapes_of("huber", output, target)
    difference = output.reshape(wanted) - target
    near, n = np.clip(difference, -delta, delta), entries(difference)
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
    output, target = output.reshape(wanted), in_floats(target, output)
    loss = np.maximum(1 - target * output, 0.0)
    inside, n = loss != 0, entries(loss)  # where NaN is, too

    return loss.mean(), (
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
    x, target = output.reshape(wanted), in_floats(target, output)
    loss, n = np.maximum(x, 0.0) - x * target + np.log1p(np.exp(-abs(x))), entries(x)

    def wrt_output(g):
        """g · (sigmoid(output) - target) / n"""
        return (g / n * (sigmoid(x) - target)).reshape(shape)

    return loss.mean(), (wrt_output, lambda g: -g / n * x)


@op()
def cross_entropy(output, target, *, ignore=None):
    """The mean of -log(p), p the probability that the logits give to the target.

    Its derivative is (p - y) / n, where p is the softmax of the logits, and y has a 1
    for the class of the target. I. Goodfellow, Y. Bengio and A. Courville, "Deep
    Learning" (2016), section 6.2.2.3.

    output is of shape (n, k): n examples, k classes. target has the class ids, integers
    of shape (n,), or a probability for each class, (n, k). More axes of examples are
    taken too: (n, t, k) against (n, t). Ids equal to `ignore` do not count. The
    probabilities of an example may have another sum s: then it is (s * p - y) / n.
    """
    check_classes("cross_entropy", output, target, ignore)
    shape = output.shape
    logits = output if output.ndim == 2 else output.reshape(-1, shape[-1])
    below = logits - np.max(data_of(logits), axis=1, keepdims=True)
    exps = np.exp(below)
    total = exps.sum(axis=1, keepdims=True)
    p, n = exps / total, entries(total)
    if target.shape == shape:
        y = in_floats(target, output).reshape(logits.shape)
        seen = np.where(data_of(y) == 0, 0.0, below - np.log(total))  # 0 * -inf is NaN
        p, losses = p * y.sum(axis=1, keepdims=True), -(seen * y).sum(axis=1)
    else:
        ids = data_of(target).reshape(-1, 1)
        y = ids == np.arange(shape[-1], like=ids)
        losses = np.log(total)[:, 0] - np.where(y, below, 0.0).sum(axis=1)
        if ignore is not None:
            counts = ids != ignore
            n = counts.sum().astype(np.float32 if is_half(exps) else exps.dtype)
            p, y = np.where(counts, p, 0.0), y & counts
            losses = np.where(counts[:, 0], losses, 0.0)

    def wrt_output(g):
        """g · (softmax(output) - one-hot target) / n"""
        return (g / n * (p - y)).reshape(shape)

    def wrt_target(g):
        """-g · log_softmax(output) / n"""
        return (-g / n * (below - np.log(total))).reshape(shape)

    return average(losses, n), (wrt_output, wrt_target)


def average(x, n):
    """The sum of x over n; of float16, whose numbers end at 65504, in float32."""
    if is_half(x):
        return (x.astype(np.float32).sum() / n).astype(np.float16)
    return x.sum() / n


def is_half(x):
    return x.dtype.char == "e"


def in_floats(target, output):
    """Integer and boolean labels in the output's dtype, which they would widen."""
    whole = getattr(target, "dtype", output.dtype).kind in "iub"
    return target.astype(output.dtype) if whole else target


def shapes_of(caller, output, target):
    """The shape of the output, and that of the target, if they go together."""
    shape, wanted = output.shape, getattr(target, "shape", ())
    if shape != wanted and (len(shape) != 2 or shape != (*wanted, 1)):
        raise shape_error(caller, shape, wanted)
    return shape, wanted


def entries(x):
    """How many entries: a float32 beside float16, whose numbers end at 65504."""
    return np.float32(x.size) if is_half(x) else x.size


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
        ignore: an id that does not count, such as that of the padding of a sequence;
            a class or not. None if all count, as probabilities always do.
    """

    name = "CrossEntropy"

    def __init__(self, *, ignore: int | None = None) -> None:
        check_ignore("CrossEntropy", ignore)
        self.ignore = ignore

    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """Logits (n, k) against class ids (n,), or probabilities (n, k), to one number.

        Also (…, k) against (…) or (…, k). It warns where probabilities came for logits.
        """
        warn_of_probabilities("CrossEntropy", inp)
        targ = as_array(self.targ)
        shape = getattr(inp, "shape", ())
        if len(shape) > 1 and getattr(targ, "shape", ()) == shape:
            check_probabilities("CrossEntropy", data_of(targ))
            check_sums("CrossEntropy", data_of(targ))
        return cross_entropy(inp, targ, ignore=self.ignore)

    def __repr__(self) -> str:
        ignore = "" if self.ignore is None else f"ignore={self.ignore}"
        return f"{type(self).__name__}({ignore})"


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
        cure = "; (y + 1) / 2 would be, of -1 and 1"
        check_probabilities("BinaryCrossEntropy", data_of(targ), cure)
        return binary_cross_entropy(inp, targ)


class Hinge(Loss):
    """The loss of a classifier of two classes that asks for a margin of 1."""

    name = "Hinge"
    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """(n, 1) against -1 and 1, (n,), or two equal shapes, to one number."""
        targ = as_array(self.targ)
        check_signs("Hinge", data_of(targ))
        return hinge(inp, targ)
