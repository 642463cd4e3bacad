// A computation, walked through.
//
// The page is a function of one number: how many steps of the tape have happened.
// `render` shows the picture as it is then; going back is to render less. If all values
// are scalars, `computed` runs the tape again from other numbers (scalars.js).

// --- 1. what there is: the tape, and the parts of the picture it is about ----------------

const byId = (id) => document.getElementById(id);
const { live, nodes, steps, references } = JSON.parse(byId("facts").textContent);
const svg = byId("stage").querySelector("svg");
const cards = nodes.map((node) => svg.querySelector(`#node${node.card + 1}`));
const edges = steps.map((step) => svg.querySelector(`#edge${step.edge + 1}`)); // or null
const labels = edges.map((edge) => (edge ? [...edge.querySelectorAll("text")] : []));
const loss = nodes.length - 1;
const tailOf = (step) => svg.querySelector(`#node${step.tail + 1}`); // a leaf's, or a ↗
const leaves = nodes.map((node, i) => i).filter((i) => !nodes[i].op);
const asNumber = (x) => (x === undefined ? undefined : Number(x)); // "NaN" is one, too

const parts = cards.map((card) => {
  const texts = [...card.querySelectorAll("text.grad")];
  return {
    values: [...card.querySelectorAll(".value")],
    dead: [...card.querySelectorAll(".dead")], // of the recorded numbers, as
    rings: [...card.querySelectorAll(".ring")], // where NaN or ∞ began
    gradients: [...card.querySelectorAll(".grad")],
    texts,
    written: texts.map((text) => text.textContent),
  };
});
const width = parseFloat(svg.getAttribute("width")); // points
svg.removeAttribute("height");

const recorded = {
  values: nodes.map((node) => asNumber(node.number)),
  steps: steps.map(({ numbers = {} }) => Object.fromEntries(
    Object.entries(numbers).map(([word, x]) => [word, asNumber(x)]))),
};

// --- 2. the tape, computed anew from other numbers ---------------------------------------

const operandsOf = (i, values) => nodes[i].operands.map(
  (x) => (x.node === undefined ? asNumber(x.number) : values[x.node]));

function valuesFrom(start) {
  const values = [...start];
  nodes.forEach((node, i) => {
    if (node.op) values[i] = OPS[node.op][0](...operandsOf(i, values));
  });
  return values;
}

function computed(start) {
  const values = valuesFrom(start), gradients = [];
  const told = steps.map((step) => {
    if (step.kind === "forward") return {};
    if (step.kind === "seed") {
      gradients[step.node] = 1;
      return {};
    }
    const upstream = gradients[step.node], closure = OPS[nodes[step.node].op][step.slot + 1];
    const [x, y] = operandsOf(step.node, values), z = values[step.node];
    const contribution = closure(upstream, x, y, z), before = gradients[step.operand];
    const after = before === undefined ? contribution : before + contribution;
    gradients[step.operand] = after;
    return { upstream, local: closure(1, x, y, z), contribution, before, after };
  });
  return { values, steps: told };
}

// --- 3. where we are ---------------------------------------------------------------------

let at = 0; // how many steps have happened
let numbers = recorded, nudge = { leaf: -1, h: 0.1 }, chosen = -1, playing = null;
let start = [...recorded.values]; // of the leaves, as the person has set them
const forwards = steps.filter((step) => step.kind === "forward").length;

// What is known after `at` steps: which values, how much of each gradient.
function known() {
  const there = nodes.map((node) => !node.op);
  const arrived = nodes.map(() => 0), last = nodes.map(() => -1), sent = nodes.map(() => 0);
  steps.slice(0, at).forEach((step, k) => {
    if (step.kind === "forward") there[step.node] = true;
    if (step.kind === "seed") last[step.node] = k;
    if (step.kind !== "backward") return;
    arrived[step.operand] += 1;
    sent[step.node] += 1;
    last[step.operand] = k;
  });
  return { there, arrived, last, sent };
}

const toSend = nodes.map((_, i) => steps.filter(
  (step) => step.kind === "backward" && step.node === i).length);
const complete = (i, state) => (i === loss ? at > forwards : state.arrived[i] === nodes[i].uses)
  && state.last[i] >= 0;

