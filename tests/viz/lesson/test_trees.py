"""The trees of expressions, and what the page knows of them."""

import ast

import pytest

from viz.lesson.trees import known_words, tree, unknown


def parsed(text):
    return ast.parse(text, mode="eval").body


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("x0", "x0"),
        ("2", 2),
        ("-x ** 2.0", ["neg", ["**", "x", 2.0]]),
        ("x != 0", ["!=", "x", 0]),
        ("np.exp(x)", ["np.exp", "x"]),
        ("x.sum(axis=(0, 1), keepdims=True)", None),
        ("x.T", [".T", "x"]),
        ("x[:, None, 1:]", None),
        ("np.ones(3).sum()", [".sum()", ["np.ones", 3]]),
        ("np.add.at(x, i, v)", ["np.add.at", "x", "i", "v"]),
        ("abs(x)", ["np.absolute", "x"]),
        ("np.inf", ["inf"]),
        ("np.finfo(float).max", 1.7976931348623157e308),
        ('np.einsum("ij,jk->ik", a, b)', ["np.einsum", ["str", "ij,jk->ik"], "a", "b"]),
        ("[1.0, x]", ["list", 1.0, "x"]),
        ("x[..., 0]", ["[]", "x", ["tuple", ["..."], 0]]),
    ],
)
def test_an_expression_has_a_tree(text, wanted):
    made = tree(parsed(text))
    if text.startswith("x.sum"):
        wanted = [".sum()", "x", {"axis": ["tuple", 0, 1], "keepdims": True}]
    if text.startswith("x[:"):
        rest = ["slice", 1, None, None]
        wanted = ["[]", "x", ["tuple", ["slice", None, None, None], None, rest]]
    assert made == wanted


@pytest.mark.parametrize(
    "text",
    [
        "lambda: 1",
        "a if b else c",
        "a < b < c",
        "f(x)",
        "x[True]",
        "x << 1",
        "np.array(b'x')",
    ],
)
def test_what_has_no_tree_is_not_known(text):
    with pytest.raises(ValueError, match="^trees: .* has no tree"):
        tree(parsed(text))
    assert unknown(parsed(text)) == text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("np.zeros(3, dtype=np.float64)", ["np.zeros", 3]),
        ('np.einsum("i", x, optimize=True)', ["np.einsum", ["str", "i"], "x"]),
        ("np.sum(x, optimize=True)", ["np.sum", "x", {"optimize": True}]),
    ],
)
def test_options_that_change_nothing_are_left_out(text, wanted):
    assert tree(parsed(text)) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("np.sum(x, axis=0, keepdims=True)", ""),
        ("x.sum(axis=0)", ""),
        ("np.stack([x, y], axis=1)", ""),
        ("np.clip(x, a_max=1.0)", ""),
        ("x.clip(max=1.0)", ""),
        ("np.exp(x, axis=0)", "axis= of np.exp"),
        ("np.add(x, y, where=m)", "where= of np.add"),
        ("x.max(initial=0)", "initial= of .max()"),
        ("np.zeros(3, dtype=np.int64)", "dtype= of np.zeros"),
        ("np.asarray(x, dtype=np.float64)", "dtype= of np.asarray"),
        ("np.exp(np.sum(x, where=m))", "where= of np.sum"),
    ],
)
def test_a_name_of_an_argument_is_known_where_its_function_has_it(text, wanted):
    assert unknown(parsed(text)) == wanted


def test_the_page_knows_what_stands_in_its_tables():
    assert {"+", "np.exp", ".sum()", ".T", "[]", "@", "np.where"} <= known_words()
    assert unknown(parsed("np.linalg.inv(x) + 1")) == "np.linalg.inv"
    assert unknown(parsed("x.trace()")) == ".trace()"
    assert unknown(parsed("np.sum(np.exp(x), axis=0)[1:] @ y.T")) == ""
    assert unknown(parsed("np.array('np.nothing')")) == ""
