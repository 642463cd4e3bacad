"""What people get wrong in one line of the backward pass, as changes of the line.

Each function looks at one part of a line, and yields what might stand in its place:
`(kind, tree)`. Whether a change matters is seen by running it.
"""

from __future__ import annotations

import ast
import copy
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from engine.mistakes.script import LARGEST, Script

# Its kind, perhaps with a word more about it ("mean/twice"), and what stands there.
Change = tuple[str, ast.expr]


class Edit(NamedTuple):
    """A line with a mistake in it.

    Attributes:
        kind: a word of KINDS, perhaps with one more after a slash.
        line: which.
        changes: the way to each part of it that is another, and what stands there.
        through: the variable of the op that it goes back through.
        alike: what it has in common with the same mistake elsewhere.
        partial: whether it leaves out the gradient in one addend of several.
    """

    kind: str
    line: int
    changes: tuple[tuple[tuple[Any, ...], Any], ...]
    through: str
    alike: tuple[str, ...]
    partial: bool = False

    def of(self, tree: ast.stmt) -> ast.stmt:
        """The line with the mistake."""
        for path, new in self.changes:
            tree = replaced(tree, path, new)
        return tree


class Place(NamedTuple):
    """A part of a line, and what is known about it."""

    script: Script
    line: int
    node: Any
    term: ast.expr  # the addend that it is in

    def carries(self, tree: ast.AST) -> bool:
        """Whether a gradient from above is in it."""
        return not self.script.carrying.isdisjoint(loaded(tree))

    def shape(self, tree: ast.expr) -> tuple[int, ...] | None:
        """The shape of a part of the line."""
        value = self.value(tree)
        return None if value is None else np.shape(value)

    def value(self, tree: ast.expr) -> Any:
        code = compile(_expression(tree), "<part>", "eval")
        try:
            with np.errstate(all="ignore"):
                return eval(code, self.script.scope, dict(self.script.values))
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            return None


def edits_of(script: Script, line: int) -> Iterator[Edit]:
    """All that may be wrong in one line."""
    statement = script.statements[line]
    tree = statement.tree
    carrying = not script.carrying.isdisjoint(statement.sets)
    if carrying:
        yield from _of_a_write(script, line)
    path, root = _expression_of(tree)
    if root is None:
        return
    for way, node, term, place_of_term in _parts(path, root, root, path):
        place = Place(script, line, node, term)
        through = _through(script, line, term)
        looks = (*_LOOKS, *_BACK_LOOKS * carrying, *_TERM_LOOKS * (node is term))
        for look in looks:
            for i, (kind, new) in enumerate(look(place)):
                # Which of several it is: by its place, or a name by its word.
                which = _word(new) if isinstance(new, ast.Name) else i
                within = way[len(place_of_term) :]
                common = f"{kind} {within} {which} {_skeleton(term)} {_skeleton(new)}"
                alike = (common, kind) if kind.startswith("axis/") else (common,)
                partial = kind.startswith("upstream") and term is not root
                yield Edit(kind, line, ((way, new),), through, alike, partial)


def _expression_of(tree: ast.stmt) -> tuple[tuple[Any, ...], ast.expr | None]:
    """What a line computes, and the way to it."""
    if isinstance(tree, ast.Assign | ast.AugAssign):
        return ("value",), tree.value
    if isinstance(tree, ast.Expr) and isinstance(tree.value, ast.Call):
        last = len(tree.value.args) - 1
        return ("value", "args", last), tree.value.args[last]
    return (), None


def _parts(
    path: tuple[Any, ...], node: ast.expr, term: ast.expr, of_term: tuple[Any, ...]
) -> Iterator[tuple[tuple[Any, ...], ast.expr, ast.expr, tuple[Any, ...]]]:
    """All parts of an expression: the way to each, its addend, and the way to that."""
    yield path, node, term, of_term
    summed = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub)
    for field, value in ast.iter_fields(node):
        for i, part in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(part, ast.expr):
                way = (*path, field, i) if isinstance(value, list) else (*path, field)
                if summed and node is term:
                    yield from _parts(way, part, part, way)
                else:
                    yield from _parts(way, part, term, of_term)


# --- products and quotients -----------------------------------------------------------


