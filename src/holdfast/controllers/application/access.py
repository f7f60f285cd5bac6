"""What opens the repositories of an application: the labelled Secrets and the ConfigMaps of the control namespace."""

from __future__ import annotations

from msgspec import structs

from holdfast.controllers.application import parameters
from holdfast.controllers.application.world import World
from holdfast.engine.access import credentials
from holdfast.engine.flow import spec
from holdfast.model.application import Application, ApplicationSource
from holdfast.model.kube import KubeObject
from holdfast.model.live import LiveObject
from holdfast.model.names import Label
from holdfast.model.repository import RepositoryAccess
from holdfast.model.resource_types import SECRET

KNOWN_HOSTS = "argocd-ssh-known-hosts-cm"
TLS_CERTIFICATES = "argocd-tls-certs-cm"
SUBMODULES_SETTING = "reposerver.enable.git.submodule"


def of_source(world: World, app: Application, source: ApplicationSource) -> RepositoryAccess:
    found = of_url(world, app, source.repo_url)
    if source.helm is not None and source.helm.pass_credentials:
        return with_passed_credentials(found)
    return found


def with_passed_credentials(found: RepositoryAccess) -> RepositoryAccess:
    return structs.replace(found, pass_credentials=True)


def of_url(world: World, app: Application, url: str) -> RepositoryAccess:
    """`@name` and `alias:name` are the Helm repository whose Secret has that name."""
    secrets = repository_secrets(world)
    found = credentials.access_for(
        credentials.url_of_alias(url, secrets),
        secrets,
        world.config_map(KNOWN_HOSTS).get("ssh_known_hosts", ""),
        world.config_map(TLS_CERTIFICATES),
        project=spec.project_of(app),
    )
    wanted = world.config_map(parameters.PARAMETERS_MAP).get(SUBMODULES_SETTING, "true")
    return found if wanted.strip().lower() != "false" else structs.replace(found, submodules=False)


def repository_secrets(world: World) -> list[KubeObject]:
    """The labelled ones."""
    return [obj.decode() for obj in world.in_control_namespace(SECRET.group_kind) if _is_repository(obj)]


def _is_repository(secret: LiveObject) -> bool:
    return secret.is_whole and Label.SECRET_TYPE in (secret.metadata.labels or {})
