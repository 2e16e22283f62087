//! The faults that the models must see, as edits of the source.

/// A fault; each of its edits replaces a text that is in the file once.
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    pub(crate) file: &'static File,
    pub(crate) edits: &'static [(&'static str, &'static str)],
    /// The promise whose model fails.
    pub(crate) breaks: &'static str,
}

pub(crate) struct File {
    pub(crate) path: &'static str,
    pub(crate) models: &'static str,
}

pub(crate) static INBOX: File = File { path: "src/wake/inbox.rs", models: "tests/model/src/wake/models.rs" };
pub(crate) static HELPERS: File =
    File { path: "src/runtime/branches/helpers.rs", models: "tests/model/src/runtime/models.rs" };

impl Fault {
    /// The file's text with this fault in it, and whether each of its edits found its text.
    pub(crate) fn seed(&self, source: &str) -> (String, bool) {
        let mut text = source.to_owned();
        for (old, new) in self.edits {
            text = text.replacen(old, new, 1);
        }
        (text, self.edits.iter().all(|(old, _)| source.matches(old).count() == 1))
    }
}

const ASK: &str = "if self.asleep.load(Ordering::SeqCst) && self.asleep.swap(false, Ordering::SeqCst) {";
const PUSH: &str = "self.messages.push((message, trace::Sender::here()));";
const SENDERS_FENCE: &str = "fence(Ordering::SeqCst);\n        if self.asleep";
const LOOPS_FENCE: &str = "fence(Ordering::SeqCst);\n        self.messages";
const IS_EMPTY: &str = "self.messages.is_empty()\n    }";
const FORGET: &str = "unheard.remove(&letter.0);";
const SLEEP: &str = "self.asleep.swap(true, Ordering::Relaxed);";
const TAKE: &str = "if let Some((_, job)) = state.jobs.pop_first() {";

