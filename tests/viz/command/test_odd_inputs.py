"""What people write who have not read the help: each message says what to write.

Mathematics as on paper, names that are keywords of Python, commas in decimal numbers.
"""

import keyword
import math

import pytest

from viz.command.cli import main
from viz.command.expression import Expression
from viz.command.grammar import FUNCTIONS
from viz.command.parser import ExpressionError


def refused(text, **values):
    """The message about an expression, and the text at the place that it points at."""
    with pytest.raises(ExpressionError) as error:
        Expression(text).graph(values)
    return str(error.value), error.value.text[error.value.at :]


def said(capsys, *words):
    """The first line of what the command says to a mistake."""
    assert main(words) == 2
    return capsys.readouterr().err.splitlines()[0].removeprefix("chainrule: ")


# --- names ----------------------------------------------------------------------------


@pytest.mark.parametrize("word", keyword.kwlist)
@pytest.mark.parametrize("text", ["{}", "{} + 1", "2*{}", "({})**2", "a {} b"])
def test_a_keyword_is_named_and_another_name_is_offered(word, text):
    text = text.format(word)
    assert refused(text) == (
        f"{word!r} cannot stand in an expression: it is a keyword of Python; a name "
        f"could be {word}_",
        text[text.index(word) :],
    )
    Expression(f"{word}_ + 1").graph({f"{word}_": 1.0})


def test_so_it_is_where_a_value_is_given(capsys):
    assert said(capsys, "lam", "lambda=2") == (
        "'lambda' can't be a name, for it is a keyword of Python; write lambda_ for "
        "it, here and in the expression"
    )


def test_a_keyword_in_a_longer_name_is_none():
    names = ("inner", "lambda1", "is_", "_if")
    assert Expression("*".join(names)).names == names


def test_pi_may_be_greek_and_is_a_name_where_a_value_is_given():
    assert Expression("π*2").graph({})[0] == 2 * math.pi
    assert Expression("π*2").graph({"π": 3.0})[0].item() == 6.0


def test_letters_written_together_are_one_name_and_the_product_is_offered(capsys):
    told = said(capsys, "xy + 1", "x=1", "y=2")
    assert told == "the expression has no 'x'; it has xy; for a product write x*y"
    assert said(capsys, "xy + 1", "z=1") == "the expression has no 'z'; it has xy"


# --- signs ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sign", "cure"),
    [
        *((sign, "*") for sign in "×·⋅∙•∗＊"),
        *((sign, "-") for sign in "−–—"),
        *((sign, "/") for sign in "÷∕⁄"),
        *((sign, "+") for sign in "＋"),
        ("^", "** for a power"),
        ("|", "abs(x) for |x|"),
    ],
)
def test_a_sign_of_another_kind_is_refused_with_the_one_to_write(sign, cure):
    for text in (f"x{sign}y", f"x {sign} y"):
        message, rest = refused(text, x=1.0, y=2.0)
        assert message == f"{sign!r} cannot stand in an expression; write {cure}"
        assert rest.startswith(sign)


@pytest.mark.parametrize(
    ("text", "sign", "cure"),
    [
        ("|x|", "|", "abs(x) for |x|"),
        ("√x", "√", "sqrt(x)"),
        ("√(x)", "√", "sqrt(x)"),
        ("x²", "²", "**2"),
        ("x²y", "²", "**2"),
        ("x¹⁰", "¹⁰", "**10"),
        ("x⁻¹", "⁻¹", "**(-1)"),
        ("xⁿ", "ⁿ", "**n"),
        ("x₁ + 1", "₁", "1"),
        ("θ₁₀*x", "₁₀", "10"),
        ("x**½", "½", "(1/2)"),
        ("¾*x", "¾", "(3/4)"),
        ("∞*x", "∞", "a number; the largest is 1.798e308"),
        ("（x）", "（", "("),
    ],
)
def test_what_is_written_on_paper_is_refused_with_what_to_write(text, sign, cure):
    message, rest = refused(text, x=1.0)
    assert message == f"{sign!r} cannot stand in an expression; write {cure}"
    assert rest.startswith(sign)


def test_an_ellipsis_is_not_offered_as_three_dots():
    assert refused("1 + … + n")[0].startswith(
        "'…' cannot stand in an expression, which"
    )


