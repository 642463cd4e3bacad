"""The layers' calculus: values, derivatives, kinks and refusals of nn."""

import numpy as np
import pytest
from helpers.layer_rows import MASK, normal
from helpers.layer_rows import RULES as ROWS

import nn
from engine import Tensor, backward_pass, check_gradients, no_grad
from nn import exciter, lin, masked_linear, mse, relu

rows = pytest.mark.parametrize(
    ("rule", "options", "operands"), [row[:3] for row in ROWS.values()], ids=ROWS
)


def gradients(rule, options, operands, seed=0):
    leaves = [Tensor(x) for x in operands]
    out = rule(*leaves, **options)
    out.backward(normal(seed, *out.shape).astype(out.dtype))
    return [leaf.g for leaf in leaves]


def test_every_rule_of_nn_has_a_row():
    rules = {f for name in nn.__all__ if hasattr(f := getattr(nn, name), "lazy")}
    assert {row[0] for row in ROWS.values()} == rules


@pytest.mark.parametrize(
    ("rule", "options", "operands", "by_hand"), ROWS.values(), ids=ROWS
)
def test_a_value_is_that_of_the_formula_written_by_hand(
    rule, options, operands, by_hand
):
    np.testing.assert_allclose(
        rule(*operands, **options), by_hand(*operands), rtol=1e-13, atol=1e-14
    )


@rows
def test_derivatives_agree_with_central_differences_to_second_order(
    rule, options, operands
):
    check_gradients(lambda *x: rule(*x, **options), *operands, order=2)


ALONE = [(name, i) for name, row in ROWS.items() for i in range(len(row[2]))]


@pytest.mark.parametrize(("name", "i"), ALONE)
def test_an_operand_that_alone_is_a_tensor_has_the_same_derivatives(name, i):
    rule, options, operands, _ = ROWS[name]

    def alone(x):
        return rule(*operands[:i], x, *operands[i + 1 :], **options)

    check_gradients(alone, operands[i], order=2)
    x = Tensor(operands[i])
    out = alone(x)
    out.backward(normal(0, *out.shape))
    np.testing.assert_array_equal(x.g, gradients(rule, options, operands)[i])


@rows
def test_only_operands_that_want_a_gradient_keep_a_closure(rule, options, operands):
    out = rule(Tensor(operands[0]), *operands[1:], **options)
    assert [fn is not None for fn in out.grad_fns] == [True] + [False] * (
        len(operands) - 1
    )


@rows
def test_plain_operands_give_a_plain_value(rule, options, operands):
    assert type(rule(*operands, **options)) in (np.ndarray, np.float64)


@rows
def test_under_no_grad_nothing_is_recorded(rule, options, operands):
    with no_grad():
        out = rule(*map(Tensor, operands), **options)
    assert not out.requires_grad
    assert out.parents == ()


@rows
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble])
def test_the_dtype_is_kept_forward_and_backward(rule, options, operands, dtype):
    if "mask" in options:
        options = {"mask": options["mask"].astype(dtype)}
    leaves = [Tensor(x.astype(dtype)) for x in operands]
    out = rule(*leaves, **options)
    assert out.dtype == dtype
    out.backward(np.ones(out.shape))
    assert [leaf.g.dtype for leaf in leaves] == [dtype] * len(leaves)
    assert [leaf.g.shape for leaf in leaves] == [leaf.shape for leaf in leaves]


def backwards(x):
    return x[::-1].copy()[::-1] if x.ndim else x


def read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


@rows
@pytest.mark.parametrize(
    "layout",
    [np.asfortranarray, backwards, read_only, lambda x: x.astype(">f8")],
    ids=["Fortran order", "reversed", "read-only", "big-endian"],
)
def test_the_layout_in_memory_changes_nothing(rule, options, operands, layout):
    others = [layout(x) for x in operands]
    np.testing.assert_allclose(
        rule(*others, **options), rule(*operands, **options), rtol=1e-14, atol=1e-15
    )
    for ours, g in zip(
        gradients(rule, options, others),
        gradients(rule, options, operands),
        strict=True,
    ):
        np.testing.assert_allclose(ours, g, rtol=1e-13, atol=1e-14)


