"""What GitHub is told of a commit: a status, a check run, a deployment, a comment.

Source: https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/services/github/ and
https://docs.github.com/en/rest/commits/statuses, https://docs.github.com/en/rest/checks/runs,
https://docs.github.com/en/rest/deployments
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct, field

from holdfast.engine.lang import instants
from holdfast.engine.notify.services.asked import Asked, checked_url, converted, without_empty
from holdfast.model.notification import CommitNews, GitHubApp

PUBLIC_API: Final = "https://api.github.com"
LONGEST_DESCRIPTION: Final = 140
LONGEST_COMMENT: Final = 65_536
STATES: Final = ("error", "failure", "pending", "success")
LONGEST_OUTPUT: Final = 65_535
CHECK_STATUSES: Final = ("queued", "in_progress", "completed")
CONCLUSIONS: Final = ("action_required", "cancelled", "failure", "neutral", "skipped", "success", "timed_out")
DEPLOYMENT_STATES: Final = (*STATES, "inactive", "in_progress", "queued")
_REPOSITORY: Final = re.compile(
    r"(?:https?://(?:[^/@]*@)?[^/]+/|ssh://[^/]+/|[^/@]+@[^/:]+:/?)?([\w.-]+/[\w.-]+?)(?:\.git)?/?"
)
_REVISION: Final = re.compile(r"[0-9A-Za-z][\w./-]{0,199}")


class Options(
    Struct,
    frozen=True,
    rename={
        "app_id": "appID",
        "installation_id": "installationID",
        "private_key": "privateKey",
        "enterprise_base_url": "enterpriseBaseURL",
    },
):
    app_id: int | str = ""
    installation_id: int | str = ""
    private_key: str = ""
    token: str = ""
    enterprise_base_url: str = PUBLIC_API


class Status(Struct, frozen=True, rename={"target_url": "targetURL"}):
    state: str = "success"
    label: str = "continuous-delivery"
    target_url: str = ""


class Deployment(
    Struct,
    frozen=True,
    rename={
        "environment_url": "environmentURL",
        "log_url": "logURL",
        "required_contexts": "requiredContexts",
        "auto_merge": "autoMerge",
        "transient_environment": "transientEnvironment",
    },
):
    state: str = "success"
    environment: str = "production"
    environment_url: str = ""
    log_url: str = ""
    required_contexts: tuple[str, ...] = ()
    auto_merge: bool = True
    transient_environment: bool = False
    reference: str = ""


class CheckOutput(Struct, frozen=True):
    title: str = ""
    summary: str = ""
    text: str = ""


class CheckRun(Struct, frozen=True):
    """The fields have GitHub's own names here."""

    name: str = ""
    details_url: str = ""
    status: str = ""
    conclusion: str = ""
    started_at: str = ""
    completed_at: str = ""
    output: CheckOutput | None = None


class Comment(Struct, frozen=True):
    content: str = ""


class Text(
    Struct,
    frozen=True,
    rename={
        "repository": "repoURLPath",
        "revision": "revisionPath",
        "check_run": "checkRun",
        "comment": "pullRequestComment",
    },
):
    repository: str = ""
    revision: str = ""
    status: Status | None = None
    check_run: CheckRun | None = None
    deployment: Deployment | None = None
    comment: Comment = field(default_factory=Comment)


def message(asked: Asked) -> CommitNews:
    options, text = converted(asked.options, Options), converted(asked.text, Text)
    status, deployment, comment = text.status, text.deployment, text.comment.content
    if status is None and deployment is None and text.check_run is None and not comment:
        raise ValueError("github of the template has no status, checkRun, deployment or pullRequestComment")
    news = CommitNews(
        api=checked_url(options.enterprise_base_url.rstrip("/")),
        repository=_repository(text.repository),
        revision=_revision(text.revision),
        at=asked.now,
        token=options.token,
        app=_app(options),
        status=None if status is None else _status(status, asked.message),
        check_run=None if text.check_run is None else _check_run(text.check_run, text.revision.strip(), asked.message),
        deployment=None if deployment is None else _deployment(deployment, text.revision.strip()),
        deployment_status=None if deployment is None else _deployment_status(deployment, asked.message),
        comment=comment[:LONGEST_COMMENT],
    )
    if not (news.token or news.app):
        raise ValueError("appID, installationID and privateKey, or token, are to say who asks")
    return news


