// A computation, walked through.
//
// The page is a function of how many steps of the tape have happened, and of which question
// comes next. `render` shows the picture and the panel as they are then; going back is to
// render less. tape.js has the numbers, picture.js the picture, questions.js what is asked.

// --- 1. where we are ---------------------------------------------------------------------

let at = 0; // how many steps have happened
let chosen = -1; // the card whose full sum is shown
let playing = null; // the timer, and whether questions were on
let nudge = { leaf: -1, entry: [], h: 0.1 };
let start = [...recorded.values]; // of the leaves, as the person has set them

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
  return live ? inALine(numbers.steps[k].after) : steps[k].after;
}

const contributionText = (k) =>
  (live ? inALine(numbers.steps[k].contribution) : steps[k].contribution);

// --- 2. the panel: every text comes in as text, never as HTML ----------------------------

function add(parent, tag, text = "", className = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  element.className = className;
  parent.append(element);
  return element;
}

const MARK = "\uE000"; // around code, for a name may hold any other character
const code = (text) => `${MARK}${text}${MARK}`;

// A sentence with code in it: between marks, or in a sentence of Python's between `.
function setText(element, sentence, mark = MARK) {
  if (element.dataset.said === sentence) return; // it would be read out again
  element.dataset.said = sentence;
  element.replaceChildren();
  sentence.split(mark).forEach((text, i) => {
    if (i % 2) add(element, "code", text);
    else element.append(text);
  });
}

function pair(id, term, text) {
  add(byId(id), "dt", term);
  add(byId(id), "dd", text);
}

const isNumber = (text) => /^-?\d[\d.]*(e-?\d+)?$/.test(text);

// The local derivative: `b = -3.0`, or only its number.
function localOf(step, k) {
  const { local } = numbers.steps[k];
  const value = live || step.numbers ? number(local) : "";
  if (live && isApart(step, k)) {
    return Number.isFinite(local) ? `${value} by convention` : value;
  }
  if (step.convention) return `${value} by convention`;
  return step.symbol && !isNumber(step.symbol) ? `${step.symbol} = ${value}` : value;
}

const upstreamOf = (step, k) => (live ? number(numbers.steps[k].upstream) : step.upstream);

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

function valueText(i, indent) {
  if (!live) return nodes[i].value.join(indent);
  const x = numbers.values[i];
  return linesOfValue(x).join(indent);
}

function renderFormula() {
  const box = byId("formula"), step = steps[at - 1], k = at - 1;
  box.replaceChildren();
  box.hidden = !step;
  if (!step) return;
  if (step.kind !== "backward") {
    add(box, "div", said(step, k));
    if (step.kind === "forward") add(box, "div", `= ${valueText(step.node, "\n  ")}`, "now");
    return;
  }
  const [symbols, factors] = termOf(step, k);
  const more = step.arrived > 1;
  add(box, "div", `${outcomeOf(step)} ${more ? "+=" : "="} ${symbols}`);
  const before = live ? inALine(numbers.steps[k].before ?? 0) : step.before;
  if (step.numbers) add(box, "div", `= ${more ? `${before} + ` : ""}${factors}`);
  else add(box, "div", more ? `${factors}; it was ${before} before` : factors);
  add(box, "div", `= ${gradientAfter(k)}`, "now");
}

// The line of the program that made the op of this step.
function renderSource() {
  const step = pending() || steps[at - 1], line = step && nodes[step.node].line;
  byId("source").hidden = !line;
  if (!line) return;
  const [file, row, text] = line;
  byId("place").textContent = `${file ? `${file}, ` : ""}line ${row}`;
  byId("line").textContent = text;
}

function why(step) {
  if (!step) {
    if (!backs) return "Nothing was computed: there is nothing to go back through.";
    return `Guess first: you will check it at the end. The green cards have numbers. `
      + `${count(forwards, "step")} compute the others, then ${backs} go back from `
      + `${nodes[loss].name}.`;
  }
  const name = nodes[step.node].name;
  if (step.kind === "forward") return `All that ${name} needs is there, so it is computed.`;
  if (step.kind === "seed") {
    return `${name} changes exactly as much as itself, so its gradient is 1. `
      + "Now the gradient goes back.";
  }
  const x = nodes[step.operand].name, { uses } = nodes[step.operand];
  const sends = `The gradient of ${name} is complete, so ${name} gives ${x} its part.`;
  if (uses === 1) return `${sends} ${x} is used once, so that is its whole gradient.`;
  if (step.arrived < uses) {
    return `${sends} ${x} is used ${times(uses)}: ${step.arrived} of ${uses} parts are in, and `
      + "it waits for the others.";
  }
  return `${sends} Gradients add: all ${uses} parts are in, so the gradient of ${x} is complete.`
    + (nodes[step.operand].op ? ` Now ${x} may pass it on.` : "");
}

