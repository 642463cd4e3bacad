"""The @op decorator: operands, options, constants, and what it says of a wrong rule."""

import functools
import inspect
import itertools
import math
import sys
from typing import Any, NamedTuple

import numpy as np
import pytest

from engine import (
    Tensor,
    backward_pass,
    check_gradients,
    copy_node,
    no_grad,
    op,
    rules,
    scope,
)


@op()
def scale(x, y, *, by=1.0):
    return x * y * by, (lambda g: g * y * by, lambda g: g * x * by)


def test_a_rule_of_ones_own_is_differentiated():
    x, y = Tensor(2.0), Tensor(3.0)
    z = scale(x, y, by=10.0)
    z.backward()
    assert (z.op, z.item(), x.grad, y.grad) == ("scale", 60.0, 30.0, 20.0)
    assert z.options == {"by": 10.0}


def test_without_a_tensor_the_plain_value_comes_back():
    assert scale(2.0, 3.0) == 6.0
    assert type(scale(2.0, 3.0)) is float
    assert type(scale(np.ones(2), 3.0)) is np.ndarray


def test_constants_give_a_tensor_that_wants_no_gradient():
    z = scale(Tensor(2.0, requires_grad=False), 3.0)
    assert (type(z), z.requires_grad, z.parents) == (Tensor, False, ())
    with no_grad():
        z = scale(Tensor(2.0), 3.0)
    assert (type(z), z.requires_grad, z.parents) == (Tensor, False, ())


def test_no_closure_is_kept_for_an_operand_that_wants_no_gradient():
    x = Tensor(2.0)
    for other in (3.0, Tensor(3.0, requires_grad=False)):
        assert scale(x, other).grad_fns[1] is None
        assert scale(other, x).grad_fns[0] is None
        assert scale(other, x).parents == (other, x)


PRODUCTS = [
    op()(rule)
    for rule in (
        lambda x: (x * 1, (lambda g: g,)),
        lambda x, y: (x * y, (lambda g: g * y, lambda g: g * x)),
        lambda x, y, z: (
            x * y * z,
            (lambda g: g * y * z, lambda g: g * x * z, lambda g: g * x * y),
        ),
    )
]
CONSTANTS = {
    "a number": float,
    "an array": np.asarray,
    "a list": lambda v: [v],
    "a Tensor": lambda v: Tensor(v, requires_grad=False),
}


@pytest.mark.parametrize("constant", CONSTANTS)
@pytest.mark.parametrize("product", PRODUCTS)
def test_of_any_operands_those_that_want_a_gradient_get_theirs(product, constant):
    values = [2.0, 3.0, 5.0][: len(inspect.signature(product).parameters)]
    every = itertools.product([True, False], repeat=len(values))
    for wanted in filter(any, every):
        pairs = list(zip(values, wanted, strict=True))
        xs = [Tensor(v) if w else CONSTANTS[constant](v) for v, w in pairs]
        y = product(*xs)
        assert [fn is not None for fn in y.grad_fns] == list(wanted)
        y.backward()
        found = [x.grad for x in xs if isinstance(x, Tensor) and x.requires_grad]
        assert found == [math.prod(values) / v for v, w in pairs if w]


def test_what_only_a_constants_closure_held_is_freed():
    data = np.ones(3)
    count = sys.getrefcount(data)
    y = np.exp(Tensor(np.zeros(3))) * Tensor(data, requires_grad=False)
    first = sys.getrefcount(data) - count
    del y
    z = Tensor(np.zeros(3)) + Tensor(data, requires_grad=False)
    assert sys.getrefcount(data) - count < first  # add needs no data to go back
    del z


def test_a_tensor_by_keyword_is_bound_to_its_operand():
    x, y = Tensor(2.0), Tensor(3.0)
    for z in (scale(x, y=y), scale(x=x, y=y), scale(y=y, x=x, by=2.0)):
        assert z.parents == (x, y)
    assert scale(y=y, x=x, by=2.0).options == {"by": 2.0}


def test_an_operation_without_options_has_none():
    assert np.exp(Tensor(1.0)).options is None
    assert twins(Tensor(1.0))[0].options is None


