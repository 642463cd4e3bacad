"""Recurrent cells: steps, gates, sequences, and what is refused."""

import numpy as np
import pytest

from engine import Tensor, check_gradients
from nn import GRU, LSTM, RNN, Lin, Network, Recurrent, ReLU, lstm_memory, recurrence


def normal(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


def made(kind, d=4, k=3):
    return kind.init(d, k, rng=np.random.default_rng(0))


cells = pytest.mark.parametrize("kind", [RNN, LSTM, GRU])


def test_the_plain_cell_is_a_tanh():
    cell, x, h = made(RNN), normal(1, 5, 4), normal(2, 5, 3)
    y = np.tanh(x @ cell.w.data + h @ cell.u.data + cell.b.data)
    np.testing.assert_allclose(cell(x, h).data, y, rtol=1e-14)


def test_open_gates_of_an_lstm_add_up_what_is_written():
    zeros, k = np.zeros((1, 3)), 3
    b = np.r_[[50.0] * k, [50.0] * k, [50.0] * k, [50.0] * k]  # all gates 1, a is 1
    cell, state = LSTM(np.zeros((4, 12)), np.zeros((3, 12)), b), None
    for t in range(1, 4):
        h, c = state = cell(normal(t, 1, 4), state)
        np.testing.assert_allclose(c.data, zeros + t)
        np.testing.assert_allclose(h.data, np.tanh(zeros + t))


def test_a_closed_update_gate_of_a_gru_keeps_the_state():
    b = np.r_[np.zeros(3), [50.0] * 3, np.zeros(3)]
    cell = GRU(normal(0, 4, 9) * 0, normal(1, 3, 9) * 0, b, np.zeros(9))
    h = normal(2, 5, 3)
    np.testing.assert_allclose(cell(normal(3, 5, 4), h).data, h, rtol=1e-12)


@cells
def test_no_state_is_a_state_of_zeros(kind):
    cell, x, zeros = made(kind), normal(1, 5, 4), np.zeros((5, 3))
    state = (zeros, zeros) if kind is LSTM else zeros
    one, two = cell(x), cell(x, state)
    for a, b in zip(one, two, strict=True) if kind is LSTM else [(one, two)]:
        np.testing.assert_array_equal(a.data, b.data)


@cells
def test_a_sequence_is_the_cell_step_by_step(kind):
    cell, x, state, states = made(kind), normal(1, 2, 5, 4), None, []
    for t in range(5):
        state = cell(x[:, t], state)
        states.append((state[0] if kind is LSTM else state).data)
    np.testing.assert_array_equal(Recurrent(cell)(x).data, np.stack(states, axis=1))
    np.testing.assert_array_equal(Recurrent(cell, last=True)(x).data, states[-1])


@cells
def test_a_sequence_agrees_with_central_differences(kind):
    def loss(x, *parameters):
        cell = made(kind, 2, 2)
        for (name, _), p in zip(cell.named_parameters(), parameters, strict=True):
            setattr(cell, name, p)
        return Recurrent(cell)(x)

    parameters = [p.data + 0.1 for p in made(kind, 2, 2).parameters()]
    check_gradients(loss, normal(1, 2, 3, 2), *parameters, order=2)


@cells
def test_a_cell_that_was_called_in_a_loop_has_no_link(kind):
    cell, x = made(kind), Tensor(normal(1, 2, 4))
    state = cell(x, cell(x))
    h = state[0] if kind is LSTM else state
    h.g = np.ones(h.shape)
    with pytest.raises(
        ValueError, match=rf"{kind.__name__}\.backward: the last call to"
    ):
        cell.backward()


def test_a_cell_that_gave_two_things_has_no_link():
    cell = made(LSTM)
    cell(Tensor(normal(1, 2, 4)))
    with pytest.raises(ValueError, match=r"LSTM\.backward: the last call gave a tuple"):
        cell.backward()


def test_a_network_of_a_sequence_goes_backward_link_by_link():
    rng = np.random.default_rng(0)
    layers = [Recurrent(LSTM.init(4, 3, rng=rng), last=True), ReLU()]
    network = Network([*layers, Lin.init(3, 1, rng=rng)])
    x, y = normal(1, 5, 4, 4), normal(2, 5)
    network(x, y).backward()
    wanted = [p.g for p in network.parameters()]
    network.zero_grad()
    network(x, y)
    network.backward()
    for p, g in zip(network.parameters(), wanted, strict=True):
        np.testing.assert_allclose(p.g, g, rtol=1e-12)


def test_gates_are_right_at_any_size():
    z = np.full((1, 4), 1e308)
    np.testing.assert_array_equal(lstm_memory(z, np.array([[2.0]])), [[3.0]])
    np.testing.assert_allclose(lstm_memory(-z, np.array([[2.0]])), 0, atol=1e-34)
    z = np.array([[0.0, -18.0, 0.0, 0.0]], np.float32)  # a gate nearly closed
    kept = lstm_memory(z, np.ones((1, 1), np.float32))
    np.testing.assert_allclose(kept, np.exp(-18.0), rtol=1e-6)


@cells
def test_float32_stays_float32(kind):
    cell = made(kind)
    for p in cell.parameters():
        p.data = p.data.astype(np.float32)
    out = Recurrent(cell)(Tensor(normal(0, 2, 3, 4).astype(np.float32)))
    out.backward(np.ones(out.shape, np.float32))
    assert out.dtype == np.float32
    assert {p.g.dtype for p in cell.parameters()} == {np.dtype(np.float32)}


@cells
@pytest.mark.parametrize(("n", "t"), [(0, 3), (1, 1)])
def test_empty_batches_and_sequences_of_one_step_are_taken(kind, n, t):
    out = Recurrent(made(kind))(Tensor(np.zeros((n, t, 4))))
    out.backward(np.zeros((n, t, 3)))
    assert out.shape == (n, t, 3)


def test_they_read_as_what_they_are():
    assert repr(made(LSTM)) == "LSTM(4 -> 3)"
    assert repr(Recurrent(made(GRU))) == "Recurrent(GRU(4 -> 3))"
    assert made(GRU).name == "GRU"
    assert RNN.init(2, 2, rng=np.random.default_rng(0), name="mine").name == "mine"


REFUSED = {
    "a sequence for a step": (
        lambda: made(LSTM)(normal(0, 2, 5, 4)),
        ValueError,
        r"LSTM: x has shape \(2, 5, 4\), and must be a batch \(n, 4\) at one step; nn",
    ),
    "other features": (
        lambda: made(RNN)(normal(0, 2, 5)),
        ValueError,
        r"RNN: x has shape \(2, 5\), and must be a batch \(n, 4\)",
    ),
    "a state of another size": (
        lambda: made(RNN)(normal(0, 2, 4), normal(0, 2, 4)),
        ValueError,
        r"recurrence: the state has shape \(2, 4\), and must have \(2, 3\)",
    ),
    "a state of another size, of a GRU": (
        lambda: made(GRU)(normal(0, 2, 4), normal(0, 1, 3)),
        ValueError,
        r"GRU: the state has shape \(1, 3\), and must have \(2, 3\)",
    ),
    "half a state": (
        lambda: made(LSTM)(normal(0, 2, 4), normal(0, 2, 3)),
        TypeError,
        "LSTM: state is a ndarray, and must be a pair",
    ),
    "weights that do not go together": (
        lambda: LSTM(np.ones((4, 9)), np.ones((3, 12)), np.ones(12)),
        ValueError,
        r"LSTM: w has shape \(4, 9\), u \(3, 12\) and b \(12,\); they must have "
        r"\(d, 4 k\), \(k, 4 k\) and \(4 k,\)",
    ),
    "gates of another size": (
        lambda: lstm_memory(np.ones((2, 9)), np.ones((2, 2))),
        ValueError,
        r"lstm_memory: z has shape \(2, 9\) and the state \(2, 2\); they must be",
    ),
    "weights of a rule that do not go together": (
        lambda: recurrence(*map(np.ones, [(2, 4), (2, 3), (4, 3), (3, 3), 2])),
        ValueError,
        r"recurrence: w has shape \(4, 3\), u \(3, 3\) and b \(2,\); all must end",
    ),
    "biases of another size": (
        lambda: GRU(np.ones((4, 9)), np.ones((3, 9)), np.ones(9), np.ones(3)),
        ValueError,
        r"GRU: c has shape \(3,\), and must have b's, \(9,\)",
    ),
    "sizes": (
        lambda: RNN(4, 3, 3),
        ValueError,
        r"a weight is .*; RNN\.init\(d, k, rng=",
    ),
    "one sequence": (
        lambda: Recurrent(made(RNN))(normal(0, 5, 4)),
        ValueError,
        r"Recurrent: \(5, 4\) came, .*; one|at least one step; one sequence is x\[None",
    ),
    "a sequence of no step": (
        lambda: Recurrent(made(RNN))(np.zeros((2, 0, 4))),
        ValueError,
        r"Recurrent: \(2, 0, 4\) came, and must be .* with at least one step",
    ),
    "no layer": (
        lambda: Recurrent(np.tanh),
        TypeError,
        "Recurrent: <ufunc 'tanh'> is not a Layer; nn.LSTM.init",
    ),
}


@pytest.mark.parametrize(("call", "error", "words"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
