"""The values of a chart that a kustomization inflates, put together as kustomize does it.

Source: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/helmcharts/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from holdfast.engine.render.helm import values

OVERRIDE: Final = "override"
MERGE: Final = "merge"
REPLACE: Final = "replace"
WAYS: Final = (OVERRIDE, MERGE, REPLACE)
"""What `valuesMerge` may be."""


def composed(
    own: Mapping[str, Any], inline: Mapping[str, Any], way: str, more: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """`own` are those of the values file or of the chart, `inline` those of the kustomization, and `more` those of the
    further files, each of which is stronger than all before."""
    if not inline:
        given = dict(own)
    elif way == REPLACE:
        given = dict(inline)
    elif way == MERGE:
        given = _patched(inline, own)
    else:
        given = _patched(own, inline)
    for one in more:
        given = values.merged(given, dict(one))
    return given


def _patched(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Mappings merge; null takes a field away here already, so that a default of the chart shows again."""
    result = dict(base)
    for key, value in over.items():
        known = result.get(key)
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            result[key] = _patched(known if isinstance(known, dict) else {}, value)
        else:
            result[key] = value
    return result
