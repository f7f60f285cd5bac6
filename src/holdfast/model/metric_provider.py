"""The systems that an analysis asks for its measurements."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import field

from holdfast.model.fields import REQUIRED, ApiStruct, FreeForm, IntOrString, NeededInt, NeededStr, one_of


class SecretKeyRef(ApiStruct, frozen=True, kw_only=True):
    name: NeededStr = ""
    key: NeededStr = ""


class NamedSecret(ApiStruct, frozen=True, kw_only=True):
    """`namespaced`: in the run's own namespace."""

    name: str = ""
    namespaced: bool = False


class OAuth2Config(ApiStruct, frozen=True, kw_only=True):
    token_url: str = ""
    client_id: str = ""
    client_secret: str = ""
    scopes: tuple[str, ...] = ()


class Sigv4Config(ApiStruct, frozen=True, kw_only=True):
    region: str = ""
    profile: str = ""
    role_arn: str = ""


class BasicAuthConfig(ApiStruct, frozen=True, kw_only=True):
    username: str = ""
    password: str = ""


class Authentication(ApiStruct, frozen=True, kw_only=True):
    sigv4: Sigv4Config = Sigv4Config()
    oauth2: OAuth2Config = OAuth2Config()
    basic_auth: BasicAuthConfig = BasicAuthConfig()


class WebMetricHeader(ApiStruct, frozen=True, kw_only=True):
    key: NeededStr = ""
    value: NeededStr = ""


class PrometheusRangeQuery(ApiStruct, frozen=True, kw_only=True):
    start: str = ""
    end: str = ""
    step: str = ""


class PrometheusMetric(ApiStruct, frozen=True, kw_only=True):
    address: str = ""
    query: str = ""
    authentication: Authentication = Authentication()
    timeout: int | None = None
    insecure: bool = False
    headers: tuple[WebMetricHeader, ...] = ()
    range_query: PrometheusRangeQuery | None = None


class WavefrontMetric(ApiStruct, frozen=True, kw_only=True):
    address: str = ""
    query: str = ""


class NewRelicMetric(ApiStruct, frozen=True, kw_only=True):
    profile: str = ""
    query: NeededStr = ""
    timeout: int | None = None


class JobMetric(ApiStruct, frozen=True, kw_only=True):
    metadata: FreeForm | None = None
    spec: Annotated[FreeForm, REQUIRED] = field(default_factory=dict)


class GraphiteMetric(ApiStruct, frozen=True, kw_only=True):
    address: str = ""
    query: str = ""


class InfluxdbMetric(ApiStruct, frozen=True, kw_only=True):
    profile: str = ""
    query: str = ""


class MetricDimension(ApiStruct, frozen=True, kw_only=True):
    name: str = ""
    value: str = ""


class CloudWatchStatMetric(ApiStruct, frozen=True, kw_only=True):
    dimensions: tuple[MetricDimension, ...] = ()
    metric_name: str = ""
    namespace: str | None = None


class CloudWatchStat(ApiStruct, frozen=True, kw_only=True):
    metric: Annotated[CloudWatchStatMetric, REQUIRED] = CloudWatchStatMetric()
    period: Annotated[IntOrString, REQUIRED] = 0
    stat: NeededStr = ""
    unit: str = ""


class CloudWatchQuery(ApiStruct, frozen=True, kw_only=True):
    id: NeededStr = ""
    expression: str | None = None
    label: str | None = None
    metric_stat: CloudWatchStat | None = None
    period: IntOrString | None = None
    return_data: bool | None = None


class CloudWatchMetric(ApiStruct, frozen=True, kw_only=True):
    interval: str = ""
    metric_data_queries: Annotated[tuple[CloudWatchQuery, ...], REQUIRED] = ()


class SkyWalkingMetric(ApiStruct, frozen=True, kw_only=True):
    address: str = ""
    query: str = ""
    interval: str = ""


class KayentaThreshold(ApiStruct, frozen=True, kw_only=True):
    passing: NeededInt = field(default=0, name="pass")
    marginal: NeededInt = 0


class ScopeDetail(ApiStruct, frozen=True, kw_only=True):
    scope: NeededStr = ""
    region: NeededStr = ""
    step: NeededInt = 0
    start: NeededStr = ""
    end: NeededStr = ""


class KayentaScope(ApiStruct, frozen=True, kw_only=True):
    name: NeededStr = ""
    control_scope: Annotated[ScopeDetail, REQUIRED] = ScopeDetail()
    experiment_scope: Annotated[ScopeDetail, REQUIRED] = ScopeDetail()


class KayentaMetric(ApiStruct, frozen=True, kw_only=True):
    address: NeededStr = ""
    application: NeededStr = ""
    canary_config_name: NeededStr = ""
    metrics_account_name: NeededStr = ""
    configuration_account_name: NeededStr = ""
    storage_account_name: NeededStr = ""
    threshold: Annotated[KayentaThreshold, REQUIRED] = KayentaThreshold()
    scopes: Annotated[tuple[KayentaScope, ...], REQUIRED] = ()
    lookback: bool = False


class WebMetric(ApiStruct, frozen=True, kw_only=True):
    """A header, body or URL may hold placeholders of arguments."""

    method: str = ""
    url: NeededStr = ""
    headers: tuple[WebMetricHeader, ...] = ()
    body: str = ""
    timeout_seconds: int = 0
    json_path: str = ""
    insecure: bool = False
    json_body: Any = None
    authentication: Authentication = Authentication()


class DatadogMetric(ApiStruct, frozen=True, kw_only=True):
    interval: str = ""
    query: str = ""
    queries: dict[str, str] = field(default_factory=dict)
    formula: str = ""
    api_version: Annotated[str, one_of("v1", "v2")] = ""
    aggregator: Annotated[str, one_of("avg", "min", "max", "sum", "last", "percentile", "mean", "l2norm", "area")] = ""
    secret_ref: NamedSecret | None = None
    request_timeout: str = ""


class MetricProvider(ApiStruct, frozen=True, kw_only=True):
    """Exactly one of them."""

    prometheus: PrometheusMetric | None = None
    kayenta: KayentaMetric | None = None
    web: WebMetric | None = None
    datadog: DatadogMetric | None = None
    wavefront: WavefrontMetric | None = None
    new_relic: NewRelicMetric | None = None
    job: JobMetric | None = None
    cloud_watch: CloudWatchMetric | None = None
    graphite: GraphiteMetric | None = None
    influxdb: InfluxdbMetric | None = None
    skywalking: SkyWalkingMetric | None = None
    plugin: FreeForm = field(default_factory=dict)
