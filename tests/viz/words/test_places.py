"""Tensors in lists, dicts and objects: the paths to them, and what is not run."""

import html
import subprocess
import sys
import threading
import types
from collections import OrderedDict, defaultdict, namedtuple
from dataclasses import dataclass

import numpy as np
import pytest

from engine import Tensor
from nn import SGD, Lin, Model, Sequential
from viz import code, draw, explain, paths
from viz.words import places as module
from viz.words.names import Names
from viz.words.places import MOST, MOST_OF_ONE, places


def found(**variables):
    return [place.path for place in places(variables)]


def name(held, **variables):
    return Names(variables).full(held)


class Box:
    """Anything with attributes."""

    def __init__(self, **held):
        vars(self).update(held)


# --- the paths --------------------------------------------------------------------


def test_lists_tuples_and_dicts_are_looked_into_and_written_as_in_python():
    t = [Tensor(float(i)) for i in range(8)]
    variables = {
        "ws": [t[0], (t[1], t[2])],
        "params": {"w": t[3], 7: [t[4]], ("a", 1): t[5]},
        "ordered": OrderedDict(b=t[6]),
        "grouped": defaultdict(list, c=[t[7]]),
    }
    names = Names(variables)
    assert [names.full(x) for x in t] == [
        "ws[0]",
        "ws[1][0]",
        "ws[1][1]",
        "params['w']",
        "params[7][0]",
        "params[('a', 1)]",
        "ordered['b']",
        "grouped['c'][0]",
    ]
    for x in t:
        assert eval(names.full(x), variables) is x


def test_attributes_slots_named_tuples_and_data_classes_are_looked_into():
    class Slotted:
        __slots__ = ("empty", "w")

    class Both(Slotted):
        pass

    @dataclass
    class Layer:
        w: Tensor

    Pair = namedtuple("Pair", "w b")
    t = [Tensor(float(i)) for i in range(7)]
    slotted, both = Slotted(), Both()
    slotted.w, both.w, both.b = t[0], t[1], t[2]
    variables = {
        "slotted": slotted,
        "both": both,
        "pair": Pair(t[3], 1.0),
        "model": Box(layers=[Layer(t[4])]),
        "space": types.SimpleNamespace(w=t[5]),
        "deep": {"a": Box(b=[Box(c=t[6])])},
    }
    names = Names(variables)
    wanted = ["slotted.w", "both.w", "both.b", "pair.w", "model.layers[0].w", "space.w"]
    assert [names.full(x) for x in t] == [*wanted, "deep['a'].b[0].c"]


def test_a_variable_wins_over_a_path_a_short_path_over_a_long_one_and_name_over_all():
    plain, own, twice = Tensor(1.0), Tensor(2.0, name="own"), Tensor(3.0)
    held = {"long": [[[plain, own, twice]]], "ws": [plain, own, twice], "x": plain}
    assert [name(t, **held) for t in (plain, own, twice)] == ["x", "own", "ws[2]"]


def test_an_array_in_a_list_has_its_path_too():
    x = np.ones(2)
    assert name(x, batches=[x]) == "batches[0]"


def test_a_layers_parameters_have_paths_and_the_list_of_an_optimiser_comes_last():
    rng = np.random.default_rng(0)
    network = Sequential(Lin.init(2, 3, rng=rng), Lin.init(3, 1, rng=rng))
    sgd = SGD(network.parameters(), lr=0.1)
    names = Names({"sgd": sgd, "network": network})
    w = network.layers[0].w
    assert names.full(w) == "network.layers[0].w"
    assert name(w, sgd=sgd) == "sgd.parameters[0]"
    model = Model.init(2, 3, 1, rng=rng)
    assert name(model.layers[0].w, model=model) == "w1"


def test_what_an_object_keeps_of_a_computation_has_no_path_but_what_a_list_keeps_has():
    h = Tensor(1.0) * 2.0
    assert name(h, layer=Box(out=h)) == ""
    assert name(h, layer=Box(outs=[h])) == ""
    assert name(h, hs=[h]) == "hs[0]"


def test_private_variables_attributes_and_a_notebooks_history_are_left_out():
    t = Tensor(1.0)
    out = {3: t}
    assert found(_ws=[t], model=Box(_w=t), Out=out, _oh=out) == []
    assert found(Out={3: t}) == ["Out[3]"]  # a user's own


def test_keys_that_no_name_has_room_for_are_left_out():
    class Key:
        def __repr__(self):
            raise AssertionError("asked for its repr")

    t = Tensor(1.0)
    keys = (Key(), (Key(),), "k" * 100, 10**5000, tuple(range(9)), None)
    assert found(d=dict.fromkeys(keys, t)) == []
    odd = Box()
    vars(odd).update({"not a name": t, 3: t, "n" * 100: t})
    assert found(odd=odd) == []