const count = (n, noun) => `${n} ${noun}${n === 1 ? "" : "s"}`;

function renderQueue(state) {
  const ready = [], waiting = [];
  nodes.forEach((node, i) => {
    if (complete(i, state) && state.sent[i] < toSend[i]) ready.push(node.name);
    else if (state.arrived[i] > 0 && state.arrived[i] < node.uses) {
      waiting.push(`${node.name} (${state.arrived[i]} of ${node.uses} in)`);
    }
  });
  byId("queue").hidden = at <= forwards || at === steps.length;
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
  if (state.there[chosen]) add(box, "p", `value ${valueText(chosen, "\n      ")}`);
  if (chosen === loss) add(box, "p", `${by} = 1.0: the seed`);
  let total = "";
  steps.forEach((step, k) => {
    if (step.kind !== "backward" || step.operand !== chosen) return;
    const [symbols, factors] = termOf(step, k), hidden = asks() && k >= at;
    const tells = hidden && !step.numbers; // the formula of arrays would tell an answer
    const lines = [tells ? `∂${nodes[step.node].name} → ${node.name}` : symbols];
    if (!hidden) lines.push(step.numbers ? `= ${factors}` : factors);
    lines.push(`= ${hidden ? "?" : contributionText(k)}`);
    add(box, "p", lines.join("\n  "), k === at - 1 ? "now" : k >= at ? "quiet" : "");
    total = hidden ? "?" : gradientAfter(k);
  });
  if (node.uses > 1) add(box, "p", `${by} is the sum of these ${node.uses}: ${total}`);
}

function renderControls() {
  const step = steps[at - 1];
  const phases = { forward: "Forward", seed: "The seed", backward: "Backward" };
  const over = at === steps.length;
  const phase = step ? phases[step.kind] : "";
  byId("phase").textContent = over ? "All gradients are there"
    : pending() ? "The step before" : phase;
  byId("phase").hidden = !step;
  byId("why").hidden = Boolean(pending()) && part > 0;
  byId("count").textContent = `step ${at} of ${steps.length}`;
  byId("slider").value = at;
  byId("slider").setAttribute("aria-valuetext", step ? `${at}: ${said(step, at - 1)}` : "start");
  for (const id of ["first", "previous"]) byId(id).disabled = at === 0;
  for (const id of ["next", "last"]) byId(id).disabled = over;
  byId("on").hidden = over || Boolean(pending());
  const [sign, word] = playing ? ["❚❚", " pause"] : ["▶", " play"];
  byId("play").replaceChildren(sign);
  add(byId("play"), "span", word);
  if (document.activeElement === document.body && over) byId("first").focus();
  byId("all").querySelectorAll("button").forEach((button, k) => {
    if (k === at) button.setAttribute("aria-current", "step");
    else button.removeAttribute("aria-current");
  });
}

function render() {
  const state = known();
  document.body.classList.toggle("opening", at === 0);
  renderEdges();
  nodes.forEach((_, i) => renderCard(i, state));
  cards.forEach((card, i) => card.setAttribute("aria-label", spoken(i)));
  renderNudge(state);
  setText(byId("why"), why(steps[at - 1]));
  renderFormula();
  renderSource();
  renderGuess();
  renderQuestion();
  renderEnd();
  renderQueue(state);
  renderSum(state);
  renderControls();
}

// --- 3. going through the steps ----------------------------------------------------------

function go(k, sends = false) {
  at = Math.min(Math.max(Math.round(k) || 0, 0), steps.length);
  part = 0;
  stopToken();
  tell("", []);
  byId("question").dataset.key = "";
  setText(byId("tried"), "");
  if (at === steps.length) pause();
  render();
  look();
  if (sends && at > 0 && steps[at - 1].kind === "backward") sendToken(at - 1);
  try { // some browsers refuse it in a frame, or too often
    history.replaceState(null, "", `#step=${at}`);
  } catch { /* then the address lags behind */ }
}

// Bring what happens into view: both ends of the edge.
function look() {
  const step = pending() || steps[at - 1];
  if (!step) return;
  if (step.kind === "backward") bring(edges[steps.indexOf(step)], cards[step.node], tailOf(step));
  else bring(cards[step.node]);
}

function forward() {
  if (!pending()) {
    const byHand = document.activeElement === byId("on") && !coarse.matches;
    go(at + 1, true);
    if (byHand) focusQuestion(); // no keyboard of a phone comes up by itself
    return undefined;
  }
  pause();
  focusQuestion();
  return tell("wrong", ["First your answer; or let the page show it."]);
}

