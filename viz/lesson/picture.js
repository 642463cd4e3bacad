// The picture: what has not happened yet is hidden, and what happens is seen to happen.
//
// There may be two, for a wide and for a narrow screen; one is shown. Its parts are found
// by the places that nodes and steps have in it.

let svg, cards, edges, labels, parts; // of the picture that is shown
let natural; // px: its width and height
let smallest; // px: its smallest text

const setOff = (elements, off) => elements.forEach((e) => e.classList.toggle("off", off));
const find = (kind, place) => svg.querySelector(`[id$="${kind}${place + 1}"]`);
const tailOf = (step) => find("node", step.tail); // a leaf's card, or a reference ↗

function show(picture) {
  svg = picture.querySelector("svg");
  cards = nodes.map((node) => find("node", node.card));
  edges = steps.map((step) => (step.kind === "backward" ? find("edge", step.edge) : null));
  labels = edges.map((edge) => (edge ? [...edge.querySelectorAll("text")] : []));
  parts = cards.map((card) => partsOf.get(card) || taken(card));
  const sizes = [...svg.querySelectorAll("text")].map(
    (text) => parseFloat(getComputedStyle(text).fontSize));
  smallest = Math.min(...sizes) / 0.75;
  const { width, height } = svg.viewBox.baseVal;
  natural = { width: width / 0.75, height: height / 0.75 }; // of points
}

const partsOf = new Map();

function taken(card) {
  const texts = [...card.querySelectorAll("text.grad")];
  const found = {
    values: [...card.querySelectorAll(".value")],
    dead: [...card.querySelectorAll(".dead")], // of the recorded numbers, as
    rings: [...card.querySelectorAll(".ring")], // where NaN or ∞ began
    gradients: [...card.querySelectorAll(".grad")],
    texts,
    written: texts.map((text) => text.textContent),
    room: Math.max(...texts.map((text) => text.textContent.length), 11),
  };
  partsOf.set(card, found);
  return found;
}

// --- how large it is ---------------------------------------------------------------------

const LEGIBLE = 11; // px: what can be read
const MOST_LEGIBLE = 15, OVERVIEW = 0.62, LARGEST = 1.6; // cards; scales
let size = 1; // as the person wants it; at 1 it fills the stage, if it can be read then

function fit() {
  const stage = byId("stage"), style = getComputedStyle(stage);
  const wide = stage.clientWidth - 2 * parseFloat(style.paddingLeft);
  const high = stage.clientHeight - 2 * parseFloat(style.paddingTop);
  const down = high / natural.height; // a narrow screen is scrolled down, if it must be
  const filled = Math.min(wide / natural.width, narrow.matches ? Math.max(down, 1) : down);
  const least = nodes.length <= MOST_LEGIBLE ? LEGIBLE / smallest : OVERVIEW;
  const scale = size * Math.min(Math.max(filled, least), LARGEST);
  svg.style.width = `${scale * natural.width}px`;
}

function zoom(factor) {
  size = Math.min(Math.max(size * factor, 0.4), 4);
  fit();
}

// Scroll the stage, and nothing else, no more than it takes to see some parts of it: the
// last one in any case.
function bring(...some) {
  const stage = byId("stage"), margin = 14;
  const shift = (from, to, least, most) =>
    (from < least ? from - least : to > most ? Math.min(to - most, from - least) : 0);
  for (const part of some.filter(Boolean)) {
    const room = stage.getBoundingClientRect(), box = part.getBoundingClientRect();
    stage.scrollLeft += shift(box.left, box.right, room.left + margin, room.right - margin);
    stage.scrollTop += shift(box.top, box.bottom, room.top + margin, room.bottom - margin);
  }
}

// --- cards -------------------------------------------------------------------------------

function write(text, words, room) {
  text.textContent = words;
  if (room && words.length > room) { // it must not leave the card
    const em = parseFloat(getComputedStyle(text).fontSize);
    text.setAttribute("textLength", String(room * 0.6 * em));
    text.setAttribute("lengthAdjust", "spacingAndGlyphs");
  } else {
    text.removeAttribute("textLength");
    text.removeAttribute("lengthAdjust");
  }
}

function gradientLines(x) {
  if (!isArray(x)) return [gradientText(Number(x))];
  if (x.data.every((entry) => entry === 0)) return ["∂ 0"];
  const all = x.data.length > 1 && x.data.every((entry) => entry === x.data[0]);
  if (all && x.data.length > 4) return [`∂ all ${number(x.data[0])}`];
  return rows(x).map((row, i) => `${i ? "  " : "∂ "}${row}`);
}

function writeAll(elements, lines) {
  const short = lines.length > elements.length ? [lines.join(" ")] : lines;
  elements.forEach((text, i) => {
    const room = Math.max(text.textContent.length, 11);
    if (text.textContent !== (short[i] ?? "")) write(text, short[i] ?? "", room);
  });
}

