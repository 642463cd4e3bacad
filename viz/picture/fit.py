"""How large a picture will be, before it is laid out, and which form reads largest.

A picture is looked at where it has a width: 800 px in a README, 1920 × 1080 on a slide.
What counts is how much it has to be made smaller for that. The estimate adds up cards
and labels rank by rank, as Graphviz does, and leaves out what long edges need.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import inf
from typing import NamedTuple

from viz.picture.card_layout import laid_out, stacked
from viz.picture.cards import CardWords
from viz.picture.columns import ranks_of
from viz.picture.dot import label_lines, label_size, writes_ones
from viz.picture.edges import EdgeWords
from viz.picture.lines import SMALLEST
from viz.picture.options import Options
from viz.picture.scene import Card, Scene
from viz.words.detail import Detail
from viz.words.text import width as columns_of

POINTS = 0.75  # per px
TALLEST = 1800  # px: more is scrolled past
_NODE_GAP, _RANK_GAP, _TIGHT_RANK_GAP = 13.0, 14.5, 20.5  # points
_COLUMN_GAP = 24.0
_MARGIN, _LEGEND = 22.0, 45.0  # around all; and the height of the legend
MOST_COLUMNS = 24
SLIDE = 1920  # px: its width
LEAST, LEAST_ON_SLIDES = 10.0, 9.0  # px: the smallest text that is readable
FOLDINGS = (60, 45, 32, 25, 18, 12)  # cards to try, until a picture is readable
WHOLE = 25  # cards that are not folded, but for a slide
_FEWER = 3  # digits, where four are too many
_FEW_ENTRIES = 4  # of an array, likewise
_SMALL_CELL = 7.5  # points
_TOO_TALL = 6  # the power of what is too tall
_CLOSE = 0.6  # of the best estimate: then a form may be the best
_SPARE = 0.85  # of the width: with so much to spare the estimate is enough
_WIDER, _TALLER, _SMALLER = 1.65, 1.12, 0.9  # × the estimate: few are beyond
_TRIED = 4  # forms that are laid out at most
_HOPELESS = 0.6  # of what is readable: no look brings so much


class Room(NamedTuple):
    """Where a picture is looked at: px."""

    width: float
    height: float
    grows: bool  # whether a small picture is made larger

    @property
    def least(self) -> float:
        """The scale at which the smallest text is just readable."""
        return (LEAST_ON_SLIDES if self.grows else LEAST) * POINTS / SMALLEST

    @property
    def points(self) -> tuple[float, float]:
        """Its size in points; a slide's has no bounds, for all of a picture fits it."""
        if self.grows:
            return inf, inf
        return self.width * POINTS, self.height * POINTS

    def score(self, width: float, height: float) -> float:
        """What a picture of so many points is scaled by to fit: 1 for natural size.

        A page is as wide as it is, and can be scrolled down; a picture that is taller
        than one looks at counts for much less.
        """
        across, down = self.width / (width / POINTS), self.height / (height / POINTS)
        if self.grows:
            return min(across, down)
        scale = min(across, 1.0)
        if scale <= down:
            return scale
        return min(scale, self.least) * (down / scale) ** _TOO_TALL


class Estimate(NamedTuple):
    """What a scene needs from top to bottom: the height and width of each rank."""

    heights: list[float]
    widths: list[float]

    @property
    def size(self) -> tuple[float, float]:
        """Of one column."""
        return self.in_columns(1)

    def in_columns(self, columns: int) -> tuple[float, float]:
        """The size in several columns, cut at equal heights."""
        total, widths, tallest = sum(self.heights), [0.0] * columns, [0.0] * columns
        above = 0.0
        for height, width in zip(self.heights, self.widths, strict=True):
            i = min(int(above / total * columns), columns - 1)
            widths[i], tallest[i] = max(widths[i], width), tallest[i] + height
            above += height
        width = sum(widths) + _COLUMN_GAP * (columns - 1) + _MARGIN
        return width, max(tallest) + _MARGIN + _LEGEND


def estimate(
    scene: Scene,
    sizes: Mapping[Card, tuple[float, float]],
    labels: Sequence[tuple[float, float]],
    gap: float = _RANK_GAP,
) -> Estimate:
    """What a scene needs, drawn from top to bottom.

    Args:
        scene: what is drawn.
        sizes: width and height of each card.
        labels: width and height of the label of each edge; (0, 0) without one.
        gap: points between ranks.
    """
    ranks = ranks_of(scene)
    n = max(ranks.values(), default=0) + 1
    heights, widths = [0.0] * n, [0.0] * n
    for card, rank in ranks.items():
        width, height = sizes[card]
        heights[rank] = max(heights[rank], height)
        widths[rank] += width + _NODE_GAP
    label_heights, label_widths = [0.0] * n, [0.0] * n
    for edge, (width, height) in zip(scene.edges, labels, strict=True):
        rank = ranks[edge.head]
        label_heights[rank] = max(label_heights[rank], height)
        label_widths[rank] += width + _NODE_GAP
    return Estimate(
        [h + up + gap for h, up in zip(heights, label_heights, strict=True)],
        [max(w, up) for w, up in zip(widths, label_widths, strict=True)],
    )


