"""Losses beside PyTorch: values, gradients, and the steps of a small classifier."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from engine import Tensor  # noqa: E402
from nn import (  # noqa: E402
    SGD,
    CrossEntropy,
    Lin,
    Network,
    ReLU,
    binary_cross_entropy,
    cross_entropy,
    hinge,
    huber,
    mae,
)

F = torch.nn.functional


def normal(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


def shares(seed, *shape):
    e = np.exp(normal(seed, *shape))
    return e / e.sum(axis=-1, keepdims=True)


IDS = np.random.default_rng(9).integers(0, 7, 12)
PADDED = np.where(np.arange(12) % 3 == 1, -100, IDS)
LABELS = (normal(8, 12) > 0).astype(float)
FAR = np.array([-800.0, -40.0, -1.0, 0.0, 1.0, 40.0, 800.0, 0.5, -0.5, 3.0, -3.0, 0.0])


def ids(target, **options):
    """Our loss and theirs, against ids."""
    ours = {"ignore": options["ignore_index"]} if options else {}
    return (
        lambda x: cross_entropy(x, target, **ours),
        lambda x: F.cross_entropy(
            x.reshape(-1, x.shape[-1]), torch.tensor(target.reshape(-1)), **options
        ),
    )


def margins(x, y):
    return (1 - x * y).clamp(min=0).mean()


def of_a_column(loss, **options):
    return lambda x, y: loss(x[:, 0], y, **options)


# Ours, theirs, and the operands.
ROWS = {
    "ids": (*ids(IDS), normal(0, 12, 7)),
    "huge logits": (*ids(IDS), normal(0, 12, 7) * 500),
    "equal logits": (*ids(IDS), np.zeros((12, 7))),
    "sequences": (*ids(IDS.reshape(4, 3)), normal(1, 4, 3, 7)),
    "ids, some ignored": (*ids(PADDED, ignore_index=-100), normal(2, 12, 7)),
    "a class that is ignored": (*ids(IDS, ignore_index=2), normal(2, 12, 7)),
    "sequences, some ignored": (
        *ids(PADDED.reshape(4, 3), ignore_index=-100),
        normal(3, 4, 3, 7),
    ),
    "probabilities": (cross_entropy, F.cross_entropy, normal(4, 5, 7), shares(5, 5, 7)),
    "weights of classes": (
        cross_entropy,
        F.cross_entropy,
        normal(4, 5, 7),
        abs(normal(5, 5, 7)),
    ),
    "binary": (
        binary_cross_entropy,
        of_a_column(F.binary_cross_entropy_with_logits),
        normal(6, 12, 1),
        LABELS,
    ),
    "binary, far": (
        binary_cross_entropy,
        F.binary_cross_entropy_with_logits,
        FAR,
        LABELS,
    ),
    "binary, probabilities": (
        binary_cross_entropy,
        F.binary_cross_entropy_with_logits,
        normal(6, 5, 7),
        shares(5, 5, 7),
    ),
    "mae": (mae, of_a_column(F.l1_loss), normal(6, 12, 1), normal(7, 12)),
    "mae, on the target": (mae, F.l1_loss, FAR, np.where(LABELS, FAR, 0.0)),
    "huber": (huber, of_a_column(F.huber_loss), normal(6, 12, 1), normal(7, 12)),
    "huber of a delta, and at it": (
        lambda x, y: huber(x, y, delta=0.5),
        lambda x, y: F.huber_loss(x, y, delta=0.5),
        FAR,
        np.zeros(12),
    ),
    "hinge": (hinge, of_a_column(margins), normal(6, 12, 1), 2 * LABELS - 1),
}


@pytest.mark.parametrize(
    ("dtype", "rtol", "atol"), [(np.float64, 1e-12, 1e-16), (np.float32, 1e-5, 1e-7)]
)
@pytest.mark.parametrize(
    ("ours", "theirs", "operands"),
    [(ours, theirs, operands) for ours, theirs, *operands in ROWS.values()],
    ids=ROWS,
)
def test_value_and_gradients_of_every_operand(
    ours, theirs, operands, dtype, rtol, atol
):
    xs = [Tensor(x.astype(dtype)) for x in operands]
    there = [torch.tensor(x.astype(dtype), requires_grad=True) for x in operands]
    value, wanted = ours(*xs), theirs(*there)
    value.backward(), wanted.backward()
    assert value.dtype == dtype
    np.testing.assert_allclose(value.item(), wanted.item(), rtol=rtol)
    for x, y in zip(xs, there, strict=True):
        assert x.g.dtype == dtype
        np.testing.assert_allclose(x.g, y.grad.numpy(), rtol=rtol, atol=atol)


@pytest.mark.parametrize("ignore", [None, 2], ids=["all count", "a class is ignored"])
def test_a_hundred_steps_of_a_classifier(ignore):
    x, ids = normal(0, 40, 5), np.random.default_rng(1).integers(0, 3, 40)
    arrays = [normal(2, 5, 8), np.zeros(8), normal(3, 8, 3), np.zeros(3)]
    net = Network(
        [Lin(*arrays[:2]), ReLU(), Lin(*arrays[2:])], CrossEntropy(ignore=ignore)
    )
    descent = SGD(net.parameters(), lr=0.1)
    there = [torch.tensor(a, requires_grad=True) for a in arrays]
    w1, b1, w2, b2 = there
    other = torch.optim.SGD(there, lr=0.1)
    for _ in range(100):
        loss = net(x, ids)
        net.zero_grad()
        loss.backward()
        descent.step()
        wanted = F.cross_entropy(
            (torch.tensor(x) @ w1 + b1).relu() @ w2 + b2,
            torch.tensor(ids),
            ignore_index=-100 if ignore is None else ignore,
        )
        other.zero_grad()
        wanted.backward()
        other.step()
        np.testing.assert_allclose(loss.item(), wanted.item(), rtol=1e-12)
    for ours, theirs in zip(net.parameters(), there, strict=True):
        np.testing.assert_allclose(
            ours.data, theirs.detach().numpy(), rtol=1e-11, atol=1e-13
        )
