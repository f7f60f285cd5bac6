"""Reads a connection from a kubeconfig file.

Source: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
"""

from __future__ import annotations

import base64
import binascii
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from holdfast.adapters.kube.connection import Connection, Credentials, CredentialSource, FixedCredentials
from holdfast.adapters.kube.exec_plugin import API_VERSIONS, ExecCredentials, ExecPlugin
from holdfast.adapters.kube.files import TokenFile, read_bounded
from holdfast.model.errors import Blocked
from holdfast.ports.clock import Clock


def load(path: Path, clock: Clock, *, context: str = "") -> Connection:
    """The connection of `context`, or of the file's current-context. Raises Blocked that names the file and field."""
    file = _File(path)
    named = context or file.text(file.document, "current-context", "")
    if not named:
        raise file.wrong("current-context", "is empty and no context was named")
    chosen = file.named("contexts", "context", named)
    cluster_name = file.text(chosen, "cluster", f"contexts[{named}].context")
    cluster = file.named("clusters", "cluster", cluster_name)
    user_name = file.text(chosen, "user", f"contexts[{named}].context")
    user = file.named("users", "user", user_name) if user_name else {}
    return _connection(
        file,
        cluster,
        f"clusters[{cluster_name}].cluster",
        user,
        f"users[{user_name}].user",
        namespace=file.text(chosen, "namespace", f"contexts[{named}].context"),
        clock=clock,
    )


