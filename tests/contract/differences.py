"""Where the sandbox answers otherwise than the real server, and why that is left: by the name of the test."""

from __future__ import annotations

_GO = "the message shows a value as Go prints maps"
_RULES = "rules in CEL are not evaluated: definitions that need them are rare among those that the sandbox is for"
_STATUS = "a status is written by simulators, and not judged"
_TIMES = "times that a condition leaves out are stored as null by Go's types alone"
_STORED = "status.storedVersions of a definition is not judged, as nobody writes it"
_WARNED = "warnings of what is legal in a Pod are not given"
_BALANCED = "the status of a Service has no default ipMode, its write no labels, and a node port is given in any case"
_HIDDEN = "a second variable of the same name is stored, without the warning and with plain ownership"

DIFFERENCES: dict[str, str] = {
    "test_directives_of_a_strategic_patch[an item without its key]": _GO,
    "test_directives_of_a_strategic_patch[an unknown directive]": _GO,
    "test_malformed_patches_are_refused[strategic patch of a wrong type]": _GO,
    "test_what_breaks_the_schema_is_invalid[a rule]": _RULES,
    "test_a_status_that_makes_no_sense_is_invalid": _STATUS,
    "test_conditions_merge_by_type": _TIMES,
    "test_definitions_that_make_no_sense_are_invalid[no storage version]": _STORED,
    "test_definitions_that_make_no_sense_are_invalid[no versions]": _STORED,
    "test_what_may_not_change[claims of a StatefulSet]": _GO,
    "test_what_may_not_change[modes of a claim]": _GO,
    "test_defaults[Deployment with everything]": _WARNED,
    "test_the_status_is_written_by_its_own_path_alone[Service]": _BALANCED,
    "test_duplicate_keys_that_were_created_stay": _HIDDEN,
}
