"""What the page computes of arrays, beside NumPy."""

import ast
import math
import warnings

import numpy as np
import pytest
from helpers import rule_rows
from helpers.browsers import browser, opened  # noqa: F401  # a fixture

import engine
from engine import Tensor, data_of
from engine.mistakes import Edge
from nn import relu
from viz import steps, tape
from viz.lesson.recipes import Recipe, as_array
from viz.lesson.tape import Backward
from viz.lesson.trees import tree, unknown

pytestmark = pytest.mark.slow
RNG = np.random.default_rng(0)
VALUES = {
    "s": np.float64(-1.5),
    "z": np.float64(0.0),
    "v": np.array([1.5, -2.0, 0.0]),
    "w": np.array([0.5, np.nan, np.inf]),
    "a": RNG.normal(size=(2, 3)).round(2),
    "b": RNG.normal(size=(3, 2)).round(2),
    "c": np.array([[1.0], [-2.0], [0.5]]),
    "t": RNG.normal(size=(2, 3, 4)).round(2),
    "u": RNG.normal(size=(2, 4, 3)).round(2),
    "m": np.array([[True, False, True], [False, False, True]]),
    "i": np.array([2, 0, -1]),
}
EXPRESSIONS = [
    *("s + v", "v - c", "a * v", "a / v", "v ** 2", "s ** 0.5", "1.0 ** w", "w ** 0"),
    *("v // 2.0", "v % 2.0", "-v", "+a", "~m", "m & (a > 0)", "m | (a > 0)", "m * 2.0"),
    *("a > 0", "v >= 0", "w == w", "w != w", "v <= s", "abs(a)", "np.sign(w)"),
    *("np.maximum(v, w)", "np.minimum(v, 0)", "np.where(m, a, 0.0)", "np.exp(w)"),
    *("np.log(a)", "np.sqrt(v)", "np.tanh(t)", "np.hypot(v, c)", "np.isnan(w)"),
    *("np.logaddexp(v, s)", "np.logaddexp(w, w)", "np.clip(a, -0.5, 0.5)"),
    *("np.clip(a, None, 0.5)", "np.isfinite(w)", "np.logical_not(m)", "np.rint(a * 3)"),
    *("np.copysign(a, v)", "np.signbit(-z)", "np.reciprocal(z)", "1 / (z * -1.0)"),
    *(
        "a.sum()",
        "a.sum(axis=0)",
        "a.sum(axis=-1, keepdims=True)",
        "t.sum(axis=(0, 2))",
    ),
    *("np.sum(t, axis=1)", "t.mean()", "t.mean(axis=2)", "np.max(w)", "a.max(axis=1)"),
    *("a.min(axis=0, keepdims=True)", "np.prod(v + 1)", "np.any(m)", "m.all(axis=0)"),
    *(
        "m.sum(axis=1)",
        "np.var(a, axis=0)",
        "np.std(v)",
        "a.argmax(axis=1)",
        "v.argmin()",
    ),
    *("np.count_nonzero(m)", "s.sum()", "np.cumsum(a, axis=1)", "np.cumsum(a)"),
    *(
        "a @ b",
        "v @ b",
        "a @ v",
        "v @ v",
        "t @ u",
        "t @ u[0]",
        "u @ t[1]",
        "v @ u[0].T",
    ),
    *("np.dot(v, w)", "np.dot(a, b)", "np.dot(a, s)", "np.outer(v, c)", "a.T", "t.T"),
    *(
        'np.einsum("ij,jk->ik", a, b)',
        'np.einsum("ij,jk", a, b)',
        'np.einsum("ij->", a)',
    ),
    *('np.einsum("bij,bjk->bik", t, u)', 'np.einsum("ii", u[0][:3])'),
    *(
        "a.reshape(3, 2)",
        "a.reshape((6,))",
        "a.reshape(-1)",
        "t.reshape(2, -1)",
        "a.ravel()",
    ),
    *("np.transpose(t, (1, 0, 2))", "t.transpose(2, 0, 1)", "np.swapaxes(t, 0, -1)"),
    *("np.moveaxis(t, 0, -1)", "np.moveaxis(t, -1, 1)", "np.expand_dims(a, 1)"),
    *("np.squeeze(c)", "np.squeeze(c, axis=1)", "np.broadcast_to(v, (2, 3))"),
    *("np.broadcast_to(s, (2,))", "np.concatenate([v, w])", "np.stack([v, w], axis=1)"),
    *("np.concatenate((a, a * 2), axis=1)", "np.flip(a)", "np.flip(a, axis=1)"),
    *("np.tril(a)", "np.triu(t, 1)", "np.zeros((2, 3))", "np.ones(3)", "np.eye(3)"),
    *("np.full((2,), 1.5)", "np.arange(4)", "np.arange(1, 7, 2)", "np.zeros_like(a)"),
    *("np.ones_like(s)", "np.full_like(a, 2.0)", "np.array([1.0, s])", "a.shape[0]"),
    *("a.size + t.ndim", "len(a)", "np.shape(t)[1:]", "a.copy()"),
    *(
        "a[0]",
        "a[-1, 2]",
        "a[:, 1]",
        "a[:, None]",
        "v[:, None]",
        "a[..., 0]",
        "t[0, ..., 1]",
    ),
    *("v[1:]", "v[::-1]", "t[:, ::2, -2:]", "v[:-1]", "v[5:]", "a[:, ::-1]", "a[None]"),
    *(
        "v[i]",
        "a[:, i]",
        "a[[0, 1, 0]]",
        "a[[0, 1], [2, 0]]",
        "t[:, i, 0]",
        "t[0, :, i]",
    ),
    *(
        "t[np.arange(2), [0, 2]]",
        "a[m]",
        "v[v > 0]",
        "t[:, [0, 1], [1, 2]]",
        "a[i[0] - 1]",
    ),
    *("t[[0, 1], :, [1, 2]]", "a[np.arange(2)[:, None], i]", "np.sinc(v)", "np.pi * v"),
]
REFUSED = [
    "a + b",
    "a @ a",
    "t @ v",
    "a.reshape(4, 2)",
    "a[2]",
    "v[[3]]",
    "a.sum(axis=2)",
]


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


