"""An expression as text: a graph comes out, or an error that points at its place."""

import ast
import math
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import data_of, numpy_protocol
from viz.command import cli, expression, grammar, parser
from viz.command.expression import Expression
from viz.command.grammar import FUNCTIONS
from viz.command.parser import LONGEST, SHOWN, ExpressionError, pointed
from viz.words.text import width


def graph(text, /, **values):
    return Expression(text).graph(values)


def value(text, /, **values):
    return data_of(graph(text, **values)[0])


def attempt(text, /, **values):
    """The value, or the error in its place."""
    try:
        return value(text, **values)
    except ExpressionError as error:
        return error


# --- what is computed -----------------------------------------------------------------


def test_an_expression_becomes_the_graph_that_it_says():
    loss, leaves = graph("(a*b + c) * f", a=2, b=-3, c=10, f=-2)
    assert list(leaves) == ["a", "b", "c", "f"]
    assert all(leaf.name == name for name, leaf in leaves.items())
    loss.backward()
    assert loss.item() == -8.0
    assert [leaf.grad for leaf in leaves.values()] == [6.0, -4.0, -2.0, 4.0]
    total, f = loss.parents
    assert (loss.op, total.op, f) == ("multiply", "add", leaves["f"])


def test_names_come_in_the_order_of_their_first_appearance():
    assert Expression("b*a + exp(c)*b - pi").names == ("b", "a", "c", "pi")


def test_a_name_used_twice_is_one_leaf():
    loss, leaves = graph("a*a", a=3)
    assert loss.parents == (leaves["a"], leaves["a"])


def test_numbers_stay_plain_and_are_computed_as_floats():
    loss, _ = graph("a * 2**3", a=1)
    constant = loss.parents[1]
    assert type(constant) is float
    assert constant == 8.0
    result, leaves = graph("2 + 3")
    assert type(result) is float
    assert (result, leaves) == (5.0, {})


@pytest.mark.parametrize(
    "text",
    [
        "-a**2",
        "a**-b",
        "2**3**0.5",
        "a - b - 1",
        "a / b / 2",
        "a % b * 3",
        "-7 % a",
        "+a - -b",
        "1_000 * a + 0x10 + .5e1 + 1.",
        " a\n * \tb ",
        "((a)) * ((((b))))",
    ],
)
def test_operators_bind_as_in_python(text):
    expected = eval(text.strip().replace("\n", " "), {"a": 2.5, "b": 1.5})
    assert value(text, a=2.5, b=1.5) == pytest.approx(expected, rel=1e-14)


def test_pi_is_known_unless_it_is_given():
    assert value("cos(pi)") == -1.0
    loss, leaves = graph("pi * 2", pi=3)
    assert loss.item() == 6.0
    assert list(leaves) == ["pi"]


def test_names_are_those_that_python_makes_of_them():
    expression = Expression("ﬁ * 变量")
    assert expression.names == ("fi", "变量")
    values = expression.values(["ﬁ=2", "变量=3"])
    assert expression.graph(values)[0].item() == 6.0


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_numpys_and_has_a_gradient(name):
    function = getattr(np, name)
    numbers = [1.25, 0.75][: getattr(function, "nin", 1)]
    if name in ("acos", "arccos", "asin", "arcsin", "atanh", "arctanh"):
        numbers = [0.5]
    letters = "xy"[: len(numbers)]
    loss, leaves = graph(
        f"{name}({', '.join(letters)})", **dict(zip(letters, numbers, strict=True))
    )
    loss.backward()
    assert loss.item() == function(*numbers)
    for i, leaf in enumerate(leaves.values()):
        step = 1e-6 * np.eye(len(numbers))[i]
        slope = (function(*numbers + step) - function(*numbers - step)) / 2e-6
        assert leaf.grad == pytest.approx(slope, abs=1e-6)


def test_every_function_of_numbers_that_the_engine_has_is_there():
    of_numbers = {
        name
        for name in dir(np)
        if isinstance(getattr(np, name), np.ufunc)
        and getattr(np, name) in numpy_protocol._rules
        and getattr(np, name).signature is None  # which matmul has
    }
    left_out = {"conjugate", "conj", "positive"}  # of a real number, itself
    assert of_numbers - left_out == FUNCTIONS.keys() - {"sinc"}


# --- errors ---------------------------------------------------------------------------


def error(text, /, **values):
    with pytest.raises(ExpressionError) as caught:
        graph(text, **values)
    return caught.value


