"""Training: the loop, what ends it, and what is refused."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine import Tensor, no_grad
from nn import (
    SGD,
    Adam,
    BatchNorm,
    CrossEntropy,
    Dropout,
    Layer,
    Lin,
    Network,
    ReLU,
    accuracy,
    batches,
    train,
)


def normal(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


# --- the loop -----------------------------------------------------------------------


def classes(n=60):
    x = normal(0, n, 4)
    return x, (x[:, 0] + x[:, 1] > 0).astype(int)


def classifier(*between, seed=0):
    rng = np.random.default_rng(seed)
    layers = [Lin.init(4, 8, rng=rng), ReLU(), *between, Lin.init(8, 2, rng=rng)]
    return Network(layers, CrossEntropy())


def trained(network, lr=0.1, **options):
    sgd = SGD(network.parameters(), lr=lr)
    options = {"epochs": 5, "batch_size": 16, "progress": False} | options
    return train(network, options.pop("data", classes()), sgd, **options)


def test_train_is_the_loop_that_one_writes_by_hand():
    one, two, (x, y) = classifier(), classifier(), classes()
    history = trained(one, rng=np.random.default_rng(1))
    sgd, rng, losses = SGD(two.parameters(), lr=0.1), np.random.default_rng(1), []
    for _ in range(5):
        losses.append(0.0)
        for batch_x, batch_y in batches(x, y, 16, rng=rng):
            sgd.zero_grad()
            loss = two(batch_x, batch_y)
            loss.backward()
            sgd.step()
            losses[-1] += loss.item() * len(batch_y) / len(y)
    for p, q in zip(one.parameters(), two.parameters(), strict=True):
        np.testing.assert_array_equal(p.data, q.data)
    np.testing.assert_allclose(history.loss, losses, rtol=1e-14)
    assert history.best is None
    assert history.stopped == ""
    assert history.seconds > 0


def test_validation_is_of_the_network_as_it_is_used():
    network = classifier(Dropout(0.5, rng=np.random.default_rng(0)), BatchNorm(8))
    held_out = classes(20)
    history = trained(network, validation=held_out, metric=accuracy)
    network.eval()
    assert min(history.validation_loss) == network(*held_out).item()
    best = history.metric[history.best]
    assert best == accuracy(network.predict(held_out[0]), held_out[1])
    assert len(history.metric) == len(history.validation_loss) == 5


def test_the_best_parameters_and_buffers_are_put_back():
    network = classifier(BatchNorm(8))
    norm, seen = network.layers[2], []

    def spoil(told):
        if told.step == 3:  # after the first epoch
            seen.append((network.layers[0].w.data, norm.mean))
        if told.epoch > 0:
            network.layers[-1].b.data = np.array([1e3, -1e3])

    history = trained(network, lr=1e-6, validation=classes(20), callback=spoil)
    assert history.best == 0
    assert network.layers[0].w.data is seen[0][0]
    assert norm.mean is seen[0][1]
    assert len(history.loss) == 5


def test_patience_ends_it_after_so_many_epochs_without_a_better_loss():
    network = classifier()
    worse = iter(range(100))
    network.loss.forward = lambda inp: inp.sum() * 0.0 + float(next(worse))
    history = trained(network, epochs=50, validation=classes(20), patience=3)
    assert (history.best, len(history.loss)) == (0, 4)
    assert history.stopped == "patience"
    assert "patience" in str(history)


def test_a_callback_is_told_of_each_step_and_may_end_it():
    network, told = classifier(), []
    history = trained(network, callback=lambda s: told.append(s) or s.step == 5)
    assert [s.step for s in told] == [0, 1, 2, 3, 4, 5]
    assert [s.epoch for s in told] == [0, 0, 0, 0, 1, 1]
    assert told[0].network is network
    assert told[0].optimiser.lr == 0.1
    assert told[0].loss > 0
    assert history.stopped == "by the callback"
    assert len(history.loss) == 1  # of whole epochs


def test_ctrl_c_ends_it_with_what_was_learned_so_far():
    network, before = classifier(), classifier()
    network.eval()

    def interrupt(told):
        if told.step == 6:
            raise KeyboardInterrupt

    history = trained(network, callback=interrupt, validation=classes(20))
    assert history.stopped == "interrupted"
    assert len(history.loss) == 1
    assert not network.training  # as it was
    assert not network.layers[0].training
    assert (network.layers[0].w.data != before.layers[0].w.data).any()
    assert ", interrupted; best after epoch 1" in str(history)


def test_ctrl_c_leaves_recording_on_wherever_it_comes():
    network = classifier()

    def interrupt(inp):
        no_grad().__enter__()  # as if it came before the block could be left
        raise KeyboardInterrupt

    network.loss.forward = interrupt
    assert trained(network).stopped == "interrupted"
    assert (Tensor(1.0) * 2).requires_grad


def test_another_error_leaves_the_modes_as_they_were_and_the_best_parameters():
    network = classifier().eval()

    def fail(told):
        if told.epoch == 1:
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        trained(network, callback=fail, validation=classes(20))
    assert not network.training


def test_a_loss_that_is_not_finite_is_an_error_and_nothing_is_lost():
    network = classifier()
    x, y = classes()
    x[40] = np.inf
    with (
        np.errstate(invalid="ignore"),
        pytest.raises(
            FloatingPointError,
            match=r"train: the loss is nan at step 2, in epoch 0; try",
        ),
    ):
        trained(network, data=(x, y))
    assert np.isfinite(network.layers[0].w.data).all()


def test_gradients_are_clipped_before_the_step():
    network, before = classifier(), classifier()
    trained(network, lr=1.0, epochs=1, batch_size=60, clip=1e-3)
    moved = [
        p.data - q.data
        for p, q in zip(network.parameters(), before.parameters(), strict=True)
    ]
    norm = np.sqrt(sum((m**2).sum() for m in moved))
    np.testing.assert_allclose(norm, 1e-3, rtol=1e-9)


def test_a_module_of_ones_own_is_trained_too():
    class Own(Layer):
        def __init__(self):
            self.w = Tensor(np.zeros(4))

        def __call__(self, x, y):
            return ((x @ self.w - y) ** 2).mean()

    own, x = Own(), normal(0, 50, 4)
    history = train(
        own, (x, x @ np.arange(4.0)), Adam(own.parameters(), lr=0.1), epochs=60,
        validation=(x, x @ np.arange(4.0)), progress=False,
    )  # fmt: skip
    np.testing.assert_allclose(own.w.data, np.arange(4), atol=0.05)
    assert history.best is not None


def test_no_epoch_changes_nothing():
    network, before = classifier(), classifier()
    assert trained(network, epochs=0).loss == []
    assert str(trained(network, epochs=0)).startswith("0 epochs in 0.0 s")
    np.testing.assert_array_equal(network.layers[0].w.data, before.layers[0].w.data)


def test_progress_is_a_bar_of_tqdm(capsys):
    trained(classifier(), epochs=2, progress=True)
    shown = capsys.readouterr().err
    assert "training: 100%" in shown
    assert "8/8" in shown
    assert "loss=" in shown


def test_without_tqdm_it_trains_and_a_line_names_the_cure(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    assert len(trained(classifier(), progress=True).loss) == 5
    assert capsys.readouterr().err == (
        "train: the progress bar needs tqdm: pip install tqdm; progress=False asks for "
        "none\n"
    )
    trained(classifier(), progress=False)
    assert capsys.readouterr().err == ""


X, Y = classes()
REFUSED = {
    "no pair": ({"data": X}, TypeError, "train: data is a ndarray, and must be a pair"),
    "targets that are missing": (
        {"data": (X, Y[:-1])},
        ValueError,
        "train: data has 60 examples and 59 targets; they must be as many",
    ),
    "no example": (
        {"validation": (X[:0], Y[:0])},
        ValueError,
        "train: validation has no example",
    ),
    "patience without validation": (
        {"patience": 3},
        ValueError,
        r"train: patience needs validation=\(x, y\)",
    ),
    "a metric without validation": (
        {"metric": accuracy},
        ValueError,
        "train: metric needs validation",
    ),
    "no patience": (
        {"patience": 0, "validation": (X, Y)},
        ValueError,
        "train: patience is 0, and must be at least 1",
    ),
    "no batch": ({"batch_size": 0}, ValueError, "train: batch_size is 0, and must be"),
    "a size that is a bool": (
        {"batch_size": True},
        TypeError,
        "train: batch_size is True, and must be an int",
    ),
    "epochs that are no number": (
        {"epochs": None},
        TypeError,
        "train: epochs is None, and must be an int",
    ),
}


@pytest.mark.parametrize(("options", "error", "words"), REFUSED.values(), ids=REFUSED)
def test_what_can_not_be_trained_on_is_refused(options, error, words):
    with pytest.raises(error, match=words):
        trained(classifier(), **options)


def test_a_validation_loss_that_is_not_finite_is_never_the_best():
    network = classifier()
    losses = iter([np.nan, 5.0, 4.0, np.inf])
    forward = network.loss.forward

    def odd(inp):
        return forward(inp) if network.training else inp.sum() * 0.0 + next(losses)

    network.loss.forward = odd
    history = trained(network, epochs=4, validation=classes(20))
    assert history.best == 2


def test_patience_ends_a_training_that_never_had_a_finite_validation_loss():
    network = classifier()
    forward = network.loss.forward
    network.loss.forward = lambda inp: (
        forward(inp) * (1.0 if network.training else np.nan)
    )
    history = trained(network, epochs=9, validation=classes(20), patience=3)
    assert history.best is None
    assert (len(history.loss), history.stopped) == (3, "patience")


def test_a_loss_that_is_not_finite_leaves_running_statistics_as_they_were():
    network = classifier(BatchNorm(8))
    x, y = classes()
    x[40] = np.inf
    with np.errstate(invalid="ignore"), pytest.raises(FloatingPointError):
        trained(network, data=(x, y))
    assert np.isfinite(network.layers[2].mean).all()
    assert np.isfinite(network.predict(x[:4])).all()


def test_a_callback_may_say_so_with_a_boolean_of_numpys():
    history = trained(classifier(), callback=lambda s: np.float64(s.step) > 1)
    assert history.stopped == "by the callback"


def test_lists_are_trained_on_too():
    x, y = classes()
    rng = np.random.default_rng(0)
    history = trained(classifier(), data=(x.tolist(), y.tolist()), rng=rng)
    assert len(history.loss) == 5


def own(call):
    class Own(Layer):
        def __init__(self):
            self.w = Tensor(np.ones(4))

        def __call__(self, x, y):
            return call(self, x, y)

    return Own()


PARTS = {
    "a function": (
        lambda: train(abs, (X, Y), SGD([Tensor(1.0)], lr=1.0), epochs=1),
        TypeError,
        "train: network is <built-in function abs>, and must be a Module",
    ),
    "a class": (
        lambda: train(classifier(), (X, Y), SGD, epochs=1),
        TypeError,
        "train: optimiser is <class .*SGD'>, and must be one, such as nn.Adam",
    ),
    "an optimiser of another network": (
        lambda: train(
            classifier(), (X, Y), SGD(classifier().parameters(), lr=1.0), epochs=1
        ),
        ValueError,
        "train: the optimiser has none of the network's parameters; make it of",
    ),
    "a callback that is none": (
        lambda: trained(classifier(), callback=5),
        TypeError,
        "train: callback is 5, and must be a function",
    ),
    "a metric of a network that does not predict": (
        lambda: trained(
            own(lambda self, x, y: ((x @ self.w - y) ** 2).mean()),
            validation=(X, Y),
            metric=accuracy,
        ),
        TypeError,
        r"train: metric needs network\.predict\(x\), which Own does not have",
    ),
    "a loss for each example": (
        lambda: trained(own(lambda self, x, y: x @ self.w - y)),
        TypeError,
        r"train: network\(x, y\) gave a Tensor of shape \(16,\), and must give the",
    ),
    "a loss that has no graph": (
        lambda: trained(own(lambda self, x, y: 1.0)),
        TypeError,
        r"train: network\(x, y\) gave a float, and must give the loss",
    ),
    "no examples at all": (
        lambda: trained(classifier(), data=(None, Y)),
        TypeError,
        "train: the examples of data are None, and must be an array",
    ),
}


@pytest.mark.parametrize(("call", "error", "words"), PARTS.values(), ids=PARTS)
def test_what_is_no_network_optimiser_or_loss_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


# --- what is imported ---------------------------------------------------------------


def test_nothing_is_imported_that_is_not_asked_for():
    code = (
        "import sys, nn; print(sorted({'matplotlib', 'tqdm', 'safetensors', 'scipy'}"
        " & set(sys.modules)))"
    )
    root = Path(__file__).parents[2]
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == "[]"
