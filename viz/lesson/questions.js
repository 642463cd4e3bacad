// The questions: before a step back happens, what it does is asked.
//
// Between numbers it is asked for the local derivative, for the product, and for the sum
// where a value is used more than once; of arrays for a shape, a formula and one entry.

const answered = new Set(); // the steps that are not asked about again
let part = 0; // which question of the next step it is
let guess = ""; // "up", "down" or "none": how the result will change, before it is known

const asks = () => byId("ask").checked;
const partial = (of, by) => `∂${nodes[of].name}/∂${nodes[by].name}`;

// The step that is asked about, or undefined.
function pending() {
  const step = steps[at];
  const more = step && step.kind === "backward" && step.asked && part < step.asked.length;
  return asks() && more && !answered.has(at) ? step : undefined;
}

const pendingKind = () => steps[at].asked[part];
const isAsked = (i) => pending() !== undefined && pending().operand === i;
const isLocalTold = () => pending() !== undefined
  && pending().asked.slice(0, part).some((kind) => kind === "local" || kind === "formula");

// --- what is asked -----------------------------------------------------------------------

const entryName = (i, entry) => `∂${nodes[loss].name}/∂${nodes[i].name}`
  + (entry.length ? `[${entry.join(", ")}]` : "");

const times = (n) => (n === 2 ? "twice" : `${n} times`);
const shownAs = (step) => code(`${nodes[step.node].name} = ${nodes[step.node].expression}`);

// The question of a kind: what is said before it, and what the answer is called.
const ASKED = {
  local(step) {
    const x = nodes[step.operand].name, y = nodes[step.node].name;
    const { operands } = nodes[step.node];
    const same = operands.map((_, i) => i).filter((i) => operands[i].node === step.operand);
    const which = ["first", "second", "third"][same.indexOf(step.slot)];
    const only = same.length > 1 && which ? `the ${which} ${code(x)}` : code(x);
    return [`${shownAs(step)}. If only ${only} grows by a little, ${code(y)} changes by how many `
      + "times that?", localName(step)];
  },
  product(step) {
    const x = nodes[step.operand].name, y = nodes[step.node].name;
    const came = `${partial(loss, step.node)} = ${number(numbers.steps[at].upstream)}`;
    const start = step.node === loss ? `The pass begins with ${came}` : `${came} is complete`;
    return [`${start}, and ${localName(step)} = ${number(numbers.steps[at].local)}. What goes `
      + `back from ${code(y)} to ${code(x)}?`,
    `${partial(loss, step.node)} · ${localName(step)}`];
  },
  sum(step) {
    const { name, uses } = nodes[step.operand];
    const before = number(numbers.steps[at].before);
    return [`${code(name)} is used ${times(uses)}. ${before} came back before, and `
      + `${number(numbers.steps[at].contribution)} comes now. What is the sum?`,
    partial(loss, step.operand) + (step.arrived < uses ? " so far" : "")];
  },
  shape(step) {
    return [`${shownAs(step)}. What is the shape of ${partial(loss, step.operand)}?`, "shape"];
  },
  formula(step) {
    return [`${shownAs(step)}. Which of these goes back to ${code(nodes[step.operand].name)}?`, ""];
  },
  entry(step) {
    const { name, uses } = nodes[step.operand];
    const sum = step.arrived > 1 ? " Add it to what came before." : "";
    return [`Compute one entry of what goes back to ${code(name)}.${sum}`,
      entryName(step.operand, step.entry) + (step.arrived < uses ? " so far" : "")];
  },
};

// ∂e/∂a; where an op has an operand twice, it says which: ∂y/∂a₁.
const localName = (step) => (/∂\(.*\)/.test(step.term)
  ? partialOf(step) : step.term.split(" · ").at(-1));
const partialOf = (step) => `∂${nodes[step.node].name}/${step.term.split("/").at(-1)}`;