ERRORS = [  # the expression, the index pointed at, the message
    ("", 0, "the expression is empty"),
    (" \n ", 0, "the expression is empty"),
    ("a*b + foo(c)", 6, "'foo' is not a function .* a product write foo*(...)"),
    ("sine(a)", 0, "'sine' is not a function; did you mean sin"),
    ("relu(a)", 0, "'relu' is not a function; write maximum(x, 0)"),
    ("1 + a(b)", 4, "'a' is not a function"),
    ("(a+b)(c)", 5, "only the name of a function can be called; for a product write *"),
    ("2(a)", 1, "only the name of a function can be called"),
    ("exp()", 0, "exp takes 1 operand, and got 0"),
    ("1 - hypot(a)", 4, "hypot takes 2 operands, and got 1"),
    ("exp(x=a)", 4, "exp takes its operands by position only"),
    ("exp(*a)", 4, "'*a' cannot stand"),
    ("exp(a for a in b)", 6, "'for' cannot stand"),
    ("3 * 2a", 4, "'2a' is not a number; for a product write 2*a"),
    ("2.5a", 0, "'2.5a' is not a number; for a product write 2.5*a"),
    ("2j * a", 0, "'2j' is imaginary; for a product write 2*j"),
    ("0777", 0, "'0777' is not a number"),
    ("1__0", 0, "'1__0' is not a number"),
    ("a b", 2, "'b' is not expected here; is an operator missing before it"),
    ("(a b)", 3, "'b' is not expected here; is an operator missing before it"),
    ("(a)b", 3, "'b' is not expected here; is an operator missing before it"),
    ("a..b", 0, "'a..b' is not expected here"),
    ("a if", 2, "'if' cannot stand in an expression: it is a keyword of"),
    ("a^2", 1, "'^' cannot stand in an expression; write ** for a power"),
    ("a // b", 2, "'//' cannot stand in an expression; write / for a quotient"),
    ("(a) @ (b)", 4, "'@' cannot stand in an expression, which is made of"),
    ("a × b", 2, "'×' cannot stand in an expression; write *"),
    ("a²", 1, "'²' cannot stand in an expression; write **2"),
    ("a=2", 1, "'=' cannot stand in an expression; write values behind"),
    ("a == b", 2, "'==' cannot stand"),
    ("a < b < c", 2, "'<' cannot stand"),
    ("a not in b", 2, "'not' cannot stand"),
    ("a and b", 2, "'and' cannot stand"),
    ("(a)if(b)else(c)", 3, "'if' cannot stand"),
    ("not a", 0, "'not' cannot stand"),
    ("~a", 0, "'~a' cannot stand"),
    ("(a := 2)", 1, "'a := 2' cannot stand"),
    ("lambda x: x", 0, "'lambda' cannot stand"),
    ("1 + np.exp(a)", 4, "'np.exp' has a dot in it, and names have none; write exp"),
    ("a.b", 0, "'a.b' has a dot in it, and names have none"),
    ("a[0]", 0, "'a[0]' cannot stand"),
    ("a, b", 1, "a comma stands only between the operands of a function"),
    ("()", 0, "these parentheses are empty"),
    ("True + 1", 0, "'True' cannot stand"),
    ("None", 0, "'None' cannot stand"),
    ("...", 0, "'...' cannot stand"),
    ("'s'", 0, "cannot stand"),
    ('a + f"{a}"', 5, "cannot stand"),
    ("a # b", 2, "'#' cannot stand"),
    ("a\0b", 1, r"'\x00' cannot stand"),
    ("a\udcffb", 1, r"'\udcff' cannot stand"),
    ("a\\b", 1, "cannot stand"),
    ("a $ b", 2, "'$' cannot stand"),
    ("* a", 0, "'*' is not expected here; an operand is missing before it"),
    ("(a + b", 0, "'(' was never closed"),
    ("a) * b", 1, "unmatched ')'"),
    ("a * ", 3, "the expression ends too early; something is missing at its end"),
    ("a + 1e999", 4, "a number is too large; the largest is 1.798e308"),
    ("a + " + "9" * 400, 4, "a number is too large"),
    ("a + " + "9" * 5000, 4, "a number is too large"),  # Python counts digits, too
    ("a" * (LONGEST + 1), LONGEST, "has 10001 characters, and may have 10000"),
    ("b + e", 0, "no value for b, e; add b=1.0 e=1.0"),
    ("2 * e", 4, "no value for e; add e=1.0; Euler's number is exp(1)"),
    ("10**10**10", 2, "10.0 ** 1e10 gives ∞, and the largest number is 1.798e308"),
    ("2 + exp(1000)", 4, "exp(1000.0) gives ∞"),
    ("1 / (2 - 2)", 2, "1.0 / 0.0 gives ∞"),
    ("2 + log(-1)", 4, "log(-1.0) gives NaN, and it is not a real number"),
    ("(-8) ** .5", 5, "(-8.0) ** 0.5 gives NaN"),
    ("1 % 0", 2, "1.0 % 0.0 gives NaN"),
]


