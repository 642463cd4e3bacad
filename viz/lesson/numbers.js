// What the page needs to know about numbers: how they read, and what a person types.
//
// `number` and `rows` are those of viz/words/numbers.py; the suite compares them. Nothing
// here touches the page.

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

// Six significant digits at most, as Python's format `.6g`.
function sixDigits(x) {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x < 0 ? "-inf" : "inf";
  if (x === 0) return Object.is(x, -0) ? "-0" : "0";
  const [digits, exponent] = x.toExponential(5).split("e"), e = Number(exponent);
  const short = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  if (e >= -4 && e < 6) return short(x.toFixed(Math.max(5 - e, 0)));
  return `${short(digits)}e${e < 0 ? "-" : "+"}${String(Math.abs(e)).padStart(2, "0")}`;
}

// --- how arrays read: a line per row, aligned at the points ------------------------------

function rows({ shape, data }) {
  if (shape.length < 2) return [`[${data.map(number).join(", ")}]`];
  const across = shape.at(-1), columns = [];
  for (let j = 0; j < across; j += 1) {
    columns.push(aligned(data.filter((_, i) => i % across === j).map(number)));
  }
  return columns[0].map((_, i) => columns.map((column) => column[i]).join("  "));
}

function aligned(texts) {
  const parts = texts.map((text) => text.match(/^([^.]*)(.*)$/).slice(1));
  const left = Math.max(...parts.map(([whole]) => whole.length));
  const right = Math.max(...parts.map(([, rest]) => rest.length));
  return parts.map(([whole, rest]) => whole.padStart(left) + rest.padEnd(right));
}

const isArray = (x) => typeof x === "object" && x !== null && "shape" in x;

// A number, or how large the entries of an array are.
function inALine(x) {
  if (!isArray(x)) return number(Number(x));
  if (x.data.every((entry) => entry === 0)) return "0";
  if (x.data.length === 1) return number(x.data[0]);
  return x.shape.length < 2 ? rows(x)[0] : `up to ±${number(Math.max(...x.data.map(Math.abs)))}`;
}

// --- arithmetic that a person types: -2*-3, 1/3, 2**0.5, 1e-3 ----------------------------

// The value, or NaN if it is no arithmetic. Read from left to right, without eval.
function arithmetic(text) {
  const tokens = text.replaceAll(/[−–]/g, "-").replaceAll("·", "*").replaceAll("×", "*")
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
