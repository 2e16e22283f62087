// How things stood after each event: what src/trace/recording/replay.rs does, by the same names.
//
// A task, a timer and so on is never changed, only replaced by a changed copy. So a copy of a state
// copies lists of references only, which makes it cheap to keep one every so often; and what is
// drawn can tell by `touched` what an event has changed.

class State {
  constructor(base) {
    const map = (values) => new Map(Object.entries(values).map(([number, value]) => [Number(number), value]));
    this.ready = [...base.ready];
    // How many have left the queue, of those in the array.
    this.left = 0;
    this.tasks = map(base.tasks);
    this.timers = map(base.timers);
    this.sources = map(base.sources);
    this.gathers = map(base.gathers);
    this.slots = new Map();
    for (const [number, task] of this.tasks) this.slots.set(task.slot, number);
    this.running = base.running;
    this.polls = base.polls;
    this.coming = base.coming;
    this.gathering = base.gathering;
    this.touched = new Set();
  }

  copy() {
    const copy = Object.create(State.prototype);
    Object.assign(copy, this);
    copy.ready = this.queue();
    copy.left = 0;
    copy.touched = new Set(this.touched);
    for (const name of ["tasks", "timers", "sources", "gathers", "slots"]) {
      copy[name] = new Map(this[name]);
    }
    return copy;
  }

  queue() {
    return this.ready.slice(this.left);
  }

  // How much a copy of it copies.
  size() {
    return this.ready.length - this.left + 2 * this.tasks.size + this.timers.size + this.gathers.size;
  }

  apply(event) {
    this.touched.clear();
    APPLY[event.kind]?.call(this, event);
  }

  set(name, number, value) {
    this.touched.add(`${name} ${number}`);
    this[name].set(number, value);
  }

  remove(name, number) {
    const value = this[name].get(number);
    this[name].delete(number);
    return value;
  }

  change(name, number, changes) {
    const value = this[name].get(number);
    if (value) this.set(name, number, { ...value, ...changes(value) });
  }

  changeRunning(changes) {
    if (this.running !== null) this.change("tasks", this.running, changes);
  }

  admit(event, number, slot) {
    this.set("tasks", number, {
      slot, kind: this.coming ?? { is: "Unknown" }, by: event.by, since: event.time, queued: true,
      aborted: false, polls: 0, woken_by: null, waits: [], awaited_by: null,
    });
    this.coming = null;
    this.slots.set(slot, number);
    this.ready.push(number);
  }

  evict(slot) {
    const number = this.slots.get(slot);
    if (number === undefined) return;
    this.slots.delete(slot);
    this.unjoin(number);
    const task = this.remove("tasks", number);
    for (const wait of task?.waits ?? []) {
      const [what, source] = parts(wait);
      if (what === "Source") this.leave(source, (one) => one === number);
    }
    if (this.running === number) this.running = null;
  }

  // Of all who ask by a handle, the latest waits.
  join(number) {
    const { running } = this;
    const task = this.tasks.get(number);
    if (task && task.awaited_by !== running) {
      this.unjoin(number);
      this.change("tasks", number, () => ({ awaited_by: running }));
    }
    this.waitFor(`Task ${number}`);
  }

  // Nobody waits for the end of this task any more.
  unjoin(number) {
    const awaitedBy = this.tasks.get(number)?.awaited_by ?? null;
    if (awaitedBy === null) return;
    this.change("tasks", number, () => ({ awaited_by: null }));
    this.stop(awaitedBy, `Task ${number}`);
  }

  wake(number, by) {
    this.ready.push(number);
    this.change("tasks", number, () => ({ queued: true, woken_by: by }));
  }

  pop() {
    if (this.left < this.ready.length) this.left += 1;
    // Now and then those who have left are thrown away, so that the array stays as long as the queue.
    if (this.left > 1024 && this.left * 2 > this.ready.length) {
      this.ready = this.queue();
      this.left = 0;
    }
  }

  waitFor(wait) {
    const task = this.tasks.get(this.running);
    if (!task || task.waits.includes(wait)) return;
    this.changeRunning(({ waits }) => ({ waits: [...waits, wait] }));
  }

