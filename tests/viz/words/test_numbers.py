"""How numbers, arrays and gradients read."""

import numpy as np
import pytest

from engine import Tensor
from viz.words.detail import Detail, in_detail
from viz.words.numbers import (
    gradient_lines,
    gradient_size,
    is_finite,
    magnitude,
    number,
    rows,
    value_lines,
)

NUMBERS = [
    (2.0, "2.0"),
    (-8.0, "-8.0"),
    (-0.0, "0.0"),
    (-1e-320, "-1e-320"),
    (0.1 + 0.2, "0.3"),
    (1 / 3, "0.3333"),
    (-0.03125, "-0.03125"),
    (1234.5678, "1235"),
    (1235.0, "1235.0"),
    (6 - 1e-12, "6.0"),
    (123456.0, "1.235e5"),
    (1e-7, "1e-7"),
    (9999.9, "1e4"),
    (float("nan"), "NaN"),
    (float("inf"), "∞"),
    (float("-inf"), "-∞"),
    (np.float32(0.1), "0.1"),
    (3, "3"),
    (-7, "-7"),
    (10**9, "1e9"),
    (10**400, "huge"),
    (np.int64(5), "5"),
    (True, "True"),
    (np.bool_(False), "False"),
    (1 - 2j, "1.0-2.0j"),
]


@pytest.mark.parametrize(("value", "shown"), NUMBERS)
def test_a_number_has_four_significant_digits_and_no_negative_zero(value, shown):
    assert number(value) == shown


VALUES = [
    (2.0, ["2.0"]),
    (7, ["7"]),
    (np.array(3.0), ["3.0"]),
    (np.array([1.0, -0.0]), ["(2,) float64", "[1.0, 0.0]"]),
    (np.array([[2.0]], np.float32), ["(1, 1) float32", "2.0"]),
    (np.arange(6.0), ["(6,) float64", "0.0 … 5.0"]),
    (np.array([1.0, np.nan] * 3), ["(6,) float64", "1.0, NaN"]),
    (np.array([-1.0, np.nan, 2.0] * 3), ["(9,) float64", "-1.0 … 2.0, NaN"]),
    (np.array([-np.inf, 1.0, 2.0] * 3), ["(9,) float64", "-∞, 1.0 … 2.0"]),
    (np.array([np.inf, np.nan] * 3), ["(6,) float64", "∞, NaN"]),
    (np.array([np.inf, -np.inf] * 3), ["(6,) float64", "-∞, ∞"]),
    (np.arange(6), ["(6,) int64", "0 … 5"]),
    (np.arange(6) > 1, ["(6,) bool", "4 of 6 True"]),
    (np.zeros((0, 3)), ["(0, 3) float64", "[]"]),
    (np.arange(5) * 1j, ["(5,) complex128", "max|x| 4.0"]),
    (np.full(5, 3j), ["(5,) complex128", "all 0.0+3.0j"]),
    (np.full((9, 9), 0.001), ["(9, 9) float64", "all 0.001"]),
    (np.zeros(5), ["(5,) float64", "all 0.0"]),
    (np.full(5, 7), ["(5,) int64", "all 7"]),
    (np.full(5, np.nan), ["(5,) float64", "all NaN"]),
    (np.full(4, 0.5), ["(4,) float64", "[0.5, 0.5, 0.5, 0.5]"]),
    (np.array(["a"] * 5), ["(5,) <U1"]),
    ("words", ["'words'"]),
    (None, ["None"]),
]


@pytest.mark.parametrize(("value", "lines"), VALUES)
def test_a_value_reads_by_its_entries_or_its_extremes(value, lines):
    assert value_lines(value) == lines


GRADIENTS = [
    (2.0, None, "∂ not run"),
    (2.0, 6.0, "∂ 6.0"),
    (2.0, -2.0, "∂ -2.0"),
    (2.0, 0.0, "∂ 0"),
    (2.0, -0.0, "∂ 0"),
    (2.0, np.nan, "∂ NaN"),
    (2.0, -np.inf, "∂ -∞"),
    ([1.0, 2.0], [0.5, -1.0], "∂ [0.5, -1.0]"),
    ([1.0, 2.0], [0.0, 0.0], "∂ 0"),
    ([1.0, 2.0], [np.nan, 0.0], "∂ [NaN, 0.0]"),
    ([0.0] * 9, [0.25] * 8 + [-0.5], "∂ up to ±0.5"),
    ([0.0] * 9, [0.25] * 8 + [np.nan], "∂ NaN"),
    ([0.0] * 9, [0.25] * 9, "∂ all 0.25"),
    ([0.0] * 9, [np.nan] * 9, "∂ all NaN"),
    ([0.0] * 9, [0.0] * 9, "∂ 0"),
]