class _File:
    """The document with what its errors need: every refusal says in which file and which field the fault is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            document = yaml.load(read_bounded(path, "kubeconfig"), Loader=_Loader)  # noqa: S506 - a safe loader
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            mark = getattr(error, "problem_mark", None)
            line = f", line {mark.line + 1}" if mark is not None else ""
            raise Blocked("KubeconfigInvalid", f"{path}{line}: this is not YAML") from None
        if not isinstance(document, dict):
            raise Blocked("KubeconfigInvalid", f"{path}: this is not a kubeconfig")
        self.document: dict[str, Any] = document

    def wrong(self, field: str, what: str) -> Blocked:
        return Blocked("KubeconfigInvalid", f"{self.path}: {field} {what}")

    def named(self, collection: str, noun: str, name: str) -> dict[str, Any]:
        entries = self.document.get(collection) or []
        for entry in entries if isinstance(entries, list) else []:
            if isinstance(entry, dict) and entry.get("name") == name:
                content = entry.get(noun) or {}
                if not isinstance(content, dict):
                    raise self.wrong(f"{collection}[{name}].{noun}", "is not a mapping")
                return content
        raise self.wrong(collection, f"has no {noun} named {name!r}")

    def text(self, parent: dict[str, Any], name: str, where: str) -> str:
        value = parent.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.wrong(f"{where}.{name}".lstrip("."), "is not a text")
        return value

    def texts(self, parent: dict[str, Any], name: str, where: str) -> tuple[str, ...]:
        value = parent.get(name) or []
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self.wrong(f"{where}.{name}", "is not a list of texts")
        return tuple(value)

    def relative(self, name: str) -> Path:
        return self.path.parent / Path(name).expanduser()

    def data_or_file(self, parent: dict[str, Any], data: str, file: str, where: str) -> bytes:
        """The inline form wins over the file, as in kubectl."""
        inline = self.text(parent, data, where)
        if inline:
            try:
                return base64.b64decode(inline, validate=True)
            except binascii.Error:
                raise self.wrong(f"{where}.{data}", "is not base64") from None
        name = self.text(parent, file, where)
        return read_bounded(self.relative(name), f"{self.path}: {where}.{file}") if name else b""


class _Loader(yaml.SafeLoader):
    """Takes scalars as texts, save for true and false, so that a token of digits stays one."""


_Loader.yaml_implicit_resolvers = {
    letter: [pair for pair in resolvers if pair[0] in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:null")]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _connection(
    file: _File,
    cluster: dict[str, Any],
    cluster_at: str,
    user: dict[str, Any],
    user_at: str,
    *,
    namespace: str,
    clock: Clock,
) -> Connection:
    server = file.text(cluster, "server", cluster_at).rstrip("/")
    if urlsplit(server).scheme not in ("http", "https") or not urlsplit(server).hostname:
        raise file.wrong(f"{cluster_at}.server", "is not a URL that starts with https:// or http://")
    proxy = file.text(cluster, "proxy-url", cluster_at)
    if proxy and urlsplit(proxy).scheme not in ("http", "https"):
        raise file.wrong(f"{cluster_at}.proxy-url", "is not a proxy of scheme http or https, the only ones supported")
    ca = file.data_or_file(cluster, "certificate-authority-data", "certificate-authority", cluster_at)
    insecure = cluster.get("insecure-skip-tls-verify") is True
    if insecure and ca:
        raise file.wrong(f"{cluster_at}.insecure-skip-tls-verify", "contradicts the certificate authority given")
    return Connection(
        server=server,
        credentials=_credentials(file, user, user_at, cluster, clock),
        ca_certificates=ca,
        insecure=insecure,
        tls_server_name=file.text(cluster, "tls-server-name", cluster_at),
        proxy=proxy,
        namespace=namespace,
        headers=_impersonation(file, user, user_at),
    )


def _credentials(
    file: _File, user: dict[str, Any], where: str, cluster: dict[str, Any], clock: Clock
) -> CredentialSource:
    if user.get("auth-provider"):
        raise file.wrong(f"{where}.auth-provider", "is a way to sign in that Kubernetes gave up; use exec instead")
    if user.get("exec"):
        return ExecCredentials(_plugin(file, user["exec"], f"{where}.exec", cluster), clock)
    certificate = file.data_or_file(user, "client-certificate-data", "client-certificate", where)
    key = file.data_or_file(user, "client-key-data", "client-key", where)
    if bool(certificate) != bool(key):
        raise file.wrong(f"{where}.client-{'key' if certificate else 'certificate'}", "is missing")
    token_file = file.text(user, "tokenFile", where)
    if token_file:
        # A file wins over a token given besides it, as in kubectl.
        return TokenFile(file.relative(token_file), f"{file.path}: {where}.tokenFile", clock)
    return FixedCredentials(Credentials(_authorization(file, user, where), certificate, key))


def _authorization(file: _File, user: dict[str, Any], where: str) -> str:
    token = file.text(user, "token", where)
    if token:
        return f"Bearer {token}"
    username, password = file.text(user, "username", where), file.text(user, "password", where)
    if username or password:
        return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
    return ""


def _plugin(file: _File, plugin: Any, where: str, cluster: dict[str, Any]) -> ExecPlugin:
    if not isinstance(plugin, dict):
        raise file.wrong(where, "is not a mapping")
    version = file.text(plugin, "apiVersion", where)
    if version not in API_VERSIONS:
        raise file.wrong(f"{where}.apiVersion", f"is {version!r}, not one of {', '.join(API_VERSIONS)}")
    command = file.text(plugin, "command", where)
    if not command:
        raise file.wrong(f"{where}.command", "is missing")
    if plugin.get("interactiveMode") == "Always":
        raise file.wrong(f"{where}.interactiveMode", "is Always, but nobody is there to answer the plugin")
    environment = {}
    for number, pair in enumerate(plugin.get("env") or []):
        if not isinstance(pair, dict):
            raise file.wrong(f"{where}.env[{number}]", "is not a mapping")
        environment[file.text(pair, "name", f"{where}.env[{number}]")] = file.text(
            pair, "value", f"{where}.env[{number}]"
        )
    return ExecPlugin(
        where=f"{file.path}: {where}",
        api_version=version,
        command=str(file.relative(command)) if os.sep in command else command,
        args=file.texts(plugin, "args", where),
        environment=environment,
        install_hint=file.text(plugin, "installHint", where),
        cluster=_cluster_for_plugin(cluster) if plugin.get("provideClusterInfo") is True else None,
    )


def _cluster_for_plugin(cluster: dict[str, Any]) -> dict[str, Any]:
    names = ("server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority-data", "proxy-url")
    return {name: cluster[name] for name in names if name in cluster}


def _impersonation(file: _File, user: dict[str, Any], where: str) -> tuple[tuple[str, str], ...]:
    """One group at most: a header of the same name cannot be sent twice here."""
    headers = [
        ("impersonate-user", file.text(user, "as", where)),
        ("impersonate-uid", file.text(user, "as-uid", where)),
    ]
    groups = file.texts(user, "as-groups", where)
    if len(groups) > 1:
        raise file.wrong(f"{where}.as-groups", "names more than one group, which is not supported")
    headers += [("impersonate-group", group) for group in groups]
    return tuple((name, value) for name, value in headers if value)
