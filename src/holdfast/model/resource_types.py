"""The kinds that are known before a cluster is asked."""

from __future__ import annotations

from typing import Final

from holdfast.model.discovery import ResourceType

APPLICATION: Final = ResourceType("argoproj.io", "v1alpha1", "Application", "applications", namespaced=True)
APP_PROJECT: Final = ResourceType("argoproj.io", "v1alpha1", "AppProject", "appprojects", namespaced=True)
ANALYSIS_RUN: Final = ResourceType("argoproj.io", "v1alpha1", "AnalysisRun", "analysisruns", namespaced=True)
SYNC_RECORD: Final = ResourceType("holdfast.dev", "v1alpha1", "SyncRecord", "syncrecords", namespaced=True)
APPROVAL: Final = ResourceType("holdfast.dev", "v1alpha1", "Approval", "approvals", namespaced=True)
FREEZE: Final = ResourceType("holdfast.dev", "v1alpha1", "Freeze", "freezes", namespaced=True)
NAMESPACE: Final = ResourceType("", "v1", "Namespace", "namespaces", namespaced=False)
SECRET: Final = ResourceType("", "v1", "Secret", "secrets", namespaced=True)
CONFIG_MAP: Final = ResourceType("", "v1", "ConfigMap", "configmaps", namespaced=True)
EVENT: Final = ResourceType("", "v1", "Event", "events", namespaced=True)
CUSTOM_RESOURCE_DEFINITION: Final = ResourceType(
    "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", namespaced=False
)
