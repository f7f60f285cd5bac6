"""Refuses a commit that nobody signed whom the project trusts."""

from __future__ import annotations

from msgspec import structs

from holdfast.controllers.application.world import World
from holdfast.engine.access import signatures
from holdfast.engine.flow import spec
from holdfast.model.application import Application, ApplicationSource
from holdfast.model.errors import Blocked
from holdfast.model.filetree import TreeLocation
from holdfast.model.repository import RepositoryAccess
from holdfast.ports.commits import CommitSignatures

KEYS_MAP = "argocd-gpg-keys-cm"
SIGNATURE_REQUIRED = "SignatureRequired"


async def check(
    world: World, app: Application, source: ApplicationSource, opened: RepositoryAccess, location: TreeLocation
) -> None:
    """Raises Blocked SignatureRequired, and what reading the history raises."""
    project = world.project(spec.project_of(app))
    demand = signatures.demanded(project, source.repo_url) if project is not None else None
    if demand is None:
        return
    repositories = world.repositories
    if spec.is_packed(source) or not isinstance(repositories, CommitSignatures):
        raise Blocked(
            SIGNATURE_REQUIRED,
            f"project {spec.project_of(app)} wants signed commits, and {source.repo_url} gives none that could be signed",
        )
    keys = signatures.known_keys(world.config_map(KEYS_MAP))
    found = await repositories.signature(location, keys)
    _refuse(signatures.objection(found, demand.keys, location.commit))
    for commit in await _also_demanded(repositories, app, source, opened, location) if demand.is_strict else ():
        found = await repositories.signature(structs.replace(location, commit=commit), keys)
        _refuse(signatures.objection(found, demand.keys, commit, below=location.commit))


async def _also_demanded(
    repositories: CommitSignatures,
    app: Application,
    source: ApplicationSource,
    opened: RepositoryAccess,
    location: TreeLocation,
) -> list[str]:
    since = signatures.known_good(app, source.repo_url)
    history = await repositories.history(opened, location, since, signatures.MOST_COMMITS)
    if len(history) > signatures.MOST_COMMITS:
        raise Blocked(
            SIGNATURE_REQUIRED,
            f"Target revision {location.commit} in Git brings more than {signatures.MOST_COMMITS:,} commits that would all "
            "have to be looked at: deploy an earlier one first, or with the mode head once",
        )
    return [commit for commit in history if commit != location.commit]


def _refuse(objection: str) -> None:
    if objection:
        raise Blocked(SIGNATURE_REQUIRED, objection)
