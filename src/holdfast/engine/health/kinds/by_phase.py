"""Kinds that say all in one word, and what their words mean."""

from __future__ import annotations

from holdfast.engine.health.phases import PhaseRule
from holdfast.model.health import Health
from holdfast.model.keys import GroupKind

_HUMIO = PhaseRule(
    field=("status", "state"),
    healthy=("Exists",),
    degraded=("ConfigError",),
    missing=("NotFound",),
    otherwise=Health.UNKNOWN,
)
_CONFLUENT = PhaseRule(
    field=("status", "phase"),
    healthy=("RUNNING",),
    degraded=("ERROR", "FAILED"),
)
_KEPTN = PhaseRule(
    field=("status", "status"), healthy=("Succeeded",), degraded=("Failed", "Deprecated"), absent=Health.PROGRESSING
)
_ELASTIC = PhaseRule(
    field=("status", "health"), healthy=("green",), progressing=("yellow", "unknown"), degraded=("red",)
)
_ASTRA = PhaseRule(
    field=("status", "state"),
    healthy=("Completed",),
    degraded=("Failed", "Error"),
    message=("status", "error"),
)
_NUMAFLOW = PhaseRule(
    field=("status", "phase"), healthy=("Running",), degraded=("Failed",), suspended=("Paused",), observed=True
)
_CLICKHOUSE = PhaseRule(
    field=("status", "status"),
    healthy=("Completed",),
    progressing=("InProgress", "Terminating"),
    otherwise=Health.DEGRADED,
)

