"""What goes back along an edge, in the user's names, and that it is true."""

import gc
import re
import weakref

import numpy as np
import pytest
from helpers.cases import case
from helpers.explanations import never_computed
from helpers.rule_rows import CASES
from helpers.scenes import edges

from engine import Tensor, data_of, logsumexp, op, topological_order, unbroadcast
from nn import Model, relu
from viz.words.formula import WIDTH, Formulas
from viz.words.local_derivative import given_back
from viz.words.names import Names


def leaf(value, name):
    return Tensor(value, name=name)


def labels(tensor, names=None):
    return [said.lines for said in edges(tensor, names=names) if said.wanted]


x = leaf(np.arange(12.0).reshape(4, 3) / 7 - 0.6, "x")
w = leaf(np.ones((3, 2)), "w")
b = leaf(np.ones(3), "b")


# --- how they read --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "formulas"),
    [
        (lambda: x + b, ["∂z", "∂z  Σ axis 0"]),
        (lambda: x * b, ["∂z · b", "∂z · x  Σ axis 0"]),
        (lambda: x * -3.0, ["∂z · -3.0"]),
        (lambda: 1 / (x * x), ["∂v1 · x", "∂v1 · x", "-∂z · z / v1"]),
        (lambda: x**3, ["∂z · 3 · x ** 2"]),
        (lambda: x**2, ["∂z · 2 · x"]),
        (lambda: x**-1, ["∂z · -1 · x ** -2"]),
        (lambda: np.cos(x), ["-∂z · sin(x)"]),
        (lambda: np.exp2(x), ["∂z · z · log(2)"]),
        (lambda: np.sinc(x), ["∂z · (cos(π · x) - z) / x"]),
        (lambda: np.tanh(x), ["∂z · (1 - z · z)"]),
        (lambda: relu(x), ["∂z · (x > 0)"]),
        (lambda: np.maximum(x, 0.0), ["∂z · ((x > 0.0) + (x == 0.0) / 2)"]),
        (lambda: x.sum(), ["∂z, copied to (4, 3)"]),
        (lambda: x.mean(axis=0), ["∂z / 4, copied to (4, 3)"]),
        (lambda: x.mean(axis=1), ["(∂z / 3)[:, None], copied to (4, 3)"]),
        (lambda: x.var(), ["∂z · 2 / 12 · (x - mean(x))"]),
        (lambda: x.max(), ["∂z to the entry that was chosen; ties share it"]),
        (lambda: x[1:, 0], ["∂z, added where it was taken, 0 elsewhere"]),
        (lambda: x.reshape(3, 4), ["∂z.reshape(4, 3)"]),
        (lambda: x.T, ["∂z.T"]),
        (lambda: logsumexp(x, axis=1), ["∂z[:, None] · exp(x - z[:, None])"]),
        (
            lambda: np.einsum("ij,jk->ik", x, w),
            ['einsum("ik,jk->ij", ∂z, w)', 'einsum("ik,ij->jk", ∂z, x)'],
        ),
        (lambda: np.linalg.svd(x)[1], ["∂z · ∂svd.S(x, full_matrices=True)/∂x"]),
    ],
)
def test_a_formula_is_written_in_the_users_names(make, formulas):
    z = make()
    z.name = "z"
    assert [lines[0] for lines in labels(z)] == formulas


def test_a_matrix_product_tells_the_shapes_of_both_sides():
    assert labels(x @ w, {"x": x}) == [
        ["∂v1 @ w.T", "(4, 2) @ (2, 3)"],
        ["x.T @ ∂v1", "(3, 4) @ (4, 2)"],
    ]


def test_what_has_no_name_gets_the_one_that_its_card_shows():
    loss = (np.tanh(x @ w) * np.arange(2.0)).sum()
    assert [lines[0] for lines in labels(loss)] == [
        "∂v1 @ w.T",
        "x.T @ ∂v1",
        "∂v2 · (1 - v2 · v2)",
        "∂v4 · v3",
        "∂L, copied to (4, 2)",
    ]


