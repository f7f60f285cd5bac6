"""`holdfast rollout lint`: a file is judged as the controllers will judge what is in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from holdfast.cli.main import command_line
from holdfast.model.errors import Blocked

ROLLOUT = """
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:1"}]}
"""
TEMPLATE = """---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: smoke}
spec:
"""
ROUTED = """
  strategy:
    canary:
      canaryService: web-canary
      stableService: web-stable
      trafficRouting: {istio: {virtualService: {name: web}}}
"""


def canary(text: str) -> str:
    return f"{ROLLOUT}  strategy: {{canary: {text}}}\n"


def linted(folder: Path, content: str | bytes) -> Result:
    file = folder / "objects.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return CliRunner().invoke(command_line("rollout"), ["rollout", "lint", str(file)])


@pytest.mark.parametrize(
    "content",
    [
        canary("{}"),
        canary("{steps: [{setWeight: 20}, {pause: {}}, {analysis: {templates: [{templateName: smoke}]}}]}"),
        canary("{steps: [{analysis: {templates: [{templateName: smoke}], args: [{name: host, value: shop}]}}]}")
        + TEMPLATE
        + "  args: [{name: host}]\n  metrics: [{name: a, interval: '{{args.host}}', count: 1,"
        + " provider: {web: {url: 'http://{{args.host}}'}}}]\n",
        ROLLOUT + "  strategy: &s\n    canary: {<<: {maxSurge: 1}, maxSurge: 2}\n",
    ],
)
def test_what_is_sound_has_no_faults(tmp_path: Path, content: str) -> None:
    result = linted(tmp_path, content.replace("interval: '{{args.host}}', ", ""))
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "no faults")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (canary("{stpes: []}"), "unknown field /spec/strategy/canary/stpes"),
        (ROLLOUT + "  replicas: 1\n  replicas: 2\n  strategy: {canary: {}}\n", "the key 'replicas' is there twice"),
        (canary("{}").replace("labels: {app: web}", "labels: {app: wab}"), "does not match template `labels`"),
        (canary("{steps: [{analysis: {}}]}"), "an analysis names at least one template"),
        (canary("{analysis: {}}"), "canary.analysis.templates: Required value"),
        (canary("{steps: [{experiment: {}}]}"), "'templates' is a required property"),
        (canary("{steps: [{experiment: {templates: []}}]}"), "an experiment has at least one template"),
        (canary("{steps: [{experiment: {templates: [{name: a, specRef: new}]}}]}"), "must be one of canary, stable"),
        (canary("{minPodsPerReplicaSet: -1}"), "minPodsPerReplicaSet: Invalid value: -1"),
        (canary("{replicaProgressThreshold: {type: Bananas, value: 3}}"), "must be one of Percent, Percentage, Pods"),
        (canary("{}") + "  revisionHistoryLimit: -1\n", "spec.revisionHistoryLimit: Invalid value: -1"),
        (canary("{}") + "  rollbackWindow: {revisions: -3}\n", "spec.rollbackWindow.revisions: Invalid value: -3"),
        (
            ROLLOUT + "  strategy: {blueGreen: {activeService: a, previewReplicaCount: -2}}\n",
            "previewReplicaCount: Invalid value: -2",
        ),
        (
            ROLLOUT + ROUTED + "      steps: [{setCanaryScale: {weight: 900}}]\n",
            "setCanaryScale.weight: Invalid value: 900: must be less than or equal to 100",
        ),
        (
            ROLLOUT + ROUTED.replace("{istio:", "{maxTrafficWeight: -5, istio:"),
            "maxTrafficWeight: Invalid value: -5",
        ),
        (ROLLOUT + ROUTED.replace("istio: {virtualService: {name: web}}", "appMesh: {}"), "appMesh is not served"),
        (
            ROLLOUT + ROUTED + "---\napiVersion: v1\nkind: Service\nmetadata: {name: web-canary}\n"
            "spec: {selector: {app: shop}}\n",
            'Service "web-canary" has unmatch label "app"',
        ),
        (
            ROLLOUT + ROUTED + "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: web}\n"
            "spec: {http: [{route: [{destination: {host: other}}]}]}\n",
            "spec.strategy.canary.trafficRouting: Invalid value",
        ),
        (TEMPLATE + "  metrics: []\n", "no metrics specified"),
        (TEMPLATE + "  metrics: [{name: a, provider: {}}]\n", "no provider specified"),
        (
            TEMPLATE + "  metrics: [{name: a, successCondition: 'result >', provider: {web: {url: u}}}]\n",
            "spec.metrics[0].successCondition",
        ),
        (
            TEMPLATE.replace("AnalysisTemplate", "ClusterAnalysisTemplate")
            + "  metrics: [{name: a, count: 3, provider: {web: {url: u}}}]\n",
            "interval must be specified when count > 1",
        ),
        (
            canary("{steps: [{analysis: {templates: [{templateName: smoke}]}}]}")
            + TEMPLATE
            + "  args: [{name: host}]\n  metrics: [{name: a, provider: {web: {url: '{{args.host}}'}}}]\n",
            "steps[0].analysis: args.host was not resolved",
        ),
        (
            TEMPLATE.replace("AnalysisTemplate", "Experiment") + "  templates: []\n",
            "an Experiment has between 1 and 20 templates",
        ),
    ],
)
def test_a_fault_is_told_and_the_exit_code_is_1(tmp_path: Path, content: str, fault: str) -> None:
    result = linted(tmp_path, content)
    assert result.exit_code == 1, result.output
    assert fault in result.output


def test_lists_are_opened(tmp_path: Path) -> None:
    inner = canary("{stpes: []}").strip().replace("\n", "\n    ")
    result = linted(tmp_path, f"apiVersion: v1\nkind: List\nitems:\n  - {inner}\n")
    assert "unknown field /spec/strategy/canary/stpes" in result.output


def test_what_is_of_others_is_passed_over_and_said(tmp_path: Path) -> None:
    foreign = "---\napiVersion: rollouts.kruise.io/v1beta1\nkind: Rollout\nmetadata: {name: other}\nspec: {}\n"
    result = linted(tmp_path, canary("{}") + foreign)
    assert (result.exit_code, result.output.splitlines()) == (
        0,
        ["passed over: rollouts.kruise.io/v1beta1 Rollout", "no faults"],
    )
    assert isinstance(linted(tmp_path, foreign).exception, Blocked)


def test_what_it_cannot_look_at_is_said(tmp_path: Path) -> None:
    result = linted(tmp_path, ROLLOUT + ROUTED)
    named = "Rollout web: not judged, as not in the file: Service web-canary, Service web-stable, VirtualService web"
    assert named in result.output


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"\xff\xfe\x00\x01", "not UTF-8 text"), (b"a: [", "is no YAML"), (b"kind: Pod\n", "has none of Rollout")],
)
def test_a_file_that_is_none_is_refused_in_one_sentence(tmp_path: Path, content: bytes, words: Any) -> None:
    error = linted(tmp_path, content).exception
    assert isinstance(error, Blocked)
    assert words in error.message


def test_a_field_of_the_status_is_not_known_yet_and_no_fault(tmp_path: Path) -> None:
    reference = "{fieldRef: {fieldPath: 'status.pauseConditions[0].reason'}}"
    steps = f"[{{analysis: {{templates: [{{templateName: smoke}}], args: [{{name: why, valueFrom: {reference}}}]}}}}]"
    metrics = "  metrics: [{name: a, provider: {web: {url: 'http://{{args.why}}/{{args.who}}'}}}]\n"
    template = f"{TEMPLATE}  args: [{{name: why}}, {{name: who, valueFrom: {reference}}}]\n{metrics}"
    result = linted(tmp_path, canary(f"{{steps: {steps}}}") + template)
    assert result.exit_code == 0, result.output
