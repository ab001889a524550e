"""Each numbered line of docs/guarantees.md is shown by tests that exist: here is which."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
FAULTS, FILES, CONTRACT, PROCESSES, KEEPING = (
    f"log/test_{name}.py" for name in ("faults", "file_engine", "contract", "processes", "keeping")
)
APPEND, TAIL = "broker_adapter/test_append_api.py", "broker_adapter/test_sockets.py"
CONDITIONS = "broker_adapter/test_conditions.py"
GROUPS = "broker_adapter/test_groups.py"
REPLAY, BODIES = "broker_adapter/test_replay.py", "broker_adapter/test_bad_bodies.py"
RULES = "broker_adapter/test_rules.py"
BOARD, CATALOG, ACCESS = "storming/test_sockets.py", "eventcatalog/test_actions.py", "workspaces/test_access.py"
MANY = "many_processes/test_three_processes.py"
PAST, EXCHANGE, WALL = "storming/test_past.py", "storming/test_exchange.py", "e2e/test_wall.py"
STORM, VOTES, WORKSHOP = (f"storming/test_{name}.py" for name in ("silent_storm", "votes", "workshop"))

SHOWN_BY: dict[str, list[tuple[str, str]]] = {
    "L1": [
        (FAULTS, "test_a_failed_sync_acknowledges_nothing_and_serves_nothing"),
        (PROCESSES, "test_nothing_acknowledged_is_lost_or_doubled_when_appenders_are_killed"),
    ],
    "L2": [(FAULTS, "test_a_failed_sync_acknowledges_nothing_and_serves_nothing")],
    "L3": [
        (CONTRACT, "test_records_with_one_key_stay_in_one_partition_in_order"),
        (CONTRACT, "test_offsets_are_dense_and_places_are_true"),
    ],
    "L4": [(FILES, "test_a_tail_torn_at_any_byte_is_cut_and_kept_aside")],
    "L5": [
        (FILES, "test_a_flipped_bit_is_found_named_and_not_served_and_the_rest_is_readable"),
        ("log/test_bit_flips.py", "test_a_changed_bit_or_byte_is_detected_or_harmless_and_never_served"),
    ],
    "L6": [(FAULTS, "test_after_a_failed_sync_the_file_is_opened_anew_before_anything_is_acknowledged")],
    "L7": [(PROCESSES, "test_processes_appending_at_once_lose_nothing_and_keep_offsets_dense")],
    "L8": [
        (CONTRACT, "test_records_come_back_as_they_were_sent"),
        (APPEND, "test_the_payload_comes_back_byte_for_byte"),
    ],
    "L9": [
        (CONTRACT, "test_of_many_who_expect_the_same_one_is_stored"),
        (CONTRACT, "test_an_append_that_expects_a_keys_newest_record_is_refused_if_somebody_was_there_first"),
        (FILES, "test_two_processes_see_each_others_keys_and_producers"),
    ],
    "L10": [
        (CONTRACT, "test_a_producers_retry_is_recognised_whatever_the_dedup_window"),
        (CONTRACT, "test_a_number_that_nobody_remembers_is_refused_and_not_guessed"),
        (FILES, "test_producers_are_known_after_a_restart_and_in_other_processes"),
    ],
    "L11": [(CONTRACT, "test_reading_backwards_gives_the_same_records_newest_first")],
    "L12": [
        (KEEPING, "test_a_crash_at_any_moment_of_maintenance_loses_nothing_that_was_to_stay"),
        (KEEPING, "test_readers_in_other_processes_go_on_through_maintenance"),
    ],
    "L13": [
        (CONTRACT, "test_compaction_keeps_the_newest_record_of_each_key_where_it_was"),
        (CONTRACT, "test_compaction_again_and_again_ends_with_the_newest_records"),
    ],
    "L14": [(CONTRACT, "test_retries_are_recognised_though_their_records_are_gone")],
    "L15": [
        (KEEPING, "test_a_batch_put_in_the_place_of_another_breaks_the_chain"),
        (KEEPING, "test_a_compacted_stream_is_sound_and_its_chain_goes_on"),
    ],
    "L16": [
        ("log/test_backup.py", "test_a_backup_taken_while_appends_go_on_has_all_that_was_acknowledged_before"),
        ("log/test_backup.py", "test_a_backup_that_was_changed_is_refused_and_nothing_is_put_into_place"),
    ],
    "L17": [("log/test_model.py", "test_the_log_is_what_a_plain_list_would_be")],
    "L18": [
        (
            "log/test_kill.py",
            "test_killed_writers_readers_and_keepers_lose_nothing_double_nothing_and_show_nothing_that_goes",
        )
    ],
    "L19": [
        ("log/test_growth.py", "test_a_start_reads_the_tail_after_what_was_written_down_however_long_the_log"),
        ("log/test_growth.py", "test_three_thousand_streams_keep_to_the_bound_of_open_files"),
    ],
    "A1": [("eventcatalog/test_validation.py", "test_a_bad_payload_is_refused_with_pointer_words_and_version")],
    "A2": [(APPEND, "test_nothing_of_a_batch_is_stored_when_one_record_is_bad_and_the_answer_says_which")],
    "A3": [(APPEND, "test_nothing_of_a_batch_is_stored_when_one_record_is_bad_and_the_answer_says_which")],
    "A4": [(APPEND, "test_the_same_source_and_id_again_is_answered_with_the_first_position")],
    "A5": [(FILES, "test_the_dedup_window_survives_a_restart")],
    "A6": [(RULES, "test_quarantine_refuses_to_the_sender_and_keeps_the_record_with_its_reasons")],
    "A7": [(RULES, "test_redriving_after_a_fix_stores_each_letter_once_with_its_key_and_attributes")],
    "A8": [(RULES, "test_observe_stores_what_would_be_refused_with_its_faults_and_counts_it_as_flagged")],
    "A9": [
        (CONDITIONS, "test_an_append_with_if_position_is_stored_only_where_it_was_expected"),
        (CONDITIONS, "test_a_keys_newest_record_can_be_expected"),
    ],
    "A10": [(CONDITIONS, "test_a_producers_numbers_are_stored_once")],
    "W1": [(TAIL, "test_reconnecting_from_the_last_position_loses_nothing_and_doubles_nothing")],
    "W2": [
        (TAIL, "test_nothing_is_sent_without_credit_and_no_more_than_it"),
        (TAIL, "test_a_socket_that_never_reads_costs_bounded_memory_and_gets_everything_later"),
    ],
    "W3": [(TAIL, "test_a_position_of_a_stream_made_anew_cannot_be_resumed_and_says_where_to_start")],
    "W4": [
        (GROUPS, "test_whoever_comes_goes_and_dies_every_record_is_given_to_a_member_and_no_partition_has_two_owners")
    ],
    "W5": [
        (GROUPS, "test_a_commit_of_an_earlier_generation_is_refused_and_told_the_present_one"),
        (GROUPS, "test_a_commit_names_what_it_replaces_and_is_refused_whole_where_that_is_wrong"),
    ],
    "W6": [
        (REPLAY, "test_pausing_stepping_and_going_on_lose_nothing"),
        (REPLAY, "test_a_replay_left_at_a_position_is_taken_up_there_without_loss"),
    ],
    "W7": [("broker_adapter/test_transfer.py", "test_an_export_is_taken_up_again_behind_the_last_whole_line")],
    "A11": [
        (BODIES, "test_a_body_without_end_is_stopped_at_its_limit_wherever_it_goes"),
        (BODIES, "test_a_sender_that_drips_is_let_go_though_it_never_pauses"),
    ],
    "B1": [
        (BOARD, "test_an_operation_is_acknowledged_after_it_is_stored_and_reaches_the_others"),
        (BOARD, "test_a_resent_operation_is_acknowledged_with_its_first_number_and_not_stored_twice"),
    ],
    "B2": [
        (BOARD, "test_who_comes_back_gets_only_what_they_missed"),
        (BOARD, "test_who_missed_too_much_gets_a_snapshot"),
        ("storming/test_convergence.py", "test_everybody_ends_with_the_boards_own_elements"),
    ],
    "B3": [(BOARD, "test_a_refusal_carries_its_reason_and_the_present_values")],
    "B4": [(BOARD, "test_another_epoch_or_a_future_seq_is_reset_and_nothing_is_taken_until_the_next_hello")],
    "B5": [
        (BOARD, "test_movements_within_a_tenth_of_a_second_become_one_frame_and_are_never_stored"),
        ("storming/test_pulses.py", "test_a_promoted_note_pulses_with_its_types_traffic_and_the_board_does_not_grow"),
    ],
    "B6": [
        (STORM, "test_no_frame_of_anybody_elses_holds_it"),
        (STORM, "test_presence_says_nothing_of_where_one_writes"),
        (STORM, "test_neither_log_nor_snapshot_nor_anything_derived_holds_it"),
        (STORM, "test_others_can_neither_read_nor_change_nor_guess_it"),
    ],
    "B7": [
        (VOTES, "test_nobody_learns_of_anothers_ballot_before"),
        (VOTES, "test_no_frame_tells_what_was_voted"),
        (VOTES, "test_dots_are_counted_when_the_vote_is_closed"),
    ],
    "B8": [
        (WORKSHOP, "test_participants_edit_notes_and_facilitators_frames_and_lanes"),
        (WORKSHOP, "test_what_is_locked_stays_for_everybody_until_it_is_unlocked"),
        (WORKSHOP, "test_participants_set_nothing_and_strangers_see_nothing"),
    ],
    "B9": [
        (PAST, "test_the_board_can_be_read_as_it_was_after_any_operation"),
        (PAST, "test_replaying_the_pages_of_operations_gives_the_board"),
    ],
    "B10": [(WALL, "test_the_past_is_replayed_and_put_back_and_that_can_be_undone")],
    "B11": [(EXCHANGE, "test_a_board_file_comes_back_as_the_same_board")],
    "C1": [(CATALOG, "test_a_schema_version_is_neither_changed_nor_deleted")],
    "C2": [("schemas/test_check.py", "test_every_refusal_shows_a_document_that_both_validators_agree_on")],
    "C3": [("schemas/test_reading.py", "test_a_schema_that_cannot_be_relied_on_is_refused_with_its_reason")],
    "C4": [
        ("eventcatalog/test_facts.py", "test_a_crash_between_append_and_delete_doubles_nothing"),
        ("eventcatalog/test_facts.py", "test_a_crash_between_commit_and_append_loses_nothing"),
        ("eventcatalog/test_facts.py", "test_a_change_that_is_rolled_back_leaves_no_fact"),
    ],
    "P1": [
        (ACCESS, "test_a_stranger_cannot_tell_a_workspace_from_none"),
        (BOARD, "test_a_stranger_and_a_missing_board_are_closed_alike"),
    ],
    "P2": [
        (ACCESS, "test_a_guest_sees_one_board_and_nothing_else"),
        (ACCESS, "test_revoking_a_guest_link_ends_the_guests_access"),
        (ACCESS, "test_an_expired_guest_link_ends_too"),
    ],
    "P3": [
        (ACCESS, "test_a_key_is_stored_as_a_digest_and_works_as_bearer_and_as_basic_password"),
        (ACCESS, "test_a_revoked_or_invented_key_is_nobody"),
    ],
    "M1": [
        (MANY, "test_who_storms_at_one_process_is_seen_at_the_others_and_a_killed_process_loses_nothing"),
        (MANY, "test_an_edit_and_a_cursor_reach_people_of_other_processes_without_a_reload"),
    ],
    "M2": [(MANY, "test_what_is_appended_at_one_process_is_told_by_another_in_order_and_once")],
    "M3": [(MANY, "test_a_change_of_the_catalog_and_a_revoked_key_hold_at_every_process")],
    "M5": [
        (
            "many_processes/test_goodbye.py",
            "test_who_is_there_is_told_to_move_and_finds_everything_at_the_next_process",
        )
    ],
    "M4": [(MANY, "test_failed_sign_ins_are_counted_over_all_processes")],
}


def test_every_promise_names_its_tests_and_nothing_else_is_named():
    promised = re.findall(r"^- \*\*([A-Z]\d+)\*\*", (ROOT / "docs" / "guarantees.md").read_text(), re.MULTILINE)
    assert len(promised) == len(set(promised))
    assert set(promised) == set(SHOWN_BY)


@pytest.mark.parametrize("number", sorted(SHOWN_BY))
def test_the_tests_of_a_promise_exist(number: str):
    for file, name in SHOWN_BY[number]:
        assert re.search(rf"^(async )?def {name}\(", (ROOT / "tests" / file).read_text(), re.MULTILINE), (
            f"{file}::{name}"
        )