def _of_a_product(place: Place) -> Iterator[Change]:
    node = place.node
    if not _is(node, ast.Mult):
        return
    x, y = node.left, node.right
    for kept, out in ((x, y), (y, x)):
        kind = _kind_without(place, out, kept)
        yield kind, kept
        if kind == "gate":
            # Without it, what it stretched is stretched all the same.
            yield kind, _binary(kept, ast.Mult(), _ones(place.shape(out)))
            positive = ast.Compare(kept, [ast.Gt()], [ast.Constant(0)])
            yield "gate/other", _binary(kept, ast.Mult(), positive)
    if not _is_number(x) and not _is_number(y):
        yield "inverse", _binary(x, ast.Div(), y)
        yield "inverse", _binary(y, ast.Div(), x)
    elif _is_number(x):
        yield "inverse", _binary(y, ast.Div(), x)
    yield "added", _binary(x, ast.Add(), y)
    # A factor that belongs to one part of a sum, or to all of it.
    for one, other in ((x, y), (y, x)):
        if _is(one, ast.Add, ast.Sub):
            part = _binary(one.left, ast.Mult(), other)
            yield "factor/part", _binary(part, one.op, one.right)


def _kind_without(place: Place, left_out: ast.expr, kept: ast.expr) -> str:
    if place.carries(left_out):
        if place.carries(kept):
            return "use"
        mean = _is_one_over_n(place, left_out)
        return "mean/above" if mean else _upstream(place.value(left_out))
    if _is_one_over_n(place, left_out):
        return "mean"
    if _has(left_out, ast.Compare) or _is_mask(place, left_out):
        return "gate"
    powers = "**" in ast.unparse(left_out) or _goes_through_power(place)
    same = ast.dump(left_out) == ast.dump(kept)
    if powers and _is_number(left_out):
        return "exponent/down"
    return "exponent/lower" if same else "factor"


def _is_one_over_n(place: Place, tree: ast.expr) -> bool:
    """Whether all of it is 1 / n, of a mean: nothing else came from above."""
    value = place.value(tree)
    if value is None or not np.size(value) or np.asarray(value).dtype.kind != "f":
        return False
    first = np.ravel(value)[0]
    if not first or not np.all(value == first):
        return False
    n = 1 / abs(first)
    return n > 1.5 and abs(n - round(n)) < 1e-9 * n


def _of_a_number(place: Place) -> Iterator[Change]:
    """1 / n, written as a number."""
    node = place.node
    if not isinstance(node, ast.Constant) or type(node.value) is not float:
        return
    if node.value and abs(1 / node.value - round(1 / node.value)) < 1e-9:
        n = round(1 / node.value)
        if abs(n) > 1:
            for other in _other_counts(place, n):
                yield _other_mean(n, other), ast.Constant(1 / other)


def _of_a_quotient(place: Place) -> Iterator[Change]:
    node = place.node
    if not _is(node, ast.Div):
        return
    x, y = node.left, node.right
    counted = isinstance(y, ast.Constant) and type(y.value) is int
    yield "mean" if counted else "factor", x
    if place.carries(x):
        yield "upstream", _binary(_ones(), ast.Div(), y)
    if counted:
        for n in _other_counts(place, y.value):
            new = _binary(x, ast.Div(), ast.Constant(n))
            yield _other_mean(y.value, n), new
        yield "mean/twice", _binary(node, ast.Div(), y)
    else:
        yield "inverse", _binary(x, ast.Mult(), y)
        yield "swapped/quotient", _binary(y, ast.Div(), x)
        yield "exponent/lower", _binary(node, ast.Div(), y)
        yield "sign", ast.UnaryOp(ast.USub(), node)


def _other_mean(n: int, other: int) -> str:
    return "mean/less" if abs(n - other) == 1 else "mean/other"


def _other_counts(place: Place, n: int) -> Iterable[int]:
    """What people divide by instead of n: n - 1, or the length of another axis."""
    shapes = {np.shape(value) for value in place.script.values.values()}
    sizes = {m for shape in shapes for m in (*shape, math.prod(shape))}
    return sorted({n - 1, n + 1, *sizes} - {n, 0, 1})


def _of_a_power(place: Place) -> Iterator[Change]:
    node = place.node
    if not _is(node, ast.Pow):
        return
    x, n = node.left, node.right
    yield "exponent/lower", x
    for step in (1, -1):
        other = _binary(n, ast.Add(), ast.Constant(step))
        yield "exponent/lower", _binary(x, ast.Pow(), other)


