// 6. Near the pointer: what an edge brings back, and the number in the cell of a heat map.

const tip = byId("tip");

function showTip(event) {
  const part = partAt(event.target), about = (part && sheet.about.get(part)) || {};
  const isMouse = event.pointerType === "mouse" || event.type === "click";
  const said = isMouse && !dragged && (about.edge ? onEdge(about.edge) : inCell(event, about));
  tip.hidden = !said;
  if (!said) return;
  const [text, className] = said;
  if (tip.textContent !== text) tip.textContent = text;
  tip.className = className;
  const { width, height } = tip.getBoundingClientRect();
  const place = (at, size, room) => (at + 14 + size > room ? at - 10 - size : at + 14);
  tip.style.left = `${Math.max(place(event.clientX, width, innerWidth), 4)}px`;
  tip.style.top = `${Math.max(place(event.clientY, height, innerHeight), 4)}px`;
}

function onEdge(edge) {
  const lines = says(edge), product = lines.find((line) => line.includes(" = "));
  return [product || lines.join("\n"), "gradient"];
}

// The index and the number of the entry whose cell is under the pointer; or null.
function inCell(event, { ident }) {
  const map = event.target.closest(".chart[data-cell]");
  const { cells = {} } = sheet.cards[ident] || {};
  const kind = map && (map.classList.contains("grad") ? "grad" : "value");
  const entry = kind && cells[kind] !== undefined ? entryAt(map, event) : -1;
  if (entry < 0) return null;
  const number = cells[kind].split(" ")[entry];
  const shape = map.dataset.shape.split(",").map(Number);
  const text = `[${indexOf(entry, shape).join(", ")}]  ${number}`;
  return kind === "grad" ? [`∂ ${text}`, "gradient"] : [text, ""];
}

// Which entry of the array, in the order of its memory; -1 between slices.
function entryAt(map, { clientX, clientY }) {
  const numbers = (name) => map.dataset[name].split(",").map(Number);
  const [rows, columns, slices, across, gap, left] =
    ["rows", "columns", "slices", "across", "gap", "left"].map((name) => numbers(name)[0]);
  const [width, height] = numbers("cell");
  const at = new DOMPoint(clientX, clientY).matrixTransform(map.getScreenCTM().inverse());
  const x = at.x - left, wide = columns * width + gap, high = rows * height + gap;
  const aside = Math.floor(x / wide), down = Math.floor(at.y / high);
  const column = Math.floor((x - aside * wide) / width);
  const row = Math.floor((at.y - down * high) / height), slice = down * across + aside;
  const isInside = aside >= 0 && aside < across && down >= 0 && slice < slices &&
    column < columns && row < rows;
  return isInside ? (slice * rows + row) * columns + column : -1;
}

function indexOf(entry, shape) {
  const index = [];
  for (const size of [...shape].reverse()) {
    index.unshift(entry % size);
    entry = Math.floor(entry / size);
  }
  return index;
}

stage.addEventListener("pointermove", showTip);
stage.addEventListener("click", showTip); // on a phone
stage.addEventListener("pointerleave", () => (tip.hidden = true));
