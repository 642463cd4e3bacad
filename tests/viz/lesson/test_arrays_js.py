"""What the page computes of arrays, beside NumPy."""

import ast
import math
import warnings

import numpy as np
import pytest
from helpers import rule_rows
from helpers.array_rows import REFUSED, VALUES, apart, expressions
from helpers.browsers import browser, opened  # noqa: F401  # a fixture

import engine
from engine import Tensor, data_of
from engine.mistakes import Edge
from nn import relu
from viz import steps, tape
from viz.lesson.recipes import Recipe, as_array
from viz.lesson.tape import Backward
from viz.lesson.trees import known_words, tree, unknown

pytestmark = pytest.mark.slow
RNG = np.random.default_rng(0)
UNKNOWN_RULES = """
    cholesky convolve det eigh i0 inv linspace logsumexp nextafter order_statistic pinv
    qr slogdet solve svd unwrap
"""


def value_of(text):
    with np.errstate(all="ignore"):
        return eval(text, {"np": np}, dict(VALUES))


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):  # noqa: F811
    path = steps(Tensor(2.0) * 3.0, tmp_path_factory.mktemp("page") / "page.html")
    with opened(browser, path) as page:
        given = {name: as_array(x) for name, x in VALUES.items()}
        page.evaluate(
            """(given) => {
                globalThis.scope = Object.create(null);
                for (const [k, x] of Object.entries(given)) scope[k] = asValue(x);
                globalThis.told = (tree) => {
                    try {
                        const x = evaluate(tree, scope);
                        return isArray(x) ? [x.shape, x.data.map(String)]
                            : Array.isArray(x) ? [[x.length], x.map(String)]
                            : [[], [String(x)]];
                    } catch (error) { return error.name; }
                };
            }""",
            given,
        )
        yield page


def as_number(text):
    return {"true": 1.0, "false": 0.0}.get(text) if text[0] in "tf" else float(text)


def parsed(text):
    return ast.parse(text, mode="eval").body


def told_of(page, texts):
    """What the page gives for each expression: its shape and entries, or an error."""
    return page.evaluate("(trees) => trees.map(told)", [tree(parsed(x)) for x in texts])


def test_an_expression_of_arrays_gives_what_numpy_gives(page):
    texts = expressions()
    assert len(texts) > 4000
    for text, told in zip(texts, told_of(page, texts), strict=True):
        assert unknown(parsed(text)) == "", text
        wanted = np.asarray(value_of(text))
        assert told[0] != "R", f"{text}: {told}"
        shape, entries = told
        assert tuple(shape) == wanted.shape, text
        found = np.array([as_number(x) for x in entries]).reshape(wanted.shape)
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-15, err_msg=text)
        is_bool = all(x in ("true", "false") for x in entries)
        assert is_bool == (wanted.dtype == bool) or not entries, text


def test_every_name_that_the_page_knows_is_compared():
    said = {word for text in expressions() for word in words_of(tree(parsed(text)))}
    written = {"[]=", "[]+=", "np.add.at"}  # compared below
    assert {word for word in known_words() if "= of " not in word} - written <= said


def words_of(tree):
    if isinstance(tree, dict):
        tree = ["", *tree.values()]
    if isinstance(tree, list):
        yield tree[0]
        for part in tree[1:]:
            yield from words_of(part)


def test_shapes_that_do_not_fit_are_errors_there_too(page):
    texts = apart(REFUSED)
    for text, told in zip(texts, told_of(page, texts), strict=True):
        with pytest.raises((ValueError, IndexError, TypeError, ZeroDivisionError)):
            value_of(text)
        assert told == "RangeError", text


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (["np.where", "v"], "3 arguments are needed, not 1"),
        (["np.exp", "v", {"axis": 0}], "axis is not known"),
        (["np.sum", "v", {"where": True}], "where is not known"),
        (["np.sum", "a", 0, None, None], "keepdims is given by its name"),
        (["+", ["tuple", 1, 2], ["tuple", 3]], "of lists is not arithmetic"),
        (["np.linalg.norm", "a", 1], "a norm of order 1"),
        (["np.zeros", ["tuple", 2000, 2000]], "too large"),
        (["np.arange", 1e7], "too large"),
        (["np.outer", ["np.zeros", 1001], ["np.zeros", 1001]], "too large"),
        (["np.tensordot", ["np.zeros", 1e6], "v", 0], "too large"),
        (["np.einsum", ["str", "a,b,c->"], *[["np.zeros", 101]] * 3], "too large"),
        (
            ["@", ["np.zeros", ["tuple", 999, 9]], ["np.zeros", ["tuple", 9, 999]]],
            "large",
        ),
        (["[]", "v", [">", "s", 0]], "an index that the page does not know"),
        (["np.sum", "v", {"axis": 1}], "axis 1 of 1"),
        (["np.nothing", "v"], "np.nothing is not known"),
        ("nothing", "nothing has no value"),
    ],
)
def test_an_error_says_what_the_page_can_not_do(page, made, why):
    said = page.evaluate(
        """(tree) => {
            try { return String(evaluate(tree, scope)); }
            catch (error) { return String(error); }
        }""",
        made,
    )
    assert said.startswith("RangeError: ")
    assert why in said


@pytest.mark.parametrize(
    "name", ["__proto__", "constructor", "toString", "hasOwnProperty"]
)
def test_names_of_javascripts_own_are_names_of_nothing(page, name):
    assert page.evaluate("(tree) => told(tree)", name) == "RangeError"
    assert page.evaluate("(tree) => told([tree, 1])", name) == "RangeError"
    assert page.evaluate("(tree) => told([tree, 1])", f"np.{name}") == "RangeError"


