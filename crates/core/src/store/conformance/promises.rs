//! The list of promises.

/// Makes each promise a test, in a module of the given name. See [`conformance`](crate::store::conformance).
///
/// The factory names something from around the call. The crate needs tokio with `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! conformance {
    ($module:ident, $factory:expr) => {
        mod $module {
            use super::*;

            $crate::conformance_tests! { $factory;
                users {
                    an_added_user_is_found_under_each_of_its_names,
                    an_added_user_overwrites_nobody,
                    names_are_compared_byte_for_byte,
                    names_that_look_alike_are_told_apart,
                    users_without_an_address_do_not_collide,
                    a_race_for_a_username_has_one_winner,
                    a_change_replaces_the_whole_record,
                    a_change_from_an_outdated_version_changes_nothing,
                    a_change_to_a_taken_name_changes_nothing,
                    a_name_that_was_given_up_is_free_and_finds_nobody,
                    a_race_of_changes_has_one_winner,
                    the_log_says_what_the_change_announces_and_nothing_when_it_fails,
                    a_removed_user_takes_its_sessions_along,
                    a_removal_is_announced_once,
                    pages_are_complete_and_without_repeats,
                }
                sessions {
                    an_opened_session_is_found_as_it_was_stored,
                    opening_overwrites_neither_session_nor_credential,
                    an_end_takes_every_grant_along,
                    ending_all_spares_what_the_standing_admits_and_every_other_user,
                    a_list_is_newest_first_and_of_one_user,
                    data_is_replaced_as_a_whole,
                    data_of_an_ended_session_is_neither_there_nor_stored,
                    an_end_is_announced_even_when_the_session_is_gone,
                    a_race_of_ends_has_one_winner,
                }
                grants {
                    a_session_may_have_many_grants,
                    attaching_overwrites_nothing,
                    nothing_is_attached_to_an_ended_session,
                    a_rotation_replaces_the_family,
                    a_rotation_from_another_generation_or_secret_changes_nothing,
                    a_race_of_rotations_has_one_winner,
                    an_ended_family_does_not_rotate,
                    attaching_while_the_session_ends_leaves_nothing_behind,
                }
                expiry {
                    a_touch_moves_forward_and_never_back,
                    a_touch_never_resurrects,
                    a_touch_of_another_sessions_reference_changes_nothing,
                    a_reference_without_idle_expiry_gets_none_by_a_touch,
                    a_list_leaves_out_what_has_expired,
                    a_list_leaves_out_what_has_idled_out,
                    expired_references_are_still_returned,
                    a_purge_takes_the_expired_in_small_batches_and_leaves_the_living,
                    a_purge_of_grants_leaves_their_session_and_its_other_grants,
                    touching_while_the_session_ends_leaves_it_ended,
                }
                revocations {
                    a_new_log_is_empty,
                    entries_come_back_as_they_were_appended,
                    appending_nothing_changes_nothing,
                    pages_of_the_log_are_in_order_and_complete,
                    concurrent_appenders_leave_no_gap,
                    a_follower_misses_nothing,
                    a_purge_of_the_log_takes_the_expired_and_keeps_the_head,
                }
                nodes {
                    a_registered_node_is_listed_until_it_leaves,
                    registering_again_leaves_the_row_as_it_is,
                    a_nodes_position_moves_forward_while_its_row_is_there,
                    only_a_node_that_is_behind_is_given_up,
                    of_those_who_give_a_node_up_one_does,
                    a_node_that_has_moved_on_in_time_is_not_given_up,
                    nodes_that_come_at_once_are_all_there_and_each_moves_on,
                }
                keys {
                    keys_are_listed_in_the_order_of_their_making,
                    an_added_key_overwrites_none,
                    an_algorithm_has_one_active_and_one_next_key,
                    each_algorithm_has_a_ring_of_its_own,
                    every_algorithm_is_stored,
                    a_state_changes_only_from_what_it_is,
                    a_rotation_moves_the_whole_ring_or_nothing,
                    a_race_of_ring_rotations_has_one_winner,
                    a_key_in_use_is_not_removed,
                }
                facts {
                    a_fact_changes_only_from_what_it_is,
                    facts_are_told_apart_byte_for_byte,
                    a_race_for_a_fact_has_one_winner,
                    an_open_store_is_ready,
                }
                attempts {
                    a_tally_comes_back_as_it_was_stored,
                    a_tally_changes_only_from_what_it_is,
                    changes_of_several_tallies_are_one_step,
                    a_forgotten_tally_is_gone_whatever_it_said,
                    tallies_are_listed_in_pages_by_budget,
                    a_purge_of_tallies_takes_the_expired_and_no_others,
                    lg_06_of_those_who_change_one_tally_at_once_one_does,
                    lg_06_failures_that_are_counted_at_once_are_all_counted,
                }
                guessing {
                    lg_01_known_unknown_and_disabled_are_told_the_same_up_to_the_lock,
                    lg_03_a_hundred_wrong_passwords_in_a_row_disable_it_until_there_is_another,
                    lg_03_a_success_begins_the_count_anew,
                    lg_04_a_stranger_ends_no_login_and_keeps_nobody_out_of_one,
                    lg_04_after_the_time_that_is_said_the_right_password_counts_and_not_before,
                    lg_05_every_door_and_spelling_has_one_budget,
                    lg_06_of_a_thousand_guesses_at_once_no_more_are_answered_than_were_free,
                    lg_06_nodes_answer_no_more_together_than_one_would,
                    lg_07_an_address_has_so_many_failures_whatever_the_accounts,
                    lg_07_asking_in_vain_costs_an_address_a_little_and_never_all,
                    whoever_is_refused_waits_for_nobody,
                    right_logins_at_once_all_come_in,
                    a_guess_at_every_fault,
                    an_address_registers_so_many,
                    a_removed_user_takes_its_tally_along,
                }
                importing {
                    pw_08_a_hash_of_every_kind_is_imported_lets_its_owner_in_and_is_renewed,
                }
                moving {
                    an_empty_store_exports_nothing,
                    an_export_has_each_login_with_all_that_hangs_on_it,
                    pages_of_an_export_are_complete,
                    an_export_goes_on_while_logins_come_and_end,
                    an_imported_login_is_as_if_it_had_been_made_here,
                    logins_are_looked_up_whole,
                    an_import_leaves_what_is_there,
                    an_import_of_many_is_whole_whatever_their_number,
                    an_import_takes_no_credential_of_another_login,
                    logins_and_users_are_counted,
                    a_session_store_is_ready,
                    an_imported_log_keeps_its_positions_and_its_head,
                    an_import_never_moves_the_log_back,
                    facts_are_listed_by_name,
                }
                audit {
                    a_new_audit_log_is_empty_and_whole,
                    rows_come_back_as_they_were_appended,
                    an_append_from_elsewhere_changes_nothing,
                    a_race_to_append_has_one_winner,
                    many_who_write_at_once_leave_one_chain,
                    a_record_is_there_once_whatever_answer_is_lost,
                    a_list_has_what_was_asked_for,
                    what_remains_after_a_purge_hangs_together,
                    an_imported_audit_log_is_the_same,
                    lo_01_every_tampering_is_named,
                    a_head_that_was_moved_is_written_down,
                }
                mending {
                    places_are_told_in_order_and_by_the_page,
                    to_mend_overwrites_no_record,
                    to_mend_undoes_no_purge,
                    an_end_where_no_log_comes_is_named_and_repaired,
                    a_beginning_that_was_moved_is_repaired_and_the_log_purged_again,
                    a_record_beyond_the_end_is_named_by_its_own_number,
                    a_record_in_the_way_stays_and_stops_the_log_until_it_is_repaired,
                    a_repair_hides_nothing_that_stood_behind_a_gap,
                    a_record_out_of_reach_is_in_nobodys_way,
                    many_who_repair_at_once_leave_one_record_of_it,
                    a_purge_stops_before_what_is_broken_and_goes_on_once_its_repair_is_old,
                    a_repair_that_nobody_with_the_key_has_made_lets_nothing_be_purged,
                }
                purge {
                    a_purge_counts_each_kind_and_leaves_the_living,
                    the_purge_that_comes_again_spares_a_store_that_forgets_by_itself,
                    purgers_at_once_count_each_record_once,
                    a_purge_that_breaks_off_says_what_it_has_done,
                }
                faults {
                    a_system_opens_once_its_store_answers,
                    a_registration_at_every_fault,
                    a_login_at_every_fault,
                    a_recognition_at_every_fault,
                    a_refresh_at_every_fault,
                    an_exchange_at_every_fault,
                    a_logout_at_every_fault,
                    a_logout_by_refresh_at_every_fault,
                    the_end_of_one_session_at_every_fault,
                    the_end_of_all_others_at_every_fault,
                    a_change_of_password_at_every_fault,
                    a_change_of_password_with_a_new_login_at_every_fault,
                    an_operators_change_of_password_at_every_fault,
                    a_disable_and_an_enable_at_every_fault,
                    a_deletion_at_every_fault,
                    a_list_of_sessions_at_every_fault,
                    following_the_log_at_every_fault,
                    a_purge_at_every_fault,
                    a_rotation_of_keys_at_every_fault,
                    a_revocation_of_a_key_at_every_fault,
                    the_first_administrator_at_every_fault,
                }
            }
        }
    };
}

/// The loop inside [`conformance!`](crate::conformance).
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_tests {
    ($factory:expr; $($group:ident { $($promise:ident),* $(,)? })*) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $promise() {
                let (stores, _alive) = $factory;
                $crate::store::conformance::$group::$promise(stores).await;
            }
        )*)*
    };
}