pub(crate) static FAULTS: &[Fault] = &[
    Fault {
        name: "the sender has no fence",
        file: &INBOX,
        edits: &[(SENDERS_FENCE, "if self.asleep")],
        breaks: "a_wake_while_the_loop_falls_asleep_is_received",
    },
    Fault {
        name: "the sender's fence is weak",
        file: &INBOX,
        edits: &[(SENDERS_FENCE, "fence(Ordering::AcqRel);\n        if self.asleep")],
        breaks: "a_wake_while_a_timer_ends_the_sleep_is_received",
    },
    Fault {
        name: "the loop has no fence",
        file: &INBOX,
        edits: &[(LOOPS_FENCE, "self.messages")],
        breaks: "a_wake_while_the_loop_falls_asleep_is_received",
    },
    Fault {
        name: "the loop's fence is weak",
        file: &INBOX,
        edits: &[(LOOPS_FENCE, "fence(Ordering::AcqRel);\n        self.messages")],
        breaks: "a_wake_while_the_loop_falls_asleep_is_received",
    },
    Fault {
        name: "the loop asks before it sets the flag",
        file: &INBOX,
        edits: &[
            (SLEEP, "let empty = self.messages.is_empty(); self.asleep.swap(true, Ordering::Relaxed);"),
            (IS_EMPTY, "empty\n    }"),
        ],
        breaks: "a_wake_while_the_loop_falls_asleep_is_received",
    },
    Fault {
        name: "the loop does not ask",
        file: &INBOX,
        edits: &[(IS_EMPTY, "true\n    }")],
        breaks: "a_wake_while_the_loop_falls_asleep_is_received",
    },
    Fault {
        name: "the flag is never set",
        file: &INBOX,
        edits: &[(SLEEP, "")],
        breaks: "a_wake_while_the_loop_falls_asleep_is_received",
    },
    Fault {
        name: "the bell is rung before the push",
        file: &INBOX,
        edits: &[
            (ASK, "if false {"),
            (
                PUSH,
                "fence(Ordering::SeqCst);
                if self.asleep.load(Ordering::SeqCst) && self.asleep.swap(false, Ordering::SeqCst) {
                    let _ = self.bell.wake();
                }
                self.messages.push((message, trace::Sender::here()));",
            ),
        ],
        breaks: "a_wake_while_the_loop_falls_asleep_is_received",
    },
    Fault {
        name: "the bell is not rung",
        file: &INBOX,
        edits: &[("let _ = self.bell.wake();", "")],
        breaks: "a_wake_while_the_loop_falls_asleep_is_received",
    },
    Fault {
        name: "the flag is cleared after the bell is rung",
        file: &INBOX,
        edits: &[
            (ASK, "if self.asleep.load(Ordering::SeqCst) {"),
            (
                "let _ = self.bell.wake();",
                "let _ = self.bell.wake(); self.asleep.swap(false, Ordering::SeqCst);",
            ),
        ],
        breaks: "a_second_wake_of_one_thread_is_received",
    },
    Fault {
        name: "a message is never forgotten",
        file: &INBOX,
        edits: &[(FORGET, "")],
        breaks: "a_second_wake_of_one_thread_is_received",
    },
    Fault {
        name: "a message is forgotten after it was acted on",
        file: &INBOX,
        edits: &[(FORGET, ""), (SLEEP, "self.unheard().clear(); self.asleep.swap(true, Ordering::Relaxed);")],
        breaks: "a_wake_that_was_merged_with_one_of_another_thread_is_received",
    },
    Fault {
        name: "a message is noted after the push",
        file: &INBOX,
        edits: &[
            ("!unheard.insert(message)", "unheard.contains(&message)"),
            (
                PUSH,
                "drop(unheard);
                self.messages.push((message, trace::Sender::here()));
                let mut unheard = self.unheard();
                unheard.insert(message);",
            ),
        ],
        breaks: "a_second_wake_of_one_thread_is_received",
    },
    Fault {
        name: "a message is pushed when the lock is free again",
        file: &INBOX,
        edits: &[
            ("drop(unheard);\n        fence", "fence"),
            (PUSH, "drop(unheard);\n        self.messages.push((message, trace::Sender::here()));"),
        ],
        breaks: "a_wake_has_arrived_when_its_sender_goes_on",
    },
    Fault {
        name: "messages that differ are merged",
        file: &INBOX,
        edits: &[("!unheard.insert(message)", "!unheard.insert(message) || unheard.len() > 1")],
        breaks: "wakes_of_two_tasks_by_two_threads_are_received",
    },
    Fault {
        name: "one event poll receives all",
        file: &INBOX,
        edits: &[("len.min(at_most)", "len.max(at_most)")],
        breaks: "wakes_of_two_tasks_by_two_threads_are_received",
    },
    Fault {
        name: "a message goes to the first runtime",
        file: &INBOX,
        edits: &[("table.get(runtime)", "table.get(runtime * 0)")],
        breaks: "two_runtimes_receive_each_others_wakes",
    },
    Fault {
        name: "close does nothing",
        file: &INBOX,
        edits: &[("table[number] = None;", "let _ = (&mut table, number);")],
        breaks: "nothing_arrives_in_an_inbox_that_was_closed",
    },
    Fault {
        name: "the sender lets go of the table too early",
        file: &INBOX,
        edits: &[(
            "inbox.push(message);",
            "let inbox = Arc::clone(inbox);\n        drop(table);\n        inbox.push(message);",
        )],
        breaks: "nothing_arrives_in_an_inbox_that_was_closed",
    },
    Fault {
        name: "no helper is notified of a job",
        file: &HELPERS,
        edits: &[("self.shared.work.notify_one();", "")],
        breaks: "one_helper_runs_every_job",
    },
    Fault {
        name: "there are more helpers than may be",
        file: &HELPERS,
        edits: &[("state.threads.len() < self.max", "state.threads.len() <= self.max")],
        breaks: "one_helper_runs_every_job",
    },
    Fault {
        name: "one idle helper is enough for two jobs",
        file: &HELPERS,
        edits: &[("state.jobs.len() >= state.idle", "state.idle == 0")],
        breaks: "a_job_does_not_wait_behind_a_stuck_one_while_another_helper_may_start",
    },
    Fault {
        name: "a thread that could not start counts",
        file: &HELPERS,
        edits: &[("state.threads.remove(number);\n                if", "if")],
        breaks: "a_job_without_a_thread_is_given_back_and_can_be_submitted_again",
    },
    Fault {
        name: "a job that was given back is queued",
        file: &HELPERS,
        edits: &[("return Err(error);", "state.jobs.insert(ticket.number, job); return Err(error);")],
        breaks: "a_job_without_a_thread_is_given_back_and_can_be_submitted_again",
    },
    Fault {
        name: "a thread that has ended counts",
        file: &HELPERS,
        edits: &[("state.threads.remove(number);\n                return None;", "return None;")],
        breaks: "a_job_that_meets_a_time_out_is_run",
    },
    Fault {
        name: "a helper that is idle no more counts as idle",
        file: &HELPERS,
        edits: &[("state.idle -= 1;", "")],
        breaks: "a_job_that_meets_a_time_out_is_run",
    },
    Fault {
        name: "a helper whose time is over counts as idle",
        file: &HELPERS,
        edits: &[("state.idle -= 1;", "state.idle -= usize::from(!result.timed_out());")],
        breaks: "two_helpers_run_every_job_though_one_times_out",
    },
    Fault {
        name: "a helper whose time is over looks for no job",
        file: &HELPERS,
        edits: &[(
            TAKE,
            "if timed_out { state.threads.remove(number); return None; }
            if let Some((_, job)) = state.jobs.pop_first() {",
        )],
        breaks: "a_job_without_a_thread_of_its_own_is_run_by_another",
    },
    Fault {
        name: "a helper does not know that its time is over",
        file: &HELPERS,
        edits: &[("timed_out = result.timed_out();", "let _ = result.timed_out();")],
        breaks: "helpers_without_work_end",
    },
    Fault {
        name: "shutting down wakes one helper",
        file: &HELPERS,
        edits: &[("self.shared.work.notify_all();", "self.shared.work.notify_one();")],
        breaks: "idle_helpers_end_with_the_runtime",
    },
    Fault {
        name: "shutting down drops jobs without a word",
        file: &HELPERS,
        edits: &[("jobs.into_values().for_each(|job| ignore_panics(|| job.cancel()));", "drop(jobs);")],
        breaks: "a_job_is_run_or_cancelled_when_the_runtime_ends",
    },
    Fault {
        name: "shutting down leaves jobs in the queue",
        file: &HELPERS,
        edits: &[("std::mem::take(&mut state.jobs)", "BTreeMap::<u64, Arc<dyn Job>>::new()")],
        breaks: "a_job_that_waits_when_the_runtime_ends_is_cancelled_and_a_later_one_too",
    },
    Fault {
        name: "shutting down is not noted",
        file: &HELPERS,
        edits: &[("state.closed = true;", "")],
        breaks: "one_helper_runs_every_job",
    },
    Fault {
        name: "a job is queued after the end",
        file: &HELPERS,
        edits: &[("if state.closed {", "if false {")],
        breaks: "a_job_that_waits_when_the_runtime_ends_is_cancelled_and_a_later_one_too",
    },
    Fault {
        name: "a job that was given up stays in the queue",
        file: &HELPERS,
        edits: &[("state.jobs.remove(&self.number)", "state.jobs.get(&self.number).cloned()")],
        breaks: "a_job_that_is_given_up_while_it_waits_is_let_go_and_never_run",
    },
    Fault {
        name: "a helper keeps the job that it has run",
        file: &HELPERS,
        edits: &[("ignore_panics(|| drop(job));", "std::mem::forget(job);")],
        breaks: "a_job_that_is_given_up_as_it_begins_is_run_once_or_never_and_let_go",
    },
    Fault {
        name: "giving the last job up is not noted",
        file: &HELPERS,
        edits: &[("self.shared.note_end(state);\n        drop(job);", "drop(state);\n        drop(job);")],
        breaks: "a_loop_is_told_when_the_last_job_was_given_up",
    },
    Fault {
        name: "the end of a job that is not the last is all that the loop is told of",
        file: &HELPERS,
        edits: &[(
            "last && std::mem::take(&mut state.awaited)",
            "std::mem::take(&mut state.awaited) && last",
        )],
        breaks: "a_loop_is_told_when_the_last_job_was_given_up",
    },
    Fault {
        name: "the loop is told though a job waits",
        file: &HELPERS,
        edits: &[("state.busy == 0 && state.jobs.is_empty();", "state.busy == 0;")],
        breaks: "a_loop_is_told_when_the_last_job_was_given_up",
    },
    Fault {
        name: "the loop is told though a job runs",
        file: &HELPERS,
        edits: &[("state.busy == 0 && state.jobs.is_empty();", "state.jobs.is_empty();")],
        breaks: "a_loop_is_told_when_the_last_job_was_given_up",
    },
    Fault {
        name: "the loop is not told that all work has ended",
        file: &HELPERS,
        edits: &[("wake::send(self.runtime, Message::Unpark);", "")],
        breaks: "a_loop_that_finds_no_helper_at_work_finds_their_wakes",
    },
    Fault {
        name: "that the loop waits for the end of work is not noted",
        file: &HELPERS,
        edits: &[("state.awaited = state.jobs.len() + state.busy > 0;", "")],
        breaks: "a_loop_that_finds_no_helper_at_work_finds_their_wakes",
    },
    Fault {
        name: "a helper is at work no more before it has woken",
        file: &HELPERS,
        edits: &[
            ("ignore_panics(|| job.run());", "self.end_job();\n            ignore_panics(|| job.run());"),
            ("ignore_panics(|| drop(job));\n            self.end_job();", "ignore_panics(|| drop(job));"),
        ],
        breaks: "a_loop_that_finds_no_helper_at_work_finds_their_wakes",
    },
    Fault {
        name: "a helper is at work for ever",
        file: &HELPERS,
        edits: &[("state.busy -= 1;", "")],
        breaks: "a_loop_that_finds_no_helper_at_work_finds_their_wakes",
    },
];
