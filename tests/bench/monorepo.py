"""A generated repository: one shared chart of five objects, and a values file for each application."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from holdfast.model.kube import KubeObject
from tests.e2e.up_process import GIT_IDENTITY, new_repository

NAMESPACE = "bench"
NOTE = "holdfast-bench"
CHART = """apiVersion: v2
name: service
version: 1.0.0
"""
VALUES = """note: one
image: registry.example.org/service:1
port: 80
"""
OBJECTS = """apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .Release.Name }}
  labels: {app.kubernetes.io/name: {{ .Release.Name }}, app.kubernetes.io/version: {{ .Values.shared | default "1" | quote }}}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
  labels: {app.kubernetes.io/name: {{ .Release.Name }}, app.kubernetes.io/version: {{ .Values.shared | default "1" | quote }}}
data:
  note: {{ .Values.note }}
  port: {{ .Values.port | quote }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}
  labels: {app.kubernetes.io/name: {{ .Release.Name }}, app.kubernetes.io/version: {{ .Values.shared | default "1" | quote }}}
spec:
  selector: {app.kubernetes.io/name: {{ .Release.Name }}}
  ports: [{name: http, port: {{ .Values.port }}, targetPort: http}]
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels: {app.kubernetes.io/name: {{ .Release.Name }}, app.kubernetes.io/version: {{ .Values.shared | default "1" | quote }}}
spec:
  replicas: 0
  selector: {matchLabels: {app.kubernetes.io/name: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app.kubernetes.io/name: {{ .Release.Name }}}}
    spec:
      serviceAccountName: {{ .Release.Name }}
      containers:
        - name: service
          image: {{ .Values.image }}
          ports: [{name: http, containerPort: 8080}]
          envFrom: [{configMapRef: {name: {{ .Release.Name }}}}]
          readinessProbe: {httpGet: {path: /ready, port: http}}
          resources: {requests: {cpu: 100m, memory: 128Mi}, limits: {memory: 256Mi}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ .Release.Name }}
  labels: {app.kubernetes.io/name: {{ .Release.Name }}, app.kubernetes.io/version: {{ .Values.shared | default "1" | quote }}}
spec:
  podSelector: {matchLabels: {app.kubernetes.io/name: {{ .Release.Name }}}}
  policyTypes: [Ingress]
  ingress: [{from: [{podSelector: {}}], ports: [{port: http}]}]
"""
OBJECTS_EACH = 5
"""So many objects has each application."""


class Monorepo:
    """`names` are the applications. Commits are made in place."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder
        self.names = [f"app-{number:04}" for number in range(count)]
        files = {"chart/Chart.yaml": CHART, "chart/values.yaml": VALUES, "chart/templates/objects.yaml": OBJECTS}
        files |= {f"apps/{name}.yaml": values("one") for name in self.names}
        new_repository(folder, files)

    def application(self, name: str) -> KubeObject:
        source = {
            "repoURL": f"file://{self.folder}",
            "path": "chart",
            "targetRevision": "HEAD",
            "helm": {"valueFiles": [f"../apps/{name}.yaml"]},
        }
        return {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": name, "namespace": "argocd"},
            "spec": {
                "project": "default",
                "source": source,
                "destination": {"server": "https://kubernetes.default.svc", "namespace": NAMESPACE},
                "syncPolicy": {"automated": {"prune": True, "selfHeal": True}},
            },
        }

    def change_one(self, name: str) -> str:
        """The commit that changes the values of one application."""
        (self.folder / f"apps/{name}.yaml").write_text(values("two"))
        return self._commit()

    def change_chart(self) -> str:
        """The commit that changes all objects of all applications."""
        return self._change_chart(VALUES + 'shared: "2"\n')

    def restore_chart(self) -> str:
        """The commit that takes `change_chart` back."""
        return self._change_chart(VALUES)

    def _change_chart(self, chart_values: str) -> str:
        (self.folder / "chart/values.yaml").write_text(chart_values)
        return self._commit()

    def _commit(self) -> str:
        self._git("commit", "--quiet", "--all", "--message", "Change")
        return self._git("rev-parse", "HEAD").strip()

    def _git(self, *arguments: str) -> str:
        environment = {**os.environ, **GIT_IDENTITY}
        command = ["git", "-C", str(self.folder), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


def values(note: str) -> str:
    return f"note: {note}\n"
