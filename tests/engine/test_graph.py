"""The backward pass: order, accumulation, ownership, hooks, second order, memory."""

import numpy as np
import pytest

from engine import Tensor, backward_pass, no_grad, op, topological_order


def leaves_of(*values):
    return [Tensor(v) for v in values]


# --- order ----------------------------------------------------------------------------


def test_operands_come_before_what_uses_them_each_once():
    a, b = leaves_of(2.0, 3.0)
    c = a * b
    d = c + a
    e = d * c
    assert topological_order([e]) == [a, b, c, d, e]


def test_constants_are_not_in_the_order():
    a = Tensor(2.0)
    c = a * Tensor(3.0, requires_grad=False) + np.float64(1)
    assert [t.op for t in topological_order([c])] == ["", "multiply", "add"]


def test_a_shared_input_gets_the_sum_over_its_uses():
    a = Tensor(2.0)
    b = a * a
    (3 * b + b * b).backward()
    assert a.grad == 44.0


@pytest.mark.slow
def test_a_chain_of_300000_ops_goes_forward_and_backward():
    x = Tensor(1.0)
    y = x
    for _ in range(300_000):
        y = y + 1.0
    y.backward()
    assert (y.item(), x.grad) == (300_001.0, 1.0)


def test_a_diamond_with_2_to_the_60_paths_is_walked_edge_by_edge():
    x = Tensor(1.0)
    y = x
    for _ in range(60):
        y = y + y
    y.backward()
    assert x.grad == 2.0**60


def test_a_wide_graph_works():
    x = Tensor(1.0)
    parts = [x * float(i) for i in range(1000)]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    total.backward()
    assert x.grad == sum(range(1000))


def test_a_0_d_array_works_and_its_gradient_is_0_d():
    x = Tensor(np.array(3.0))
    (x * x).backward()
    assert x.grad == 6.0
    assert x.grad.shape == ()


# --- accumulation ---------------------------------------------------------------------


def test_calling_it_twice_gives_twice_the_leaf_gradients_and_the_same_interior_ones():
    x = Tensor(3.0)
    y = x * x
    z = y * x
    z.backward()
    z.backward()
    assert (x.grad, y.grad, z.grad) == (54.0, 3.0, 1.0)


def test_two_losses_that_share_a_tensor_both_work():
    x = Tensor(3.0)
    shared = x * x
    (shared * 2).backward()
    (shared * 5).backward()
    assert x.grad == 2 * 6.0 + 5 * 6.0


def test_a_loss_that_is_a_leaf_gets_the_gradient_1():
    x = Tensor(3.0)
    x.backward()
    assert x.grad == 1.0


def test_a_given_gradient_is_carried_back():
    x = Tensor([1.0, 2.0, 3.0])
    (x * 2).backward([1, 10, 100])
    np.testing.assert_array_equal(x.grad, [2.0, 20.0, 200.0])


@pytest.mark.parametrize("shape", [(1,), (1, 1)])
def test_one_element_of_any_shape_needs_no_gradient(shape):
    x = Tensor(np.full(shape, 3.0))
    (x * x).backward()
    assert x.grad.shape == shape
    assert x.grad.item() == 6.0


def test_an_array_as_loss_is_refused_with_the_cure():
    with pytest.raises(ValueError, match=r"shape \(2,\).*one element.*loss.sum\(\)"):
        Tensor([1.0, 2.0]).backward()


def test_a_gradient_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"shape \(3,\), and must .* \(2,\)"):
        Tensor([1.0, 2.0]).backward(np.ones(3))


def test_a_constant_has_nothing_to_go_back_through():
    with pytest.raises(RuntimeError, match="nothing was recorded"):
        Tensor(1.0, requires_grad=False).backward()
    with no_grad():
        y = Tensor(1.0) * 2
    with pytest.raises(RuntimeError, match="nothing was recorded"):
        y.backward()


def test_a_gradient_that_was_set_to_zero_is_told_to_be_set_to_none():
    x = Tensor([1.0, 2.0])
    x.grad = 0
    with pytest.raises(ValueError, match=r"has shape \(\), .*set it to None to begin"):
        x.sum().backward()
    x.grad = None
    x.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_a_leaf_gradient_of_a_wrong_shape_is_named_before_anything_is_stored():
    x, y = leaves_of([1.0, 2.0], 3.0)
    x.grad = np.ones(5)
    with pytest.raises(
        ValueError, match=r"\.grad of .* has shape \(5,\), its data \(2"
    ):
        (x * y).sum().backward()
    assert y.grad is None


