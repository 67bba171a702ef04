"""The rules of SWORD 2.0, each in a sentence, with the tests that hold us to it: what the checklist reports.

The first number is that of the part: 1 service document, 2 creating, 3 retrieving, 4 changing, 5 receipt, 6 statement, 7 errors,
8 discovery and authentication. M is must, S should, O may; H is what the profile is silent about and clients need.
"""

WHOLE = "tests/sword/test_v2.py"
MORE = "tests/sword/test_v2_whole.py"
REFUSALS = "tests/sword/test_refusals.py"
WRONG = "tests/sword/test_wrong_requests.py"
HEADERS = "tests/sword/test_headers.py"
PARTS = "tests/sword/test_multipart.py"
ORDER = "tests/sword/test_order.py"
HOLDING = "tests/sword/test_holding.py"
SERVERS = "tests/sword/test_server.py"
WIRE = "tests/sword/test_recordings.py"
CLIENTS = "tests/sword/test_real_clients.py"
LIBRARY = "tests/sword/test_client_sword2.py"

_DOCUMENT = f"{WHOLE}::test_the_service_document_says_what_clients_need"
_WRONG = f"{WRONG}::test_a_wrong_request_is_refused_with_its_cause_and_place"
_RECEIPT = f"{WHOLE}::test_a_receipt_has_every_link_and_stands_at_its_edit_iri"
_PLACES = f"{REFUSALS}::test_wrong_addresses_and_methods_get_error_documents"