// A gradient as it stands after step k, in words.
function gradientAfter(k) {
  if (steps[k].kind === "seed") return "1.0";
  return live ? number(numbers.steps[k].after) : steps[k].after;
}

let size = 1; // of the picture: at 1 it fits the window, if it need not be too small

function zoom(factor) {
  size = Math.min(Math.max(size * factor, 0.4), 4);
  svg.style.width = `calc(${size} * clamp(${0.62 * width}pt, 100%, ${width}pt))`;
}

// --- 4. the picture ----------------------------------------------------------------------

const setOff = (elements, off) => elements.forEach((e) => e.classList.toggle("off", off));

function renderCard(i, state) {
  const { values, dead, rings, gradients, texts, written } = parts[i], card = cards[i];
  card.classList.toggle("empty", !state.there[i]);
  setOff(values, !state.there[i]);
  setOff(dead, !state.there[i] || numbers !== recorded);
  if (live && values.length) values[0].textContent = number(numbers.values[i]);
  const done = complete(i, state), some = state.arrived[i] > 0;
  const bad = done || !Number.isFinite(numbers.values[i]);
  setOff(rings, numbers !== recorded || !state.there[i] || !bad);
  const asked = question() && question().operand === i;
  setOff(gradients, !done);
  texts.forEach((text, j) => { text.textContent = written[j]; });
  if (!texts.length) return;
  if (!done || asked) {
    setOff(texts.slice(0, 1), !(some || asked));
    const count = nodes[i].uses > 1 || some ? `${state.arrived[i]} of ${nodes[i].uses} in` : "";
    texts[0].textContent = asked ? `∂ ?  ${count}`.trim() : count;
  } else if (live) {
    const { after } = numbers.steps[state.last[i]];
    texts[0].textContent = i === loss ? "∂ 1.0" : gradientText(after);
  }
}

function renderEdges() {
  svg.classList.toggle("seeded", at > forwards);
  const step = question() || steps[at - 1];
  steps.forEach((other, k) => {
    if (other.kind !== "backward") return;
    const edge = edges[k];
    edge.classList.toggle("active", other === step);
    edge.classList.toggle("passed", k < at);
    edge.classList.toggle("feeding",
      step !== undefined && step.kind === "forward" && other.node === step.node);
    if (live) labels[k][0].textContent = `◂ ×${number(numbers.steps[k].local)}`;
  });
  svg.querySelectorAll(".now").forEach((card) => card.classList.remove("now"));
  if (step && step.kind === "backward") tailOf(step).classList.add("now");
  cards.forEach((card, i) => {
    const into = step && (step.kind === "backward" ? step.operand : step.node);
    if (i === into) card.classList.add("now");
    card.classList.toggle("sends", Boolean(step && step.kind === "backward" && i === step.node));
    card.classList.toggle("told", i === chosen);
  });
}

function renderNudge(state) {
  svg.querySelectorAll(".delta").forEach((text) => text.remove());
  byId("quotient").replaceChildren();
  if (!live || nudge.leaf < 0) return;
  if (question()) { // the moves would tell the answer
    pair("quotient", "Δ", "first your answer");
    return;
  }
  const moved = [...numbers.values];
  moved[nudge.leaf] += nudge.h;
  const there = valuesFrom(moved);
  nodes.forEach((node, i) => {
    const delta = there[i] - numbers.values[i];
    if (state.there[i] && (delta !== 0 || i === nudge.leaf)) badge(cards[i], `Δ ${number(delta)}`);
  });
  const gradient = numbers.steps.findLast(
    (told, k) => steps[k].operand === nudge.leaf && told.after !== undefined);
  if (!state.there[loss]) {
    pair("quotient", `Δ${nodes[loss].name}`, "go forward, and see it arrive");
    return;
  }
  const quotient = (there[loss] - numbers.values[loss]) / nudge.h;
  const slope = nudge.leaf === loss ? 1 : gradient ? gradient.after : 0;
  pair("quotient", `Δ${nodes[loss].name}`, number(there[loss] - numbers.values[loss]));
  pair("quotient", `Δ${nodes[loss].name} / h`, number(quotient));
  pair("quotient", partial(loss, nudge.leaf), number(slope));
  pair("quotient", "they differ by", number(Math.abs(quotient - slope)));
}

