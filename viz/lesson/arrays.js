// Arrays: what the lines of a written program need of NumPy.
//
// A value is a number, a boolean, or an array { shape, data } with its entries row by row;
// a tuple or a list is an array of JavaScript's. `evaluate` computes a tree (trees.py) with
// the variables of a scope. Whatever stands at the beginning of a line between quotes, in
// the tables below, is known; Python reads the names from here. Nothing touches the page.

const MOST_ENTRIES = 1e6;

const shapeOf = (x) => (isArray(x) ? x.shape : Array.isArray(x) ? asArray(x).shape : []);
const dataOf = (x) => (isArray(x) ? x.data : Array.isArray(x) ? asArray(x).data : [x]);
const sizeOf = (shape) => shape.reduce((n, length) => n * length, 1);
const isBool = (x) => typeof x === "boolean";
const isTrue = (x) => Number.isNaN(x) || Boolean(x); // NaN is, in Python

// Entries are of one kind: booleans beside numbers are numbers.
function made(shape, data) {
  const one = data.every(isBool) ? data : data.map((x) => (isBool(x) ? Number(x) : x));
  return shape.length ? { shape, data: one } : one[0];
}
const isEqual = (a, b) => a.length === b.length && a.every((n, i) => n === b[i]);

function fail(words) {
  throw new RangeError(words);
}

// A nested list as an array.
function asArray(list) {
  if (!Array.isArray(list)) return list;
  const parts = list.map(asArray), shape = parts.length ? shapeOf(parts[0]) : [];
  if (!parts.every((part) => isEqual(shapeOf(part), shape))) fail("rows of unequal length");
  return { shape: [parts.length, ...shape], data: parts.flatMap(dataOf) };
}

function stridesOf(shape) {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
}

// An array of a shape, whose entries are found by their indices.
function filled(shape, find) {
  if (!shape.every((n) => Number.isInteger(n) && n >= 0)) fail(`(${shape}) is no shape`);
  if (sizeOf(shape) > MOST_ENTRIES) fail(`shape (${shape}) is too large for the page`);
  const index = shape.map(() => 0), data = [];
  for (let i = 0, n = sizeOf(shape); i < n; i += 1) {
    data.push(find(index));
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis -= 1) {
      index[axis] = 0;
    }
  }
  return made(shape, data);
}

function axisIn(axis, rank) {
  const found = axis < 0 ? axis + rank : axis;
  if (!(found >= 0 && found < rank && found % 1 === 0)) fail(`axis ${axis} of ${rank}`);
  return found;
}

// One axis or several, each of them once.
function axesIn(axis, rank) {
  const axes = [axis].flat().map((i) => axisIn(i, rank));
  return new Set(axes).size === axes.length ? axes : fail(`axis ${axis} twice`);
}

// --- entry by entry ----------------------------------------------------------------------

function broadcastShape(shapes) {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const lengths = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const length = lengths.find((n) => n !== 1) ?? 1;
    return lengths.every((n) => n === 1 || n === length) ? length
      : fail(`shapes (${shapes.join("), (")}) do not fit`);
  });
}

function broadcastTo(x, shape) {
  const from = shapeOf(x), data = dataOf(x), skip = shape.length - from.length;
  if (isEqual(from, shape)) return x;
  if (!isEqual(broadcastShape([from, shape]), shape)) fail(`(${from}) is not as (${shape})`);
  const strides = stridesOf(from).map((stride, axis) => (from[axis] === 1 ? 0 : stride));
  return filled(shape, (index) => data[
    strides.reduce((place, stride, axis) => place + stride * index[axis + skip], 0)]);
}

function elementwise(f) {
  return (...xs) => {
    if (xs.length !== f.length) fail(`${f.length} arguments are needed, not ${xs.length}`);
    if (!xs.some((x) => typeof x === "object")) return f(...xs);
    const shape = broadcastShape(xs.map(shapeOf));
    const all = xs.map((x) => dataOf(broadcastTo(x, shape)));
    return made(shape, Array.from({ length: sizeOf(shape) }, (_, i) => f(...all.map((d) => d[i]))));
  };
}

// Where JavaScript gives NaN: 1 to the power of NaN, and ±1 to that of infinity.
const power = (x, y) => (Number(x) === 1 || (Number(x) === -1 && Math.abs(y) === Infinity)
  ? 1 : x ** y);
