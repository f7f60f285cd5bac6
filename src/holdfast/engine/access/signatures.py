"""What a project wants of the signatures of commits, and the keys that are known.

Source: https://argo-cd.readthedocs.io/en/stable/user-guide/gpg-verification/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from holdfast.engine.access.repository_urls import normalized_url
from holdfast.engine.lang import globs
from holdfast.model.appproject import AppProject
from holdfast.model.errors import Blocked
from holdfast.model.signature import KnownKeys, Signature

SHORTEST = 16
"""Of a GPG key's id; shorter ones can be made on purpose."""

_SSH = ("ssh-", "ecdsa-", "sk-")


def known_keys(settings: Mapping[str, str]) -> KnownKeys:
    """Of argocd-gpg-keys-cm; beside GPG's keys it may hold public keys of SSH, one line each."""
    texts = [settings[name].strip() for name in sorted(settings)]
    ssh = tuple(text for text in texts if text.startswith(_SSH))
    return KnownKeys(gpg=tuple(text for text in texts if text and not text.startswith(_SSH)), ssh=ssh)


def wanted_keys(project: AppProject, url: str) -> tuple[str, ...] | None:
    """The keys one of which must have signed what comes from the repository; None when none must.

    Raises Blocked when the project wants what is not supported.
    """
    wanted = tuple(key.key_id for key in project.spec.signature_keys)
    policies = (
        project.spec.source_integrity.git.policies
        if project.spec.source_integrity and project.spec.source_integrity.git
        else ()
    )
    for policy in policies:
        if policy.gpg is None or policy.gpg.mode == "none" or not _covers((repo.url for repo in policy.repos), url):
            continue
        if policy.gpg.mode not in ("", "head"):
            raise Blocked(
                "SignatureRequired",
                f"project {project.metadata.name}: sourceIntegrity mode {policy.gpg.mode!r} is not supported: use head",
            )
        wanted += policy.gpg.keys
    return wanted or None


def objection(found: Signature, wanted: Iterable[str], revision: str) -> str:
    """Why the revision may not be deployed, "" when it may."""
    if found.problem:
        return f"Target revision {revision} in Git must be signed: {found.problem}"
    if any(_is(found.key, key) for key in wanted):
        return ""
    return f"Found good signature made with key {found.key}, but this key is not allowed in AppProject"


def _is(fingerprint: str, wanted: str) -> bool:
    if fingerprint.startswith("SHA256:"):
        return fingerprint == wanted
    return len(wanted) >= SHORTEST and fingerprint.upper().endswith(wanted.upper())


def _covers(patterns: Iterable[str], url: str) -> bool:
    """As the project's sourceRepos: a pattern that begins with an exclamation mark takes away."""
    covered = False
    for pattern in patterns:
        glob = globs.compile_glob(normalized_url(pattern.removeprefix("!")), "/")
        if glob.matches(normalized_url(url)) or pattern == "*":
            if pattern.startswith("!"):
                return False
            covered = True
    return covered
