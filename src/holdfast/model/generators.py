"""The generators of an ApplicationSet: where the parameters of its Applications come from."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import field

from holdfast.model.application import ApplicationSpec
from holdfast.model.fields import OPAQUE, REQUIRED, ApiStruct, FreeForm, LabelSelector, NeededStr, NeededStrs


class SecretRef(ApiStruct, frozen=True, kw_only=True):
    secret_name: NeededStr = ""
    key: NeededStr = ""


class ConfigMapKeyRef(ApiStruct, frozen=True, kw_only=True):
    config_map_name: NeededStr = ""
    key: NeededStr = ""


class TemplateMetadata(ApiStruct, frozen=True, kw_only=True):
    name: str = ""
    namespace: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    finalizers: tuple[str, ...] = ()


class ApplicationSetTemplate(ApiStruct, frozen=True, kw_only=True):
    """Values may hold placeholders."""

    metadata: Annotated[TemplateMetadata, REQUIRED] = TemplateMetadata()
    spec: Annotated[ApplicationSpec, REQUIRED] = ApplicationSpec()


class ListGenerator(ApiStruct, frozen=True, kw_only=True):
    elements: tuple[Any, ...] = ()
    template: ApplicationSetTemplate | None = None
    elements_yaml: str = ""


class ClusterGenerator(ApiStruct, frozen=True, kw_only=True):
    selector: LabelSelector = LabelSelector()
    template: ApplicationSetTemplate | None = None
    values: dict[str, str] = field(default_factory=dict)
    flat_list: bool = False


class DuckTypeGenerator(ApiStruct, frozen=True, kw_only=True):
    """Clusters that another resource names in its status."""

    config_map_ref: NeededStr = ""
    name: str = ""
    requeue_after_seconds: int | None = None
    label_selector: LabelSelector = LabelSelector()
    template: ApplicationSetTemplate | None = None
    values: dict[str, str] = field(default_factory=dict)


class GitDirectoryItem(ApiStruct, frozen=True, kw_only=True):
    path: NeededStr = ""
    exclude: bool = False


class GitFileItem(ApiStruct, frozen=True, kw_only=True):
    path: NeededStr = ""
    exclude: bool = False


class GitGenerator(ApiStruct, frozen=True, kw_only=True):
    repo_url: NeededStr = field(default="", name="repoURL")
    directories: tuple[GitDirectoryItem, ...] = ()
    files: tuple[GitFileItem, ...] = ()
    revision: NeededStr = ""
    requeue_after_seconds: int | None = None
    template: ApplicationSetTemplate | None = None
    path_param_prefix: str = ""
    values: dict[str, str] = field(default_factory=dict)


class ScmGitea(ApiStruct, frozen=True, kw_only=True):
    owner: NeededStr = ""
    api: NeededStr = ""
    token_ref: SecretRef | None = None
    all_branches: bool = False
    insecure: bool = False
    exclude_archived_repos: bool = False


class ScmGithub(ApiStruct, frozen=True, kw_only=True):
    organization: NeededStr = ""
    api: str = ""
    token_ref: SecretRef | None = None
    app_secret_name: str = ""
    all_branches: bool = False
    exclude_archived_repos: bool = False


class ScmGitlab(ApiStruct, frozen=True, kw_only=True):
    group: NeededStr = ""
    include_subgroups: bool = False
    api: str = ""
    token_ref: SecretRef | None = None
    all_branches: bool = False
    insecure: bool = False
    include_shared_projects: bool | None = None
    topic: str = ""
    ca_ref: ConfigMapKeyRef | None = None
    include_archived_repos: bool = False


class ScmBitbucket(ApiStruct, frozen=True, kw_only=True):
    owner: NeededStr = ""
    user: NeededStr = ""
    app_password_ref: Annotated[SecretRef, REQUIRED] = SecretRef()
    all_branches: bool = False


class BearerToken(ApiStruct, frozen=True, kw_only=True):
    token_ref: Annotated[SecretRef, REQUIRED] = SecretRef()


class BasicAuth(ApiStruct, frozen=True, kw_only=True):
    username: NeededStr = ""
    password_ref: Annotated[SecretRef, REQUIRED] = SecretRef()


class ScmBitbucketServer(ApiStruct, frozen=True, kw_only=True):
    project: NeededStr = ""
    api: NeededStr = ""
    basic_auth: BasicAuth | None = None
    all_branches: bool = False
    bearer_token: BearerToken | None = None
    insecure: bool = False
    ca_ref: ConfigMapKeyRef | None = None


class ScmAzureDevOps(ApiStruct, frozen=True, kw_only=True):
    organization: NeededStr = ""
    api: str = ""
    team_project: NeededStr = ""
    access_token_ref: Annotated[SecretRef, REQUIRED] = SecretRef()
    all_branches: bool = False


class TagFilter(ApiStruct, frozen=True, kw_only=True):
    key: NeededStr = ""
    value: str = ""


class ScmAwsCodeCommit(ApiStruct, frozen=True, kw_only=True):
    tag_filters: tuple[TagFilter, ...] = ()
    role: str = ""
    region: str = ""
    all_branches: bool = False


class ScmFilter(ApiStruct, frozen=True, kw_only=True):
    repository_match: str | None = None
    paths_exist: tuple[str, ...] = ()
    paths_do_not_exist: tuple[str, ...] = ()
    label_match: str | None = None
    branch_match: str | None = None


class ScmProviderGenerator(ApiStruct, frozen=True, kw_only=True):
    github: ScmGithub | None = None
    gitlab: ScmGitlab | None = None
    bitbucket: ScmBitbucket | None = None
    bitbucket_server: ScmBitbucketServer | None = None
    gitea: ScmGitea | None = None
    azure_dev_ops: ScmAzureDevOps | None = None
    filters: tuple[ScmFilter, ...] = ()
    clone_protocol: str = ""
    requeue_after_seconds: int | None = None
    template: ApplicationSetTemplate | None = None
    values: dict[str, str] = field(default_factory=dict)
    aws_code_commit: ScmAwsCodeCommit | None = None


class PullRequestGitea(ApiStruct, frozen=True, kw_only=True):
    owner: NeededStr = ""
    repo: NeededStr = ""
    api: NeededStr = ""
    token_ref: SecretRef | None = None
    insecure: bool = False
    labels: tuple[str, ...] = ()


class PullRequestAzureDevOps(ApiStruct, frozen=True, kw_only=True):
    organization: NeededStr = ""
    project: NeededStr = ""
    repo: NeededStr = ""
    api: str = ""
    token_ref: SecretRef | None = None
    labels: tuple[str, ...] = ()


class PullRequestGithub(ApiStruct, frozen=True, kw_only=True):
    owner: NeededStr = ""
    repo: NeededStr = ""
    api: str = ""
    token_ref: SecretRef | None = None
    app_secret_name: str = ""
    labels: tuple[str, ...] = ()


class PullRequestGitlab(ApiStruct, frozen=True, kw_only=True):
    project: NeededStr = ""
    api: str = ""
    token_ref: SecretRef | None = None
    labels: tuple[str, ...] = ()
    pull_request_state: str = ""
    insecure: bool = False
    ca_ref: ConfigMapKeyRef | None = None


class PullRequestBitbucketServer(ApiStruct, frozen=True, kw_only=True):
    project: NeededStr = ""
    repo: NeededStr = ""
    api: NeededStr = ""
    basic_auth: BasicAuth | None = None
    bearer_token: BearerToken | None = None
    insecure: bool = False
    ca_ref: ConfigMapKeyRef | None = None


class PullRequestBitbucket(ApiStruct, frozen=True, kw_only=True):
    owner: NeededStr = ""
    repo: NeededStr = ""
    api: str = ""
    basic_auth: BasicAuth | None = None
    bearer_token: BearerToken | None = None


class PullRequestFilter(ApiStruct, frozen=True, kw_only=True):
    branch_match: str | None = None
    target_branch_match: str | None = None
    title_match: str | None = None


class PullRequestGenerator(ApiStruct, frozen=True, kw_only=True):
    github: PullRequestGithub | None = None
    gitlab: PullRequestGitlab | None = None
    gitea: PullRequestGitea | None = None
    bitbucket_server: PullRequestBitbucketServer | None = None
    filters: tuple[PullRequestFilter, ...] = ()
    requeue_after_seconds: int | None = None
    template: ApplicationSetTemplate | None = None
    bitbucket: PullRequestBitbucket | None = None
    azuredevops: PullRequestAzureDevOps | None = None
    values: dict[str, str] = field(default_factory=dict)
    continue_on_repo_not_found_error: bool = False


class PluginConfigMapRef(ApiStruct, frozen=True, kw_only=True):
    name: NeededStr = ""


class PluginInput(ApiStruct, frozen=True, kw_only=True):
    parameters: FreeForm = field(default_factory=dict)


class PluginGenerator(ApiStruct, frozen=True, kw_only=True):
    config_map_ref: Annotated[PluginConfigMapRef, REQUIRED] = PluginConfigMapRef()
    input: PluginInput = PluginInput()
    requeue_after_seconds: int | None = None
    template: ApplicationSetTemplate | None = None
    values: dict[str, str] = field(default_factory=dict)


class TerminalGenerator(ApiStruct, frozen=True, kw_only=True):
    """What may stand at the deepest level."""

    list: ListGenerator | None = None
    clusters: ClusterGenerator | None = None
    git: GitGenerator | None = None
    scm_provider: ScmProviderGenerator | None = None
    cluster_decision_resource: DuckTypeGenerator | None = None
    pull_request: PullRequestGenerator | None = None
    plugin: PluginGenerator | None = None
    selector: LabelSelector | None = None


class NestedMatrixGenerator(ApiStruct, frozen=True, kw_only=True):
    generators: Annotated[tuple[TerminalGenerator, ...], REQUIRED] = ()


class NestedMergeGenerator(ApiStruct, frozen=True, kw_only=True):
    generators: Annotated[tuple[TerminalGenerator, ...], REQUIRED] = ()
    merge_keys: tuple[str, ...] = ()


class NestedGenerator(ApiStruct, frozen=True, kw_only=True):
    """What may stand inside a matrix or a merge."""

    list: ListGenerator | None = None
    clusters: ClusterGenerator | None = None
    git: GitGenerator | None = None
    scm_provider: ScmProviderGenerator | None = None
    cluster_decision_resource: DuckTypeGenerator | None = None
    pull_request: PullRequestGenerator | None = None
    matrix: Annotated[NestedMatrixGenerator, OPAQUE] | None = None
    merge: Annotated[NestedMergeGenerator, OPAQUE] | None = None
    selector: LabelSelector | None = None
    plugin: PluginGenerator | None = None


class MatrixGenerator(ApiStruct, frozen=True, kw_only=True):
    generators: Annotated[tuple[NestedGenerator, ...], REQUIRED] = ()
    template: ApplicationSetTemplate | None = None


class MergeGenerator(ApiStruct, frozen=True, kw_only=True):
    generators: Annotated[tuple[NestedGenerator, ...], REQUIRED] = ()
    merge_keys: NeededStrs = ()
    template: ApplicationSetTemplate | None = None


class Generator(ApiStruct, frozen=True, kw_only=True):
    """Exactly one of the generators, and a selector over what it yields."""

    list: ListGenerator | None = None
    clusters: ClusterGenerator | None = None
    git: GitGenerator | None = None
    scm_provider: ScmProviderGenerator | None = None
    cluster_decision_resource: DuckTypeGenerator | None = None
    pull_request: PullRequestGenerator | None = None
    matrix: MatrixGenerator | None = None
    merge: MergeGenerator | None = None
    selector: LabelSelector | None = None
    plugin: PluginGenerator | None = None