function badge(card, words) {
  const box = card.getBBox(), text = document.createElementNS(svg.namespaceURI, "text");
  text.setAttribute("class", "delta");
  text.setAttribute("x", box.x + box.width);
  text.setAttribute("y", box.y - 2);
  text.textContent = words;
  card.append(text);
}

// --- 5. the panel: every text comes in as text, never as HTML ----------------------------

function add(parent, tag, text = "", className = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  element.className = className;
  parent.append(element);
  return element;
}

function pair(id, term, text) {
  add(byId(id), "dt", term);
  add(byId(id), "dd", text);
}

const partial = (of, by) => `∂${nodes[of].name}/∂${nodes[by].name}`;
const isNumber = (text) => /^-?\d[\d.]*(e-?\d+)?$/.test(text);

// The local derivative: `b = -3.0`, or only its number.
function localOf(step, k) {
  const { local } = numbers.steps[k];
  const value = live || step.numbers ? number(local) : "";
  if (live && isApart(nodes[step.node].op, step.slot, ...operandsOf(step.node, numbers.values))) {
    return Number.isFinite(local) ? `${value} by convention` : value;
  }
  if (step.convention) return `${value} by convention`;
  return step.symbol && !isNumber(step.symbol) ? `${step.symbol} = ${value}` : value;
}

function upstreamOf(step, k) {
  return live ? number(numbers.steps[k].upstream) : step.upstream;
}

// What a step brings to: the gradient, or a part of it.
function outcomeOf(step) {
  const { uses } = nodes[step.operand], by = partial(loss, step.operand);
  return step.arrived < uses ? `${by} so far (${step.arrived} of ${uses})` : by;
}

// One contribution, in symbols and in numbers.
function termOf(step, k) {
  if (!step.numbers) {
    const upstream = partial(loss, step.node);
    return [step.local.join("   "), `with ∂${nodes[step.node].name} = ${upstream}`];
  }
  return [step.term, `(${upstreamOf(step, k)}) · (${localOf(step, k)})`];
}

function said(step, k) {
  if (step.kind === "forward") return `${nodes[step.node].name} = ${nodes[step.node].expression}`;
  if (step.kind === "seed") return `${partial(loss, loss)} = 1.0`;
  return `${nodes[step.node].name} → ${nodes[step.operand].name}: ${termOf(step, k)[0]}`;
}

function renderFormula() {
  const box = byId("formula"), step = steps[at - 1], k = at - 1;
  box.replaceChildren();
  box.hidden = !step;
  if (!step) return;
  if (step.kind !== "backward") {
    add(box, "div", said(step, k));
    const value = live ? number(numbers.values[step.node]) : nodes[step.node].value.join("\n  ");
    if (step.kind === "forward") add(box, "div", `= ${value}`, "now");
    return;
  }
  const [symbols, factors] = termOf(step, k);
  const more = step.arrived > 1;
  add(box, "div", `${outcomeOf(step)} ${more ? "+=" : "="} ${symbols}`);
  const before = live ? number(numbers.steps[k].before) : step.before;
  if (step.numbers) add(box, "div", `= ${more ? `${before} + ` : ""}${factors}`);
  else add(box, "div", more ? `${factors}; it was ${before} before` : factors);
  add(box, "div", `= ${gradientAfter(k)}`, "now");
}

function why(step) {
  if (!step) {
    return `Only the leaves have numbers. Go forward: ${forwards} steps compute the rest, then `
      + `${steps.length - forwards - 1} steps take the gradient back.`;
  }
  const name = nodes[step.node].name;
  if (step.kind === "forward") return `All operands of ${name} are there, so it is computed.`;
  if (step.kind === "seed") {
    return `${name} changes exactly as much as itself, so its gradient is 1. `
      + "Every local derivative is known by now: it stands on its edge.";
  }
  const x = nodes[step.operand].name, { uses } = nodes[step.operand];
  const sends = `The gradient of ${name} is complete, so ${name} gives ${x} its part.`;
  if (uses === 1) return `${sends} ${x} is used once, so that is its whole gradient.`;
  if (step.arrived < uses) {
    return `${sends} ${x} is used ${uses} times: ${step.arrived} of ${uses} in, it waits.`;
  }
  return `${sends} Gradients add: with this, all ${uses} of ${x} are in.`
    + (nodes[step.operand].op ? ` Now ${x} may pass it on.` : "");
}