def test_the_lesson_network_has_no_letter_of_a_rule():
    rng = np.random.default_rng(0)
    model = Model.init(2, 16, 1, rng=rng)
    data, y = rng.normal(size=(100, 2)), rng.normal(size=100)
    loss = model(data, y)
    first, hidden, last = model.layers
    names = {"x": data, "y": y, "h": first.out, "r": hidden.out, "p": last.out}
    assert [lines[0] for lines in labels(loss, {**names, "loss": loss})] == [
        "x.T @ ∂h",
        "∂h  Σ axis 0",
        "∂r · (h > 0)",
        "∂p @ w2.T",
        "r.T @ ∂p",
        "∂p  Σ axis 0",
        "(2 · ∂loss / 100 · (p.reshape(100) - y))[:, None]",
    ]


def test_the_sign_of_a_number_does_not_change_what_binds():
    c = Tensor(-3.0, requires_grad=False)
    assert labels(c * x) == [["∂v1 · -3.0"]]
    assert labels(c**b) == [["∂v1 · v1 · log(-3.0)"]]
    assert labels(b**c) == [["∂v1 · -3.0 · b ** -4.0"]]


# --- that they are true ---------------------------------------------------------------

SENTENCES = ("added where", "to the entry", "summed from", "times I1(")
CALLED = {
    "svd",
    "qr",
    "cholesky",
    "eigh",
    "solve",
    "linspace",
    "einsum",
    "scatter",
    "clip",
}


def letters(node):
    return dict(zip("abcdef", (p for p in node.parents), strict=False))


def ops_of(name):
    """The nodes of a rule, of all its rows."""
    for f, *operands in CASES[name]:
        made = f(*[Tensor(np.array(p)) for p in operands])
        for y in made if isinstance(made, tuple | list) else (made,):
            if isinstance(y, Tensor):
                nodes = topological_order([y])
                yield from (node for node in nodes if node.op.startswith(name))


def evaluated(text, shapes, known):
    """What a formula comes to, as the pass would give it on."""
    text, _, axes = text.partition(", copied to ")[0].partition("  Σ ")
    text = text.replace("∂res", "gradient").replace("·", "*").replace("∞", "inf")
    value = eval(text, {**vars(np.linalg), **vars(np), "π": np.pi, **known})
    raw, shape = shapes
    if axes and np.shape(value) != raw:  # the rule's own sum
        value = value.sum(axis=eval(axes.split(" ", 1)[1]))
    return unbroadcast(np.broadcast_to(value, raw), shape)


@pytest.mark.parametrize("name", CASES)
@np.errstate(all="ignore")
def test_a_formula_comes_to_what_the_rule_gives_back(name):
    found = 0
    for node in ops_of(name):
        named = letters(node)
        gradient = np.random.default_rng(0).normal(size=node.shape).astype(node.dtype)
        formulas = Formulas(Names({**named, "res": node}, graph=node))
        for slot, fn in enumerate(node.grad_fns):
            if fn is None:
                continue
            text, found = formulas.lines(node, slot)[0], found + 1
            with case(text):
                assert len(text) <= WIDTH
                if text.startswith("×") or any(s in text for s in SENTENCES):
                    continue
                if re.match(r"∂res · ∂[\w.]+\(", text) or "what lies" in text:
                    assert name in CALLED | {"pinv"}
                    continue
                known = {k: data_of(p) for k, p in named.items()}
                known |= node.options or {}  # an array among them is called so
                known |= {"res": node.data, "gradient": gradient}
                shapes = np.shape(fn(gradient)), node.parents[slot].shape
                np.testing.assert_allclose(
                    np.nan_to_num(evaluated(text, shapes, known)),
                    np.nan_to_num(given_back(node, slot, gradient)),
                    rtol=1e-9,
                    atol=1e-9,
                )
    assert found


# --- how they are made ----------------------------------------------------------------


def counting():
    """A rule, and how often it ran."""
    runs = []

    @op()
    def counted(x, *, by=1.0):
        runs.append(x)
        return x * by, (lambda g: g * by,)

    return counted, runs


def test_a_rule_is_recorded_once_for_each_shape_dtype_and_option():
    counted, runs = counting()
    y = leaf(np.ones(3), "y")
    for _ in range(5):
        y = counted(y)
    nodes = topological_order([y])[1:]
    formulas = Formulas(Names(None, graph=y))
    runs.clear()
    assert [formulas.lines(node, 0)[0] for node in nodes] == [
        f"∂{name}" for name in ("v1", "v2", "v3", "v4", "v5")
    ]
    assert len(runs) == 1
    for other in (
        counted(leaf(np.ones(4), "y")),
        counted(leaf(np.ones(3, np.float32), "y")),
        counted(leaf(np.ones(3), "y"), by=2.0),
    ):
        before = len(runs)
        formulas.lines(other, 0)
        assert len(runs) == before + 1


