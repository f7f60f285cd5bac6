"""Fills texts with the template language of Helm's library: Go's, with the functions of sprig.

A chart of one template has Helm fill any text that its values hold. Charts may do more than texts should: `lookup` finds
nothing here, and there are neither files nor an environment.
"""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Final

import helm_python
from helm_python import _native as native  # the library's options that Chart.render does not offer
from helm_python import errors as helm_errors

from holdfast.adapters.texts.messages import Answer, Failed, Filled, Question

_NAME: Final = "texts"
_FILE: Final = "templates/text.yaml"
_PROGRAM: Final = "{{ tpl .Values.text .Values.variables | toJson }}"
_OPTIONS: Final = json.dumps({"name": _NAME, "namespace": _NAME})
_OF_TEXT: Final = re.compile(r"(?s).*(?:template: gotpl|parse template .*?: template: gotpl):")
_OF_CALL: Final = re.compile(r"^execution error at \([^)]*\): ")


def perform(question: Question) -> Answer:
    filled = []
    with tempfile.TemporaryDirectory(prefix="holdfast-texts-") as folder, _opened(Path(folder)) as chart:
        for at, text in enumerate(question.texts):
            given = json.dumps({"text": text, "variables": question.variables})
            try:
                answer = native.call_string("helm_render", chart._raw(), given, _OPTIONS)  # noqa: SLF001
            except helm_errors.HelmError as error:
                return Failed(at, _explained(error.detail))
            filled.append(str(json.loads(json.loads(answer)[f"{_NAME}/{_FILE}"])))
    return Filled(filled)


def _opened(folder: Path) -> helm_python.Chart:
    (folder / "templates").mkdir()
    (folder / "Chart.yaml").write_text(f"apiVersion: v2\nname: {_NAME}\nversion: 0.0.0\n")
    (folder / _FILE).write_text(_PROGRAM)
    return helm_python.Chart.load(folder)


def _explained(detail: str) -> str:
    """Without the words about the chart around it, and without the text itself."""
    return _OF_CALL.sub("", _OF_TEXT.sub("", detail)).strip()
