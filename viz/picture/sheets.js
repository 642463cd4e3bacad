// 1. The sheets: the picture, and the inside of every fold that can be opened. A sheet has
//    facts, and elements of an SVG that they are about. Graphviz names the group of a card
//    by a title, "n3", and that of an edge "n3->n5".

const byId = (id) => document.getElementById(id);
const stage = byId("stage"), panel = byId("panel"), told = byId("told");
const facts = JSON.parse(byId("facts").textContent);
const sheets = [facts, ...facts.insides];
let sheet = null; // the one that is shown
let trail = []; // how one came to it: [{ number, ident }], ident of the fold that was opened

function setUp(number) {
  const made = sheets[number];
  if (made.svg) return made;
  made.svg = number
    ? document.importNode(byId(`inside-${number}`).content, true).querySelector("svg")
    : stage.querySelector("svg");
  made.svg.setAttribute("role", "group"); // of cards that are buttons
  made.about = new Map(); // element -> { ident } of a card, or { edge }
  made.cardElements = new Map(); // ident -> element
  made.edgeElements = new Map(); // edge -> element
  findCards(made);
  findEdges(made);
  findWays(made);
  // The browser's own tooltips would show what is meant for the lines above.
  for (const title of made.svg.querySelectorAll("title")) title.remove();
  for (const link of made.svg.querySelectorAll("a")) link.removeAttribute("xlink:title");
  return made;
}

function titleOf(group) {
  const title = group.querySelector("title");
  return title ? title.textContent : "";
}

function findCards(made) {
  for (const group of made.svg.querySelectorAll(".node")) {
    const ident = titleOf(group), card = made.cards[ident] || {};
    made.about.set(group, { ident });
    made.cardElements.set(ident, group);
    group.setAttribute("tabindex", "0");
    group.setAttribute("role", "button");
    if (card.opens) group.setAttribute("aria-description", "o opens it");
  }
  for (const ident of inOrder(made)) {
    const group = made.cardElements.get(ident);
    group.parentNode.append(group); // Tab goes from card to card in this order
  }
}

// As the program made them; a reference comes right before what it is used by.
function inOrder(made) {
  const idents = [...made.cardElements.keys()], place = new Map();
  idents.forEach((ident, i) => place.set(ident, i));
  for (const { tail, head } of [...made.edges].reverse()) {
    const isReference = (made.cards[tail] || {}).kind === "drawn elsewhere";
    if (isReference && place.has(head)) place.set(tail, place.get(head) - 0.5);
  }
  return idents.sort((a, b) => place.get(a) - place.get(b));
}

function findEdges(made) {
  const unseen = [...made.edges]; // between the same two cards they come in the same order
  for (const group of made.svg.querySelectorAll(".edge")) {
    const [, tail, head] = titleOf(group).match(/^(\w+).*->(\w+)/) || [];
    const at = unseen.findIndex((edge) => edge.tail === tail && edge.head === head);
    if (at < 0) continue; // of the user's own
    const [edge] = unseen.splice(at, 1);
    made.about.set(group, { edge });
    made.edgeElements.set(edge, group);
    const reach = group.querySelector("path").cloneNode(); // easier to point at
    reach.setAttribute("class", "reach");
    group.append(reach);
  }
}

// What came before a card, and what comes after it.
function findWays(made) {
  made.before = new Map(); // ident -> [{ ident, edge }]
  made.after = new Map();
  const join = (tail, head, edge) => {
    if (!made.after.has(tail)) made.after.set(tail, []);
    if (!made.before.has(head)) made.before.set(head, []);
    made.after.get(tail).push({ ident: head, edge });
    made.before.get(head).push({ ident: tail, edge });
  };
  for (const edge of made.edges) join(edge.tail, edge.head, edge);
  for (const [ident, card] of Object.entries(made.cards)) {
    if (card.drawn) join(card.drawn, ident); // w ↗ stands for w, though no edge is drawn
  }
}

function addReached(ident, links, elements) {
  const found = new Set([ident]); // a Set can be added to while it is gone through
  for (const from of found) {
    elements.add(sheet.cardElements.get(from));
    for (const { ident: next, edge } of links.get(from) || []) {
      found.add(next);
      elements.add(sheet.edgeElements.get(edge));
    }
  }
}

function lineage({ ident, edge }) {
  const elements = new Set();
  if (edge) {
    [edge.tail, edge.head].forEach((end) => elements.add(sheet.cardElements.get(end)));
    elements.add(sheet.edgeElements.get(edge));
  } else {
    const card = sheet.cards[ident] || {};
    addReached(ident, sheet.before, elements);
    addReached(card.drawn || ident, sheet.after, elements);
  }
  return elements;
}

function heading(ident, of = sheet) {
  const card = of.cards[ident] || {};
  const nameless = card.title === "·" && `${card.kind} ${card.shape || ""}`.trim();
  return nameless || card.title || card.name || drawnTexts(ident, of)[0] || ident;
}

function drawnTexts(ident, of = sheet) {
  const texts = of.cardElements.get(ident)?.querySelectorAll("text") || [];
  return [...texts].map((text) => text.textContent.replaceAll("\u00a0", " ").trim());
}