function pause() {
  if (playing) byId("ask").checked = playing.asked;
  clearInterval(playing?.timer);
  playing = null;
}

// Playing is watching: nothing is asked.
function play() {
  if (playing) pause();
  else {
    playing = { asked: asks(), timer: setInterval(forward, 1400) };
    byId("ask").checked = false;
    if (at === steps.length) at = 0;
    forward();
  }
  render();
}

// No form: in the frame of a notebook none may be sent, so no answer would arrive.
byId("check").addEventListener("click", answer);
byId("question").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.closest("input")) return;
  event.preventDefault(); // or it would press the button that has the focus then
  answer();
});
byId("reveal").addEventListener("click", () => {
  goOn("shown", `The answer: ${solution(pending(), pendingKind())}.`);
});
byId("ask").addEventListener("change", () => {
  answered.clear();
  part = 0;
  tell("", []);
  render();
  look();
});
for (const way of ["up", "down", "none"]) {
  byId(`guess-${way}`).addEventListener("change", () => { guess = way; });
}
byId("raise").addEventListener("click", raiseIt);

// --- 4. other numbers, and nudges --------------------------------------------------------

function inFull(x) {
  const digits = Object.is(x, -0) ? "-0" : String(x);
  return Number.isInteger(x) && Math.abs(x) < 1e15 ? `${digits}.0` : digits;
}

function setNumbers() {
  const same = leaves.every((i) => isSame(start[i], recorded.values[i]));
  try {
    numbers = same ? recorded : computed(start);
  } catch (error) { // an index, say, that these numbers would have elsewhere
    byId("invalid").textContent = `the page can't compute this: ${error.message}`;
    return;
  }
  tell("", []);
  answered.clear();
  byId("question").dataset.key = "";
  setText(byId("tried"), "");
  render();
}

// The entries of a leaf, with the name of each: `w[0, 1]`, or of a number `a`.
function entriesOf(i) {
  const { name, shape = [] } = nodes[i];
  const all = shape.reduce((found, n) => found.flatMap(
    (entry) => Array.from({ length: n }, (_, k) => [...entry, k])), [[]]);
  return all.map((entry) => [entry, entry.length ? `${name}[${entry.join(", ")}]` : name]);
}

const inputs = []; // [leaf, entry, input]

function addInput(field, i, entry, name, apart) {
  const input = add(field, "input"), value = inFull(Number(entryOf(recorded.values[i], entry)));
  const id = `leaf${i}${entry.map((k) => `-${k}`).join("")}`;
  Object.assign(input, { id, type: "text", autocomplete: "off", value });
  if (!apart) input.setAttribute("aria-label", name);
  input.addEventListener("input", () => {
    const typed = arithmetic(input.value), fine = Number.isFinite(typed);
    input.setAttribute("aria-invalid", String(!fine));
    byId("invalid").textContent = fine ? "" : "not a number: write 2.5, -1e-3 or 1/3";
    if (!fine) return;
    start[i] = withEntry(start[i], entry, () => typed);
    setNumbers();
  });
  inputs.push([i, entry, input]);
  return id;
}

for (const i of live ? leaves : []) {
  const field = add(byId("leaves"), "div", "", "field"), entries = entriesOf(i);
  const label = add(field, entries.length > 1 ? "span" : "label", nodes[i].name);
  const grid = entries.length > 1 ? add(field, "div", "", "grid") : field;
  if (entries.length > 1) grid.style.setProperty("--columns", nodes[i].shape.at(-1));
  for (const [entry, name] of entries) {
    const id = addInput(grid, i, entry, name, entries.length === 1);
    if (entries.length === 1) label.htmlFor = id;
    const option = add(byId("nudged"), "option", name);
    option.value = JSON.stringify([i, entry]);
  }
}
byId("reset").addEventListener("click", () => {
  start = [...recorded.values];
  for (const [i, entry, input] of inputs) {
    input.value = inFull(Number(entryOf(recorded.values[i], entry)));
    input.removeAttribute("aria-invalid");
  }
  byId("invalid").textContent = "";
  setNumbers();
});

