"""`holdfast health`: judges the objects of files by our checks and the scripts of argocd-cm, without a cluster."""

from __future__ import annotations

import asyncio
from typing import Any

from holdfast.cli.objects import ConfigOption, FilesOption, Located, read_customizations, read_objects
from holdfast.cli.output import Format, OutputOption, print_document, print_table
from holdfast.model.customizations import Customizations

COLUMNS = ("group", "kind", "namespace", "name", "status", "message")
NOT_JUDGED = "nothing judges this kind: it counts as Healthy"


def command(
    files: list[str] = FilesOption,
    config: str = ConfigOption,
    output: Format = OutputOption,
) -> None:
    """Judge how well the objects of files are."""
    answers = asyncio.run(_judge(read_objects(files), read_customizations(config)))
    if output in (Format.JSON, Format.YAML):
        print_document(answers, output)
        return
    rows = [[str(answer[column] or "").replace("\n", " ") or "-" for column in COLUMNS] for answer in answers]
    print_table([column.upper() for column in COLUMNS], rows)


async def _judge(objects: list[Located], customizations: Customizations) -> list[dict[str, Any]]:
    from holdfast.assembly import customized

    scripts = customized.scripts()
    try:
        answers = []
        for located in objects:
            report = await customized.health_of(scripts, customizations, located.obj)
            status, message = (report.status.value, report.message) if report else (None, NOT_JUDGED)
            answers.append({**located.identity, "status": status, "message": message})
        return answers
    finally:
        await scripts.close()
