// From s3: src/bin/s3_slab.rs, line for line.

/// Which task: its slot, and its serial, which no other task of the process has.
#[derive(Clone, Copy)]
struct Key {
    slot: usize,
    serial: u32,
}

/// `Relaxed` orders nothing else, which is enough for a counter.
static SERIALS: AtomicU32 = AtomicU32::new(1);

#[derive(Default)]
struct Queue {
    states: Vec<TaskState>,
    keys: VecDeque<Key>,
}

/// What the queue knows of a slot. An empty one has no serial.
#[derive(Clone, Default)]
struct TaskState {
    serial: Option<u32>,
    scheduled: bool,
}

impl Queue {
    /// Gives a slot a new task, already queued for its first poll.
    fn admit(&mut self, slot: usize) -> Key {
        let key = Key { slot, serial: SERIALS.fetch_add(1, Relaxed) };
        if slot == self.states.len() {
            self.states.push(TaskState::default()); // a slot that is new
        }
        self.states[slot] = TaskState { serial: Some(key.serial), scheduled: true };
        self.keys.push_back(key);
        say!("task {} has slot {slot}, and joins the ready queue for its first poll", key.serial);
        key
    }

    /// The state of a task that has not ended. A *stale* key, one of a task that has ended, has none (I9).
    fn live(&mut self, key: Key) -> Option<&mut TaskState> {
        self.states.get_mut(key.slot).filter(|state| state.serial == Some(key.serial))
    }

    /// Queues the task for a poll, unless it is queued already (I1).
    fn wake(&mut self, key: Key) {
        let serial = key.serial;
        let Some(state) = self.live(key) else {
            say!("{} wakes a task that has ended: nothing comes of it", actor()); // who acts
            return;
        };
        if replace(&mut state.scheduled, true) {
            say!("task {serial} is woken by {}, and is in the ready queue already", by(serial));
            return;
        }
        self.keys.push_back(key);
        say!("task {serial} is woken by {}, and joins the ready queue", by(serial));
    }

    /// The flag is cleared before the poll, so that a wake during the poll counts (I2). A task that wakes
    /// itself during its last poll leaves a stale key here.
    fn pop(&mut self) -> Option<Key> {
        while let Some(key) = self.keys.pop_front() {
            if let Some(state) = self.live(key) {
                state.scheduled = false;
                return Some(key);
            }
        }
        None
    }

    /// Empties the slot: its task's keys are stale from now on.
    fn evict(&mut self, slot: usize) {
        self.states[slot] = TaskState::default();
    }
}