def _goes_through_power(place: Place) -> bool:
    through = _through(place.script, place.line, place.term)
    lines = place.script.setting.get(through, ())
    if not lines:
        return False
    value = getattr(place.script.statements[lines[0]].tree, "value", None)
    return _is(value, ast.Pow) or "square" in ast.unparse(value or ast.Constant(0))


# --- sums and signs -------------------------------------------------------------------


def _of_a_sum(place: Place) -> Iterator[Change]:
    node = place.node
    if not _is(node, ast.Add, ast.Sub):
        return
    x, y = node.left, node.right
    minus = isinstance(node.op, ast.Sub)
    kind = "factor" if _is_number(x) or _is_number(y) else "use"
    yield "gate" if _hides(place, y) else kind, x
    yield kind, ast.UnaryOp(ast.USub(), y) if minus else y
    yield "sign", _binary(x, ast.Add() if minus else ast.Sub(), y)
    if minus:
        yield "swapped", _binary(y, ast.Sub(), x)
    if place.carries(x) and place.carries(y):
        yield "added", _binary(x, ast.Mult(), y)
    parts = _addends(node)
    if len(parts) > 2:
        yield from (("use", part) for part in parts)


def _hides(place: Place, tree: ast.expr) -> bool:
    """Whether it is a mask that is added: 0, or minus infinity or nearly so."""
    value = place.value(tree)
    if np.ndim(value) < 1 or np.asarray(value).dtype.kind != "f":
        return False
    return bool(((value == 0) | (value < -1e4)).all() and (value < 0).any())