@pytest.mark.parametrize(("text", "at", "words"), ERRORS, ids=lambda x: repr(x)[:30])
def test_an_error_says_what_is_wrong_and_points_at_it(text, at, words):
    given_a = {"a": 1.0} if "a" in text else {}
    with pytest.raises(ExpressionError) as caught:
        graph(text, **given_a)
    head, *tail = words.split(" .* ")
    assert head in str(caught.value)
    assert all(word in str(caught.value) for word in tail)
    assert caught.value.at == at


def test_an_error_shows_the_expression_and_a_caret():
    assert error("(a*b + foo(c)) * f").pointing().splitlines()[1:] == [
        "  (a*b + foo(c)) * f",
        "         ^",
    ]
    assert error("").pointing().count("\n") == 0


def test_values_are_checked_as_steps_of_the_graph_too():
    assert error("b + a**c", a=10, b=1, c=1e10).at == 5


def test_what_is_infinite_in_between_is_refused_even_if_the_end_would_not_be():
    assert "gives ∞" in str(error("1 / (1/a)", a=0.0))


DEEP = {
    "parentheses": "(" * 5000,
    "closed parentheses": "(" * 4999 + "a" + ")" * 4999,
    "calls": "exp(" * 1999 + "a" + ")" * 1999,
    "signs": "-" * 9000 + "a",
    "a sum": "+".join("a" * 5000),
    "powers": "**".join("a" * 3300),
}


@pytest.mark.parametrize("kind", DEEP)
def test_what_is_too_deep_is_said_to_be(kind):
    result = attempt(DEEP[kind], a=1)  # a value, if a later Python goes deeper
    assert isinstance(result, float) or "nested too deeply for Python's" in str(result)


@pytest.mark.parametrize("kind", [RecursionError, MemoryError])
def test_where_the_parser_gives_up_the_expression_is_too_deep(kind, monkeypatch):
    def parse(*_, **__):
        raise kind

    monkeypatch.setattr(ast, "parse", parse)
    assert "nested too deeply" in str(error("a"))


def test_a_long_sum_is_not_too_deep():
    assert value("+".join("a" * 900), a=1) == 900.0


def test_a_limit_on_digits_is_explained_though_python_does_not_say_where():
    old = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    try:
        assert error("1 + " + "9" * 641).at == 4
    finally:
        sys.set_int_max_str_digits(old)


def test_the_parsers_warnings_are_not_shown():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        assert "'if' cannot stand" in str(error("1if 2else 3"))
    assert not seen


# --- values ---------------------------------------------------------------------------


def test_values_are_read_as_python_reads_numbers():
    expression = Expression("a + b + c + d + f")
    words = ["a=1e-3", "b=-2", "c=.5", "d=1_000", " f = 7 "]
    assert expression.values(words) == {
        "a": 0.001,
        "b": -2.0,
        "c": 0.5,
        "d": 1000.0,
        "f": 7.0,
    }


@pytest.mark.parametrize(
    ("word", "at", "words"),
    [
        ("a=", 2, "'' is not a finite number; write one, as in a=-2.5"),
        ("a=x", 2, "'x' is not a finite number"),
        ("a=inf", 2, "'inf' is not a finite number"),
        ("a=nan", 2, "'nan' is not a finite number"),
        ("a=1e999", 2, "'1e999' is not a finite number"),
        ("a=1=2", 2, "'1=2' is not a finite number"),
        ("=3", 0, "'' can't be a name; write NAME=NUMBER"),
        ("a b=2", 0, "'a b' can't be a name"),
        ("2=2", 0, "'2' can't be a name"),
        ("True=1", 0, "'True' can't be a name"),
        ("a", 0, "this gives no value; write NAME=NUMBER"),
        ("z=1", 0, "the expression has no 'z'; it has a, b"),
        ("b=1", 0, "b has a value already"),
    ],
)
def test_what_gives_no_value_is_pointed_at(word, at, words):
    with pytest.raises(ExpressionError) as caught:
        Expression("a + b").values(["b=2", word])
    assert words in str(caught.value)
    assert (caught.value.text, caught.value.at) == (word, at)


