"""Writes our CustomResourceDefinitions to deploy/crds, one file a kind: `python scripts/generate_crds.py`."""

from __future__ import annotations

from pathlib import Path

import yaml

from holdfast.model.crd.definitions import definitions
from holdfast.model.kube import KubeObject

FOLDER = Path(__file__).resolve().parent.parent / "deploy" / "crds"


class _WithoutAliases(yaml.SafeDumper):
    """Repeats what occurs twice, as the readers of these files expect."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def text_of(definition: KubeObject) -> str:
    body = yaml.dump(definition, Dumper=_WithoutAliases, default_flow_style=None, sort_keys=False, width=120)
    return f"# Written by scripts/generate_crds.py from the Structs in src/holdfast/model.\n{body}"


def file_of(definition: KubeObject) -> Path:
    return FOLDER / f"{definition['spec']['names']['singular']}.yaml"


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for definition in definitions():
        file_of(definition).write_text(text_of(definition), encoding="utf-8")


if __name__ == "__main__":
    main()