def _addends(node: ast.expr) -> list[ast.expr]:
    """The terms of a sum, with their signs."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Add | ast.Sub):
        return [node]
    right = node.right
    last = ast.UnaryOp(ast.USub(), right) if isinstance(node.op, ast.Sub) else right
    return [*_addends(node.left), last]


def _of_a_minus(place: Place) -> Iterator[Change]:
    if isinstance(place.node, ast.UnaryOp) and isinstance(place.node.op, ast.USub):
        yield "sign", place.node.operand


# --- matrices -------------------------------------------------------------------------


def _of_a_matrix_product(place: Place) -> Iterator[Change]:
    node = place.node
    if not _is(node, ast.MatMult):
        return
    x, y = node.left, node.right
    turned = _turned(x), _turned(y)
    for left, right, kind in (
        (turned[0], y, "transposed"),
        (x, turned[1], "transposed"),
        (*turned, "transposed"),
        (y, x, "swapped"),
        (turned[1], x, "swapped"),
        (y, turned[0], "swapped"),
        (turned[1], turned[0], "transposed"),
    ):
        if _fits(place.shape(left), place.shape(right)):
            yield kind, _binary(left, ast.MatMult(), right)
    for one, other in ((x, y), (y, x)):
        if place.carries(one):
            ones = _ones(place.shape(one))
            pair = (ones, other) if one is x else (other, ones)
            yield "upstream", _binary(pair[0], ast.MatMult(), pair[1])
    if place.shape(x) == place.shape(y):
        yield "factor", _binary(x, ast.Mult(), y)


def _fits(x: tuple[int, ...] | None, y: tuple[int, ...] | None) -> bool:
    """Whether two arrays have a matrix product that is not too large."""
    if not x or not y or x[-1] != y[max(len(y) - 2, 0)]:
        return False
    return math.prod(x[:-1]) * (y[-1] if len(y) > 1 else 1) <= LARGEST


def _turned(tree: ast.expr) -> ast.expr:
    if isinstance(tree, ast.Attribute) and tree.attr in ("T", "mT"):
        return tree.value
    attr = "mT" if ".mT" in ast.unparse(tree) else "T"
    return ast.Attribute(tree, attr, ast.Load())


def _of_a_transposition(place: Place) -> Iterator[Change]:
    node = place.node
    if isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
        yield "transposed", node.value


# --- calls ----------------------------------------------------------------------------


def _of_a_call(place: Place) -> Iterator[Change]:
    node = place.node
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return
    name, of = node.func.attr, node.func.value
    if isinstance(of, ast.Name) and of.id == "np":
        yield from _of_a_function(place, name, node.args)
    elif name in ("sum", "mean", "max"):
        yield from _of_a_reduction(place, name, of)
    elif name in ("reshape", "swapaxes", "transpose"):
        yield "transposed" if name != "reshape" else "shape", of


def _of_a_function(place: Place, name: str, args: list[ast.expr]) -> Iterator[Change]:
    if name == "where" and len(args) == 3:
        condition, x, y = args
        yield "gate", x
        yield "gate", y
        yield "gate/other", ast.Call(place.node.func, [condition, y, x], [])
    elif name == "outer":
        yield "swapped", ast.Call(place.node.func, [args[1], args[0]], [])
    elif name == "broadcast_to":
        yield "sum", args[0]
    elif len(args) == 1:
        yield "input or output", args[0]
        for other in _CONFUSED.get(name, ()):
            func = ast.Attribute(ast.Name("np", ast.Load()), other, ast.Load())
            yield "factor/function", ast.Call(func, args, [])
    elif name in ("multiply", "maximum", "minimum") and len(args) == 2:
        yield from (("factor", arg) for arg in args)


_CONFUSED = {"cos": ["sin"], "sin": ["cos"], "exp": ["log"], "log": ["exp"]}


def _of_a_reduction(place: Place, name: str, of: ast.expr) -> Iterator[Change]:
    node, shape = place.node, place.shape(of)
    if not shape:
        return
    options = {k.arg: k.value for k in node.keywords}
    if name != "max":
        yield "sum" if name == "sum" else "mean", of
        other = "mean" if name == "sum" else "sum"
        yield "mean/sum", _method(of, other, node.args, node.keywords)
    kept = [k for k in node.keywords if k.arg != "axis"]
    if "keepdims" in options:
        only = [k for k in node.keywords if k.arg == "axis"]
        yield "axis/kept", _method(of, name, [], only)
    else:
        keep = ast.keyword("keepdims", ast.Constant(True))
        yield "axis/kept", _method(of, name, [], [*node.keywords, keep])
    given = _axis_in(options, len(shape))
    for axis in (None, *range(len(shape))):
        if axis != given:
            along = [] if axis is None else [ast.keyword("axis", ast.Constant(axis))]
            kind = f"axis/{given} to {axis}"
            within = type(given) is tuple and axis in given
            if given is None or axis is None or within:
                kind = "sum" if given is None or within else "sum/all"
            yield kind, _method(of, name, [], [*along, *kept])


def _axis_in(options: dict[str, ast.expr], ndim: int) -> Any:
    """The axis that a call names, counted from the front."""
    given = ast.literal_eval(options["axis"]) if "axis" in options else None
    return given % ndim if type(given) is int else given


def _method(
    of: ast.expr, name: str, args: list[ast.expr], keywords: list[ast.keyword]
) -> ast.expr:
    return ast.Call(ast.Attribute(of, name, ast.Load()), args, keywords)


def _of_an_index(place: Place) -> Iterator[Change]:
    node = place.node
    if isinstance(node, ast.Subscript):
        yield "shape", node.value


def _of_a_write(script: Script, line: int) -> Iterator[Edit]:
    """g[index] = v for np.add.at(g, index, v), and for g[index] += v."""
    tree = script.statements[line].tree
    through = _through(script, line, tree)
    if isinstance(tree, ast.AugAssign):
        new: ast.stmt = ast.Assign([tree.target], tree.value)
        yield Edit("use/overwritten", line, (((), new),), through, ("overwritten",))
        (name,) = script.statements[line].sets
        before = [script.statements[i].tree for i in script.setting[name][1:]]
        puts = [put for put in before if isinstance(put, ast.Assign)]
        new = ast.If(ast.Constant(True), [new, *puts], [])
        yield Edit("use/overwritten", line, (((), new),), through, ("first",))
    elif isinstance(tree, ast.Expr) and isinstance(tree.value, ast.Call):
        x, index, value = tree.value.args
        new = ast.Assign([ast.Subscript(x, index, ast.Store())], value)
        yield Edit("repeated index", line, (((), new),), through, ("repeated",))


# --- names ----------------------------------------------------------------------------


def _of_a_name(place: Place) -> Iterator[Change]:
    """Another value in the place of one."""
    node, script = place.node, place.script
    if not isinstance(node, ast.Name) or node.id not in script.values:
        return
    if node.id in script.carrying:
        yield from _of_a_gradient(place, node.id)
        return
    through = _through(script, place.line, place.term)
    for name, kind in _neighbours(script, place.line, node.id, through).items():
        yield kind, ast.Name(name, ast.Load())
    if _goes_through_power(place):
        yield "exponent/lower", _binary(node, ast.Pow(), ast.Constant(2))


def _upstream(gradient: Any) -> str:
    """The kind of a gradient left out: who sees ones in it takes it for a factor."""
    values = np.ravel(np.asarray(gradient, dtype=np.float64))
    same = values.size > 1 and bool((values == values[0]).all())
    return "upstream/uniform" if same else "upstream"


def _of_a_gradient(place: Place, name: str) -> Iterator[Change]:
    script, shape = place.script, np.shape(place.script.values[name])
    yield _upstream(script.values[name]), _ones(shape)
    if len(script.tensors.get(name, ())) > 1:
        half = _binary(ast.Name(name, ast.Load()), ast.Div(), ast.Constant(2))
        yield "split", half
    target = script.statements[place.line].sets
    later = {n for n, i in script.first.items() if i >= place.line} | target
    for other in sorted(script.carrying & script.tensors.keys() - later - {name}):
        if np.shape(script.values[other]) == shape:
            skips = script.is_step(name, other) and _has_a_mask(script, name)
            yield "gate" if skips else "upstream/other", ast.Name(other, ast.Load())
    # The gradient of an operand where that of the result belongs, or the value itself.
    value = script.own_value(name)
    if value:
        yield "upstream/value", ast.Name(value, ast.Load())


def _has_a_mask(script: Script, gradient: str) -> bool:
    """Whether the line of a gradient has a comparison in it."""
    lines = script.setting.get(gradient, ())
    return any(_has(script.statements[i].tree, ast.Compare) for i in lines)


def _stretches(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Whether a shape is another one, or broadcasts to it."""
    try:
        return shape == to or (bool(shape) and np.broadcast_shapes(shape, to) == to)
    except ValueError:
        return False


