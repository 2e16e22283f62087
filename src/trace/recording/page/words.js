// Each event as a sentence, with its reason.

function taskWords(number) {
  if (!number) return "a task that has ended";
  const name = history.tasks.get(number)?.name;
  const task = `task ${taskNumber(number)}`;
  return name ? `${task} (${name})` : task;
}

function sourceWords(slot, state) {
  const name = state?.sources.get(slot)?.name;
  return name ? `socket ${slot} (${short(name)})` : `socket ${slot}`;
}

function threadWords(number) {
  return `thread “${tables.threads[number] ?? number}”`;
}

// What was at work.
function actorWords(by, state) {
  const [what, number] = parts(by);
  switch (what) {
    case "Program": return "the program";
    case "Loop": return "the loop";
    case "Task": return taskWords(number);
    case "Timer": return `timer ${timerNumber(number)}`;
    case "Source": return sourceWords(number, state);
    case "Thread": return threadWords(number);
    default: return "a foreign waker";
  }
}

// What is waited for; of a socket the type only if there is a state to look it up in.
function waitWords(wait, state) {
  const [what, number, way] = parts(wait);
  switch (what) {
    case "Timer": return `timer ${timerNumber(number)}`;
    case "Source": return `${sourceWords(number, state)} ${wayWords(way)}`;
    case "Task": return `the end of ${taskWords(number)}`;
    case "Gather": return `gather ${number}`;
    default: return "a closure on a helper thread";
  }
}

// The first three of all that a task waits for, which may be very much.
function waitsWords(waits, state) {
  const [first, second, third, ...more] = waits;
  const named = [first, second, third].filter(Boolean).map((wait) => waitWords(wait, state));
  return more.length > 0 ? [...named, `${more.length.toLocaleString("en")} more`] : named;
}

function kindWords(kind) {
  switch (kind.is) {
    case "Root": return "future of block_on";
    case "Spawned": return short(kind.name);
    case "Child": return `gather ${kind.gather} [${kind.child}]`;
    default: return "began before the first event kept";
  }
}

function wayWords(direction) {
  return direction === "Read" ? "to be readable" : "to be writable";
}

