// What is wrong with an answer: the findings of engine/mistakes, with the same sentences.
//
// A mistake is known by what it gives. `answers` is { right, wrong }, and each of `wrong` is
// [sentence, place of the kind, how far-fetched it is, what it gives]. The comparison is
// that of engine/mistakes/compare.py, the choice that of diagnosis.py, for a single number.
// The suite compares the sentences. Nothing here touches the page.

// Relative: of an answer computed with numbers of four digits; and of float32.
const TYPED = 3e-4, SINGLE = 2e-7;
const FEWEST = 0.05; // relative: how far rounding to two digits may go
const MOST_DIGITS = 9, TELLING = 4, NEARLY = 1e-5;
const MOST_FINDINGS = 3, FARTHER = 0.5;

// The unit of the last digit that an answer has: 0.01 of 1.25; 0 if it was not rounded. A
// whole number of one digit is taken to be exact.
function lastDigit(x) {
  if (!Number.isFinite(x) || x === 0) return 0;
  const size = Math.abs(x), exponent = Math.floor(Math.log10(size));
  let unit = 0;
  for (let digits = MOST_DIGITS; digits > 0; digits -= 1) {
    const step = 10 ** (exponent - digits + 1), scaled = size / (step > 0 ? step : 1);
    if (Math.abs(scaled - Math.round(scaled)) <= NEARLY) unit = step;
  }
  if (!Number.isInteger(x)) return unit;
  return size < 10 ? 0 : Math.min(unit, 1);
}

function agrees(answer, right, rounded = true) {
  const off = answer === right ? 0 : Math.abs(answer - right);
  const size = Number.isFinite(right) ? Math.abs(right) : 0;
  const exact = (TYPED + SINGLE) * size;
  const half = rounded ? Math.min(0.501 * lastDigit(answer), FEWEST * size) : 0;
  return off <= Math.max(exact, half);
}

// How many digits an answer has; enough of them, if it was not rounded.
function digitsOf(answer) {
  const unit = lastDigit(answer);
  if (unit > 0) return Math.floor(Math.log10(Math.abs(answer) / unit) + NEARLY) + 1;
  return Number.isInteger(answer) ? 0 : TELLING;
}

function isRight(answer, right) {
  return agrees(answer, right) || (Number.isNaN(answer) && Number.isNaN(right));
}

// The sentences for a wrong answer, best first: those of the mistakes that give it.
function findings(answer, { right, wrong }, texts) {
  if (isRight(answer, right)) return [];
  const telling = digitsOf(answer) >= TELLING;
  const found = wrong.filter(([, , , given]) => given !== null
    && agrees(answer, given, telling) && !agrees(given, right));
  const kinds = new Map(); // the nearest of each
  for (const [text, kind, cost] of found) {
    if (!kinds.has(kind) || cost < kinds.get(kind).cost) kinds.set(kind, { text, kind, cost });
  }
  const ranked = [...kinds.values()].sort((a, b) => a.cost - b.cost || a.kind - b.kind);
  const near = ranked.filter(({ cost }) => cost <= ranked[0].cost + FARTHER);
  const said = near.slice(0, MOST_FINDINGS).map(({ text }) => texts[text]);
  return said.length ? said : [unnamed(answer, right)];
}

function unnamed(answer, right) {
  if (Number.isNaN(right)) return "The program itself gives NaN here: look at its values first.";
  const typed = sixDigits(answer), unit = lastDigit(answer) || Number(Number.isInteger(answer));
  if (Math.abs(answer - right) <= 0.501 * unit) {
    return `${typed} has too few digits to tell: give at least two.`;
  }
  return `${typed} is not right, and none of the usual mistakes gives it.`;
}

// --- shapes ------------------------------------------------------------------------------

const shapeText = (shape) => `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;

// The shape that a person types: `(5, 3)`, `5, 3`, `5 × 3`, `()`; or null.
function typedShape(text) {
  const inner = text.trim().replace(/^[([]|[)\]]$/g, "").replace(/,\s*$/, "").trim();
  if (inner === "") return /[([]/.test(text) ? [] : null;
  const lengths = inner.split(/\s*[,x×*\s]\s*/i);
  return lengths.every((n) => /^\d+$/.test(n)) ? lengths.map(Number) : null;
}

// What is wrong with the shape of a gradient: of `name`, which the op `result` has used.
function shapeFindings(shape, right, name, result, resultShape) {
  const same = (a, b) => a.length === b.length && a.every((n, i) => n === b[i]);
  if (same(shape, right)) return [];
  if (same(shape, [...right].reverse())) return ["Rows and columns are exchanged."];
  if (same(shape, resultShape)) {
    return [`That is the shape of ${result}, which it goes back through.`];
  }
  return [`A gradient has one number for each number of its value, here of ${name}.`];
}
