"""Writes the kubeconfig file by which kubectl and the product reach the sandbox."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final

from holdfast.engine.lang import yaml_documents

NAME: Final = "holdfast-sandbox"


def write(path: Path, *, url: str, token: str) -> None:
    """The whole file or none of it, readable for its owner alone."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": NAME, "cluster": {"server": url}}],
        "users": [{"name": NAME, "user": {"token": token}}],
        "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": NAME}}],
        "current-context": NAME,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(yaml_documents.dump(document))
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