def test_explain_code_and_paths_have_the_same_names():
    ws = [Tensor(2.0), Tensor(3.0)]
    loss = ws[0] * ws[1]
    loss.backward()
    assert "∂L/∂ws[0] = " in str(explain(loss, ws[0], names={"ws": ws}))
    assert "→ ws[1] " in str(paths(loss, ws[1], names={"ws": ws}))
    program = code(loss, names={"ws": ws, "unused": {}})
    assert list(program.arguments) == ["ws_0", "ws_1"]
    value, gradients = program()
    assert value == 6.0
    assert gradients == (3.0, 2.0)


def test_a_program_calls_a_path_what_python_can():
    held = Box(w=Tensor([2.0]), layers=[Box(w=Tensor([3.0]))])
    params = {"it's": Tensor([4.0])}
    loss = (held.w * held.layers[0].w * params["it's"]).sum()
    program = code(loss, names={"model": held, "params": params})
    assert list(program.arguments) == ["model_w", "model_layers_0_w", "params_it_s"]


def test_a_picture_shows_paths_as_typed():
    params = {'<b>"&\n': Tensor(2.0)}
    svg = draw(params['<b>"&\n'] * 3.0, names={"p": params}).svg()
    assert "<b>" not in svg
    assert """>p['<b>"&\\n']<""" in html.unescape(svg)


# --- what is not run ----------------------------------------------------------------


def hostile_objects():
    """Objects each of whose doors raises."""

    def refuse(*_):
        raise AssertionError("user code was run")

    class Asked:
        __dict__ = property(refuse)

    class Proxy:
        __class__ = property(refuse)
        __getattr__ = __getattribute__ = __iter__ = __len__ = __eq__ = refuse
        __hash__ = __bool__ = __repr__ = __getitem__ = refuse

    class Listed(list):
        __iter__ = __len__ = __getitem__ = __getattribute__ = refuse

    class Mapped(dict):
        items = keys = __iter__ = __len__ = __getitem__ = __getattribute__ = refuse

    class Meta(type):
        __mro__ = __dict__ = __module__ = property(refuse)
        __hash__ = __eq__ = __getattribute__ = __instancecheck__ = refuse
        __subclasscheck__ = __bool__ = refuse

    class Odd(metaclass=Meta):
        w = property(refuse)

    return [Asked(), Proxy(), Listed([1.0]), Mapped(a=1.0), Odd(), Odd]


def test_no_property_no_getattr_and_no_iterator_is_called():
    things = hostile_objects()
    held = {f"x{i}": x for i, x in enumerate(things)} | {"all": things}
    t = Tensor(1.0)
    assert found(**held, ws=[t]) == ["ws[0]"]


def test_what_a_hostile_subclass_stores_is_found_without_asking_it():
    t = Tensor(1.0)
    listed = hostile_objects()[2]
    list.append(listed, t)
    assert found(ws=listed) == ["ws[1]"]


def test_modules_classes_and_functions_are_closed():
    t = Tensor(1.0)
    closed = types.ModuleType("closed")
    closed.t = t

    class Kept:
        w = t

        def method(self):
            return t

    def function():
        return t

    function.t = t
    held = {"m": closed, "c": Kept, "f": function, "b": Kept().method}
    assert found(**held, everything=list(held.values()), instance=Kept()) == []
    assert found(sys=sys, np=np, subprocess=subprocess, thread=threading) == []


def test_circles_come_to_an_end():
    a, b = [], {}
    a += [a, b]
    b["a"] = a
    box = Box(a=a, t=Tensor(1.0))
    box.box = box
    b["box"] = box
    assert found(a=a, b=b, box=box) == ["box.t"]


def test_endless_nesting_is_not_followed():
    t = Tensor(1.0)
    nest, deep = [t], None
    for _ in range(100_000):
        deep = [deep]
    for _ in range(module.DEEPEST):
        nest = [nest]
    assert found(deep=deep, nest=nest, nearer=nest[0]) == ["nearer[0][0][0][0][0][0]"]


def test_the_walk_is_bounded_and_a_long_list_starves_no_other():
    t = Tensor(1.0)
    many = [0.5] * 10**6
    assert found(many=many, ws=[t]) == ["ws[0]"]
    assert found(ws=[*many[: MOST_OF_ONE - 1], t]) == [f"ws[{MOST_OF_ONE - 1}]"]
    assert found(ws=[*many[:MOST_OF_ONE], t]) == []
    rows = [many[:MOST_OF_ONE] for _ in range(MOST // MOST_OF_ONE + 1)]
    assert found(rows=[*rows, [t]]) == []
    assert found(rows=[*rows, [t]], t=t) == ["t"]


def test_what_another_thread_changes_meanwhile_is_left_out(monkeypatch):
    class Changing(dict):
        pass

    def changed(held):
        yield "a", Tensor(1.0)
        raise RuntimeError("dictionary changed size during iteration")

    way = module._Way(module._ENTRY, changed)
    real = module._way_into
    monkeypatch.setattr(
        module, "_way_into", lambda cls: way if cls is Changing else real(cls)
    )
    assert found(d=Changing(), ws=[Tensor(1.0)]) == ["ws[0]"]


@pytest.mark.parametrize("held", [3, "text", None, range(9), {1, 2}, iter([])])
def test_what_holds_nothing_costs_nothing(held):
    assert found(x=held) == []