def test_a_missing_operand_is_named():
    with pytest.raises(TypeError, match="^scale: operand 'x' is missing"):
        scale(y=Tensor(1.0))
    with pytest.raises(TypeError, match="^scale: .*'y'"):
        scale(Tensor(1.0))


def test_a_tensor_where_an_option_belongs_is_refused_by_name():
    with pytest.raises(TypeError, match="^scale: option 'by' is a Tensor"):
        scale(2.0, 3.0, by=Tensor(1.0))


def test_an_unknown_option_is_refused_with_those_there_are():
    with pytest.raises(TypeError, match="^scale: 'bye' is not an option .* are by$"):
        scale(2.0, Tensor(3.0), bye=1)
    with pytest.raises(
        TypeError, match="^add: 'signature' is not an option .* has none$"
    ):
        np.add(Tensor(1.0), 1.0, signature="dd->d")


@pytest.mark.parametrize(
    "wrong",
    [lambda x: x, lambda x: (x, lambda g: g), lambda x: (x, ()), lambda x: (x, [abs])],
)
def test_a_rule_that_returns_something_else_is_told_what_to_return(wrong):
    def rule(x):
        return wrong(x)

    message = "^rule: .*(value and a tuple of (1 backward|closures))"
    with pytest.raises(TypeError, match=message):
        op()(rule)(Tensor(2.0))


@pytest.mark.parametrize(
    "other", [1j, np.array([1, 2], dtype=object), [10**30, 1], np.ma.array([1.0, 2.0])]
)
def test_a_result_that_has_no_gradient_is_refused(other):
    with pytest.raises(TypeError, match="^multiply: the result is .* only floats have"):
        Tensor([1.0, 2.0]) * other


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_a_matrix_operand_is_taken_for_the_array_that_it_is():
    x = Tensor(np.array([[1.0, 2.0], [3.0, 4.0]]))
    y = x * np.matrix([[1.0, 2.0], [3.0, 4.0]])
    assert type(y.data) is np.ndarray
    np.testing.assert_array_equal(y.data, [[1.0, 4.0], [9.0, 16.0]])


def test_a_rule_may_return_a_python_number():
    @op()
    def answer(x):
        return 42, (lambda g: g * 0,)

    assert type(answer(Tensor(1.0)).data) is np.float64


def test_an_error_inside_a_rule_bears_its_name_and_unharmed_state():
    x = Tensor(np.ones(3))
    for _ in range(3):
        with pytest.raises(ValueError, match=r"^add: \(3,\) with \(2,\) does not"):
            x + np.ones(2)
    y = (x * 2).sum()
    y.backward()
    np.testing.assert_array_equal(x.grad, [2.0, 2.0, 2.0])


def test_a_number_where_an_array_belongs_is_named():
    with pytest.raises(TypeError, match=r"^sum: needs arrays, got a float; "):
        rules.sum(2.0)


def test_registering_a_numpy_function_twice_is_an_error():
    with pytest.raises(ValueError, match=r"op: np\.exp has a rule already"):
        op(np.exp)(lambda x: (x, (lambda g: g,)))
    with pytest.raises(ValueError, match=r"op: np\.sign has a rule already"):
        op(np.sign)(lambda x: (x, (lambda g: g,)))


def test_forgetting_the_parentheses_is_an_error():
    with pytest.raises(TypeError, match=r"op: write @op\(\) above a rule"):

        @op
        def rule(x):
            return x, (lambda g: g,)


def test_a_decorated_rule_keeps_its_name_and_documentation():
    assert np.exp(Tensor(1.0)).rule.__name__ == "exp"
    assert scale.__name__ == "scale"


# --- several results ------------------------------------------------------------------


class Halves(NamedTuple):
    whole: Any
    rest: Any


@op()
def parts(x, y, *, by=1.0):
    """x * y by the whole and the rest of it: the whole has no slope."""
    whole, rest = np.floor(x * y * by), x * y * by % 1
    return Halves(whole, rest), (None, (lambda g: g * y * by, lambda g: g * x * by))


