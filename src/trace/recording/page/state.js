// The state after each event: what src/trace/recording/replay.rs does, by the same names.
//
// A task, a timer and so on is never changed, only replaced by a changed copy. So a copy of a state
// copies lists of references only, which makes it cheap to keep one every so often; and what is
// drawn can tell by `touched` what an event has changed. What tasks wait for is kept apart, in sets
// that a state changes once it has made them itself: one task may wait for very much.

class State {
  constructor(base) {
    const map = (values) => new Map(Object.entries(values).map(([number, value]) => [Number(number), value]));
    this.ready = [...base.ready];
    // How many have left the queue, of those in the array.
    this.left = 0;
    this.tasks = map(base.tasks);
    this.waits = map(base.waits);
    for (const [number, waits] of this.waits) this.waits.set(number, new Set(waits));
    this.owned = new Set();
    this.timers = map(base.timers);
    this.sources = map(base.sources);
    this.gathers = map(base.gathers);
    this.slots = new Map();
    for (const [number, task] of this.tasks) this.slots.set(task.slot, number);
    this.running = base.running;
    this.polls = base.polls;
    this.coming = base.coming;
    this.gathering = base.gathering;
    this.clock = base.clock;
    // What the latest event has changed, as "tasks 65"; while nobody looks, nothing is noted.
    this.touched = null;
  }

  copy() {
    const copy = Object.create(State.prototype);
    Object.assign(copy, this);
    copy.ready = this.queue();
    copy.left = 0;
    copy.touched = new Set();
    // From here on neither may change the sets that both have.
    this.owned = new Set();
    copy.owned = new Set();
    for (const name of ["tasks", "waits", "timers", "sources", "gathers", "slots"]) {
      copy[name] = new Map(this[name]);
    }
    return copy;
  }

  queue() {
    return this.ready.slice(this.left);
  }

  // What the runtime's clock shows at a time of the system's.
  now(time) {
    if (this.clock === null) return time;
    const { shows, since } = this.clock;
    return since === null ? shows : shows + time - since;
  }

  // How much a copy of it copies.
  size() {
    return this.ready.length - this.left + 2 * this.tasks.size + this.timers.size + this.gathers.size;
  }

  apply(event) {
    this.touched?.clear();
    APPLY[event.kind]?.call(this, event);
  }

  set(name, number, value) {
    this.touched?.add(`${name} ${number}`);
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
      aborted: false, polls: 0, woken_by: null, awaited_by: null,
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
    this.remove("tasks", number);
    for (const wait of this.waitsOf(number)) {
      const [what, source] = parts(wait);
      if (what === "Source") this.leave(source, (way, waiter, task) => task === number);
    }
    this.remove("waits", number);
    if (this.running === number) this.running = null;
  }

  // Of all tasks that poll a handle, the latest waits.
  join(number) {
    const { running } = this;
    const task = this.tasks.get(number);
    if (task && task.awaited_by !== running) {
      this.unjoin(number);
      this.change("tasks", number, () => ({ awaited_by: running }));
    }
    this.waitFor(`Task ${number}`);
  }

  // No task waits for the end of this one any more.
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

  // The first, or one that was chosen.
  pop(task = this.ready[this.left]) {
    const at = this.ready.indexOf(task, this.left);
    if (at > this.left) {
      this.ready = this.queue().toSpliced(at - this.left, 1);
      this.left = 0;
      return;
    }
    if (this.left < this.ready.length) this.left += 1;
    // Now and then those that have left are thrown away, so that the array stays as long as the queue.
    if (this.left > 1024 && this.left * 2 > this.ready.length) {
      this.ready = this.queue();
      this.left = 0;
    }
  }

  // All tasks that have ended leave the queue.
  sweep() {
    this.ready = this.queue().filter((task) => this.tasks.has(task));
    this.left = 0;
  }

  // What a task waits for; of one that has ended, nothing.
  waitsOf(number) {
    return this.waits.get(number) ?? [];
  }

  // The same, to be changed.
  ownWaitsOf(number) {
    if (!this.owned.has(number) || !this.waits.has(number)) {
      this.owned.add(number);
      this.waits.set(number, new Set(this.waitsOf(number)));
    }
    this.touched?.add(`tasks ${number}`);
    return this.waits.get(number);
  }

  waitFor(wait) {
    const { running } = this;
    if (this.tasks.has(running) && !this.waits.get(running)?.has(wait)) this.ownWaitsOf(running).add(wait);
  }

  // It does not wait for that any more.
  stop(number, over) {
    if (this.waits.get(number)?.has(over)) this.ownWaitsOf(number).delete(over);
  }

  endTimer(number) {
    const timer = this.remove("timers", number);
    if (timer?.task != null) this.stop(timer.task, `Timer ${number}`);
  }

  // The task that is polled joins a socket's list. An operation has one entry in it, with the task
  // that polled it last; tasks that poll through the traits, without a number, each have one.
  register(source, direction, waiter) {
    const { running } = this;
    if (running === null) return;
    const same = (way, number, task) =>
      way === direction && number === waiter && (waiter !== 0 || task === running);
    this.leave(source, same);
    this.change("sources", source, ({ waiting }) =>
      ({ waiting: [...waiting, [direction, waiter, running]].sort(compareWaiters) }));
    this.waitFor(`Source ${source} ${direction} ${waiter}`);
  }

  // Takes those waiters out of a socket's list for which `over` says so.
  leave(number, over) {
    const gone = this.sources.get(number)?.waiting.filter((one) => over(...one)) ?? [];
    if (gone.length === 0) return;
    this.change("sources", number, ({ waiting }) => ({ waiting: waiting.filter((one) => !gone.includes(one)) }));
    gone.forEach(([way, waiter, task]) => this.stop(task, `Source ${number} ${way} ${waiter}`));
  }

  // The task that is polled has this gather; the one that had it waits for it no more.
  handOver(number) {
    const had = this.gathers.get(number)?.task ?? null;
    this.change("gathers", number, () => ({ task: this.running }));
    if (had !== null) this.stop(had, `Gather ${number}`);
  }

  endGather(number) {
    const gather = this.remove("gathers", number);
    if (gather?.task != null) this.stop(gather.task, `Gather ${number}`);
  }

  // The same as a value that can be compared.
  plain() {
    const { running, polls, coming, gathering } = this;
    const [timers, sources, gathers] =
      ["timers", "sources", "gathers"].map((name) => Object.fromEntries(this[name]));
    const tasks = Object.fromEntries(
      [...this.tasks].map(([number, task]) => [number, { ...task, waits: [...this.waitsOf(number)].sort() }]));
    return { ready: this.queue(), tasks, timers, sources, gathers, running, polls, coming, gathering };
  }
}

// The order in which a socket's list is kept.
function compareWaiters([way, waiter, task], [otherWay, otherWaiter, otherTask]) {
  return way.localeCompare(otherWay) || waiter - otherWaiter || task - otherTask;
}
