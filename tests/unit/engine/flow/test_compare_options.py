"""How an application and its objects choose the way they are compared."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from holdfast.engine.diff.compare import Manner
from holdfast.engine.flow import application as flow
from holdfast.model.application import Application
from holdfast.model.names import Annotation
from holdfast.testing.builders import application_object, config_map


@pytest.mark.parametrize(
    ("of_app", "of_object", "expected"),
    [
        ("", "", Manner(server_side=True, webhooks=False)),
        ("ServerSideDiff=false", "", Manner(server_side=False)),
        ("ServerSideDiff=false", "IgnoreExtraneous, ServerSideDiff=true", Manner(server_side=True)),
        ("ServerSideDiff=true", "ServerSideDiff=false", Manner(server_side=False)),
        ("IncludeMutationWebhook=true", "", Manner(webhooks=True)),
        ("IncludeMutationWebhook=true", "IncludeMutationWebhook=false", Manner(webhooks=False)),
        ("", "IncludeMutationWebhook=true,ServerSideDiff=true", Manner(webhooks=True)),
        ("ServerSideDiff=maybe", "", Manner()),
    ],
)
def test_what_the_object_says_goes_before_what_the_application_says(
    of_app: str, of_object: str, expected: Manner
) -> None:
    def annotated(text: str) -> dict[str, Any]:
        return {Annotation.COMPARE_OPTIONS.value: text} if text else {}

    document = application_object("web")
    document["metadata"]["annotations"] = annotated(of_app)
    app = msgspec.convert(document, Application)
    assert flow.manner_of(app, config_map(annotations=annotated(of_object))) == expected