function renderQuestion() {
  const step = pending();
  byId("question").hidden = !step;
  if (!step) return;
  const kind = pendingKind(), [said, name] = ASKED[kind](step);
  setText(byId("asked"), said);
  byId("name").textContent = name ? `${name}\u00a0=` : "";
  const chooses = kind === "formula";
  byId("typed").hidden = chooses;
  byId("choices").hidden = !chooses;
  byId("answer").placeholder = kind === "shape" ? "(rows, columns)" : "0.5, or 7*-4";
  const key = `${at} ${part}`;
  if (byId("question").dataset.key === key) return;
  byId("question").dataset.key = key;
  byId("answer").value = "";
  byId("answer").removeAttribute("aria-invalid");
  byId("choices").querySelectorAll("label").forEach((label) => label.remove());
  for (const [text] of chooses ? step.choices : []) {
    const label = add(byId("choices"), "label");
    Object.assign(add(label, "input"), { type: "radio", name: "choice", value: text });
    add(label, "code", text);
  }
  renderGiven(step, kind);
}

// The numbers that an entry is computed from.
function renderGiven(step, kind) {
  const box = byId("given");
  box.replaceChildren();
  box.hidden = kind !== "entry";
  if (box.hidden) return;
  const now = numbers !== recorded && scopeAt(step);
  for (const [name, lines, word] of step.given) {
    add(box, "dt", name);
    add(box, "dd", (now ? linesOfValue(now[word]) : lines).join("\n"));
  }
}

// What the lines of a step begin with, by their words.
function scopeAt(step) {
  const { upstream, before } = numbers.steps[at], { values } = numbers;
  const begun = { g: upstream, s: before, y: values[step.node] };
  return Object.assign(scopeOf(step, step.node, values), begun);
}

const linesOfValue = (x) => (isArray(x) ? rows(x) : [number(Number(x))]);

// --- an answer ---------------------------------------------------------------------------

// What is wrong with what was typed or chosen: sentences; none if it is right.
function wrongWith(step, kind, typed) {
  if (kind === "formula") {
    const chosen = step.choices.find(([text]) => text === typed);
    if (!chosen) return ["Choose one of them."];
    return chosen[1] < 0 ? [] : [texts[chosen[1]]];
  }
  if (kind === "shape") {
    const shape = typedShape(typed);
    return shape ? shapeFindings(shape, ...step.shape)
      : ["That is not a shape: write it as (rows, columns), or () for a number."];
  }
  const answer = arithmetic(typed);
  if (typed.trim() === "") return ["Type a number first."];
  if (/\d,\d/.test(typed)) return ["Write a point in a number: 0.5."];
  if (Number.isNaN(answer) && !/^\s*nan\s*$/i.test(typed)) {
    return ["That is not a number. Write numbers, as 0.5 or 7*-4."];
  }
  return findings(answer, answersOf(at, kind), texts);
}

// The right answer, in words.
function solution(step, kind) {
  const told = numbers.steps[at], x = nodes[step.operand].name;
  if (kind === "local") return `${localName(step)} = ${localOf(step, at)}`;
  if (kind === "product") return `${code(x)} gets ${number(told.contribution)}`;
  if (kind === "sum") return `${ASKED.sum(step)[1]} = ${number(told.after)}`;
  if (kind === "shape") {
    return `a gradient has the shape of its value, ${shapeText(step.shape[0])}`;
  }
  if (kind === "formula") return `${code(step.choices.find(([, said]) => said < 0)[0])}`;
  return `${ASKED.entry(step)[1]} = ${number(answersOf(at, kind).right)}`;
}

function typedAnswer() {
  const chosen = byId("choices").querySelector("input:checked");
  return pendingKind() === "formula" ? (chosen ? chosen.value : "") : byId("answer").value;
}

function answer() {
  const step = pending(), kind = pendingKind();
  const wrong = wrongWith(step, kind, typedAnswer());
  if (wrong.length) {
    const lines = wrong.map(withoutPlace); // the edge is lit
    tell("wrong", lines.length > 1 ? ["This may have happened:", ...lines] : lines);
    byId("answer").setAttribute("aria-invalid", "true");
    if (kind !== "formula") byId("answer").select();
    byId("verdict").scrollIntoView({ block: "nearest" });
    return;
  }
  goOn("right", `Right: ${solution(step, kind)}.`);
}

// A sentence without the op that it is about.
function withoutPlace(sentence) {
  const [, rest] = /^Going back through `.*`: (.*)$/s.exec(sentence) || [];
  return rest ? `${rest[0].toUpperCase()}${rest.slice(1)}` : sentence;
}

