// What the page needs to know about numbers: how they read, and the calculus of scalars.
//
// Both are the same as in Python. `number` is that of viz/words/numbers.py. Each op is a
// rule of engine/rules/: its value, and for each operand a closure that takes g back, with
// the operands x, y and the value z. The suite compares both with Python. Nothing here
// touches the page.

"use strict";

// --- how numbers read --------------------------------------------------------------------

// Four significant digits, the last one rounded to even at a tie, as Python does.
function fourDigits(size) {
  let [digits, exponent] = size.toExponential(3).split("e");
  const exact = size.toExponential(40).split("e")[0];
  if (/^\d\.\d\d[02468]50*$/.test(exact)) digits = exact.slice(0, 5);
  return [digits, Number(exponent)];
}

function number(value) {
  if (Number.isNaN(value)) return "NaN";
  if (value === 0) return "0.0";
  const sign = value < 0 ? "-" : "", size = Math.abs(value);
  if (size === Infinity) return `${sign}∞`;
  const [digits, exponent] = fourDigits(size);
  const short = digits.replace(/\.?0+$/, "");
  if (exponent < -4 || exponent > 3) return `${sign}${short}e${exponent}`;
  const all = digits.replace(".", "");
  let text = exponent < 0
    ? `0.${"0".repeat(-exponent - 1)}${all}`
    : `${all.slice(0, exponent + 1)}.${all.slice(exponent + 1)}`;
  text = text.replace(/0+$/, "").replace(/\.$/, "");
  const whole = text.length < 4 || Number(text) === size;
  return sign + (text.includes(".") || !whole ? text : `${text}.0`);
}

function gradientText(value) {
  return value === 0 ? "∂ 0" : `∂ ${number(value)}`;
}

// --- the rules of scalars: value, then a closure for each operand ------------------------

const same = (g) => g;
const half = (x, y) => (x > y) + (x === y) / 2 + Number.isNaN(x) / (1 + Number.isNaN(y));
const over2 = (x, r) => x / r / r; // r squared may be too large, or too small
const LN2 = Math.log(2), LN10 = Math.log(10);

const powX = (g, x, y) => g * y * x ** (y - 1 + (x === 0 && y === 0));
const powY = (g, x, y, z) => g * z * Math.log(x + (x === 0));

function logAddExp(x, y) {
  if (x === y) return x + LN2;
  const [small, large] = x < y ? [x, y] : [y, x];
  return large + Math.log1p(Math.exp(small - large));
}

const OPS = {
  add: [(x, y) => x + y, same, same],
  subtract: [(x, y) => x - y, same, (g) => -g],
  multiply: [(x, y) => x * y, (g, x, y) => g * y, (g, x) => g * x],
  divide: [(x, y) => x / y, (g, x, y) => g / y, (g, x, y, z) => -g * z / y],
  negative: [(x) => -x, (g) => -g],
  positive: [(x) => x, same],
  reciprocal: [(x) => 1 / x, (g, x, y, z) => -g * z * z],
  absolute: [Math.abs, (g, x) => g * Math.sign(x)],
  square: [(x) => x * x, (g, x) => g * 2 * x],
  sqrt: [Math.sqrt, (g, x, y, z) => g / (2 * z)],
  cbrt: [Math.cbrt, (g, x, y, z) => g / (3 * z * z)],
  power: [(x, y) => x ** y, powX, powY],
  exp: [Math.exp, (g, x, y, z) => g * z],
  exp2: [(x) => 2 ** x, (g, x, y, z) => g * z * LN2],
  expm1: [Math.expm1, (g, x, y, z) => g * (z + 1)],
  log: [Math.log, (g, x) => g / x],
  log2: [Math.log2, (g, x) => g / (x * LN2)],
  log10: [Math.log10, (g, x) => g / (x * LN10)],
  log1p: [Math.log1p, (g, x) => g / (1 + x)],
  logaddexp: [logAddExp, (g, x, y, z) => g * Math.exp(x - z),
    (g, x, y, z) => g * Math.exp(y - z)],
  sin: [Math.sin, (g, x) => g * Math.cos(x)],
  cos: [Math.cos, (g, x) => -g * Math.sin(x)],
  tan: [Math.tan, (g, x, y, z) => g * (1 + z * z)],
  arcsin: [Math.asin, (g, x) => g / Math.sqrt(1 - x * x)],
  arccos: [Math.acos, (g, x) => -g / Math.sqrt(1 - x * x)],
  arctan: [Math.atan, (g, x) => g / (1 + x * x)],
  arctan2: [Math.atan2, (g, y, x) => g * over2(x, Math.hypot(x, y)),
    (g, y, x) => -g * over2(y, Math.hypot(x, y))],
  hypot: [Math.hypot, (g, x, y, z) => g * x / (z + (z === 0)),
    (g, x, y, z) => g * y / (z + (z === 0))],
  sinh: [Math.sinh, (g, x) => g * Math.cosh(x)],
  cosh: [Math.cosh, (g, x) => g * Math.sinh(x)],
  tanh: [Math.tanh, (g, x, y, z) => g * (1 - z * z)],
  arcsinh: [Math.asinh, (g, x) => g / Math.hypot(x, 1)],
  arccosh: [Math.acosh, (g, x) => g / Math.sqrt((x - 1) * (x + 1))],
  arctanh: [Math.atanh, (g, x) => g / (1 - x * x)],
  maximum: [Math.max, (g, x, y) => g * half(x, y), (g, x, y) => g * half(y, x)],
  minimum: [Math.min, (g, x, y) => g * half(-x, -y), (g, x, y) => g * half(-y, -x)],
  relu: [(x) => Math.max(x, 0), (g, x) => g * !(x <= 0)],  // NaN passes it on
};

// Where a closure does not follow its formula, as y * x ** (y - 1), which is 0 * ∞ there.
const atOrigin = (x, y) => x === 0 && y === 0;
const APART = { power: [atOrigin, (x) => x === 0], hypot: [atOrigin, atOrigin] };
const isApart = (op, slot, x, y) => op in APART && APART[op][slot](x, y);

// --- arithmetic that a person types: -2*-3, 1/3, 2**0.5, 1e-3 ----------------------------

// The value, or NaN if it is no arithmetic. Read from left to right, without eval.
function arithmetic(text) {
  const tokens = text.replaceAll("−", "-").replaceAll("·", "*").replaceAll("×", "*")
    .match(/\d+\.?\d*(e[+-]?\d+)?|\.\d+(e[+-]?\d+)?|\*\*|∞|inf\b|[-+*/()^]|\S/gi) || [];
  let at = 0;
  const take = (...some) => (some.includes(tokens[at]) ? tokens[at++] : null);

  function sum() {
    let value = product();
    for (let sign; (sign = take("+", "-"));) {
      value = sign === "+" ? value + product() : value - product();
    }
    return value;
  }
  function product() {
    let value = signed();
    for (let sign; (sign = take("*", "/"));) {
      value = sign === "*" ? value * signed() : value / signed();
    }
    return value;
  }
  function signed() {
    if (take("-")) return -signed();
    return take("+") ? signed() : power();
  }
  function power() {
    const base = atom();
    return take("**", "^") ? base ** signed() : base;
  }
  function atom() {
    if (!take("(")) {
      const token = tokens[at++] || "";
      if (/^(∞|inf)$/i.test(token)) return Infinity;
      return /^[\d.]/.test(token) ? Number(token) : NaN;
    }
    const value = sum();
    return take(")") ? value : NaN;
  }

  if (text.length > 200) return NaN; // no deep nesting
  const value = sum();
  return tokens.length && at === tokens.length ? value : NaN;
}