const sign = (x) => (Number.isNaN(x) ? NaN : (x > 0) - (x < 0));

// Rounded down, and what is left: it has the sign of y. As Python has them, also where
// x / y itself is rounded, as of 1 // 0.1, which is 9.
const modulo = (x, y) => (x % y !== 0 && x % y < 0 !== y < 0 ? x % y + y : x % y);
function floorDivide(x, y) {
  if (Number(y) === 0) return x / y;
  const whole = (x - x % y) / y - (x % y !== 0 && x % y < 0 !== y < 0);
  return Math.round(whole);
}

const roundEven = (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));

// What gives a boolean of two booleans.
const ofBools = (f) => (x, y) => (isBool(x) && isBool(y) ? Boolean(f(x, y)) : f(x, y));
const minus = (x, y) => (isBool(x) && isBool(y) ? fail("booleans have no -") : x - y);

function logAddExp(x, y) {
  if (x === y) return x + Math.LN2;
  const [small, large] = x < y ? [x, y] : [y, x];
  return large + Math.log1p(Math.exp(small - large));
}

// Of numbers; each is applied to all entries.
const ENTRYWISE = {
  "+": ofBools((x, y) => x + y),
  "-": minus,
  "*": ofBools((x, y) => x * y),
  "/": (x, y) => x / y,
  "//": floorDivide,
  "%": modulo,
  "**": power,
  "<": (x, y) => x < y,
  "<=": (x, y) => x <= y,
  ">": (x, y) => x > y,
  ">=": (x, y) => x >= y,
  "==": (x, y) => Number(x) === Number(y),
  "!=": (x, y) => Number(x) !== Number(y),
  "&": ofBools((x, y) => x & y),
  "|": ofBools((x, y) => x | y),
  "^": ofBools((x, y) => x ^ y),
  "neg": (x) => (isBool(x) ? fail("booleans have no -") : -x),
  "pos": (x) => (isBool(x) ? fail("booleans have no +") : x),
  "~": (x) => (isBool(x) ? !x : ~x),
  "np.fmod": (x, y) => x % y,
  "np.reciprocal": (x) => 1 / x,
  "np.absolute": (x) => (isBool(x) ? x : Math.abs(x)),
  "np.sign": (x) => (isBool(x) ? fail("booleans have no sign") : sign(x)),
  "np.signbit": (x) => x < 0 || Object.is(x, -0),
  "np.copysign": (x, y) => (y < 0 || Object.is(y, -0) ? -Math.abs(x) : Math.abs(x)),
  "np.square": (x) => x * x,
  "np.conjugate": (x) => x,
  "np.real": (x) => x,
  "np.sqrt": Math.sqrt,
  "np.cbrt": Math.cbrt,
  "np.ldexp": (x, n) => x * 2 ** n,
  "np.exp": Math.exp,
  "np.exp2": (x) => 2 ** x,
  "np.expm1": Math.expm1,
  "np.log": Math.log,
  "np.log2": Math.log2,
  "np.log10": Math.log10,
  "np.log1p": Math.log1p,
  "np.logaddexp": logAddExp,
  "np.logaddexp2": (x, y) => logAddExp(x * Math.LN2, y * Math.LN2) / Math.LN2,
  "np.sin": Math.sin,
  "np.cos": Math.cos,
  "np.tan": Math.tan,
  "np.arcsin": Math.asin,
  "np.arccos": Math.acos,
  "np.arctan": Math.atan,
  "np.arctan2": Math.atan2,
  "np.hypot": Math.hypot,
  "np.sinh": Math.sinh,
  "np.cosh": Math.cosh,
  "np.tanh": Math.tanh,
  "np.arcsinh": Math.asinh,
  "np.arccosh": Math.acosh,
  "np.arctanh": Math.atanh,
  "np.deg2rad": (x) => x * (Math.PI / 180),
  "np.rad2deg": (x) => x * (180 / Math.PI),
  "np.sinc": (x) => (Number(x) === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)),
  "np.maximum": ofBools((x, y) => Math.max(x, y)),
  "np.minimum": ofBools((x, y) => Math.min(x, y)),
  "np.fmax": ofBools((x, y) => (Number.isNaN(x) ? y : Number.isNaN(y) ? x : Math.max(x, y))),
  "np.fmin": ofBools((x, y) => (Number.isNaN(x) ? y : Number.isNaN(y) ? x : Math.min(x, y))),
  "np.heaviside": (x, y) => (Number.isNaN(x) ? NaN : Number(x) === 0 ? y : Number(x > 0)),
  "np.where": (c, x, y) => {
    const chosen = isTrue(c) ? x : y;
    return isBool(x) === isBool(y) ? chosen : Number(chosen);
  },
  "np.floor": Math.floor,
  "np.ceil": Math.ceil,
  "np.trunc": Math.trunc,
  "np.rint": roundEven,
  "np.isnan": (x) => Number.isNaN(Number(x)),
  "np.isinf": (x) => Math.abs(x) === Infinity,
  "np.isfinite": (x) => Number.isFinite(Number(x)),
  "np.logical_and": (x, y) => isTrue(x) && isTrue(y),
  "np.logical_or": (x, y) => isTrue(x) || isTrue(y),
  "np.logical_not": (x) => !isTrue(x),
};