@rows
def test_a_rule_never_writes_into_its_operands(rule, options, operands):
    before = [x.copy() for x in operands]
    gradients(rule, options, operands)
    for x, old in zip(operands, before, strict=True):
        np.testing.assert_array_equal(x, old)


def test_lin_takes_an_empty_batch_and_a_layer_without_features():
    x, w, b = Tensor(np.zeros((0, 3))), Tensor(np.ones((3, 2))), Tensor(np.ones(2))
    lin(x, w, b).backward(np.zeros((0, 2)))
    assert x.g.shape == (0, 3)
    assert not w.g.any()
    assert not b.g.any()
    np.testing.assert_array_equal(
        lin(np.zeros((2, 0)), np.zeros((0, 2)), np.ones(2)), np.ones((2, 2))
    )


def test_lin_takes_integer_examples():
    w = Tensor(normal(0, 2, 3))
    out = lin(np.array([[1, 2], [3, 4]]), w, np.zeros(3))
    out.backward(np.ones((2, 3)))
    np.testing.assert_array_equal(w.g, np.array([[4.0] * 3, [6.0] * 3]))


def test_a_bias_of_another_dtype_can_be_differentiated_twice():
    x, w = Tensor(np.ones((2, 3), np.float32)), np.ones((3, 2), np.float32)
    b = Tensor(np.full(2, 0.1))
    out = lin(x, w, b)
    backward_pass([out], [np.ones(out.shape, out.dtype)], create_graph=True)


def test_relu_has_slope_0_at_exactly_0():
    x = Tensor([-1.0, -0.0, 0.0, 5e-324, 1.0])
    relu(x).backward(np.full(5, 7.0))
    assert x.g.tolist() == [0, 0, 0, 7, 7]


def test_relu_lets_nan_through():
    assert np.isnan(relu(np.array([np.nan]))).all()


@pytest.mark.parametrize(("low", "high"), [(-10.0, 10.0), (-0.5, 2.0), (0.0, 1e-3)])
def test_the_exciter_passes_the_gradient_at_its_bounds_and_none_beyond(low, high):
    below, above = np.nextafter(low, -np.inf), np.nextafter(high, np.inf)
    x = Tensor([below, low, (low + high) / 2, high, above])
    y = exciter(x, low=low, high=high)
    y.backward(np.full(5, 3.0))
    assert x.g.tolist() == [0, 3, 3, 3, 0]
    assert y.data.tolist() == [low, low, (low + high) / 2, high, high]


def test_masked_entries_get_exactly_zero_gradient():
    rule, options, operands, _ = ROWS["masked_linear"]
    x = operands[0]
    _, wg, _ = gradients(rule, options, operands)
    out = normal(0, 5, 3)
    assert (wg[MASK == 0] == 0).all()
    np.testing.assert_allclose(wg[MASK == 1], (x.T @ out)[MASK == 1], rtol=1e-14)


def test_masked_weights_have_no_part_in_the_value():
    x, w, b = ROWS["masked_linear"][2]
    changed = np.where(MASK, w, 1e6)
    np.testing.assert_array_equal(
        masked_linear(x, changed, b, mask=MASK), masked_linear(x, w, b, mask=MASK)
    )


def test_mse_of_a_column_against_a_vector_never_broadcasts():
    output, target = Tensor([[1.0], [2.0], [4.0]]), Tensor([0.0, 0.0, 1.0])
    loss = mse(output, target)
    loss.backward()
    assert loss.item() == 14 / 3
    assert output.g.shape == (3, 1)
    np.testing.assert_allclose(output.g[:, 0], [2 / 3, 4 / 3, 2], rtol=1e-15)
    np.testing.assert_array_equal(target.g, -output.g[:, 0])


def z(*shape):
    return np.zeros(shape)


