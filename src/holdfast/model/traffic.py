"""How a canary's share of the traffic is steered: one Struct for each router."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from holdfast.model.fields import REQUIRED, ApiStruct, FreeForm, NeededBool, NeededInt, NeededStr, NeededStrs


class StickinessConfig(ApiStruct, frozen=True, kw_only=True):
    enabled: NeededBool = False
    duration_seconds: NeededInt = 0


class ALBTrafficRouting(ApiStruct, frozen=True, kw_only=True):
    ingress: str = ""
    service_port: NeededInt = 0
    root_service: str = ""
    annotation_prefix: str = ""
    stickiness_config: StickinessConfig | None = None
    ingresses: tuple[str, ...] = ()


class NginxTrafficRouting(ApiStruct, frozen=True, kw_only=True):
    annotation_prefix: str = ""
    stable_ingress: str = ""
    additional_ingress_annotations: dict[str, str] = field(default_factory=dict)
    stable_ingresses: tuple[str, ...] = ()
    canary_ingress_annotations: dict[str, str] = field(default_factory=dict)


class TLSRoute(ApiStruct, frozen=True, kw_only=True):
    port: int = 0
    sni_hosts: tuple[str, ...] = ()


class TCPRoute(ApiStruct, frozen=True, kw_only=True):
    port: int = 0


class IstioVirtualService(ApiStruct, frozen=True, kw_only=True):
    name: NeededStr = ""
    routes: tuple[str, ...] = ()
    tls_routes: tuple[TLSRoute, ...] = ()
    tcp_routes: tuple[TCPRoute, ...] = ()


class IstioDestinationRule(ApiStruct, frozen=True, kw_only=True):
    name: NeededStr = ""
    canary_subset_name: NeededStr = ""
    stable_subset_name: NeededStr = ""
    additional_subset_names: tuple[str, ...] = ()


class IstioTrafficRouting(ApiStruct, frozen=True, kw_only=True):
    virtual_service: IstioVirtualService | None = None
    destination_rule: IstioDestinationRule | None = None
    virtual_services: tuple[IstioVirtualService, ...] = ()


class SMITrafficRouting(ApiStruct, frozen=True, kw_only=True):
    root_service: str = ""
    traffic_split_name: str = ""


class AmbassadorTrafficRouting(ApiStruct, frozen=True, kw_only=True):
    mappings: NeededStrs = ()


class AppMeshVirtualService(ApiStruct, frozen=True, kw_only=True):
    name: NeededStr = ""
    routes: tuple[str, ...] = ()


class AppMeshVirtualNodeReference(ApiStruct, frozen=True, kw_only=True):
    name: NeededStr = ""


class AppMeshVirtualNodeGroup(ApiStruct, frozen=True, kw_only=True):
    canary_virtual_node_ref: Annotated[AppMeshVirtualNodeReference, REQUIRED] = AppMeshVirtualNodeReference()
    stable_virtual_node_ref: Annotated[AppMeshVirtualNodeReference, REQUIRED] = AppMeshVirtualNodeReference()


class AppMeshTrafficRouting(ApiStruct, frozen=True, kw_only=True):
    virtual_service: AppMeshVirtualService | None = None
    virtual_node_group: AppMeshVirtualNodeGroup | None = None


class TraefikTrafficRouting(ApiStruct, frozen=True, kw_only=True):
    weighted_traefik_service_name: NeededStr = ""


class ApisixRoute(ApiStruct, frozen=True, kw_only=True):
    name: NeededStr = ""
    rules: tuple[str, ...] = ()


class ApisixTrafficRouting(ApiStruct, frozen=True, kw_only=True):
    route: ApisixRoute | None = None


class ManagedRoute(ApiStruct, frozen=True, kw_only=True):
    name: NeededStr = ""


class TrafficRouting(ApiStruct, frozen=True, kw_only=True):
    istio: IstioTrafficRouting | None = None
    nginx: NginxTrafficRouting | None = None
    alb: ALBTrafficRouting | None = None
    smi: SMITrafficRouting | None = None
    ambassador: AmbassadorTrafficRouting | None = None
    app_mesh: AppMeshTrafficRouting | None = None
    traefik: TraefikTrafficRouting | None = None
    managed_routes: tuple[ManagedRoute, ...] = ()
    apisix: ApisixTrafficRouting | None = None
    plugins: FreeForm = field(default_factory=dict)
    max_traffic_weight: int | None = None


class StringMatch(ApiStruct, frozen=True, kw_only=True):
    exact: str = ""
    prefix: str = ""
    regex: str = ""


class RouteMatch(ApiStruct, frozen=True, kw_only=True):
    method: StringMatch | None = None
    path: StringMatch | None = None
    headers: dict[str, StringMatch] = field(default_factory=dict)


class SetMirrorRoute(ApiStruct, frozen=True, kw_only=True):
    name: NeededStr = ""
    match: tuple[RouteMatch, ...] = ()
    service: str = ""
    percentage: int | None = None


class HeaderRoutingMatch(ApiStruct, frozen=True, kw_only=True):
    header_name: NeededStr = ""
    header_value: Annotated[StringMatch, REQUIRED] = StringMatch()


class SetHeaderRoute(ApiStruct, frozen=True, kw_only=True):
    name: NeededStr = ""
    match: tuple[HeaderRoutingMatch, ...] = ()
