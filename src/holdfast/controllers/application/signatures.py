"""Refuses a commit that nobody signed whom the project trusts."""

from __future__ import annotations

from holdfast.controllers.application.world import World
from holdfast.engine.access import signatures
from holdfast.engine.flow import spec
from holdfast.model.application import Application, ApplicationSource
from holdfast.model.errors import Blocked
from holdfast.model.filetree import TreeLocation
from holdfast.ports.commits import CommitSignatures

KEYS_MAP = "argocd-gpg-keys-cm"
SIGNATURE_REQUIRED = "SignatureRequired"


async def check(world: World, app: Application, source: ApplicationSource, location: TreeLocation) -> None:
    """Raises Blocked SignatureRequired."""
    project = world.project(spec.project_of(app))
    wanted = signatures.wanted_keys(project, source.repo_url) if project is not None else None
    if wanted is None:
        return
    if spec.is_packed(source) or not isinstance(world.repositories, CommitSignatures):
        raise Blocked(
            SIGNATURE_REQUIRED,
            f"project {spec.project_of(app)} wants signed commits, and {source.repo_url} gives none that could be signed",
        )
    found = await world.repositories.signature(location, signatures.known_keys(world.config_map(KEYS_MAP)))
    refused = signatures.objection(found, wanted, location.commit)
    if refused:
        raise Blocked(SIGNATURE_REQUIRED, refused)
