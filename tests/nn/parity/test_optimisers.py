"""Optimisers beside PyTorch's: the same parameters after 100 steps."""

import numpy as np
import pytest

from engine import Tensor
from nn import SGD, Adam, AdamW, clip_gradients, cosine

torch = pytest.importorskip("torch")

SHAPES = [(4, 3), (3,), (), (2, 1, 5)]
ROWS = {
    "sgd": (SGD, torch.optim.SGD, {"lr": 0.05}),
    "sgd, decay": (SGD, torch.optim.SGD, {"lr": 0.05, "weight_decay": 0.1}),
    "momentum": (SGD, torch.optim.SGD, {"lr": 0.05, "momentum": 0.9}),
    "nesterov": (
        *(SGD, torch.optim.SGD),
        {"lr": 0.05, "momentum": 0.8, "nesterov": True, "weight_decay": 0.02},
    ),
    "adam": (Adam, torch.optim.Adam, {}),
    "adam, decay": (
        *(Adam, torch.optim.Adam),
        {"lr": 0.02, "betas": (0.8, 0.99), "eps": 1e-6, "weight_decay": 0.1},
    ),
    "adamw": (AdamW, torch.optim.AdamW, {}),
    "adamw, decay": (
        *(AdamW, torch.optim.AdamW),
        {"lr": 0.02, "betas": (0.5, 0.9), "eps": 1e-3, "weight_decay": 0.3},
    ),
}


def both(dtype):
    rng = np.random.default_rng(0)
    start = [rng.standard_normal(shape).astype(dtype) for shape in SHAPES]
    ours = [Tensor(x) for x in start]
    theirs = [torch.tensor(x, requires_grad=True) for x in start]
    return ours, theirs


def give_gradients(ours, theirs, rng, missing):
    """Of all sizes; of one parameter there may be none."""
    for i, (p, q) in enumerate(zip(ours, theirs, strict=True)):
        g = (rng.standard_normal(p.shape) * 10.0 ** rng.integers(-4, 3)).astype(p.dtype)
        p.grad = None if i == missing else np.asarray(g)
        q.grad = None if i == missing else torch.tensor(g)


def assert_same(ours, theirs, dtype):
    rtol = {"f8": 1e-12, "f4": 2e-5}[dtype]
    for p, q in zip(ours, theirs, strict=True):
        assert p.dtype == np.dtype(dtype)
        scale = np.abs(q.detach().numpy()).max()
        np.testing.assert_allclose(p.data, q.detach(), rtol=rtol, atol=rtol * scale)


@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("gaps", [False, True], ids=["", "gradients missing"])
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_hundred_steps_are_those_of_pytorch(row, gaps, dtype):
    make, torch_make, options = row
    ours, theirs = both(dtype)
    optimiser, torch_optimiser = make(ours, **options), torch_make(theirs, **options)
    rng = np.random.default_rng(1)
    for step in range(100):
        give_gradients(ours, theirs, rng, step % 7 if gaps else None)
        optimiser.step(), torch_optimiser.step()
    assert_same(ours, theirs, dtype)


@pytest.mark.parametrize("make", ["SGD", "AdamW"])
def test_a_schedule_is_a_scheduler_of_pytorch(make):
    ours, theirs = both("f8")
    optimiser = {"SGD": SGD, "AdamW": AdamW}[make](ours, lr=cosine(0.1, 100))
    there = getattr(torch.optim, make)(theirs, lr=0.1)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(there, T_max=100)
    rng = np.random.default_rng(2)
    for _ in range(100):
        give_gradients(ours, theirs, rng, None)
        optimiser.step(), there.step(), scheduler.step()
    assert_same(ours, theirs, "f8")


@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("norm", [1e-3, 1.0, 1e6])
def test_gradients_are_clipped_as_in_pytorch(dtype, norm):
    ours, theirs = both(dtype)
    give_gradients(ours, theirs, np.random.default_rng(3), 1)
    before = clip_gradients(ours, norm)
    wanted = torch.nn.utils.clip_grad_norm_(theirs, norm)
    np.testing.assert_allclose(before, wanted, rtol=1e-6)
    for p, q in zip(ours, theirs, strict=True):
        if q.grad is not None:  # PyTorch divides by the norm + 1e-6
            np.testing.assert_allclose(p.grad, q.grad, rtol=1e-5)
            assert p.grad.dtype == p.dtype


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_clipped_as_in_pytorch(odd):
    ours, theirs = both("f8")
    give_gradients(ours, theirs, np.random.default_rng(3), None)
    ours[1].grad[0] = odd
    theirs[1].grad[0] = odd
    before = clip_gradients(ours, 1.0)
    np.testing.assert_equal(before, abs(odd))
    torch.nn.utils.clip_grad_norm_(theirs, 1.0)
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(p.grad, q.grad)
