"""The insides of folds: what a page draws when one is opened where it stands.

The inside of a fold is a picture of its ops, folded again where they are many. What
comes from outside is a reference card (`x ↗`), and an op whose value goes out says
where to (`to y ↗`). All is worded when the picture is drawn, as no tensor is kept
alive, and laid out when a page is made. The work is bounded: folds are taken breadth
first, and one that comes too late, or hides too much, can't be opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from engine import Tensor
from viz.picture.fit import looks
from viz.picture.folding import folded
from viz.picture.magnitudes import gradients
from viz.picture.options import Options
from viz.picture.scene import (
    CONSTANT,
    FOLDED,
    OPERATION,
    PARAMETER,
    REFERENCE,
    Card,
    Edge,
    Fold,
    Scene,
    around,
    innermost,
    users_of,
)
from viz.picture.sheets import Inside
from viz.picture.ways import Known, Outer, in_look
from viz.words.names import Names
from viz.words.text import visible

MOST = 40  # cards of one inside, beside those of what comes from outside
MOST_IN_ALL = 200  # cards
DEEPEST = 3  # folds in folds
MOST_OPS = 2000  # that folds hide which are opened, in all
_NEARLY = 0.75  # of the ops of an inside
_NAMED = 3  # ops that a value goes to


def insides(
    scenes: Sequence[Scene], known: Known, options: Options
) -> dict[int, Inside]:
    """The insides of the folds of some scenes, and of those in them, by `id(fold)`.

    Args:
        scenes: of one graph; they hold the folds for as long as their ids count.
        known: what is known of the graph.
        options: how all is drawn.
    """
    users, work = _Users(scenes[-1].order), _Work()
    _, noise = gradients(scenes[-1].cards)
    made: dict[tuple[int, ...], Inside] = {}  # of two scenes, folds may hide the same
    found: dict[int, Inside] = {}
    level, kept = list(scenes), list(scenes)
    for _ in range(DEEPEST):
        folds = [fold for scene in level for fold in _worth_opening(scene)]
        level = []
        for fold in folds:
            key = tuple(map(id, fold.ops))
            scene = None if key in made else work.scene(fold)
            if scene is not None:
                outer = Outer(dict(_notes(fold, users, known.names)), noise)
                made[key] = _worded(fold, scene, outer, known, options)
                level.append(scene)
            if key in made:
                found[id(fold)] = made[key]
        kept += level  # a Fold that is kept keeps its id
    return found


def _worth_opening(scene: Scene) -> list[Fold]:
    """The folds of a scene but one that hides nearly all of it: of a loop without its
    last round the next would be without the one before, and so on."""
    most = _NEARLY * len(scene.order)
    return [fold for fold in _folds(scene) if scene.results or len(fold.ops) <= most]


class _Work:
    """What may still be done."""

    def __init__(self) -> None:
        self._cards, self._ops = MOST_IN_ALL, MOST_OPS

    def scene(self, fold: Fold) -> Scene | None:
        """The inside of a fold, if it is not too much."""
        if self._cards <= 0 or len(fold.ops) > self._ops:
            return None
        scene = inside(fold)
        self._ops -= len(fold.ops)
        self._cards -= len(scene.cards)
        return scene if self._cards >= 0 else None


def inside(fold: Fold) -> Scene:
    """The scene of the ops of a fold."""
    outer = innermost(op.group for op in fold.ops)
    outputs = {id(op) for op in fold.outputs}
    alone = outputs if len(outputs) <= MOST // 2 else {id(fold.ops[-1])}
    groups = _Within(outer)
    ops = [
        Fold([op], group=groups.inner(op.group), open=id(op) in alone)
        for op in fold.ops
    ]
    return _with_references(folded(ops, MOST), fold, groups)


def _with_references(scene: Scene, fold: Fold, groups: _Within) -> Scene:
    """The scene in which what comes from outside is a reference, and a fold in it has
    its whole group again."""
    own = {id(leaf) for leaf in fold.leaves}

    def card(old: Card) -> Card:
        held = old.held
        if isinstance(held, Fold):
            return Card(old.ident, old.kind, replace(held, group=groups.whole(held)))
        is_leaf = old.kind in (PARAMETER, CONSTANT) and isinstance(held, Tensor)
        foreign = is_leaf and id(held) not in own
        return Card(old.ident, REFERENCE if foreign else old.kind, held)

    cards = {old: card(old) for old in scene.cards}

    def edge(old: Edge) -> Edge:
        return replace(old, tail=cards[old.tail], head=cards[old.head])

    return replace(
        scene,
        cards=list(cards.values()),
        edges=list(map(edge, scene.edges)),
        backs=list(map(edge, scene.backs)),
        loops={loop: [cards[x] for x in drawn] for loop, drawn in scene.loops.items()},
    )


def _worded(
    fold: Fold, scene: Scene, outer: Outer, known: Known, options: Options
) -> Inside:
    """One form of it, which may be as long as it likes: a page is scrolled."""
    way = "TB" if options.direction == "auto" else options.direction
    options = replace(options, direction=way)
    _, forms = in_look(looks(options)[0], scene, known, options, outer)
    drawn = next(forms)
    # A frame around everything says what the way back says.
    ops = {card.ident for card in scene.cards if card.kind in (OPERATION, FOLDED)}
    frames = [frame for frame in drawn.overlay.frames if not ops <= frame.ops]
    overlay = drawn.overlay._replace(frames=frames)
    return Inside(
        visible(fold.title), str(drawn.digraph.source), overlay, drawn.details
    )


def _folds(scene: Scene) -> list[Fold]:
    return [card.held for card in scene.cards if isinstance(card.held, Fold)]


# --- groups ---------------------------------------------------------------------------


class _Within:
    """Groups, cut off at one: around the ops of a fold there is nothing to fold.

    Args:
        outer: the innermost group around them all; or None.
    """

    def __init__(self, outer: object) -> None:
        self._depth = len(around(outer))
        self._cut: dict[int, object] = {}
        self._whole: dict[int, object] = {}

    def inner(self, group: object) -> object:
        """A group as it is seen from inside: None for the outer one."""
        cut = None
        for whole in around(group)[self._depth :]:
            if id(whole) not in self._cut:
                self._cut[id(whole)] = (whole[0], cut)
            cut = self._cut[id(whole)]
        return cut

    def whole(self, fold: Fold) -> object:
        """The group of a fold, as it is seen from outside."""
        return innermost(op.group for op in fold.ops)


# --- where values go ------------------------------------------------------------------


class _Users:
    """Which ops use a value; looked up once it is asked for.

    Args:
        order: all ops of the graph.
    """

    def __init__(self, order: Iterable[Tensor]) -> None:
        self._order = order
        self._of: dict[int, list[Tensor]] | None = None

    def of(self, value: Tensor) -> list[Tensor]:
        if self._of is None:
            self._of = users_of(self._order)
        return self._of.get(id(value), [])


def _notes(fold: Fold, users: _Users, names: Names) -> Iterator[tuple[int, str]]:
    """What is said on each op whose value goes out: `to y ↗`."""
    own = {id(op) for op in fold.ops}
    for output in fold.outputs:
        outside = (op for op in users.of(output) if id(op) not in own)
        called = list(dict.fromkeys(names.short(op) or op.op for op in outside))
        if len(called) > _NAMED:
            called[_NAMED - 1 :] = ["…"]
        yield id(output), f"to {', '.join(called)} ↗" if called else "output ↗"