def test_an_expression_without_names_takes_no_values():
    with pytest.raises(ExpressionError, match="no 'a'; it has no names"):
        Expression("2").values(["a=1"])


# --- the caret ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("é + foo(c)", 4),
        ("e\u0301 + foo(c)", 4),  # an e, and an accent on it
        ("变量 + foo(c)", 7),  # two columns each
        ("ａ + foo(c)", 5),
        ("a\t+\nfoo(c)", 5),  # shown as a\t+↵foo(c)
        ("a\u00a0+ foo(c)", 4),
    ],
)
def test_the_caret_stands_under_the_character(text, columns):
    line, caret = pointed(text, text.index("foo"))
    assert width(line[: line.index("foo")]) == len(caret) - 1 == columns
    assert error(text, a=1).at == text.index("foo")


@pytest.mark.parametrize("at", [0, 10, 2500, 4990, 5000])
def test_of_a_long_expression_a_window_is_shown(at):
    text = "".join(chr(ord("a") + i % 26) for i in range(5000))
    line, caret = pointed(text, at)
    assert len(line) <= SHOWN + 2
    assert line[len(caret) - 1 :][:1] in (text[at : at + 1], "")
    assert line.startswith("…") == (at >= SHOWN)
    assert line.endswith("…") == (at < 4900)


# --- any text -------------------------------------------------------------------------


def tried(text):
    """A value or an ExpressionError, soon."""
    began = time.process_time()
    try:
        names = Expression(text).names
    except ExpressionError:
        names = ()  # the same error comes again
    result = attempt(text, **dict.fromkeys(names, 1.5))
    if isinstance(result, ExpressionError):
        assert 0 <= result.at <= len(result.text)
        result.pointing().encode()
    else:
        assert math.isfinite(result)
    assert time.process_time() - began < 1


OF_ENGINE = "a b pi e 1 2.5 1e5 0x1f + - * / % ** ( ) ( ) , exp( hypot( arctan2("
OF_PYTHON = "2j // ^ . = == < := : ; [ ] { } ~ @ lambda if else not and is True foo("
ODD = [" ", "\n", "\t", "#", "'", '"', "\\", "f'", "é", "变", "²", "×", "\0", "\ud800"]
TOKENS = [*OF_ENGINE.split(), *OF_PYTHON.split(), *ODD]


@given(st.text(max_size=60))
@settings(max_examples=300)
def test_any_text_gives_a_value_or_an_error_of_ours(text):
    tried(text)


@given(st.lists(st.sampled_from(TOKENS), max_size=40))
@settings(max_examples=500)
def test_any_soup_of_tokens_gives_a_value_or_an_error_of_ours(tokens):
    tried("".join(tokens))


@given(st.sampled_from(TOKENS), st.integers(50, 3000))
@settings(max_examples=100)
def test_any_token_over_and_over_gives_a_value_or_an_error_of_ours(token, times):
    tried(f"{token} " * times + "a")
    tried(f"a {token}" * times)


ATOMS = st.sampled_from(["a", "b", "c", "0.0", "1.0", "2.5", "3e2", ".125"])


def larger(parts):
    operators = st.sampled_from([" + ", "-", "*", " /", "%", "\n*", "+ -"])
    return st.one_of(
        st.tuples(parts, operators, parts).map("".join),
        parts.map("({})".format),
        parts.map("-{}".format),
        parts.map("({})**2.0".format),  # which is exact on every machine
        parts.map("abs({})".format),
    )


@given(st.recursive(ATOMS, larger, max_leaves=12), st.tuples(*[st.floats(-9, 9)] * 3))
@settings(max_examples=400)
def test_a_value_is_what_python_itself_computes(text, numbers):
    values = dict(zip("abc", numbers, strict=True))
    try:
        expected = eval(text.replace("\n", " "), {"abs": abs, **values})
    except (ZeroDivisionError, OverflowError):
        expected = math.inf
    if not math.isfinite(expected):
        assert " gives " in str(error(text, **values))
        return
    result = attempt(text, **values)
    if isinstance(result, ExpressionError):  # Python goes on with an ∞: 1 / ∞ is 0
        assert "∞" in str(result)
    else:
        assert result == expected


def test_no_text_is_ever_evaluated():
    for module in (parser, grammar, expression, cli):
        tree = ast.parse(Path(module.__file__).read_text("utf-8"))
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert not names & {"eval", "exec", "compile", "__import__"}
