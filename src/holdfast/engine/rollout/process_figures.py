"""What monitoring reads of the controllers themselves, and of the templates that they know.

Source of names and labels: Argo Rollouts, docs/features/controller-metrics.md
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from holdfast.engine.rollout.prometheus_text import counter, gauge, histogram
from holdfast.model.analysis import AnalysisTemplate, ClusterAnalysisTemplate, Metric
from holdfast.model.figures import QueueFigures, Requests

_PROVIDERS = {
    "prometheus": "Prometheus",
    "kayenta": "Kayenta",
    "web": "Web",
    "datadog": "Datadog",
    "wavefront": "Wavefront",
    "new_relic": "NewRelic",
    "job": "Job",
    "cloud_watch": "CloudWatch",
    "graphite": "Graphite",
    "influxdb": "Influxdb",
    "skywalking": "SkyWalking",
}


def provider_of(metric: Metric) -> str:
    """Its name as monitoring has it; that of the plugin where one measures, "" for none."""
    named = [word for field, word in _PROVIDERS.items() if getattr(metric.provider, field) is not None]
    return next(iter([*named, *metric.provider.plugin]), "")


def of_templates(templates: Iterable[AnalysisTemplate | ClusterAnalysisTemplate]) -> str:
    known = [({"namespace": one.metadata.namespace, "name": one.metadata.name}, one.spec.metrics) for one in templates]
    text = "That there is an AnalysisTemplate, or a ClusterAnalysisTemplate without a namespace."
    metrics = (
        ({**place, "type": provider_of(metric), "metric": metric.name}, 1) for place, found in known for metric in found
    )
    return _written(
        gauge("analysis_template_info", text, ((place, 1) for place, _ in known)),
        gauge("analysis_template_metric_info", "A metric of a template, and who measures it.", metrics),
    )


def of_process(requests: Requests, version: str, *, delivered: int = 0, failed: int = 0) -> str:
    """`delivered` and `failed` are notifications; one that is tried again has not failed yet."""
    asked = (
        ({"kind": one.kind, "namespace": one.namespace, "verb": one.verb, "status_code": str(one.status)}, count)
        for one, count in requests.items()
    )
    return _written(
        counter("controller_clientset_k8s_request_total", "How often the cluster was asked for something.", asked),
        counter("notification_send_success", "How many notifications were taken.", [({}, delivered)]),
        counter("notification_send_error", "How many notifications were given up.", [({}, failed)]),
        gauge("argo_rollouts_controller_info", "What runs.", [({"version": version}, 1)]),
    )


def of_queues(queues: Mapping[str, QueueFigures]) -> str:
    """By the name of each. Source of names, labels and texts: the workqueue metrics of Kubernetes' own controllers."""
    known = [({"name": name}, one) for name, one in queues.items()]
    waited = ((labels, one.waited) for labels, one in known)
    worked = ((labels, one.worked) for labels, one in known)
    unfinished = ((labels, round(one.unfinished, 6)) for labels, one in known)
    longest = ((labels, round(one.longest, 6)) for labels, one in known)
    return _written(
        gauge("workqueue_depth", "How many objects wait for a worker.", ((labels, one.depth) for labels, one in known)),
        counter("workqueue_adds_total", "How often one was put in.", ((labels, one.adds) for labels, one in known)),
        histogram("workqueue_queue_duration_seconds", "How many seconds one waited for a worker.", waited),
        histogram("workqueue_work_duration_seconds", "How many seconds the work on one took.", worked),
        counter(
            "workqueue_retries_total", "How often one was put in for later.", ((at, one.retries) for at, one in known)
        ),
        gauge("workqueue_unfinished_work_seconds", "Seconds of all the work that goes on.", unfinished),
        gauge("workqueue_longest_running_processor_seconds", "Seconds of the oldest work that goes on.", longest),
    )


def _written(*families: Iterator[str]) -> str:
    return "".join(f"{line}\n" for family in families for line in family)