# --- dtype and ownership --------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble, ">f8"])
def test_the_gradient_has_the_dtype_of_the_data(dtype):
    x = Tensor(np.array([1.0, 2.0], dtype=dtype))
    (x * np.array([3.0, 4.0]) + Tensor(1.0)).sum().backward()
    assert x.grad.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(x.grad, [3, 4])


def test_python_numbers_do_not_widen_float32():
    x = Tensor(np.float32(3))
    y = x * 2.0 + 1
    y.backward()
    assert y.dtype == x.grad.dtype == np.float32


def test_a_leaf_owns_its_gradient():
    x, y = leaves_of([1.0, 2.0], [3.0, 4.0])
    v = np.array([1.0, 10.0])
    z = x + y
    (z * 2).backward(v)
    x.grad *= 100
    np.testing.assert_array_equal(y.grad, [2.0, 20.0])
    np.testing.assert_array_equal(z.grad, [2.0, 20.0])
    np.testing.assert_array_equal(v, [1.0, 10.0])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x + 0.0,
        lambda x: x.sum(),
        lambda x: x.reshape(4),
        lambda x: x.T,
        lambda x: x[0:2],
        lambda x: np.expand_dims(x, 0),
        lambda x: np.broadcast_to(x, (2, 2)),
        lambda x: x.astype(np.float64),
    ],
)
def test_no_rule_lets_a_leaf_share_the_memory_of_its_gradient(f):
    x = Tensor(np.ones((2, 2)))
    y = f(x)
    seed = np.ones(y.shape)
    y.backward(seed)
    assert x.grad.flags.writeable
    for other in (seed, y.grad, y.data, x.data):
        assert not np.shares_memory(x.grad, other)


def test_a_second_pass_does_not_write_into_the_gradient_that_somebody_holds():
    x = Tensor([1.0, 2.0])
    y = (x * 3).sum()
    y.backward()
    held = x.grad
    y.backward()
    np.testing.assert_array_equal(held, [3.0, 3.0])
    np.testing.assert_array_equal(x.grad, [6.0, 6.0])


def test_a_closure_whose_shape_broadcasting_does_not_explain_is_an_error():
    @op()
    def careless(x):
        return x * 2, (lambda g: np.ones(5),)

    x = Tensor(np.ones(3))
    message = r"careless: a gradient of shape \(5,\) came back .* shape \(3,\)"
    with pytest.raises(ValueError, match=message):
        careless(x).sum().backward()
    assert x.grad is None


def test_a_closure_may_return_a_python_number():
    @op()
    def flat(x):
        return x * 0, (lambda g: 0,)

    x = Tensor(2.0)
    flat(x).backward()
    assert x.grad == 0.0
    assert isinstance(x.grad, np.float64)


def test_an_operand_may_have_no_closure():
    @op()
    def choose(c, x):
        return x * c, (None, lambda g: g * c)

    c, x = leaves_of(3.0, 2.0)
    d = c * 1.0
    choose(d, x).backward()
    assert (c.grad, d.grad, x.grad) == (None, None, 3.0)


def test_a_big_endian_leaf_stays_so_when_gradients_add_up():
    x = Tensor(np.array([1.0, 2.0], dtype=">f8"))
    for _ in range(3):
        (x * 2).sum().backward()
        assert x.grad.dtype == np.dtype(">f8")


def test_a_gradient_given_as_a_tensor_gives_plain_gradients():
    x = Tensor([1.0, 2.0])
    (x * 3).backward(Tensor([1.0, 10.0]))
    assert type(x.grad) is np.ndarray
    np.testing.assert_array_equal(x.grad, [3.0, 30.0])


def test_a_gradient_that_is_not_real_is_refused():
    with pytest.raises(TypeError, match="gradient is of complex128, not real"):
        (Tensor([1.0, 2.0]) * 2).backward([1j, 2.0])


@pytest.mark.parametrize("gradient", ["a", object(), [None, None]])
def test_a_gradient_that_is_not_a_number_is_refused(gradient):
    with pytest.raises((TypeError, ValueError), match=r"backward: the gradient"):
        (Tensor([1.0, 2.0]) * 2).backward(gradient)


def test_a_closure_that_returns_nothing_is_an_error():
    @op()
    def forgetful(x):
        return x * 2, (lambda g: None,)

    with pytest.raises(TypeError, match="forgetful: a closure returned None"):
        forgetful(Tensor(1.0)).backward()


