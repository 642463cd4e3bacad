"""Schedules: learning rates that change from step to step.

Each is a function of the step, which counts from 0: `Adam(parameters, lr=cosine(0.01,
1000))`. It is called anew at each step and remembers nothing, so a training that goes
on later goes on at the right rate. It pickles, and its repr is the call that makes it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from nn.checks import check_sizes, count, not_negative, positive

Schedule: TypeAlias = Callable[[int], float]
Rate: TypeAlias = float | Schedule


@dataclass(frozen=True)
class _Cosine:
    lr: float
    steps: int
    final: float

    def __call__(self, step: int) -> float:
        angle = math.pi * min(step / self.steps, 1.0)
        return self.final + (self.lr - self.final) * (1 + math.cos(angle)) / 2

    def __repr__(self) -> str:
        return f"cosine({self.lr}, {self.steps}, final={self.final})"


@dataclass(frozen=True)
class _Linear:
    lr: float
    steps: int
    final: float

    def __call__(self, step: int) -> float:
        part = min(step / self.steps, 1.0)
        return (1 - part) * self.lr + part * self.final

    def __repr__(self) -> str:
        return f"linear({self.lr}, {self.steps}, final={self.final})"


@dataclass(frozen=True)
class _StepDecay:
    lr: float
    every: int
    factor: float

    def __call__(self, step: int) -> float:
        return self.lr * self.factor ** (step // self.every)

    def __repr__(self) -> str:
        return f"step_decay({self.lr}, {self.every}, {self.factor})"


@dataclass(frozen=True)
class _Warmup:
    lr: Rate
    steps: int

    def __call__(self, step: int) -> float:
        first = max(step - self.steps, 0)
        lr = self.lr(first) if callable(self.lr) else self.lr
        return lr * min((step + 1) / self.steps, 1.0)

    def __repr__(self) -> str:
        return f"warmup({self.lr}, {self.steps})"


def cosine(lr: float, steps: int, *, warmup: int = 0, final: float = 0.0) -> Schedule:
    """From lr to `final` in `steps` steps, along half a wave of the cosine.

    I. Loshchilov and F. Hutter, "SGDR: stochastic gradient descent with warm restarts"
    (2017), equation 5, without restarts.

    Args:
        lr: the highest rate.
        steps: step 0 has the rate lr, step `steps` and all later ones `final`.
        warmup: so many of the steps are first taken to rise to lr, as in `warmup`.
        final: the last rate.
    """
    check_sizes("cosine", warmup=warmup)
    steps = count("cosine", "steps", steps)
    if warmup >= steps:
        raise ValueError(
            f"cosine: warmup is {warmup}, and must be under steps, {steps}"
        )
    lr, final = positive("cosine", "lr", lr), not_negative("cosine", "final", final)
    falling = _Cosine(lr, steps - warmup, final)
    return _Warmup(falling, warmup) if warmup else falling


def linear(lr: float, steps: int, *, final: float = 0.0) -> Schedule:
    """From lr to `final` in `steps` steps, along a straight line.

    Args:
        lr: the first rate.
        steps: step 0 has the rate lr, step `steps` and all later ones `final`.
        final: the last rate.
    """
    steps = count("linear", "steps", steps)
    lr, final = positive("linear", "lr", lr), not_negative("linear", "final", final)
    return _Linear(lr, steps, final)


def step_decay(lr: float, every: int, factor: float) -> Schedule:
    """lr, multiplied by `factor` after every so many steps.

    Args:
        lr: the first rate.
        every: for how many steps a rate stays.
        factor: what it is multiplied by then, such as 0.1.
    """
    factor = positive("step_decay", "factor", factor)
    if factor > 1:
        raise ValueError(f"step_decay: factor is {factor}, and must be at most 1")
    every = count("step_decay", "every", every)
    return _StepDecay(positive("step_decay", "lr", lr), every, factor)


def warmup(lr: Rate, steps: int) -> Schedule:
    """A rise to lr in `steps` equal parts, lr / steps at step 0; then lr.

    Args:
        lr: a number; or another schedule, whose own steps begin after the rise.
        steps: how many to rise for.
    """
    steps = count("warmup", "steps", steps)
    return _Warmup(lr if callable(lr) else positive("warmup", "lr", lr), steps)
