"""Kinds whose conditions tell all, and which conditions those are."""

from __future__ import annotations

from holdfast.engine.health.standard_conditions import ConditionRule
from holdfast.model.keys import GroupKind

_READY = ConditionRule()
_OBSERVED_READY = ConditionRule(observed=True)
_FLUX = ConditionRule(paused=("spec", "suspend"))
_STRIMZI = ConditionRule(failed=("NotReady",))
_3SCALE_SYNCED = ConditionRule(ready=("Synced",), failed=("Failed", "Invalid"), false_is_busy=True)
_3SCALE_READY = ConditionRule(failed=("Failed", "Invalid"), false_is_busy=True)
_GRAFANA = ConditionRule(
    ready=("DashboardSynchronized", "DatasourceSynchronized", "FolderSynchronized"),
    failed=("NoMatchingInstance", "InvalidSpec"),
    any_ready=True,
)

RULES: dict[str, dict[str, ConditionRule]] = {
    "cert-manager.io": {
        "Certificate": ConditionRule(busy=("Issuing",), waiting="Waiting for certificate"),
        "Issuer": ConditionRule(waiting="Initializing issuer"),
        "ClusterIssuer": ConditionRule(waiting="Initializing ClusterIssuer"),
    },
    "certmanager.k8s.io": {
        "Certificate": ConditionRule(waiting="Waiting for certificate"),
        "Issuer": ConditionRule(waiting="Initializing issuer"),
    },
    "external-secrets.io": dict.fromkeys(
        ("ExternalSecret", "ClusterExternalSecret", "SecretStore", "ClusterSecretStore", "PushSecret"), _READY
    ),
    "keda.sh": {
        "ScaledObject": ConditionRule(paused_conditions=("Paused",), waiting="Creating HorizontalPodAutoscaler Object"),
        "ScaledJob": ConditionRule(paused_conditions=("Paused",), waiting="Creating ScaledJob"),
    },
    "helm.toolkit.fluxcd.io": {"HelmRelease": _FLUX},
    "kustomize.toolkit.fluxcd.io": {"Kustomization": _FLUX},
    "image.toolkit.fluxcd.io": dict.fromkeys(("ImagePolicy", "ImageRepository", "ImageUpdateAutomation"), _FLUX),
    "notification.toolkit.fluxcd.io": {"Receiver": _FLUX},
    "source.toolkit.fluxcd.io": dict.fromkeys(
        ("Bucket", "GitRepository", "HelmChart", "HelmRepository", "OCIRepository"), _FLUX
    ),
    "kafka.strimzi.io": dict.fromkeys(
        ("Kafka", "KafkaBridge", "KafkaConnect", "KafkaConnector", "KafkaTopic", "KafkaUser"), _STRIMZI
    ),
    "gateway.networking.k8s.io": {
        "GatewayClass": ConditionRule(ready=("Accepted",), observed=True, waiting="Waiting for GatewayClass status"),
        "Gateway": ConditionRule(
            ready=("Accepted", "Programmed"),
            busy_reasons=frozenset({"Pending", "AddressNotAssigned", "NoResources"}),
            observed=True,
        ),
    },
    "projectcontour.io": {
        "ExtensionService": ConditionRule(ready=("Valid",), observed=True, waiting="Waiting for status"),
    },
    "kyverno.io": {"Policy": ConditionRule(waiting="Waiting for Policy to be ready")},
    "bitnami.com": {"SealedSecret": ConditionRule(ready=("Synced",), observed=True)},
    "karpenter.sh": {
        "NodePool": _READY,
        "NodeClaim": ConditionRule(false_is_busy=True),
    },
    "karpenter.k8s.aws": {"EC2NodeClass": _READY},
    "serving.knative.dev": {"Service": _OBSERVED_READY},
    "operator.knative.dev": dict.fromkeys(("KnativeServing", "KnativeEventing"), _OBSERVED_READY),
    "serving.kserve.io": {"InferenceService": _READY},
    "k8s.mariadb.com": dict.fromkeys(("Backup", "Database", "Grant", "MariaDB", "SqlJob", "User"), _READY),
    "mariadb.mmontes.io": {"MariaDB": _READY},
    "monitoring.coreos.com": {"Prometheus": ConditionRule(ready=("Available", "Reconciled"))},
    "onepassword.com": {"OnePasswordItem": _READY},
    "addons.cluster.x-k8s.io": {"ClusterResourceSet": ConditionRule(ready=("ResourcesApplied",))},
    "cluster.x-k8s.io": {
        "Cluster": ConditionRule(false_is_busy=True, paused=("spec", "paused")),
        "MachineHealthCheck": ConditionRule(ready=("RemediationAllowed",)),
    },
    "controlplane.cluster.x-k8s.io": {"AWSManagedControlPlane": ConditionRule(false_is_busy=True)},
    "cdi.kubevirt.io": {"DataVolume": ConditionRule(false_is_busy=True)},
    "capabilities.3scale.net": {
        **dict.fromkeys(
            ("Application", "Backend", "Product", "OpenAPI", "ApplicationAuth", "CustomPolicyDefinition"),
            _3SCALE_SYNCED,
        ),
        **dict.fromkeys(("ActiveDoc", "DeveloperAccount", "DeveloperUser", "Tenant"), _3SCALE_READY),
        "ProxyConfigPromote": ConditionRule(failed=("Failed",), busy=("In-progress",), false_is_busy=True),
    },
    "astra.netapp.io": {"Application": ConditionRule(waiting="No status available")},
    "db.atlasgo.io": {
        "AtlasMigration": ConditionRule(busy_reasons=frozenset({"Reconciling"})),
        "AtlasSchema": ConditionRule(busy_reasons=frozenset({"Reconciling"})),
    },
    "datadoghq.com": {"DatadogMetric": ConditionRule(ready=("Valid",), failed=("Error",))},
    "grafana-org-operator.kubitus-project.gitlab.io": {"*": ConditionRule(waiting="Waiting ...")},
    "grafana.integreatly.org": dict.fromkeys(("GrafanaDashboard", "GrafanaDatasource", "GrafanaFolder"), _GRAFANA),
    "k8s.keycloak.org": {"Keycloak": ConditionRule(failed=("HasErrors",), false_is_busy=True)},
    "microgateway.airlock.com": {"*": _READY},
    "nmstate.io": {
        "NodeNetworkConfigurationPolicy": ConditionRule(
            ready=("Available",), failed=("Degraded",), busy=("Progressing",), false_is_busy=True
        )
    },
    "pkg.crossplane.io": {"Provider": ConditionRule(ready=("Installed", "Healthy"))},
    "promoter.argoproj.io": dict.fromkeys(
        (
            "ArgoCDCommitStatus",
            "ChangeTransferPolicy",
            "ClusterScmProvider",
            "CommitStatus",
            "GitCommitStatus",
            "GitRepository",
            "PromotionStrategy",
            "PullRequest",
            "ScmProvider",
            "TimedCommitStatus",
            "WebRequestCommitStatus",
        ),
        _OBSERVED_READY,
    ),
    "pulumi.com": {
        "Stack": ConditionRule(failed=("Stalled",), busy=("Reconciling",), observed=True),
    },
    "services.cloud.sap.com": dict.fromkeys(
        ("ServiceBinding", "ServiceInstance"), ConditionRule(failed=("Failed",), false_is_busy=True)
    ),
    "core.spinkube.dev": {"SpinApp": ConditionRule(ready=("Available",), false_is_busy=True)},
    "argoproj.io": {"EventBus": ConditionRule(ready=("Deployed", "Configured"))},
    "apps.3scale.net": {"APIManager": ConditionRule(ready=("Available",), false_is_busy=True)},
    "kiali.io": {"Kiali": ConditionRule(ready=("Successful",), failed=("Failure",), false_is_busy=True)},
    "openfaas.com": {"Function": _OBSERVED_READY},
    "coralogix.com": dict.fromkeys(("Alert", "RecordingRuleGroupSet"), ConditionRule(ready=("RemoteSynced",))),
}


def rule_of(group_kind: GroupKind) -> ConditionRule | None:
    kinds = RULES.get(group_kind.group, {})
    return kinds.get(group_kind.kind) or kinds.get("*")
