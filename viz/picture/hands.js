// 7. Fingers, mouse, wheel and keys.

const fingers = new Map(); // pointerId -> where it was last
let dragged = false, start = null, clicked = null;
let lastAt = "", stillAt = ""; // where the mouse was; and where it was when a sheet came

// A mouse that lies still points at nothing, though another sheet comes under it.
const placeOf = (event) => `${event.clientX} ${event.clientY}`;

function point(event) {
  if (event.pointerType !== "mouse" || placeOf(event) === stillAt) return;
  stillAt = "";
  hovered = partAt(event.target);
  choose();
}

stage.addEventListener("pointerover", point);
stage.addEventListener("pointermove", (event) => {
  lastAt = placeOf(event);
  if (stillAt) point(event);
});
stage.addEventListener("pointerleave", () => {
  hovered = null;
  choose();
});
stage.addEventListener("focusin", (event) => {
  if (!event.target.matches(":focus-visible")) return; // the mouse is on it anyway
  focused = partAt(event.target);
  choose();
  if (focused) reveal(focused);
});
stage.addEventListener("focusout", () => {
  focused = null;
  choose();
});
stage.addEventListener("click", (event) => {
  if (dragged || event.detail > 1) return; // the second of a double click
  const part = clicked = partAt(event.target);
  if (part && part !== pinned) pin(part);
  else letGo();
});
stage.addEventListener("dblclick", () => { // the first click may have moved the picture
  if (clicked) open(sheet.about.get(clicked).ident);
});

const centre = () => {
  const all = [...fingers.values()], [a, b = a] = all;
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, apart: Math.hypot(a.x - b.x, a.y - b.y) };
};

stage.addEventListener("pointerdown", (event) => {
  if (event.button !== 0 || fingers.size > 1) return;
  if (!fingers.size) dragged = false;
  fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  start = centre();
});
stage.addEventListener("pointermove", (event) => {
  if (!fingers.has(event.pointerId)) return;
  const old = centre();
  fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  const now = centre();
  const far = Math.hypot(now.x - start.x, now.y - start.y) > 4 || fingers.size > 1;
  if (!dragged && !far) return; // a click with a trembling hand
  if (!dragged) stage.classList.add("dragging");
  dragged = true;
  stage.setPointerCapture(event.pointerId);
  move(now.x - old.x, now.y - old.y);
  const { left, top } = stage.getBoundingClientRect();
  if (old.apart && now.apart) zoom(now.apart / old.apart, now.x - left, now.y - top);
});
for (const end of ["pointerup", "pointercancel"]) {
  stage.addEventListener(end, (event) => {
    fingers.delete(event.pointerId);
    if (fingers.size) start = centre();
    else stage.classList.remove("dragging");
  });
}

stage.addEventListener("wheel", (event) => {
  event.preventDefault();
  const { left, top } = stage.getBoundingClientRect();
  const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
  const speed = event.ctrlKey ? 0.01 : 0.0016; // a pinch on a touch pad has small deltas
  const turn = Math.min(Math.max(event.deltaY * lines * speed, -0.5), 0.5);
  zoom(Math.exp(-turn), event.clientX - left, event.clientY - top);
}, { passive: false });

// Light or dark: as the system has it, until somebody chooses.

const root = document.documentElement, themeButton = byId("theme");
const THEMES = { "": "as the system", dark: "dark", light: "light" };

function nextTheme() {
  const names = Object.keys(THEMES), now = root.dataset.theme || "";
  const next = names[(names.indexOf(now) + 1) % names.length];
  if (next) root.dataset.theme = next;
  else delete root.dataset.theme;
  themeButton.title = `colours: ${THEMES[next]} (t)`;
  themeButton.setAttribute("aria-label", `Colours: ${THEMES[next]}`);
}

function openChosen() {
  const part = pinned || focused || hovered;
  if (part) open(sheet.about.get(part).ident);
}

const keys = {
  "+": () => zoom(1.35),
  "=": () => zoom(1.35),
  "-": () => zoom(1 / 1.35),
  0: () => fit(),
  1: () => readable(),
  o: openChosen,
  t: () => themeButton.hidden || nextTheme(),
  "?": () => { letGo(); tellHelp(true); },
  Backspace: () => goBack(),
  Escape: () => (pinned || !trail.length ? letGo() : goBack()),
  ArrowLeft: () => move(60, 0),
  ArrowRight: () => move(-60, 0),
  ArrowUp: () => move(0, 60),
  ArrowDown: () => move(0, -60),
};

// Enter on a card keeps it; once more opens a fold, and lets go of any other.
function press(part, key) {
  if (part !== pinned) return pin(part);
  const { ident } = sheet.about.get(part);
  if (key === "Enter" && (sheet.cards[ident] || {}).opens) return open(ident);
  return letGo();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const part = partAt(event.target);
  const isPress = (event.key === "Enter" || event.key === " ") && part;
  const scrolls = event.key.startsWith("Arrow") && panel.contains(event.target);
  const act = isPress ? () => press(part, event.key) : keys[event.key];
  if (!act || scrolls) return;
  event.preventDefault();
  act();
});

const buttons = {
  in: keys["+"], out: keys["-"], fit: keys[0], result: keys[1],
  theme: nextTheme, help: keys["?"], free: letGo,
};
for (const [id, act] of Object.entries(buttons)) byId(id).addEventListener("click", act);

show(0);
new ResizeObserver(() => { // the map has another size, too
  for (const made of sheets) made.map = null;
  sheet.mode();
}).observe(stage);
