"""Where the sandbox answers otherwise than the real server, and why that is left: by the name of the test."""

from __future__ import annotations

_RULES = (
    "rules in CEL are not evaluated: the libraries at hand lack Kubernetes' own functions, and what a user wrote must be "
    "possible to stop, so that it could not run in the process that serves"
)

DIFFERENCES: dict[str, str] = {
    "test_what_breaks_the_schema_is_invalid[a rule]": _RULES,
}
