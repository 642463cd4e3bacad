"""A sentence points to the line that its reader has written, and says what is true."""

import threading
import warnings

import numpy as np
import pytest

import nn
from engine import Tensor, mistakes

rng = np.random.default_rng(0)


def diagnose(loss, x, answer):
    script = mistakes.script_of_graph(loss, lambda t: getattr(t, "name", ""))
    answer = mistakes.as_answer("test", answer)
    return mistakes.findings(script, script.gradients[x], answer, loss, x)


def named(**values):
    return [Tensor(x, name=name) for name, x in values.items()]


def written(loss):
    script = mistakes.script_of_graph(loss, lambda t: getattr(t, "name", ""))
    return mistakes.as_written(script, script.variables[loss])


# --- the place ------------------------------------------------------------------------


def test_a_rule_of_several_lines_is_written_as_its_call():
    (s,) = named(s=0.4)
    assert written(nn.sigmoid(s)) == "loss = sigmoid(s)"
    (z,) = named(z=rng.normal(size=(3, 4)))
    assert written(nn.cross_entropy(z, np.array([0, 1, 3]))) == (
        "loss = cross_entropy(z, […])"
    )


def test_a_constant_without_a_name_is_a_number_or_a_sign():
    (x,) = named(x=rng.normal(size=4))
    assert written((x / np.sqrt(2)).sum()) == "loss = (x / 1.41421).sum()"
    assert written((x * rng.normal(size=4)).sum()) == "loss = (x * […]).sum()"


def test_deep_programs_without_names_are_written_shortly():
    (x,) = named(x=0.3)
    y = x
    for _ in range(60):
        y = y + np.sin(y)
    assert len(diagnose(y, x, 1.2345)[0].text) < 200
    y = x
    for _ in range(1200):  # more than Python calls itself
        y = np.sin(y)
    assert len(written(y)) < 100


def test_the_use_that_is_missing_is_named_and_not_one_that_is_there():
    (a,) = named(a=1.3)
    p, q, r = a * 2.0, np.sin(a), a**3
    p.name, q.name, r.name = "p", "q", "r"
    loss = p * q + r * p
    gp, gq, gr = q.data + r.data, p.data, p.data
    uses = {"p = a * 2.0": gp * 2, "q = np.sin(a)": gq * np.cos(1.3)}
    uses["r = a ** 3"] = gr * 3 * 1.3**2
    for missing in uses:
        answer = sum(part for use, part in uses.items() if use != missing)
        found = diagnose(loss, a, answer)[0]
        assert found.kind == "use"
        assert found.text.startswith(f"Going back through `{missing}`: what comes back")


# --- the truth ------------------------------------------------------------------------


def test_what_comes_from_above_is_said_to_be_missing_only_where_it_is():
    (s,) = named(s=2.3)
    assert diagnose(s**3, s, 2.3**2)[0].kind == "exponent"
    assert diagnose(1.0 / s, s, 1 / 2.3**2)[0].kind == "sign"
    (x,) = named(x=rng.normal(size=3))
    found = diagnose((np.sin(x) ** 2).sum(), x, np.cos(x.data))[0]
    assert found.text == (
        "Going back through `np.sin(x)`: this is the local derivative alone. Multiply "
        "it by the gradient that comes from above, that of `np.sin(x)`."
    )


def test_a_factor_of_a_half_is_no_mean():
    a, b, c = named(a=0.5, b=3.3, c=7.1)
    assert diagnose(a * b * c, b, 7.1)[0].kind == "factor"


def test_data_with_a_zero_in_it_is_no_mask():
    w, v, u = named(w=np.array([0.0, 2, 2]), v=np.array([1.1, 2.2, 3.3]), u=np.ones(3))
    kinds = [found.kind for found in diagnose((w * v * u).sum(), v, np.ones(3) * 0.4)]
    assert "gate" not in kinds


