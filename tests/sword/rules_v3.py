"""The rules of SWORD 3.0, each in a sentence, with the tests that hold us to it: what the checklist reports.

The first number is that of the specification's part: 1 operations, 2 headers, 3 service document, 4 status document, 5 documents and
uploads, 6 concurrency, 7 errors, 8 discovery and authentication.
"""

DEPOSITS = "tests/sword/v3/test_deposits.py"
REFUSALS = "tests/sword/v3/test_refusals.py"
SEGMENTS = "tests/sword/v3/test_segments.py"
REFERENCES = "tests/sword/v3/test_references.py"
READER = "tests/metadata/test_reader_sword.py"

#: Number, words, and where the tests are.
RULES: dict[str, tuple[str, tuple[str, ...]]] = {
    "1.1": (
        "GET Service-URL: 200 and a service document; the root lists the services its client may deposit to.",
        (
            f"{DEPOSITS}::test_the_root_lists_the_services_and_takes_nothing_itself",
            f"{DEPOSITS}::test_a_service_says_what_it_takes",
        ),
    ),
    "1.2a": ("POST Service-URL, metadata: 201, Location is the Object-URL.", (f"{DEPOSITS}::test_metadata_make_a_work",)),
    "1.2b": ("POST Service-URL, a file: it is an originalDeposit.", (f"{DEPOSITS}::test_a_file_makes_a_work_named_after_it",)),
    "1.2c": ("POST Service-URL, a package: unpacked into derived resources.", (f"{DEPOSITS}::test_a_package_is_unpacked",)),
    "1.2d": ("POST Service-URL, by reference: 202, fetched later.", (f"{REFERENCES}::test_a_file_is_fetched_and_taken_in",)),
    "1.2e": ("POST Service-URL, metadata and by reference.", (f"{REFERENCES}::test_metadata_and_files_come_together",)),
    "1.2f": ("POST Service-URL, empty: an object without content.", (f"{DEPOSITS}::test_an_object_may_begin_with_nothing",)),
    "1.2g": ("The Status document can be had at once, after 202 too.", (f"{REFERENCES}::test_a_file_is_fetched_and_taken_in",)),
    "1.3": ("GET Object-URL: 200, the Status document and an ETag.", (f"{REFUSALS}::test_etags_and_if_match",)),
    "1.4a": ("POST Object-URL adds; nothing is overwritten.", (f"{DEPOSITS}::test_nothing_that_is_added_overwrites",)),
    "1.4b": ("POST Object-URL, metadata: those that are there stay.", (f"{DEPOSITS}::test_adding_and_completing",)),
    "1.4c": ("POST Object-URL, binary: Location is the File-URL.", (f"{DEPOSITS}::test_adding_and_completing",)),
    "1.4d": ("POST Object-URL, empty: 204, the deposit is complete.", (f"{DEPOSITS}::test_adding_and_completing",)),
    "1.5a": (
        "PUT Object-URL, metadata: all files are removed.",
        (f"{DEPOSITS}::test_replacing_an_object_by_metadata_removes_its_files",),
    ),
    "1.5b": (
        "PUT Object-URL, a file: all else is removed, the metadata too.",
        (f"{DEPOSITS}::test_replacing_an_object_by_a_file_empties_its_metadata",),
    ),
    "1.5c": ("PUT Object-URL, a package.", (f"{DEPOSITS}::test_replacing_an_object_by_a_package",)),
    "1.5d": (
        "PUT Object-URL, by reference: what was there goes at once.",
        (f"{REFERENCES}::test_an_object_is_replaced_by_reference",),
    ),
    "1.6": ("DELETE Object-URL: 204, then 404.", (f"{DEPOSITS}::test_a_deleted_object_is_gone",)),
    "1.7": (
        "GET Metadata-URL: the default format and an ETag.",
        (f"{DEPOSITS}::test_our_own_metadata_document_comes_back_the_same",),
    ),
    "1.8": (
        "PUT Metadata-URL: 204, all metadata are replaced.",
        (
            f"{DEPOSITS}::test_replacing_metadata_keeps_files",
            f"{DEPOSITS}::test_replacing_metadata_leaves_an_object_in_progress",
        ),
    ),
    "1.9": (
        "DELETE Metadata-URL: 204; actions say where it cannot be done.",
        (f"{DEPOSITS}::test_deleting_metadata", f"{DEPOSITS}::test_the_metadata_of_a_work_without_files_stay"),
    ),
    "1.10a": ("PUT FileSet-URL, a file: 204, the set is that file.", (f"{DEPOSITS}::test_replacing_and_deleting_the_file_set",)),
    "1.10b": (
        "PUT FileSet-URL, by reference: the old files go before the new are fetched.",
        (f"{REFERENCES}::test_a_file_set_that_is_replaced_goes_at_once",),
    ),
    "1.11": ("DELETE FileSet-URL: 204.", (f"{DEPOSITS}::test_replacing_and_deleting_the_file_set",)),
    "1.12": ("GET File-URL: the file and an ETag.", (f"{DEPOSITS}::test_a_file_makes_a_work_named_after_it",)),
    "1.13": (
        "PUT File-URL: 204; by reference with exactly one file.",
        (f"{DEPOSITS}::test_replacing_and_deleting_a_file", f"{REFERENCES}::test_files_are_added_and_replaced_by_reference"),
    ),
    "1.14": ("DELETE File-URL: 204.", (f"{DEPOSITS}::test_replacing_and_deleting_a_file",)),
    "1.15": (
        "POST Staging-URL: 201, Location is the Temporary-URL.",
        (f"{SEGMENTS}::test_segments_in_any_order_and_at_the_same_time_become_one_file",),
    ),
    "1.16": (
        "GET Temporary-URL: the document of the upload, never its bytes.",
        (f"{SEGMENTS}::test_segments_in_any_order_and_at_the_same_time_become_one_file",),
    ),
    "1.17": (
        "POST Temporary-URL: 204, in any order and in parallel.",
        (
            f"{SEGMENTS}::test_segments_in_any_order_and_at_the_same_time_become_one_file",
            f"{SEGMENTS}::test_every_order_of_segments_gives_the_same_bytes",
        ),
    ),
    "1.18": ("DELETE Temporary-URL: 204.", (f"{SEGMENTS}::test_an_upload_can_be_given_up_and_is_after_a_while",)),
    "2.1": ("Content-Disposition says what a request carries.", (f"{REFUSALS}::test_a_fault_of_protocol_is_refused",)),
    "2.2": (
        "A file name beyond Latin-1 comes as filename* (RFC 5987), and may be left out.",
        (f"{REFUSALS}::test_a_name_beyond_latin_is_kept", f"{REFUSALS}::test_a_file_without_a_name_gets_one"),
    ),
    "2.3": ("Digest: every announced algorithm is verified.", (f"{REFUSALS}::test_every_digest_we_announce_is_verified",)),
    "2.4": (
        "Forms of headers that clients in use send are taken, with a warning.",
        (f"{REFUSALS}::test_the_forms_of_real_clients_are_taken_and_noted",),
    ),
    "2.5": ("In-Progress: absent is false.", (f"{DEPOSITS}::test_metadata_make_a_work",)),
    "2.6": ("On-Behalf-Of: where it is allowed.", (f"{REFUSALS}::test_who_may_speak_for_others_does",)),
    "2.7": ("Packaging: absent is Binary, which is not unpacked.", (f"{DEPOSITS}::test_a_file_makes_a_work_named_after_it",)),
    "2.8": ("Metadata-Format: absent is the default.", (f"{DEPOSITS}::test_metadata_in_another_format",)),
    "3.1": ("The service document has all that must be in it.", (f"{DEPOSITS}::test_a_service_says_what_it_takes",)),
    "3.2": (
        "Sizes are bytes, and are kept to.",
        (f"{REFUSALS}::TestSmallLimit::test_a_body_that_is_too_large_is_refused_and_what_may_be_sent_is_told",),
    ),
    "4.1": ("actions has the nine booleans.", (f"{DEPOSITS}::test_an_object_may_begin_with_nothing",)),
    "4.2": (
        "state has one of the standard's, and ours beside it.",
        (f"{DEPOSITS}::test_what_cannot_be_understood_is_held_with_its_cause",),
    ),
    "4.3": ("links have rel, status and log.", (f"{DEPOSITS}::test_what_cannot_be_understood_is_held_with_its_cause",)),
    "4.4": (
        "A file that is fetched goes from pending to ingested, or to error with a log.",
        (
            f"{REFERENCES}::test_a_file_is_fetched_and_taken_in",
            f"{REFERENCES}::test_what_never_comes_is_held_with_its_reason_and_can_be_sent",
        ),
    ),
    "5.1": ("Default metadata: dc and dcterms.", (f"{READER}::test_the_sample_is_read_by_its_reader_alone",)),
    "5.2": ("A document we wrote can be sent back.", (f"{READER}::test_what_we_write_we_read_again",)),
    "5.3": ("By reference: asynchronously.", (f"{REFERENCES}::test_a_file_is_fetched_and_taken_in",)),
    "5.4": (
        "By reference: digest, length, packaging and size are verified; private networks and redirections are refused.",
        (f"{REFERENCES}::test_what_no_further_try_would_mend_is_held_at_once",),
    ),
    "5.5": (
        "By reference: what fails for a while is tried again.",
        (f"{REFERENCES}::test_what_fails_for_a_while_is_asked_for_again_ever_more_slowly",),
    ),
    "5.6": ("dereference false: only the link is kept.", (f"{REFERENCES}::test_a_link_that_is_not_to_be_fetched_is_kept",)),
    "5.7": (
        "byReferenceDeposit is dropped when it is done.",
        (f"{SEGMENTS}::test_segments_in_any_order_and_at_the_same_time_become_one_file",),
    ),
    "5.8": ("Segments survive a restart.", (f"{SEGMENTS}::test_an_upload_outlives_a_restart",)),
    "5.9": (
        "An idle upload is given up after stagingMaxIdle, and what is sent keeps it alive.",
        (
            f"{SEGMENTS}::test_an_upload_can_be_given_up_and_is_after_a_while",
            f"{SEGMENTS}::test_what_is_sent_keeps_an_upload_alive",
        ),
    ),
    "5.10": ("A segment nobody expects, or of a wrong size, is refused.", (f"{SEGMENTS}::test_what_does_not_fit_is_refused",)),
    "6.1": (
        "A wrong If-Match is 412; none is asked for; changes travel up, not down.",
        (f"{REFUSALS}::test_etags_and_if_match",),
    ),
    "7.1": ("Every type of the table has its status.", (f"{REFUSALS}::test_every_type_of_the_table_has_its_status",)),
    "7.2": (
        "Every refusal has a document, with a log and a reference.",
        (
            f"{REFUSALS}::test_a_fault_of_protocol_is_refused",
            f"{REFUSALS}::test_what_is_not_there_is_404_and_what_cannot_be_done_405",
        ),
    ),
    "7.3": ("What belongs elsewhere is refused there.", (f"{REFUSALS}::test_what_belongs_elsewhere_is_refused_there",)),
    "8.1": (
        "/.well-known/swordv3 leads to the root; pages name the service.",
        (f"{DEPOSITS}::test_the_well_known_address_leads_to_the_root", f"{DEPOSITS}::test_pages_lead_programs_to_the_service"),
    ),
    "8.2": ("No credentials are 401, wrong ones 403.", (f"{REFUSALS}::test_a_fault_of_protocol_is_refused",)),
    "8.3": ("An object is its depositor's own.", (f"{REFUSALS}::test_an_object_is_its_depositors_own",)),
    "9.1": (
        "sword3client: its recorded requests byte for byte, and a round trip.",
        (
            "tests/sword/v3/test_recordings.py::test_recorded_requests_are_understood",
            "tests/sword/v3/test_client_sword3.py::test_the_client_deposits_from_service_document_to_deletion",
            "tests/sword/v3/test_client_sword3.py::test_the_client_sends_segments_and_files_by_reference",
        ),
    ),
}