// --- along axes --------------------------------------------------------------------------

// Of all numbers along some axes; by default along all of them.
function reduction(fold) {
  return (x, axis = null, keepdims = false, ddof = 0) => {
    const shape = shapeOf(x), data = dataOf(x);
    const axes = axesIn(axis ?? shape.map((_, i) => i), shape.length || 1);
    const kept = shape.map((n, i) => (axes.includes(i) ? 1 : n)), strides = stridesOf(kept);
    const groups = Array.from({ length: sizeOf(kept) }, () => []);
    let place = 0;
    filled(shape, (index) => groups[strides.reduce(
      (at, stride, i) => at + (kept[i] === 1 ? 0 : stride * index[i]), 0)].push(data[place++]));
    const left = keepdims ? kept : kept.filter((_, i) => !axes.includes(i));
    return made(left, groups.map((all) => fold(all, ddof)));
  };
}

const sum = (all) => all.reduce((total, x) => total + x, 0);
const mean = (all) => sum(all) / all.length;
const variance = (all, ddof) => sum(all.map((x) => (x - mean(all)) ** 2)) / (all.length - ddof);
const first = (all, best) => all.findIndex((x) => Number.isNaN(x) || Number(x) === best);

// Math.max or Math.min; of nothing there is none.
const extreme = (all, find) => (all.length
  ? all.reduce(ofBools((x, y) => find(x, y))) : fail("no entries"));

const REDUCED = ["a", "axis", "keepdims", "ddof"]; // how their arguments are called
const REDUCTIONS = {
  "np.sum": sum,
  "np.mean": mean,
  "np.prod": (all) => all.reduce((product, x) => product * x, 1),
  "np.max": (all) => extreme(all, Math.max),
  "np.min": (all) => extreme(all, Math.min),
  "np.nanmax": (all) => extreme(all, ENTRYWISE["np.fmax"]),
  "np.nanmin": (all) => extreme(all, ENTRYWISE["np.fmin"]),
  "np.any": (all) => all.some(isTrue),
  "np.all": (all) => all.every(isTrue),
  "np.var": variance,
  "np.std": (all, ddof) => Math.sqrt(variance(all, ddof)),
  "np.argmax": (all) => first(all, extreme(all.map(Number), Math.max)),
  "np.argmin": (all) => first(all, extreme(all.map(Number), Math.min)),
  "np.count_nonzero": (all) => all.filter(isTrue).length,
};

// --- shapes ------------------------------------------------------------------------------

function reshape(x, ...lengths) {
  const data = dataOf(x), shape = [...lengths.flat()], free = shape.indexOf(-1);
  if (free >= 0) shape[free] = data.length / sizeOf(shape.filter((n) => n !== -1));
  if (sizeOf(shape) !== data.length || shape.some((n) => n % 1)) {
    fail(`${data.length} entries are not (${shape})`);
  }
  return made(shape, data);
}

function transpose(x, ...axes) {
  const shape = shapeOf(x), data = dataOf(x), strides = stridesOf(shape);
  const given = axes.flat().filter((axis) => axis !== null);
  const order = given.length ? axesIn(given, shape.length)
    : shape.map((_, i) => shape.length - 1 - i);
  if (order.length !== shape.length) fail("axes do not fit");
  return filled(order.map((axis) => shape[axis]), (index) => data[
    order.reduce((place, axis, i) => place + strides[axis] * index[i], 0)]);
}

