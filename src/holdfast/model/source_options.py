"""What an Application's source says to Helm, Kustomize, plain directories and plug-ins."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from holdfast.model.fields import REQUIRED, ApiStruct, FreeForm, IntOrString, NeededStr


class NameValue(ApiStruct, frozen=True, kw_only=True):
    """A build variable, or a line of `info`."""

    name: NeededStr = ""
    value: NeededStr = ""


class HelmParameter(ApiStruct, frozen=True, kw_only=True):
    name: str = ""
    value: str = ""
    force_string: bool = False


class HelmFileParameter(ApiStruct, frozen=True, kw_only=True):
    name: str = ""
    path: str = ""


class HelmOptions(ApiStruct, frozen=True, kw_only=True):
    """`values` is YAML text; `values_object` wins over it; `parameters` win over both."""

    value_files: tuple[str, ...] = ()
    parameters: tuple[HelmParameter, ...] = ()
    release_name: str = ""
    values: str = ""
    file_parameters: tuple[HelmFileParameter, ...] = ()
    version: str = ""
    pass_credentials: bool = False
    ignore_missing_value_files: bool = False
    skip_crds: bool = False
    values_object: FreeForm | None = None
    namespace: str = ""
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()
    skip_tests: bool = False
    skip_schema_validation: bool = False


class KustomizeReplica(ApiStruct, frozen=True, kw_only=True):
    name: NeededStr = ""
    count: Annotated[IntOrString, REQUIRED] = 0


class KustomizeSelector(ApiStruct, frozen=True, kw_only=True):
    group: str = ""
    version: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""
    annotation_selector: str = ""
    label_selector: str = ""


class KustomizePatch(ApiStruct, frozen=True, kw_only=True):
    path: str = ""
    patch: str = ""
    target: KustomizeSelector | None = None
    options: dict[str, bool] = field(default_factory=dict)


class KustomizeOptions(ApiStruct, frozen=True, kw_only=True):
    name_prefix: str = ""
    name_suffix: str = ""
    images: tuple[str, ...] = ()
    common_labels: dict[str, str] = field(default_factory=dict)
    version: str = ""
    common_annotations: dict[str, str] = field(default_factory=dict)
    force_common_labels: bool = False
    force_common_annotations: bool = False
    namespace: str = ""
    common_annotations_envsubst: bool = False
    replicas: tuple[KustomizeReplica, ...] = ()
    patches: tuple[KustomizePatch, ...] = ()
    components: tuple[str, ...] = ()
    ignore_missing_components: bool = False
    label_without_selector: bool = False
    label_include_templates: bool = False
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()


class JsonnetVar(ApiStruct, frozen=True, kw_only=True):
    name: NeededStr = ""
    value: NeededStr = ""
    code: bool = False


class JsonnetOptions(ApiStruct, frozen=True, kw_only=True):
    ext_vars: tuple[JsonnetVar, ...] = ()
    tlas: tuple[JsonnetVar, ...] = ()
    libs: tuple[str, ...] = ()


class DirectoryOptions(ApiStruct, frozen=True, kw_only=True):
    recurse: bool = False
    jsonnet: JsonnetOptions = JsonnetOptions()
    include: str = ""
    exclude: str = ""
    disable_extension_filter: bool = False


class PluginParameter(ApiStruct, frozen=True, kw_only=True):
    name: str = ""
    string: str | None = None
    array: tuple[str, ...] | None = None
    map: dict[str, str] | None = None


class Announcement(ApiStruct, frozen=True, kw_only=True):
    """A parameter that a plugin understands. `item_type` is string, number or boolean, `collection_type` string, array or
    map; the field of that name holds what counts when the application says nothing."""

    name: str = ""
    title: str = ""
    tooltip: str = ""
    required: bool = False
    item_type: str = ""
    collection_type: str = ""
    string: str = ""
    array: tuple[str, ...] = ()
    map: dict[str, str] = field(default_factory=dict)


class PluginOptions(ApiStruct, frozen=True, kw_only=True):
    name: str = ""
    env: tuple[NameValue, ...] = ()
    parameters: tuple[PluginParameter, ...] = ()