@op()
def twins(x):
    return (x * x, x**3), ((lambda g: g * 2 * x,), (lambda g: g * 3 * x**2,))


def test_every_result_of_a_rule_is_a_node_and_one_without_closures_is_plain():
    x, y = Tensor(2.5), Tensor(3.0)
    both = parts(x, y)
    assert type(both) is Halves
    assert (both.whole, type(both.whole)) == (7.0, np.float64)
    assert (both.rest.op, both.rest.data) == ("parts.rest", 0.5)
    both.rest.backward()
    assert (x.grad, y.grad) == (3.0, 2.5)


def test_results_are_differentiated_to_any_order_and_add_up():
    check_gradients(lambda x: twins(x)[0] * twins(x)[1], np.array([2.0, -3.0]), order=2)
    square, cube = twins(x := Tensor(2.0))
    assert [t.op for t in (square, cube)] == ["twins[0]", "twins[1]"]
    assert [*inspect.signature(cube.rule).parameters] == ["x"]  # for the picture
    (square + cube).backward(create_graph=True)
    g, x.grad = x.grad, None
    g.backward()
    assert x.grad == 2 + 12  # of x ** 2 and of x ** 3


def test_options_and_constants_of_a_rule_of_several_results_are_kept():
    x = Tensor(2.5)
    rest = parts(x, 3.0, by=2.0).rest
    assert (rest.options, rest.parents) == ({"by": 2.0}, (x, 3.0))
    assert rest.grad_fns[1] is None
    (rest**2).backward(create_graph=True)
    g, x.grad = x.grad, None
    g.backward()
    assert x.grad == 2 * 6.0**2


def test_several_results_are_plain_in_plain_out():
    assert parts(2.5, 3.0) == (7.0, 0.5)
    with no_grad():
        both = parts(Tensor(2.5), 3.0)
    assert type(both.whole) is np.float64
    assert (type(both.rest), both.rest.requires_grad) == (Tensor, False)


def test_a_rule_of_several_results_that_is_wrong_is_named():
    @op()
    def wrong(x):
        return (x, x), ((lambda g: g,),)

    with pytest.raises(TypeError, match="^wrong: .* got "):
        wrong(Tensor(1.0))

    @op()
    def wrong_inside(x):
        return (x, x), (None, lambda g: g)

    with pytest.raises(TypeError, match=r"wrong_inside\[1\]: .* got "):
        wrong_inside(Tensor(1.0))


# --- libraries that compute later -----------------------------------------------------


class Later(np.lib.mixins.NDArrayOperatorsMixin):
    """An array with nothing in it yet."""

    shape, ndim, size, dtype = (), 0, 1, np.dtype(float)

    def __array_ufunc__(self, *args, **kwargs):
        return self

    def __array_function__(self, *args):
        return self


class Held(Later):
    def __dlpack__(self):
        raise AssertionError("asked for its data")


@op(lazy=False)
def at_once(x):
    """A rule that needs its data."""
    return x * 1, (lambda g: g,)


def test_a_rule_that_needs_its_data_is_refused_where_there_may_be_none_yet():
    library = __name__.partition(".")[0]
    message = f"^at_once: needs its data at once, and an array of {library} may have no"
    for x in (Tensor(Later()), Later(), Tensor(Later(), requires_grad=False)):
        with pytest.raises(TypeError, match=message):
            at_once(x)
    assert type(at_once(Tensor(Held())).data) is Held
    assert at_once.__doc__ == "A rule that needs its data."
    check_gradients(at_once, np.array([1.0]), order=2)


def test_a_tensor_deep_in_an_option_is_refused_too():
    for hidden in ([[Tensor(1.0)]], {"a": (Tensor(1.0),)}):
        with pytest.raises(TypeError, match="scale: option 'by' is a Tensor"):
            scale(2.0, 3.0, by=hidden)


def test_what_is_not_a_function_of_numpy_stands_for_nothing():
    with pytest.raises(TypeError, match=r"^op: 'exp' is not a function of NumPy"):
        op("exp")