// To the next question about the step, or the step itself.
function goOn(kind, words) {
  const step = steps[at];
  if (part + 1 < step.asked.length) {
    part += 1;
    tell(kind, [words]);
    render();
  } else {
    answered.add(at);
    go(at + 1, true);
    tell(kind, at === steps.length ? [words, "You have all gradients."] : [words]);
  }
  focusQuestion();
}

function focusQuestion() {
  if (byId("lesson").hidden) return;
  byId("lesson").scrollIntoView({ block: "start" });
  if (at === steps.length) byId(raised ? "raise" : "first").focus();
  else if (!pending()) byId("on").focus();
  else if (pendingKind() === "formula") byId("choices").querySelector("input").focus();
  else byId("answer").focus();
}

function tell(kind, lines) {
  const box = byId("verdict");
  box.className = kind;
  box.replaceChildren();
  for (const line of lines) setText(add(box, "p"), line, line.includes(MARK) ? MARK : "`");
}

// --- before the first step, and after the last -------------------------------------------

const raised = facts.raise;
const raisedName = () => nodes[raised.leaf].name
  + (raised.entry.length ? `[${raised.entry.join(", ")}]` : "");

function renderGuess() {
  byId("guess").hidden = at > 0 || !raised;
  if (!raised) return;
  const name = raisedName(), result = nodes[loss].name;
  setText(byId("guessed"), `If ${code(name)} grows a little, how does ${code(result)} change?`);
  for (const way of ["up", "down", "none"]) byId(`guess-${way}`).checked = guess === way;
}

const WAYS = { up: "grows", down: "shrinks", none: "does not change" };

// What raising a leaf does: by the gradient, and by computing it again.
function raisedNow() {
  const { leaf, entry, by } = raised;
  if (!live || numbers === recorded) {
    return { gradient: asNumber(raised.gradient), before: asNumber(raised.before),
      after: asNumber(raised.after) };
  }
  const moved = [...numbers.values], last = steps.findLastIndex((s) => s.operand === leaf);
  moved[leaf] = withEntry(moved[leaf], entry, (x) => x + by);
  return { gradient: entryOf(numbers.steps[last].after, entry),
    before: alone(numbers.values[loss]), after: alone(valuesFrom(moved)[loss]) };
}

function withEntry(x, entry, change) {
  if (!isArray(x)) return change(x);
  const place = placeOf(entry, x.shape);
  return { shape: x.shape, data: x.data.map((one, i) => (i === place ? change(one) : one)) };
}

const moves = (by) => (by > 0 ? "rises" : "falls");

function renderEnd() {
  const box = byId("end");
  box.hidden = at < steps.length || !raised;
  if (box.hidden) return;
  const name = raisedName(), result = nodes[loss].name, { by } = raised;
  const { gradient } = raisedNow(), change = gradient * by;
  const way = gradient > 0 ? "up" : gradient < 0 ? "down" : "none";
  const told = `${entryName(raised.leaf, raised.entry)} = ${number(gradient)}`;
  const said = change === 0 ? `${code(result)} hardly changes`
    : `${code(result)} ${moves(change)} by about ${number(Math.abs(change))}`;
  const before = guess ? `You said that ${code(result)} ${WAYS[guess]}`
    + `${guess === way ? ", and it does" : ""}. ` : "";
  setText(byId("claim"), `${before}${told}: raise ${code(name)} by ${number(by)}, and ${said}.`);
  byId("raise").textContent = `Raise ${name} by ${number(by)}`;
}

function raiseIt() {
  const { before, after } = raisedNow(), result = nodes[loss].name, change = after - before;
  const said = change === 0 ? "does not change" : `${moves(change)} by ${number(Math.abs(change))}`;
  setText(byId("tried"), `${code(result)} goes from ${number(before)} to `
    + `${inDigits(after, before)}: it ${said}.`);
}

// A number with so many digits that it differs from another one.
function inDigits(x, other) {
  if (number(x) !== number(other) || x === other) return number(x);
  for (let digits = 5; digits < 16; digits += 1) {
    if (x.toPrecision(digits) !== other.toPrecision(digits)) return x.toPrecision(digits);
  }
  return String(x);
}
