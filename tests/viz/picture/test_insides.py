"""The insides of folds: what is drawn when a page opens one."""

import gc
import re
import weakref

import numpy as np
import pytest
from helpers.gallery import PROGRAMS
from helpers.pages import facts, pictures
from helpers.pictures import read
from helpers.scenes import various

from engine import Tensor, scope
from viz import draw
from viz.picture import insides


def net(label="net", used_again=True):
    """A loss with a scope of three ops: x and w go in, h comes out."""
    x = Tensor(np.ones((2, 2)), name="x") * 1.5
    with scope(label):
        w = Tensor(np.eye(2) * 2.0, name="w")
        h = np.tanh(x @ w) + 1.0
    h.name = "h"
    loss = (h * x).sum() if used_again else h.sum()
    loss.backward()
    return loss


def chain(ops):
    loss = various(Tensor(0.5, name="x"), ops) * 2.0
    loss.backward()
    return loss


def folds(sheet):
    return [card for card in sheet["cards"].values() if "hides" in card]


def titles(sheet):
    return [card["title"] for card in sheet["cards"].values()]


def test_the_inside_of_a_fold_has_its_ops_its_leaves_and_what_comes_from_outside():
    page = draw(net(), fold=["net"]).html()
    told = facts(page)
    (fold,) = folds(told)
    assert fold["opens"] == 1
    (inside,) = told["insides"]
    assert inside["title"] == "net"
    assert titles(inside) == [
        *("v1 ↗", "w", "v2 = v1 @ w", "v3 = tanh(v2)", "h = v3 + 1.0")
    ]
    outside = inside["cards"]["n0"]
    assert (outside["kind"], outside.get("drawn")) == ("drawn elsewhere", None)
    assert outside["value"]["lines"] == ["1.5  1.5", "1.5  1.5"]
    assert inside["cards"]["n1"]["kind"] == "parameter or input"


def test_an_op_whose_value_goes_out_says_where_to():
    _, picture = pictures(draw(net(), fold=["net"]).html())
    drawn = read(picture)
    assert drawn.cards["n4"].lines[-1].startswith("to ")
    assert drawn.cards["n4"].lines[-1].endswith(" ↗")
    assert [i for i, card in drawn.cards.items() if card.lines[-1][:3] == "to "] == [
        "n4"
    ]


def test_edges_in_a_fold_say_what_they_say_in_a_picture_of_all():
    loss = net()
    (inside,) = facts(draw(loss, fold=["net"]).html())["insides"]
    whole = facts(draw(loss, max_nodes=None).html())
    said = [edge["lines"] for edge in inside["edges"]]
    assert len(said) == 4
    assert all(lines in [edge["lines"] for edge in whole["edges"]] for lines in said)


def test_a_frame_around_everything_is_not_drawn():
    _, picture = pictures(draw(net(), fold=["net"]).html())
    assert read(picture).groups == []


def test_folds_in_a_fold_open_too():
    told = facts(draw(chain(100), max_nodes=10).html())
    sheet, seen = told, []
    while folds(sheet) and "opens" in folds(sheet)[-1]:
        number = max(card.get("opens", 0) for card in folds(sheet))
        seen.append(number)
        sheet = told["insides"][number - 1]
    assert 1 <= len(seen) <= insides.DEEPEST
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("name", ["attention", "gpt", "autoencoder", "gru", "lstm"])
def test_every_fold_opens_or_says_why_not(name):
    loss, names = PROGRAMS[name]()
    told = facts(draw(loss, names=names).html())
    sheets = [told, *told["insides"]]
    found = [card for sheet in sheets for card in folds(sheet)]
    assert found
    assert all(("opens" in card) != ("closed" in card) for card in found)
    opened = [card["opens"] for card in found if "opens" in card]
    assert sorted(set(opened)) == list(range(1, len(told["insides"]) + 1))
    assert all("opens" in card for card in folds(told))


def test_the_work_is_bounded(monkeypatch):
    monkeypatch.setattr(insides, "MOST_OPS", 50)
    (fold,) = folds(facts(draw(chain(100), max_nodes=10).html()))
    assert fold["closed"] == "too large to open here: draw(..., max_nodes=None)"
    monkeypatch.setattr(insides, "MOST_OPS", 2)
    (fold,) = folds(facts(draw(net(), fold=["net"]).html()))
    assert fold["closed"] == "too large to open here: draw(..., open=['net'])"
    monkeypatch.setattr(insides, "MOST_OPS", 1000)
    monkeypatch.setattr(insides, "MOST_IN_ALL", 3)
    (fold,) = folds(facts(draw(net(), fold=["net"]).html()))
    assert "closed" in fold


def test_a_large_fold_is_folded_again():
    told = facts(draw(chain(500), max_nodes=10).html())
    assert all(len(inside["cards"]) <= insides.MOST for inside in told["insides"])
    assert folds(told["insides"][0])


def test_a_group_in_the_group_of_a_fold_is_folded_again_and_the_group_is_not():
    with scope("outer"):
        t = Tensor(np.ones((2, 2)), name="x")
        for i in range(8):
            with scope(f"inner {i}"):
                t = various(t, 6, since=6 * i)
    loss = t.sum()
    told = facts(draw(loss, fold=["outer"]).html())
    (fold,) = folds(told)
    inside = told["insides"][fold["opens"] - 1]
    assert "▣ inner 0" in titles(inside)
    assert not any("outer" in title for title in titles(inside))


def test_the_pictures_of_a_page_have_no_ident_twice():
    page = draw(net(), fold=["net"]).html()
    idents = re.findall(r'\bid="([^"]*)"', page)
    assert len(set(idents)) == len(idents)


def test_a_label_is_data_in_a_fold():
    label = "</template><script>alert(1)</script>&\"'"
    page = draw(net(label), fold=[label]).html()
    plain = draw(net("m"), fold=["m"]).html()
    for tag in ("<template", "</template", "<script", "</script", "<svg"):
        assert page.count(tag) == plain.count(tag)
    assert facts(page)["insides"][0]["title"] == label


def test_a_page_with_all_its_insides_is_no_weight():
    loss, names = PROGRAMS["gpt"]()
    assert len(draw(loss, names=names).html().encode()) < 1_500_000


def test_the_same_program_gives_the_same_page():
    assert draw(chain(100)).html() == draw(chain(100)).html()


def test_an_inside_keeps_no_tensor_alive():
    loss = net()
    held = [weakref.ref(x) for x in (loss, *loss.parents)]
    drawing = draw(loss, fold=["net"])
    del loss
    gc.collect()
    assert [tensor() for tensor in held] == [None, None]
    assert len(facts(drawing.html())["insides"]) == 1


def test_a_page_of_a_fold_has_the_numbers_of_the_drawing():
    loss = net()
    drawing, at_once = draw(loss, fold=["net"]), draw(loss, fold=["net"]).html()
    (product, _) = loss.parents[0].parents
    product.data[:] = 0.0
    assert drawing.html() == at_once
