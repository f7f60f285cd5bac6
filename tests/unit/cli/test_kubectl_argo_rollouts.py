"""What `kubectl argo rollouts …` becomes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from holdfast.cli.main import command_line
from holdfast.cli.rollout.argo_forms import FORMS, command_lines, understand
from holdfast.model.errors import Blocked

SHOP = "--namespace shop"
FORMS_AND_OURS = [
    ("get rollout web", f"rollout get {SHOP} -- web"),
    ("get rollout web -w", f"rollout get --watch {SHOP} -- web"),
    ("get ro web --watch=false", f"rollout get {SHOP} -- web"),
    (
        "get rollout web --watch --no-color --timeout-seconds 30",
        f"rollout get --watch --timeout 30 {SHOP} -- web",
    ),
    ("get experiment try", f"rollout get experiment {SHOP} -- try"),
    ("get exp try -w", f"rollout get experiment --watch {SHOP} -- try"),
    ("list rollouts", f"rollout list rollouts {SHOP}"),
    ("list rollouts --all-namespaces", "rollout list rollouts"),
    ("list ro -A", "rollout list rollouts"),
    ("list experiments -n other", "rollout list experiments --namespace other"),
    ("promote web", f"rollout promote {SHOP} -- web"),
    ("promote web --full", f"rollout promote --full {SHOP} -- web"),
    ("promote --skip-current-step web", f"rollout promote --skip-current-step {SHOP} -- web"),
    ("promote web -c", f"rollout promote --skip-current-step {SHOP} -- web"),
    ("promote web --skip-all-steps", f"rollout promote --skip-all-steps {SHOP} -- web"),
    ("promote web -a", f"rollout promote --skip-all-steps {SHOP} -- web"),
    ("abort web", f"rollout abort {SHOP} -- web"),
    ("retry rollout web", f"rollout retry rollout {SHOP} -- web"),
    ("retry experiment try", f"rollout retry experiment {SHOP} -- try"),
    ("undo web", f"rollout undo {SHOP} -- web"),
    ("undo web --to-revision 3", f"rollout undo --to-revision 3 {SHOP} -- web"),
    ("undo web --to-revision=3", f"rollout undo --to-revision 3 {SHOP} -- web"),
    ("pause web", f"rollout pause {SHOP} -- web"),
    ("restart web", f"rollout restart {SHOP} -- web"),
    ("restart web --in 10s", f"rollout restart --in 10 {SHOP} -- web"),
    ("restart web -i 1h5m", f"rollout restart --in 3900 {SHOP} -- web"),
    ("set image web web=web:2", f"rollout set image {SHOP} -- web web=web:2"),
    ("set image web *=web:2 side=side:3", f"rollout set image {SHOP} -- web *=web:2 side=side:3"),
    ("status web", f"rollout status --through-pauses {SHOP} -- web"),
    ("status web --timeout 5m", f"rollout status --through-pauses --timeout 300 {SHOP} -- web"),
    ("status web -t 30", f"rollout status --through-pauses --timeout 30 {SHOP} -- web"),
    ("status web --watch=false", f"rollout status --through-pauses --no-watch {SHOP} -- web"),
    ("terminate analysisrun web-1", f"rollout terminate analysisrun {SHOP} -- web-1"),
    (
        "create analysisrun --from good --instance-id blue",
        f"rollout create analysisrun --from good --instance-id blue {SHOP}",
    ),
    ("terminate ar web-1", f"rollout terminate analysisrun {SHOP} -- web-1"),
    ("terminate experiment try", f"rollout terminate experiment {SHOP} -- try"),
    ("notifications template get", f"rollout notifications template get {SHOP} --"),
    (
        "notifications template get a -o yaml --config-map cm.yaml",
        f"rollout notifications template get --output yaml --config-map cm.yaml {SHOP} -- a",
    ),
    (
        "notifications template notify a web --recipient slack:c --secret :empty",
        f"rollout notifications template notify --recipient slack:c --secret :empty {SHOP} -- a web",
    ),
    ("notifications trigger get on-x", f"rollout notifications trigger get {SHOP} -- on-x"),
    ("notifications trigger run on-x web", f"rollout notifications trigger run {SHOP} -- on-x web"),
    ("lint -f web.yaml", "rollout lint -- web.yaml"),
    ("lint --filename=web.yaml", "rollout lint -- web.yaml"),
    ("dashboard", f"rollout dashboard {SHOP}"),
    ("dashboard -p 3100 -A", "rollout dashboard --port 3100"),
    ("list rollouts --watch --timestamps", f"rollout list rollouts --watch --timestamps {SHOP}"),
    ("list rollouts --name web -w", f"rollout list rollouts --name web --watch {SHOP}"),
    ("create -f web.yaml", f"rollout create --filename web.yaml {SHOP}"),
    (
        "create analysisrun --from smoke -a host=web -a port=80 --global",
        f"rollout create analysisrun --from smoke --argument host=web --argument port=80 --global {SHOP}",
    ),
    (
        "create ar --from-file smoke.yaml --name now",
        f"rollout create analysisrun --from-file smoke.yaml --name now {SHOP}",
    ),
    ("completion bash", "rollout completion -- bash"),
    ("--as bob list rollouts", f"rollout list rollouts {SHOP}"),
    ("--request-timeout=0 --insecure-skip-tls-verify=false abort web", f"rollout abort {SHOP} -- web"),
    ("abort web --cache-dir /tmp/c", f"rollout abort {SHOP} -- web"),
    ("version", "version"),
    ("version --short", "version"),
    ("abort web -n other", "rollout abort --namespace other -- web"),
    ("abort web -nother", "rollout abort --namespace other -- web"),
    ("-n=other abort web", "rollout abort --namespace other -- web"),
    ("--namespace other abort web", "rollout abort --namespace other -- web"),
    ("abort web --kubeconfig /k", f"rollout abort {SHOP} --kubeconfig /k -- web"),
    ("abort web --context there -v 4 --loglevel debug", f"rollout abort {SHOP} -- web"),
    ("abort -- -web", f"rollout abort {SHOP} -- -web"),
]


def ours(text: str) -> list[str]:
    return [" ".join(line) for line in command_lines(understand(text.split()), kubeconfig="", namespace="shop")]


@pytest.mark.parametrize(("written", "line"), FORMS_AND_OURS)
def test_each_documented_form_is_one_of_our_commands(written: str, line: str) -> None:
    assert ours(written) == [line]


@pytest.mark.parametrize(
    "written", [written for written, _ in FORMS_AND_OURS if not written.startswith(("version", "completion"))]
)
def test_our_command_line_takes_what_comes_out(written: str) -> None:
    """It gets as far as looking for a file that is not there."""
    (line,) = command_lines(understand(written.split()), kubeconfig="/nowhere", namespace="shop")
    done = CliRunner().invoke(command_line(line[0]), line)
    assert isinstance(done.exception, Blocked), done.output
    assert re.match(r"there is no (kubeconfig )?file|cm.yaml: No such file", done.exception.message)


def test_the_table_has_every_form() -> None:
    written = {tuple(text.split()[: len(form.verb)]) for text, _ in FORMS_AND_OURS for form in FORMS}
    assert {form.verb for form in FORMS} <= written


def test_several_names_are_as_many_commands() -> None:
    assert ours("abort web api") == [f"rollout abort {SHOP} -- web", f"rollout abort {SHOP} -- api"]


def test_context_is_told() -> None:
    assert understand(["abort", "web", "--context=there"]).context == "there"


def test_who_is_impersonated_is_told() -> None:
    wanted = understand(["--as", "bob", "--as-group", "ops", "--as-group=dev", "list", "rollouts"])
    assert (wanted.as_user, wanted.as_groups) == ("bob", ("ops", "dev"))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "get rollout NAME"),
        ("create", "write `kubectl argo rollouts create -f FILE`"),
        ("notifications template", "use one of `notifications template get`, `notifications template notify`"),
        ("notifications trigger run on-x", "notifications trigger run NAME ROLLOUT"),
        ("get web", "use one of `get rollout`, `get experiment`"),
        ("delete web", "use one of `get rollout`"),
        ("promote", "write `kubectl argo rollouts promote NAME`"),
        ("promote web api", "write `kubectl argo rollouts promote NAME`"),
        ("set image web", "set image NAME CONTAINER=IMAGE"),
        ("set web", "use one of `set image`"),
        ("abort web --full", "takes no --full here"),
        ("dashboard --root-path ui", "--root-path is not carried out by holdfast: the page is at the address"),
        ("--as-uid 7 abort web", "--as-uid is not carried out by holdfast: only a user"),
        ("--request-timeout 5s list rollouts", "--request-timeout is not carried out by holdfast: each request"),
        ("-s https://there abort web", "--server is not carried out by holdfast: write it into the kubeconfig"),
        ("--token t abort web", "--token is not carried out by holdfast"),
        ("--colour red list rollouts", "the flag --colour is not known"),
        ("abort web -n", "-n needs a value"),
        ("status web --timeout soon", "--timeout is a duration such as 90s"),
        ("promote web --full=perhaps", "--full is true or false"),
        ("lint web.yaml", "lint -f FILE"),
        ("list experiments -w", "takes no -w here; use --all-namespaces"),
    ],
)
def test_what_is_not_understood_is_answered_with_what_to_write(written: str, said: str) -> None:
    with pytest.raises(Blocked) as refused:
        ours(written)
    assert said in refused.value.message


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "holdfast.cli.kubectl_argo_rollouts", *words]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HOLDFAST", "KUBECONFIG"))}
    return subprocess.run(command, capture_output=True, text=True, env=kept | environment, check=False)


KUBECONFIG = """
current-context: here
clusters: [{name: a, cluster: {server: "http://127.0.0.1:1"}}]
users: []
contexts:
  - {name: here, context: {cluster: nowhere}}
  - {name: there, context: {cluster: a, namespace: shop}}
"""


@pytest.mark.real_time
def test_the_cluster_is_the_one_that_kubectl_works_on(tmp_path: Path) -> None:
    (tmp_path / "config").write_text(KUBECONFIG, encoding="utf-8")
    here = run("abort", "web", KUBECONFIG=str(tmp_path / "config"))
    assert (here.returncode, "no cluster named 'nowhere'" in here.stderr) == (1, True)
    there = run("abort", "web", "--context", "there", KUBECONFIG=str(tmp_path / "config"))
    assert (there.returncode, "no answer from the cluster" in there.stderr) == (1, True)


@pytest.mark.real_time
def test_the_help_and_a_refusal() -> None:
    assert "set image NAME CONTAINER=IMAGE" in run("--help").stdout
    refused = run("--token", "t", "abort", "web")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("kubectl argo rollouts: --token is not carried out")