function swapaxes(x, a, b) {
  const order = shapeOf(x).map((_, i) => i), [i, j] = [a, b].map((k) => axisIn(k, order.length));
  [order[i], order[j]] = [j, i];
  return order.length ? transpose(x, order) : x;
}

function moveaxis(x, from, to) {
  const rank = shapeOf(x).length, source = axisIn(from, rank);
  const order = shapeOf(x).map((_, i) => i).filter((i) => i !== source);
  order.splice(axisIn(to, rank), 0, source);
  return transpose(x, order);
}

function expandDims(x, axis) {
  const shape = [...shapeOf(x)], axes = [axis].flat(), rank = shape.length + axes.length;
  for (const i of axesIn(axes, rank).sort((a, b) => a - b)) shape.splice(i, 0, 1);
  return reshape(x, shape);
}

function squeeze(x, axis = null) {
  const shape = shapeOf(x);
  const gone = axis === null ? null : axesIn(axis, shape.length || 1);
  if (gone?.some((i) => (shape[i] ?? 1) !== 1)) fail(`(${shape}) is longer on axis ${axis}`);
  return reshape(x, shape.filter((n, i) => (gone ? !gone.includes(i) : n !== 1)));
}

function concatenate(xs, axis = 0) {
  if (axis === null) return concatenate(xs.map((x) => reshape(x, -1)));
  const [head] = xs, at = axisIn(axis, shapeOf(head).length);
  const lengths = xs.map((x) => shapeOf(x)[at]), shape = [...shapeOf(head)];
  const others = xs.map((x) => shapeOf(x).filter((_, i) => i !== at));
  if (!others.every((other) => isEqual(other, others[0]))) fail("shapes do not fit");
  shape[at] = sum(lengths);
  const parts = xs.map((x) => ({ data: dataOf(x), strides: stridesOf(shapeOf(x)) }));
  return filled(shape, (index) => {
    let which = 0, place = index[at];
    while (place >= lengths[which]) place -= lengths[which++];
    const { data, strides } = parts[which];
    return data[strides.reduce((p, s, i) => p + s * (i === at ? place : index[i]), 0)];
  });
}

function flip(x, axis = null) {
  const shape = shapeOf(x), strides = stridesOf(shape);
  const turned = axesIn(axis ?? shape.map((_, i) => i), shape.length);
  return filled(shape, (index) => dataOf(x)[strides.reduce((place, stride, i) => place
    + stride * (turned.includes(i) ? shape[i] - 1 - index[i] : index[i]), 0)]);
}

function cumsum(x, axis = null) {
  if (axis === null) return cumsum(reshape(x, -1), 0);
  const shape = shapeOf(x), at = axisIn(axis, shape.length), strides = stridesOf(shape);
  const data = dataOf(x).map(Number);
  let place = 0;
  filled(shape, (index) => {
    if (index[at] > 0) data[place] += data[place - strides[at]];
    place += 1;
  });
  return made(shape, data);
}

const triangle = (keeps) => (given, k = 0) => {
  const [n, ...more] = shapeOf(given), x = more.length ? given : broadcastTo(given, [n, n]);
  const shape = shapeOf(x), strides = stridesOf(shape), data = dataOf(x);
  return filled(shape, (index) => (keeps(index.at(-1) - index.at(-2), k)
    ? data[strides.reduce((place, stride, i) => place + stride * index[i], 0)]
    : isBool(data[0]) ? false : 0));
};

// --- products ----------------------------------------------------------------------------

function matmul(x, y) {
  const row = shapeOf(x).length === 1, column = shapeOf(y).length === 1;
  const a = row ? reshape(x, 1, -1) : x, b = column ? reshape(y, -1, 1) : y;
  const [m, k] = shapeOf(a).slice(-2), [l, n] = shapeOf(b).slice(-2);
  if (k === undefined || n === undefined || k !== l) {
    fail(`(${shapeOf(x)}) @ (${shapeOf(y)}) do not fit`);
  }
  const batch = broadcastShape([shapeOf(a).slice(0, -2), shapeOf(b).slice(0, -2)]);
  if (sizeOf([...batch, m, n, k]) > MOST_ENTRIES) fail("a product too large for the page");
  const left = dataOf(broadcastTo(a, [...batch, m, k]));
  const right = dataOf(broadcastTo(b, [...batch, k, n]));
  const strides = stridesOf(batch);
  const product = filled([...batch, m, n], (index) => {
    const at = strides.reduce((place, stride, i) => place + stride * index[i], 0);
    const [i, j] = index.slice(-2);
    let total = 0;
    for (let h = 0; h < k; h += 1) {
      total += left[(at * m + i) * k + h] * right[(at * k + h) * n + j];
    }
    return total;
  });
  const shape = [...batch, ...(row ? [] : [m]), ...(column ? [] : [n])];
  return reshape(product, shape);
}

