"""What a tensor is called: by its own name, its variable's, or a number."""

import numpy as np
import pytest
from helpers.scenes import cards

from engine import Tensor
from viz.picture.scene import REFERENCE
from viz.words.names import Names


def test_names_come_from_the_tensor_then_from_the_variables():
    own, held, array = Tensor(1.0, name="own"), Tensor(1.0), np.ones(1)
    names = Names({"_": held, "x": own, "h": held, "h2": held, "d": array, "n": 3})
    assert [names.short(t) for t in (own, held, array, 3)] == ["own", "h", "d", ""]


def test_a_nameless_leaf_that_is_pointed_at_gets_a_name():
    w = Tensor(1.0)
    h = np.tanh(np.tanh(np.tanh(w * 2.0)))
    (said,) = [c for c in cards(h * w) if c.card.kind == REFERENCE]
    assert said.title == "v1 ↗"


def test_names_must_be_a_mapping():
    with pytest.raises(TypeError, match=r"names is \['a'\], .*names=locals\(\)"):
        Names(["a"])  # type: ignore[arg-type]
