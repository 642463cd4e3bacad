"""The Tensor: what it takes, what it says of itself, and how one leaves the graph."""

import copy
import pickle
from fractions import Fraction

import numpy as np
import pytest

from engine import Tensor


@pytest.mark.parametrize(
    "data",
    [2, 2.5, True, Fraction(1, 2), np.int64(3), 10**30, [1, 2], [[1], [2]], (1.5,)],
)
def test_numbers_and_lists_become_float64(data):
    t = Tensor(data)
    assert t.dtype == np.float64
    np.testing.assert_array_equal(t.data, np.array(data, dtype=float))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_a_float_array_keeps_its_dtype_and_is_not_copied(dtype):
    array = np.ones((2, 3), dtype=dtype)
    assert Tensor(array).data is array
    assert Tensor(dtype(2)).dtype == dtype


@pytest.mark.parametrize(
    ("dtype", "cure"),
    [(int, r"array\.astype\(float\)"), (bool, "astype"), (complex, r"array\.real")],
)
def test_an_array_without_gradients_is_refused_with_the_cure(dtype, cure):
    array = np.ones(3, dtype=dtype)
    with pytest.raises(TypeError, match=rf"Tensor: an array of {array.dtype}.*{cure}"):
        Tensor(array)
    assert Tensor(array, requires_grad=False).dtype == array.dtype


@pytest.mark.parametrize("data", [None, "3", ["a"], {}, object(), [None]])
def test_what_is_not_a_number_is_refused(data):
    with pytest.raises(TypeError, match=r"Tensor: data is .* must be numbers"):
        Tensor(data)


def test_a_list_of_float32_becomes_float64_as_any_list():
    assert Tensor([np.float32(1)]).dtype == np.float64


def test_ragged_lists_tensors_and_masked_arrays_are_refused():
    with pytest.raises(ValueError, match="data is not an array of numbers: set"):
        Tensor([[1, 2], [3]])
    with pytest.raises(TypeError, match=r"data is a Tensor; use t.detach\(\)"):
        Tensor(Tensor(1.0))
    with pytest.raises(TypeError, match=r"MaskedArray; use array.filled\(0\)"):
        Tensor(np.ma.masked_array([1.0], mask=[True]))


def test_tensor_cannot_be_subclassed():
    with pytest.raises(TypeError, match="Tensor has no subclasses"):

        class Parameter(Tensor):
            pass


def test_a_leaf_has_no_past_and_a_node_knows_its_operands():
    x = Tensor([1.0, 2.0], name="x")
    assert (x.parents, x.grad_fns, x.op, x.grad, x.name) == ((), (), "", None, "x")
    y = 3.0 * x + x
    assert y.op == "add"
    assert y.parents[1] is x
    product = y.parents[0]
    assert product.parents == (3.0, x)
    assert product.grad_fns[0] is None
    assert callable(product.grad_fns[1])


def test_options_are_kept_only_if_there_are_any():
    x = Tensor([1.0, 2.0])
    assert (x * 2).options is None
    assert x.sum(axis=0).options == {"axis": 0, "keepdims": False}


def test_shape_and_its_like_are_those_of_the_data():
    t = Tensor(np.ones((2, 3), dtype=np.float32))
    assert (t.shape, t.ndim, t.size, t.dtype, len(t)) == ((2, 3), 2, 6, np.float32, 2)
    assert t.T.shape == (3, 2)


def test_g_is_another_name_of_grad():
    t = Tensor(2.0)
    t.g = 5.0
    assert t.grad == 5.0
    t.grad = None
    assert t.g is None


def test_the_repr_teaches():
    a = Tensor(2.0, name="a")
    b = Tensor(-3.0)
    e = a * b
    assert repr(a) == "Tensor(2.0, name='a')"
    assert repr(e) == "Tensor(-6.0, op='multiply')"
    e.backward()
    assert repr(a) == "Tensor(2.0, name='a', grad=-3.0)"
    w = Tensor(np.ones((5, 3), dtype=np.float32), name="w")
    assert repr(w) == "Tensor(shape=(5, 3), dtype=float32, name='w')"
    w.sum().backward()
    assert repr(w) == "Tensor(shape=(5, 3), dtype=float32, name='w', grad=(5, 3))"
    assert repr(a.detach()) == "Tensor(2.0, name='a', requires_grad=False)"


