"""`debug()`: it says where a NaN or Inf begins, and which array was changed under way.

Each mistake is made on a line that this file knows by its text, and the error has to
name the op, the shapes and that line.
"""

import re
import threading

import numpy as np
import pytest

import nn
import viz
from engine import Tensor, backward_pass, debug, grad, no_grad, op, scope

pytestmark = pytest.mark.filterwarnings(
    "ignore::RuntimeWarning"
)  # NumPy's, of the same


def test_a_nan_that_appears_forward_is_named_with_op_shape_and_line():
    x = Tensor([1.0, -1.0, 4.0])
    with debug(), pytest.raises(FloatingPointError) as error:
        np.log(x)  # of a negative number
    assert re.search(
        r"^log: NaN appeared in a value of shape \(3,\), from shape \(3,\), at "
        r".*test_watch\.py:\d+ \(np\.log\(x\)  # of a negative number\)$",
        str(error.value),
    )


def test_an_infinity_that_appears_forward_is_named_too():
    with (
        debug(),
        pytest.raises(FloatingPointError, match=r"^divide: Inf appeared .*1 /"),
    ):
        1 / Tensor(0.0)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (np.exp, -np.inf),  # 0
        (np.negative, np.inf),
        (np.sin, np.nan),
        (lambda x: np.where(np.isnan(x), 0.0, x), np.nan),
        (lambda x: np.nanvar(x), [1.0, np.nan, 3.0]),
        (lambda x: x + np.array([0.0, -np.inf]), [1.0, 2.0]),  # a mask
    ],
)
def test_what_came_in_with_the_data_raises_nothing(f, x):
    with debug():
        f(Tensor(x))


def test_a_nan_made_of_infinities_is_news():
    with debug(), pytest.raises(FloatingPointError, match="^subtract: NaN appeared"):
        Tensor(np.inf) - np.inf


def test_a_gradient_that_becomes_infinite_names_the_line_of_its_op():
    x = Tensor([0.0, 4.0], name="x")
    with debug():
        y = np.sqrt(x).sum()  # its slope at 0
        with pytest.raises(FloatingPointError) as error:
            y.backward()
    assert str(error.value).startswith(
        "sqrt, going backward: Inf appeared in the gradient of operand 'x', of shape "
        "(2,), from a finite one of shape (2,); the op was made at "
    )
    assert "its slope at 0" in str(error.value)
    assert x.grad is None


def test_the_checks_go_with_the_graph_out_of_the_block():
    x = Tensor([0.0])
    with debug():
        y = np.sqrt(x)
    with pytest.raises(FloatingPointError, match="sqrt, going backward"):
        y.backward()


def test_an_array_that_was_changed_is_named_with_both_lines():
    x, c = Tensor([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])
    with debug():
        y = (x * c).sum()  # where it is used
        c[1] = 0.0
        with pytest.raises(RuntimeError) as error:
            y.backward()  # where it is found out
    assert re.search(
        r"^multiply: operand 'y', an array of shape \(3,\), was changed in place "
        r"after its use at .*test_watch\.py:\d+ .*where it is used\), and before the "
        r"backward pass at .*test_watch\.py:\d+ .*where it is found out\); the gradi",
        str(error.value),
    )
    assert x.grad is None


@pytest.mark.parametrize(
    ("made", "changed", "named"),
    [
        (lambda x, i: x * x, lambda x, i, y: x.data, "multiply: operand 'w'"),
        (lambda x, i: x + 1.0, lambda x, i, y: x.data, "add: operand 'w'"),
        (lambda x, i: x[i], lambda x, i, y: i, "getitem: option 'index'"),
        (lambda x, i: x[i, None], lambda x, i, y: i, "getitem: option 'index'"),
        (lambda x, i: np.exp(x), lambda x, i, y: y.data, "exp: the value"),
        (lambda x, i: np.concatenate([x, x]), lambda x, i, y: x.data, "operand 'w'"),
    ],
)
def test_operands_indices_and_values_are_all_looked_at(made, changed, named):
    x, i = Tensor([1.0, 2.0], name="w"), np.array([0, 0])
    with debug():
        y = made(x, i)
    array = changed(x, i, y)
    backward_pass([y], [np.ones(y.shape)])
    array[0] = 1 if array is i else 7.0
    with pytest.raises(RuntimeError, match=named):
        backward_pass([y], [np.ones(y.shape)])


