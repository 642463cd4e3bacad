"""A number never leaves the graph without a word, and every way out is explicit."""

import cmath
import io
import math
import re
import statistics
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import scipy.integrate
import scipy.optimize
import scipy.special
from tqdm import tqdm

from engine import Tensor, grad, hessian, no_grad, op

NUMBER = r"a plain number would lose the gradient of this Tensor, at .*test_leaving\.py"
ARRAY = r"a plain array would lose the gradient of this Tensor, at .*test_leaving\.py"

MATH = [
    *(math.exp, math.log, math.sqrt, math.sin, math.tanh, math.erf, math.lgamma),
    *(math.floor, math.ceil, math.fabs, math.isnan, math.isfinite, math.gamma),
    *(math.cbrt, math.degrees, cmath.exp, cmath.sqrt),
]


@pytest.mark.parametrize("f", [float, int, complex])
def test_no_plain_number_is_made_of_a_tensor_that_wants_a_gradient(f):
    for t in (Tensor(2.0), Tensor([[2.0]]), Tensor(2.0) * 3):
        with pytest.raises(TypeError, match=f"^{f.__name__}: {NUMBER}"):
            f(t)


@pytest.mark.parametrize("f", MATH)
def test_a_math_function_is_refused_and_the_error_shows_the_line_and_the_cures(f):
    with pytest.raises(TypeError, match=NUMBER) as error:
        f(Tensor(0.5))
    words = str(error.value)
    assert "(f(Tensor(0.5)))" in words
    for cure in ("np.exp(t)", "np.isfinite(t)", "np.stack", "f'{t:.3f}'", "t.item()"):
        assert cure in words


def test_math_with_two_arguments_and_other_number_types_are_refused():
    t = Tensor(0.5)
    for ask in (
        lambda: math.hypot(t, 1.0),
        lambda: math.pow(2.0, t),
        lambda: math.atan2(t, 1.0),
        lambda: math.fsum([t, 1.0]),
        lambda: math.isclose(t, 0.5),
        lambda: "%.3f" % t,  # noqa: UP031
        lambda: complex(1.0, t),
    ):
        with pytest.raises(TypeError, match=NUMBER):
            ask()
    for make in (Fraction, Decimal, math.trunc):  # Python's own words
        with pytest.raises(TypeError):
            make(t)


def test_the_program_that_gave_a_wrong_gradient_silently_is_refused():
    with pytest.raises(TypeError, match=r"x \* math\.exp\(x\)"):
        grad(lambda x: x * math.exp(x))(1.0)
    right = grad(lambda x: x * np.exp(x))(1.0)
    assert right == pytest.approx(2 * math.e)


@pytest.mark.parametrize(
    "write",
    [
        lambda a, t: a.__setitem__(0, t),
        lambda a, t: a.__setitem__(0, t[None]),
        lambda a, t: a.fill(t),
        lambda a, t: np.fromiter([t, t], float),
        lambda a, t: np.max(a, initial=t),
        lambda a, t: np.sum(a, initial=t),
        lambda a, t: np.array([(t, t)], dtype=[("a", float), ("b", float)]),
    ],
)
def test_where_numpy_puts_its_own_error_in_front_ours_is_its_cause(write):
    array = np.zeros(3)
    with pytest.raises(ValueError, match="sequence") as error:
        write(array, Tensor(2.0))
    assert isinstance(error.value.__cause__, TypeError)
    assert "np.stack([t, u])" in str(error.value.__cause__)
    assert "test_leaving.py" in str(error.value.__cause__)
    assert not array.any()


@pytest.mark.parametrize(
    "ask",
    [
        lambda t: np.float64(t),
        lambda t: np.float32(t),
        lambda t: np.int64(t),
        lambda t: np.complex128(t),
        lambda t: np.array([t, 1.0]),
        lambda t: np.array([t, t]),
        lambda t: np.sum([t, t]),
        lambda t: np.mean([t, 1.0]),
        lambda t: np.exp([t, t]),
        lambda t: np.arange(t),
        lambda t: np.random.default_rng(0).normal(t),
        lambda t: np.random.default_rng(0).uniform(0.0, t),
        lambda t: Tensor([t, t]),
        lambda t: np.zeros(2).__setitem__(slice(None), t * np.ones(2)),
    ],
)
def test_no_plain_array_is_made_of_it_and_the_error_leads_on(ask):
    with pytest.raises(TypeError, match=ARRAY) as error:
        ask(Tensor(2.0))
    words = str(error.value)
    for cure in ("np.stack([t, u])", "np.broadcast_to(t, shape)", "t * rng.normal("):
        assert cure in words
    assert words.endswith("t.data is the array without its gradient")  # it comes last


