"""NumPy's own functions on Tensors: a rule, a constant, or a clear refusal."""

import numpy as np
import pytest

from engine import Tensor, check_gradients, numpy_protocol, op
from engine.numpy_protocol import CONSTANT, adapts

X = np.array([[1.0, -2.0], [3.0, 4.0]])


@pytest.mark.parametrize(
    ("f", "op"),
    [
        (lambda x: np.add(x, 1), "add"),
        (lambda x: np.subtract(1, x), "subtract"),
        (lambda x: np.multiply(x, X), "multiply"),
        (lambda x: np.divide(X, x), "divide"),
        (lambda x: np.true_divide(X, x), "divide"),
        (lambda x: np.power(x, 2), "power"),
        (lambda x: np.negative(x), "negative"),
        (lambda x: np.matmul(X, x), "matmul"),
        (lambda x: np.exp(x), "exp"),
        (lambda x: np.log(x * x), "log"),
        (lambda x: np.tanh(x), "tanh"),
        (lambda x: np.maximum(x, 0), "maximum"),
        (lambda x: np.minimum(0, x), "minimum"),
        (lambda x: np.sum(x), "sum"),
        (lambda x: np.sum(x, 0), "sum"),
        (lambda x: np.sum(x, axis=1, keepdims=True), "sum"),
        (lambda x: np.sum(x, 0, None, None, True), "sum"),
        (lambda x: np.sum(x, axis=0, out=None, dtype=None), "sum"),
        (lambda x: np.sum(a=x), "sum"),
        (lambda x: np.mean(x, axis=0), "mean"),
        (lambda x: np.reshape(x, (4,)), "reshape"),
        (lambda x: np.reshape(x, shape=(4, 1)), "reshape"),
        (lambda x: np.reshape(x, -1, order="C"), "reshape"),
        (lambda x: np.squeeze(x[None]), "squeeze"),
        (lambda x: np.expand_dims(x, 1), "expand_dims"),
        (lambda x: np.transpose(x), "transpose"),
        (lambda x: np.transpose(x, (1, 0)), "transpose"),
        (lambda x: np.swapaxes(x, 0, 1), "swapaxes"),
        (lambda x: np.broadcast_to(x, (3, 2, 2)), "broadcast_to"),
        (lambda x: np.astype(x, np.float32), "astype"),
        (lambda x: np.mod(x, 2), "remainder"),
        (lambda x: x % 2, "remainder"),
        (lambda x: 2 % x, "remainder"),
        (lambda x: np.abs(x), "absolute"),
        (lambda x: np.fabs(x), "absolute"),
        (lambda x: abs(x), "absolute"),
        (lambda x: np.clip(x, -1, 1), "clip"),
        (lambda x: np.clip(x, a_min=0, a_max=None), "clip"),
        (lambda x: np.where(X > 0, x, 0.0), "where"),
        (lambda x: np.where(x > 0, 1.0, x), "where"),
        (lambda x: np.degrees(x), "degrees"),
        (lambda x: np.deg2rad(x), "radians"),
        (lambda x: np.arctan2(X, x), "arctan2"),
        (lambda x: np.max(x, axis=0), "max"),
        (lambda x: np.amin(x), "min"),
        (lambda x: np.var(x, 0, ddof=1), "var"),
        (lambda x: np.std(x), "std"),
        (lambda x: np.cumsum(x, 1), "cumsum"),
        (lambda x: np.concatenate([X, x], axis=1), "concatenate"),
        (lambda x: np.concatenate((x, X), 0), "concatenate"),
        (lambda x: np.stack([x, X, x], axis=2), "stack"),
        (lambda x: np.vstack([x, X[0]]), "concatenate"),
        (lambda x: np.hstack([x, X]), "concatenate"),
        (lambda x: np.column_stack([x, X[0]]), "concatenate"),
        (lambda x: np.append(x, [1.0, 2.0]), "concatenate"),
        (lambda x: np.append(x, X, axis=0), "concatenate"),
        (lambda x: X * x, "multiply"),
        (lambda x: np.float64(2) / x, "divide"),
        (lambda x: np.float32(2) ** x, "power"),
    ],
)
def test_a_numpy_function_arrives_at_its_rule(f, op):
    z = f(Tensor(X))
    assert (type(z), z.op) == (Tensor, op)
    np.testing.assert_array_equal(z.data, f(X))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.greater(x, 0),
        lambda x: np.isnan(x),
        lambda x: np.sign(x),
        lambda x: np.argmax(x),
        lambda x: np.shape(x),
        lambda x: np.zeros_like(x),
        lambda x: np.full_like(x, 3.0),
        lambda x: np.array_equal(x, X),
        lambda x: np.allclose(X, x),
        lambda x: X >= x,
        lambda x: np.floor_divide(x, 2),
        lambda x: np.round(x, 1),
        lambda x: np.logical_and(x, X),
    ],
)
def test_a_piecewise_constant_function_gives_plain_numbers(f):
    value = f(Tensor(X))
    assert type(value) is type(f(X))
    np.testing.assert_array_equal(value, f(X))