// Summed along some axes of x and as many of y; the others stay, those of x first.
function tensordot(x, y, axes = 2) {
  const [m, n] = [shapeOf(x), shapeOf(y)], upTo = (k) => Array.from({ length: k }, (_, i) => i);
  const [p, q] = typeof axes === "number" ? [upTo(axes).map((i) => i - axes), upTo(axes)]
    : axes.map((given) => [given].flat());
  const [left, right] = [axesIn(p, m.length), axesIn(q, n.length)];
  if (!isEqual(left.map((i) => m[i]), right.map((i) => n[i]))) {
    fail(`(${m}) and (${n}) do not fit`);
  }
  const [rows, columns] = [upTo(m.length).filter((i) => !left.includes(i)),
    upTo(n.length).filter((i) => !right.includes(i))];
  const length = sizeOf(left.map((i) => m[i]));
  const out = [rows.map((i) => m[i]), columns.map((i) => n[i])];
  const a = reshape(transpose(x, rows, left), sizeOf(out[0]), length);
  const b = reshape(transpose(y, right, columns), length, sizeOf(out[1]));
  return reshape(matmul(a, b), ...out.flat());
}

// Along the last axis of x, and one of y: that before its last, or its last.
const along = (axisOf) => (x, y) => {
  const m = shapeOf(x).length, n = shapeOf(y).length;
  return m && n ? tensordot(x, y, [[-1], [axisOf(n)]]) : call("*", [x, y]);
};

function norm(x, ord = null, axis = null, keepdims = false) {
  const isVector = axis === null ? shapeOf(x).length === 1 : [axis].flat().length === 1;
  const p = ord ?? 2;
  if (p <= 0 || (ord !== null && !isVector)) fail(`a norm of order ${p}`);
  const ofSizes = (all) => (p === Infinity ? extreme(all, Math.max)
    : sum(all.map((z) => z ** p)) ** (1 / p));
  return reduction(ofSizes)(call("np.absolute", [x]), axis, keepdims);
}

function outer(x, y) {
  return call("*", [reshape(x, -1, 1), reshape(y, 1, -1)]);
}

// The letters of each term, one for each axis; axes of an ellipsis are digits.
function lettersOf(inputs, ranks) {
  const terms = inputs.split(",");
  if (terms.length !== ranks.length) fail(`${inputs} is not of ${ranks.length} arrays`);
  return terms.map((term, t) => {
    const rest = ranks[t] - term.replace("...", "").length;
    if (rest < 0 || (rest > 0 && !term.includes("..."))) fail(`${term} has not ${ranks[t]} axes`);
    return [...term.replace("...", "0123456789".slice(10 - rest))];
  });
}

function einsum(subscripts, ...xs) {
  const [inputs, output] = subscripts.replaceAll(" ", "").split("->");
  const terms = lettersOf(inputs, xs.map((x) => shapeOf(x).length)), lengths = {};
  terms.forEach((term, t) => term.forEach((a, axis) => {
    [lengths[a]] = broadcastShape([[lengths[a] ?? 1], [shapeOf(xs[t])[axis]]]);
  }));
  const all = terms.flat().sort(), letters = [...new Set(all)];
  const digits = letters.filter((a) => a <= "9"), is = (a) => all.filter((b) => a === b).length;
  const kept = output === undefined ? letters.filter((a) => a <= "9" || is(a) === 1)
    : [...output.replace("...", digits.join(""))];
  if (new Set(kept).size < kept.length || !kept.every((a) => a in lengths)) {
    fail(`${subscripts} names an axis twice, or none`);
  }
  const summed = letters.filter((a) => !kept.includes(a)), at = {};
  const places = terms.map((term, t) => {
    const shape = shapeOf(xs[t]), strides = stridesOf(shape);
    return () => term.reduce((p, a, i) => p + (shape[i] === 1 ? 0 : strides[i] * at[a]), 0);
  });
  const data = xs.map(dataOf), [out, within] = [kept, summed].map((c) => c.map((a) => lengths[a]));
  if (sizeOf(out) * sizeOf(within) > MOST_ENTRIES) fail("einsum: too large for the page");
  return filled(out, (index) => {
    kept.forEach((a, i) => { at[a] = index[i]; });
    let total = 0;
    filled(within, (inner) => {
      summed.forEach((a, i) => { at[a] = inner[i]; });
      total += data.reduce((product, x, t) => product * x[places[t]()], 1);
    });
    return total;
  });
}