REFUSED = {
    "a vector of examples": (
        lambda: lin(Tensor(z(3)), z(3, 2), z(2)),
        r"lin: x has shape \(3,\), and must be a batch of shape \(n, d\); for one "
        r"example use x\[None, :\]",
    ),
    "a stack of batches of other features": (
        lambda: lin(Tensor(z(2, 4, 5)), z(3, 2), z(2)),
        r"lin: x \(2, 4, 5\) @ w \(3, 2\) needs 5 == 3",
    ),
    "biases that do not fit, of a stack": (
        lambda: lin(Tensor(z(2, 4, 3)), z(3, 2), z(3)),
        r"lin: b has shape \(3,\), and must have \(2,\) to go with w \(3, 2\)",
    ),
    "a number": (
        lambda: lin(Tensor(1.0), z(3, 2), z(2)),
        r"lin: x has shape \(\), and must be a batch",
    ),
    "features that differ": (
        lambda: lin(Tensor(z(4, 5)), z(3, 2), z(2)),
        r"lin: x \(4, 5\) @ w \(3, 2\) needs 5 == 3",
    ),
    "weights that are no matrix": (
        lambda: lin(Tensor(z(4, 3)), z(3), z(1)),
        r"lin: w has shape \(3,\), and must have \(d, k\)",
    ),
    "biases that do not fit": (
        lambda: lin(Tensor(z(4, 3)), z(3, 2), z(3)),
        r"lin: b has shape \(3,\), and must have \(2,\) to go with w \(3, 2\)",
    ),
    "biases that would broadcast": (
        lambda: lin(Tensor(z(4, 3)), z(3, 2), z(1)),
        r"lin: b has shape \(1,\), and must have \(2,\)",
    ),
    "weights that are a vector, biases a number": (
        lambda: lin(Tensor(z(4, 3)), z(3), z()),
        r"lin: w has shape \(3,\), and must have \(d, k\)",
    ),
    "weights that are a stack": (
        lambda: lin(Tensor(z(2, 2)), z(2, 2, 3), z(2, 3)),
        r"lin: w has shape \(2, 2, 3\), and must have \(d, k\)",
    ),
    "masked weights that are a vector": (
        lambda: masked_linear(Tensor(z(4, 3)), z(3), z(), mask=np.ones(3)),
        r"masked_linear: w has shape \(3,\), and must have \(d, k\)",
    ),
    "a mask that would broadcast": (
        lambda: masked_linear(Tensor(z(4, 3)), z(3, 2), z(2), mask=np.ones(2)),
        r"masked_linear: mask has shape \(2,\), and must have w's, \(3, 2\)",
    ),
    "masked examples in a vector": (
        lambda: masked_linear(Tensor(z(3)), z(3, 2), z(2), mask=np.ones((3, 2))),
        r"masked_linear: x has shape \(3,\), and must be a batch",
    ),
}


@pytest.mark.parametrize(("call", "words"), REFUSED.values(), ids=REFUSED)
def test_shapes_that_do_not_fit_are_refused_by_words(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize(
    ("output", "target"),
    [
        ((3, 2), (3,)),
        ((3,), (3, 1)),
        ((3, 1), (1, 3)),
        ((3, 1), (4,)),
        ((3,), (4,)),
        ((1, 3), (3,)),
        ((3,), ()),
        ((), (3,)),
        ((3, 4, 1), (3, 4)),
        ((1,), ()),
    ],
    ids=str,
)
def test_mse_refuses_every_other_pair_of_shapes_and_names_both(output, target):
    with pytest.raises(ValueError, match=r"mse: output \(.*\) against target") as e:
        mse(Tensor(z(*output)), z(*target))
    assert f"output {output} against target {target}" in str(e.value)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: relu(Tensor(1.0), slope=0.1), "'slope' is not an option of this rule"),
        (lambda: exciter(Tensor(1.0), low=Tensor(0.0)), "option 'low' is a Tensor"),
        (
            lambda: masked_linear(z(1, 1), z(1, 1), z(1), mask=Tensor(z(1, 1))),
            "option 'mask' is a Tensor",
        ),
        (lambda: lin(Tensor(z(2, 2)), z(2, 2)), "lin: .*missing"),
    ],
)
def test_options_and_operands_that_do_not_exist_are_refused(call, words):
    with pytest.raises(TypeError, match=words):
        call()