@pytest.mark.parametrize("text", ["*x", "x + * y", "50% * x", "x + /y", "hypot(, x)"])
def test_an_operator_that_has_no_operand_says_so(text):
    message, rest = refused(text)
    assert message == (
        f"{rest[0]!r} is not expected here; an operand is missing before it"
    )


# --- functions ------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["sin x", "2*sin  x", "sin x + 1"])
def test_an_operand_without_parentheses_gets_them(text):
    message, rest = refused(text, x=1.0)
    assert message == "the operand of sin stands in parentheses; write sin(x)"
    assert rest[0] == "x"


def test_a_sign_behind_a_functions_name_does_not_make_it_a_variable():
    assert refused("exp -x", x=1.0) == (
        "exp is a function; write its operand in parentheses, exp(x)",
        "exp -x",
    )
    assert Expression("exp - x").graph({"exp": 3.0, "x": 1.0})[0].item() == 2.0


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("sin²(x)", "sin(x)**2"),
        ("sin^2(x)", "sin(x)**2"),
        ("sin**2 (x)", "sin(x)**2"),
        ("tanh³(x)", "tanh(x)**3"),
        ("sin⁻¹(x)", "1/sin(x), or arcsin(x) for the inverse"),
        ("sin^-1(x)", "1/sin(x), or arcsin(x) for the inverse"),
        ("sin^(-1)(x)", "1/sin(x), or arcsin(x) for the inverse"),
        ("exp⁻¹(x)", "1/exp(x)"),
    ],
)
def test_a_power_of_a_function_stands_behind_it(text, cure):
    message, rest = refused(f"1 + {text}", x=0.5)
    assert message.endswith(f"stands behind its parentheses; write {cure}")
    assert rest == text


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_whose_name_ends_in_a_digit_is_no_power(name):
    operands = ", ".join(["0.5"] * getattr(FUNCTIONS[name], "nin", 1))
    assert Expression(f"{name}({operands}) + {name} ({operands})").names == ()


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        ("ln", "log(x)"),
        ("tg", "tan(x)"),
        ("cot", "1 / tan(x)"),
        ("sec", "1 / cos(x)"),
        ("csc", "1 / sin(x)"),
    ],
)
def test_a_function_of_another_name_is_offered_as_numpys(name, cure):
    assert refused(f"{name}(x)")[0] == f"{name!r} is not a function; write {cure}"
    Expression(cure)


# --- numbers --------------------------------------------------------------------------


def test_a_decimal_comma_is_told_of_the_point(capsys):
    point = "a decimal number has a point, as in 3.5"
    comma = f"a comma stands only between the operands of a function; {point}"
    assert refused("3,5*x", x=1.0) == (comma, ",5*x")
    assert refused("1 + (3,5)") == (comma, ",5)")
    assert refused("exp(0,5)")[0] == f"exp takes 1 operand, and got 2; {point}"
    assert refused("hypot(1)")[0] == "hypot takes 2 operands, and got 1"
    assert said(capsys, "x", "x=3,5") == (
        "'3,5' is not a finite number; write one, as in x=3.5"
    )
    assert said(capsys, "x", "x=−2") == (
        "'−2' is not a finite number; write one, as in x=-2"
    )
    assert said(capsys, "x", "x=1/2") == (
        "'1/2' is not a finite number; write one, as in x=-2.5"
    )


def test_empty_parentheses_are_said_to_be_empty():
    message = "these parentheses are empty; write what they hold"
    assert refused("1 + () * 2") == (message, "() * 2")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("0**-1", "that is a division by zero"),
        ("1/0", "that is a division by zero"),
        ("0/0", "that is a division by zero"),
        ("1%0", "that is a division by zero"),
        ("log(0)", "the function is infinite there"),
        ("arctanh(1)", "the function is infinite there"),
        ("exp(1000)", "the largest number is 1.798e308"),
        ("1e300*1e300", "the largest number is 1.798e308"),
        ("10**1000", "the largest number is 1.798e308"),
        ("log(-1)", "it is not a real number"),
        ("(-8)**(1/3)", "it is not a real number"),
    ],
)
def test_what_is_not_finite_says_why(text, why):
    assert refused(text)[0].endswith(f", and {why}")
