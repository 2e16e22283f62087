// What is drawn across the lanes: wakes, the queue's length, the axis, the current event; and the
// names beside the lanes.

// More arrows than these are no picture any more.
const MOST_ARROWS = 1500;
// And beside more than these, the shapes at their feet.
const MOST_SHAPES = 300;

function drawWakes(first, last) {
  if (!view.groups.has("wakes")) return;
  for (const [cause, wakes] of Map.groupBy(seenWakes(first, last), ({ cause }) => cause)) {
    context.strokeStyle = context.fillStyle = colours[cause];
    context.lineWidth = 1.25;
    context.beginPath();
    wakes.forEach(tracePath);
    context.stroke();
    context.beginPath();
    if (wakes.length <= MOST_SHAPES) wakes.forEach(traceCause);
    context.fill();
  }
}

// Those of which one end is a task's lane that is seen; of many in the same pixel between the same
// lanes, one; and of too many, some from everywhere.
function seenWakes(first, last) {
  const seen = [];
  let before = {};
  let at = firstThat(history.wakes.length, (at) => placeOf(history.wakes[at].at) >= view.from);
  for (; at < history.wakes.length && placeOf(history.wakes[at].at) <= view.to; at += 1) {
    const wake = history.wakes[at];
    const { from, to } = wake;
    if ((from < first || from > last) && (to < first || to > last)) continue;
    const x = Math.round(xOf(wake.at));
    if (x === before.x && from === before.from && to === before.to) continue;
    before = { x, from, to };
    seen.push(wake);
  }
  const one = Math.ceil(seen.length / MOST_ARROWS);
  return seen.filter((_, at) => at % one === 0);
}

// From the middle of the waking lane to the edge of the woken task's lane. Neither end
// lies above the lanes that are seen: it is the loop that has its lane there.
function tracePath({ at, from, to }) {
  const x = Math.round(xOf(at)) + 0.5;
  const down = to >= from ? 1 : -1;
  const start = middleOf(from);
  const end = middleOf(to) - down * 7;
  if (from !== to) {
    context.moveTo(x, start);
    context.lineTo(x, end);
  }
  if (to > 0 && yOf(to) < TOP - LANE / 2) return;
  context.moveTo(x - 3.5, end - down * 5);
  context.lineTo(x, end);
  context.lineTo(x + 3.5, end - down * 5);
}

function middleOf(lane) {
  return Math.max(yOf(lane), lane === 0 ? 0 : TOP - LANE / 2) + LANE / 2;
}

// Each cause has a shape of its own.
function traceCause({ at, from, cause }) {
  const x = Math.round(xOf(at)) + 0.5;
  const y = yOf(from) + LANE / 2;
  if (from > 0 && y < TOP) return;
  switch (cause) {
    case "task": return corners(OCTAGON.map(([right, down]) => [x + right, y + down]));
    case "source": return context.rect(x - 3, y - 3, 6, 6);
    case "timer": return corners([[x, y - 4], [x + 4, y], [x, y + 4], [x - 4, y]]);
    default: return corners([[x, y - 4], [x + 4, y + 3], [x - 4, y + 3]]);
  }
}

const OCTAGON = [[-1.5, -3.5], [1.5, -3.5], [3.5, -1.5], [3.5, 1.5], [1.5, 3.5], [-1.5, 3.5], [-3.5, 1.5], [-3.5, -1.5]];

function corners(points) {
  points.forEach(([x, y], at) => (at === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
  context.closePath();
}

// How long the ready queue is: in each column of pixels, the longest it was. Tells the longest of all.
function drawStrip() {
  const bottom = AXIS + STRIP;
  const columns = longest();
  const most = Math.max(...columns);
  context.beginPath();
  context.moveTo(view.gutter, bottom);
  columns.forEach((length, column) => {
    const y = bottom - (length / Math.max(1, most)) * (STRIP - 6);
    context.lineTo(view.gutter + column, y);
    context.lineTo(view.gutter + column + 1, y);
  });
  context.lineTo(view.width, bottom);
  context.fillStyle = colours.queued;
  context.fill();
  box(colours.rule, view.gutter, bottom, view.width, 1);
  return most;
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
  const step = stepFor((view.to - view.from) / Math.max(2, (view.width - view.gutter) / 130));
  const begun = view.scale === "time" ? 0 : tables.lost;
  for (let place = Math.ceil((view.from + begun) / step) * step - begun; place <= view.to; place += step) {
    const x = xOfPlace(place);
    if (place < 0 || place > whole() || x < view.gutter) continue;
    box(colours.rule, x, AXIS - 6, 1, 6);
    axisLabel(axisWords(place), x);
  }
  box(colours.rule, view.gutter, AXIS, view.width, 1);
}

// In the middle above its tick, but not over the edge.
function axisLabel(words, x) {
  context.font = `11px ${FONT}`;
  const half = context.measureText(words).width / 2 + 4;
  text(words, Math.min(Math.max(x, view.gutter + half), view.width - half), AXIS / 2 - 1, "center");
}

function axisWords(place) {
  if (view.scale === "time") return duration(place);
  return `#${tables.lost + place} · ${duration(history.times[place])}`;
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
  if (y < TOP && laneAt(view.current) > 0) return;
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
  context.rect(0, LOOP, view.gutter - 4, view.height);
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

// What is beside axis and strip, above the names.
function drawCorner(most) {
  box(colours.paper, 0, 0, view.gutter, LOOP);
  text(view.scale === "time" ? "time" : "event", 8, AXIS / 2 - 1, "left");
  text(view.gutter > 120 ? `ready queue, at most ${most}` : `queue ≤ ${most}`, 8, AXIS + STRIP / 2 + 2, "left");
  box(colours.rule, view.gutter - 1, 0, 1, view.height);
  box(colours.rule, 0, TOP - 1, view.width, 1);
}