def test_a_scale_left_out_of_a_softmax_is_no_mask():
    (q,) = named(q=rng.normal(size=(3, 3)))
    e = np.exp(q * 0.37)
    w = rng.normal(size=(3, 3))
    loss = ((e / e.sum(axis=1, keepdims=True)) * w).sum()
    p = np.exp(q.data) / np.exp(q.data).sum(axis=1, keepdims=True)
    answer = 0.37 * p * (w - (w * p).sum(axis=1, keepdims=True))
    assert "gate" not in [found.kind for found in diagnose(loss, q, answer)]


def test_one_number_for_an_array_is_of_another_shape():
    w, v = named(w=rng.normal(size=3), v=rng.normal(size=3))
    (found,) = diagnose((w * v).sum(), w, 1.2345)
    assert found.kind == "shape"


def test_a_variable_called_as_one_of_ours_changes_nothing():
    w, x, k = (
        Tensor(1.71, name="w"),
        Tensor(0.93, name="x"),
        Tensor(2.37, name="another"),
    )
    new = 1.71 - 0.1 * 0.93 * 2.37
    assert diagnose(w * x * k, x, new * new)[0].kind == "entries"
    std, target = named(std=rng.normal(size=(3, 2)), target=rng.normal(size=(3, 2)))
    assert diagnose((std * target).sum(), std, target.data) == []


@pytest.mark.parametrize("name", ["µ", "σ²", "ｘ", "lambda", "np", "g_x", "", "a b"])
def test_any_name_will_do(name):
    x = Tensor(2.0, name=name)
    assert diagnose(x * 3.0, x, 3.0) == []
    assert diagnose(x * 3.0, x, -3.0)[0].kind == "sign"


# --- whatever the program -------------------------------------------------------------


def test_programs_with_several_results_and_empty_arrays_are_diagnosed():
    (m,) = named(m=np.array([[2.0, 1.0], [1.0, 3.0]]))
    for f in (np.linalg.eigh, np.linalg.svd, np.linalg.qr, np.linalg.slogdet):
        loss = f(m)[1].sum()
        assert diagnose(loss, m, [[0.11, 0.22], [0.33, 0.44]])
    (w,) = named(w=np.array([1.0, 2.0, 3.0]))
    loss = (w[:0] * 2).sum() + w.sum()
    assert diagnose(loss, w, np.ones(3)) == []
    assert diagnose(loss, w, [1.5, 2.0, 3.0])


@pytest.mark.parametrize("answer", [1e308, -1e308, 1e-320, np.inf, -np.inf, np.nan])
def test_an_extreme_answer_is_just_wrong(answer):
    (x,) = named(x=np.array([[1.5, 2.0], [3.0, 4.0]]))
    assert diagnose((x**2).sum(), x, np.full((2, 2), answer))
    (s,) = named(s=2.0)
    assert diagnose(s * 3.0, s, answer)


def test_a_program_with_infinities_is_diagnosed_without_a_warning():
    (q,) = named(q=rng.normal(size=(3, 3)))
    masked = np.where(np.tri(3) == 1, q, -np.inf)
    e = np.exp(masked - masked.max(axis=1, keepdims=True))
    loss = ((e / e.sum(axis=1, keepdims=True)) * rng.normal(size=(3, 3))).sum()
    assert diagnose(loss, q, rng.normal(size=(3, 3)))


def test_a_gradient_that_the_program_does_not_have_is_said():
    (x,) = named(x=0.0)
    with np.errstate(all="ignore"):
        loss = np.log(x) * 0.0 * x
        (found,) = diagnose(loss, x, 1.0)
    assert found.text == (
        "The program itself gives NaN here: look at its values first."
    )


def test_the_filters_of_warnings_stay_as_they_were_in_threads_too():
    w = Tensor([0.5, -0.5], name="w")
    loss = (np.tanh(w) ** 2).mean()
    before = list(warnings.filters)
    found = []

    def ask():
        found.extend(diagnose(loss, w, [0.1234, 0.5678]) for _ in range(3))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert warnings.filters == before
    assert len(found) == 12
    assert all(x == found[0] for x in found)