function list(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

function ordinal(number) {
  const tens = Math.floor(number / 10) % 10;
  return number + (tens === 1 ? "th" : ["th", "st", "nd", "rd"][number % 10] ?? "th");
}

// From the event to a moment on the runtime's clock, as people say it.
function fromNow(event, state, moment) {
  const ahead = moment - state.now(event.time);
  return ahead < 0 ? `${duration(-ahead)} ago` : `in ${duration(ahead)}`;
}

function spent(index) {
  const start = history.start[index];
  return start < 0 ? "" : ` after ${duration(events[index].time - events[start].time)}`;
}

// Of event `index`: what happened, in a sentence.
function sentence(index) {
  const event = events[index];
  const state = stateAt(index);
  const told = SAY[event.kind]({
    event, state, index,
    by: actorWords(event.by, state),
    task: taskWords(history.concern[index]),
    now: state.tasks.get(history.concern[index]),
  });
  return told[0].toUpperCase() + told.slice(1);
}

function sayEvicted({ task, event, index }) {
  const polls = history.tasks.get(history.concern[index])?.polls ?? [];
  const ended = polls.some(([, , outcome]) => outcome !== "Pending") && polls.at(-1)[1] <= index;
  return `${task} leaves slot ${event.slot} of the slab: ${ended ? "it has ended" : "it is dropped unfinished"}.`;
}

function sayWoken({ event, task, by }) {
  const woken = by === task ? `${task} woke itself` : `${task} was woken by ${by}`;
  switch (event.effect) {
    case "Queued": return `${woken} and joins the ready queue.`;
    case "Merged": return `${woken}, but is in the ready queue already.`;
    default: return `${by} called the waker of a task that has ended: it is stale, and nothing comes of it.`;
  }
}

function sayPolling({ task, now, state }) {
  const told = `${task} is polled, for the ${ordinal(now?.polls ?? 1)} time`;
  if (!now?.woken_by || now.polls === 1) return `${told}.`;
  const by = actorWords(now.woken_by, state);
  return `${told}, because ${by === task ? "it woke itself" : `${by} woke it`}.`;
}

function sayPolled({ event, task, now, state, index }) {
  if (event.poll === "Ready") return `the poll of ${task} returns Ready${spent(index)}: the task has ended.`;
  const waits = waitsWords(state.waitsOf(history.concern[index]), state);
  const reason = waits.length > 0 ? `it waits for ${list(waits)}` : "it waits for a call of its waker";
  const queued = now?.queued ? "it was woken meanwhile and is in the ready queue" : reason;
  return `the poll of ${task} returns Pending${spent(index)}: ${queued}.`;
}

function sayPopped({ task, index }) {
  if (!wasChosen(index)) return `${task} is the first in the ready queue, and leaves it for its turn.`;
  return `${task} leaves the ready queue for its turn, as was chosen.`;
}

// Tasks in it have the numbers that the page gives them.
function sayChosen({ event }) {
  const open = event.open.split("\n");
  if (event.taken > 0) return `choice ${event.number} deviates: ${open[event.taken]}. By itself: ${open[0]}.`;
  return `choice ${event.number}, as by itself: ${open[0]}; ${plural(open.length - 1, "other")} open.`;
}

function sayPollingEvents({ event, index }) {
  if (wasChosen(index)) return "the loop polls for events, because this was chosen.";
  if (event.idle) return "the loop polls for events, because the ready queue ran dry.";
  const polls = history.pollsBefore.get(index);
  if (polls === 0) return "the loop polls for events, because block_on was entered.";
  const spent = `the last of ${plural(polls, "poll")} gave way with its budget spent`;
  const why = polls < 128 ? spent : `${plural(polls, "poll")} were made since its last event poll`;
  return `the loop polls for events, because ${why}.`;
}

// The first three of the tasks that wait for sockets.
function waitersWords(state) {
  const sources = [...state.sources].sort(([one], [other]) => one - other);
  const waits = sources.flatMap(([source, { waiting }]) => waiting.map(([way, , task]) =>
    `socket ${source}, which task ${taskNumber(task)} wants to ${way === "Read" ? "read from" : "write to"}`));
  const named = waits.slice(0, 3);
  if (waits.length > 3) named.push(`and ${plural(waits.length - 3, "more wait")}`);
  return named.length > 0 ? ` (${named.join("; ")})` : "";
}

function sayAsking({ event, state }) {
  const sockets = plural(state.sources.size, "socket") + (event.at_most === 0 ? "" : waitersWords(state));
  const sources = state.sources.size === 0 ? "other threads" : `${sockets} and other threads`;
  if (event.at_most === 0) return `the loop asks the kernel for news of ${sources}, without waiting.`;
  const [first] = [...state.timers].sort(([, one], [, other]) => one.deadline - other.deadline);
  if (event.at_most === null) {
    if (!first) return `the loop goes to sleep until there is news of ${sources}: no timer is pending.`;
    return `the loop goes to sleep until an alarm meets the deadline of timer ${timerNumber(first[0])}, or until there is news of ${sources}.`;
  }
  const paused = state.clock !== null && state.clock.since === null;
  const until = paused ? ", since the clock is paused" : first ? `, the deadline of timer ${timerNumber(first[0])}` : "";
  return `the loop goes to sleep for ${duration(event.at_most)} at most${until}, or until there is news of ${sources}.`;
}

function sayAnswered({ event, index }) {
  if (event.events > 0) return `the kernel answers${spent(index)} with ${plural(event.events, "event")}.`;
  return `the kernel answers${spent(index)} without an event: the time is up, or there is no news.`;
}

function sayTried({ event, by, state }) {
  const call = `${by} tries ${event.direction === "Read" ? "to read from" : "to write to"} ${sourceWords(event.source, state)}`;
  if (event.answer === "Done") return `${call}, and the kernel does it.`;
  if (event.answer === "WouldBlock") return `${call}: there is nothing to do now (WouldBlock).`;
  return `${call}, which fails: ${event.answer}.`;
}

function sayReady({ event, state }) {
  const ways = [event.readable && "read", event.writable && "written"].filter(Boolean);
  return `the kernel says that ${sourceWords(event.source, state)} can be ${list(ways) || "tried"}.`;
}

const SAY = {
  Entered: () => "this thread enters the runtime.",
  Left: () => "this thread leaves the runtime.",
  ShuttingDown: () => "the runtime is being dropped: it admits no more tasks, and cancels those that are left.",
  ShutDown: ({ event }) =>
    `the runtime is gone; it has left ${plural(event.tasks, "task")}, ${plural(event.timers, "timer")} and ${plural(event.sources, "socket")}.`,

  Rooting: () => "the future of block_on is about to become a task.",
  Spawning: ({ event, by }) => `${by} spawns ${short(event.name)}, which is about to become a task of its own.`,
  Starting: ({ event }) => `gather ${event.gather} is about to start child ${event.child}.`,
  Admitted: ({ event, task }) => `${task} gets slot ${event.slot} of the slab and joins the ready queue for its first poll.`,
  Evicted: sayEvicted,
  Cancelled: ({ task, now }) =>
    `the future of ${task} is about to be dropped unfinished, because ${now?.aborted ? "it was aborted" : "its runtime ends"}.`,
  Aborted: ({ task, by }) => `${by} aborts ${task}, which will be dropped at its next turn.`,
  Woken: sayWoken,
  Popped: sayPopped,
  Skipped: () => "the first task in the ready queue has ended meanwhile: the loop skips it.",
  Refused: ({ task }) => `${task} has taken 128 steps without waiting, and must give way.`,
  Swept: () => "all tasks that have ended leave the ready queue.",
  Polling: sayPolling,
  Polled: sayPolled,
  Panicked: ({ task }) => `the future of ${task} has panicked; its poll will return as ready.`,

  PollingEvents: sayPollingEvents,
  Received: ({ event }) => `the loop receives a message from ${threadWords(event.thread)}; what it asks for is done next.`,
  Asking: sayAsking,
  Answered: sayAnswered,
  Rung: () => "another thread rang the bell, which ended the wait.",
  CallingForeign: () => "a waker that is not this runtime's is called: other code waits for this event.",
  ClockPaused: ({ event }) => `the clock is paused, at ${duration(event.at)}.`,
  ClockResumed: ({ event }) => `the paused clock goes on, from ${duration(event.from)}.`,
  ClockMoved: ({ event }) => `the paused clock moves to ${duration(event.to)}.`,

  TimerAdded: ({ event, by, state }) => `${by} sets timer ${timerNumber(event.timer)}, due ${fromNow(event, state, event.deadline)}.`,
  TimerTaken: ({ event, by }) => `timer ${timerNumber(event.timer)} will wake ${by} from here on, and no other task.`,
  TimerReset: ({ event, by, state }) => `${by} sets timer ${timerNumber(event.timer)} again, due ${fromNow(event, state, event.deadline)}.`,
  TimerFired: ({ event }) => `the time of timer ${timerNumber(event.timer)} has come: it fires, and is no longer pending.`,
  TimerRemoved: ({ event, by }) => `${by} removes timer ${timerNumber(event.timer)} before its time.`,

  SourceAdded: ({ event, by, state }) => `${by} adds ${sourceWords(event.source, state)} to the reactor.`,
  SourceReady: sayReady,
  Tried: sayTried,
  Waiting: ({ event, by, state }) => {
    const number = event.waiter === 0 ? "" : `, as waiter ${event.waiter}`;
    return `${by} registers its waker, and waits for ${sourceWords(event.source, state)} ${wayWords(event.direction)}${number}.`;
  },
  WaitingNoMore: ({ event, by, state }) =>
    `${by} removes waiter ${event.waiter}, which waited for ${sourceWords(event.source, state)} ${wayWords(event.direction)}.`,
  SourceRemoved: ({ event, by }) => `${by} removes socket ${event.source} from the reactor.`,

  Gathering: ({ by }) => `a gather is polled for the first time, by ${by}, and takes the futures of its iterator.`,
  GatherBegan: ({ event }) =>
    `gather ${event.gather} has ${plural(event.children, "future")} of ${short(event.name)} side by side, and is about to start them.`,
  GatherAwaited: ({ event, by }) => `${by} is the parent of gather ${event.gather} from here on, and waits for it.`,
  ChildEnded: ({ event, by }) =>
    `${by}, child ${event.child} of gather ${event.gather}, has its result${event.stops ? ", which ends the whole gather before its time" : ""}.`,
  ResultTaken: ({ event, by }) =>
    `${by} takes the result of child ${event.child} of gather ${event.gather}.`,
  ChildCancelled: ({ event, by }) =>
    `${by} drops child ${event.child} of gather ${event.gather} unfinished.`,
  GatherDone: ({ event }) => `gather ${event.gather} gives its output.`,
  GatherDropped: ({ event, by }) =>
    `${by} drops gather ${event.gather}, with all its children that have not ended.`,

  Joining: ({ event, by }) => `${by} waits for the end of ${taskWords(event.task)}, by its handle.`,
  Detached: ({ event, by }) =>
    `${by} drops the handle of ${taskWords(event.task)}, whose output no task will get.`,
  Unblocking: ({ by }) => `${by} waits for a closure on a helper thread.`,

  Chosen: sayChosen,
  Failed: ({ event }) => `the run fails: ${event.why.replace(/\.?$/, ".")}`,
};
