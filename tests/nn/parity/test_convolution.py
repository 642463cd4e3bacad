"""Convolution beside PyTorch: values, gradients, and a hundred steps of training."""

import numpy as np
import pytest
from helpers.layer_rows import apart, normal

from engine import Tensor
from nn import SGD, Lin, Mse, ReLU, Sequential
from nn.convolution import Conv2d, Flatten, MaxPool2d, conv2d, max_pool2d

torch = pytest.importorskip("torch")
F = torch.nn.functional


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Small arrays are slower on several, above all beside other work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


DTYPES = pytest.mark.parametrize(
    ("dtype", "within"), [(np.float64, 1e-12), (np.float32, 2e-5)]
)


def beside(ours, theirs, arrays, dtype, within):
    """The value and all gradients of a rule and of PyTorch's function."""
    leaves = [Tensor(x.astype(dtype)) for x in arrays]
    peers = [torch.tensor(x.astype(dtype), requires_grad=True) for x in arrays]
    y, z = ours(*leaves), theirs(*peers)
    assert y.dtype == dtype
    assert y.shape == tuple(z.shape)
    g = normal(9, *y.shape).astype(dtype)
    y.backward(g)
    z.backward(torch.tensor(g))
    pairs = [(y.data, z.detach())]
    pairs += [(t.g, p.grad) for t, p in zip(leaves, peers, strict=True)]
    for one, other in pairs:
        np.testing.assert_allclose(one, other.numpy(), rtol=within, atol=within)


@DTYPES
@pytest.mark.parametrize("stride", [1, 2, 3, (2, 1)])
@pytest.mark.parametrize("padding", [0, 1, (2, 0), 3])
@pytest.mark.parametrize("size", [(3, 3), (1, 4), (2, 2), (1, 1)])
def test_conv2d_is_pytorchs(size, padding, stride, dtype, within):
    how = {"stride": stride, "padding": padding}
    arrays = [normal(0, 3, 2, 7, 6), normal(1, 4, 2, *size), normal(2, 4)]
    beside(
        lambda x, w, b: conv2d(x, w, b, **how),
        lambda x, w, b: F.conv2d(x, w, b, **how),
        arrays,
        dtype,
        within,
    )
    beside(
        lambda x, w: conv2d(x, w, **how),
        lambda x, w: F.conv2d(x, w, **how),
        arrays[:2],
        dtype,
        within,
    )


@DTYPES
@pytest.mark.parametrize("size", [1, 2, 3, (3, 2), (7, 6)])
@pytest.mark.parametrize("stride", [None, 1, 2, 4, (2, 1)])
def test_max_pool2d_is_pytorchs_where_no_two_entries_are_equal(
    size, stride, dtype, within
):
    beside(
        lambda x: max_pool2d(x, size=size, stride=stride),
        lambda x: F.max_pool2d(x, size, stride),
        [apart(3, 3, 2, 7, 6)],
        dtype,
        within,
    )


def test_a_hundred_steps_of_training_end_at_pytorchs_weights():
    rng = np.random.default_rng(0)
    ours = Sequential(
        Conv2d.init(1, 4, 3, rng=rng, padding=1),
        ReLU(),
        MaxPool2d(2),
        Conv2d.init(4, 6, 3, rng=rng, padding=1, bias=False),
        ReLU(),
        MaxPool2d(2),
        Flatten(),
        Lin.init(24, 3, rng=rng),
    )
    theirs = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(4, 6, 3, padding=1, bias=False),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(24, 3),
    ).double()
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        data = p.data.T if p.ndim == 2 else p.data
        q.data = torch.tensor(data.copy())
    x, y = normal(1, 16, 1, 8, 8), normal(2, 16, 3)
    mse, sgd = Mse(), SGD(ours.parameters(), lr=0.05)
    peer = torch.optim.SGD(theirs.parameters(), lr=0.05)
    first = mse(ours(x), y).item()
    for _ in range(100):
        sgd.zero_grad()
        loss = mse(ours(x), y)
        loss.backward()
        sgd.step()
        peer.zero_grad()
        z = F.mse_loss(theirs(torch.tensor(x)), torch.tensor(y))
        z.backward()
        peer.step()
    assert loss.item() < first / 4
    np.testing.assert_allclose(loss.item(), z.item(), rtol=1e-10)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        data = p.data.T if p.ndim == 2 else p.data
        np.testing.assert_allclose(data, q.detach().numpy(), rtol=1e-10, atol=1e-12)
