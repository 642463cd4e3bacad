"""Schedules: learning rates that change from step to step.

Each is a function of the step, which counts from 0, and is given for a rate:
`Adam(parameters, lr=cosine(0.01, steps=1000))`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from nn.checks import as_float, check_sizes

Schedule = Callable[[int], float]


@dataclass(frozen=True)
class _Cosine:
    lr: float
    steps: int
    warmup: int
    final: float

    def __call__(self, step: int) -> float:
        if step < self.warmup:
            return self.lr * (step + 1) / self.warmup
        part = min((step - self.warmup) / max(self.steps - self.warmup, 1), 1.0)
        return self.final + (self.lr - self.final) * (1 + math.cos(math.pi * part)) / 2


@dataclass(frozen=True)
class _Linear:
    lr: float
    steps: int
    warmup: int
    final: float

    def __call__(self, step: int) -> float:
        if step < self.warmup:
            return self.lr * (step + 1) / self.warmup
        part = min((step - self.warmup) / max(self.steps - self.warmup, 1), 1.0)
        return self.lr + (self.final - self.lr) * part


@dataclass(frozen=True)
class _StepDecay:
    lr: float
    every: int
    factor: float

    def __call__(self, step: int) -> float:
        return self.lr * self.factor ** (step // self.every)


def cosine(lr: float, steps: int, *, warmup: int = 0, final: float = 0.0) -> Schedule:
    """From lr to `final` in `steps` steps, along half a wave of the cosine.

    I. Loshchilov and F. Hutter, "SGDR: stochastic gradient descent with warm restarts"
    (2017), equation 5, without restarts.

    Args:
        lr: the highest rate.
        steps: after so many the rate is `final`, and stays so.
        warmup: of these, the first steps, in which the rate rises in equal parts to lr.
        final: the last rate.
    """
    return _Cosine(*_checked("cosine", lr, steps, warmup, final))


def linear(lr: float, steps: int, *, warmup: int = 0, final: float = 0.0) -> Schedule:
    """From lr to `final` in `steps` steps, in equal parts; arguments as in `cosine`."""
    return _Linear(*_checked("linear", lr, steps, warmup, final))


def step_decay(lr: float, *, every: int, factor: float = 0.1) -> Schedule:
    """lr, multiplied by `factor` after every so many steps.

    Args:
        lr: the first rate.
        every: how many steps the rate stays as it is.
        factor: by which it is multiplied then.
    """
    check_sizes("step_decay", every=every)
    if every < 1:
        raise ValueError(f"step_decay: every is {every}, and must be at least 1")
    rate, factor = (
        as_float("step_decay", "lr", lr),
        as_float("step_decay", "factor", factor),
    )
    return _StepDecay(rate, every, factor)


def _checked(
    caller: str, lr: float, steps: int, warmup: int, final: float
) -> tuple[float, int, int, float]:
    check_sizes(caller, steps=steps, warmup=warmup)
    if warmup > steps:
        raise ValueError(f"{caller}: warmup {warmup} is more than all steps, {steps}")
    return as_float(caller, "lr", lr), steps, warmup, as_float(caller, "final", final)