@pytest.mark.parametrize(
    ("f", "name"),
    [
        (lambda x: np.unique(x), r"np\.unique"),
        (lambda x: np.polyfit(x, X, 1), r"np\.polyfit"),
    ],
)
def test_a_function_without_a_rule_is_refused_by_name_with_the_cure(f, name):
    with pytest.raises(TypeError, match=rf"^{name} has no rule .*@op\({name}\)"):
        f(Tensor(X))


@pytest.mark.parametrize(
    ("f", "why"),
    [
        (lambda x: np.fft.fft(x), "complex numbers have no gradient here"),
        (lambda x: np.linalg.eig(x), "complex numbers have no gradient here"),
        (lambda x: np.emath.sqrt(x), "complex numbers have no gradient here"),
        (lambda x: np.copyto(X.copy(), x), "write into an array.*np.where"),
        (lambda x: np.place(X.copy(), X > 0, x), "write into an array.*np.where"),
        (lambda x: np.put(X.copy(), 0, x), "write into an array.*np.where"),
        (lambda x: np.putmask(x, X > 0, X), "write into an array.*np.where"),
        (lambda x: np.fill_diagonal(x, 0), "write into an array.*np.where"),
        (lambda x: np.put_along_axis(x, X > 9, X, 0), "write into an array.*np.where"),
        (lambda x: np.save("none", x), "a file or a text keeps no graph"),
        (lambda x: np.array_str(x), "a file or a text keeps no graph"),
    ],
)
def test_what_can_have_no_rule_is_refused_with_the_reason(f, why):
    with pytest.raises(
        TypeError, match=rf"has no rule on Tensors: .*{why}.*use t\.dat"
    ):
        f(Tensor(X))


def test_a_constant_function_takes_a_tensor_by_keyword():
    assert np.argmax(a=Tensor(X)) == 3


def test_where_needs_all_three():
    with pytest.raises(TypeError, match=r"np\.where: .* takes 3 operands, c, x, y"):
        np.where(Tensor(X))


def test_out_is_refused_with_the_cure():
    with pytest.raises(TypeError, match=r"np\.exp: writing into an array"):
        np.exp(Tensor(X), out=np.zeros((2, 2)))
    with pytest.raises(TypeError, match=r"np.sum: writing into an array \(out="):
        np.sum(Tensor(X), out=np.zeros(()))
    with pytest.raises(TypeError, match=r"np\.cumprod: writing into an array"):
        np.cumprod(Tensor(X), 0, None, np.zeros((2, 2)))
    with pytest.raises(TypeError, match=r"np\.round: writing into an array"):
        np.round(Tensor(X), out=np.zeros((2, 2)))
    with pytest.raises(TypeError, match=r"np\.round: writing into an array"):
        np.round(Tensor(X), 0, np.zeros((2, 2)))


def test_arguments_that_numpy_would_refuse_are_refused():
    with pytest.raises(TypeError, match="sum.*'axes'"):
        np.sum(Tensor(X), axes=0)


def test_an_argument_that_a_composition_does_not_take_is_refused_by_name():
    with pytest.raises(TypeError, match=r"^np\.percentile: on Tensors, .*'weights'"):
        np.percentile(Tensor(X), 50, method="inverted_cdf", weights=X)


