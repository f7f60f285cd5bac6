"""Settings of notifications that are tried out of files, without a cluster."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web
from typer.testing import CliRunner

from holdfast.cli.main import command_line
from holdfast.engine.lang import yaml_documents
from holdfast.model.errors import Blocked
from tests.unit.adapters.local_http import serving

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "rollout-notifications.yaml"
ROLLOUT = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Rollout",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {
        "replicas": 4,
        "template": {
            "spec": {"containers": [{"name": "site", "image": "site:2"}, {"name": "side", "image": "side:1"}]}
        },
        "strategy": {"canary": {"steps": [{"setWeight": 50}, {"pause": {}}]}},
    },
    "status": {"phase": "Paused", "currentStepIndex": 1, "currentPodHash": "abc", "readyReplicas": 3},
}
TEMPLATES = sorted(
    name.removeprefix("template.")
    for name in yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))["data"]
    if name.startswith("template.")
)


class Files:
    """The settings, the Secret and the Rollout of a folder."""

    def __init__(self, folder: Path) -> None:
        self.settings, self.secret, self.rollout = (
            str(folder / name) for name in ("cm.yaml", "secret.yaml", "web.yaml")
        )
        self._write(self.rollout, ROLLOUT)
        self._write(self.secret, {"kind": "Secret", "metadata": {"name": "s"}, "stringData": {"token": "hidden-token"}})

    def configure(self, **data: str) -> None:
        named = {key.replace("__", ".").replace("_", "-"): value for key, value in data.items()}
        self._write(self.settings, {"kind": "ConfigMap", "metadata": {"name": "x"}, "data": named})

    def _write(self, path: str, obj: dict[str, Any]) -> None:
        Path(path).write_text(yaml.safe_dump(obj), encoding="utf-8")

    def ask(self, *words: str, code: int = 0) -> str:
        line = ["notifications", *words]
        ended = CliRunner().invoke(command_line("rollout"), ["rollout", *line], env={"NO_COLOR": "1", "COLUMNS": "200"})
        if isinstance(ended.exception, Blocked):
            assert code == 1, ended.exception
            return ended.exception.message
        assert ended.exit_code == code, ended.output
        return ended.output

    def notify(self, template: str, *more: str, code: int = 0) -> str:
        files = ("--config-map", self.settings, "--secret", self.secret)
        return self.ask("template", "notify", template, self.rollout, *files, *more, code=code)

    def run(self, trigger: str, *more: str, code: int = 0) -> str:
        return self.ask("trigger", "run", trigger, self.rollout, "--config-map", self.settings, *more, code=code)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_of_the_example_can_be_filled(files: Files, template: str) -> None:
    files.settings = str(EXAMPLE)
    found: Any = yaml_documents.load_one(files.notify(template))

    assert found["message"].startswith("web")
    assert found["email"]["subject"].startswith("web")
    if "attachments" in found.get("slack", {}):
        (attachment,) = json.loads(found["slack"]["attachments"])
        assert attachment["title_link"] == "https://dashboard.example.com/shop/web"
        assert [field["value"] for field in attachment["fields"]] == ["site:2", "side:1"]


def test_the_example_has_no_fault_and_a_trigger_for_each_event(files: Files) -> None:
    assert "warning" not in files.ask("trigger", "get", "--config-map", str(EXAMPLE))
    names = files.ask("trigger", "get", "--config-map", str(EXAMPLE), "-o", "name").split()
    assert names == [
        "on-analysis-run-error",
        "on-analysis-run-failed",
        "on-analysis-run-running",
        "on-rollout-aborted",
        "on-rollout-completed",
        "on-rollout-paused",
        "on-rollout-step-completed",
        "on-rollout-updated",
        "on-scaling-replica-set",
    ]


def test_templates_and_triggers_are_listed(files: Files) -> None:
    files.configure(
        template__done="message: |\n  done\n  really\nslack: {blocks: x}",
        trigger__on_done="- when: rollout.spec.replicas > 1\n  oncePer: rollout.status.currentPodHash\n  send: [done]",
    )
    at = ("--config-map", files.settings)

    assert files.ask("template", "get", *at).splitlines() == ["NAME  FOR    MESSAGE", "done  slack  done"]
    assert json.loads(files.ask("template", "get", "done", *at, "-o", "json")) == [
        {"name": "done", "message": "done\nreally\n", "slack": {"blocks": "x"}}
    ]
    assert [cell.strip() for cell in files.ask("trigger", "get", *at).splitlines()[1].split("  ") if cell.strip()] == [
        "on-done",
        "done",
        "rollout.spec.replicas > 1",
        "rollout.status.currentPodHash",
    ]
    assert files.ask("trigger", "get", "gone", *at, code=1) == "there is no trigger 'gone'; there: on-done"
    assert files.ask("template", "get", "gone", *at, code=1) == "there is no template 'gone'; there: done"


def test_the_conditions_of_a_trigger_are_answered(files: Files) -> None:
    files.configure(
        template__a="message: a",
        trigger__on_x="- when: rollout.spec.replicas > 3\n  send: [a]\n  oncePer: rollout.status.currentPodHash\n"
        "- when: rollout.status.phase == 'Healthy'\n  send: [a]\n- send: [a]",
        trigger__on_wrong="- when: rollout.gone.x\n  send: [a]",
    )
    lines = [line.split("  ") for line in files.run("on-x").splitlines()]
    assert [[cell.strip() for cell in line if cell.strip()][1] for line in lines] == ["RESULT", "true", "false", "true"]

    found = json.loads(files.run("on-x", "-o", "json"))
    assert [one["triggered"] for one in found] == [True, False, True]
    assert found[0]["oncePer"] == "abc"
    assert "cannot fetch x from nil" in files.run("on-wrong", code=1)
    assert files.run("gone", code=1) == "there is no trigger 'gone'; there: on-wrong, on-x"


@pytest.mark.parametrize(
    ("data", "recipient", "said"),
    [
        ({"template__a": "message: '{{ .rollout.x.y }}'"}, "console:stdout", "template a: message: "),
        ({}, "slack:releases", "slack:releases: there is no service 'slack'; there: none"),
        ({"service__slack": "token: $gone"}, "slack:c", "names $gone, and the Secret has no key gone"),
        ({"service__slack": "{}"}, "slack:c", "slack:c: service slack (slack): Object missing required field `token`"),
    ],
)
def test_what_cannot_be_told_is_explained(files: Files, data: dict[str, str], recipient: str, said: str) -> None:
    files.configure(**{"template__a": "message: a", **data})
    assert said in files.notify("a", "--recipient", recipient, code=1)


def test_an_empty_secret_and_no_such_template(files: Files) -> None:
    files.configure(template__a="message: 'a{{ .secrets.token }}'")
    assert yaml_documents.load_one(files.notify("a")) == {"message": "ahidden-token"}
    files.secret = ":empty"
    assert yaml_documents.load_one(files.notify("a")) == {"message": "a"}
    assert files.notify("b", code=1) == "console:stdout: there is no template 'b'; there: a"


def test_faults_of_the_settings_are_warned_of(files: Files) -> None:
    files.configure(template__a="message: a", trigger__on_x="- send: [b]")
    assert "warning: trigger.on-x: sends b, and there is no template.b" in files.ask(
        "trigger", "get", "--config-map", files.settings
    )


@pytest.mark.real_time
async def test_a_template_is_sent_and_a_refusal_shows_no_secret(files: Files) -> None:
    told: list[tuple[str, str]] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        told.append((request.path, await request.text()))
        token = request.headers["X-Token"]
        return web.Response(status=403 if request.path == "/no" else 200, text=f"{token} is not welcome")

    async with serving(answer) as address:
        files.configure(
            service__webhook__x=f"url: {address}\nheaders: [{{name: X-Token, value: $token}}]",
            template__yes="message: ''\nwebhook: {x: {method: POST, path: /yes, body: '{{.rollout.metadata.name}}'}}",
            template__no="message: ''\nwebhook: {x: {method: POST, path: /no, body: b}}",
        )
        said = await asyncio.to_thread(files.notify, "yes", "--recipient", "x")
        refused = await asyncio.to_thread(files.notify, "no", "--recipient", "x", code=1)

    assert told == [("/yes", "web"), ("/no", "b")]
    assert said == "x has taken it\n"
    assert refused == "x: 127.0.0.1 answers 403: ***** is not welcome"
