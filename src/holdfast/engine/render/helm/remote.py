"""Values files that stand at an address instead of in a repository.

Source: Argo CD, docs/user-guide/helm.md, "Values Files", and the key `helm.valuesFileSchemes` of argocd-cm.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from holdfast.engine.render import build_environment
from holdfast.model.errors import Blocked
from holdfast.model.source_options import HelmOptions
from holdfast.model.web_addresses import parts_of

MAX_FILES: Final = 20
DEFAULT_SCHEMES: Final = ("https", "http")
_SERVED: Final = frozenset(DEFAULT_SCHEMES)
_REMOTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def is_remote(path: str) -> bool:
    return _REMOTE.match(path) is not None


def schemes(said: str | None) -> tuple[str, ...]:
    """What `helm.valuesFileSchemes` allows; None where argocd-cm has no such key. An empty one allows nothing."""
    if said is None:
        return DEFAULT_SCHEMES
    return tuple(one.strip() for one in said.split(",") if one.strip())


def is_scheme_allowed(scheme: str, allowed: Sequence[str]) -> bool:
    return bool(scheme) and scheme.lower() in {one.lower() for one in allowed}


def wanted(options: HelmOptions | None, variables: Mapping[str, str]) -> tuple[str, ...]:
    """The addresses that values files and file parameters name. Raises Blocked when they are too many."""
    if options is None:
        return ()
    named = (*options.value_files, *(one.path for one in options.file_parameters))
    paths = dict.fromkeys(build_environment.substitute(one, variables) for one in named)
    found = tuple(path for path in paths if is_remote(path))
    if len(found) > MAX_FILES:
        raise Blocked(
            "SourceUnsupported", f"helm.valueFiles names {len(found)} addresses, and at most {MAX_FILES} are asked"
        )
    return found


def check(url: str, allowed: Sequence[str]) -> None:
    """Raises Blocked when this instance does not read such an address."""
    scheme = parts_of(url).scheme
    if not scheme:
        raise Blocked("SourceUnsupported", f"values file {shown(url)}: this is no address")
    if not is_scheme_allowed(scheme, allowed):
        raise Blocked(
            "SourceUnsupported",
            f"values file {shown(url)}: the scheme {scheme} is not allowed. Allowed is {', '.join(allowed) or 'none'}: "
            "commit the file to the repository, or have helm.valuesFileSchemes in argocd-cm changed",
        )
    if scheme.lower() not in _SERVED:
        raise Blocked(
            "SourceUnsupported",
            f"values file {shown(url)}: {scheme} needs a plugin of Helm, and none is there: use an https address",
        )


def shown(url: str) -> str:
    """Without user, password and query, which may be secret; of what is no address, the scheme."""
    parts = parts_of(url)
    return f"{parts.scheme or url.partition(':')[0]}://{parts.netloc.rpartition('@')[2]}{parts.path}"[:200]