function renderCard(i, state) {
  const { values, dead, rings, gradients, texts, written, room } = parts[i], card = cards[i];
  card.classList.toggle("empty", !state.there[i]);
  setOff(values, !state.there[i]);
  setOff(dead, !state.there[i] || numbers !== recorded);
  if (live && values.length) {
    const x = numbers.values[i];
    if (!isArray(x)) values[0].textContent = number(x);
    else if (numbers !== recorded || card.dataset.changed) {
      card.dataset.changed = "yes";
      writeAll(values, rows(x));
    }
  }
  const done = complete(i, state), some = state.arrived[i] > 0;
  const bad = done || !Number.isFinite(numbers.values[i]);
  setOff(rings, numbers !== recorded || !state.there[i] || !bad);
  setOff(gradients, !done);
  texts.forEach((text, j) => write(text, written[j], 0));
  if (!texts.length) return;
  const asked = isAsked(i);
  if (!done || asked) {
    setOff(gradients, true);
    setOff(texts.slice(0, 1), !(some || asked));
    const sum = some ? `${gradientAfter(state.last[i])} + ` : "";
    write(texts[0], `∂ ${sum}${asked ? "?" : "…"}`, room);
  } else if (live && (numbers !== recorded || !isArray(numbers.values[i]))) {
    const { after } = i === loss ? { after: onesLike(numbers.values[i]) }
      : numbers.steps[state.last[i]];
    writeAll(texts, i === loss && !isArray(after) ? ["∂ 1.0"] : gradientLines(after));
  }
}

// --- edges -------------------------------------------------------------------------------

function renderEdges() {
  const step = pending() || steps[at - 1], asking = pending();
  steps.forEach((other, k) => {
    if (other.kind !== "backward") return;
    const edge = edges[k], here = other === step;
    edge.classList.toggle("active", here);
    edge.classList.toggle("passed", k < at);
    edge.classList.toggle("feeding",
      step !== undefined && step.kind === "forward" && other.node === step.node);
    const blank = asks() && k >= at && !(here && isLocalTold()); // a number would tell
    edge.classList.toggle("told", at > forwards && !blank);
    edge.classList.toggle("asked", here && Boolean(asking) && blank);
    if (!labels[k].length) return;
    const [first, ...more] = labels[k];
    setOff(more, here && Boolean(asking) && blank); // the other lines of a formula
    first.dataset.recorded ??= first.textContent;
    if (here && asking && blank) first.textContent = "◂ ?";
    else if (live && other.numbers) first.textContent = `◂ ×${number(numbers.steps[k].local)}`;
    else first.textContent = first.dataset.recorded;
  });
  svg.querySelectorAll(".now").forEach((card) => card.classList.remove("now"));
  if (step && step.kind === "backward") tailOf(step).classList.add("now");
  cards.forEach((card, i) => {
    const into = step && (step.kind === "backward" ? step.operand : step.node);
    if (i === into) card.classList.add("now");
    card.classList.toggle("sends", Boolean(step && step.kind === "backward" && i === step.node));
    card.classList.toggle("chosen", i === chosen);
  });
}

// --- a token carries the gradient back along an edge -------------------------------------

const calm = matchMedia("(prefers-reduced-motion: reduce)");
let token = null; // what is under way
const TRAVEL = 800; // ms

function stopToken() {
  if (!token) return;
  cancelAnimationFrame(token.frame);
  token.group.remove();
  token.card.classList.remove("arriving");
  token = null;
}

function sendToken(k) {
  stopToken();
  const step = steps[k], path = edges[k] && edges[k].querySelector("path");
  if (calm.matches || !path) return;
  const make = (tag, parent, attributes) => {
    const element = document.createElementNS(svg.namespaceURI, tag);
    Object.entries(attributes).forEach(([name, x]) => element.setAttribute(name, x));
    return parent.appendChild(element);
  };
  const group = make("g", edges[k].parentNode, { class: "token", "aria-hidden": "true" });
  make("circle", group, { r: 5 });
  make("text", group, { y: -8 }).textContent = `∂ ${contributionText(k)}`;
  const length = path.getTotalLength(), card = cards[step.operand];
  card.classList.add("arriving");
  token = { group, card, frame: 0 };
  const began = performance.now();
  const move = (now) => {
    const done = Math.min(Math.max((now - began) / TRAVEL, 0), 1);
    const eased = done < 0.5 ? 2 * done * done : 1 - 2 * (1 - done) * (1 - done);
    const { x, y } = path.getPointAtLength(length * (1 - eased)); // from the op to the operand
    group.setAttribute("transform", `translate(${x} ${y})`);
    if (done === 1) stopToken();
    else token.frame = requestAnimationFrame(move);
  };
  move(began);
}

// --- what a nudge does -------------------------------------------------------------------

function badge(card, words) {
  const box = card.getBBox(), text = document.createElementNS(svg.namespaceURI, "text");
  text.setAttribute("class", "delta");
  text.setAttribute("x", box.x + box.width);
  text.setAttribute("y", box.y - 2);
  text.textContent = words;
  card.append(text);
}

// What a card says, for who can't see it.
function spoken(i) {
  const seen = [...cards[i].querySelectorAll("text:not(.off)")].map((text) => text.textContent);
  return `${seen.join(" ").replace(/\s+/g, " ")}: its full sum`;
}