def test_a_closure_that_returns_complex_numbers_is_named():
    @op()
    def turned(x):
        return x * 1.0, (lambda g: g * 1j,)

    with pytest.raises(TypeError, match="turned: the gradient is of complex128, not"):
        turned(Tensor([1.0])).sum().backward()


def test_the_gradient_that_a_leaf_is_given_is_copied():
    x, v = Tensor([1.0, 2.0]), np.array([1.0, 2.0])
    x.backward(v)
    v *= 0
    np.testing.assert_array_equal(x.grad, [1.0, 2.0])


def test_a_leaf_that_is_used_twice_keeps_its_byte_order():
    x = Tensor(np.array([1.0, 2.0], dtype=">f8"))
    (x * x).sum().backward()
    assert x.grad.dtype == np.dtype(">f8")


# --- the pass itself ------------------------------------------------------------------


def test_backward_pass_touches_no_grad():
    x = Tensor(3.0)
    y = x * x
    gradients = backward_pass([y], [np.float64(1)])
    assert gradients == {x: 6.0, y: 1.0}
    assert x.grad is y.grad is None


def test_backward_pass_stops_at_its_inputs():
    x = Tensor(3.0)
    y = x * x
    z = y * 2
    assert backward_pass([z], [np.float64(1)], [y]) == {z: 1.0, y: 2.0}


def test_an_output_given_twice_counts_twice():
    x = Tensor(3.0)
    y = x * x
    assert backward_pass([y, y], [None, 10.0])[x] == 66.0


def test_several_outputs_add_up():
    x = Tensor(3.0)
    y = x * x
    z = y * 2
    gradients = backward_pass([y, z], [np.float64(10), np.float64(1)])
    assert gradients[y] == 12.0
    assert gradients[x] == 72.0


# --- hooks ----------------------------------------------------------------------------


def test_a_hook_sees_the_complete_gradient_once_per_pass():
    seen = []
    x = Tensor(3.0)
    y = x * 1.0
    y.register_hook(seen.append)
    z = y * y + y
    z.backward()
    assert seen == [7.0]
    z.backward()
    assert seen == [7.0, 7.0]


def test_what_a_hook_returns_takes_the_place_of_the_gradient():
    x = Tensor([3.0, 4.0])
    y = x * 2.0
    y.register_hook(lambda g: g * 10)
    y.sum().backward()
    np.testing.assert_array_equal(y.grad, [10.0, 10.0])
    np.testing.assert_array_equal(x.grad, [20.0, 20.0])


def test_hooks_run_on_leaves_and_on_the_loss_in_the_order_of_registration():
    calls = []
    x = Tensor(3.0)
    y = x * 2
    x.register_hook(lambda g: calls.append(("x1", g)))
    x.register_hook(lambda g: calls.append(("x2", g)) or g + 1)
    y.register_hook(lambda g: calls.append(("y", g)))
    y.backward()
    assert calls == [("y", 1.0), ("x1", 2.0), ("x2", 2.0)]
    assert x.grad == 3.0


def test_a_removed_hook_is_silent_and_removing_it_twice_does_nothing():
    x = Tensor(3.0)
    handle = x.register_hook(lambda g: g * 0)
    kept = x.register_hook(lambda g: g * 2)
    handle.remove()
    handle.remove()
    x.backward()
    assert x.grad == 2.0
    kept.remove()
    x.backward()
    assert x.grad == 3.0


def test_a_hook_may_remove_itself():
    x = Tensor(3.0)
    calls = []
    handle = x.register_hook(lambda g: calls.append(g) or handle.remove())
    (x * 2).backward()
    (x * 2).backward()
    assert calls == [2.0]


def test_a_hook_is_given_an_array_that_it_cannot_write_to():
    def careless(g):
        g *= 2

    x = Tensor([1.0, 2.0])
    x.register_hook(careless)
    with pytest.raises(ValueError, match="read-only"):
        x.sum().backward()
    assert x.grad is None


def test_a_leaf_does_not_share_what_its_hook_returned():
    held = np.array([5.0, 6.0])
    x = Tensor([1.0, 2.0])
    x.register_hook(lambda g: held)
    x.sum().backward()
    x.grad *= 0
    np.testing.assert_array_equal(held, [5.0, 6.0])


def test_a_hook_that_keeps_the_gradient_of_a_leaf_keeps_it():
    kept = []
    x = Tensor([1.0, 2.0])
    x.register_hook(kept.append)
    (x * 3).sum().backward()
    x.grad *= 0
    np.testing.assert_array_equal(kept[0], [3.0, 3.0])