  // It does not wait for that any more.
  stop(number, over) {
    if (this.tasks.get(number)?.waits.includes(over)) {
      this.change("tasks", number, ({ waits }) => ({ waits: waits.filter((wait) => wait !== over) }));
    }
  }

  endTimer(number) {
    const timer = this.remove("timers", number);
    if (timer?.task != null) this.stop(timer.task, `Timer ${number}`);
  }

  // Takes those out of a socket's list of whom `over` says so.
  leave(number, over) {
    const gone = this.sources.get(number)?.waiting.filter(([task, way]) => over(task, way)) ?? [];
    if (gone.length === 0) return;
    this.change("sources", number, ({ waiting }) => ({ waiting: waiting.filter((one) => !gone.includes(one)) }));
    gone.forEach(([task, way]) => this.stop(task, `Source ${number} ${way}`));
  }

  endGather(number) {
    const gather = this.remove("gathers", number);
    if (gather?.task != null) this.stop(gather.task, `Gather ${number}`);
  }

  // The same as a value that can be compared.
  plain() {
    const { running, polls, coming, gathering } = this;
    const [tasks, timers, sources, gathers] =
      ["tasks", "timers", "sources", "gathers"].map((name) => Object.fromEntries(this[name]));
    return { ready: this.queue(), tasks, timers, sources, gathers, running, polls, coming, gathering };
  }
}

// What each kind of event changes; the others change nothing.
const APPLY = {
  Looking() { this.polls = 0; },
  // Those who stood there have ended.
  ShutDown() {
    this.ready = [];
    this.left = 0;
  },
  Rooting() { this.coming = { is: "Root" }; },
  Spawning({ name, at }) { this.coming = { is: "Spawned", name, at }; },
  Starting({ gather, place }) {
    this.coming = { is: "Child", gather, place };
    this.change("gathers", gather, ({ started }) => ({ started: started + 1 }));
  },
  Admitted(event) { this.admit(event, event.task, event.slot); },
  Evicted({ slot }) { this.evict(slot); },
  Aborted({ task }) { this.change("tasks", task, () => ({ aborted: true })); },
  Woken({ task, effect, by }) { if (effect === "Queued") this.wake(task, by); },
  Popped({ task }) {
    this.polls += 1;
    this.pop();
    this.change("tasks", task, () => ({ queued: false }));
  },
  Skipped() { this.pop(); },
  Polling({ slot }) {
    this.running = this.slots.get(slot) ?? null;
    // Whether it waits for a closure is said again by each poll of the future that does.
    this.changeRunning(({ polls, waits }) => ({ polls: polls + 1, waits: waits.filter((wait) => wait !== "Closure") }));
  },
  Polled() {
    this.touched.add(`tasks ${this.running}`);
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
    this.leave(source, (_, way) => (way === "Read" ? readable : writable));
  },
  Waiting({ source, direction }) {
    const { running } = this;
    if (running === null) return;
    this.waitFor(`Source ${source} ${direction}`);
    const known = ([task, way]) => task === running && way === direction;
    this.change("sources", source, ({ waiting }) =>
      waiting.some(known) ? {} : { waiting: [...waiting, [running, direction]] });
  },
  WaitingNoMore({ source, direction }) {
    if (this.running !== null) this.leave(source, (task, way) => task === this.running && way === direction);
  },
  SourceRemoved({ source }) {
    this.leave(source, () => true);
    this.remove("sources", source);
  },

  Gathering({ at }) { this.gathering = at; },
  GatherBegan({ gather, name }) {
    this.set("gathers", gather, {
      name, at: this.gathering, task: this.running, started: 0, ended: 0, cancelled: 0,
    });
    this.gathering = null;
    this.waitFor(`Gather ${gather}`);
  },
  ChildEnded({ gather }) { this.change("gathers", gather, ({ ended }) => ({ ended: ended + 1 })); },
  ChildCancelled({ gather }) {
    this.change("gathers", gather, ({ cancelled }) => ({ cancelled: cancelled + 1 }));
  },
  GatherDone({ gather }) { this.endGather(gather); },
  GatherDropped({ gather }) { this.endGather(gather); },
};
