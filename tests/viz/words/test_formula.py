"""The source text of a closure, as it stands in the rule."""

import functools

import numpy as np
import pytest
from helpers.cases import case
from helpers.rule_rows import CASES

from engine import Tensor, op, topological_order
from viz.words.formula import (
    FORMULA_WIDTH,
    closure_text,
    operand_letters,
    product_shapes,
)


def text(fn):
    return closure_text(fn, "rule", "x")


def test_a_lambda_reads_as_its_expression():
    y = 2
    assert text(lambda g: g * y) == "g * y"


def test_two_lambdas_of_one_line_are_told_apart():
    x = y = np.eye(2)
    left, right = (lambda g: g @ y.T, lambda g: x.T @ g)
    assert (text(left), text(right)) == ("g @ y.T", "x.T @ g")


@pytest.mark.parametrize(
    ("fn", "expected"),
    [
        (lambda g: g, "g"),
        (lambda g: -g, "-g"),
        (lambda _g: 0.0, "0.0"),
        (lambda g: g if g else -g, "g if g else -g"),
        (lambda g: (g, g)[0], "(g, g)[0]"),
        (lambda g: [h * 2 for h in g], "[h * 2 for h in g]"),
        (lambda g: (lambda h: h + 1)(g), "(lambda h: h + 1)(g)"),
        (lambda g: lambda h: h + g, "lambda h: h + g"),
    ],
)
def test_every_kind_of_expression_is_found(fn, expected):
    assert text(fn) == expected


def test_the_inner_of_two_nested_lambdas_reads_as_itself():
    inner = (lambda g: lambda h: h + g)(1)
    assert text(inner) == "h + g"


def test_columns_count_in_bytes_so_letters_before_may_be_any():
    first, second = "∂é", (lambda g: g + 1, lambda g: g + 2)  # noqa: F841
    assert [text(f) for f in second] == ["g + 1", "g + 2"]


def test_an_expression_over_lines_is_put_on_one():
    fn = lambda g: (
        g * 2  # a comment that is no part of it
    )
    assert text(fn) == "g * 2"


def test_a_named_function_shows_the_first_line_of_its_docstring():
    def spread(g):
        """g spread over x

        and more.
        """
        return g

    def plain(g):
        return g * 3

    def longer(g):
        y = g * 3
        y += 1
        return y

    assert text(spread) == "g spread over x"
    assert text(plain) == "g * 3"
    assert text(longer) == "∂rule/∂x"


def test_without_source_it_is_the_partial_derivative():
    names = {}
    exec("fn = lambda g: g * 2", names)
    assert text(names["fn"]) == "∂rule/∂x"
    assert text(np.negative) == "∂rule/∂x"
    assert text(functools.partial(max, 1)) == "∂rule/∂x"


def test_a_file_that_was_edited_after_import_is_not_quoted(tmp_path):
    file = tmp_path / "rules.py"
    file.write_text("y = 1\nfn = lambda g: lambda k: g * y\n")
    names = {}
    exec(compile(file.read_text(), str(file), "exec"), names)
    file.write_text("y = 1\nfn = lambda f: lambda q: f * y\n")
    assert text(names["fn"](2)) == "∂rule/∂x"


def test_a_long_formula_is_cut():
    # fmt: off
    fn = lambda g: g * 1 * 2 * 3 * 4 * 5 * 6 * 7 * 8 * 9 * 10 * 11 * 12 * 13 * 14 * 15
    # fmt: on
    assert len(text(fn)) == FORMULA_WIDTH


def test_the_letters_of_operands_come_from_the_signature():
    @op()
    def dot(x, w, *, scale):
        return x * w * scale, (lambda g: g * w * scale, lambda g: g * x * scale)

    @op()
    def total(*xs):
        return sum(xs), tuple((lambda g: g) for _ in xs)

    assert operand_letters(dot(Tensor(1.0), 2.0, scale=3.0)) == ["x", "w"]
    assert operand_letters(total(Tensor(1.0), 2.0)) == ["xs[0]", "xs[1]"]
    assert operand_letters(Tensor(1.0)) == []


def test_a_matrix_product_tells_the_shapes_of_both_sides():
    x, w, out = np.ones((64, 5)), np.ones((5, 3)), np.ones((64, 3))
    assert product_shapes(lambda g: x.T @ g, out) == "(5, 64) @ (64, 3)"
    assert product_shapes(lambda g: g @ (w * 2).T, out) == "(64, 3) @ (3, 5)"
    assert product_shapes(lambda g: g * 2, out) == ""
    assert product_shapes(lambda g: x.no_such @ g, out) == ""
    assert product_shapes(np.negative, out) == ""
    assert product_shapes(lambda g: (x.T @ g) * 2, out) == "(5, 64) @ (64, 3)"


def test_np_dot_of_two_matrices_reads_as_the_product_that_it_is():
    x, w, out = np.ones((64, 5)), np.ones((5, 3)), np.ones((64, 3))
    assert text(lambda g: np.dot(g, w.T)) == "g @ w.T"
    assert product_shapes(lambda g: np.dot(g, w.T), out) == "(64, 3) @ (3, 5)"
    assert text(lambda g: (x.T @ g) * 2) == "(x.T @ g) * 2"


def closures(name):
    """Those of the first row of a rule, where an operand was a Tensor."""
    f, *operands = CASES[name][0]
    y = f(*map(Tensor, operands))
    nodes = [node for node in topological_order([y]) if node.op.startswith(name)]
    return [fn for node in nodes for fn in node.grad_fns if fn is not None]


@pytest.mark.parametrize("name", CASES)
def test_every_rule_has_a_formula_that_fits_and_names_nothing_private(name):
    assert closures(name)
    for fn in closures(name):
        words = closure_text(fn, "rule", "x")
        with case(words):
            assert not words.startswith("∂")
            assert len(words) <= FORMULA_WIDTH
            assert " _" not in f" {words}"
            assert "(_" not in words
