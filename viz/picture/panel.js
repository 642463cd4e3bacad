// 3. Choosing: what is pinned, else what the mouse is on, else what Tab has reached.

let pinned = null, hovered = null, focused = null, shown = null;
const help = [...told.childNodes];

function choose() {
  const chosen = pinned || hovered || focused;
  byId("free").hidden = !pinned;
  if (chosen === shown) return;
  shown = chosen;
  const lit = chosen ? lineage(sheet.about.get(chosen)) : new Set();
  sheet.svg.classList.toggle("choosing", chosen !== null);
  for (const element of sheet.about.keys()) {
    element.classList.toggle("lit", lit.has(element));
    element.classList.toggle("chosen", element === chosen);
  }
  if (chosen) tell(sheet.about.get(chosen)); // it stays readable when the mouse moves on
}

function pin(element) {
  pinned = element;
  choose();
  if (element) reveal(element);
}

function letGo() {
  focused = null;
  pin(null);
  if (trail.length) tellSheet();
  else tellHelp();
}

function tellHelp(isWhole = false) {
  told.className = isWhole ? "help whole" : "help";
  told.replaceChildren(...help);
}

const partAt = (target) => {
  const group = target.closest ? target.closest(".node, .edge") : null;
  return sheet.about.has(group) ? group : null;
};

// 4. The panel. Every text comes in as text, never as HTML.

function add(parent, tag, text = "", className = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  element.className = className;
  parent.append(element);
  return element;
}

function tell({ ident, edge }) {
  told.className = "";
  told.replaceChildren();
  if (edge) tellEdge(edge);
  else tellCard(ident);
  panel.scrollTop = 0;
}

function tellCard(ident) {
  const self = sheet.cards[ident] || {}, card = sheet.cards[self.drawn] || self;
  add(told, "h1", heading(ident));
  add(told, "p", self.drawn ? `${self.kind}: ${card.kind}` : self.kind);
  const stale = sheet.cardElements.get(ident).classList.contains("stale");
  if (stale) add(told, "p", "data was changed since: its numbers do not fit together");
  if (card.name && card.name !== heading(ident)) tellPairs([["name", card.name]]);
  for (const line of card.hides || []) add(told, "p", line);
  if (card.opens) tellWayIn(ident);
  if (card.closed) add(told, "p", card.closed);
  if (card.line) tellLine(card.line);
  if (card.value) tellNumbers("value", card.value, `${card.shape || ""} ${card.dtype || ""}`);
  else drawnTexts(ident).forEach((text) => add(told, "p", text));
  if (card.gradient) tellNumbers("gradient", card.gradient);
  if ((card.rounds || []).length) tellRounds(card.rounds);
  const into = sheet.edges.filter((edge) => edge.head === ident);
  const from = [ident, self.drawn, ...twins(ident)];
  const out = sheet.edges.filter((edge) => from.includes(edge.tail));
  tellEdges("from its operands", into, (edge) => heading(edge.tail));
  tellEdges("used by", out, (edge) => heading(edge.head));
}

const twins = (ident) =>
  Object.keys(sheet.cards).filter((other) => sheet.cards[other].drawn === ident);

function tellWayIn(ident) {
  const button = add(told, "button", "Open it here", "open");
  button.type = "button";
  button.title = "open (o, or a double click)";
  button.addEventListener("click", () => open(ident));
}

function tellLine([place, text]) {
  add(told, "h2", "made at").append(add(told, "small", place));
  if (text) add(told, "code", text);
}

function tellNumbers(what, { lines = [], summary = [], note = "" }, aside = note) {
  const title = add(told, "h2", what, what);
  add(title, "small", aside);
  tellPairs(summary, what);
  if (note && aside !== note) add(told, "p", note);
  if (!lines.length) return;
  const list = add(told, "ol", "", `${what} ${lines.length > 1 ? "counted" : "alone"}`);
  for (const line of lines) add(list, "li", line);
  reachable(list, what);
}

// What scrolls can be scrolled by keys, too.
function reachable(element, what) {
  if (element.scrollHeight <= element.clientHeight && element.scrollWidth <= element.clientWidth) {
    return;
  }
  element.tabIndex = 0;
  element.setAttribute("aria-label", what);
}