// --- indices -----------------------------------------------------------------------------

function placesOf({ start, stop, step }, n) {
  if (step === 0) fail("a slice of step 0");
  const by = step ?? 1, clip = (i, low, high) => Math.min(Math.max(i < 0 ? i + n : i, low), high);
  const from = by > 0 ? clip(start ?? 0, 0, n) : start === null ? n - 1 : clip(start, -1, n - 1);
  const to = by > 0 ? clip(stop ?? n, 0, n) : stop === null ? -1 : clip(stop, -1, n - 1);
  const found = [];
  for (let i = from; by > 0 ? i < to : i > to; i += by) found.push(i);
  return found;
}

const isSlice = (i) => typeof i === "object" && i !== null && "step" in i;
const isPoint = (i) => typeof i === "number" || isArray(i) || Array.isArray(i);

// The axes that an index has for each of its parts: a mask has several.
const axesOf = (i) => (i === null || i === "..." ? 0 : isMask(i) ? shapeOf(i).length : 1);
const isMask = (i) => isArray(i) && isBool(i.data[0]);

function nonzero(mask) {
  const found = [];
  let place = 0;
  filled(mask.shape, (index) => { if (mask.data[place++]) found.push([...index]); });
  return mask.shape.map((_, axis) => made([found.length], found.map((index) => index[axis])));
}

function indexed(x, index) {
  const shape = shapeOf(x), strides = stridesOf(shape), data = dataOf(x);
  let parts = Array.isArray(index) && index.isTuple ? [...index] : [index];
  parts = parts.map((part) => (Array.isArray(part) ? asArray(part) : part));
  const rest = shape.length - sum(parts.map(axesOf));
  if (rest < 0) fail("too many indices");
  const all = Array.from({ length: rest }, () => ({ start: null, stop: null, step: null }));
  const gap = parts.indexOf("...");
  if (parts.lastIndexOf("...") > gap) fail("two ellipses");
  parts = gap < 0 ? [...parts, ...all] : [...parts.slice(0, gap), ...all, ...parts.slice(gap + 1)];
  let at = 0; // where the axes of a part begin
  parts = parts.flatMap((i) => {
    const own = axesOf(i), has = shape.slice(at, at += own);
    if (isMask(i) && !isEqual(i.shape, has)) fail(`a mask (${i.shape}) for axes (${has})`);
    return isMask(i) ? nonzero(i) : [i];
  });
  const points = parts.filter(isPoint), array = points.some((i) => typeof i !== "number");
  const together = broadcastShape(points.map(shapeOf)); // of all arrays in the index
  const places = parts.map((_, i) => i).filter((i) => isPoint(parts[i]));
  const apart = array && places.some((p, i) => i > 0 && p !== places[i - 1] + 1);
  const where = apart ? -1 : places[0]; // where their axes come
  const out = [], rows = [];
  let axis = 0;
  if (apart) out.push(...together);
  parts.forEach((part, i) => {
    if (part === null) out.push(1);
    else if (isPoint(part)) {
      if (array && i === where) out.push(...together);
      const chosen = dataOf(broadcastTo(part, together)).map((k) => axisIn(Number(k), shape[axis]));
      rows.push({ stride: strides[axis], chosen, at: null });
      axis += 1;
    } else if (isSlice(part)) {
      const chosen = placesOf(part, shape[axis]);
      rows.push({ stride: strides[axis], chosen, at: out.length });
      out.push(chosen.length);
      axis += 1;
    } else fail("an index that the page does not know");
  });
  const begin = apart ? 0 : parts.slice(0, where).filter((part) => !isPoint(part)).length;
  const inner = stridesOf(together);
  return filled(out, (at) => data[rows.reduce((place, row) => {
    const k = row.at === null
      ? inner.reduce((p, stride, j) => p + stride * at[begin + j], 0) : at[row.at];
    return place + row.stride * row.chosen[k];
  }, 0)]);
}