class Words(NamedTuple):
    """A scene, and what its cards and edges say."""

    scene: Scene
    cards: list[CardWords]
    edges: list[EdgeWords]


class Form(NamedTuple):
    """A way to draw a scene.

    Attributes:
        direction: "LR" or "TB".
        stacked: whether value and gradient of arrays stand one above the other.
        columns: into which it is cut, from top to bottom.
        heights: of the ranks, as estimated.
        score: of the room that it is for, as estimated.
        worst: the same, if the picture is larger than estimated.
        hoped: the same, if it is smaller.
        width: of the picture in points, as estimated.
    """

    direction: str
    stacked: bool
    columns: int = 1
    heights: Sequence[float] = ()
    score: float = 1.0
    worst: float = 1.0
    hoped: float = 1.0
    width: float = 0.0


def room_of(options: Options) -> Room:
    """Where the picture will be looked at."""
    if options.aspect is None:
        return Room(options.width, TALLEST, grows=False)
    return Room(SLIDE, SLIDE / options.aspect, grows=True)


def is_readable(forms: Iterable[Form], options: Options) -> bool:
    """Whether text may be as large as it has to be: if the picture is smaller than
    estimated, too."""
    return any(form.hoped >= room_of(options).least for form in forms)


def is_surely_readable(forms: Iterable[Form], options: Options) -> bool:
    """Whether one of them is, even if the picture is larger than estimated."""
    least = room_of(options).least
    return any(form.worst >= least for form in forms)


def is_hopeless(forms: Iterable[Form], options: Options) -> bool:
    """Whether no look makes it readable: not even near it."""
    return max(form.hoped for form in forms) < _HOPELESS * room_of(options).least


class Look(NamedTuple):
    """How much cards and edges say.

    Attributes:
        detail: of numbers and arrays.
        tight: whether labels and titles get less room.
    """

    detail: Detail
    tight: bool = False


def looks(options: Options) -> list[Look]:
    """What to try until the picture is readable: all there is to say; closer together;
    in less digits and smaller maps; and arrays of few entries as maps."""
    whole = Detail() if options.digits is None else Detail(options.digits)
    short = whole._replace(cell=_SMALL_CELL)
    short = short._replace(digits=_FEWER) if options.digits is None else short
    maps = short._replace(entries=_FEW_ENTRIES)
    found = [Look(whole), Look(whole, True), Look(short, True), Look(maps, True)]
    return list(dict.fromkeys(found))


def best_forms(words: Words, options: Options) -> list[Form]:
    """The forms that may read largest, the best by estimate first.

    With a stated direction there is one, which is as good as can be: nothing else is
    tried for it. Else the layouts decide among the first.
    """
    if options.direction != "auto":
        return [Form(options.direction, stacked=False)]
    forms = sorted(_forms(words, options), key=lambda form: -form.score)
    first = forms[0]  # the sort is stable: of equal ones the first
    if first.score >= 1 and first.width <= _SPARE * options.width * POINTS:
        return [first]
    if is_hopeless(forms, options):
        return [first]
    best = first.score
    return [form for form in forms if form.score >= _CLOSE * best][:_TRIED]


def _forms(words: Words, options: Options) -> Iterator[Form]:
    """All forms; of those that are equal the first is the best."""
    room, size = room_of(options), label_size(tight=options.tight)
    gap = _TIGHT_RANK_GAP if options.tight else _RANK_GAP
    whole = writes_ones(options, len(words.cards))
    said = (label_lines(edge, whole=whole) for edge in words.edges)
    labels = [_label_size(lines, size) for lines in said]
    for is_stacked in (False, True):
        sizes = {}
        for card in words.cards:
            rows = stacked(card.rows) if is_stacked else card.rows
            width, height, _ = laid_out(rows)
            sizes[card.card] = (width, height)
        if is_stacked and all(
            len(row) == 1 for card in words.cards for row in card.rows
        ):
            return  # nothing stands side by side
        turned = estimate(
            words.scene,
            {card: (h, w) for card, (w, h) in sizes.items()},
            [(h, w) for w, h in labels],
            gap,
        )
        height, width = turned.size
        scores = _scores(room, width, height)
        yield Form("LR", is_stacked, 1, (), *scores, width)
        found = estimate(words.scene, sizes, labels, gap)
        for columns in range(1, min(MOST_COLUMNS, len(found.heights)) + 1):
            width, height = found.in_columns(columns)
            scores = _scores(room, width, height)
            yield Form("TB", is_stacked, columns, found.heights, *scores, width)


def _scores(room: Room, width: float, height: float) -> tuple[float, float, float]:
    """As estimated, at worst, and at best."""
    wider, taller = _WIDER * width, _TALLER * height
    worst = min(room.score(wider, taller), room.score(width, taller))
    hoped = room.score(_SMALLER * width, _SMALLER * height)
    return room.score(width, height), worst, hoped


def _label_size(lines: Sequence[str], size: float) -> tuple[float, float]:
    return max(map(columns_of, lines), default=0) * 0.6 * size, 1.2 * size * len(lines)