def test_what_a_hook_returns_is_cast_to_the_dtype_of_the_data():
    x = Tensor(np.ones(2, dtype=np.float32))
    x.register_hook(lambda g: g.astype(np.float64) * 2)
    x.sum().backward()
    assert x.grad.dtype == np.float32


def test_an_exception_in_a_hook_leaves_every_gradient_as_it_was():
    x, y = leaves_of(3.0, 4.0)
    z = x * y
    z.backward()
    before = (x.grad, y.grad, z.grad)
    w = z * 2

    def fail(g):
        raise KeyError("the hook")

    handle = x.register_hook(fail)
    for _ in range(3):
        with pytest.raises(KeyError, match="the hook"):
            w.backward()
    assert (x.grad, y.grad, z.grad, w.grad) == (*before, None)
    handle.remove()
    w.backward()
    assert x.grad == 4.0 + 8.0


def test_a_hook_that_returns_a_tensor_gives_plain_gradients():
    x = Tensor([1.0, 2.0])
    y = x * 1.0
    y.register_hook(lambda g: g * Tensor(2.0))
    y.sum().backward()
    assert type(x.grad) is type(y.grad) is np.ndarray
    np.testing.assert_array_equal(x.grad, [2.0, 2.0])


def test_a_hook_that_returns_another_shape_is_refused():
    x = Tensor([1.0, 2.0])
    x.register_hook(lambda g: np.ones((5, 2)))
    with pytest.raises(ValueError, match=r"hook on .* has shape \(5, 2\), and must"):
        x.sum().backward()
    assert x.grad is None


def test_a_hook_on_a_constant_or_that_is_not_a_function_is_refused():
    with pytest.raises(RuntimeError, match="register_hook: .* wants no gradient"):
        Tensor(1.0, requires_grad=False).register_hook(print)
    with pytest.raises(TypeError, match="register_hook: fn is 3"):
        Tensor(1.0).register_hook(3)


# --- second order ---------------------------------------------------------------------


def test_gradients_of_gradients():
    x = Tensor(2.0)
    (x * x * x).backward(create_graph=True)
    g, x.grad = x.grad, None
    assert isinstance(g, Tensor)
    assert g.item() == 12.0
    g.backward(create_graph=True)
    g, x.grad = x.grad, None
    assert g.item() == 12.0
    g.backward()
    assert x.grad == 6.0


def test_with_create_graph_every_gradient_is_a_tensor():
    x = Tensor([1.0, 2.0])
    x.sum().backward(create_graph=True)
    assert type(x.grad) is Tensor
    assert not x.grad.requires_grad
    x.grad = None


def test_create_graph_records_even_under_no_grad():
    x = Tensor(2.0)
    y = x * x
    with no_grad():
        y.backward(create_graph=True)
    g, x.grad = x.grad, None
    g.backward()
    assert x.grad == 2.0


def test_create_graph_keeps_float32():
    x = Tensor(np.array([1.0, 2.0], dtype=np.float32))
    (x * x * np.array([1.0, 3.0])).sum().backward(create_graph=True)
    g, x.grad = x.grad, None
    assert g.dtype == np.float32
    g.sum().backward()
    assert x.grad.dtype == np.float32
    np.testing.assert_array_equal(x.grad, [2.0, 6.0])


def test_create_graph_finds_data_that_was_changed_since():
    x = Tensor([1.0, 2.0])
    y = (x * x).sum()
    x.data = x.data + 1
    with pytest.raises(RuntimeError, match="operand of 'multiply' was changed since"):
        y.backward(create_graph=True)
    assert x.grad is None


def test_create_graph_takes_nan_as_equal_to_nan():
    x = Tensor([np.nan, 2.0])
    (x * x).sum().backward(create_graph=True)
    assert x.grad.data[1] == 4.0
    x.grad = None


def test_create_graph_adds_up_with_its_graph_even_under_no_grad():
    x = Tensor(3.0)
    y = x * x * x
    with no_grad():
        y.backward(create_graph=True)
        y.backward(create_graph=True)
    g, x.grad = x.grad, None
    g.backward()
    assert x.grad == 2 * 18.0


