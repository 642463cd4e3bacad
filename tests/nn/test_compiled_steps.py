"""A compiled step of training: the numbers of the eager one, to the last bit.

Over 50 steps, while the learning rate, the mode and the size of the batch change.
"""

import numpy as np
import pytest

import nn
from engine import Tensor, compiled


def classes(rng, *layers):
    return (
        nn.Network([*layers], nn.CrossEntropy()),
        (4,),
        lambda n: rng.integers(0, 3, n),
    )


def mlp(rng):
    first, last = nn.Lin.init(4, 8, rng=rng), nn.Lin.init(8, 3, rng=rng)
    return classes(rng, first, nn.ReLU(), last)


def norms_and_dropout(rng):
    first, last = nn.Lin.init(4, 8, rng=rng), nn.Lin.init(8, 3, rng=rng)
    dropout = nn.Dropout(0.3, rng=np.random.default_rng(5))
    return classes(rng, first, nn.BatchNorm(8), nn.Tanh(), dropout, last)


def rows(rng):
    first, last = nn.Lin.init(4, 8, rng=rng), nn.Lin.init(8, 1, rng=rng)
    layers = [first, nn.LayerNorm(8), nn.GELU(), nn.RMSNorm(8), last]
    return nn.Network(layers, nn.Mse()), (4,), lambda n: rng.normal(size=n)


def exciter(rng):
    net = nn.ExciterNet.init(rng=rng)
    return net, (5,), lambda n: rng.normal(size=n)


def lstm(rng):
    cell = nn.Recurrent(nn.LSTM.init(4, 6, rng=rng), last=True)
    network, _, targets = classes(rng, cell, nn.Lin.init(6, 3, rng=rng))
    return network, (6, 4), targets


def attention(rng):
    block = nn.Residual(nn.LayerNorm(4), nn.Attention.init(4, heads=2, rng=rng))
    net = nn.Network(
        [block, nn.Flatten(), nn.Lin.init(24, 3, rng=rng)], nn.CrossEntropy()
    )
    return net, (6, 4), lambda n: rng.integers(0, 3, n)


def images(rng):
    layers = [nn.Conv2d.init(1, 3, 3, rng=rng), nn.LeakyReLU(), nn.MaxPool2d(2)]
    net = nn.Network([*layers, nn.Flatten(), nn.Lin.init(12, 1, rng=rng)], nn.Huber())
    return net, (1, 6, 6), lambda n: rng.normal(size=n)


NETWORKS = [mlp, norms_and_dropout, rows, exciter, lstm, attention, images]
OPTIMISERS = {
    "SGD": lambda p: nn.SGD(p, lr=0.05),
    "momentum": lambda p: nn.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
    "decay": lambda p: nn.SGD(p, lr=0.05, weight_decay=0.01),
    "Adam": lambda p: nn.Adam(p, lr=nn.cosine(0.01, 40, warmup=5)),
    "AdamW": lambda p: nn.AdamW(p, lr=0.01),
}


def fifty_steps(network, optimiser, clip, *, fast):
    """The losses, and all that is left in the end; and the function that stepped."""
    rng = np.random.default_rng(3)
    net, shape, targets = network(rng)
    steps = OPTIMISERS[optimiser](net.parameters())

    def step(x, y):
        steps.zero_grad()
        loss = net(x, y)
        loss.backward()
        norm = nn.clip_gradients(steps.parameters, clip) if clip else 0.0
        steps.step()
        return loss, norm

    stepped, losses = compiled(step) if fast else step, []
    for i in range(50):
        n = 5 if i % 7 == 3 else 8
        if optimiser != "Adam" and i % 10 == 9:
            steps.lr = 0.02 * (i + 1) / 10
        if i in (20, 25):
            net.train(i == 25)
        loss, norm = stepped(rng.normal(size=(n, *shape)), targets(n))
        losses += [loss.data if isinstance(loss, Tensor) else loss, norm]
    left = [p.data for p in net.parameters()] + [p.grad for p in net.parameters()]
    left += [x for _, x in net.named_buffers()] + list(steps.state().values())
    return [np.array(x) for x in losses + left], stepped