def _neighbours(script: Script, line: int, name: str, through: str) -> dict[str, str]:
    """What may be mistaken for a value: variable -> the kind of the mistake."""
    shape = np.shape(script.values[name])
    own = script.own_value(next(iter(script.statements[line].sets), ""))
    near = {own, through, *script.reads_of(through)}
    found: dict[str, str] = {}
    for other, value in script.values.items():
        if other in script.carrying or other == name or other in script.scope:
            continue
        if script.first.get(other, -1) >= script.backward:
            continue
        operand = other in near and through not in (name, other)
        if not operand and not _stretches(np.shape(value), shape):
            continue
        after = script.before(other).get(name, 0)
        before = script.before(name).get(other, 0)
        if other == own and through not in (name, other):
            found[other] = "own value"
        elif after or before:
            found[other] = f"input or output/{after or -before}"
        elif other in near or name in near:
            found[other] = "own value/other"
    return found


# --- masks ----------------------------------------------------------------------------


def _of_a_comparison(place: Place) -> Iterator[Change]:
    node = place.node
    if not isinstance(node, ast.Compare) or len(node.ops) != 1:
        return
    x, (op,), (y,) = node.left, node.ops, node.comparators
    for other in _OTHER_COMPARISONS.get(type(op), ()):
        yield "gate/other", ast.Compare(x, [other()], [y])
    shape = place.shape(x)
    for name in sorted(place.script.statements[place.line].reads):
        value = place.script.values.get(name)
        if value is None or np.shape(value) != shape:
            continue
        if not _is_named(x, name):
            zero = ast.Constant(0)
            yield (
                "gate/other",
                ast.Compare(ast.Name(name, ast.Load()), [ast.Gt()], [zero]),
            )


_OTHER_COMPARISONS: dict[type, tuple[type, ...]] = {
    ast.Gt: (ast.Lt, ast.GtE),
    ast.Lt: (ast.Gt, ast.LtE),
    ast.GtE: (ast.Lt,),
    ast.LtE: (ast.Gt,),
    ast.NotEq: (ast.Eq, ast.Lt),
    ast.Eq: (ast.NotEq,),
}


def _is_mask(place: Place, tree: ast.expr) -> bool:
    value = place.value(tree)
    if not isinstance(value, np.ndarray) or value.size < 2:
        return False
    # 0 and one other number, as a mask of dropout has.
    return value.dtype == bool or (not value.all() and np.unique(value).size <= 2)


# --- a whole addend -------------------------------------------------------------------


