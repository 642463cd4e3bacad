"""`diagnose`: the mistake of a wrong gradient, in the user's names."""

import numpy as np
import pytest

from engine import Tensor, no_grad
from viz import diagnose


def graph():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(5, 3)), rng.normal(size=5)
    w, b = Tensor(rng.normal(size=3)), Tensor(0.5)
    hidden = np.tanh(x @ w + b)
    loss = ((hidden - y) ** 2).mean()
    return loss, locals()


def test_the_readme_of_a_mistake():
    loss, names = graph()
    x, hidden, y = names["x"], names["hidden"].data, names["y"]
    g = 2 * (hidden - y) / 5
    (found, *_) = diagnose(loss, names["w"], x.T @ g, names=names)
    assert found.kind == "factor"
    assert found.text == (
        "Going back through `hidden = np.tanh(x @ w + b)`: the local derivative is "
        "missing: you passed the gradient on as it came."
    )
    assert diagnose(loss, names["w"], x.T @ (g * (1 - hidden**2)), names=names) == []
    assert diagnose(loss, names["hidden"], g) == []


def test_no_gradient_is_set_or_changed():
    loss, names = graph()
    diagnose(loss, names["w"], np.ones(3))
    assert names["w"].grad is None
    names["w"].grad = np.ones(3)
    diagnose(loss, names["w"], np.zeros(3))
    assert np.array_equal(names["w"].grad, np.ones(3))


def test_a_list_and_a_tensor_are_answers_too():
    a = Tensor([1.0, 2.0])
    loss = (a * 3.0).sum()
    assert diagnose(loss, a, [3, 3]) == []
    assert diagnose(loss, a, Tensor([3.0, 3.0])) == []


@pytest.mark.parametrize(
    "answer",
    ["3", None, [1, "2"], [[1], [1, 2]], {"a": 1}, 1j, [True, False], object()],
)
def test_what_is_no_number_is_refused(answer):
    a = Tensor([1.0, 2.0])
    with pytest.raises(TypeError, match="diagnose: the answer is .*real numbers$"):
        diagnose((a * 3.0).sum(), a, answer)


def test_what_is_no_tensor_of_the_graph_is_refused():
    a, other = Tensor(1.0, name="a"), Tensor(2.0, name="other")
    loss = a * 2.0
    with pytest.raises(
        TypeError, match=r"x is 1\.0, and must be a Tensor of the graph"
    ):
        diagnose(loss, 1.0, 2.0)
    with pytest.raises(ValueError, match="no gradient with respect to Tensor.*'other'"):
        diagnose(loss, other, 2.0)
    with pytest.raises(TypeError, match="diagnose"):
        diagnose(2.0, a, 2.0)
    with no_grad():
        constant = a * 2.0
    with pytest.raises(RuntimeError, match="nothing was recorded"):
        diagnose(constant, a, 2.0)


def test_an_enormous_answer_is_refused_quickly_by_its_shape():
    a = Tensor([1.0, 2.0])
    (found,) = diagnose((a * 3.0).sum(), a, np.ones((1000, 1000)))
    assert found.kind == "shape"


def test_names_are_data():
    a = Tensor(2.0, name="__import__('os').system('x')")
    loss = a * a
    assert diagnose(loss, a, 4.0) == []
    assert diagnose(loss, a, -4.0)[0].kind == "sign"