def test_a_buffer_that_a_loop_fills_again_is_found():
    rows, w = np.array([[1.0, 5.0], [8.0, 7.0]]), Tensor([1.0, 1.0])
    buffer = np.zeros(2)
    with debug():
        total = 0.0
        for row in rows:
            buffer[:] = row
            total = total + buffer @ w
    with pytest.raises(RuntimeError, match=r"operand 'x', an array .*copy it before"):
        total.backward()
    right = sum(row.copy() @ w for row in rows)
    right.backward()
    assert w.grad.tolist() == [9.0, 12.0]


def test_an_array_in_any_layout_is_told_from_its_changed_self():
    for array in (np.ones((2, 3)).T, np.ones(8)[::-2], np.ones(3, ">f4"), np.ones(())):
        x = Tensor(2.0)
        with debug():
            y = (x * array).sum()
        array[...] = 2.0
        with pytest.raises(RuntimeError, match="was changed in place"):
            y.backward()


def test_a_step_that_binds_new_arrays_changes_nothing():
    rng = np.random.default_rng(0)
    model = nn.Model.init(3, 4, 1, rng=rng)
    sgd = nn.SGD(model.parameters(), lr=0.1)
    x, y = rng.normal(size=(5, 3)), rng.normal(size=5)
    with debug():
        for _ in range(3):
            sgd.zero_grad()
            loss = model(x, y)
            sgd.step()
            loss.backward()
            sgd.step()


def test_gradients_are_those_outside_the_block():
    def f(x):
        u, s, v = np.linalg.svd(x)
        with scope("part"):
            return (np.tanh(u) * s).sum() + np.sort(x.ravel())[1] * v[0, 0]

    x = np.random.default_rng(0).normal(size=(3, 3))
    plain = grad(f)(x)
    second = grad(lambda x: (grad(f)(x) ** 2).sum())(x)
    with debug():
        np.testing.assert_array_equal(grad(f)(x), plain)
        np.testing.assert_array_equal(
            grad(lambda x: (grad(f)(x) ** 2).sum())(x), second
        )


def test_the_line_is_the_users_below_layers_and_numpy():
    model = nn.Model.init(2, 2, 1, rng=np.random.default_rng(0))
    model.layers[0].w.data = np.full((2, 2), 1e300)
    x = np.full((1, 2), 1e300)
    with debug(), pytest.raises(FloatingPointError) as error:
        model(x, np.ones(1))  # too large
    assert str(error.value).startswith("lin: Inf appeared in a value of shape (1, 2)")
    assert "too large" in str(error.value)
    with debug(), pytest.raises(FloatingPointError, match=r"np\.nanvar\(Tensor"):
        np.nanvar(Tensor([1e200, -1e200]))


def test_all_results_of_a_rule_of_several_are_looked_at():
    @op()
    def halves(x):
        return (x / 2, x / 0), ((lambda g: g / 2,), (lambda g: g / 0,))

    with debug(), pytest.raises(FloatingPointError, match=r"^halves\[1\]: Inf"):
        halves(Tensor(2.0))


def test_groups_and_no_grad_are_what_they_are_outside():
    x = Tensor(2.0)
    with debug(), scope("outer"), scope("inner"):
        y = x * x
        assert y.group[0] == "inner"
        assert y.group[1][0] == "outer"
        with no_grad():
            assert not (1 / (x - 2.0)).requires_grad  # nothing is recorded or looked at
        with pytest.raises(FloatingPointError):
            1 / (x - 2.0)
    assert (x * x).group is None
    assert np.isinf(1 / (x - 2.0)).all()


def test_it_decorates_and_is_undone_after_an_error():
    @debug()
    def f(x):
        return 1 / x

    with pytest.raises(FloatingPointError):
        f(Tensor(0.0))
    assert np.isinf((1 / Tensor(0.0)).data)
    with pytest.raises(TypeError, match=r"debug takes no arguments; decorate with"):
        debug(f)


def test_another_thread_is_not_looked_at():
    seen = []
    with debug():
        thread = threading.Thread(target=lambda: seen.append((1 / Tensor(0.0)).item()))
        thread.start()
        thread.join()
    assert seen == [np.inf]