def _app(options: Options) -> GitHubApp | None:
    said = (str(options.app_id), str(options.installation_id), options.private_key)
    if any(said) and not all(said):
        raise ValueError("appID, installationID and privateKey belong together")
    return GitHubApp(*said) if all(said) else None


def _repository(url: str) -> str:
    """`owner/name`, which is part of a path."""
    found = _REPOSITORY.fullmatch(url.strip())
    if found is None or any(part in (".", "..") for part in found[1].split("/")):
        raise ValueError(
            "github.repoURLPath of the template names no repository, such as https://github.com/owner/name"
        )
    return found[1]


def _revision(text: str) -> str:
    if not _REVISION.fullmatch(text.strip()) or ".." in text:
        raise ValueError("github.revisionPath of the template names no commit")
    return text.strip()


def _status(wanted: Status, message: str) -> dict[str, str]:
    body = {
        "state": _state("status", wanted.state, STATES),
        "context": wanted.label,
        "description": message.strip()[:LONGEST_DESCRIPTION],
        "target_url": wanted.target_url,
    }
    return without_empty(body)


def _deployment(wanted: Deployment, revision: str) -> dict[str, object]:
    """Without required contexts GitHub would wait for every check of the commit."""
    return {
        "ref": wanted.reference or revision,
        "environment": wanted.environment,
        "required_contexts": wanted.required_contexts,
        "auto_merge": wanted.auto_merge,
        "transient_environment": wanted.transient_environment,
    }


def _deployment_status(wanted: Deployment, message: str) -> dict[str, str]:
    body = {
        "state": _state("deployment", wanted.state, DEPLOYMENT_STATES),
        "description": message.strip()[:LONGEST_DESCRIPTION],
        "environment": wanted.environment,
        "environment_url": wanted.environment_url,
        "log_url": wanted.log_url,
    }
    return without_empty(body)


def _check_run(wanted: CheckRun, revision: str, message: str) -> dict[str, object]:
    """Without an output of its own the message is the summary. What has a conclusion is completed."""
    if not wanted.name:
        raise ValueError("github.checkRun.name is empty")
    status = wanted.status or ("completed" if wanted.conclusion else "queued")
    if status not in CHECK_STATUSES:
        raise ValueError(f"github.checkRun.status {status!r} is none of {', '.join(CHECK_STATUSES)}")
    if (status == "completed") != bool(wanted.conclusion):
        raise ValueError("github.checkRun.conclusion belongs to the status completed, and only there")
    if wanted.conclusion and wanted.conclusion not in CONCLUSIONS:
        raise ValueError(f"github.checkRun.conclusion {wanted.conclusion!r} is none of {', '.join(CONCLUSIONS)}")
    for field_name, moment in (("started_at", wanted.started_at), ("completed_at", wanted.completed_at)):
        if moment and instants.parse(moment) is None:
            raise ValueError(f"github.checkRun.{field_name} {moment!r} is no time such as 2026-01-01T12:00:00Z")
    output = wanted.output or CheckOutput()
    told = {
        "title": output.title or wanted.name,
        "summary": (output.summary or message).strip()[:LONGEST_OUTPUT],
        "text": output.text[:LONGEST_OUTPUT],
    }
    body = {
        "name": wanted.name,
        "head_sha": revision,
        "details_url": wanted.details_url,
        "status": status,
        "conclusion": wanted.conclusion,
        "started_at": wanted.started_at,
        "completed_at": wanted.completed_at,
        "output": without_empty(told),
    }
    return without_empty(body)


def _state(part: str, state: str, known: tuple[str, ...]) -> str:
    if state not in known:
        raise ValueError(f"github.{part}.state {state!r} is none of {', '.join(known)}")
    return state
