"""`holdfast app create`: an Application from a file, or from options with argocd's names."""

from __future__ import annotations

import sys
from typing import Any

import typer

from holdfast.cli.app import applications
from holdfast.cli.app.applications import DEFAULT_NAMESPACE, FIELD_MANAGER, KubeconfigOption, KubeconfigPath
from holdfast.cli.connection import with_cluster
from holdfast.cli.files import read_documents
from holdfast.cli.output import Format, OutputOption, print_document
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject, name_of, namespace_of
from holdfast.model.names import API_VERSION, IN_CLUSTER_SERVER
from holdfast.model.resource_types import APPLICATION
from holdfast.ports.cluster import Cluster


def create(
    name: str = typer.Argument("", metavar="APPNAME"),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    app_namespace: str = typer.Option("", "--app-namespace", "-N", help="Where the Application is made."),
    file: str = typer.Option("", "--file", "-f", help="A file with Applications (- for standard input)."),
    repo: str = typer.Option("", "--repo", help="Repository URL."),
    path: str = typer.Option("", "--path", help="Path in the repository."),
    revision: str = typer.Option("", "--revision", help="Branch, tag, commit or version range."),
    dest_server: str = typer.Option("", "--dest-server", help="Server URL of the destination cluster."),
    dest_name: str = typer.Option("", "--dest-name", help="Name of the destination cluster."),
    dest_namespace: str = typer.Option("", "--dest-namespace", help="Namespace of the destination."),
    project: str = typer.Option("default", "--project", help="Project."),
    values: list[str] = typer.Option([], "--values", help="Helm values files."),
    helm_set: list[str] = typer.Option([], "--helm-set", help="Helm parameter name=value."),
    release_name: str = typer.Option("", "--release-name", help="Helm release name."),
    directory_recurse: bool = typer.Option(False, "--directory-recurse", help="Also the folders below the path."),
    sync_policy: str = typer.Option("none", "--sync-policy", help="none or automated."),
    auto_prune: bool = typer.Option(False, "--auto-prune", help="Automated syncs delete what left the source."),
    self_heal: bool = typer.Option(False, "--self-heal", help="Undo changes made in the cluster."),
    allow_empty: bool = typer.Option(False, "--allow-empty", help="Automated syncs may delete everything."),
    sync_option: list[str] = typer.Option([], "--sync-option", help="For example CreateNamespace=true."),
    label: list[str] = typer.Option([], "--label", "-l", help="Label name=value."),
    upsert: bool = typer.Option(False, "--upsert", help="Replace an application of the same name."),
    output: Format = OutputOption,
) -> None:
    """Create an application, from -f FILE or from options."""
    if file:
        wanted = read_applications(file)
    else:
        source = _source(repo, path, revision, values, helm_set, release_name, directory_recurse)
        policy = _policy(sync_policy, auto_prune, self_heal, allow_empty, sync_option)
        destination = _without_empty(server=dest_server, name=dest_name, namespace=dest_namespace)
        if not dest_server and not dest_name:
            destination["server"] = IN_CLUSTER_SERVER
        spec = _without_empty(project=project, source=source, destination=destination, syncPolicy=policy)
        metadata = _without_empty(name=name, labels=_pairs(label, "--label"))
        wanted = [{"apiVersion": API_VERSION, "kind": "Application", "metadata": metadata, "spec": spec}]
    for app in wanted:
        _require_valid(app)

    async def work(cluster: Cluster) -> None:
        for app in wanted:
            await _write(cluster, app, app_namespace, upsert, output)

    with_cluster(kubeconfig, work)


def read_applications(file: str) -> list[KubeObject]:
    """The Applications of a file; any other kind in it is an error that names it."""
    documents = read_documents(file)
    for document in documents:
        if document.get("kind") != "Application":
            raise Blocked("NotAnApplication", f"{file}: holds a {document.get('kind')}, only Applications are taken")
    return documents


def _require_valid(app: KubeObject) -> None:
    from holdfast.model.crd.validation import validate_document

    if not name_of(app):
        raise Blocked("NameMissing", "the application has no name: give it as APPNAME")
    verdict = validate_document(app)
    if not verdict.valid:
        raise Blocked("ApplicationInvalid", f"application {name_of(app)}:\n" + "\n".join(verdict.errors))
    if not applications.sources_of(app):
        raise Blocked("SourceMissing", f"application {name_of(app)} has no source: give --repo and --path")


async def _write(cluster: Cluster, app: KubeObject, namespace: str, upsert: bool, output: Format) -> None:
    place = namespace or namespace_of(app) or DEFAULT_NAMESPACE
    named = {**app, "metadata": {**app["metadata"], "namespace": place}}
    existing = await cluster.get(APPLICATION, place, name_of(app))
    if existing is None:
        made = await cluster.create(APPLICATION, named, field_manager=FIELD_MANAGER)
        done = "created"
    elif applications.spec_of(existing) == applications.spec_of(app):
        made, done = existing, "unchanged"
    elif upsert:
        made = await cluster.apply(APPLICATION, named, field_manager=FIELD_MANAGER, force=True)
        done = "updated"
    else:
        raise Blocked(
            "ApplicationExists",
            f"application {place}/{name_of(app)} exists with another spec; replace it with --upsert",
        )
    if output in (Format.JSON, Format.YAML):
        print_document(made, output)
    else:
        sys.stdout.write(f"application {place}/{name_of(app)} {done}\n")


def _source(
    repo: str,
    path: str,
    revision: str,
    values: list[str],
    helm_set: list[str],
    release_name: str,
    recurse: bool,
) -> dict[str, Any]:
    parameters = [{"name": key, "value": value} for key, value in _pairs(helm_set, "--helm-set").items()]
    helm = _without_empty(valueFiles=values, parameters=parameters, releaseName=release_name)
    directory = {"recurse": True} if recurse else {}
    return _without_empty(repoURL=repo, path=path, targetRevision=revision, helm=helm, directory=directory)


def _policy(kind: str, prune: bool, heal: bool, empty: bool, options: list[str]) -> dict[str, Any]:
    if kind not in ("none", "auto", "automated", "automatic"):
        raise Blocked("SyncPolicyInvalid", f"--sync-policy is none or automated, not {kind!r}")
    policy = _without_empty(syncOptions=options)
    if kind != "none":
        policy["automated"] = _without_empty(prune=prune, selfHeal=heal, allowEmpty=empty)
    return policy


def _pairs(texts: list[str], option: str) -> dict[str, str]:
    pairs = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise Blocked("OptionInvalid", f"{option} takes name=value, not {text!r}")
        pairs[key] = value
    return pairs


def _without_empty(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}