RULES: dict[GroupKind, PhaseRule] = {
    GroupKind("install.istio.io", "IstioOperator"): PhaseRule(
        field=("status", "status"), healthy=("HEALTHY",), degraded=("ERROR",)
    ),
    GroupKind("flagger.app", "Canary"): PhaseRule(
        field=("status", "phase"), healthy=("Initialized", "Succeeded"), degraded=("Failed",)
    ),
    GroupKind("jaegertracing.io", "Jaeger"): PhaseRule(
        field=("status", "phase"), healthy=("Running",), degraded=("Failed",)
    ),
    GroupKind("acid.zalan.do", "postgresql"): PhaseRule(
        field=("status", "PostgresClusterStatus"),
        healthy=("Running",),
        degraded=("CreateFailed", "UpdateFailed", "SyncFailed", "Invalid"),
    ),
    GroupKind("minio.min.io", "Tenant"): PhaseRule(
        field=("status", "currentState"), healthy=("Initialized",), degraded=("Stopped",)
    ),
    GroupKind("elasticsearch.k8s.elastic.co", "Elasticsearch"): _ELASTIC,
    GroupKind("beat.k8s.elastic.co", "Beat"): _ELASTIC,
    GroupKind("logstash.k8s.elastic.co", "Logstash"): _ELASTIC,
    GroupKind("sparkoperator.k8s.io", "SparkApplication"): PhaseRule(
        field=("status", "applicationState", "state"),
        healthy=("COMPLETED", "RUNNING"),
        degraded=("FAILED", "SUBMISSION_FAILED"),
        message=("status", "applicationState", "errorMessage"),
    ),
    GroupKind("flink.apache.org", "FlinkDeployment"): PhaseRule(
        field=("status", "jobManagerDeploymentStatus"),
        healthy=("READY",),
        degraded=("ERROR", "MISSING"),
        message=("status", "error"),
    ),
    GroupKind("networking.gke.io", "ManagedCertificate"): PhaseRule(
        field=("status", "certificateStatus"),
        healthy=("Active",),
        degraded=("FailedNotVisible", "ProvisioningFailed", "RenewalFailed", "ProvisioningFailedPermanently"),
    ),
    GroupKind("objectbucket.io", "ObjectBucketClaim"): PhaseRule(
        field=("status", "phase"), healthy=("Bound",), degraded=("Failed",)
    ),
    GroupKind("ceph.rook.io", "CephCluster"): PhaseRule(
        field=("status", "ceph", "health"), healthy=("HEALTH_OK",), degraded=("HEALTH_ERR", "HEALTH_WARN")
    ),
    GroupKind("ceph.rook.io", "CephObjectStore"): PhaseRule(
        field=("status", "phase"), healthy=("Ready",), degraded=("Failure",)
    ),
    GroupKind("cluster.x-k8s.io", "MachineDeployment"): PhaseRule(
        field=("status", "phase"),
        healthy=("Running",),
        degraded=("Failed",),
        otherwise=Health.PROGRESSING,
        paused=("spec", "paused"),
    ),
    GroupKind("cluster.x-k8s.io", "MachinePool"): PhaseRule(
        field=("status", "phase"), healthy=("Running",), degraded=("Failed",)
    ),
    GroupKind("cluster.x-k8s.io", "Machine"): PhaseRule(
        field=("status", "phase"), healthy=("Running",), degraded=("Failed",)
    ),
    GroupKind("clickhouse.altinity.com", "ClickHouseInstallation"): _CLICKHOUSE,
    GroupKind("clickhouse-keeper.altinity.com", "ClickHouseKeeperInstallation"): _CLICKHOUSE,
    GroupKind("core.humio.com", "HumioCluster"): PhaseRule(
        field=("status", "state"),
        healthy=("Running",),
        progressing=("Restarting", "Upgrading", "Pending"),
        degraded=("ConfigError",),
        otherwise=Health.UNKNOWN,
    ),
    **{
        GroupKind("core.humio.com", kind): _HUMIO
        for kind in ("HumioAction", "HumioAlert", "HumioIngestToken", "HumioParser", "HumioRepository", "HumioView")
    },
    **{
        GroupKind("platform.confluent.io", kind): _CONFLUENT
        for kind in ("Connect", "ControlCenter", "Kafka", "KsqlDB", "SchemaRegistry", "Zookeeper")
    },
    **{
        GroupKind("lifecycle.keptn.sh", kind): _KEPTN
        for kind in ("KeptnAppVersion", "KeptnWorkloadVersion", "KeptnWorkloadInstance", "KeptnTask")
    },
    **{
        GroupKind("astra.netapp.io", kind): _ASTRA
        for kind in ("Backup", "ResourceBackup", "ResticVolumeBackup", "Snapshot", "ExecHooksRun")
    },
    **{
        GroupKind("numaflow.numaproj.io", kind): _NUMAFLOW
        for kind in ("InterStepBufferService", "MonoVertex", "Pipeline", "Vertex")
    },
    **{
        GroupKind(group, kind): PhaseRule(
            field=("status", "state"),
            healthy=("ready",),
            progressing=("initializing", "stopping", "init", "unknown"),
            suspended=("paused",),
            degraded=("error",),
            otherwise=Health.UNKNOWN,
            absent=Health.UNKNOWN,
        )
        for group, kind in (
            ("psmdb.percona.com", "PerconaServerMongoDB"),
            ("pxc.percona.com", "PerconaXtraDBCluster"),
        )
    },
    GroupKind("tower.ansible.com", "AnsibleJob"): PhaseRule(
        field=("status", "ansibleJobResult", "status"),
        healthy=("successful",),
        degraded=("canceled", "error", "failed"),
        message=("status", "ansibleJobResult", "url"),
    ),
    GroupKind("trident.netapp.io", "TridentOrchestrator"): PhaseRule(
        field=("status", "status"),
        healthy=("Installed",),
        progressing=("Installing", "Updating", "Uninstalling"),
        degraded=("Error", "Failed"),
    ),
    GroupKind("trident.netapp.io", "TridentBackendConfig"): PhaseRule(
        field=("status", "lastOperationStatus"), healthy=("Success",), degraded=("Failed",)
    ),
    GroupKind("kubevirt.io", "VirtualMachine"): PhaseRule(
        field=("status", "printableStatus"),
        healthy=("Running",),
        suspended=("Stopped", "Paused"),
        degraded=("CrashLoopBackOff", "ErrorUnschedulable", "ErrorPvcNotFound", "ErrImagePull", "ImagePullBackOff"),
    ),
    GroupKind("kubevirt.io", "VirtualMachineInstance"): PhaseRule(
        field=("status", "phase"), healthy=("Running", "Succeeded"), degraded=("Failed",)
    ),
    GroupKind("policy.open-cluster-management.io", "Policy"): PhaseRule(
        field=("status", "compliant"), healthy=("Compliant",), degraded=("NonCompliant",)
    ),
    GroupKind("policy.open-cluster-management.io", "ConfigurationPolicy"): PhaseRule(
        field=("status", "compliant"), healthy=("Compliant",), degraded=("NonCompliant",)
    ),
    GroupKind("policy.open-cluster-management.io", "CertificatePolicy"): PhaseRule(
        field=("status", "compliant"), healthy=("Compliant",), degraded=("NonCompliant",)
    ),
    GroupKind("camel.apache.org", "Integration"): PhaseRule(
        field=("status", "phase"), healthy=("Running",), degraded=("Error",)
    ),
    GroupKind("grafana.integreatly.org", "Grafana"): PhaseRule(
        field=("status", "stageStatus"), healthy=("success",), degraded=("failed",), message=("status", "lastMessage")
    ),
    GroupKind("iammanager.keikoproj.io", "Iamrole"): PhaseRule(
        field=("status", "state"),
        healthy=("Ready",),
        degraded=("Error", "PolicyNotAllowed", "RolesMaxLimitReached"),
        message=("status", "errorDescription"),
    ),
    GroupKind("kafka.banzaicloud.io", "KafkaCluster"): PhaseRule(
        field=("status", "state"), healthy=("ClusterRunning",)
    ),
    GroupKind("kubernetes-client.io", "ExternalSecret"): PhaseRule(
        field=("status", "status"), healthy=("SUCCESS",), otherwise=Health.DEGRADED, message=("status", "status")
    ),
    GroupKind("lifecycle.keptn.sh", "KeptnEvaluation"): PhaseRule(
        field=("status", "overallStatus"), healthy=("Succeeded",), degraded=("Failed",)
    ),
    GroupKind("game.kruise.io", "GameServer"): PhaseRule(
        field=("status", "currentState"), healthy=("Ready",), degraded=("Crash",)
    ),
    GroupKind("astra.netapp.io", "AppVault"): PhaseRule(
        field=("status", "state"),
        healthy=("available", "Available"),
        degraded=("error", "Error", "failed", "Failed"),
        message=("status", "error"),
    ),
}