def test_a_write_gives_an_array_with_other_entries(page):
    for word, i, wanted in [
        ("[]=", 1, [1.5, 9.0, 0.0]),
        ("[]+=", 1, [1.5, 7.0, 0.0]),
        ("[]=", ["slice", 1, None, None], [1.5, 9.0, 9.0]),
        ("[]+=", ["list", 0, 0], [10.5, -2.0, 0.0]),  # as NumPy does: once
        ("np.add.at", ["list", 0, 0], [19.5, -2.0, 0.0]),
    ]:
        shape, entries = page.evaluate("(tree) => told(tree)", [word, "v", i, 9.0])
        assert (shape, [float(x) for x in entries]) == ([3], wanted), word
    kept = page.evaluate("(tree) => told(tree)", "v")
    assert [float(x) for x in kept[1]] == VALUES["v"].tolist()


def edges_of_all_rules():
    """Every edge in the table of rules that the page can compute."""
    for rule, rows in rule_rows.CASES.items():
        for f, *operands in rows:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                y = f(*(Tensor(np.asarray(x, float)) for x in operands))
                for step in tape(y if y.ndim == 0 else y.sum()):
                    if not isinstance(step, Backward) or step.node.op != rule:
                        continue
                    gradient = RNG.normal(size=step.node.shape)[()]
                    edge = Edge(step.node, step.slot, lambda x: "", gradient)
                    recipe = Recipe(edge, step.node)
                    if not recipe.unknown:
                        yield rule, step.node, gradient, edge, recipe


def test_the_page_computes_what_the_rules_do(page):
    compared = set()
    for rule, node, gradient, edge, recipe in edges_of_all_rules():
        operands = [as_array(x) for x in map(data_of, node.parents)]
        told = page.evaluate(
            """([recipe, operands, g]) => {
                const scope = Object.assign(Object.create(null), { g: asValue(g) });
                operands.forEach((x, i) => { scope[`x${i}`] = asValue(x); });
                for (const [name, x] of Object.entries(recipe.constants)) {
                    scope[name] = asValue(x);
                }
                for (const [name, tree] of recipe.lines) {
                    scope[name] = evaluate(tree, scope);
                }
                return [recipe.value, recipe.result].map((name) => [
                    shapeOf(scope[name]), dataOf(scope[name]).map(Number).map(String)]);
            }""",
            [recipe.lines(), operands, as_array(gradient)],
        )
        for (shape, entries), wanted in zip(
            told, (node.data, edge.right()), strict=True
        ):
            assert tuple(shape) == np.shape(wanted), rule
            found = np.array([float(x) for x in entries]).reshape(shape)
            np.testing.assert_allclose(
                found, wanted, rtol=1e-10, atol=1e-13, err_msg=rule
            )
        compared.add(rule)
    assert compared == {*rule_rows.CASES} - {*UNKNOWN_RULES.split()}


# --- ops of numbers -------------------------------------------------------------------

POINTS = [-2.5, -1.0, -0.3, 0.0, 0.25, 0.7, 1.0, 3.0]
OF_TWO = [
    *("add", "subtract", "multiply", "divide", "power", "logaddexp", "arctan2"),
    *("hypot", "maximum", "minimum"),
]
OF_ONE = [
    *("negative", "positive", "reciprocal", "absolute", "square", "sqrt", "cbrt"),
    *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan"),
    *("arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "arcsinh", "arccosh"),
    *("arctanh", "relu"),
]
WORDS = {math.inf: "Infinity"}  # as JavaScript reads it; 0.0 keeps its sign as text


def rule_of(op):
    return relu if op == "relu" else getattr(engine.rules, op)


def recipes_of(op, *points):
    """An op of numbers, and for each operand its lines."""
    with np.errstate(all="ignore"):
        node = rule_of(op)(*map(Tensor, points))
    found = []
    for slot in range(len(points)):
        with np.errstate(all="ignore"):
            edge = Edge(node, slot, lambda x: "", np.float64(0.7))
        recipe = Recipe(edge, node)
        assert recipe.unknown == "", op
        found.append(recipe.lines())
    return found


@pytest.mark.parametrize("op", [*OF_ONE, *OF_TWO])
def test_the_lines_of_an_op_give_what_its_rule_gives_at_all_numbers(page, op):
    two = op in OF_TWO
    recipes = recipes_of(op, 0.4, 0.6) if two else recipes_of(op, 0.4)
    odd = [*POINTS, math.nan, math.inf]
    cases = [(x, y) for x in odd for y in (odd if two else odd[:1])]
    told = page.evaluate(
        """([recipes, cases]) => cases.map((words) => recipes.map((recipe) => {
                const scope = Object.assign(Object.create(null), { g: 0.7 });
                words.map(Number).forEach((x, i) => { scope[`x${i}`] = x; });
                Object.assign(scope, recipe.constants);
                for (const [name, tree] of recipe.lines) {
                    scope[name] = evaluate(tree, scope);
                }
                return [scope[recipe.value], scope[recipe.result]].map(String);
            }))""",
        [recipes, [[WORDS.get(x, str(x)) for x in case] for case in cases]],
    )
    for (x, y), rows in zip(cases, told, strict=True):
        args = [np.float64(x), np.float64(y)][: 2 if two else 1]
        with np.errstate(all="ignore"):
            z, closures = rule_of(op).__wrapped__(*args)
            for slot, (value, back) in enumerate(rows):
                wanted = z, closures[slot](np.float64(0.7))
                ours = float(value), float(back)
                assert ours == pytest.approx(
                    tuple(map(float, wanted)), rel=1e-12, abs=1e-15, nan_ok=True
                ), (op, x, y, slot)