def test_a_mask_of_other_numbers_is_refused_by_the_rule_too():
    x, w, b = np.ones((2, 3)), np.ones((3, 3)), np.zeros(3)
    with pytest.raises(ValueError, match="masked_linear: mask holds 0.5, and must"):
        masked_linear(x, w, b, mask=np.full((3, 3), 0.5))
    with pytest.raises(ValueError, match=r"mask has shape \(2, 3\).*mask.T would fit"):
        masked_linear(x, np.ones((3, 2)), np.zeros(2), mask=np.ones((2, 3)))


@pytest.mark.parametrize(
    ("wrong", "cure"),
    [
        (lambda: mse(np.ones((3, 1)), np.ones((1, 3))), r"target.reshape\(\(3, 1\)\)"),
        (lambda: mse(np.ones(3), np.ones(4)), "they differ in size"),
        (lambda: lin(np.ones((2, 5)), np.ones((3, 5)), np.ones(5)), "w.T would fit"),
        (
            lambda: lin(np.ones((2, 5)), np.ones((3, 2)), np.ones(2)),
            "must have 5 rows",
        ),
        (lambda: lin(np.ones((2, 5)), np.ones((5, 2)), np.ones((1, 2))), "ravel"),
        (lambda: lin(np.ones((2, 5)), np.ones(5), np.ones(1)), r"w\[:, None\]"),
    ],
)
def test_an_error_of_shapes_names_the_likely_cure(wrong, cure):
    with pytest.raises(ValueError, match=cure):
        wrong()


@pytest.mark.parametrize("n", [5000, 80000])
def test_the_error_of_a_long_batch_of_float16_does_not_overflow(n):
    output = Tensor(np.full((n, 1), 5, np.float16))
    loss = mse(output, np.zeros(n, np.float16))
    assert (loss.dtype, loss.item()) == (np.float16, 25.0)
    loss.backward()
    assert output.grad.dtype == np.float16
    np.testing.assert_allclose(output.grad, 10 / n, rtol=1e-3)
    output.grad = None
    mse(output, np.zeros(n, np.float16)).backward(create_graph=True)
    assert output.grad.dtype == np.float16
    output.grad = None


@pytest.mark.parametrize(
    ("x", "w", "b"),
    [
        (np.ones((2, 1), "f2"), np.ones((1, 3), "f2"), np.full(3, 1e5)),
        (np.ones((2, 1), int), np.full((1, 3), 2), np.full(3, 0.5)),
        (np.ones((2, 1)), np.ones((1, 3)), np.full(3, 1, "f4")),
        (np.ones((2, 1), "f4"), np.ones((1, 3), "f4"), np.arange(3)),
    ],
)
def test_operands_of_mixed_dtypes_give_what_numpys_formula_gives(x, w, b):
    mask = np.ones(w.shape, bool)
    for y in (lin(x, w, b), masked_linear(x, w, b, mask=mask)):
        assert y.dtype == (x @ w + b).dtype
        np.testing.assert_array_equal(y, x @ w + b)


@pytest.mark.parametrize("mask", [np.eye(2), np.eye(2) > 0, np.eye(2, dtype=np.int8)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_masked_entry_changes_nothing_even_if_it_is_nan(mask, dtype):
    w = Tensor(np.array([[1.0, np.nan], [np.inf, 2.0]], dtype))
    x, b = Tensor(np.array([[3.0, 5.0]], dtype)), np.zeros(2, dtype)
    y = masked_linear(x, w, b, mask=mask)
    y.backward(np.ones((1, 2)))
    assert (y.dtype, y.data.tolist()) == (dtype, [[3.0, 10.0]])
    assert x.g.tolist() == [[1.0, 2.0]]
    assert w.g.tolist() == [[3.0, 0.0], [0.0, 5.0]]
    with np.errstate(invalid="ignore"):  # to x, infinity times what is left out
        reached = backward_pass([y], [np.array([[1.0, np.inf]])])
    assert reached[w].tolist() == [[3.0, 0.0], [0.0, np.inf]]
