"""Kubeconfig files, credential plugins and service accounts."""

from __future__ import annotations

import asyncio
import base64
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from holdfast.adapters.kube import in_cluster, kubeconfig
from holdfast.adapters.kube.connection import Connection
from holdfast.adapters.kube.exec_plugin import ExecCredentials, ExecPlugin
from holdfast.model.errors import Blocked, Transient
from holdfast.runtime.clock import LoopClock

CLOCK = LoopClock(datetime(2026, 1, 1, tzinfo=UTC))
V1 = "client.authentication.k8s.io/v1"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def write(folder: Path, *, user: dict[str, Any] | None = None, **cluster: Any) -> Path:
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "dev",
        "contexts": [
            {"name": "dev", "context": {"cluster": "c", "user": "u", "namespace": "argocd"}},
            {"name": "nobody", "context": {"cluster": "c"}},
        ],
        "clusters": [{"name": "c", "cluster": {"server": "https://cluster:6443/", **cluster}}],
        "users": [{"name": "u", "user": user or {}}],
    }
    path = folder / "config"
    path.write_text(yaml.safe_dump(document))
    return path


async def test_inline_data_wins_over_files_and_files_are_relative_to_the_kubeconfig(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("from file")
    (tmp_path / "key.pem").write_text("key")
    user = {"client-certificate-data": encoded("inline"), "client-certificate": "nowhere", "client-key": "key.pem"}
    connection = kubeconfig.load(write(tmp_path, user=user, **{"certificate-authority": "ca.pem"}), CLOCK)
    assert (connection.server, connection.namespace) == ("https://cluster:6443", "argocd")
    assert connection.ca_certificates == b"from file"
    credentials = await connection.credentials.current()
    assert (credentials.client_certificate, credentials.client_key) == (b"inline", b"key")


@pytest.mark.parametrize(
    ("user", "authorization"),
    [
        ({}, ""),
        ({"token": "t"}, "Bearer t"),
        ({"username": "jane", "password": "pw"}, "Basic " + encoded("jane:pw")),
        ({"tokenFile": "token", "token": "ignored"}, "Bearer from-file"),
    ],
)
async def test_ways_to_sign_in(tmp_path: Path, user: dict[str, Any], authorization: str) -> None:
    (tmp_path / "token").write_text("from-file\n")
    connection = kubeconfig.load(write(tmp_path, user=user), CLOCK)
    assert (await connection.credentials.current()).authorization == authorization


async def test_a_token_of_digits_stays_a_text(tmp_path: Path) -> None:
    path = write(tmp_path, user={"token": "placeholder"})
    path.write_text(path.read_text().replace("placeholder", "0123456"))
    assert (await kubeconfig.load(path, CLOCK).credentials.current()).authorization == "Bearer 0123456"


async def test_a_token_file_is_read_again_after_a_while_or_a_refusal(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("1")
    credentials = kubeconfig.load(write(tmp_path, user={"tokenFile": "token"}), CLOCK).credentials
    seen = [(await credentials.current()).authorization]
    token.write_text("2")
    seen.append((await credentials.current()).authorization)
    credentials.forget()
    seen.append((await credentials.current()).authorization)
    token.write_text("3")
    await asyncio.sleep(61)
    seen.append((await credentials.current()).authorization)
    assert seen == ["Bearer 1", "Bearer 1", "Bearer 2", "Bearer 3"]


def test_another_context_can_be_named(tmp_path: Path) -> None:
    connection = kubeconfig.load(write(tmp_path, user={"token": "t"}), CLOCK, context="nobody")
    assert connection.namespace == ""


def test_proxy_server_name_and_impersonation_are_taken_over(tmp_path: Path) -> None:
    user = {"as": "jane", "as-groups": ["team"]}
    more = {"proxy-url": "http://proxy:3128", "tls-server-name": "name", "insecure-skip-tls-verify": True}
    connection = kubeconfig.load(write(tmp_path, user=user, **more), CLOCK)
    assert (connection.proxy, connection.tls_server_name, connection.insecure) == ("http://proxy:3128", "name", True)
    assert connection.headers == (("impersonate-user", "jane"), ("impersonate-group", "team"))


@pytest.mark.parametrize(
    ("user", "cluster", "message"),
    [
        ({}, {"server": "cluster:6443"}, r"config: clusters\[c\]\.cluster\.server is not a URL"),
        ({}, {"proxy-url": "socks5://p"}, r"clusters\[c\]\.cluster\.proxy-url is not a proxy"),
        ({}, {"certificate-authority-data": "%%"}, r"clusters\[c\]\.cluster\.certificate-authority-data is not base64"),
        (
            {},
            {"certificate-authority": "missing.pem"},
            r"clusters\[c\]\.cluster\.certificate-authority: .*missing\.pem cannot be read: No such file",
        ),
        ({"token": ["x"]}, {}, r"users\[u\]\.user\.token is not a text"),
        ({"client-certificate-data": encoded("x")}, {}, r"users\[u\]\.user\.client-key is missing"),
        ({"auth-provider": {"name": "gcp"}}, {}, r"users\[u\]\.user\.auth-provider .* use exec"),
        ({"exec": {"command": "x", "apiVersion": "v9"}}, {}, r"users\[u\]\.user\.exec\.apiVersion is 'v9'"),
        ({"exec": {"apiVersion": V1}}, {}, r"users\[u\]\.user\.exec\.command is missing"),
        ({"exec": {"apiVersion": V1, "command": "x", "interactiveMode": "Always"}}, {}, r"exec\.interactiveMode"),
        ({"exec": {"apiVersion": V1, "command": "x", "args": "a b"}}, {}, r"exec\.args is not a list of texts"),
    ],
)
def test_a_fault_is_reported_with_file_and_field(
    tmp_path: Path, user: dict[str, Any], cluster: dict[str, Any], message: str
) -> None:
    with pytest.raises(Blocked, match=message):
        kubeconfig.load(write(tmp_path, user=user, **cluster), CLOCK)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", r"config, line 1: this is not YAML"),
        ("- a", "this is not a kubeconfig"),
        ("{}", "current-context is empty"),
        ("current-context: x", "contexts has no context named 'x'"),
    ],
)
def test_a_file_that_is_no_kubeconfig_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "config").write_text(text)
    with pytest.raises(Blocked, match=message):
        kubeconfig.load(tmp_path / "config", CLOCK)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Blocked, match="nowhere cannot be read"):
        kubeconfig.load(tmp_path / "nowhere", CLOCK)


