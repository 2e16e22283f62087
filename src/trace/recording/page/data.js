// The recording, decoded: `tables` and `events`. Each event is an object with `kind`, `time` in
// nanoseconds, `by` (the actor, as "Task 65" or "Loop"), `line`, `walk` (the step of DESIGN.md's walk,
// or zero), and the fields of its kind.

// Of every kind: the group by which the filter knows it, and its fields in the order in which they
// are written. A mark says what a number means: $ a string, ? yes or no, ~ nothing if negative.
const KINDS = {
  Entered: ["loop"],
  Left: ["loop"],
  ShuttingDown: ["loop"],
  ShutDown: ["loop", "tasks", "timers", "sources"],
  PollingEvents: ["loop", "idle?"],
  Asking: ["loop", "at_most~"],
  Answered: ["loop", "events"],
  ClockPaused: ["loop", "at"],
  ClockMoved: ["loop", "to"],
  ClockResumed: ["loop", "from"],

  Rooting: ["tasks"],
  Spawning: ["tasks", "name$", "at$"],
  Admitted: ["tasks", "task", "slot"],
  Evicted: ["tasks", "slot"],
  Cancelled: ["tasks", "slot"],
  Aborted: ["tasks", "task"],
  Popped: ["tasks", "task"],
  Skipped: ["tasks", "slot"],
  Refused: ["tasks"],
  Swept: ["tasks"],
  Polling: ["tasks", "slot"],
  Polled: ["tasks", "slot", "poll$"],
  Panicked: ["tasks"],
  Joining: ["tasks", "task"],
  Detached: ["tasks", "task"],
  Unblocking: ["tasks"],

  Woken: ["wakes", "task", "effect$"],
  Received: ["wakes", "thread"],
  Rung: ["wakes"],
  CallingForeign: ["wakes"],

  TimerAdded: ["timers", "timer", "deadline"],
  TimerTaken: ["timers", "timer"],
  TimerReset: ["timers", "timer", "deadline"],
  TimerFired: ["timers", "timer"],
  TimerRemoved: ["timers", "timer"],

  SourceAdded: ["sockets", "source", "name$"],
  SourceReady: ["sockets", "source", "readable?", "writable?"],
  Tried: ["sockets", "source", "direction$", "answer$"],
  Waiting: ["sockets", "source", "direction$", "waiter"],
  WaitingNoMore: ["sockets", "source", "direction$", "waiter"],
  SourceRemoved: ["sockets", "source"],

  Starting: ["gathers", "gather", "child"],
  Gathering: ["gathers", "at$"],
  GatherBegan: ["gathers", "gather", "children", "rest", "name$"],
  GatherAwaited: ["gathers", "gather"],
  ChildEnded: ["gathers", "gather", "child", "stops?"],
  ResultTaken: ["gathers", "gather", "child"],
  ChildCancelled: ["gathers", "gather", "child"],
  GatherDone: ["gathers", "gather"],
  GatherDropped: ["gathers", "gather"],

  Chosen: ["choices", "what$", "number", "taken", "open$"],
  Failed: ["choices", "why$"],
};

// Two runs may be in a page. Which is shown, and at which event, the address says: #57, #other-57.
const ADDRESS = location.hash.match(/^#(other-)?(\d+)?$/) ?? [];
const RUN = document.getElementById("other-tables-data") ? ADDRESS[1] ?? "" : "";

function take(id) {
  const element = document.getElementById(id);
  const value = JSON.parse(element.textContent);
  element.remove();
  return value;
}

function decodeField(field, number) {
  switch (field.at(-1)) {
    case "$": return tables.strings[number];
    case "?": return number === 1;
    case "~": return number < 0 ? null : number;
    default: return number;
  }
}

function decodeAll(rows) {
  const names = {};
  for (const [kind, [, ...fields]] of Object.entries(KINDS)) {
    names[kind] = fields.map((field) => [field, field.replace(/[$?~]$/, "")]);
  }
  let time = 0;
  return rows.map(([kind, since, by, line, walk, ...numbers]) => {
    time += since;
    const event = { kind: tables.strings[kind], time, by: tables.strings[by], line: tables.strings[line], walk };
    names[event.kind].forEach(([field, name], index) => {
      event[name] = decodeField(field, numbers[index]);
    });
    return event;
  });
}

const tables = take(`${RUN}tables-data`);
const events = decodeAll(take(`${RUN}events-data`));

const GROUPS = ["tasks", "wakes", "loop", "timers", "sockets", "gathers"];
if (events.some(({ kind }) => kind === "Chosen")) GROUPS.push("choices");

// Whether an explored run goes on here otherwise than by itself.
function isDeviation(event) {
  return event?.kind === "Chosen" && event.taken > 0;
}

// Whether this step of the loop comes of a deviation between two turns.
function wasChosen(index) {
  for (let at = index - 1; at >= 0 && !STEPS_OF_LOOP.has(events[at].kind); at -= 1) {
    if (isDeviation(events[at]) && BETWEEN_TURNS.has(events[at].what)) return true;
  }
  return false;
}

const STEPS_OF_LOOP = new Set(["Popped", "PollingEvents"]);
const BETWEEN_TURNS = new Set(["Ready", "Spurious", "Events", "Slow"]);

function groupOf(event) {
  return KINDS[event.kind][0];
}

// "Task 65" as ["Task", 65].
function parts(text) {
  const [what, number, way] = text.split(" ");
  return [what, Number(number), way];
}

// A type's name as people call it: `fetch` of `app::fetch<T>::{{closure}}`, `app::Web<T>::fetch` and
// `<app::Web as app::Serve>::fetch`.
function short(name) {
  let path = name.replace(/::\{\{closure\}\}|::\{closure#\d+\}/g, "").replaceAll("->", "");
  // From the inside out.
  while (/<[^<>]*>/.test(path)) path = path.replace(/<[^<>]*>/g, "");
  return path.slice(path.lastIndexOf("::") + 2 * path.includes("::")) || name;
}

// Of a path with line and column, no more than is needed to find it.
function shortPlace(at) {
  return at.replace(/^.*[\\/]((?:[^\\/]+[\\/]){1}[^\\/]+)$/, "$1").replace(/:(\d+):\d+$/, ":$1");
}

function plural(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

const UNITS = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]];

// Nanoseconds with four digits or so and the unit that suits.
function duration(nanoseconds) {
  const size = Math.abs(nanoseconds);
  if (size === 0) return "0";
  if (size > 8e15) return nanoseconds < 0 ? "long ago" : "far off";
  const [unit, name] = UNITS.find(([unit]) => size >= unit) ?? UNITS[3];
  const value = nanoseconds / unit;
  const digits = unit === 1 ? 0 : Math.max(0, 3 - Math.floor(Math.log10(Math.max(1, Math.abs(value)))));
  return `${Number(value.toFixed(digits)).toLocaleString("en", { maximumFractionDigits: 3 })} ${name}`;
}
