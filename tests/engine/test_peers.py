"""Where others fail: a test for each trap that some other engine fell into.

The pictures among them are in tests/viz/.
"""

import gc

import numpy as np
import pytest

from engine import Tensor
from nn import mse


def test_backward_twice_on_one_graph_gives_54():
    x = Tensor(3.0)
    y = x * x * x
    y.backward()
    y.backward()
    assert x.grad == 54.0


def test_a_node_waits_for_all_that_use_it():
    x = Tensor(2.0)
    a = x * x
    (3 * a + a * a).backward()
    assert x.grad == 44.0


def test_two_branches_of_one_node_are_not_walked_twice():
    x = Tensor(2.0)
    a = x**2
    (a**2 + a**2).backward()
    assert x.grad == 64.0


def test_a_plus_a_has_two_edges():
    a = Tensor(2.0)
    y = a + a
    assert y.parents == (a, a)
    assert len(y.grad_fns) == 2
    y.backward()
    assert a.grad == 2.0


def test_a_chain_of_2000_ops_works():
    y = x = Tensor(1.0)
    for _ in range(2000):
        y = y * 1.0
    y.backward()
    assert x.grad == 1.0


def test_float32_times_a_python_number_stays_float32():
    x = Tensor(np.ones(3, dtype=np.float32))
    y = x * 2.0
    y.sum().backward()
    assert (y.dtype, x.grad.dtype) == (np.float32, np.float32)


def test_an_array_plus_a_tensor_is_a_tensor():
    y = np.ones(3) + Tensor([1.0, 2.0, 3.0])
    assert type(y) is Tensor
    np.testing.assert_array_equal(y.data, [2.0, 3.0, 4.0])


def test_mse_of_a_column_against_a_vector_has_the_gradient_of_a_column():
    x = Tensor(np.array([[1.0], [2.0], [3.0]]))
    loss = mse(x, np.array([0.0, 0.0, 0.0]))
    loss.backward()
    np.testing.assert_allclose(x.grad, [[2 / 3], [4 / 3], [2.0]])


def test_scaling_one_leaf_gradient_scales_no_other():
    x, y = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])
    v = np.array([1.0, 1.0])
    ((x + y) * 2).backward(v)
    x.grad *= 2
    np.testing.assert_array_equal(y.grad, [2.0, 2.0])
    np.testing.assert_array_equal(v, [1.0, 1.0])


def test_two_losses_may_share_a_tensor():
    x = Tensor(2.0)
    shared = x * x
    shared.backward()
    (shared * 3).backward()
    assert x.grad == 16.0


def test_a_dropped_graph_returns_its_memory_without_the_collector():
    gc.collect()
    gc.disable()
    try:
        x = Tensor(np.ones(10))
        for _ in range(100):
            np.exp(x * x).sum().backward()
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_powers_at_zero_are_finite_where_the_limit_is():
    x = Tensor(0.0)
    (x**0).backward()
    assert x.grad == 0.0
    x.grad = None
    with np.errstate(divide="ignore"):
        (x**0.5).backward()
    assert x.grad == np.inf


def test_where_gives_each_branch_a_gradient_of_its_own_shape():
    c = np.array([[True, False, True], [False, True, False]])
    a, b = Tensor(np.ones((2, 3))), Tensor(np.ones(3))
    np.where(c, a, b).sum().backward()
    np.testing.assert_array_equal(a.grad, c)
    np.testing.assert_array_equal(b.grad, [1.0, 1.0, 1.0])


def test_the_length_of_a_zero_vector_has_no_slope_as_documented():
    x = Tensor(np.zeros(3))
    with np.errstate(divide="ignore", invalid="ignore"):
        ((x * x).sum() ** 0.5).backward()
    assert np.isnan(x.grad).all()
    x.grad = None
    np.linalg.norm(x).backward()  # the rule knows better
    np.testing.assert_array_equal(x.grad, [0.0, 0.0, 0.0])


def test_maximum_at_a_tie_shares():
    x, y = Tensor(1.0), Tensor(1.0)
    np.maximum(x, y).backward()
    assert (x.grad, y.grad) == (0.5, 0.5)


def test_an_index_that_repeats_adds_up():
    x = Tensor([1.0, 2.0, 3.0])
    x[np.array([0, 0, 0, 2])].sum().backward()
    np.testing.assert_array_equal(x.grad, [3.0, 0.0, 1.0])


def test_three_failing_calls_leave_recording_unharmed():
    x = Tensor(np.ones(3))
    for _ in range(3):
        with pytest.raises(ValueError, match="add"):
            x + np.ones(4)
    y = x.sum()
    y.backward()
    np.testing.assert_array_equal(x.grad, np.ones(3))