PLUGIN = """
import json, os, pathlib, sys
count = pathlib.Path("{folder}/count")
number = int(count.read_text()) + 1 if count.exists() else 1
count.write_text(str(number))
info = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
status = {{"token": f"{{os.environ['WHO']}}-{{number}}-{{sys.argv[1]}}", "expirationTimestamp": "{expires}"}}
assert info["spec"].get("cluster", {{}}).get("server", "").startswith("https://cluster")
print(json.dumps({{"apiVersion": info["apiVersion"], "kind": "ExecCredential", "status": status}}))
"""


def plugin_config(folder: Path, expires: str) -> Path:
    (folder / "plugin.py").write_text(PLUGIN.format(folder=folder, expires=expires))
    plugin = {
        "apiVersion": V1,
        "command": sys.executable,
        "args": [str(folder / "plugin.py"), "a b; $(c)"],
        "env": [{"name": "WHO", "value": "jane"}],
        "provideClusterInfo": True,
    }
    return write(folder, user={"exec": plugin})


@pytest.mark.real_time
async def test_a_plugin_runs_once_until_its_credentials_expire(tmp_path: Path) -> None:
    credentials = kubeconfig.load(plugin_config(tmp_path, "2200-01-01T00:00:00Z"), CLOCK).credentials
    both = await asyncio.gather(credentials.current(), credentials.current())
    assert {each.authorization for each in both} == {"Bearer jane-1-a b; $(c)"}
    credentials.forget()
    assert (await credentials.current()).authorization.startswith("Bearer jane-2")


@pytest.mark.real_time
async def test_expired_credentials_are_fetched_anew(tmp_path: Path) -> None:
    credentials = kubeconfig.load(plugin_config(tmp_path, "2020-01-01T00:00:00Z"), CLOCK).credentials
    await credentials.current()
    assert (await credentials.current()).authorization.startswith("Bearer jane-2")


@pytest.mark.real_time
@pytest.mark.parametrize(
    ("script", "error", "message"),
    [
        ("import time; time.sleep(60)", Transient, "did not end within"),
        ("import sys; print('no\\nlogin', file=sys.stderr); sys.exit(3)", Transient, "ended with 3: no login"),
        ("print('hello')", Blocked, "is not JSON"),
        ("print('{}')", Blocked, "is not an ExecCredential"),
        ("print('x' * 2_000_000)", Blocked, "wrote too much"),
        (f'print(\'{{"kind": "ExecCredential", "apiVersion": "{V1}"}}\')', Blocked, "has neither status.token nor"),
    ],
)
async def test_a_plugin_that_fails_is_reported(script: str, error: type[Exception], message: str) -> None:
    plugin = ExecPlugin("config: users[u].user.exec", V1, sys.executable, ("-c", script))
    with pytest.raises(error, match=f"users.*{message}"):
        await ExecCredentials(plugin, CLOCK, seconds=2).current()


@pytest.mark.real_time
async def test_a_missing_plugin_comes_with_its_install_hint() -> None:
    plugin = ExecPlugin("config: exec", V1, "no-such-program-here", install_hint="install the cloud's tools")
    with pytest.raises(
        Blocked, match=r"no-such-program-here cannot be run: No such file(.|\n)*install the cloud's tools"
    ):
        await ExecCredentials(plugin, CLOCK).current()


async def test_a_pod_signs_in_with_its_service_account(tmp_path: Path) -> None:
    for name, text in {"token": "t", "ca.crt": "ca", "namespace": "argocd"}.items():
        (tmp_path / name).write_text(text)
    environment = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    assert in_cluster.is_in_cluster(environment, tmp_path)
    connection: Connection = in_cluster.in_cluster(environment, CLOCK, tmp_path)
    assert (connection.server, connection.ca_certificates) == ("https://[fd00::1]:443", b"ca")
    assert connection.namespace == "argocd"
    assert (await connection.credentials.current()).authorization == "Bearer t"


def test_outside_a_pod_there_is_no_service_account(tmp_path: Path) -> None:
    assert not in_cluster.is_in_cluster({}, tmp_path)
    with pytest.raises(Blocked, match="KUBERNETES_SERVICE_HOST is not set"):
        in_cluster.in_cluster({}, CLOCK, tmp_path)
