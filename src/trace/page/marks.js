// What is drawn across the lanes: wakes, the queue's length, the axis, the current event; and the
// names beside the lanes.

// More arrows than these are no picture any more.
const MOST_ARROWS = 3000;

function drawWakes(first, last) {
  if (!view.groups.has("wakes")) return;
  let drawn = 0;
  let before = "";
  const indices = history.wakes;
  let at = firstWake();
  for (; at < indices.length && drawn < MOST_ARROWS; at += 1) {
    const wake = indices[at];
    if (placeOf(wake.at) > view.to) break;
    const [from, to] = [laneOfActor(wake.by), laneOf.get(history.tasks.get(wake.task))];
    if (to === undefined || Math.max(from, to) < first || Math.min(from, to) > last) continue;
    const spot = `${Math.round(xOf(wake.at))} ${from} ${to}`;
    if (spot === before) continue;
    before = spot;
    drawArrow(wake, from, to);
    drawn += 1;
  }
}

function firstWake() {
  let [low, high] = [0, history.wakes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (placeOf(history.wakes[middle].at) < view.from) low = middle + 1;
    else high = middle;
  }
  return low;
}

function causeOf(by) {
  const [what] = parts(by);
  return { Task: "task", Timer: "timer", Source: "source" }[what] ?? "thread";
}

// From the middle of the lane of who woke to the edge of the lane of who was woken.
function drawArrow(wake, from, to) {
  const cause = causeOf(wake.by);
  const x = Math.round(xOf(wake.at)) + 0.5;
  const down = to >= from ? 1 : -1;
  const start = yOf(from) + LANE / 2;
  const end = yOf(to) + LANE / 2 - down * 6;
  const current = wake.at === view.current;
  context.strokeStyle = context.fillStyle = colours[cause];
  context.lineWidth = current ? 3 : 1.25;
  context.beginPath();
  context.moveTo(x, start);
  context.lineTo(x, end);
  context.moveTo(x - 3.5, end - down * 5);
  context.lineTo(x, end);
  context.lineTo(x + 3.5, end - down * 5);
  context.stroke();
  drawCause(cause, x, start);
}

// Each cause has a shape of its own.
function drawCause(cause, x, y) {
  context.beginPath();
  if (cause === "task") context.arc(x, y, 3, 0, 7);
  if (cause === "source") context.rect(x - 3, y - 3, 6, 6);
  if (cause === "timer") corners([[x, y - 4], [x + 4, y], [x, y + 4], [x - 4, y]]);
  if (cause === "thread") corners([[x, y - 4], [x + 4, y + 3], [x - 4, y + 3]]);
  context.fill();
}

function corners(points) {
  points.forEach(([x, y], at) => (at === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
  context.closePath();
}

// How long the ready queue is: in each column of pixels, the longest it was.
function drawStrip() {
  const bottom = AXIS + STRIP;
  box(colours.paper, view.gutter, 0, view.width, TOP);
  const columns = longest();
  const most = Math.max(1, ...columns);
  context.fillStyle = colours.queued;
  columns.forEach((length, column) => {
    const height = (length / most) * (STRIP - 8);
    if (length > 0) context.fillRect(view.gutter + column, bottom - height, 1, height);
  });
  box(colours.rule, view.gutter, bottom, view.width, 1);
  text(`up to ${Math.max(...columns)}`, view.width - 6, AXIS + 8, "right");
}

function longest() {
  const columns = new Array(Math.max(1, Math.ceil(view.width - view.gutter))).fill(0);
  const start = Math.max(0, firstEventFrom(view.from) - 1);
  let column = 0;
  let length = history.queue[start] ?? 0;
  for (let index = start; index < events.length && placeOf(index) <= view.to; index += 1) {
    const next = Math.max(0, Math.floor(xOf(index) - view.gutter));
    for (; column < next; column += 1) columns[column] = Math.max(columns[column], length);
    length = history.queue[index];
    if (column < columns.length) columns[column] = Math.max(columns[column], length);
  }
  return columns;
}

function text(words, x, y, align, colour = colours.quiet, weight = "") {
  context.font = `${weight} 11px ${FONT}`;
  context.textAlign = align;
  context.textBaseline = "middle";
  context.fillStyle = colour;
  context.fillText(words, x, y);
  context.textAlign = "left";
}

function drawAxis() {
  const step = stepFor((view.to - view.from) / Math.max(2, (view.width - view.gutter) / 110));
  for (let place = Math.ceil(view.from / step) * step; place <= view.to; place += step) {
    const x = xOfPlace(place);
    if (place < 0 || place > whole() || x < view.gutter) continue;
    box(colours.rule, x, AXIS - 6, 1, 6);
    const words = view.scale === "time" ? duration(place) : `#${tables.lost + place}`;
    text(words, x, AXIS / 2 - 1, "center");
  }
  box(colours.rule, view.gutter, AXIS, view.width, 1);
}

// 1, 2 or 5 times a power of ten, at least as large.
function stepFor(smallest) {
  const power = 10 ** Math.floor(Math.log10(smallest));
  const step = [1, 2, 5, 10].find((digit) => digit * power >= smallest) * power;
  return view.scale === "time" ? step : Math.max(1, step);
}

function drawCurrent() {
  const x = Math.round(xOf(view.current));
  if (x < view.gutter || x > view.width) return;
  const y = yOf(laneAt(view.current));
  box(colours.accent, x - 0.5, AXIS - 2, 1.5, view.height);
  context.beginPath();
  corners([[x - 5, AXIS - 8], [x + 5, AXIS - 8], [x, AXIS]]);
  context.fillStyle = colours.accent;
  context.fill();
  if (y < TOP) return;
  context.strokeStyle = colours.accent;
  context.lineWidth = 2;
  context.strokeRect(x - 5, y + 1, 10, LANE - 2);
}

function drawLabel(index) {
  const lane = lanes[index];
  const y = yOf(index);
  const found = view.found?.has(index);
  box(index % 2 === 0 ? colours.stripe : colours.paper, 0, y, view.gutter - 1, LANE);
  const left = 8 + Math.min(lane.depth, 4) * 10;
  if (found) box(colours.found, 0, y, 4, LANE);
  context.save();
  context.beginPath();
  context.rect(0, TOP, view.gutter - 4, view.height);
  context.clip();
  const strong = index === laneAt(view.current) || found ? "700" : "500";
  text(lane.label, left, y + LANE / 2, "left", lane.gather ? colours.quiet : colours.ink, strong);
  const width = context.measureText(lane.label).width;
  if (lane.name) text(clipped(lane.name, view.gutter - left - width - 14), left + width + 6, y + LANE / 2, "left");
  context.restore();
}

// As much of it as there is room for.
function clipped(words, room) {
  context.font = `11px ${FONT}`;
  const width = context.measureText(words).width;
  if (width <= room) return words;
  const fits = Math.floor((words.length * room) / width) - 1;
  return fits > 1 ? `${words.slice(0, fits)}…` : "";
}

// What stands beside axis and strip, above the names.
function drawCorner() {
  box(colours.paper, 0, 0, view.gutter, TOP);
  text(view.scale === "time" ? "time" : "event", 8, AXIS / 2 - 1, "left");
  text(view.gutter > 120 ? "ready queue" : "queue", 8, AXIS + STRIP / 2 + 4, "left");
  box(colours.rule, view.gutter - 1, 0, 1, view.height);
}