@pytest.mark.parametrize(("value", "gradient", "line"), GRADIENTS)
def test_the_gradient_line_tells_the_states_apart(value, gradient, line):
    tensor = Tensor(value)
    tensor.grad = None if gradient is None else np.asarray(gradient)
    assert gradient_lines(tensor) == [line]


def test_a_matrix_reads_row_by_row_its_columns_aligned():
    x = Tensor([[1.0, -22.5], [300.0, 4.0]])
    x.grad = np.array([[0.5, np.inf], [-1.25, 2.0]])
    assert value_lines(x) == ["(2, 2) float64", "  1.0  -22.5", "300.0    4.0"]
    assert gradient_lines(x) == ["∂  0.5   ∞  ", "  -1.25  2.0"]
    assert rows(np.array([[1, 20], [300, 4]])) == ["  1  20", "300   4"]


def test_leading_axes_are_run_together():
    cube = np.arange(8.0).reshape(2, 2, 2)
    assert value_lines(cube)[1:] == ["0.0  1.0", "2.0  3.0", "4.0  5.0", "6.0  7.0"]


@pytest.mark.parametrize("held", [3, np.zeros(2), Tensor(1.0, requires_grad=False)])
def test_what_wants_no_gradient_says_no_grad(held):
    assert gradient_lines(held) == ["no grad"]


def test_a_gradient_that_is_a_tensor_reads_like_its_data():
    x = Tensor(3.0)
    (x * x).backward(create_graph=True)
    assert gradient_lines(x) == ["∂ 6.0"]
    assert magnitude(x) == 6.0
    x.grad = None


def test_magnitude_is_the_largest_and_nan_counts_for_nothing():
    x = Tensor([1.0, 2.0])
    assert magnitude(x) == 0.0
    x.grad = np.array([np.nan, -3.0])
    assert magnitude(x) == 3.0
    x.grad = np.array([-np.inf, 1.0])
    assert magnitude(x) == np.inf
    assert magnitude(5) == 0.0


def test_nan_and_infinity_are_seen_in_arrays_and_numbers():
    assert is_finite(Tensor([1.0, 2.0]))
    assert is_finite(None)
    assert not is_finite(np.array([1.0, np.inf]))
    assert not is_finite(Tensor(np.nan))
    assert not is_finite(float("nan"))
    assert is_finite(np.arange(3))


def test_other_digits_are_written_for_as_long_as_a_picture_is_made():
    with in_detail(Detail(digits=2)):
        shown = [number(x) for x in (1 / 3, 1234.6, 1000.0, 12345.0, 1e-7, 2.0)]
    assert shown == ["0.33", "1235", "1000.0", "1.2e4", "1e-7", "2.0"]
    with in_detail(Detail(digits=17)):
        assert number(0.1) == "0.10000000000000001"
    assert number(1 / 3) == "0.3333"
    with pytest.raises(RuntimeError), in_detail(Detail(digits=2)):
        raise RuntimeError
    assert number(1 / 3) == "0.3333"


def test_where_there_is_little_room_an_array_of_few_entries_is_not_written_out():
    data = np.arange(6.0).reshape(2, 3)
    assert value_lines(data)[1:] == ["0.0  1.0  2.0", "3.0  4.0  5.0"]
    with in_detail(Detail(entries=4)):
        assert value_lines(data)[1:] == ["0.0 … 5.0"]
        assert value_lines(data[0])[1:] == ["[0.0, 1.0, 2.0]"]


def test_more_than_four_equal_entries_are_one_number():
    assert value_lines(np.ones((2, 3)))[1:] == ["all 1.0"]
    assert value_lines(np.ones((2, 2)))[1:] == ["1.0  1.0", "1.0  1.0"]


SIZES = [
    ([0.5], "0.5"),
    ([0.5, -2.0], "up to ±2.0"),
    ([0.0, 0.0], "0"),
    ([1.0, 1.0], "all 1.0"),
    ([1e-20, -1e-20], "≈ 0"),
    ([], "empty"),
]


@pytest.mark.parametrize(("gradient", "shown"), SIZES)
def test_the_size_of_a_gradient_takes_few_characters(gradient, shown):
    assert gradient_size(np.array(gradient), noise=1e-12) == shown