def test_np_interp_asks_for_the_numbers_left_and_right():
    for side in ("left", "right"):
        with pytest.raises(TypeError, match=NUMBER):
            np.interp([9.0], [0.0, 1.0], [0.0, 1.0], **{side: Tensor(2.0)})


def test_np_full_is_told_of_broadcast_to():
    for shape in (3, (2, 2)):
        with pytest.raises(TypeError, match=rf"^full: {ARRAY}.*np\.broadcast_to"):
            np.full(shape, Tensor(2.0))


def test_functions_of_scipy_that_numpy_does_not_hand_over_name_the_engines():
    x = Tensor([1.0, 2.0])
    for name in ("logsumexp", "softmax", "log_softmax"):
        with pytest.raises(
            TypeError, match=rf"^{name}: {ARRAY}.*engine\.logsumexp\(t, axis=\.\.\."
        ):
            getattr(scipy.special, name)(x)


def test_polygamma_is_told_of_zeta_which_has_a_rule():
    with pytest.raises(
        TypeError, match=r"^polygamma: .*scipy\.special\.zeta\(n \+ 1, t"
    ):
        scipy.special.polygamma(2, Tensor(1.5))
    right = scipy.special.polygamma(2, 1.5)
    z = scipy.special.zeta(3, Tensor(1.5))
    assert (-1) ** 3 * math.factorial(2) * z.item() == pytest.approx(right)


def test_the_line_is_the_users_also_where_the_standard_library_asks():
    with pytest.raises(TypeError, match=r"at .*test_leaving\.py:\d+ \(statistics\.fm"):
        statistics.fmean([Tensor(1.0), Tensor(2.0)])


def test_solvers_that_take_plain_numbers_refuse_a_function_of_tensors():
    t = Tensor(2.0)
    with pytest.raises(TypeError, match=NUMBER):
        scipy.integrate.quad(lambda x: x * t, 0.0, 1.0)
    with pytest.raises((TypeError, SystemError, ValueError)) as error:
        scipy.optimize.brentq(lambda x: x - t, 0.0, 5.0)
    ours = error.value.__cause__ or error.value
    # SciPy puts its own error over ours. It goes on with a number that it was not
    # given, whose sign may be that of the other: plain numbers would raise nothing.
    words = "a plain number would lose the gradient|must have different signs"
    assert re.search(words, str(ours))


# --- the explicit ways out ------------------------------------------------------------


def test_an_item_a_formatted_number_and_the_data_are_plain():
    t = Tensor(2.5)
    assert (t.item(), f"{t:.3f}", f"{t:e}") == (2.5, "2.500", "2.500000e+00")
    assert Tensor([[2.5]]).item() == 2.5
    assert (float(t.data), float(t.detach()), int(t.detach())) == (2.5, 2.5, 2)
    assert complex(t.detach()) == 2.5


def test_comparisons_truth_and_tests_of_numbers_stay():
    t = Tensor(2.5)
    assert t > 1.0
    assert bool(t)
    assert np.isclose(t, 2.5)
    assert np.allclose(t, 2.5)
    assert np.isfinite(t)
    assert max(t, Tensor(1.0)) is t
    assert sorted([t, Tensor(1.0)])[1] is t


def test_a_progress_bar_shows_the_loss():
    with tqdm([0], file=io.StringIO()) as bar:
        bar.set_postfix(loss=Tensor(2.5), error=f"{Tensor(2.5):.1f}")
        assert "error=2.5, loss=Tensor(2.5)" in str(bar)


def test_without_recording_a_tensor_is_a_number_and_an_array():
    t, x = Tensor(2.5), Tensor([1.0, 2.0])
    with no_grad():
        assert (float(t), int(t), complex(t)) == (2.5, 2, 2.5)
        assert math.exp(t) == math.exp(2.5)
        array = np.zeros(2)
        array[0] = t
        assert array.tolist() == [2.5, 0.0]
        assert np.asarray(x).tolist() == [1.0, 2.0]
        assert np.array([t, t]).tolist() == [2.5, 2.5]
    assert float(Tensor(2.5, requires_grad=False)) == 2.5


def test_more_than_one_element_is_never_a_number():
    for x in (Tensor([1.0, 2.0]).detach(), Tensor(np.zeros(0)).detach()):
        for ask in (float, int, complex):
            with pytest.raises(ValueError, match=r"item: .* only one element"):
                ask(x)


# --- rules ----------------------------------------------------------------------------


@op()
def by_math(x):
    """exp(x), written for plain numbers only."""
    y = math.exp(float(x))
    return y, (lambda g: g * y,)


def test_a_rule_that_asks_for_a_number_reports_that_it_has_first_derivatives_only():
    assert grad(by_math)(1.0) == pytest.approx(math.e)
    with pytest.raises(RuntimeError, match=r"by_math' has first derivatives only") as e:
        hessian(by_math)(1.0)
    assert isinstance(e.value.__cause__, TypeError)
