"""What argocd-cm says about comparing."""

from __future__ import annotations

import pytest

from holdfast.engine.diff import settings
from holdfast.model.application import ResourceIgnoreDifferences
from holdfast.model.errors import Blocked
from holdfast.model.ignoring import KnownField, KnownFields, StatusField

POINTERS = "jsonPointers:\n- /spec/replicas\n"


@pytest.mark.parametrize(
    ("key", "group", "kind"),
    [
        ("resource.customizations.ignoreDifferences.apps_Deployment", "apps", "Deployment"),
        ("resource.customizations.ignoreDifferences.Service", "", "Service"),
        ("resource.customizations.ignoreDifferences.*.example.com_*", "*.example.com", "*"),
        ("resource.customizations.ignoreDifferences.all", "*", "*"),
    ],
)
def test_a_key_for_each_kind_and_one_for_all(key: str, group: str, kind: str) -> None:
    [rule] = settings.parse({key: POINTERS}).rules
    assert rule == ResourceIgnoreDifferences(group=group, kind=kind, json_pointers=("/spec/replicas",))


def test_the_older_form_holds_everything_in_one_key() -> None:
    text = """
    apps/Deployment:
      health.lua: return {}
      ignoreDifferences: |
        jqPathExpressions: [.spec.replicas]
        managedFieldsManagers: [scaler]
      knownTypeFields:
      - field: spec.template.spec
        type: core/v1/PodSpec
    """
    found = settings.parse({"resource.customizations": text})
    [rule] = found.rules
    assert (rule.jq_path_expressions, rule.managed_fields_managers) == ((".spec.replicas",), ("scaler",))
    assert found.known_fields == (
        KnownFields("apps", "Deployment", (KnownField("spec.template.spec", "core/v1/PodSpec"),)),
    )


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("all", StatusField.IGNORED),
        ("crd", StatusField.IGNORED_IN_DEFINITIONS),
        ("none", StatusField.COMPARED),
        ("off", StatusField.COMPARED),
        ("false", StatusField.COMPARED),
        ("nonsense", StatusField.IGNORED),
    ],
)
def test_whether_the_status_is_compared(word: str, expected: StatusField) -> None:
    assert settings.parse({settings.OPTIONS: f"ignoreResourceStatusField: {word}"}).status is expected


def test_the_other_options() -> None:
    usual = settings.parse({})
    assert (usual.aggregated_roles_ignored, usual.differences_ignored_in_updates, usual.updates_ignored) == (True,) * 3
    text = "ignoreAggregatedRoles: false\nignoreDifferencesOnResourceUpdates: false\n"
    said = settings.parse({settings.OPTIONS: text, settings.UPDATES_ENABLED: "false"})
    assert (said.aggregated_roles_ignored, said.differences_ignored_in_updates, said.updates_ignored) == (False,) * 3


@pytest.mark.parametrize(("said", "seconds"), [({}, 1.0), ({settings.JQ_TIMEOUT[0]: "5s"}, 5.0), ({"x": "2s"}, 1.0)])
def test_how_long_jq_may_take(said: dict[str, str], seconds: float) -> None:
    assert settings.parse({}, said).jq_seconds == seconds


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("resource.customizations.ignoreDifferences.a_b_c", POINTERS),
        ("resource.customizations.ignoreDifferences.", POINTERS),
        ("resource.customizations.ignoreDifferences.apps_Deployment", "jsonPointers: /spec"),
        ("resource.customizations.ignoreDifferences.apps_Deployment", "jsonPointers: [1]"),
        ("resource.customizations.knownTypeFields.apps_Deployment", "- type: core/Quantity"),
        ("resource.customizations.ignoreDifferences.all", "{"),
        ("resource.compareoptions", "- x"),
    ],
)
def test_what_cannot_be_read_names_its_key(key: str, value: str) -> None:
    with pytest.raises(Blocked) as caught:
        settings.parse({key: value})
    assert key in caught.value.message


def test_annotations_that_are_to_be_masked() -> None:
    found = settings.parse({settings.MASKED_ANNOTATIONS: "a/b, key,"}).masked_annotations
    assert found == {"a/b", "key"}
