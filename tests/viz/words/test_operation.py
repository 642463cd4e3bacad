"""An operation in words: the expression, and the names of its operands."""

from types import SimpleNamespace

import numpy as np
import pytest
from helpers.scenes import cards

from engine import Tensor, op
from viz.words.names import Names
from viz.words.operation import expression, operand_name


def title(tensor):
    return cards(tensor)[-1].title


def leaf(value, name):
    return Tensor(value, name=name)


a, b = leaf(2.0, "a"), leaf(-3.0, "b")
matrix, vector = leaf(np.ones((3, 2)), "m"), leaf(np.ones(2), "v")
TITLES = [
    (lambda: a + b, "L = a + b"),
    (lambda: a - b, "L = a - b"),
    (lambda: a * b, "L = a × b"),
    (lambda: a / b, "L = a / b"),
    (lambda: a**2, "L = a ** 2"),
    (lambda: a * -3.0, "L = a × -3.0"),
    (lambda: -a, "L = -a"),
    (lambda: np.tanh(a), "L = tanh(a)"),
    (lambda: matrix @ vector, "t1 = m @ v"),
    (lambda: (a + b) * a, "L = · × a"),
    (lambda: np.tanh(a + b), "L = tanh(·)"),
    (lambda: matrix.sum(axis=0), "v1 = sum(m, axis=0)"),
    (lambda: matrix.sum(), "L = sum(m)"),
    (lambda: matrix.T, "v1 = m.T"),
    (lambda: np.einsum("ij,ij->i", matrix, matrix), 'v1 = einsum("ij,ij->i", m, m)'),
    (lambda: matrix[1:, 0], "v1 = m[1:, 0]"),
    (lambda: np.pad(matrix, 1), "v1 = scatter(m, index=[1:4, 1:3], (5, 4))"),
]


@pytest.mark.parametrize(("make", "expected"), TITLES)
def test_a_title_is_the_expression_as_one_writes_it(make, expected):
    assert title(make()) == expected


stack, square = leaf(np.ones((2, 3, 4)), "s"), leaf(np.eye(5), "q")
rows, labels, mask = np.arange(4), np.array([1, 4, 2, 0]), np.eye(5) > 0
AS_WRITTEN = [
    (lambda: square[:, 0], "q[:, 0]"),
    (lambda: stack[1:, ..., None], "s[1:, ..., None]"),
    (lambda: square[::-1, -1], "q[::-1, -1]"),
    (lambda: square[np.int64(2)], "q[2]"),
    (lambda: np.flip(stack, axis=1), "s[:, ::-1, :]"),
    (lambda: square[rows, labels], "q[rows, labels]"),
    (lambda: square[np.arange(4), labels], "q[arange(4), labels]"),
    (lambda: square[mask], "q[mask]"),
    (lambda: square[np.eye(5) > 0], "q[…]"),
    (lambda: square[[0, 2, 1]], "q[[0, 2, 1]]"),
    (lambda: square[np.array([0, 1])], "q[[0, 1]]"),
    (lambda: square[np.array(3)], "q[3]"),
    (lambda: square[np.array([0, 2, 1, 0, 3, 4])], "q[[0, 2, 1, 0, 3, 4]]"),
    (lambda: square[np.array([0, 2, 1, 0, 3, 4, 4])], "q[[0, 2, … 5 more]]"),
    (lambda: square[[[0, 1], [2, 3]]], "q[…]"),
    (lambda: square[np.array([[0, 1], [2, 3]])], "q[…]"),
    (lambda: stack[..., np.arange(3), [0, 1, 1]], "s[..., arange(3), [0, 1, 1]]"),
    (lambda: np.einsum("bqd,bkd->bqk", stack, stack), 'einsum("bqd,bkd->bqk", s, s)'),
    (
        lambda: np.einsum("bqd,bkd->bqk", stack, stack, optimize=True),
        'einsum("bqd,bkd->bqk", s, s)',
    ),
    (lambda: stack.transpose(0, 2, 1), "transpose(s, (0, 2, 1))"),
    (lambda: stack.T, "s.T"),
    (lambda: stack.swapaxes(-1, -2), "swapaxes(s, -1, -2)"),
    (lambda: stack.reshape(2, 3, 2, -1), "reshape(s, (2, 3, 2, -1))"),
    (lambda: stack.reshape(-1), "reshape(s, -1)"),
    (lambda: stack.reshape((24,)), "reshape(s, (24,))"),
    (
        lambda: stack.sum(axis=(0, 2), keepdims=True),
        "sum(s, axis=(0, 2), keepdims=True)",
    ),
    (lambda: stack.sum(0), "sum(s, axis=0)"),
    (lambda: stack.sum(np.int64(0)), "sum(s, axis=0)"),
    (lambda: stack.var(axis=0), "var(s, axis=0)"),
    (lambda: stack.std(ddof=1), "std(s, ddof=1)"),
    (lambda: stack.std(axis=1), "std(s, axis=1)"),
    (lambda: np.clip(stack, -1, 2), "clip(s, -1, 2)"),
    (lambda: np.clip(stack, 0, None), "clip(s, 0)"),
    (lambda: np.clip(stack, None, 2), "clip(s, None, 2)"),
    (lambda: np.concatenate([square, square]), "concatenate([q, q])"),
    (lambda: np.hstack([square, square]), "concatenate([q, q], axis=1)"),
    (lambda: np.stack([square, square]), "stack([q, q])"),
    (lambda: np.stack([square, square], axis=-1), "stack([q, q], axis=-1)"),
    (lambda: np.append(square, square), "concatenate([q, q], axis=None)"),
    (lambda: square.astype(np.float32), "astype(q, float32)"),
    (
        lambda: stack.reshape(2, 1, 1, 3, 1, 1, 2, 1, 2, 1, 1),
        "reshape(s, (2, 1, 1, 3, 1, 1, 2, 1, 2, 1, 1))",
    ),
]


