// One walk through all events: what is drawn of them, and states kept on the way, from which
// `stateAt` finds any other.

const history = {
  times: new Float64Array(events.length),
  // Of each event, the task that it concerns, or zero.
  concern: new Float64Array(events.length),
  // Of each event that ends something, where that began; else -1.
  start: new Int32Array(events.length).fill(-1),
  // How long the ready queue is after each.
  queue: new Uint32Array(events.length),
  // Of each event poll that was due, after how many polls.
  pollsBefore: new Map(),
  kept: [],
  tasks: new Map(),
  gathers: new Map(),
  // By the number that the program gives, the one that the page shows: counted from 1, in the order in
  // which the recording names them.
  numbers: { Task: new Map(), Timer: new Map() },
  // From which event to which, and whether "busy", "event-poll" or "asleep".
  loop: [],
  wakes: [],
};

// Events from one kept state to the next; more when a state is large, so that all of them together
// take no more room than the events do.
const APART = 500;

function walk() {
  const state = new State(tables.base);
  meetBase(state);
  history.kept.push({ index: -1, state: state.copy() });
  let before = "";
  events.forEach((event, index) => {
    meet("Task", event.task);
    meet("Timer", event.timer);
    if (event.by !== before) meetNamed(event.by);
    before = event.by;
    history.times[index] = event.time;
    history.concern[index] = concernOf(event, state);
    if (event.kind === "PollingEvents") history.pollsBefore.set(index, state.polls);
    note(event, index, state);
    state.apply(event);
    history.queue[index] = state.ready.length - state.left;
    if (index - history.kept.at(-1).index >= Math.max(APART, state.size())) {
      history.kept.push({ index, state: state.copy() });
    }
  });
  closeAll(events.length - 1);
}

// From here on the page has a number for it. An explored run has numbers that count from 1 by itself.
function meet(kind, number) {
  const known = history.numbers[kind];
  if (number && !known.has(number)) known.set(number, tables.beside ? number : known.size + 1);
}

// The same for "Task 65".
function meetNamed(name) {
  const [kind, number] = parts(name);
  if (kind in history.numbers) meet(kind, number);
}

function taskNumber(number) {
  return history.numbers.Task.get(number) ?? number;
}

function timerNumber(number) {
  return history.numbers.Timer.get(number) ?? number;
}

// What the first event finds has been there before it.
function meetBase(state) {
  for (const number of state.tasks.keys()) meet("Task", number);
  for (const number of state.timers.keys()) meet("Timer", number);
  for (const waits of state.waits.values()) waits.forEach(meetNamed);
  for (const [number, { name, at, task }] of state.gathers) addGather(number, name, at, task, 0);
  for (const [number, task] of state.tasks) {
    const lane = addTask(number, task.kind, 0);
    lane.earlier = task.polls;
    lane.queuedSince = state.ready.includes(number) ? 0 : -1;
  }
  const running = history.tasks.get(state.running);
  if (running) Object.assign(running, { polledSince: 0, earlier: running.earlier - 1 });
}

// Before the event is applied.
function concernOf(event, state) {
  const running = state.running ?? 0;
  if (event.kind === "Joining") return running;
  if (event.kind === "Skipped") return state.ready[state.left] ?? 0;
  if (event.task !== undefined) return event.task;
  if (event.slot !== undefined) return state.slots.get(event.slot) ?? 0;
  if (event.timer !== undefined && event.kind !== "TimerAdded") {
    return state.timers.get(event.timer)?.task ?? running;
  }
  return running;
}

function addTask(number, kind, first) {
  const name = kind.is === "Child" ? history.gathers.get(kind.gather)?.name : kind.name;
  const task = {
    number, kind, earlier: 0, name: kind.is === "Root" ? "block_on" : name ? short(name) : "", first, last: -1,
    polls: [], queued: [], queuedSince: -1, polledSince: -1, gathers: [],
  };
  history.tasks.set(number, task);
  if (kind.is === "Child") history.gathers.get(kind.gather)?.children.push(task);
  return task;
}

function addGather(number, name, at, owner, first) {
  history.gathers.set(number, { number, name, at, owner, first, last: -1, children: [], marks: [] });
}

function note(event, index, state) {
  const task = history.tasks.get(history.concern[index]);
  NOTE[event.kind]?.(event, index, state, task);
  history.gathers.get(event.gather)?.marks.push(index);
}

// What is drawn of which kind of event.
const NOTE = {
  Admitted(event, index, state) {
    addTask(event.task, state.coming ?? { is: "Unknown" }, index).queuedSince = index;
  },
  Evicted(event, index, state, task) {
    if (task) end(task, index);
  },
  Woken(event, index, state, task) {
    if (event.effect !== "Queued") return;
    history.wakes.push({ at: index, by: event.by, task: event.task });
    if (task) task.queuedSince = index;
  },
  Popped: (event, index, state, task) => task && leaveQueue(task, index),
  Skipped: (event, index, state, task) => task && leaveQueue(task, index),
  Polling(event, index, state, task) {
    if (task) task.polledSince = index;
    setLoop("busy", index);
  },
  Polled(event, index, state, task) {
    if (task) history.start[index] = task.polledSince;
    if (task) endPoll(task, index, event.poll);
    setLoop(null, index);
  },
  Panicked(event, index, state, task) {
    if (task) task.panicked = index;
  },
  PollingEvents: (event, index) => setLoop("event-poll", index),
  Asking: (event, index) => setLoop(event.at_most === 0 ? "event-poll" : "asleep", index),
  Answered(event, index) {
    history.start[index] = history.loop.at(-1)?.[0] ?? -1;
    setLoop("event-poll", index);
  },
  Left: (event, index) => setLoop(null, index),
  GatherBegan(event, index, state) {
    addGather(event.gather, event.name, state.gathering, state.running, index);
  },
  GatherDone: (event, index) => endGather(event, index),
  GatherDropped: (event, index) => endGather(event, index),
};

function leaveQueue(task, index) {
  if (task.queuedSince >= 0) task.queued.push([task.queuedSince, index]);
  task.queuedSince = -1;
}

function endPoll(task, index, outcome) {
  if (task.polledSince < 0) return;
  task.polls.push([task.polledSince, index, task.panicked >= task.polledSince ? "Panicked" : outcome]);
  task.polledSince = -1;
}

function end(task, index) {
  leaveQueue(task, index);
  endPoll(task, index, "Pending");
  task.last = index;
}

function endGather({ gather }, index) {
  const known = history.gathers.get(gather);
  if (known) known.last = index;
}

// What the loop does from here on.
function setLoop(mode, index) {
  const current = history.loop.at(-1);
  if (current && current[1] < 0) current[1] = index;
  if (mode) history.loop.push([index, -1, mode]);
}

// What had not ended with the recording is drawn to its end.
function closeAll(last) {
  for (const task of history.tasks.values()) {
    if (task.last < 0) end(task, last);
  }
  for (const gather of history.gathers.values()) {
    if (gather.last < 0) gather.last = last;
  }
  setLoop(null, last);
}

// The state that was asked for last: the next one asked for is mostly the one after it.
let nearest = null;

// The state right after the event; not to be changed.
function stateAt(index) {
  const kept = history.kept.findLast((kept) => kept.index < Math.max(0, index));
  if (!nearest || nearest.index > index || nearest.index < kept.index) {
    nearest = { index: kept.index, state: kept.state.copy() };
  }
  while (nearest.index < index) {
    nearest.index += 1;
    nearest.state.apply(events[nearest.index]);
  }
  return nearest.state;
}

walk();
