{{/* The name of everything that belongs to the service: the release, which is the Application. */}}
{{- define "orofi-application.fullname" -}}
{{- .Values.fullnameOverride | default .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "orofi-application.name" -}}
{{- .Values.nameOverride | default (include "orofi-application.fullname" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "orofi-application.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "orofi-application.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{/* These may never change during the life of a service: a Deployment's selector is immutable. */}}
{{- define "orofi-application.selectorLabels" -}}
app.kubernetes.io/name: {{ include "orofi-application.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "orofi-application.version" -}}
{{- regexReplaceAll "[^A-Za-z0-9._-]" (.Values.image.tag | default .Values.image.digest | default "unknown") "-" | trunc 63 | trimAll "-._" -}}
{{- end -}}

{{- define "orofi-application.labels" -}}
{{ include "orofi-application.selectorLabels" . }}
app.kubernetes.io/version: {{ include "orofi-application.version" . | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "orofi-application.image" -}}
{{- $repository := required "image.repository: which image does the service run?" .Values.image.repository -}}
{{- if .Values.image.digest -}}
{{ $repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ $repository }}:{{ required "image.tag (or image.digest): which version of the image does the service run?" .Values.image.tag }}
{{- end -}}
{{- end -}}

{{- define "orofi-application.workloadKind" -}}
{{- ternary "Rollout" "Deployment" .Values.rollout.enabled -}}
{{- end -}}

{{/* What scales the service: HPA and ScaledObject point at whichever workload there is. */}}
{{- define "orofi-application.scaleTarget" -}}
apiVersion: {{ ternary "argoproj.io/v1alpha1" "apps/v1" .Values.rollout.enabled }}
kind: {{ include "orofi-application.workloadKind" . }}
name: {{ include "orofi-application.fullname" . }}
{{- end -}}

{{/* "true" when something else than this chart sets the number of replicas. */}}
{{- define "orofi-application.isScaled" -}}
{{- if and .Values.autoscaling.enabled .Values.keda.enabled -}}
{{- fail "autoscaling.enabled and keda.enabled: choose one, KEDA makes an HPA of its own" -}}
{{- end -}}
{{- if or .Values.autoscaling.enabled .Values.keda.enabled -}}true{{- end -}}
{{- end -}}

{{- define "orofi-application.host" -}}
{{ include "orofi-application.fullname" . }}.{{ .Release.Namespace }}.svc.cluster.local
{{- end -}}

{{- define "orofi-application.hasCanaryService" -}}
{{- if and .Values.rollout.enabled (eq .Values.rollout.strategy "canary") .Values.rollout.canary.trafficRouting -}}true{{- end -}}
{{- end -}}

{{- define "orofi-application.hasPreviewService" -}}
{{- if and .Values.rollout.enabled (eq .Values.rollout.strategy "blueGreen") -}}true{{- end -}}
{{- end -}}

{{- define "orofi-application.probe" -}}
httpGet:
  path: {{ .probe.path }}
  port: http
initialDelaySeconds: {{ .probe.initialDelaySeconds }}
periodSeconds: {{ .probe.periodSeconds }}
timeoutSeconds: {{ .probe.timeoutSeconds }}
failureThreshold: {{ .probe.failureThreshold }}
{{- end -}}

{{/* The pod, the same for a Deployment and a Rollout. */}}
{{- define "orofi-application.podTemplate" -}}
metadata:
  labels:
    {{- include "orofi-application.selectorLabels" . | nindent 4 }}
    app: {{ include "orofi-application.name" . }}
    version: {{ include "orofi-application.version" . | quote }}
    {{- if and .Values.istio.enabled .Values.istio.injectSidecar }}
    sidecar.istio.io/inject: "true"
    {{- end }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- $annotations := dict }}
  {{- if and .Values.istio.enabled .Values.istio.excludeOutboundPorts }}
  {{- $_ := set $annotations "traffic.sidecar.istio.io/excludeOutboundPorts" .Values.istio.excludeOutboundPorts }}
  {{- end }}
  {{- with merge (deepCopy .Values.podAnnotations) $annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "orofi-application.serviceAccountName" . }}
  automountServiceAccountToken: {{ .Values.serviceAccount.automountToken }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- toYaml .Values.podSecurityContext | nindent 4 }}
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  containers:
    - name: {{ include "orofi-application.name" . }}
      image: {{ include "orofi-application.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      {{- with .Values.command }}
      command:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.args }}
      args:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - name: http
          containerPort: {{ .Values.container.port }}
          protocol: TCP
      {{- with .Values.env }}
      env:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.envFrom }}
      envFrom:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- if .Values.probes.liveness.enabled }}
      livenessProbe:
        {{- include "orofi-application.probe" (dict "probe" .Values.probes.liveness) | nindent 8 }}
      {{- end }}
      {{- if .Values.probes.readiness.enabled }}
      readinessProbe:
        {{- include "orofi-application.probe" (dict "probe" .Values.probes.readiness) | nindent 8 }}
      {{- end }}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      securityContext:
        {{- toYaml .Values.securityContext | nindent 8 }}
      volumeMounts:
        - name: tmp
          mountPath: /tmp
        {{- with .Values.volumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: tmp
      emptyDir: {}
    {{- with .Values.volumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
