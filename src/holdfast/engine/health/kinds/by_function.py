"""Kinds of others that are judged by a function of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from holdfast.engine.health.kinds import crossplane, gateways, operators, replicated
from holdfast.model.health import HealthReport
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject

Check: TypeAlias = Callable[[KubeObject], HealthReport]

CHECKS: dict[str, dict[str, Check]] = {
    "apps.kruise.io": {
        "AdvancedCronJob": replicated.kruise_cron_job,
        "BroadcastJob": replicated.kruise_broadcast_job,
        **dict.fromkeys(("CloneSet", "DaemonSet", "StatefulSet"), replicated.kruise_workload),
    },
    "rollouts.kruise.io": {"Rollout": replicated.kruise_rollout},
    "apps.openshift.io": {"DeploymentConfig": replicated.deployment_config},
    "route.openshift.io": {"Route": gateways.openshift_route},
    "operator.openshift.io": {"IngressController": gateways.openshift_ingress_controller},
    "operators.coreos.com": {"Subscription": operators.operator_subscription},
    "ocs.openshift.io": {"StorageCluster": operators.storage_cluster},
    "solr.apache.org": {"SolrCloud": replicated.solr_cloud},
    "zookeeper.pravega.io": {"ZookeeperCluster": replicated.zookeeper_cluster},
    "opentelemetry.io": {"OpenTelemetryCollector": replicated.open_telemetry_collector},
    "gateway.networking.k8s.io": dict.fromkeys(
        ("HTTPRoute", "GRPCRoute", "BackendTLSPolicy"), gateways.attached_to_parents
    ),
    "projectcontour.io": {"HTTPProxy": gateways.http_proxy},
    "gateway.solo.io": dict.fromkeys(
        ("Gateway", "MatchableHttpGateway", "RouteOption", "RouteTable", "VirtualHostOption", "VirtualService"),
        gateways.gloo,
    ),
    "gloo.solo.io": dict.fromkeys(("Proxy", "Settings", "Upstream", "UpstreamGroup"), gateways.gloo),
    "snapshot.storage.k8s.io": dict.fromkeys(("VolumeSnapshot", "VolumeSnapshotContent"), operators.volume_snapshot),
    "rabbitmq.com": {
        "RabbitmqCluster": operators.rabbitmq_cluster,
        **dict.fromkeys(
            ("Binding", "Exchange", "Permission", "Policy", "Queue", "Shovel", "User", "Vhost"),
            operators.rabbitmq_object,
        ),
    },
    "operator.victoriametrics.com": {"*": operators.victoria_metrics},
    "platform.confluent.io": {"Connector": operators.confluent_connector},
    "policy.open-cluster-management.io": {"OperatorPolicy": operators.operator_policy},
    "work.karmada.io": dict.fromkeys(("ClusterResourceBinding", "ResourceBinding"), operators.karmada_binding),
    "core.gardener.cloud": {"Shoot": operators.gardener_shoot},
    "metrics.keptn.sh": {"KeptnMetric": operators.keptn_metric, "Analysis": operators.keptn_analysis},
    "game.kruise.io": {"GameServerSet": replicated.game_server_set},
    "cassandra.rook.io": {"Cluster": replicated.rook_cassandra_cluster},
    "proclaim.dogmatiq.io": {"DNSSDServiceInstance": operators.dns_sd_instance},
    "numaplane.numaproj.io": dict.fromkeys(
        ("ISBServiceRollout", "MonoVertexRollout", "PipelineRollout", "NumaflowControllerRollout"),
        operators.numaplane_rollout,
    ),
    "postgresql.cnpg.io": {"Cluster": operators.cnpg_cluster},
}

FAMILIES: dict[str, Check] = {
    ".crossplane.io": crossplane.managed_resource,
    ".upbound.io": crossplane.managed_resource,
    ".services.k8s.aws": crossplane.ack_resource,
    ".cnrm.cloud.google.com": crossplane.config_connector_resource,
}
"""Checks of all kinds of the groups that end so."""


def function_of(group_kind: GroupKind) -> Check | None:
    kinds = CHECKS.get(group_kind.group, {})
    return kinds.get(group_kind.kind) or kinds.get("*")


def family_of(group_kind: GroupKind) -> Check | None:
    return next((check for suffix, check in FAMILIES.items() if group_kind.group.endswith(suffix)), None)
