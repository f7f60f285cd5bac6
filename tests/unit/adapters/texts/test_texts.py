"""Texts of users in the template language of Go."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.adapters.texts.inline import InlineTexts
from holdfast.adapters.texts.pool import TextPool
from holdfast.ports.texts import TextFailed

VARIABLES: dict[str, Any] = {
    "rollout": {"metadata": {"name": "web", "labels": {"a.b/c": "d"}}, "spec": {"replicas": 4}},
    "recipient": "releases",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{.rollout.metadata.name}} {{ .rollout.spec.replicas }}", "web 4"),
        ('{{ index .rollout.metadata.labels "a.b/c" | upper | quote }}', '"D"'),
        ("{{ if .rollout.spec.paused }}a{{ else }}b{{ end }}", "b"),
        ('{{ define "a" }}x{{ end }}{{ template "a" }}<&>', "x<&>"),
        ("[{{ .nobody }}]", "[]"),
        ("{{ .Values }}{{ .Release }}{{ .Files }}", ""),
        ("{{ . | toJson | fromJson | keys | len }}", "2"),
    ],
)
async def test_a_text_is_filled(text: str, expected: str) -> None:
    assert await InlineTexts().fill([text], VARIABLES) == [expected]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ bad", 'function "bad" not defined'),
        ("{{ .rollout.x.y.z }}", "nil pointer evaluating interface {}.y"),
        ('{{ env "HOME" }}', 'function "env" not defined'),
        ('{{ fail "no" }}', "no"),
        ('{{ .rollout.metadata.name | required "needed" | fail }}', "web"),
    ],
)
async def test_a_text_that_cannot_be_filled_is_explained_without_being_repeated(text: str, said: str) -> None:
    with pytest.raises(TextFailed) as caught:
        await InlineTexts().fill(["fine", text], VARIABLES)

    assert caught.value.at == 1
    assert caught.value.message.endswith(said)
    assert text not in caught.value.message
    assert "tpl" not in caught.value.message.replace("gotpl", "")


@pytest.mark.real_time
async def test_a_worker_fills_and_one_that_does_not_end_is_replaced() -> None:
    pool = TextPool(seconds=3)
    try:
        assert await pool.fill(["{{.recipient}}", "b"], VARIABLES) == ["releases", "b"]
        with pytest.raises(TextFailed, match=r"took longer than 3 s|too much memory"):
            await pool.fill(["{{ range until 100000000 }}{{ range until 100000000 }}{{ end }}{{ end }}"], VARIABLES)
        assert await pool.fill(["{{.recipient}}"], VARIABLES) == ["releases"]
        assert await pool.fill([], VARIABLES) == []
    finally:
        await pool.close()