function renderQueue(state) {
  const ready = [], waiting = [];
  nodes.forEach((node, i) => {
    if (complete(i, state) && state.sent[i] < toSend[i]) ready.push(node.name);
    else if (state.arrived[i] > 0 && state.arrived[i] < node.uses) {
      waiting.push(`${node.name} (${state.arrived[i]} of ${node.uses} in)`);
    }
  });
  byId("queue").hidden = at <= forwards;
  byId("ready").textContent = ready.reverse().join(", ") || "nobody";
  byId("waiting").textContent = waiting.join(", ") || "nobody";
}

function renderSum(state) {
  const box = byId("sum");
  box.replaceChildren();
  box.hidden = chosen < 0;
  if (chosen < 0) return;
  const node = nodes[chosen], by = partial(loss, chosen), name = node.full || node.name;
  add(box, "h2", node.op ? `${name} = ${node.expression}` : name);
  if (state.there[chosen]) {
    add(box, "p", `value ${live ? number(numbers.values[chosen]) : node.value.join("\n      ")}`);
  }
  if (chosen === loss) add(box, "p", `${by} = 1.0: the seed`);
  let total = "";
  steps.forEach((step, k) => {
    if (step.kind !== "backward" || step.operand !== chosen) return;
    const [symbols, factors] = termOf(step, k), hidden = byId("predict").checked && k >= at;
    const product = live ? number(numbers.steps[k].contribution) : step.contribution;
    const second = step.numbers ? `= ${factors}` : factors;
    add(box, "p", `${symbols}${hidden ? "" : `\n  ${second}`}`
      + `\n  = ${hidden ? "?" : product}`, k === at - 1 ? "now" : k >= at ? "quiet" : "");
    total = hidden ? "?" : gradientAfter(k);
  });
  if (node.uses > 1) add(box, "p", `${by} is the sum of these ${node.uses}: ${total}`);
}

function renderControls() {
  const step = steps[at - 1];
  const phases = { forward: "Forward", seed: "The seed", backward: "Backward" };
  byId("phase").textContent = step ? phases[step.kind] : "Before the first step";
  byId("count").textContent = `step ${at} of ${steps.length}`;
  byId("slider").value = at;
  byId("slider").setAttribute("aria-valuetext", step ? `${at}: ${said(step, at - 1)}` : "start");
  for (const id of ["first", "previous"]) byId(id).disabled = at === 0;
  for (const id of ["next", "last"]) byId(id).disabled = at === steps.length;
  byId("play").textContent = playing ? "❚❚ pause" : "▶ play";
  if (document.activeElement === document.body && at === steps.length) byId("first").focus();
  byId("all").querySelectorAll("button").forEach((button, k) => {
    if (k === at) button.setAttribute("aria-current", "step");
    else button.removeAttribute("aria-current");
  });
}

// What a card says, for who can't see it.
function spoken(i) {
  const seen = [...cards[i].querySelectorAll("text:not(.off)")].map((text) => text.textContent);
  return `${seen.join(" ").replace(/\s+/g, " ")}: its full sum`;
}

function render() {
  const state = known();
  renderEdges();
  nodes.forEach((_, i) => renderCard(i, state));
  cards.forEach((card, i) => card.setAttribute("aria-label", spoken(i)));
  renderNudge(state);
  const sentence = why(steps[at - 1]); // is read out, but only when it is another
  if (byId("why").textContent !== sentence) byId("why").textContent = sentence;
  renderFormula();
  renderQuestion(state);
  renderQueue(state);
  renderSum(state);
  renderControls();
}

// --- 6. going through the steps ----------------------------------------------------------

function go(k) {
  at = Math.min(Math.max(Math.round(k) || 0, 0), steps.length);
  tell("", "");
  byId("answer").value = "";
  if (at === steps.length) pause();
  render();
  const step = question() || steps[at - 1];
  if (step) bring(cards[step.node]);
  if (step && step.kind === "backward") {
    bring(edges[steps.indexOf(step)]);
    bring(tailOf(step));
  }
  try { // some browsers refuse it in a frame, or too often
    history.replaceState(null, "", `#step=${at}`);
  } catch { /* then the address lags behind */ }
}