function tellRounds(sizes) {
  const title = add(told, "h2", "|∂| of each round", "gradient");
  add(title, "small", "of a loop: the largest");
  const list = add(told, "ol", "", "gradient counted rounds");
  for (const size of sizes) add(list, "li", size);
}

function tellPairs(pairs, className = "") {
  if (!pairs.length) return;
  const list = add(told, "dl", "", className);
  for (const [term, text] of pairs) {
    add(list, "dt", term);
    const said = add(list, "dd", text, text.length > 200 ? "long" : "");
    if (said.className) reachable(said, term);
  }
}

function tellEdges(what, some, nameOf) {
  if (!some.length) return;
  const title = add(told, "h2", what);
  add(title, "small", "and the local derivative");
  tellPairs(some.map((edge) => [nameOf(edge), says(edge).join("\n")]), "of");
}

const says = (edge) => (edge.lines.length ? edge.lines : ["no gradient goes this way"]);

function tellEdge(edge) {
  const slots = (sheet.cards[edge.head] || {}).slots || [];
  add(told, "h1", `${heading(edge.tail)} → ${heading(edge.head)}`);
  add(told, "p", `operand ${edge.slot + 1} of ${slots.length || "a card"}`);
  add(told, "h2", "local derivative");
  for (const line of says(edge)) add(told, "div", line, "says");
}

// 5. Folds open where they are: their inside takes the stage, and a trail leads back.

function show(number) {
  pinned = hovered = focused = shown = null;
  clicked = null;
  stillAt = lastAt;
  tip.hidden = true;
  sheet?.svg.classList.remove("choosing");
  const made = setUp(number);
  stage.replaceChildren(made.svg);
  sheet = made;
  if (!made.whole) {
    measure(made);
    addOpeners(made);
    readable();
  } else (made.mode === look ? look : made.mode)();
  showTrail();
  choose();
}

function open(ident) {
  const number = (sheet.cards[ident] || {}).opens;
  if (!number) return;
  trail.push({ number, ident });
  show(number);
  tellSheet();
  byId("trail").querySelector("[aria-current]").focus();
}

function goBack(steps = 1) {
  if (!trail.length) return;
  const left = trail.slice(-steps);
  trail = trail.slice(0, -steps);
  show(trail.at(-1)?.number || 0);
  letGo();
  const card = sheet.cardElements.get(left[0].ident);
  card.focus({ preventScroll: true });
  reveal(card);
}

function showTrail() {
  const list = byId("trail");
  list.hidden = !trail.length;
  document.body.classList.toggle("inside", trail.length > 0);
  list.replaceChildren();
  ["graph", ...trail.map(({ number }) => sheets[number].title)].forEach((title, i) => {
    const steps = trail.length - i;
    if (i) add(list, "i", "›").setAttribute("aria-hidden", "true");
    const part = add(list, steps ? "button" : "span", title);
    if (steps) {
      part.type = "button";
      part.title = steps === 1 ? "back (Backspace)" : "";
      part.addEventListener("click", () => goBack(steps));
    } else {
      part.tabIndex = -1;
      part.setAttribute("aria-current", "page");
    }
  });
}

function tellSheet() {
  told.className = "";
  told.replaceChildren();
  const all = Object.values(sheet.cards);
  const outside = all.filter((card) => card.kind === "drawn elsewhere" && !card.drawn).length;
  add(told, "h1", sheet.title);
  add(told, "p", `the inside of a fold: ${all.length - outside} cards`);
  if (outside) add(told, "p", "↗ at the start: what comes from outside");
  add(told, "p", "↗ at the end of a card: where its value goes, outside");
  const back = add(told, "button", "Back", "open");
  back.type = "button";
  back.title = "back (Backspace, Escape)";
  back.addEventListener("click", () => goBack());
}

// A mark on each fold that can be opened.
function addOpeners({ svg, cards, cardElements }) {
  for (const [ident, element] of cardElements) {
    if (!(cards[ident] || {}).opens) continue;
    const { x, y, width } = element.getBBox();
    const mark = draw(element, "g", {
      class: "opener", transform: `translate(${x + width - 3} ${y + 3})`,
    });
    draw(mark, "circle", { r: 12, class: "reach" });
    draw(mark, "circle", { r: 7 });
    draw(mark, "path", { d: "M-3.5 0h7M0 -3.5v7" });
    mark.addEventListener("click", (event) => {
      if (dragged) return;
      event.stopPropagation();
      open(ident);
    });
  }
}