function renderNudge(state) {
  svg.querySelectorAll(".delta").forEach((text) => text.remove());
  byId("quotient").replaceChildren();
  if (!live || nudge.leaf < 0) return;
  const { leaf, entry, h } = nudge, result = nodes[loss].name;
  if (pending()) { // the moves would tell the answer
    pair("quotient", "Δ", "shown when you have answered");
    return;
  }
  const moved = [...numbers.values];
  moved[leaf] = withEntry(moved[leaf], entry, (x) => x + h);
  const there = valuesFrom(moved);
  nodes.forEach((node, i) => {
    const delta = change(numbers.values[i], there[i]);
    if (state.there[i] && (delta !== 0 || i === leaf)) {
      badge(cards[i], `Δ ${isArray(there[i]) ? "up to ±" : ""}${number(delta)}`);
    }
  });
  if (!state.there[loss]) {
    pair("quotient", `Δ${result}`, "go forward, and see it arrive");
    return;
  }
  const last = numbers.steps.findLast(
    (told, k) => steps[k].operand === leaf && told.after !== undefined);
  const moves = change(numbers.values[loss], there[loss]), quotient = moves / h;
  const slope = leaf === loss ? 1 : last ? entryOf(last.after, entry) : 0;
  pair("quotient", `Δ${result}`, number(moves));
  pair("quotient", `Δ${result} / h`, number(quotient));
  pair("quotient", entryName(leaf, entry), number(slope));
  pair("quotient", "they differ by", number(Math.abs(quotient - slope)));
}

// How far a number has moved; of an array the entry that has moved most.
function change(from, to) {
  if (!isArray(from)) return to - from;
  if (from.data.length === 1) return to.data[0] - from.data[0];
  return Math.max(...from.data.map((x, i) => Math.abs(to.data[i] - x)));
}

byId("nudged").addEventListener("change", () => {
  const [leaf, entry] = JSON.parse(byId("nudged").value || "[-1, []]");
  Object.assign(nudge, { leaf, entry });
  render();
});
byId("step").addEventListener("input", () => {
  nudge.h = Number(`1e-${byId("step").value}`);
  byId("by").textContent = `by h = ${number(nudge.h)}`;
  byId("step").setAttribute("aria-valuetext", number(nudge.h));
  render();
});

// --- 5. tabs, buttons, keys, the address -------------------------------------------------

const tabs = [...document.querySelectorAll("[role=tab]")];
function open(tab) {
  for (const other of tabs) {
    const here = other === tab;
    other.setAttribute("aria-selected", String(here));
    other.tabIndex = here ? 0 : -1;
    byId(other.getAttribute("aria-controls")).hidden = !here;
  }
}
tabs.forEach((tab, i) => {
  tab.addEventListener("click", () => open(tab));
  tab.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!way) return;
    event.stopPropagation();
    const other = tabs[(i + way + tabs.length) % tabs.length];
    open(other);
    other.focus();
  });
});

const actions = {
  first: () => go(0), previous: () => go(at - 1), play, next: forward, last: () => go(steps.length),
  on: forward, smaller: () => zoom(1 / 1.25), larger: () => zoom(1.25),
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
const keys = {
  ArrowLeft: "previous", ArrowRight: "next", Home: "first", End: "last", " ": "play",
  "+": "larger", "=": "larger", "-": "smaller",
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest("input:not([type=checkbox]), select, textarea");
  const pressed = event.key === " " && event.target.closest("button, summary, input, .node");
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
  const words = step ? `${k}  ${listed(step, k - 1)}` : "0  start";
  const button = add(add(byId("all").querySelector("ol"), "li"), "button", words);
  button.type = "button";
  button.addEventListener("click", () => {
    pause();
    go(k);
  });
});
// In the list the formula of arrays would tell an answer.
function listed(step, k) {
  if (step.kind !== "backward" || step.numbers) return said(step, k);
  return `${nodes[step.node].name} → ${nodes[step.operand].name}`;
}

byId("numbers").hidden = !live;
byId("still").hidden = live;
byId("still").textContent = `The numbers are as recorded and can't be changed: ${facts.still}.`;
byId("goal").textContent = backs === 1 ? `The goal: the gradient of ${nodes[loss].name}.`
  : `The goal: how ${nodes[loss].name} changes with each number that it was computed from. `
  + "That is its gradient.";
if (!steps.some((step) => step.asked)) byId("asking").hidden = true;

const coarse = matchMedia("(pointer: coarse)");
const narrow = matchMedia("(max-width: 640px)");
const pictures = [...document.querySelectorAll(".picture")];
function choosePicture() {
  const other = pictures.length > 1 && narrow.matches ? pictures[1] : pictures[0];
  for (const picture of pictures) picture.hidden = picture !== other;
  stopToken();
  show(other);
  fit();
}
for (const picture of pictures) {
  show(picture);
  cards.forEach(opens);
  for (const [card, i] of references) opens(find("node", card), i);
}
choosePicture();
narrow.addEventListener("change", () => {
  choosePicture();
  render();
  look();
});
new ResizeObserver(fit).observe(byId("stage")); // a notebook may make room later

function fromAddress() {
  const found = /^#step=(\d+)$/.exec(location.hash);
  go(found ? Number(found[1]) : 0);
}
addEventListener("hashchange", fromAddress);
fromAddress();
