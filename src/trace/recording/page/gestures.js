// What fingers, mouse, wheel and keys do to the canvas.

const scroller = document.getElementById("lanes");
const spacer = document.getElementById("spacer");
const pressed = new Map();
let moved = 0;
let asked = false;

// Draws with the next frame, once for all calls before it.
function redraw() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    view.scroll = scroller.scrollTop;
    draw();
  });
}

function resize() {
  spacer.style.height = `${fullHeight()}px`;
  view.width = scroller.clientWidth;
  view.height = Math.min(scroller.clientHeight, fullHeight());
  view.gutter = view.width > 700 ? 190 : 104;
  canvas.width = Math.round(view.width * devicePixelRatio);
  canvas.height = Math.round(view.height * devicePixelRatio);
  canvas.style.height = `${view.height}px`;
  redraw();
}

function onWheel(event) {
  event.preventDefault();
  if (event.shiftKey) scroller.scrollTop += event.deltaY || event.deltaX;
  else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) pan(event.deltaX / view.width);
  else zoom(1.0018 ** -event.deltaY, placeAtX(Math.max(view.gutter, event.offsetX)));
  redraw();
}

function onPress(event) {
  pressed.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
  canvas.setPointerCapture(event.pointerId);
  moved = 0;
}

function onMove(event) {
  const before = pressed.get(event.pointerId);
  if (!before) return;
  const now = { x: event.offsetX, y: event.offsetY };
  const other = [...pressed].find(([id]) => id !== event.pointerId)?.[1];
  moved += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
  if (other) pinch(before, now, other);
  else pan((before.x - now.x) / (view.width - view.gutter));
  if (event.pointerType === "mouse") scroller.scrollTop += before.y - now.y;
  pressed.set(event.pointerId, now);
  redraw();
}

// Two fingers: what is between them grows with their distance.
function pinch(before, now, other) {
  const [was, is] = [Math.abs(before.x - other.x), Math.abs(now.x - other.x)];
  if (was > 10 && is > 10) zoom(is / was, placeAtX((now.x + other.x) / 2));
}

function onRelease(event) {
  const was = pressed.delete(event.pointerId);
  if (was && moved < 5 && event.type === "pointerup") pick(event.offsetX, event.offsetY);
}

// Goes to the event of the lane that is nearest to this spot.
function pick(x, y) {
  const lane = laneAtY(y);
  const place = placeAtX(Math.max(x, view.gutter));
  const marks = lane?.marks ?? null;
  if (marks?.length === 0) return;
  const at = marks ? firstFrom(marks, place) : firstEventFrom(place);
  const near = [at - 1, at].map((at) => (marks ? marks[at] : at)).filter((index) => index >= 0 && index < events.length);
  const distance = (index) => Math.abs(placeOf(index) - place);
  go(near.reduce((best, index) => (distance(index) < distance(best) ? index : best)));
}

const CANVAS_KEYS = {
  "+": () => zoom(1.5),
  "=": () => zoom(1.5),
  "-": () => zoom(1 / 1.5),
  0: () => showWhole(),
  PageUp: () => scrollLanes(-1),
  PageDown: () => scrollLanes(1),
  ArrowUp: () => (scroller.scrollTop -= LANE),
  ArrowDown: () => (scroller.scrollTop += LANE),
};

function scrollLanes(pages) {
  scroller.scrollTop += pages * (view.height - TOP - LANE);
}

function onCanvasKey(event) {
  const act = CANVAS_KEYS[event.key];
  if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  act();
  redraw();
}

// Scrolls down or up to the lane of the current event.
function followLane() {
  const lane = laneAt(view.current);
  if (lane === 0) return;
  const y = (lane - 1) * LANE;
  const room = scroller.clientHeight - TOP - LANE;
  if (y < scroller.scrollTop || y > scroller.scrollTop + room) scroller.scrollTop = y - room / 2;
}

function setScale(scale) {
  view.scale = scale;
  for (const name of ["time", "order"]) {
    document.getElementById(`by-${name}`).setAttribute("aria-pressed", String(name === scale));
  }
  showWhole();
  redraw();
}

function onClick(id, act) {
  document.getElementById(id).addEventListener("click", () => {
    act();
    redraw();
  });
}

function listenToGestures() {
  canvas.addEventListener("wheel", onWheel, { passive: false });
  canvas.addEventListener("pointerdown", onPress);
  canvas.addEventListener("pointermove", onMove);
  canvas.addEventListener("pointerup", onRelease);
  canvas.addEventListener("pointercancel", onRelease);
  canvas.addEventListener("keydown", onCanvasKey);
  scroller.addEventListener("scroll", redraw);
  onClick("by-time", () => setScale("time"));
  onClick("by-order", () => setScale("order"));
  onClick("zoom-in", () => zoom(1.5));
  onClick("zoom-out", () => zoom(1 / 1.5));
  onClick("fit", showWhole);
  onClick("pan-left", () => pan(-0.25));
  onClick("pan-right", () => pan(0.25));
  onClick("pan-up", () => scrollLanes(-1));
  onClick("pan-down", () => scrollLanes(1));
}
