// 2. The camera: the point of the picture at the top left, and pixels per point of it. Each
//    sheet has its own, and a map in the corner that shows where it is.

const MARGIN = 24, LARGEST = 12;
const READABLE = 11; // px of the smallest text of a card, when a sheet is first seen
const SVG = "http://www.w3.org/2000/svg";
const map = byId("map");

function fitting() {
  const { width, height } = stage.getBoundingClientRect(), { whole } = sheet;
  const room = Math.min((width - MARGIN) / whole.width, (height - MARGIN) / whole.height);
  return Math.max(Math.min(room, 2), 0.01);
}

function look() {
  const { width, height } = stage.getBoundingClientRect();
  const { x, y, k } = sheet.camera;
  sheet.svg.setAttribute("viewBox", `${x} ${y} ${width / k} ${height / k}`);
  showWindow(width / k, height / k);
}

// The camera with a point of the picture in the middle, and no more paper than must be.
function centred(x, y, k) {
  const { width, height } = stage.getBoundingClientRect(), { whole } = sheet;
  const along = (middle, least, size, room) =>
    room + 1 / k >= size + MARGIN / k
      ? least + (size - room) / 2
      : Math.min(Math.max(middle - room / 2, least - MARGIN / 2 / k),
        least + size - room + MARGIN / 2 / k);
  return {
    x: along(x, whole.x, whole.width, width / k),
    y: along(y, whole.y, whole.height, height / k),
    k,
  };
}

function fit() {
  const { whole } = sheet;
  const middle = [whole.x + whole.width / 2, whole.y + whole.height / 2];
  sheet.camera = centred(...middle, fitting());
  sheet.mode = fit;
  look();
}

// As large as it takes to read it, with the result in the middle.
function readable() {
  const box = boxOf(resultOf(sheet)), k = Math.max(fitting(), READABLE / sheet.smallest);
  sheet.camera = centred(box.x + box.width / 2, box.y + box.height / 2, Math.min(k, 2));
  sheet.mode = readable;
  look();
}

function resultOf({ cards, cardElements }) {
  const idents = [...cardElements.keys()];
  const kindOf = (ident) => (cards[ident] || {}).kind;
  const results = idents.filter((ident) => kindOf(ident) === "the result");
  const ops = idents.filter((ident) => kindOf(ident) !== "drawn elsewhere");
  return cardElements.get([...results, ...(results.length ? [] : ops)].at(-1) || idents[0]);
}

// Where an element is, in points of the picture.
function boxOf(element) {
  if (!element) return sheet.whole;
  const box = element.getBBox(), matrix = element.getCTM();
  const { x, y, k } = sheet.camera;
  return {
    x: (box.x * matrix.a + matrix.e) / k + x,
    y: (box.y * matrix.d + matrix.f) / k + y,
    width: (box.width * matrix.a) / k,
    height: (box.height * matrix.d) / k,
  };
}

function move(dx, dy) {
  sheet.camera.x -= dx / sheet.camera.k;
  sheet.camera.y -= dy / sheet.camera.k;
  sheet.mode = look;
  look();
}

// What lies under (x, y), in pixels of the stage, stays there.
function zoom(factor, x = stage.clientWidth / 2, y = stage.clientHeight / 2) {
  const { camera } = sheet, least = Math.min(fitting(), 1) / 2;
  const k = Math.min(Math.max(camera.k * factor, least), LARGEST);
  sheet.camera = {
    x: camera.x + x / camera.k - x / k,
    y: camera.y + y / camera.k - y / k,
    k,
  };
  sheet.mode = look;
  look();
}

// Move no more than it takes to see a card that is outside the window.
function reveal(element) {
  const card = element.getBoundingClientRect(), room = stage.getBoundingClientRect();
  const sheetTop = panel.getBoundingClientRect();
  const bottom = sheetTop.left > room.left ? room.bottom : Math.min(room.bottom, sheetTop.top);
  const shift = (from, to, least, most) =>
    from < least ? least - from : to > most ? Math.max(most - to, least - from) : 0;
  const dx = shift(card.left, card.right, room.left + MARGIN, room.right - MARGIN);
  const dy = shift(card.top, card.bottom, room.top + MARGIN, bottom - MARGIN);
  if (dx || dy) move(dx, dy);
}

// When a sheet is first on the stage: how large it is, and its smallest text of a card.
function measure(made) {
  const { x, y, width, height } = made.svg.viewBox.baseVal;
  made.whole = { x, y, width, height };
  made.camera = { x, y, k: 1 };
  made.svg.setAttribute("preserveAspectRatio", "xMinYMin");
  look();
  const sizes = [...made.svg.querySelectorAll(".node text")].map((text) =>
    parseFloat(text.getAttribute("font-size")) * text.getCTM().a);
  made.smallest = Math.min(...sizes, 14);
  made.boxes = [...made.cardElements].map(([ident, element]) => [ident, boxOf(element)]);
  made.map = null;
}

// The map: a box for each card, and one for what is seen.

function draw(parent, tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  parent.append(element);
  return element;
}

function mapOf({ whole, boxes, cards }) {
  const { x, y, width, height } = whole;
  const drawn = document.createElementNS(SVG, "svg");
  drawn.setAttribute("viewBox", `${x} ${y} ${width} ${height}`);
  for (const [ident, box] of boxes) {
    const kind = (cards[ident] || {}).kind;
    const name = kind === "the result" ? "result" : kind === "drawn elsewhere" ? "pale" : "";
    draw(drawn, "rect", { ...box, class: name });
  }
  draw(drawn, "rect", { class: "window" });
  return drawn;
}

function showWindow(width, height) {
  const { whole, camera: { x, y } } = sheet;
  const seen = x <= whole.x + 1 && y <= whole.y + 1 &&
    x + width >= whole.x + whole.width - 1 && y + height >= whole.y + whole.height - 1;
  map.hidden = seen || !sheet.boxes;
  if (map.hidden) return;
  sheet.map ??= mapOf(sheet);
  if (map.firstChild !== sheet.map) {
    map.replaceChildren(sheet.map);
    const most = innerWidth > 720 ? 180 : 104;
    const scale = most / Math.max(whole.width, whole.height);
    map.style.width = `${Math.max(whole.width * scale, 24)}px`;
    map.style.height = `${Math.max(whole.height * scale, 24)}px`;
  }
  const left = Math.max(x, whole.x), top = Math.max(y, whole.y);
  const place = {
    x: left, y: top,
    width: Math.max(Math.min(x + width, whole.x + whole.width) - left, 0),
    height: Math.max(Math.min(y + height, whole.y + whole.height) - top, 0),
  };
  const box = sheet.map.lastChild;
  for (const [name, value] of Object.entries(place)) box.setAttribute(name, value);
}

function goTo(event) {
  const at = new DOMPoint(event.clientX, event.clientY)
    .matrixTransform(sheet.map.getScreenCTM().inverse());
  sheet.camera = centred(at.x, at.y, sheet.camera.k);
  sheet.mode = look;
  look();
}

map.addEventListener("pointerdown", (event) => {
  map.setPointerCapture(event.pointerId);
  goTo(event);
});
map.addEventListener("pointermove", (event) => {
  if (map.hasPointerCapture(event.pointerId)) goTo(event);
});