// An array with other entries in some places: a later one counts, or all are added up.
function written(x, index, value, add) {
  const shape = shapeOf(x), data = [...dataOf(x)], before = dataOf(x);
  const places = indexed(made(shape, data.map((_, i) => i)), index);
  const values = dataOf(broadcastTo(value, shapeOf(places)));
  dataOf(places).forEach((place, i) => {
    data[place] = add(values[i], data[place], before[place]);
  });
  return made(shape, data);
}

// --- what is known -----------------------------------------------------------------------

const constant = (value) => (shape) => filled([shape].flat(), () => value);
const like = (value) => (x) => filled(shapeOf(x),
  () => (isBool(dataOf(x)[0]) ? Boolean(value) : value));
const diagonals = (keeps) => (n, m, k = 0) => (
  filled([n, m ?? n], ([i, j]) => Number(keeps(j - i, k))));
const range = (start, stop, step = 1) => {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  const n = step === 0 ? fail("arange: step 0") : Math.max(0, Math.ceil((to - from) / step));
  if (n > MOST_ENTRIES) fail("arange: too large for the page");
  return made([n], Array.from({ length: n }, (_, i) => from + i * step));
};

// Each with the names of its arguments, by which they may be given.
const FUNCTIONS = {
  "@": [matmul],
  "np.dot": [along((n) => (n === 1 ? -1 : -2))],
  "np.inner": [along(() => -1)],
  "np.vdot": [(x, y) => matmul(reshape(x, -1), reshape(y, -1))],
  "np.tensordot": [tensordot, "a", "b", "axes"],
  "np.linalg.norm": [norm, "x", "ord", "axis", "keepdims"],
  "np.outer": [outer],
  "np.einsum": [einsum],
  "np.clip": [(x, low = null, high = null, min = low, max = high) => {
    const above = min === null ? x : call("np.maximum", [x, min]);
    return max === null ? above : call("np.minimum", [above, max]);
  }, "x", "a_min", "a_max", "min", "max"],
  "[]=": [(x, index, value) => written(x, index, value, (v) => v)],
  "[]+=": [(x, index, value) => written(x, index, value, (v, now, before) => before + v)],
  "np.add.at": [(x, index, value) => written(x, index, value, (v, now) => now + v)],
  "np.reshape": [reshape],
  "np.ravel": [(x) => reshape(x, -1)],
  "np.transpose": [transpose, "a", "axes"],
  "np.swapaxes": [swapaxes],
  "np.moveaxis": [moveaxis],
  "np.expand_dims": [expandDims, "a", "axis"],
  "np.squeeze": [squeeze, "a", "axis"],
  "np.broadcast_to": [(x, shape) => broadcastTo(x, [shape].flat())],
  "np.concatenate": [concatenate, "arrays", "axis"],
  "np.stack": [(xs, axis = 0) => concatenate(xs.map((x) => expandDims(x, axis)), axis),
    "arrays", "axis"],
  "np.flip": [flip, "m", "axis"],
  "np.cumsum": [cumsum, "a", "axis"],
  "np.tril": [triangle((j, k) => j <= k), "m", "k"],
  "np.triu": [triangle((j, k) => j >= k), "m", "k"],
  "np.zeros": [constant(0)],
  "np.ones": [constant(1)],
  "np.full": [(shape, value) => broadcastTo(value, [shape].flat())],
  "np.eye": [diagonals((j, k) => j === k), "N", "M", "k"],
  "np.tri": [diagonals((j, k) => j <= k), "N", "M", "k"],
  "np.arange": [range],
  "np.zeros_like": [like(0)],
  "np.ones_like": [like(1)],
  "np.full_like": [(x, value) => broadcastTo(value, shapeOf(x))],
  "np.array": [asArray],
  "np.asarray": [asArray],
  "np.copy": [(x) => x],
  "np.shape": [(x) => tuple(shapeOf(x))],
  "np.size": [(x) => sizeOf(shapeOf(x))],
  "np.ndim": [(x) => shapeOf(x).length],
  "len": [(x) => shapeOf(x)[0] ?? fail("a number has no len()")],
};