// Scroll the picture, and nothing else, no more than it takes to see a part of it.
function bring(part) {
  const stage = byId("stage"), room = stage.getBoundingClientRect(), margin = 14;
  const box = part.getBoundingClientRect();
  const shift = (from, to, least, most) =>
    (from < least ? from - least : to > most ? Math.min(to - most, from - least) : 0);
  stage.scrollLeft += shift(box.left, box.right, room.left + margin, room.right - margin);
  stage.scrollTop += shift(box.top, box.bottom, room.top + margin, room.bottom - margin);
}

function forward() {
  if (!question()) return go(at + 1);
  pause();
  byId("answer").focus();
  return tell("wrong", "First your answer; or let the page show it.");
}

function pause() {
  clearInterval(playing);
  playing = null;
}

function play() {
  if (playing) pause();
  else {
    if (at === steps.length) at = 0;
    playing = setInterval(forward, 1100);
    forward();
  }
  render();
}

// --- 7. predicting: the next gradient is a blank -----------------------------------------

// The step whose outcome is asked for, or undefined.
function question() {
  const step = steps[at];
  return byId("predict").checked && step && step.kind === "backward" ? step : undefined;
}

function renderQuestion(state) {
  const step = question();
  byId("question").hidden = !step;
  if (!step) return;
  const { name, uses } = nodes[step.operand], there = state.arrived[step.operand];
  const rest = uses > 1 ? ` ${name} is used ${uses} times; ${there} in so far.` : "";
  byId("asked").textContent = `${nodes[step.node].name} gives ${name} its part. What is `
    + `${outcomeOf(step)} then?${rest}`;
}

function tell(kind, words) {
  byId("verdict").className = kind;
  byId("verdict").textContent = words;
}

// As right as who multiplies the four digits on the page.
const close = (a, b) => number(a) === number(b)
  || (Number.isFinite(b) && Math.abs(a - b) <= 3e-4 * Math.abs(b));

// What a wrong answer tells of how it came about.
function diagnosis(answer, step, told) {
  const { upstream, local, contribution, before, after } = told, x = numbers.values[step.operand];
  const name = nodes[step.operand].name, op = nodes[step.node].name;
  const guesses = [
    [contribution, "That is the last arrival only: gradients add, and "
      + `${number(before)} was there before.`],
    [before, "That is what was there before: this arrival is added to it."],
    [-after, "The size is right, the sign is not."],
    [local, `You left out the upstream ${number(upstream)}: that is the local derivative alone.`],
    [upstream, `That is the upstream gradient, of ${op}: multiply it by the local derivative.`],
    [x, `That is ${name}'s own value, not its gradient.`],
    [numbers.values[step.node], `That is the value of ${op}, not a gradient.`],
    [upstream + local, "Upstream and local derivative are multiplied, not added."],
    [before === undefined ? NaN : before * contribution, "Paths are added, not multiplied."],
    [upstream / local, "Multiply by the local derivative; do not divide by it."],
  ];
  const found = guesses.find(([value]) => value !== undefined && close(answer, value));
  if (found) return found[1];
  return `No: take the gradient of ${op}, ${number(upstream)}, times the number on the edge`
    + (before === undefined ? "." : `, plus what is there already, ${number(before)}.`);
}

byId("question").addEventListener("submit", (event) => {
  event.preventDefault();
  const step = question(), told = numbers.steps[at], typed = byId("answer").value;
  const answer = arithmetic(typed);
  if (Number.isNaN(answer) && !/^\s*nan\s*$/i.test(typed)) {
    tell("wrong", "That is not a number: write 6, -2*-3 or 1/3.");
  } else if (close(answer, told.after)) {
    const was = `${outcomeOf(step)} = ${number(told.after)}`;
    go(at + 1);
    tell("right", `Right: ${was}${at === steps.length ? ". That was all of it." : ""}`);
    byId(question() ? "answer" : "first").focus();
  } else {
    tell("wrong", diagnosis(answer, step, told));
    byId("answer").select();
  }
});
byId("reveal").addEventListener("click", () => go(at + 1));
byId("predict").addEventListener("change", () => {
  go(byId("predict").checked ? Math.max(at, forwards + 1) : at);
  if (question()) byId("answer").focus();
});

// --- 8. other numbers, and nudges --------------------------------------------------------

function inFull(x) {
  const digits = Object.is(x, -0) ? "-0" : String(x);
  return Number.isInteger(x) && Math.abs(x) < 1e15 ? `${digits}.0` : digits;
}

