// Where things are on the canvas: lanes from top to bottom, events from left to right.

const AXIS = 24;
const STRIP = 34;
const LANE = 22;
// Of the loop's lane, which is always seen; the others are scrolled below it.
const LOOP = AXIS + STRIP + 6;
const TOP = LOOP + LANE;

const view = {
  // By "order", with the same room for every event, or by "time", in which most of a run is sleep.
  scale: "order",
  // What is seen, in nanoseconds or in events.
  from: 0,
  to: 1,
  width: 0,
  height: 0,
  gutter: 0,
  // How far down the lanes are scrolled, in pixels.
  scroll: 0,
  current: 0,
  // Lanes that were searched for, or null.
  found: null,
  groups: new Set(GROUPS),
};

const CAUSES = { Task: "task", Timer: "timer", Source: "source" };

const lanes = [];
const laneOf = new Map();

function addLane(key, lane) {
  laneOf.set(key, lanes.length);
  lanes.push({ key, marks: [], ...lane });
}

// The loop first, then each task, and below it the gathers that it began, with their children.
function layLanes() {
  addLane("loop", { label: "loop", depth: 0 });
  const inGather = new Set([...history.gathers.values()].flatMap(({ children }) => children));
  const roots = [...history.tasks.values()].filter((task) => !inGather.has(task));
  const owned = Map.groupBy(history.gathers.values(), ({ owner }) => history.tasks.get(owner) ?? null);
  const waiting = [...(owned.get(null) ?? []), ...roots.reverse()].map((of) => ({ of, depth: 0 }));
  while (waiting.length > 0) {
    const { of, depth } = waiting.pop();
    const below = of.children ?? owned.get(of) ?? [];
    addLane(of, laneFor(of, depth));
    waiting.push(...below.toReversed().map((of) => ({ of, depth: depth + 1 })));
  }
  events.forEach((event, index) => lanes[laneAt(index)].marks.push(index));
  for (const gather of history.gathers.values()) lanes[laneOf.get(gather)].marks = gather.marks;
  for (const wake of history.wakes) {
    wake.from = laneOfActor(wake.by);
    wake.to = laneOf.get(history.tasks.get(wake.task)) ?? 0;
    wake.cause = CAUSES[parts(wake.by)[0]] ?? "thread";
  }
}

function laneFor(of, depth) {
  if (of.children) {
    return { gather: of, depth, label: `gather ${of.number}`, name: `${of.children.length} × ${short(of.name)}` };
  }
  const child = of.kind.is === "Child" ? `[${of.kind.child}] ` : "";
  return { task: of, depth, label: String(taskNumber(of.number)), name: child + of.name };
}

// The lane of an event.
function laneAt(index) {
  return laneOf.get(history.tasks.get(history.concern[index])) ?? 0;
}

// The lane of an actor; timers, sockets and threads act in the loop's lane.
function laneOfActor(by) {
  const [what, number] = parts(by);
  return (what === "Task" && laneOf.get(history.tasks.get(number))) || 0;
}

function whole() {
  return view.scale === "time" ? Math.max(1, history.times.at(-1) ?? 1) : Math.max(1, events.length - 1);
}

// An event's place on the scale.
function placeOf(index) {
  return view.scale === "time" ? history.times[index] : index;
}

function xOfPlace(place) {
  return view.gutter + ((place - view.from) / (view.to - view.from)) * (view.width - view.gutter);
}

function xOf(index) {
  return xOfPlace(placeOf(index));
}

function placeAtX(x) {
  return view.from + ((x - view.gutter) / (view.width - view.gutter)) * (view.to - view.from);
}

function yOf(lane) {
  return lane === 0 ? LOOP : TOP + (lane - 1) * LANE - view.scroll;
}

// The lane at this height, if there is one.
function laneAtY(y) {
  if (y < LOOP) return undefined;
  return lanes[y < TOP ? 0 : 1 + Math.floor((y - TOP + view.scroll) / LANE)];
}

// How high all of it is.
function fullHeight() {
  return TOP + (lanes.length - 1) * LANE + 2;
}

// Of numbers below `count`, the first that passes the test, as all after it do.
function firstThat(count, test) {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (test(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

// The first of these events that is at this place or later.
function firstFrom(indices, place) {
  return firstThat(indices.length, (at) => placeOf(indices[at]) >= place);
}

// The first of all events that is at this place or later.
function firstEventFrom(place) {
  return firstThat(events.length, (index) => placeOf(index) >= place);
}

function show(from, to) {
  const margin = whole() * 0.02;
  const smallest = view.scale === "time" ? 200 : 4;
  const span = Math.min(Math.max(to - from, smallest), whole() + 2 * margin);
  const middle = (from + to) / 2;
  view.from = Math.min(Math.max(middle - span / 2, -margin), whole() + margin - span);
  view.to = view.from + span;
}

function showWhole() {
  show(-whole() * 0.02, whole() * 1.02);
}

// What is at this place stays there.
function zoom(factor, place = placeOf(view.current)) {
  const middle = place >= view.from && place <= view.to ? place : (view.from + view.to) / 2;
  show(middle - (middle - view.from) / factor, middle + (view.to - middle) / factor);
}

function pan(part) {
  const by = (view.to - view.from) * part;
  show(view.from + by, view.to + by);
}

// So that the current event is seen.
function follow() {
  const place = placeOf(view.current);
  const span = view.to - view.from;
  if (place < view.from || place > view.to) show(place - span / 2, place + span / 2);
}

layLanes();