def test_numbers_and_options_of_equal_shape_are_told_apart():
    loss = (x * 2.0).sum() + (x * 3.0).sum() + x[1:3].sum() + x[0:2].sum()
    said = [lines[0] for lines in labels(loss)]
    assert {"∂v1 · 2.0", "∂v3 · 3.0"} <= set(said)


def test_arrays_of_other_libraries_are_never_run_and_their_edges_show_the_call():
    lazy = leaf(never_computed(), "lazy")
    assert labels(np.tanh(lazy) * lazy) == [
        ["∂v1 · ∂tanh(lazy)/∂lazy"],
        ["∂v2 · ∂(v1 × lazy)/∂v1"],
        ["∂v2 · ∂(v1 × lazy)/∂lazy"],
    ]


def test_a_rule_that_needs_numbers_or_a_closure_that_fails_is_shown_as_a_call():
    @op()
    def compiled(x):
        y = np.array([float(v) for v in x])
        return y, (lambda g: g,)

    @op()
    def broken(x):
        return x * 1.0, (lambda g: g.no_such_thing,)

    assert labels(compiled(b)) == [["∂v1 · ∂compiled(b)/∂b"]]
    assert labels(broken(b)) == [["∂v1 · ∂broken(b)/∂b"]]


@pytest.mark.parametrize("n", [10, 20])
def test_an_array_that_a_rule_makes_itself_is_shown_as_a_call_too(n):
    @op()
    def ramp(x):
        rising = np.linspace(0.0, 1.0, x.size) ** 2
        return x * rising, (lambda g: g * rising,)

    y = ramp(leaf(np.ones(n), "x"))
    assert Formulas(Names(None, graph=y)).lines(y, 0) == ["∂v1 · ∂ramp(x)/∂x"]


def test_no_rule_is_kept_alive_by_its_formula():
    @op()
    def passing(x):
        return x * 1.0, (lambda g: g * 1.0,)

    y = passing(leaf(np.ones(3), "x"))
    Formulas(Names(None, graph=y)).lines(y, 0)
    alive = weakref.ref(y.rule)
    del passing, y
    gc.collect()
    assert alive() is None


def test_a_long_formula_is_a_call_and_a_long_call_is_short():
    @op()
    def long(x):
        return x * 1, (lambda g: g * x + x - x * x / (x * 3 + 7) - x + x * 11 + x - 1,)

    assert labels(long(b))[0][0].startswith("∂v1 · b + b - b · b / (b · 3 + 7)")
    many = leaf(np.ones(3), "a_name_of_22_characters")
    assert labels(long(many)) == [
        ["∂v1 · ∂long(a_name_of_22_characters)/∂a_name_of_22_characters"]
    ] or labels(long(many)) == [["∂v1 · ∂v1/∂a_name_of_22_characters"]]


def test_a_name_is_data_whatever_it_is():
    odd = leaf(np.ones(3), "\ue000 · \ue001")
    assert labels(odd * b)[1] == ["∂v1 · \ue000 · \ue001"]


def test_no_formula_keeps_an_array():
    y = leaf(np.ones((50, 50)), "y")
    formulas = Formulas(Names(None))
    formulas.lines(np.tanh(y), 0)
    kept = weakref.ref(y)
    del y
    gc.collect()
    assert kept() is None


def test_a_rule_that_looks_at_values_is_recorded_for_each_op():
    @op()
    def signed(x):
        factor = 2.0 if (x > 0).all() else 3.0
        return x * factor, (lambda g: g * factor,)

    up, down = leaf(np.ones(3), "up"), leaf(-np.ones(3), "down")
    assert labels(signed(up) + signed(down))[:2] == [["∂v1 · 2.0"], ["∂v2 · 3.0"]]


def test_a_long_name_is_shortened_and_still_in_the_formula():
    long = leaf(np.ones(3), "a_name_of_more_than_24_letters")
    assert labels(long * b)[1] == ["∂v1 · a_name_of_mo…_24_letters"]


def test_a_docstring_is_believed_only_if_it_holds_for_any_gradient():
    @op()
    def mixed(x):
        def back(g):
            """g"""  # of equal entries it is
            return g * 0 + g.mean()

        return x * 1, (back,)

    assert labels(mixed(b)) != [["∂v1"]]
