"""How the fields of our custom resources are declared, so that one text serves decoding and the schema.

Every field has a default, so that an incomplete object can be decoded and judged; what the schema demands is marked
`REQUIRED`. Names follow Kubernetes' camelCase unless given.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from msgspec import Meta, Struct, field


class ApiStruct(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Root of what our custom resources are made of: read, never written back over the object it came from."""


REQUIRED = Meta(extra={"required": True})
"""The schema refuses the object when this field is absent."""

OPAQUE = Meta(extra={"free_form": True})
"""The schema takes any object, or list of objects, although we know its fields: what is nested would make it too large, or
is written by the controller alone, so often that the server had better not judge it each time."""
NEEDED_OPAQUE = Meta(extra={"required": True, "free_form": True})

FreeForm: TypeAlias = dict[str, Any]
"""An object whose fields are not ours to know: pod templates, Helm values, results of plug-ins."""

IntOrString: TypeAlias = int | str
"""A count or a percentage."""

Time: TypeAlias = Annotated[str, Meta(extra={"format": "date-time"})]
"""An instant in RFC 3339, as text."""

NeededStr: TypeAlias = Annotated[str, REQUIRED]
NeededInt: TypeAlias = Annotated[int, REQUIRED]
NeededBool: TypeAlias = Annotated[bool, REQUIRED]
NeededStrs: TypeAlias = Annotated[tuple[str, ...], REQUIRED]
NeededTime: TypeAlias = Annotated[str, Meta(extra={"required": True, "format": "date-time"})]


def one_of(*values: str) -> Meta:
    """The schema refuses other values; decoding keeps them."""
    return Meta(extra={"enum": values})


class LabelSelectorRequirement(ApiStruct, frozen=True, kw_only=True):
    key: NeededStr = ""
    operator: NeededStr = ""
    values: tuple[str, ...] = ()


class LabelSelector(ApiStruct, frozen=True, kw_only=True):
    """All of both must hold; without any it selects everything."""

    match_labels: dict[str, str] = field(default_factory=dict)
    match_expressions: tuple[LabelSelectorRequirement, ...] = ()
