// What each kind of event changes in a state, which is `this` to it: the other half of what
// src/trace/recording/replay.rs does. Kinds that are not named change nothing.

const APPLY = {
  Entered() { this.polls = 0; },
  PollingEvents() { this.polls = 0; },
  ClockPaused({ at }) { this.clock = { shows: at, since: null }; },
  ClockMoved({ to }) { this.clock = { shows: to, since: null }; },
  ClockResumed({ from, time }) { this.clock = { shows: from, since: time }; },
  // All tasks have ended, and of a thing that the program still keeps there are no more events.
  ShutDown() {
    this.ready = [];
    this.left = 0;
    for (const name of ["timers", "sources", "gathers"]) this[name].clear();
    this.clock = null;
  },
  Rooting() { this.coming = { is: "Root" }; },
  Spawning({ name, at }) { this.coming = { is: "Spawned", name, at }; },
  Starting({ gather, child }) {
    this.coming = { is: "Child", gather, child };
    this.change("gathers", gather, ({ started }) => ({ started: started + 1 }));
  },
  Admitted(event) { this.admit(event, event.task, event.slot); },
  Evicted({ slot }) { this.evict(slot); },
  Aborted({ task }) { this.change("tasks", task, () => ({ aborted: true })); },
  Woken({ task, effect, by }) { if (effect === "Queued") this.wake(task, by); },
  Popped({ task }) {
    this.polls += 1;
    this.pop(task);
    this.change("tasks", task, () => ({ queued: false }));
  },
  Skipped() { this.pop(); },
  Swept() { this.sweep(); },
  Polling({ slot }) {
    this.running = this.slots.get(slot) ?? null;
    // Whether it waits for a closure is said again by each poll of the future that does.
    this.changeRunning(({ polls }) => ({ polls: polls + 1 }));
    if (this.running !== null) this.stop(this.running, "Closure");
  },
  Polled() {
    this.touched?.add(`tasks ${this.running}`);
    this.running = null;
  },
  Joining({ task }) { this.join(task); },
  Detached({ task }) { this.unjoin(task); },
  Unblocking() { this.waitFor("Closure"); },

  TimerAdded({ timer, deadline }) {
    this.set("timers", timer, { deadline, task: this.running });
    this.waitFor(`Timer ${timer}`);
  },
  TimerTaken({ timer }) {
    const owner = this.timers.get(timer)?.task ?? null;
    this.change("timers", timer, () => ({ task: this.running }));
    if (owner !== null) this.stop(owner, `Timer ${timer}`);
    this.waitFor(`Timer ${timer}`);
  },
  TimerReset({ timer, deadline }) { this.change("timers", timer, () => ({ deadline })); },
  TimerFired({ timer }) { this.endTimer(timer); },
  TimerRemoved({ timer }) { this.endTimer(timer); },

  SourceAdded({ source, name }) { this.set("sources", source, { name, waiting: [] }); },
  SourceReady({ source, readable, writable }) {
    this.leave(source, (way) => (way === "Read" ? readable : writable));
  },
  Waiting({ source, direction, waiter }) { this.register(source, direction, waiter); },
  WaitingNoMore({ source, direction, waiter }) {
    this.leave(source, (way, number) => way === direction && number === waiter);
  },
  SourceRemoved({ source }) {
    this.leave(source, () => true);
    this.remove("sources", source);
  },

  Gathering({ at }) { this.gathering = at; },
  GatherBegan({ gather, children, rest, name }) {
    const all = rest === 65_535 ? null : children + rest; // if the iterator says it
    this.set("gathers", gather, {
      name, at: this.gathering, task: this.running, all, started: 0, ended: 0, cancelled: 0,
    });
    this.gathering = null;
    this.waitFor(`Gather ${gather}`);
  },
  GatherAwaited({ gather }) {
    this.handOver(gather);
    this.waitFor(`Gather ${gather}`);
  },
  ResultTaken({ gather }) { this.handOver(gather); },
  ChildEnded({ gather }) { this.change("gathers", gather, ({ ended }) => ({ ended: ended + 1 })); },
  ChildCancelled({ gather }) {
    this.change("gathers", gather, ({ cancelled }) => ({ cancelled: cancelled + 1 }));
  },
  GatherDone({ gather }) { this.endGather(gather); },
  GatherDropped({ gather }) { this.endGather(gather); },
};
