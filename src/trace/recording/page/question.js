// What happens next, and what could be thought to: the questions of a lesson, made from the events
// and the states between them.

// At most so many answers that are not right.
const MOST_WRONG = 3;

// What an event answers, if a lesson asks for it: as a topic, and with a name by which two answers
// are the same.
function answer(topic, of, words) {
  return { topic, name: `${topic} ${of}`, words: words[0].toUpperCase() + words.slice(1) };
}

const ANSWERS = {
  turn: (task) => answer("turn", task, `${taskWords(task)} gets its turn`),
  pending: (task) => answer("pending", task, `${taskWords(task)} has to wait, and its poll returns Pending`),
  ready: (task) => answer("ready", task, `${taskWords(task)} ends, and its poll returns Ready`),
  wake: (task) => answer("wake", task, `${taskWords(task)} is woken, and joins the ready queue`),
  timer: (timer) => answer("timer", timer, `timer ${timerNumber(timer)} fires`),
  source: (source, state) => answer("source", source, `the kernel says that ${sourceWords(source, state)} has news`),
  events: () => answer("events", "", "the loop polls for events"),
  sleep: () => answer("sleep", "", "the loop goes to sleep"),
  slept: (by) => answer("slept", by, `the sleep ends, because ${SLEEP_ENDS[by]}`),
  spin: () => answer("spin", "", "the loop asks the kernel again and again, without a sleep"),
  returns: () => answer("returns", "", "block_on returns"),
};

const SLEEP_ENDS = {
  time: "a deadline has come",
  socket: "a socket has news",
  bell: "another thread rings the bell",
  task: "a parked task goes on by itself",
};

// Of the kinds of events that a lesson asks for, the right answer; nothing where there is no choice.
const RIGHT = {
  Popped: ({ task }, index) => (wasChosen(index) ? null : ANSWERS.turn(task)),
  Polled: ({ poll }, index) => ANSWERS[poll.toLowerCase()](history.concern[index]),
  Woken: ({ task, effect }) => (effect === "Queued" ? ANSWERS.wake(task) : null),
  PollingEvents: (event, index) =>
    (history.pollsBefore.get(index) > 0 && !wasChosen(index) ? ANSWERS.events() : null),
  Asking: ({ at_most }) => (at_most === 0 ? null : ANSWERS.sleep()),
  Answered: (event, index) => (events[history.start[index]]?.at_most === 0 ? null : ANSWERS.slept(sleepEnder(index))),
  TimerFired: ({ timer }) => ANSWERS.timer(timer),
  SourceReady: ({ source }, index) => ANSWERS.source(source, stateAt(index)),
  Left: (event, index) => (events[index - 1]?.kind === "ShutDown" ? null : ANSWERS.returns()),
};

// What comes after the kernel's answer tells what it was: an alarm is an event to it as well.
function sleepEnder(index) {
  for (const { kind } of events.slice(index + 1, index + 4)) {
    if (kind === "SourceReady") return "socket";
    if (kind === "Rung" || kind === "Received") return "bell";
    if (kind === "PollingEvents" || kind === "Asking") break;
  }
  return "time";
}