@pytest.mark.parametrize(("make", "expected"), AS_WRITTEN)
def test_an_operation_is_written_as_the_user_wrote_it(make, expected):
    called = Names({"rows": rows, "labels": labels, "mask": mask}, graph=make())
    node = make()
    assert expression(
        node, [operand_name(x, called) for x in node.parents], called
    ) == (expected)


def test_without_names_an_array_of_an_index_is_told_by_its_entries():
    assert expression(square[rows, labels], ["q"]) == "q[arange(4), [1, 4, 2, 0]]"
    assert expression(square[mask], ["q"]) == "q[…]"


@op()
def weighted(x, *, weights, mode="sum", kind=float):
    return x, (lambda g: g,)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"weights": np.ones(3)}, "weights"),
        ({"weights": rows}, "weights=rows"),
        ({"weights": np.ones(1)}, "weights=[1.0]"),
        ({"weights": np.ones(0)}, "weights=array(0,)"),
        ({"weights": None, "mode": "mean"}, 'mode="mean"'),
        ({"weights": [1, "a"]}, 'weights=[1, "a"]'),
        ({"weights": True, "kind": int}, "weights=True, kind=int"),
        ({"weights": np.dtype("f4")}, "weights=float32"),
        ({"weights": 'say "x"'}, "weights='say \"x\"'"),
        ({"weights": "a\nb\u202e"}, r"weights='a\nb\u202e'"),
        ({"weights": "x" * 99}, 'weights="xxxxxxx…xxxxxx"'),
    ],
)
def test_the_options_of_a_users_op_are_told_and_a_text_is_data(options, said):
    node = weighted(a, **options)
    assert expression(node, ["a"], Names({"rows": rows})) == f"weighted(a, {said})"


def test_an_array_that_is_called_as_its_option_is_told_once():
    layer = SimpleNamespace(weights=np.ones(3))
    for variables in ({"weights": layer.weights}, {"layer": layer}):
        node = weighted(a, weights=layer.weights)
        assert expression(node, ["a"], Names(variables)) == "weighted(a, weights)"


def test_a_named_op_is_an_equation_also_the_last():
    for name, expected in [("e", "e = a × b"), ("loss", "loss = a × b")]:
        node = a * b
        node.name = name
        assert title(node) == expected


def test_a_result_of_one_number_is_called_l_unless_that_name_is_taken():
    assert title(leaf(2.0, "L") * b) == "v1 = L × b"
    assert title(a * leaf([2.0, 3.0], "y")) == "v1 = a × y"


def test_operands_without_a_name_get_one_where_their_order_matters():
    left, right = a + b, a * b
    assert title(left - right) == "L = v1 - v2"
    assert title(left / right) == "L = v1 / v2"
    assert title(left + right) == "L = · + ·"
    assert title(left * right) == "L = · × ·"
    assert title(left - b) == "L = · - b"  # there is but one that it can be
    assert [c.title for c in cards(left - right)[2:4]] == ["v1 = a + b", "v2 = a × b"]


def test_many_operands_are_counted_in_the_title_and_each_has_its_edge():
    @op()
    def total(*xs):
        return sum(xs), tuple((lambda g: g) for _ in xs)

    node = total(*(leaf(1.0, f"x{i}") for i in range(9)))
    assert title(node) == "L = total(x0, x1, x2, … 6 more)"
    assert cards(node)[-1].operands == [f"x{i}" for i in range(9)]


@pytest.mark.parametrize(
    ("make", "operands"),
    [
        (lambda: a * b, ["a", "b"]),
        (lambda: b - a, ["b", "a"]),
        (lambda: a * a, ["a", "a"]),
        (lambda: (a + b) * a, ["·", "a"]),
        (lambda: matrix @ vector, ["m", "v"]),
        (lambda: matrix @ np.ones(2), ["m", "v1"]),
        (lambda: (a + b) * 2.0, ["·", "2.0"]),
        (lambda: 2.0 - a, ["2.0", "a"]),
        (lambda: np.tanh(leaf([1.0, 2.0], "x")), ["x"]),
    ],
)
def test_the_operands_of_an_op_are_told_in_their_order(make, operands):
    assert cards(make())[-1].operands == operands