function setNumbers() {
  const same = leaves.every((i) => Object.is(start[i], recorded.values[i]));
  numbers = same ? recorded : computed(start);
  tell("", "");
  render();
}

for (const i of live ? leaves : []) {
  const field = add(byId("leaves"), "div", "", "field"), id = `leaf${i}`;
  add(field, "label", nodes[i].name).htmlFor = id;
  const input = add(field, "input");
  const value = inFull(recorded.values[i]);
  Object.assign(input, { id, type: "text", autocomplete: "off", value });
  input.addEventListener("input", () => {
    const typed = arithmetic(input.value), fine = Number.isFinite(typed);
    input.setAttribute("aria-invalid", String(!fine));
    byId("invalid").textContent = fine ? "" : "not a number: write 2.5, -1e-3 or 1/3";
    if (!fine) return;
    start[i] = typed;
    setNumbers();
  });
  const option = add(byId("nudged"), "option", nodes[i].name);
  option.value = i;
}
byId("reset").addEventListener("click", () => {
  start = [...recorded.values];
  for (const i of leaves) {
    byId(`leaf${i}`).value = inFull(recorded.values[i]);
    byId(`leaf${i}`).removeAttribute("aria-invalid");
  }
  byId("invalid").textContent = "";
  setNumbers();
});
byId("nudged").addEventListener("change", () => {
  nudge.leaf = byId("nudged").value === "" ? -1 : Number(byId("nudged").value);
  render();
});
byId("step").addEventListener("input", () => {
  nudge.h = Number(`1e-${byId("step").value}`);
  byId("by").textContent = `by h = ${number(nudge.h)}`;
  byId("step").setAttribute("aria-valuetext", number(nudge.h));
  render();
});

// --- 9. buttons, keys, the address -------------------------------------------------------

const actions = {
  first: () => go(0), previous: () => go(at - 1), play, next: forward, last: () => go(steps.length),
  smaller: () => zoom(1 / 1.25), larger: () => zoom(1.25),
};
for (const [id, act] of Object.entries(actions)) {
  byId(id).addEventListener("click", () => {
    if (id !== "play" && id !== "smaller" && id !== "larger") pause();
    act();
  });
}
byId("slider").max = steps.length;
byId("slider").addEventListener("input", () => {
  pause();
  go(Number(byId("slider").value));
});
byId("theme").addEventListener("click", () => {
  const root = document.documentElement, night = matchMedia("(prefers-color-scheme: dark)").matches;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : night;
  root.dataset.theme = dark ? "light" : "dark";
});
function choose(i) {
  chosen = chosen === i ? -1 : i;
  render();
}
function opens(card, i) {
  card.addEventListener("click", () => choose(i));
  card.setAttribute("tabindex", "0");
  card.setAttribute("role", "button");
  card.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") choose(i);
  });
}
cards.forEach(opens);
for (const [card, i] of references) opens(svg.querySelector(`#node${card + 1}`), i);
const keys = {
  ArrowLeft: "previous", ArrowRight: "next", Home: "first", End: "last", " ": "play",
  "+": "larger", "=": "larger", "-": "smaller",
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest("input, select, textarea");
  const pressed = event.key === " " && event.target.closest("button, summary, .node");
  if (pressed && event.target.closest(".node")) event.preventDefault(); // it would scroll
  if (event.key === "Escape") {
    chosen = -1;
    render();
  }
  if (typing || pressed || !keys[event.key]) return;
  event.preventDefault();
  byId(keys[event.key]).click();
});
[undefined, ...steps].forEach((step, k) => {
  const words = step ? `${k}  ${said(step, k - 1)}` : "0  start";
  const button = add(add(byId("all").querySelector("ol"), "li"), "button", words);
  button.type = "button";
  button.addEventListener("click", () => {
    pause();
    go(k);
  });
});
for (const id of ["change", "nudge", "predicting"]) byId(id).hidden = !live;
byId("still").hidden = live;
byId("still").textContent = "This graph holds more than plain float64 numbers and the ops that "
  + "the page can compute, so its numbers are as recorded.";

function fromAddress() {
  const found = /^#step=(\d+)$/.exec(location.hash);
  go(found ? Number(found[1]) : 0);
}
addEventListener("hashchange", fromAddress);
zoom(1);
fromAddress();
