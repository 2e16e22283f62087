//! The promises of the inbox and of the helper threads; their models are in `src/`.

macro_rules! promises {
    ($layer:ident: $($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                model::$layer::models::$name();
            }
        )*
    };
}

promises! { wake:
    a_wake_while_the_loop_falls_asleep_is_received
    a_second_wake_of_one_thread_is_received
    a_wake_that_was_merged_with_one_of_another_thread_is_received
    wakes_of_two_tasks_by_two_threads_are_received
    a_wake_while_a_timer_ends_the_sleep_is_received
    two_runtimes_receive_each_others_wakes
    nothing_arrives_in_an_inbox_that_was_closed
    a_wake_has_arrived_when_its_sender_goes_on
}

promises! { runtime:
    one_helper_runs_every_job
    a_job_does_not_wait_behind_a_stuck_one_while_another_helper_may_start
    a_job_that_meets_a_time_out_is_run
    two_helpers_run_every_job_though_one_times_out
    idle_helpers_end_with_the_runtime
    helpers_without_work_end
    a_job_without_a_thread_is_given_back_and_can_be_submitted_again
    a_job_without_a_thread_of_its_own_is_run_by_another
    a_job_is_run_or_cancelled_when_the_runtime_ends
    a_job_that_waits_when_the_runtime_ends_is_cancelled_and_a_later_one_too
    a_job_that_is_given_up_while_it_waits_is_let_go_and_never_run
    a_job_that_is_given_up_as_it_begins_is_run_once_or_never_and_let_go
    a_loop_that_finds_no_helper_at_work_finds_their_wakes
    a_loop_is_told_when_the_last_job_was_given_up
}