// Answers that are not right, each with the reason, for each topic; from the state before it.
const WRONG = {
  turn: (state, right, task) => [
    ...state.queue().slice(0, 3).filter((other) => other !== task).slice(0, 2).map((other) =>
      [ANSWERS.turn(other), "the ready queue is first in, first out"]),
    [ANSWERS.sleep(), "the loop sleeps only when the ready queue is empty"],
    ...parked(state, task, 1).map((other) => [ANSWERS.turn(other), "a parked task gets a turn only after a wake"]),
  ],
  pending: (state, right, task) => [[ANSWERS.ready(task), "it cannot go on yet"], ...duringPoll(state, task)],
  ready: (state, right, task) => [[ANSWERS.pending(task), "it has nothing left to wait for"], ...duringPoll(state, task)],
  wake: (state, right, task) => [
    [ANSWERS.turn(task), "a wake only queues the task, and its turn comes later"],
    ...parked(state, task, 1).map((other) => [ANSWERS.wake(other), "it waits for something else"]),
    [ANSWERS.sleep(), "first the task that waited for this is woken"],
  ],
  events: (state) => [
    ...state.queue().slice(0, 1).map((task) => [ANSWERS.turn(task), "events are due first, so that a busy queue delays no socket"]),
    ...parked(state, 0, 2).map((task) => [ANSWERS.turn(task), "a parked task gets a turn only after a wake"]),
    [ANSWERS.returns(), "block_on returns only when its future has ended"],
  ],
  sleep: (state) => [
    [ANSWERS.spin(), "with no task ready it sleeps in the kernel, until there is news"],
    ...parked(state, 0, 1).map((task) => [ANSWERS.turn(task), "a parked task gets a turn only after a wake"]),
    ...nextTimers(state, 0).slice(0, 1).map((timer) => [ANSWERS.timer(timer), "its deadline has not come"]),
  ],
  slept: (state) => [
    ...(state.timers.size > 0 ? ["time"] : []), ...(state.sources.size > 0 ? ["socket"] : []), "task", "bell",
  ].map((by) => [ANSWERS.slept(by), by === "task" ? "no task runs before a wake and a turn" : "the kernel had other news"]),
  timer: (state, right, task, { timer }) => [
    ...nextTimers(state, timer).slice(0, 1).map((other) => [ANSWERS.timer(other), "timers fire in the order of their deadlines"]),
    ...(task ? [[ANSWERS.turn(task), "a timer that fires wakes its task, and the turn comes later"]] : []),
    [ANSWERS.sleep(), "a deadline has come"],
  ],
  source: (state, right, task, { source }) => [
    ...[...state.sources.keys()].filter((other) => other !== source).slice(0, 1).map((other) =>
      [ANSWERS.source(other, state), "the kernel tells of another socket first"]),
    ...(state.sources.get(source)?.waiting ?? []).slice(0, 1).map(([, , waiter]) =>
      [ANSWERS.turn(waiter), "news of a socket wakes the task, and the turn comes later"]),
    [ANSWERS.sleep(), "the kernel has news"],
  ],
  returns: (state) => [
    [ANSWERS.sleep(), "block_on waits for its own future only, and that has ended"],
    ...[...state.queue().slice(0, 1), ...parked(state, 0, 1)].map((task) =>
      [ANSWERS.turn(task), "block_on returns as soon as its future has ended"]),
    [ANSWERS.events(), "block_on returns as soon as its future has ended"],
  ],
};

// While a task is polled, nothing else is.
function duringPoll(state, task) {
  const next = state.queue().find((other) => other !== task);
  return [
    ...(next ? [[ANSWERS.turn(next), "one thread polls one task at a time, and this poll has to return first"]] : []),
    [ANSWERS.sleep(), "a poll is under way, which has to return first"],
  ];
}

// The first tasks, without this one, that are neither polled nor in the ready queue.
function parked(state, task, most) {
  const found = [];
  for (const [number, { queued }] of state.tasks) {
    if (found.length === most) break;
    if (!queued && number !== task && number !== state.running) found.push(number);
  }
  return found;
}

// The pending timers without this one, the next deadline first.
function nextTimers(state, timer) {
  const others = [...state.timers].filter(([number]) => number !== timer);
  return others.sort(([, one], [, other]) => one.deadline - other.deadline).map(([number]) => number);
}

// The next event after this one that has a choice in it, and the answers, of which one is right.
function questionAfter(index) {
  for (let at = index + 1; at < events.length; at += 1) {
    const right = RIGHT[events[at].kind]?.(events[at], at);
    if (right) return { at, choices: choicesFor(right, at) };
  }
  return null;
}

function choicesFor(right, at) {
  const wrong = WRONG[right.topic](stateAt(at - 1), right, history.concern[at], events[at]);
  const names = new Set([right.name]);
  const others = wrong.filter(([{ name }]) => !names.has(name) && names.add(name)).slice(0, MOST_WRONG);
  const choices = others.map(([{ words }, why]) => ({ words, why }));
  choices.splice(at % (choices.length + 1), 0, { words: right.words, why: null });
  return choices;
}
