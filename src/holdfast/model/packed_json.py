"""The JSON of Kubernetes objects in less memory: deflated, with the words that such objects repeat known beforehand.

What is packed stays in the process that packed it: the words may be others in the next version.
"""

from __future__ import annotations

import zlib
from typing import Final

SMALLEST: Final = 400
"""Shorter texts are not worth the work."""

_LEVEL: Final = 3
# A window of 8 KiB holds the words and the object before; what deflating takes meanwhile is a fifth of the usual.
_WINDOW: Final = -13
_MEMORY: Final = 6


def _managed(*fields: str) -> str:
    return "".join(f'"f:{field}":{{}},' for field in fields)


_STATUS: Final = (
    '"status":{"conditions":[{"type":"Ready","status":"True","lastProbeTime":null,"lastUpdateTime":"2026-01-01T00:00:00Z",'
    '"lastTransitionTime":"2026-01-01T00:00:00Z","reason":"NewReplicaSetAvailable","message":"ReplicaSet \\" has successfully '
    'progressed."},{"type":"Available","reason":"MinimumReplicasAvailable","message":"Deployment has minimum availability."},'
    '{"type":"Progressing","status":"False"}],"observedGeneration":1,"replicas":1,"updatedReplicas":1,"readyReplicas":1,'
    '"availableReplicas":1,"unavailableReplicas":1,"loadBalancer":{}}}'
)
_SPECIFICATION: Final = (
    '"data":{"spec":{"clusterIP":"10.","clusterIPs":["10."],"externalTrafficPolicy":"internalTrafficPolicy":"Cluster",'
    '"ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","sessionAffinity":"None","type":"ClusterIP","podSelector":{'
    '"policyTypes":["Ingress","Egress"],"ingress":[{"from":[{"ports":[{"name":"http","port":80,"targetPort":"http",'
    '"protocol":"TCP"}],"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":"25%","maxUnavailable":"25%"}},'
    '"revisionHistoryLimit":10,"progressDeadlineSeconds":600,"replicas":1,"selector":{"matchLabels":{'
    '"app.kubernetes.io/name":"},"template":{"metadata":{"creationTimestamp":null,"labels":{'
    '"app.kubernetes.io/instance":"},"spec":{"serviceAccountName":"serviceAccount":"containers":[{"name":"image":"ports":[{'
    '"name":"http","containerPort":8080,"protocol":"TCP"}],"env":[{"name":"value":"valueFrom":{"secretKeyRef":{"key":"'
    '"envFrom":[{"configMapRef":{"name":"secretRef":{"resources":{"limits":{"cpu":"100m","memory":"256Mi"},"requests":{'
    '"memory":"128Mi"}},"volumeMounts":[{"mountPath":"readOnly":true,"volumes":[{"configMap":{"defaultMode":420,'
    '"livenessProbe":{"readinessProbe":{"httpGet":{"path":"/","port":"http","scheme":"HTTP"},"initialDelaySeconds":5,'
    '"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3},"terminationMessagePath":'
    '"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}],"restartPolicy":"Always",'
    '"terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","securityContext":{"runAsNonRoot":true},'
    '"schedulerName":"default-scheduler"}}'
)
_APPLICATION: Final = (
    '"spec":{"project":"default","source":{"repoURL":"https://","path":"targetRevision":"HEAD","helm":{"valueFiles":["'
    '"values.yaml"]}},"destination":{"server":"https://kubernetes.default.svc","namespace":"},"syncPolicy":{"automated":{'
    '"prune":true,"selfHeal":true},"syncOptions":["CreateNamespace=true","ServerSideApply=true"]}},"status":{"resources":[{'
    '"group":"apps","version":"v1","kind":"Service","namespace":"name":"status":"Synced","health":{"status":"Healthy"}},'
    '"sync":{"status":"Synced","comparedTo":{"source":{"health":{"status":"Healthy","lastTransitionTime":"2026-01-01T00:00:00Z"},'
    '"reconciledAt":"2026-01-01T00:00:00Z","operationState":{"operation":{"sync":{"revision":"prune":true},"initiatedBy":{'
    '"automated":true},"retry":{"limit":5}},"phase":"Succeeded","message":"successfully synced (all tasks run)","syncResult":{'
    '"revision":"source":{"resources":[{"group":"","version":"v1","kind":"status":"Synced","message":"configmap/ '
    'serverside-applied","hookPhase":"Running","syncPhase":"Sync"},{"group":"networking.k8s.io","startedAt":"finishedAt":"'
    '"sourceType":"Helm","controllerNamespace":"argocd","history":[{"revision":"deployedAt":"id":0,"deployStartedAt":"'
    '"summary":{"images":["registry.'
)
_MANAGED: Final = (
    '"managedFields":[{"manager":"argocd-controller","operation":"Apply","apiVersion":"apps/v1","time":"2026-01-01T00:00:00Z",'
    '"fieldsType":"FieldsV1","fieldsV1":{"f:data":{"f:metadata":{"f:annotations":{".":{},'
    '"f:argocd.argoproj.io/tracking-id":{},"f:deployment.kubernetes.io/revision":{}}},"f:labels":{".":{},'
    '"f:app.kubernetes.io/instance":{},"f:app.kubernetes.io/name":{},"f:app.kubernetes.io/version":{},"f:helm.sh/chart":{}}},'
    '"f:spec":{"f:replicas":{},"f:selector":{},"f:template":{"f:metadata":{"f:labels":{"f:spec":{"f:containers":{'
    '"k:{\\"name\\":\\"":{".":{},"f:env":{},"f:envFrom":{},"f:image":{},"f:name":{},"f:ports":{"k:{\\"port\\":80,\\"protocol\\":\\"TCP\\"}'
    '"k:{\\"containerPort\\":8080,\\"protocol\\":\\"TCP\\"}":{".":{},"f:containerPort":{},"f:name":{},"f:port":{},'
    '"f:protocol":{},"f:targetPort":{}}},"f:livenessProbe":{"f:readinessProbe":{"f:httpGet":{"f:path":{},"f:port":{}}},'
    '"f:resources":{"f:limits":{"f:cpu":{},"f:memory":{}},"f:requests":{"f:serviceAccountName":{}'
    + _managed("ingress", "podSelector", "policyTypes", "observedGeneration", "source", "destination", "syncPolicy")
    + _managed("repoURL", "path", "targetRevision", "server", "namespace", "project", "revision", "resources", "health")
    + '{"manager":"kube-controller-manager","operation":"Update","fieldsV1":{"f:status":{"f:conditions":{".":{},'
    '"k:{\\"type\\":\\"Available\\"}":{".":{},'
    + _managed("lastTransitionTime", "lastUpdateTime", "message", "reason", "status", "type")
    + '"k:{\\"type\\":\\"Progressing\\"}":{".":{},"f:observedGeneration":{}}},"subresource":"status"}]},'
)
_METADATA: Final = (
    '"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"uid":"controller":true,"blockOwnerDeletion":true}],'
    '{"kind":"Deployment","apiVersion":"apps/v1","metadata":{"name":"namespace":"default","uid":"resourceVersion":"1'
    '","generation":1,"creationTimestamp":"2026-01-01T00:00:00Z","labels":{"app.kubernetes.io/name":"app.kubernetes.io/version":"'
    '"annotations":{"argocd.argoproj.io/tracking-id":":apps/Deployment:","deployment.kubernetes.io/revision":"1"},'
)
# What comes last is found cheapest.
WORDS: Final = (_APPLICATION + _STATUS + _SPECIFICATION + _METADATA + _MANAGED).encode()


def pack(text: bytes) -> bytes:
    deflating = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW, _MEMORY, zlib.Z_DEFAULT_STRATEGY, WORDS)
    return deflating.compress(text) + deflating.flush()


def unpack(packed: bytes) -> bytes:
    return zlib.decompressobj(_WINDOW, WORDS).decompress(packed)