def test_a_rule_without_closures_is_told_what_it_lacks():
    @op()
    def bare(x):
        return x * 2

    for x in (Tensor(1.0), Tensor([1.0, 2.0, 3.0])):
        with pytest.raises(TypeError, match="^bare: a rule returns its value and a t"):
            bare(x)


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("kind", [list, lambda closures: tuple(closures)[:-1]])
def test_closures_in_a_list_or_one_too_few_are_refused(n, kind):
    closures = kind([lambda g: g] * n)
    rules = [
        lambda x: (x * 1.0, closures),
        lambda x, y: (x * y, closures),
        lambda x, y, z: (x * y * z, closures),
    ]
    with pytest.raises(TypeError, match=f"a tuple of {n} backward closures"):
        op()(rules[n - 1])(*[Tensor(2.0)] * n)


def test_data_that_is_a_tensor_is_told_from_an_array_of_tensors():
    p = Tensor([1.0, 2.0])
    p.data = p - 0.1 * np.ones(2)
    for f in (np.exp, lambda p: p * 2, lambda p: np.linalg.svd(p * np.ones((2, 2)))):
        with pytest.raises(
            TypeError, match=r"data of an operand is .* p\.data = t\.data"
        ):
            f(p)


@pytest.mark.parametrize(
    "data", [np.ones((2, 2)).view(np.matrix), np.ma.array(np.ones((2, 2)))]
)
@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # of np.matrix
def test_a_matrix_or_a_masked_array_that_was_bound_gives_no_value(data):
    p = Tensor(np.ones((2, 2)))
    p.data = data
    for f in (lambda p: p * p, lambda p: p @ p, np.exp):
        with pytest.raises(
            TypeError, match=r"not a plain array .*, and only floats have"
        ):
            f(p)


def test_only_a_function_can_be_a_rule():
    class Callable:
        def __call__(self, x):
            return x, (lambda g: g,)

    for wrong in (5, functools.partial(pow, 2), Callable()):
        with pytest.raises(
            TypeError, match="^op: a rule is .*, and must be a function"
        ):
            op()(wrong)


def test_an_operand_has_no_default():
    with pytest.raises(TypeError, match="^op: operand 'y' of power has a default, and"):

        @op()
        def power(x, y=2.0):
            return x**y, (lambda g: g * y * x ** (y - 1), None)


def test_a_copy_of_a_node_is_the_same_step_without_gradient_and_hooks():
    x, y = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])
    with scope("net"):
        node = scale(x, y, by=2.0)
    node.name = "z"
    node.register_hook(lambda g: g * 100)
    node.sum().backward()
    twin = copy_node(node)
    for field in ("data", "rule", "options", "group", "name", "parents", "grad_fns"):
        assert getattr(twin, field) is getattr(node, field), field
    assert twin is not node
    assert twin.grad is None
    assert twin.op == "scale"
    assert twin.requires_grad
    reached = backward_pass([twin], [np.ones(2)])
    np.testing.assert_array_equal(reached[x], [6.0, 8.0])  # no hook ran
    assert node not in reached


def test_a_copy_of_a_node_takes_other_operands_and_closures():
    x = Tensor(3.0)
    node = np.square(x)
    other, seen = copy_node(x), []
    twin = copy_node(node, parents=(other,), grad_fns=(lambda g: seen.append(g) or g,))
    reached = backward_pass([twin], [None])
    assert seen == [1.0]
    assert reached == {twin: 1.0, other: 1.0}
    assert node.parents == (x,)


def test_a_copy_of_a_leaf_or_a_constant_is_one():
    constant = copy_node(Tensor(2.0, requires_grad=False, name="c"))
    assert (constant.requires_grad, constant.name, constant.parents) == (False, "c", ())
    leaf = copy_node(Tensor(2.0))
    (leaf * 3).backward()
    assert leaf.grad == 3


def test_a_copy_is_of_a_tensor_and_has_a_closure_for_every_operand():
    with pytest.raises(TypeError, match="^copy_node: node is 3.0, and must be a Tenso"):
        copy_node(3.0)
    with pytest.raises(
        ValueError, match="^copy_node: 1 closures came for 2 operands, and each"
    ):
        copy_node(Tensor(1.0) * 2.0, grad_fns=(None,))