def test_an_expression_of_arrays_gives_what_numpy_gives(page):
    assert len(EXPRESSIONS) > 140
    for text in EXPRESSIONS:
        node = ast.parse(text, mode="eval").body
        assert unknown(node) == "", text
        wanted = np.asarray(value_of(text))
        shape, entries = page.evaluate("(tree) => told(tree)", tree(node))
        assert tuple(shape) == wanted.shape, text
        found = np.array([as_number(x) for x in entries]).reshape(wanted.shape)
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-15, err_msg=text)
        is_bool = bool(entries) and all(x in ("true", "false") for x in entries)
        assert is_bool == (wanted.dtype == bool), text


def test_shapes_that_do_not_fit_are_errors_there_too(page):
    for text in REFUSED:
        with pytest.raises((ValueError, IndexError)):
            value_of(text)
        node = ast.parse(text, mode="eval").body
        assert page.evaluate("(tree) => told(tree)", tree(node)) == "RangeError", text


@pytest.mark.parametrize(
    "name", ["__proto__", "constructor", "toString", "hasOwnProperty"]
)
def test_names_of_javascripts_own_are_names_of_nothing(page, name):
    assert page.evaluate("(tree) => told(tree)", name) == "RangeError"
    assert page.evaluate("(tree) => told([tree, 1])", name) == "RangeError"
    assert page.evaluate("(tree) => told([tree, 1])", f"np.{name}") == "RangeError"


def test_an_array_of_too_many_entries_is_refused(page):
    node = ast.parse("np.zeros((2000, 2000))", mode="eval").body
    assert page.evaluate("(tree) => told(tree)", tree(node)) == "RangeError"


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
    assert len(compared) > 70


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