#: Number, words, and where the tests are.
RULES: dict[str, tuple[str, tuple[str, ...]]] = {
    "1.1": (
        "M: the service document is application/atomsvc+xml.",
        (f"{MORE}::test_the_service_document_has_the_type_of_atompub_and_no_empty_policy",),
    ),
    "1.2": ("M: sword:version is 2.0, a child of app:service.", (_DOCUMENT,)),
    "1.3": ("O: sword:maxUploadSize is in kilobytes.", (_DOCUMENT,)),
    "1.4": ("M: a collection has its address, a title, and both app:accept.", (_DOCUMENT,)),
    "1.5a": (
        "O: a policy, a treatment, an abstract, the packagings accepted; nothing empty.",
        (_DOCUMENT, f"{MORE}::test_the_service_document_has_the_type_of_atompub_and_no_empty_policy"),
    ),
    "1.5b": ("O: nested service documents.", (f"{MORE}::test_several_servers_have_each_a_service_document_of_its_own",)),
    "1.6": (
        "S: On-Behalf-Of lists what the pair may deposit into; mediation says whether it may.",
        (f"{MORE}::test_who_deposits_for_others_is_shown_where_the_pair_may_deposit", _DOCUMENT),
    ),
    "1.6a": (
        "S: only the collections the account may deposit into are listed.",
        (f"{SERVERS}::test_only_the_clients_named_may_deposit_and_only_where_they_may",),
    ),
    "1.7": (
        "S: wrong credentials are 401, an unknown On-Behalf-Of is 403 TargetOwnerUnknown.",
        (f"{WRONG}::test_a_wrong_password_is_challenged_in_a_document", _WRONG),
    ),
    "1.8": (
        "S: a collection is an Atom feed, in pages.",
        (f"{WHOLE}::test_feeds_list_deposits_and_files", f"{WHOLE}::test_a_feed_has_pages"),
    ),
    "1.9": ("H: a Col-IRI with a slash at its end is the same.", (f"{MORE}::test_a_collection_stands_at_its_address_with_a_slash_too",)),
    "2.1": (
        "M: POST of a file to the Col-IRI: 201, Location is the Edit-IRI, the receipt.",
        (f"{WHOLE}::test_a_binary_deposit_makes_a_work_named_after_its_file", _RECEIPT),
    ),
    "2.2": ("M: POST of a multipart.", (f"{WHOLE}::test_a_multipart_deposit_makes_a_work_of_both",)),
    "2.3": ("M: POST of an entry; the EM-IRI is there though it is empty.", (f"{WHOLE}::test_an_entry_makes_a_work",)),
    "2.4": (
        "M: Content-Disposition names the file; where nothing does, 400.",
        (f"{HEADERS}::test_the_file_name_is_found_in_every_form_of_a_content_disposition", f"{REFUSALS}::test_a_fault_of_protocol_is_refused_with_its_cause_and_kept"),
    ),
    "2.5": (
        "S: Content-MD5 is verified, in hexadecimal or base64, of the body and of each part.",
        (f"{HEADERS}::test_an_md5_is_taken_in_hexadecimal_and_in_base64", _WRONG),
    ),
    "2.6": ("M: a checksum that differs is 412 ErrorChecksumMismatch.", (_WRONG,)),
    "2.7": (
        "S: Packaging says what it is; absent means Binary; what is not offered is 415 ErrorContent.",
        (f"{HEADERS}::test_packaging_is_found_under_its_names", f"{SERVERS}::test_a_packaging_the_collection_does_not_accept_is_refused", _WRONG),
    ),
    "2.8": (
        "O: In-Progress keeps a deposit open; absent means false.",
        (f"{WHOLE}::test_a_deposit_in_progress_is_published_once_when_it_is_completed", f"{HEADERS}::test_absent_headers_mean_what_the_profile_says"),
    ),
    "2.9": (
        "O: On-Behalf-Of, where the server lets the client; the deposit is that account's.",
        (f"{SERVERS}::test_a_client_that_mediates_deposits_for_others_and_nobody_else_does",),
    ),
    "2.10": (
        "O: Slug, percent-encoded UTF-8, is kept.",
        (f"{HEADERS}::test_a_slug_is_percent_encoded_utf_8", f"{MORE}::test_a_slug_is_kept_and_shown"),
    ),
    "2.11": ("M: the receipt can be had at the Edit-IRI.", (_RECEIPT,)),
    "2.12": ("M: Dublin Core of the entry is recorded and reflected.", (f"{MORE}::test_a_receipt_reflects_every_term_of_dublin_core",)),
    "2.13": (
        "M: other foreign markup is no error.",
        (f"{HOLDING}::test_the_depositor_is_told_what_was_guessed", f"{WIRE}::test_a_recording_is_accepted_byte_for_byte"),
    ),
    "2.14": (
        "M: something is created or an error document is given, never silence.",
        (f"{REFUSALS}::test_a_fault_of_protocol_is_refused_with_its_cause_and_kept", f"{REFUSALS}::test_a_bug_of_ours_is_an_error_document_too_and_loses_nothing"),
    ),
    "2.15": (
        "H: multipart bodies as clients write them: LF, preambles, forms, base64 said or not.",
        (f"{PARTS}::test_line_ends_preamble_and_epilogue_do_not_matter", f"{WHOLE}::test_a_form_with_file_before_atom_makes_a_work_of_both", f"{PARTS}::test_an_entry_is_decoded_where_a_client_encodes_it_and_does_not_say_so"),
    ),
    "2.16": (
        "H: the same deposit again is answered with the receipt there is.",
        (f"{WRONG}::test_the_same_deposit_ten_times_is_one_work_and_nine_retries",),
    ),
    "3.1": ("S: GET Edit-IRI: 200 and the receipt.", (_RECEIPT,)),
    "3.2": (
        "S: GET EM-IRI without Accept-Packaging is SimpleZip, and says so in Packaging.",
        (f"{WHOLE}::test_a_simple_zip_makes_a_work_of_its_metadata_and_files",),
    ),
    "3.3": (
        "M: a known Accept-Packaging gives that packaging, another is 406 ErrorContent.",
        (f"{MORE}::test_content_comes_in_the_packaging_asked_for_by_any_of_its_names", f"{WHOLE}::test_another_packaging_cannot_be_had"),
    ),
    "3.4": ("S: a feed of the files, each with its edit-media link.", (f"{WHOLE}::test_feeds_list_deposits_and_files",)),
    "3.5": (
        "M: statements as Atom and as RDF; O: the Edit-IRI gives them to who asks.",
        (f"{MORE}::test_the_statement_can_be_had_as_a_resource_map", f"{MORE}::test_the_edit_iri_gives_what_is_asked_for", f"{MORE}::test_what_somebody_wants_is_found_in_what_there_is"),
    ),
    "3.6": ("S: what belongs to another account is not shown.", (f"{WHOLE}::test_nobody_touches_another_accounts_deposit",)),
    "4.1": ("M: PUT EM-IRI: 204; all content is replaced, In-Progress stays.", (f"{WHOLE}::test_content_is_replaced_at_the_em_iri_and_in_progress_stays",)),
    "4.2": ("M: PUT Edit-IRI, an entry: the metadata are replaced.", (f"{WHOLE}::test_metadata_are_replaced_at_the_edit_iri",)),
    "4.3": ("M: PUT Edit-IRI, a multipart: both are.", (f"{WHOLE}::test_both_are_replaced_at_the_edit_iri",)),
    "4.4": ("M: DELETE EM-IRI: 204; the container stays.", (f"{WHOLE}::test_content_is_deleted_and_the_container_stays",)),
    "4.5": (
        "M: POST EM-IRI, one file: 201, Location is its File-IRI; nothing is overwritten.",
        (f"{WHOLE}::test_files_are_added_without_overwriting_and_answered_with_their_own_iri",),
    ),
    "4.6": (
        "M: POST EM-IRI, a package: 201, Location is the EM-IRI.",
        (f"{WHOLE}::test_a_deposit_in_progress_is_published_once_when_it_is_completed",),
    ),
    "4.7": (
        "S: POST SE-IRI, an entry: 200; single values stay, others are added.",
        (f"{WHOLE}::test_an_entry_added_fills_what_was_open_and_overwrites_nothing",),
    ),
    "4.8": ("M: POST SE-IRI, a multipart: 201, Location is the EM-IRI.", (f"{WHOLE}::test_a_multipart_added_brings_both_and_points_at_the_em_iri",)),
    "4.9": ("M: its metadata cannot be irrelevant.", (f"{MORE}::test_a_multipart_added_cannot_be_without_metadata",)),
    "4.10": (
        "S: POST SE-IRI of nothing completes: 200 and the receipt.",
        (f"{WHOLE}::test_a_deposit_in_progress_is_published_once_when_it_is_completed", f"{WHOLE}::test_a_chunked_body_of_nothing_completes_too", f"{ORDER}::test_put_of_nothing_at_the_edit_iri_completes"),
    ),
    "4.11": ("M: DELETE Edit-IRI: 204, and 404 ever after.", (f"{WHOLE}::test_a_deleted_deposit_is_gone_for_ever_and_a_tombstone_to_harvesters",)),
    "4.12": (
        "M: PUT and DELETE of a File-IRI.",
        (f"{MORE}::test_one_file_is_replaced_and_the_others_stay", f"{WHOLE}::test_a_file_can_be_fetched_and_deleted_at_its_iri"),
    ),
    "4.13": (
        "H: ETags everywhere, If-Match honoured, never asked for.",
        (f"{MORE}::test_every_resource_has_an_etag_that_changes_with_it", f"{MORE}::test_a_change_that_means_what_is_not_there_any_more_is_refused",
            f"{MORE}::test_of_changes_at_once_that_mean_the_same_one_is_made",
        ),
    ),
    "4.14": ("S: Metadata-Relevant: false leaves the metadata in a package alone.", (f"{WHOLE}::test_a_deposit_in_progress_is_published_once_when_it_is_completed",)),
    "5.1": ("M: edit, edit-media, add, exactly one treatment.", (_RECEIPT,)),
    "5.2": ("O: packaging, verboseDescription, statements with their types to the letter, alternate.", (_RECEIPT, f"{MORE}::test_a_slug_is_kept_and_shown")),
    "5.3": ("S: originalDeposit in the reply to the deposit alone; derivedResource for each file.", (_RECEIPT,)),
    "5.4": ("M: id, title, updated, author, content (RFC 4287).", (_RECEIPT,)),
    "5.5": ("H: clients read it: python's library deposits from service document to deletion.", (
            f"{LIBRARY}::test_the_client_deposits_from_service_document_to_deletion",
            f"{LIBRARY}::test_the_client_makes_the_round_trip_in_every_packaging_offered",
        )),
    "6.1": ("M: the Atom statement: the state, the files, the original deposits with what is known of each.", (f"{WHOLE}::test_the_statement_tells_of_deposits_and_files",)),
    "6.2": ("O: depositedOnBehalfOf.", (f"{MORE}::test_a_statement_says_who_sent_it_and_for_whom",)),
    "6.3": ("M: the ORE statement: aggregation, state, original deposits.", (f"{MORE}::test_the_statement_can_be_had_as_a_resource_map",)),
    "7.1": ("M: each error has its IRI and status, its cause and place.", (_WRONG,)),
    "7.2": ("M: MediationNotAllowed is 412.", (f"{REFUSALS}::test_a_fault_of_protocol_is_refused_with_its_cause_and_kept",)),
    "7.3": ("M: MethodNotAllowed is 405, what is not there 404, never HTML, never empty.", (_PLACES,)),
    "7.4": ("M: MaxUploadSizeExceeded is 413.", (f"{REFUSALS}::test_a_fault_of_protocol_is_refused_with_its_cause_and_kept",)),
    "7.5": (
        "H: what is no request of HTTP is an error document too.",
        (f"{WIRE}::test_a_request_of_two_lengths_is_refused_in_words_and_taken_once_a_proxy_has_mended_it",),
    ),
    "7.6": ("H: wrong content is kept and held, not refused.", (f"{HOLDING}::test_wrong_content_is_held_and_told", f"{WRONG}::test_what_is_no_zip_is_kept_and_held_with_its_cause")),
    "7.7": ("H: a full disk is 503 with Retry-After.", (f"{REFUSALS}::test_a_full_disk_is_said_and_leaves_nothing",)),
    "8.1": ("S: pages lead programs to the service document and to what can be edited.", (f"{MORE}::test_pages_lead_programs_to_sword",)),
    "8.2": (
        "S: Basic, with a challenge on 401; tokens in every form clients send.",
        (f"{WRONG}::test_a_wrong_password_is_challenged_in_a_document", f"{MORE}::test_credentials_are_found_in_every_form", f"{CLIENTS}::test_ojs_deposits_an_article_described_twice_with_an_api_token"),
    ),
    "8.3": (
        "H: a stranger's body is not asked for (Expect: 100-continue).",
        (f"{REFUSALS}::test_a_stranger_who_expects_to_continue_is_not_let_to", f"{REFUSALS}::test_a_depositor_who_expects_to_continue_is_let_to"),
    ),
    "9.1": ("H: the recordings of real clients are accepted byte for byte.", (f"{WIRE}::test_a_recording_is_accepted_byte_for_byte", f"{WIRE}::test_what_was_sent_is_kept_byte_for_byte")),
    "9.2": (
        "H: what a client does otherwise is taken, and told; of one that does as the profile says nothing is.",
        (f"{WIRE}::test_a_recording_is_accepted_byte_for_byte", f"{CLIENTS}::test_nothing_is_told_of_a_client_that_does_as_the_profile_says"),
    ),
}  # fmt: skip
