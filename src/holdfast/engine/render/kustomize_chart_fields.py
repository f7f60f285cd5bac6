"""What kustomizations say of charts, read as kustomize reads it: `helmCharts`, `helmGlobals`, the older
`helmChartInflationGenerator`, and documents of the kind HelmChartInflationGenerator among the generators.

Source: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/helmcharts/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct, field, structs

from holdfast.model.errors import Blocked

CHARTS: Final = "helmCharts"
GLOBALS: Final = "helmGlobals"
OLDER: Final = "helmChartInflationGenerator"
FIELDS: Final = (CHARTS, GLOBALS, OLDER)
GENERATOR: Final = "HelmChartInflationGenerator"
_BUILTIN: Final = "builtin"

_T = TypeVar("_T", bound=Struct)


class Chart(Struct, rename="camel", forbid_unknown_fields=True):
    name: str = ""
    version: str = ""
    repo: str = ""
    release_name: str = ""
    namespace: str = ""
    values_file: str = ""
    additional_values_files: list[str] = []
    values_inline: dict[str, Any] | None = None
    values_merge: str = ""
    include_crds: bool = field(default=False, name="includeCRDs")
    skip_hooks: bool = False
    skip_tests: bool = False
    api_versions: list[str] = []
    kube_version: str = ""
    name_template: str = ""
    debug: bool = False
    devel: bool = False


class Charts(Struct, frozen=True):
    """`home` is the folder that holds those of the repository, "" for the usual one."""

    charts: tuple[Chart, ...]
    home: str = ""


class _Globals(Struct, rename="camel", forbid_unknown_fields=True):
    chart_home: str = ""
    config_home: str = ""


class _Generator(Chart, rename="camel", forbid_unknown_fields=False):
    """Both in one document, in which kustomize passes over what it does not know."""

    chart_home: str = ""
    config_home: str = ""


class _Older(Struct, rename="camel", forbid_unknown_fields=True):
    """What kustomize reads of it, and what it takes and leaves alone."""

    chart_name: str = ""
    chart_version: str = ""
    chart_repo_url: str = ""
    chart_home: str = ""
    values: str = ""
    values_local: dict[str, Any] | None = None
    values_merge: str = ""
    release_name: str = ""
    chart_repo_name: Any = None
    helm_bin: Any = None
    helm_home: Any = None
    release_namespace: Any = None
    extra_args: Any = None


def named_in(said: Mapping[str, Any]) -> str:
    """The field by which the kustomization inflates charts; "" when it does not."""
    return next((name for name in (CHARTS, OLDER) if said.get(name)), "")


def of_kustomization(file: str, said: Mapping[str, Any]) -> Charts:
    """`said` being the fields of the kustomization in their exact spelling. Raises Blocked."""
    listed = [_read(file, CHARTS, one, Chart) for one in _entries(file, said, CHARTS)]
    older = [_read(file, OLDER, one, _Older) for one in _entries(file, said, OLDER)]
    home = next((one.chart_home for one in reversed(older) if one.chart_home), "")
    if said.get(GLOBALS):
        home = _read(file, GLOBALS, said[GLOBALS], _Globals).chart_home
    return Charts((*listed, *map(_of_older, older)), home)


def is_generator(document: Any) -> bool:
    return (
        isinstance(document, Mapping)
        and document.get("kind") == GENERATOR
        and str(document.get("apiVersion") or "") == _BUILTIN
    )


def of_generator(file: str, document: Mapping[str, Any]) -> Charts:
    """The chart of a document that `is_generator`. Raises Blocked."""
    about = {key: value for key, value in document.items() if key not in ("apiVersion", "kind", "metadata")}
    said = _read(file, GENERATOR, about, _Generator)
    fields = {name: getattr(said, name) for name in Chart.__struct_fields__}
    return Charts((Chart(**fields),), said.chart_home)


def _of_older(said: _Older) -> Chart:
    return Chart(
        name=said.chart_name,
        version=said.chart_version,
        repo=said.chart_repo_url,
        values_file=said.values,
        values_inline=said.values_local,
        values_merge=said.values_merge,
        release_name=said.release_name,
    )


def _entries(file: str, said: Mapping[str, Any], name: str) -> list[Any]:
    found = said.get(name) or []
    if not isinstance(found, list):
        raise Blocked("KustomizeFailed", f"{file}: {name}: a list is expected")
    return found


def _read(file: str, name: str, content: Any, shape: type[_T]) -> _T:
    """kustomize reads names of fields in any case, and takes null for nothing."""
    if not isinstance(content, Mapping):
        raise Blocked("KustomizeFailed", f"{file}: {name}: a mapping is expected")
    known = {one.encode_name.lower(): one.encode_name for one in structs.fields(shape)}
    exact = {known.get(str(key).lower(), key): value for key, value in content.items() if value is not None}
    try:
        return msgspec.convert(exact, shape)
    except msgspec.ValidationError as error:
        raise Blocked("KustomizeFailed", f"{file}: {name}: {error}") from error