def test_a_picture_shows_the_rules_formulas_and_raises_nothing():
    x = Tensor([0.0, 1.0], name="x")
    y = np.maximum(np.sqrt(x), 0.0).sum()
    with debug():
        z = np.maximum(np.sqrt(x), 0.0).sum()
    assert viz.draw(z).source == viz.draw(y).source


def test_nothing_is_left_for_the_collector(no_collector):
    with debug():
        y = (Tensor([1.0, 2.0]) ** 2).sum()
        y.backward()
    del y


# --- what arises between the closures, and what lies beside an op ---------------------


def cast(x):
    (x.astype(np.float16) * 1.0).backward(np.array([1e5]))


def hooked(x):
    y = x * 1.0
    y.register_hook(lambda g: g * np.nan)
    y.sum().backward()


def over_paths(x):
    y = x * 1.0
    (y * 1e308 + y * 1e308).sum().backward()


@pytest.mark.parametrize("f", [cast, hooked, over_paths])
def test_what_a_sum_a_hook_or_a_cast_made_is_seen_by_the_op_before(f):
    x = Tensor([0.0], name="x")
    message = (
        r"^\w+, going backward: (NaN|Inf) arrived in the gradient of its value, of "
        r"shape \(1,\): .*; the op was made at .*test_watch\.py:\d+ \("
    )
    with debug(), pytest.raises(FloatingPointError, match=message):
        f(x)
    assert x.grad is None


@pytest.mark.parametrize(
    ("x", "by"), [(np.ones(1, "f2"), [1e5]), (np.array(0.0), [1e308, 1e308])]
)
def test_a_gradient_is_looked_at_as_it_arrives_summed_and_cast(x, by):
    x = Tensor(x, name="x")
    message = "^multiply, going backward: Inf appeared in the gradient of operand 'x'"
    with debug(), pytest.raises(FloatingPointError, match=message):
        (x * np.array(by)).sum().backward()


@pytest.mark.parametrize("again", [False, True])
def test_the_sum_of_a_leaf_and_what_its_hook_returns_are_seen_too(again):
    message = r"^backward: (NaN|Inf) in the gradient of Tensor.*'x'.*test_watch\.py:\d+"
    x = Tensor(0.0, name="x")
    with debug(), pytest.raises(FloatingPointError, match=message):
        (x * 1e308 + x * 1e308).backward(create_graph=again)
    x = Tensor(1.0, name="x")
    x.register_hook(lambda g: np.nan)
    with debug(), pytest.raises(FloatingPointError, match=message):
        (x * 2.0).backward(create_graph=again)
    assert x.grad is None


def test_a_changed_array_is_found_with_create_graph_though_the_value_is_the_same():
    zero, x, c = Tensor([0.0]), Tensor([3.0]), np.array([4.0])
    with debug():
        y = (zero * c).sum()
        z = (x**2).sum()
    c[0] = 7.0
    x.data *= -1.0
    for loss, op_name in ((y, "multiply: operand 'y'"), (z, "power: operand 'x'")):
        with pytest.raises(RuntimeError, match=f"^{op_name}, .* changed in place"):
            loss.backward(create_graph=True)


def test_all_results_of_an_op_are_looked_at_by_each_of_them():
    x = Tensor([[1.0, 2.0], [3.0, 5.0]])
    with debug():
        u, s, _ = np.linalg.svd(x)
        y = (u * np.ones((2, 2))).sum()
    s.data[0] = 7.0
    with pytest.raises(
        RuntimeError, match=r"^svd\.U: a result, an array of shape \(2,\)"
    ):
        y.backward()


@pytest.mark.parametrize(
    "index", [lambda i: i, lambda i: (i, slice(None)), lambda i: [i]]
)
def test_a_list_as_index_is_looked_at_too(index):
    i, x = [0, 1], Tensor(np.ones((2, 2)))
    with debug():
        y = x[index(i)] if type(index(i)) is not list else x[(index(i),)]
    i[0] = 1
    with pytest.raises(RuntimeError, match="^getitem: option 'index', a list, was cha"):
        y.sum().backward()


def test_second_derivatives_under_debug_are_those_outside():
    x = Tensor(np.array([1.0, 2.0], np.float32))
    slopes = []
    for context in (debug(), scope("no debug")):
        with context:
            (np.tanh(x) * x).sum().backward(create_graph=True)
            g, x.grad = x.grad, None
            g.sum().backward()
        slopes.append(x.grad)
        x.grad = None
    np.testing.assert_array_equal(*slopes)