def test_the_repr_bears_a_gradient_that_somebody_set():
    w = Tensor([1.0, 2.0])
    w.grad = 0.0
    assert repr(w) == "Tensor(shape=(2,), grad=())"


def test_the_repr_of_a_gradient_that_is_a_tensor_does_not_loop():
    x = Tensor(2.0)
    (x * x).backward(create_graph=True)
    assert repr(x) == "Tensor(2.0, grad=())"
    x.grad = None


def test_a_format_spec_is_for_the_number():
    loss = (Tensor([1.0, 2.0]) * 2).mean()
    assert f"{loss:.3f}" == "3.000"
    assert f"{loss}" == repr(loss)
    with pytest.raises(ValueError, match=r"item: .*shape \(2,\).* one element"):
        f"{Tensor([1.0, 2.0]):.3f}"


def test_one_element_leaves_the_graph_as_an_item():
    assert Tensor([[2.5]]).item() == 2.5


def test_more_than_one_element_does_not():
    with pytest.raises(ValueError, match=r"item: .*shape \(2,\).* one element"):
        Tensor([1.0, 2.0]).item()


def test_truth_is_that_of_the_number():
    assert Tensor(1.0)
    assert not Tensor(0.0)
    with pytest.raises(ValueError, match="ambiguous"):
        bool(Tensor([1.0, 2.0]))


def test_a_tensor_that_wants_a_gradient_does_not_become_an_array():
    t = Tensor([1.0, 2.0])
    for lose in (np.asarray, np.array, lambda t: np.array([t, t])):
        with pytest.raises(TypeError, match=r"asarray: .*would lose.* t\.data"):
            lose(t)
    array = np.ones(2)
    with pytest.raises(TypeError, match=r"out=, array \+= t.*array = array \+ t"):
        array += t
    np.testing.assert_array_equal(np.asarray(t.detach()), [1.0, 2.0])
    assert np.asarray(t.detach(), dtype=np.float32).dtype == np.float32


def test_an_item_can_not_be_assigned():
    with pytest.raises(TypeError, match=r"assigning to t\[\.\.\.\]"):
        Tensor([1.0, 2.0])[0] = 5.0


def test_augmented_assignment_binds_the_name_anew():
    x = t = Tensor(2.0)
    t += 1
    assert (x.item(), t.item(), t.op) == (2.0, 3.0, "add")


def test_detach_shares_the_data_and_cuts_the_graph():
    x = Tensor([1.0, 2.0])
    d = (x * 2).detach()
    assert d.requires_grad is False
    assert d.parents == ()
    (x * d).sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0, 4.0])


def test_leaves_copy_and_pickle_with_their_gradient():
    x = Tensor(np.ones(2, dtype=np.float32), name="x")
    x.sum().backward()
    for twin in (copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert twin is not x
        assert (twin.name, twin.dtype, twin.requires_grad) == ("x", np.float32, True)
        np.testing.assert_array_equal(twin.grad, x.grad)
    assert copy.copy(x).data is x.data
    assert copy.deepcopy(x).data is not x.data
    assert copy.copy(x.detach()).requires_grad is False


def test_a_node_with_a_past_says_that_it_does_not():
    y = Tensor(2.0) * 3
    for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(
            TypeError, match=r"computed \(op 'multiply'\).*t\.detach\(\)"
        ):
            duplicate(y)


def test_tensors_are_told_apart_by_identity_as_keys():
    a, b = Tensor(1.0), Tensor(1.0)
    assert {a: "a", b: "b"}[a] == "a"
    assert len({a, b, a}) == 2


@pytest.mark.parametrize("wanted", [np.array([True, False]), "yes", None, 1])
def test_whether_a_gradient_is_wanted_is_yes_or_no(wanted):
    with pytest.raises(TypeError, match="Tensor: requires_grad is .*True or False"):
        Tensor(1.0, requires_grad=wanted)


@pytest.mark.parametrize(
    "data", [10**400, -(10**5000), Fraction(10**400)], ids=range(3)
)
def test_a_number_that_is_too_large_for_a_float_is_refused(data):
    with pytest.raises(
        ValueError, match="^Tensor: data is not an array of numbers: .*too large"
    ):
        Tensor(data)
