"""The variables that a source may use, and how they are put in.

Source: https://argo-cd.readthedocs.io/en/stable/user-guide/build-environment/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from holdfast.model.application import ApplicationSource
from holdfast.model.rendering import RenderRequest

# `$name`, `${name}` and the one-character names of a shell; "${" without an end and "${}" vanish, as in Go's os.Expand.
_UNBRACED: Final = r"(?P<special>[*#$@!?0-9-])|(?P<plain>[A-Za-z_]\w*)"
_VARIABLE: Final = re.compile(rf"\$(?:\{{(?P<braced>[^}}]*)\}}|{_UNBRACED})", re.ASCII)
# A brace that is never closed is a name that nobody has.
_UNCLOSED: Final = re.compile(rf"\$(?:(?P<braced>\{{)|{_UNBRACED})", re.ASCII)


def variables(request: RenderRequest, source: ApplicationSource) -> dict[str, str]:
    revision = request.location.commit
    return {
        "ARGOCD_APP_NAME": request.app_name,
        "ARGOCD_APP_NAMESPACE": request.namespace,
        "ARGOCD_APP_PROJECT_NAME": request.project,
        "ARGOCD_APP_REVISION": revision,
        "ARGOCD_APP_REVISION_SHORT": revision[:7],
        "ARGOCD_APP_REVISION_SHORT_8": revision[:8],
        "ARGOCD_APP_SOURCE_PATH": source.path,
        "ARGOCD_APP_SOURCE_REPO_URL": source.repo_url,
        "ARGOCD_APP_SOURCE_TARGET_REVISION": source.target_revision,
        "KUBE_VERSION": request.kube_version.lstrip("v"),
        "KUBE_API_VERSIONS": ",".join(request.api_versions),
    }


def substitute(text: str, values: Mapping[str, str]) -> str:
    """`text` with its variables put in; an unknown one becomes nothing, `$$` one dollar sign."""

    def value_of(match: re.Match[str]) -> str:
        name = match["braced"] if match["braced"] is not None else match["special"] or match["plain"]
        return "$" if name == "$" else values.get(name, "")

    if "$" not in text:
        return text
    # Behind the last closing brace none is sought: that would take long for many that are open.
    closed = text.rfind("}") + 1
    return _VARIABLE.sub(value_of, text[:closed]) + _UNCLOSED.sub(value_of, text[closed:])