// What is another under a second name, as a method is the function.
const SAME = {
  "np.add": "+",
  "np.subtract": "-",
  "np.multiply": "*",
  "np.divide": "/",
  "np.floor_divide": "//",
  "np.remainder": "%",
  "np.power": "**",
  "np.float_power": "**",
  "np.negative": "neg",
  "np.positive": "pos",
  "np.matmul": "@",
  "np.equal": "==",
  "np.not_equal": "!=",
  "np.greater": ">",
  "np.greater_equal": ">=",
  "np.less": "<",
  "np.less_equal": "<=",
  "np.abs": "np.absolute",
  "np.amax": "np.max",
  "np.amin": "np.min",
  ".sum()": "np.sum",
  ".mean()": "np.mean",
  ".prod()": "np.prod",
  ".max()": "np.max",
  ".min()": "np.min",
  ".any()": "np.any",
  ".all()": "np.all",
  ".var()": "np.var",
  ".std()": "np.std",
  ".argmax()": "np.argmax",
  ".argmin()": "np.argmin",
  ".cumsum()": "np.cumsum",
  ".reshape()": "np.reshape",
  ".ravel()": "np.ravel",
  ".flatten()": "np.ravel",
  ".transpose()": "np.transpose",
  ".swapaxes()": "np.swapaxes",
  ".squeeze()": "np.squeeze",
  ".dot()": "np.dot",
  ".clip()": "np.clip",
  ".copy()": "np.copy",
};

const ATTRIBUTES = {
  ".T": (x) => transpose(x),
  ".mT": (x) => swapaxes(x, -1, -2),
  ".shape": (x) => tuple(shapeOf(x)),
  ".size": (x) => sizeOf(shapeOf(x)),
  ".ndim": (x) => shapeOf(x).length,
};

const tuple = (parts) => Object.assign([...parts], { isTuple: true });
const partOf = (x, index) => (isSlice(index)
  ? tuple(placesOf(index, x.length).map((i) => x[i])) : x[axisIn(index, x.length)]);

// What stands in a tree for itself.
const FORMS = {
  "tuple": (...parts) => tuple(parts),
  "list": (...parts) => parts,
  "slice": (start, stop, step) => ({ start, stop, step }),
  "...": () => "...",
  "[]": (x, index) => (x.isTuple ? partOf(x, index) : indexed(x, index)),
  "str": (text) => text,
  "nan": () => NaN,
  "inf": () => Infinity,
};

const has = (table, word) => Object.hasOwn(table, word);

function call(word, args, options = {}) {
  if (has(SAME, word)) return call(SAME[word], args, options);
  const rest = Object.keys(options);
  if (has(ENTRYWISE, word)) {
    if (rest.length) fail(`${word}: ${rest} is not known to the page`);
    if (/^\W/.test(word) && args.every(Array.isArray)) fail(`${word} of lists is not arithmetic`);
    return elementwise(ENTRYWISE[word])(...args);
  }
  if (has(ATTRIBUTES, word)) return ATTRIBUTES[word](...args);
  const fold = has(REDUCTIONS, word) && reduction(REDUCTIONS[word]);
  if (!fold && !has(FUNCTIONS, word)) fail(`${word} is not known to the page`);
  if (fold && args.length > 2) fail(`${word}: keepdims is given by its name`);
  const [f, ...names] = fold ? [fold, ...REDUCED] : FUNCTIONS[word];
  const all = [...args];
  for (const [name, x] of Object.entries(options)) {
    const place = names.indexOf(name);
    if (place < 0) fail(`${word}: ${name} is not known to the page`);
    all[place] = x;
  }
  return f(...all);
}

// The value of a tree.
function evaluate(tree, scope) {
  if (typeof tree === "string") {
    return tree in scope ? scope[tree] : fail(`${tree} has no value`);
  }
  if (!Array.isArray(tree)) return tree;
  const [word, ...parts] = tree;
  if (word === "str") return parts[0];
  const last = parts.at(-1);
  const named = typeof last === "object" && last !== null && !Array.isArray(last);
  const values = (named ? parts.slice(0, -1) : parts).map((part) => evaluate(part, scope));
  if (has(FORMS, word)) return FORMS[word](...values);
  const options = named ? Object.entries(last) : [];
  return call(word, values, Object.fromEntries(
    options.map(([name, part]) => [name, evaluate(part, scope)])));
}