@pytest.mark.parametrize("y", [np.int8(3), np.int16(3), np.float32(3), np.int64(3)])
def test_create_graph_takes_a_numpy_number_for_what_it_was(y):
    x = Tensor(np.array([1.1, 2.3], dtype=np.float32))
    (x**y).sum().backward(create_graph=True)
    x.grad = None


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x,
        lambda x: np.atleast_1d(x),
        lambda x: np.linalg.matrix_power(x, 1),
        lambda x: np.diff(x, n=0),
    ],
)
def test_create_graph_from_a_leaf_gives_it_the_seed(f):
    x = Tensor(np.ones((2, 2)))
    f(x).backward(np.eye(2), create_graph=True)
    np.testing.assert_array_equal(x.grad.data, np.eye(2))
    x.grad = None


def test_create_graph_runs_the_hook_of_a_leaf():
    x, seen = Tensor(2.0), []
    x.register_hook(seen.append)
    (x * x).backward(create_graph=True)
    assert x.grad.item() == seen[0].item() == 4.0
    x.grad = None


def test_create_graph_goes_through_what_is_not_a_plain_array():
    x = Tensor(np.ones((2, 2)))
    x.register_hook(lambda g: g.data.view(np.matrix))
    (x * MIXED).sum().backward(create_graph=True)
    np.testing.assert_array_equal(x.grad.data, MIXED)
    x.grad = None


def test_a_rule_that_leaves_the_tensors_has_first_derivatives_only():
    @op()
    def outside(x):
        return np.float64(x.item() ** 2), (lambda g: g * 2 * x,)

    x = Tensor(3.0)
    outside(x).backward()
    assert x.grad == 6.0
    with pytest.raises(RuntimeError, match="rule 'outside' has first derivatives only"):
        outside(x).backward(create_graph=True)


def test_a_plain_pass_after_create_graph_adds_plain_numbers():
    x = Tensor(3.0)
    y = x * x
    y.backward(create_graph=True)
    y.backward()
    assert isinstance(x.grad, np.float64)
    assert x.grad == 12.0


def test_an_error_in_a_closure_says_whose_closure_it_was():
    x = Tensor([[1.0, 2.0], [2.0, 4.0]])
    with np.errstate(divide="ignore"):
        loss = np.linalg.slogdet(x).logabsdet
    with pytest.raises(np.linalg.LinAlgError, match="Singular matrix") as error:
        loss.backward()
    note = "in a backward closure of 'slogdet.logabsdet', on Tensor(-inf, op='slogdet"
    assert error.value.__notes__[0].startswith(note)
    assert x.grad is None


@pytest.mark.parametrize("dtype", [">f2", ">f4", ">f8"])
def test_the_gradient_of_one_big_endian_number_is_big_endian(dtype):
    for f in (np.exp, lambda x: x * 2 + x, lambda x: x * x):
        x = Tensor(np.array(2.0, dtype))
        for _ in range(2):  # the second is added to the first
            f(x).backward()
            assert (x.grad.dtype, x.grad.shape) == (np.dtype(dtype), ())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda x: backward_pass([1.0], [1.0]), "backward_pass: 1.0 among the outputs"),
        (lambda x: backward_pass(["a"], [1.0]), "backward_pass: 'a' among the outputs"),
        (lambda x: backward_pass([x], []), "backward_pass: 1 outputs came with 0 grad"),
        (lambda x: backward_pass([x], [1.0], x), "^backward_pass: inputs is Tensor"),
        (lambda x: backward_pass([x], [1.0], ["a"]), r"inputs is \['a'\], and must be"),
        (lambda x: backward_pass([x], [1.0], [x.data]), r"inputs is \[np.float64"),
        (lambda x: backward_pass([x], [1.0], [np.ones(2)]), r"inputs is \[array"),
        (lambda x: backward_pass([x], None), "^backward_pass: gradients is None, and"),
        (
            lambda x: backward_pass(x * [1.0], [1.0]),
            "^backward_pass: outputs is Tensor",
        ),
        (lambda x: backward_pass(x, [1.0]), "^backward_pass: outputs is Tensor"),
        (lambda x: topological_order(x * [1.0, 2.0]), "^topological_order: outputs is"),
        (lambda x: topological_order(5), "^topological_order: outputs is 5, and must"),
        (lambda x: topological_order([1.0]), r"outputs is \[1.0\], and must be a list"),
        (lambda x: x.backward([[1], [2, 3]]), "backward: the gradient is not an array"),
    ],
)
def test_a_pass_over_something_else_is_refused_by_name(wrong, message):
    with pytest.raises((TypeError, ValueError), match=message):
        wrong(Tensor(2.0) * 3)


# --- arrays that are none, or not of floats -------------------------------------------

