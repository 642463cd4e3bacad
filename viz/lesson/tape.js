// The tape: all steps, their numbers, and the same computed again from other numbers.
//
// Every op comes with the lines that engine.written wrote for it: of its value `y`, from
// its operands `x0`, `x1`, ...; and of what goes back, `r`, from the gradient `g`, and from
// what came before, `s`. Run again they give all numbers (arrays.js); run with a mistake in
// them, what that mistake gives. Nothing here touches the page.

const byId = (id) => document.getElementById(id);
const facts = JSON.parse(byId("facts").textContent);
const { nodes, steps, references, texts } = facts;
const live = facts.still === ""; // whether numbers can be changed
const loss = nodes.length - 1;
const forwards = steps.filter((step) => step.kind === "forward").length;
const backs = steps.length - forwards - 1;
const leaves = nodes.map((node, i) => i).filter((i) => !nodes[i].op);

const asNumber = (x) => (typeof x === "boolean" ? x : Number(x)); // "NaN" is one, too
function asValue(x) {
  if (x === undefined) return undefined;
  return isArray(x) ? { shape: x.shape, data: x.data.map(asNumber) } : asNumber(x);
}
const alone = (x) => (isArray(x) ? x.data[0] : x); // the one number of an array
const onesLike = (x) => (isArray(x) ? { shape: x.shape, data: x.data.map(() => 1) } : 1);
const isSame = (x, y) => (isArray(x)
  ? x.data.every((entry, i) => Object.is(entry, y.data[i])) : Object.is(x, y));

// --- the lines ---------------------------------------------------------------------------

const linesOf = nodes.map((_, i) => steps.find(
  (step) => step.kind === "backward" && step.node === i && step.lines)); // of its value

const operandsOf = (i, values) => nodes[i].operands.map(
  (x) => (x.node === undefined ? asValue(x.number) : values[x.node]));

function scopeOf(recipe, i, values) {
  const scope = Object.create(null);
  operandsOf(i, values).forEach((x, place) => { scope[`x${place}`] = x; });
  for (const [name, x] of Object.entries(recipe.constants)) scope[name] = asValue(x);
  return scope;
}

function valueOf(i, values) {
  const recipe = linesOf[i], scope = scopeOf(recipe, i, values);
  for (const [name, tree] of recipe.lines) {
    if (recipe.value in scope) break;
    scope[name] = evaluate(tree, scope);
  }
  return scope[recipe.value];
}

// What an operand has after a step: with g, with what came before, and with a mistake.
function given(recipe, i, values, { g, s }, mistake = []) {
  const scope = Object.assign(scopeOf(recipe, i, values), { g, s });
  recipe.lines.forEach(([name, tree], line) => {
    const other = mistake.find(([number]) => number === line);
    scope[name] = evaluate(other ? other[1] : tree, scope);
  });
  return scope[recipe.result];
}

// --- the tape, computed anew -------------------------------------------------------------

function valuesFrom(start) {
  const values = [...start];
  nodes.forEach((node, i) => { if (node.op) values[i] = valueOf(i, values); });
  return values;
}

function computed(start) {
  const values = valuesFrom(start), gradients = [];
  const told = steps.map((step) => {
    if (step.kind === "forward") return {};
    if (step.kind === "seed") {
      gradients[step.node] = evaluate(["np.ones_like", "y"], Object.assign(
        Object.create(null), { y: values[step.node] }));
      return {};
    }
    const upstream = gradients[step.node], i = step.node;
    const contribution = given(step, i, values, { g: upstream });
    const before = gradients[step.operand];
    const after = before === undefined ? contribution
      : evaluate(["+", "s", "r"], { s: before, r: contribution });
    gradients[step.operand] = after;
    if (!step.numbers) return { upstream, contribution, before, after };
    const local = given(step, i, values, { g: onesLike(values[i]) });
    return asNumbers({ upstream, local, contribution, before, after });
  });
  return { values, steps: told };
}

// Of a step between single numbers: these, and `g` and `s` in the shape of their arrays.
function asNumbers(told) {
  const found = Object.entries(told).map(([word, x]) => [word, alone(x)]);
  return { ...Object.fromEntries(found), g: told.upstream, s: told.before };
}

function asRecorded() {
  const values = nodes.map((node) => asValue(node.number));
  if (live && steps.some((step) => step.kind === "backward" && !step.numbers)) {
    return { ...computed(values), values };
  }
  return { values, steps: steps.map(({ numbers = {} }) => asNumbers(Object.fromEntries(
    Object.entries(numbers).map(([word, x]) => [word, asValue(x)])))) };
}

const recorded = asRecorded();
let numbers = recorded; // those that the page shows

// Whether a rule does not follow its formula here: y * x ** (y - 1) is 0 * ∞ at x = y = 0.
function isApart(step, k) {
  if (!step.formula) return false;
  const scope = Object.create(null), { values } = numbers;
  operandsOf(step.node, values).forEach((x, place) => { scope[`x${place}`] = x; });
  Object.assign(scope, { g: 1, y: values[step.node] });
  const formula = evaluate(step.formula, scope);
  return Number.isFinite(numbers.steps[k].local) && !Number.isFinite(formula);
}

// --- questions ---------------------------------------------------------------------------

// The index of an entry in the data of an array.
const placeOf = (entry, shape) => entry.reduce((place, i, axis) => place * shape[axis] + i, 0);
const entryOf = (x, entry) => (isArray(x) && entry.length === x.shape.length
  ? x.data[placeOf(entry, x.shape)] : x);

// The right answer, and what each mistake gives: [sentence, kind, cost, number or null].
function answersOf(k, kind) {
  const step = steps[k];
  if (!live) {
    const { right, wrong } = step.answers[kind];
    return { right: asNumber(right), wrong: wrong.map(([text, place, cost, x]) =>
      [text, place, cost, x === null ? null : asNumber(x)]) };
  }
  const adds = kind === "sum" || kind === "entry";
  const recipe = adds && step.total ? step.total : step, { values } = numbers;
  const { g, s, upstream = g, before = s } = numbers.steps[k], entry = step.entry || [];
  const one = onesLike(values[step.node]);
  const begun = { g: kind === "local" ? one : g ?? upstream, s: s ?? before };
  const whole = given(recipe, step.node, values, begun);
  const shape = isArray(whole) ? whole.shape.join() : "";
  const told = { one: 1, value: alone(values[step.node]), ...numbers.steps[k] };
  const more = kind === "local" ? step.more : [];
  const made = recipe.wrong.filter(([, , , , local]) => kind !== "local" || local);
  const wrong = made.map(([text, place, cost, mistake]) => {
    try {
      const other = given(recipe, step.node, values, begun, mistake);
      const fits = (isArray(other) ? other.shape.join() : "") === shape;
      return [text, place, cost, fits ? Number(alone(entryOf(other, entry))) : null];
    } catch { // shapes that do not fit
      return [text, place, cost, null];
    }
  });
  const others = more.map(([text, place, cost, word]) => [text, place, cost, told[word]]);
  return { right: Number(alone(entryOf(whole, entry))), wrong: [...others, ...wrong] };
}