@pytest.mark.parametrize("clip", [None, 0.5])
@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize("network", NETWORKS)
def test_fifty_compiled_steps_have_the_bits_of_fifty_eager_ones(
    network, optimiser, clip
):
    eager, _ = fifty_steps(network, optimiser, clip, fast=False)
    fast, stepped = fifty_steps(network, optimiser, clip, fast=True)
    assert len(eager) == len(fast)
    for x, y in zip(eager, fast, strict=True):
        assert x.tobytes() == y.tobytes()
    assert not stepped._as_it_is
    assert sum(map(len, stepped._programs.values())) <= 7  # and not one for each step


def test_the_callback_of_an_exciter_runs_once_in_every_compiled_step():
    def run(*, fast):
        net = nn.ExciterNet.init(rng=np.random.default_rng(0))
        exciter = next(x for x in net.layers if isinstance(x, nn.Exciter))
        seen = []

        def callback(layer, g):
            assert layer is exciter
            seen.append(g.copy())
            net.layers[0].w.data = net.layers[0].w.data * 1.01  # the step begins there
            return g * 1.5

        exciter.callback_fn = callback
        adam = nn.Adam(net.parameters(), lr=0.05)

        def step(x, y):
            adam.zero_grad()
            loss = net(x, y)
            loss.backward()
            norm = nn.clip_gradients(adam.parameters, 0.7)
            adam.step()
            return loss.data, norm

        stepped, rng, results = (
            compiled(step) if fast else step,
            np.random.default_rng(1),
            [],
        )
        for _ in range(20):
            results += stepped(rng.normal(size=(6, 5)), rng.normal(size=6))
        assert len(seen) == 20
        return results + seen + [p.data for p in net.parameters()]

    for x, y in zip(run(fast=False), run(fast=True), strict=True):
        np.testing.assert_array_equal(x, y)


def test_train_gives_the_same_numbers_compiled():
    def trained(**options):
        rng = np.random.default_rng(0)
        net, _, _ = norms_and_dropout(rng)
        x, y = rng.normal(size=(50, 4)), rng.integers(0, 3, 50)
        history = nn.train(
            net,
            (x, y),
            nn.Adam(net.parameters(), lr=nn.cosine(0.05, 20)),
            epochs=4,
            batch_size=16,
            rng=rng,
            validation=(x[:10], y[:10]),
            clip=1.0,
            progress=False,
            **options,
        )
        return history.loss, history.validation_loss, [p.data for p in net.parameters()]

    eager, fast = trained(), trained(compiled=True)
    assert eager[:2] == fast[:2]
    for x, y in zip(eager[2], fast[2], strict=True):
        np.testing.assert_array_equal(x, y)


def test_what_dropout_has_drawn_is_not_drawn_again_where_another_program_goes_on():
    def run(*, fast):
        rng = np.random.default_rng(7)
        dropout = nn.Dropout(0.4, rng=rng)

        def f(x):
            h = dropout(x)
            for i in (2, 0, -2):
                if h.sum() > i:
                    return (h * (3 - i)).sum()
            return h.sum()

        g, numbers = compiled(f) if fast else f, np.random.default_rng(0)
        results = [np.asarray(g(numbers.normal(size=6))) for _ in range(60)]
        return [*results, rng.random()]

    assert run(fast=False) == run(fast=True)


def test_ids_that_are_refused_are_refused_by_a_program_too():
    output, ids = np.eye(3) * 1.0, np.array([0, 1, 2])
    embedding = nn.Embedding.init(3, 2, rng=np.random.default_rng(0))
    for f in (
        compiled(lambda ids: nn.cross_entropy(output, ids)),
        compiled(lambda ids: embedding(ids).sum()),
    ):
        for _ in range(2):
            f(ids)
        for wrong in (np.array([0, -1, 2]), np.array([0, 1, 3])):
            with pytest.raises(ValueError, match="from 0 to 2"):
                f(wrong)
        f(ids)
        assert not f._as_it_is