MIXED = np.array([[1.0, 2.0], [3.0, 4.0]])  # a product of matrices is another one
MASKED = np.ma.array(np.ones((2, 2)), mask=np.eye(2))


def test_a_matrix_for_a_gradient_is_taken_for_the_array_that_it_is():
    ones = np.ones((2, 2)).view(np.matrix)

    @op()
    def careless(x):
        return x * 1.0, (lambda g: g.view(np.matrix),)

    for f, seed in (
        (lambda x: x * MIXED, ones),
        (lambda x: x * MIXED, Tensor(ones)),
        (lambda x: careless(x * MIXED), np.ones((2, 2))),
    ):
        x = Tensor(np.ones((2, 2)))
        f(x).backward(seed)
        assert type(x.grad) is np.ndarray
        np.testing.assert_array_equal(x.grad, MIXED)

    x = Tensor(np.ones((2, 2)))
    y = x * 1.0
    y.register_hook(lambda g: g.view(np.matrix))
    (y * MIXED).sum().backward()
    assert type(y.grad) is type(x.grad) is np.ndarray
    np.testing.assert_array_equal(x.grad, MIXED)


def test_a_masked_gradient_is_refused_with_the_cure():
    x = Tensor(np.ones((2, 2)))
    with pytest.raises(
        TypeError, match=r"^backward: the gradient is a MaskedArray.*fil"
    ):
        (x * MIXED).backward(MASKED)
    x.register_hook(lambda g: MASKED)
    with pytest.raises(TypeError, match=r"^hook on .*: the gradient is a MaskedArray"):
        (x * MIXED).sum().backward()
    assert x.grad is None


@pytest.mark.parametrize(
    ("data", "cure"),
    [
        (np.array([1, 2]), r"a ndarray of int64,.* = array\.astype\(float\)"),
        (MASKED, r"a MaskedArray of .* = array\.filled\(0\)"),
        (MIXED.view(np.matrix), r"a matrix of .* = np\.asarray\(data, float\)"),
        (0.5, r"a float, .* bind p\.data = np\.asarray\(data, float\)"),
    ],
)
def test_data_that_has_no_gradient_is_refused_though_it_was_bound_later(data, cure):
    @op()
    def total(x):
        return np.float64(1.0), (lambda g: g * np.ones(np.shape(x)),)

    p, q = Tensor([1.0, 2.0]), Tensor(1.0)
    p.data = data
    with pytest.raises(TypeError, match=f"^total: a gradient came back .*{cure}"):
        (total(p) * q).backward()
    assert p.grad is q.grad is None


def test_integers_that_were_bound_get_no_gradient_of_zeros():
    p = Tensor([1.0, 2.0])
    p.data = np.array([1, 2])
    with pytest.raises(TypeError, match="^multiply: a gradient came back .* of int64"):
        (p * 0.5).sum().backward()
    assert p.grad is None


def test_rows_of_unequal_length_for_a_gradient_are_refused_by_name():
    @op()
    def ragged(x):
        return x * 1.0, (lambda g: [[1.0], [2.0, 3.0]],)

    with pytest.raises(ValueError, match="^ragged: the gradient is not an array"):
        ragged(Tensor([1.0, 2.0])).sum().backward()
    x = Tensor([1.0, 2.0])
    x.register_hook(lambda g: [[1.0], [2.0, 3.0]])
    with pytest.raises(ValueError, match="^hook on .*: the gradient is not an array"):
        x.sum().backward()


def test_a_complex_gradient_that_somebody_set_is_named():
    x = Tensor([1.0, 2.0])
    x.grad = np.ones(2) * 1j
    with pytest.raises(TypeError, match=r"^backward: \.grad of Tensor.* of complex128"):
        x.sum().backward()


# --- only the inputs ------------------------------------------------------------------


def test_what_is_older_than_the_inputs_is_not_walked_if_only_they_matter():
    a = Tensor(2.0)
    b = a * a
    b.register_hook(pytest.fail)
    x = Tensor(3.0)
    y = x * b
    reached = backward_pass([y], [None], [x], only_inputs=True)
    assert reached[x] == 4.0
    assert a not in reached
    assert backward_pass([b], [None], [x], only_inputs=True) == {b: 1.0}
    assert backward_pass([y], [None], [], only_inputs=True) == {y: 1.0}


def test_all_of_the_graph_is_walked_to_an_input_that_is_as_old():
    a = Tensor(2.0)
    x = a * 3.0
    late = a * 5.0
    y = x * late
    assert backward_pass([y], [None], [x, a], only_inputs=True)[a] == 6.0 * 5.0