def test_arrays_that_can_not_be_joined_are_refused_with_their_shapes():
    with pytest.raises(ValueError, match=r"concatenate: .*operands: \(2, 2\), \(3,\)"):
        np.concatenate([Tensor(X), np.ones(3)])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.flip(x, axis=5),
        lambda x: np.diff(x, axis=7),
        lambda x: np.take(x, [0], axis=4),
        lambda x: np.repeat(x, 2, axis=9),
        lambda x: np.roll(x, 1, axis=-3),
        lambda x: np.prod(x, axis=3),
        lambda x: np.prod(x, axis=(0, 0)),
        lambda x: np.moveaxis(x, 5, 0),
        lambda x: np.moveaxis(x, [0, 1], [0]),
        lambda x: np.stack([x, x], axis=9),
        lambda x: np.einsum("...i->i", x),
    ],
)
def test_an_axis_that_numpy_refuses_is_refused_by_name(f):
    with pytest.raises(ValueError):
        f(X)
    with pytest.raises(ValueError, match=r"^np\.\w+: "):
        f(Tensor(X))


def test_an_error_inside_a_composition_bears_its_name():
    with pytest.raises(ValueError, match=r"^np\.cross: vectors of 2 and 2, and not"):
        np.cross(Tensor(X), X)


def test_a_product_with_zeros_has_the_right_second_derivatives():
    check_gradients(np.prod, np.array([2.0, 0.0, 3.0, 0.0, 5.0]), order=2)


def test_what_einsum_and_norm_do_not_do_is_refused():
    with pytest.raises(ValueError, match="einsum: 'ij,jk' names 2 operands, and 1"):
        np.einsum("ij,jk", Tensor(X))
    with pytest.raises(TypeError, match="einsum: labels 'ij' came, and are a list"):
        np.einsum(Tensor(X), "ij")
    with pytest.raises(ValueError, match="norm: ord='nucular' is not a norm of a matr"):
        np.linalg.norm(Tensor(X), "nucular")
    with pytest.raises(ValueError, match="norm: ord='fro' is not a norm of a vector"):
        np.linalg.norm(Tensor(X[0]), "fro")


def test_a_composition_is_registered_once():
    with pytest.raises(ValueError, match=r"np\.vstack has a rule already"):
        adapts(np.vstack)(lambda tup: tup)
    with pytest.raises(ValueError, match=r"np\.vstack has a rule already"):
        op(np.vstack)(lambda x: (x, (lambda g: g,)))


def dispatched():
    """Every public function that NumPy hands to a Tensor among its arguments."""
    for module in (np, np.linalg, np.fft):
        for name in sorted(dir(module)):
            function = getattr(module, name)
            overridable = hasattr(function, "_implementation")
            if isinstance(function, np.ufunc) or overridable:
                yield pytest.param(function, id=f"{module.__name__}.{name}")


@pytest.mark.parametrize("function", list(dispatched()))
def test_every_numpy_function_has_a_rule_or_is_constant_or_is_refused(function):
    tables = (numpy_protocol._rules, numpy_protocol._compositions, CONSTANT)
    known = [table for table in tables if function in table]
    assert len(known) <= 1
    if not known:
        t = Tensor(X)
        with pytest.raises(TypeError, match=f"{function.__name__} has no rule on Tens"):
            if isinstance(function, np.ufunc):
                t.__array_ufunc__(function, "__call__", *[t] * function.nin)
            else:
                t.__array_function__(function, (Tensor,), (t,), {})


@pytest.mark.parametrize(
    ("f", "kind"),
    [
        (lambda x: np.sum(x, axis=2**70), ValueError),
        (lambda x: np.moveaxis(x, 2**70, 0), ValueError),
        (lambda x: np.argmax(x, axis=2**70), ValueError),
        (lambda x: np.pad(x, {"rows": 1}), TypeError),
    ],
)
def test_a_number_that_fits_no_index_is_an_error_of_the_usual_kinds(f, kind):
    with pytest.raises(kind, match=r"^(np\.)?(sum|moveaxis|argmax|pad): "):
        f(Tensor(X))


def test_a_constant_function_takes_tensors_in_a_list():
    assert np.array_equiv([Tensor(1.0)], Tensor(1.0))
    assert np.array_equal([Tensor(1.0), Tensor(2.0)], Tensor([1.0, 2.0]))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda x: np.compress(["a", "b"], x), r"^np.compress: a condition of <U1"),
        (
            lambda x: np.linalg.cond(np.diag(x), [2]),
            r"^np.linalg.cond: p is \[2\], and",
        ),
    ],
)
def test_an_argument_of_another_kind_is_refused_by_name(wrong, message):
    with pytest.raises(TypeError, match=message):
        wrong(Tensor([1.0, 2.0]))
