// The lanes: what the loop and each task did, as bars.

const canvas = document.getElementById("canvas");
const context = canvas.getContext("2d");
const colours = {};

function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["paper", "stripe", "ink", "quiet", "rule", "accent", "running", "queued", "parked",
    "event-poll", "asleep", "bad", "task", "timer", "source", "thread", "found"]) {
    colours[name] = style.getPropertyValue(`--${name}`).trim();
  }
}

const FONT = "system-ui, sans-serif";

function box(colour, x, y, width, height) {
  context.fillStyle = colour;
  context.fillRect(x, y, width, height);
}

// Whatever `act` draws is cut off above this line and left of the lanes.
function below(top, act) {
  context.save();
  context.beginPath();
  context.rect(view.gutter, top, view.width - view.gutter, view.height - top);
  context.clip();
  act();
  context.restore();
}

function draw() {
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  box(colours.paper, 0, 0, view.width, view.height);
  if (events.length === 0) return;
  const first = 1 + Math.floor(view.scroll / LANE);
  const last = Math.min(lanes.length - 1, first + Math.ceil((view.height - TOP) / LANE));
  below(TOP, () => {
    for (let lane = first; lane <= last; lane += 1) drawLane(lane);
  });
  for (let lane = first; lane <= last; lane += 1) drawLabel(lane);
  box(colours.paper, 0, 0, view.width, TOP);
  below(LOOP, () => drawLane(0));
  below(LOOP, () => drawWakes(first, last));
  drawLabel(0);
  const most = drawStrip();
  drawAxis();
  drawFlags();
  drawCurrent();
  drawCorner(most);
}

function drawLane(index) {
  const lane = lanes[index];
  const y = yOf(index);
  if (index % 2 === 0) box(colours.stripe, view.gutter, y, view.width, LANE);
  context.globalAlpha = view.found && !view.found.has(index) ? 0.3 : 1;
  if (lane.task) drawTask(lane.task, y);
  else if (lane.gather) drawGather(lane.gather, y);
  else drawLoop(y);
  drawTicks(lane, y);
  context.globalAlpha = 1;
}

// From event to event, at least two pixels wide; nothing if it is outside.
function bar(colour, [from, to], y, height) {
  const left = Math.max(xOf(from), view.gutter - 2);
  const right = Math.min(Math.max(xOf(to), left + 2), view.width + 2);
  if (right < view.gutter || left > view.width) return null;
  box(colour, left, y, right - left, height);
  return { left, width: right - left };
}

function drawTask(task, y) {
  bar(colours.parked, [task.first, task.last], y + 9, 3);
  forSeen(task.queued, (interval) => bar(colours.queued, interval, y + 6, 9));
  forSeen(task.polls, (poll, at) => drawPoll(poll, task.earlier + at + 1, y));
}

// Of intervals in order those that are seen, and of many within one pixel the first.
function forSeen(intervals, visit) {
  let place = view.from;
  for (;;) {
    const at = firstThat(intervals.length, (at) => placeOf(intervals[at][1]) >= place);
    if (at === intervals.length || placeOf(intervals[at][0]) > view.to) return;
    visit(intervals[at], at);
    place = placeAtX(xOf(intervals[at][1]) + 0.5);
  }
}

function drawPoll(poll, number, y) {
  const drawn = bar(poll[2] === "Panicked" ? colours.bad : colours.running, poll, y + 3, 15);
  if (!drawn) return;
  const { left, width } = drawn;
  // The end of a task has a cap, the end by a panic a mark as well.
  if (poll[2] !== "Pending") box(colours.ink, left + width - 2, y + 1, 2, 19);
  if (width < 24) return;
  context.fillStyle = colours.paper;
  context.font = `600 11px ${FONT}`;
  context.textBaseline = "middle";
  context.fillText(poll[2] === "Panicked" ? "!" : String(number), Math.max(left, view.gutter) + 5, y + 11);
}

function drawGather(gather, y) {
  const drawn = bar(colours.quiet, [gather.first, gather.last], y + 10, 2);
  if (!drawn) return;
  box(colours.quiet, drawn.left, y + 10, 2, 7);
  box(colours.quiet, drawn.left + drawn.width - 2, y + 10, 2, 7);
}

function drawLoop(y) {
  forSeen(history.loop, (interval) => {
    switch (interval[2]) {
      case "busy": return bar(colours.running, interval, y + 3, 15);
      case "event-poll": return bar(colours["event-poll"], interval, y + 6, 9);
      default: return drawAsleep(interval, y);
    }
  });
}

// A line with hatches, since sleep is nothing that is done.
function drawAsleep(interval, y) {
  const drawn = bar(colours.asleep, interval, y + 9, 4);
  if (!drawn || drawn.width < 12) return;
  context.strokeStyle = colours.asleep;
  context.lineWidth = 1;
  context.beginPath();
  const first = Math.ceil(drawn.left / 6) * 6;
  for (let x = first; x < Math.min(drawn.left + drawn.width - 3, view.width); x += 6) {
    context.moveTo(x, y + 15);
    context.lineTo(x + 4, y + 7);
  }
  context.stroke();
}

// Every event has a tick below its lane, and one for all that share a pixel.
function drawTicks(lane, y) {
  let at = firstFrom(lane.marks, view.from);
  while (at < lane.marks.length && placeOf(lane.marks[at]) <= view.to) {
    const index = lane.marks[at];
    at += 1;
    if (!view.groups.has(groupOf(events[index]))) continue;
    const x = xOf(index);
    box(colours.quiet, x, y + 19, 1, 3);
    at = Math.max(at, firstFrom(lane.marks, placeAtX(x + 1)));
  }
}