def _of_a_term(place: Place) -> Iterator[Change]:
    """Changes of all that one addend of a line computes."""
    node, script = place.node, place.script
    yield "factor/twice", _binary(ast.Constant(2), ast.Mult(), node)
    for target in script.statements[place.line].sets:
        if len(script.tensors.get(target, ())) > 1:  # it goes back through a sum
            yield "split", _binary(node, ast.Div(), ast.Constant(2))
    if not place.carries(node):
        return
    yield "sign", ast.UnaryOp(ast.USub(), node)
    shape = place.shape(node)
    names = {n: np.shape(script.values[n]) for n in loaded(node) & script.carrying}
    kind = max((_upstream(script.values[n]) for n in names), key=len)
    yield kind, _with_names(node, {n: _ones(names[n]) for n in names})
    through = _through(script, place.line, node)
    for name in sorted(names):
        if names[name] == shape and ast.unparse(node) != name:
            g = ast.Name(name, ast.Load())
            yield "factor/all", g
            if through in script.values:
                value = ast.Name(through, ast.Load())
                yield "factor/value", _binary(g, ast.Mult(), value)
    for axis in range(len(shape or ())):
        along = ast.keyword("axis", ast.Constant(axis))
        keep = [along, ast.keyword("keepdims", ast.Constant(True))]
        yield "sum/extra", _method(node, "sum", [], keep)
    for name in sorted(loaded(node) - script.carrying & script.values.keys()):
        if ast.unparse(node).count(name) > 1 and name in script.values:
            found = _neighbours(script, place.line, name, through)
            for other, kind in found.items():
                new = {name: ast.Name(other, ast.Load())}
                yield kind, _with_names(node, new)
    parts = [part for part in _addends(node) if place.carries(part)]
    if len(parts) > 2:
        product = parts[0]
        for part in parts[1:]:
            product = _binary(product, ast.Mult(), part)
        yield "added", product


def _with_names(tree: ast.expr, new: Mapping[str, ast.expr]) -> ast.expr:
    class Put(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return new.get(node.id, node)

    return Put().visit(copy.deepcopy(tree))


# --- small things ---------------------------------------------------------------------

_LOOKS: tuple[Callable[[Place], Iterator[Change]], ...] = (
    _of_a_product,
    _of_a_quotient,
    _of_a_number,
    _of_a_power,
    _of_a_sum,
    _of_a_minus,
    _of_a_call,
    _of_a_comparison,
    _of_a_name,
)
_BACK_LOOKS = (_of_a_matrix_product, _of_a_transposition, _of_an_index)
_TERM_LOOKS = (_of_a_term,)


def _through(script: Script, line: int, term: ast.AST) -> str:
    """The variable of the op that a term goes back through."""
    return script.through(line, frozenset(loaded(term)))


def replaced(tree: Any, path: tuple[Any, ...], new: ast.expr) -> Any:
    """A copy of a tree with another part at the end of the path; the rest is shared."""
    if not path:
        return new
    if isinstance(tree, list):
        inner = list(tree)
        inner[path[0]] = replaced(tree[path[0]], path[1:], new)
        return inner
    changed = copy.copy(tree)
    setattr(changed, path[0], replaced(getattr(tree, path[0]), path[1:], new))
    return changed


def loaded(tree: ast.AST) -> set[str]:
    """The variables that a part of a line reads."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _skeleton(tree: ast.AST) -> str:
    """What two lines have in common that differ only in their names and numbers."""

    class Blank(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return node if node.id == "np" else ast.Name("_", ast.Load())

    return ast.unparse(Blank().visit(copy.deepcopy(tree)))


def _word(name: ast.Name) -> str:
    """A variable without its number: h for h3."""
    return name.id.rstrip("0123456789")


def _expression(tree: ast.expr) -> ast.Expression:
    return ast.fix_missing_locations(ast.Expression(copy.deepcopy(tree)))


def _binary(x: ast.expr, op: ast.operator, y: ast.expr) -> ast.expr:
    return ast.BinOp(x, op, y)


def _ones(shape: tuple[int, ...] | None = ()) -> ast.expr:
    """An array of ones."""
    return ast.parse(f"np.ones({shape})", mode="eval").body


def _is(node: Any, *ops: type) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ops)


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _is_named(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _has(node: ast.AST, kind: type) -> bool:
    return any(isinstance(part, kind) for part in ast.walk(node))
