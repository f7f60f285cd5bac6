"""What a project wants of the signatures of commits, and the keys that are known.

Source: https://argo-cd.readthedocs.io/en/stable/user-guide/gpg-verification/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from holdfast.engine.access.repository_urls import normalized_url
from holdfast.engine.lang import globs
from holdfast.model.application import Application
from holdfast.model.appproject import AppProject, SourceIntegrityGpg
from holdfast.model.errors import Blocked
from holdfast.model.signature import KnownKeys, Signature

NONE, HEAD, STRICT = "none", "head", "strict"
MOST_COMMITS = 5_000
"""How many commits are looked at for one revision: each takes a program some hundredths of a second."""

SHORTEST = 16
"""Of a GPG key's id; shorter ones can be made on purpose."""

_SSH = ("ssh-", "ecdsa-", "sk-")


class Demand(Struct, frozen=True):
    """One of the keys must have signed the commit that is deployed; with `is_strict` every commit, too, that came with it
    since what was deployed last, each with any of the keys."""

    keys: tuple[str, ...]
    is_strict: bool = False


def known_keys(settings: Mapping[str, str]) -> KnownKeys:
    """Of argocd-gpg-keys-cm; beside GPG's keys it may hold public keys of SSH, one line each."""
    texts = [settings[name].strip() for name in sorted(settings)]
    ssh = tuple(text for text in texts if text.startswith(_SSH))
    return KnownKeys(gpg=tuple(text for text in texts if text and not text.startswith(_SSH)), ssh=ssh)


def demanded(project: AppProject, url: str) -> Demand | None:
    """What must be signed of the repository, and by whom; None when nothing must.

    Raises Blocked when the project wants what is not supported.
    """
    policies = list(_policies(project, url))
    for policy in policies:
        if policy.mode not in ("", HEAD, STRICT):
            raise Blocked(
                "SignatureRequired",
                f"project {project.metadata.name}: sourceIntegrity mode {policy.mode!r} is not known: use {HEAD} or {STRICT}",
            )
    keys = [key.key_id for key in project.spec.signature_keys]
    if not keys and not policies:
        return None
    keys += [key for policy in policies for key in policy.keys]
    return Demand(tuple(keys), is_strict=any(policy.mode == STRICT for policy in policies))


def _policies(project: AppProject, url: str) -> Iterator[SourceIntegrityGpg]:
    integrity = project.spec.source_integrity
    for policy in integrity.git.policies if integrity is not None and integrity.git is not None else ():
        if policy.gpg is not None and policy.gpg.mode != NONE and _covers((repo.url for repo in policy.repos), url):
            yield policy.gpg


def known_good(app: Application, url: str) -> tuple[str, ...]:
    """What the application has deployed last of the repository: it was found good then, with all that it is made of."""
    if not app.status.history:
        return ()
    last = app.status.history[-1]
    sources = last.sources or ((last.source,) if last.source is not None else ())
    revisions = last.revisions or (last.revision,)
    same = (normalized_url(source.repo_url) == normalized_url(url) for source in sources)
    return tuple(dict.fromkeys(revision for is_same, revision in zip(same, revisions, strict=False) if is_same))


def objection(found: Signature, wanted: Iterable[str], revision: str, below: str = "") -> str:
    """Why the revision may not be deployed, "" when it may; `below` is the one whose history it belongs to."""
    what = (
        f"Commit {revision} in the history of target revision {below}"
        if below
        else f"Target revision {revision} in Git"
    )
    if found.problem:
        return f"{what} must be signed: {found.problem}"
    if any(_is(found.key, key) for key in wanted):
        return ""
    wrong = f"Found good signature made with key {found.key}, but this key is not allowed in AppProject"
    return f"{what}: {wrong}" if below else wrong


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
