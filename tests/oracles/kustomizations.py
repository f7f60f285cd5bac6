"""Kustomizations that between them use every field, each below `app`."""

from __future__ import annotations

from collections.abc import Mapping

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web:1
        env: [{name: A, value: "1"}, {name: HOST, value: $(HOST)}]
        envFrom: [{configMapRef: {name: made}}, {secretRef: {name: hidden}}]
      - {name: side, image: "side@sha256:0000000000000000000000000000000000000000000000000000000000000000"}
"""
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80, name: http}], selector: {app: web}}\n"
BASE = {
    "base/kustomization.yaml": "resources: [deployment.yaml, service.yaml]\n",
    "base/deployment.yaml": DEPLOYMENT,
    "base/service.yaml": SERVICE,
}


def over(text: str, **more: str) -> dict[str, str]:
    return {**BASE, "app/kustomization.yaml": f"resources: [../base]\n{text}", **more}


CASES: Mapping[str, dict[str, str]] = {
    "generators": over(
        "configMapGenerator:\n- name: made\n  literals: [a=b, 'c=\"d\"']\n  files: [conf.txt, other.ini=deep/conf.ini]\n  envs: [e.env]\n"
        "secretGenerator:\n- {name: hidden, literals: [x=y], type: Opaque}\n"
        "- {name: plain, literals: [x=y], options: {disableNameSuffixHash: true, labels: {l: m}, annotations: {note: o}, immutable: true}}\n"
        "generatorOptions: {labels: {by: kustomize}}\n",
        **{"app/conf.txt": "text\n", "app/deep/conf.ini": "[a]\nb=1\n", "app/e.env": "K=V\n# no\nL=W\n"},
    ),
    "merged generators": {
        **over("configMapGenerator:\n- {name: made, behavior: merge, literals: [b=3]}\n- {name: gone, behavior: replace, literals: [z=1]}\n"),
        "base/kustomization.yaml": "resources: [deployment.yaml]\nconfigMapGenerator:\n- {name: made, literals: [a=1, b=2]}\n- {name: gone, literals: [a=1]}\n",
    },
    "strategic patches": over(
        "patches:\n- path: more.yaml\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: web}\n    spec: {template: {spec: {containers: [{name: side, $patch: delete}]}}}\n"
        "- patch: |-\n    $patch: delete\n    apiVersion: v1\n    kind: Service\n    metadata: {name: web}\n",
        **{"app/more.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: web, resources: {limits: {cpu: 1}}}]}}}\n"},
    ),
    "json patches": over(
        "patches:\n- target: {kind: Deployment, name: w.*, labelSelector: app=web}\n  path: p.json\n"
        "- target: {version: v1, kind: Service}\n  patch: |-\n    - {op: add, path: /metadata/annotations, value: {a~b: c}}\n    - {op: test, path: /spec/ports/0/port, value: 80}\n    - {op: move, from: /spec/selector, path: /spec/moved}\n",
        **{"app/p.json": '[{"op": "replace", "path": "/spec/replicas", "value": 4}, {"op": "add", "path": "/spec/template/spec/containers/0/env/-", "value": {"name": "B", "value": "2"}}]'},
    ),
    "older fields": over(
        "patchesStrategicMerge: [s.yaml]\npatchesJson6902:\n- {target: {version: v1, kind: Service, name: web}, path: j.yaml}\ncommonLabels: {team: a}\ncommonAnnotations: {note: b}\n",
        **{"app/s.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 9}\n", "app/j.yaml": "- {op: replace, path: /spec/ports/0/port, value: 81}\n"},
    ),
    "names and places": over("namePrefix: a-\nnameSuffix: -z\nnamespace: there\nconfigMapGenerator: [{name: made, literals: [a=b]}]\n"),
    "labels": over("labels:\n- {pairs: {one: '1'}}\n- {pairs: {two: '2'}, includeSelectors: true}\n- {pairs: {three: '3'}, includeTemplates: true}\n"),
    "images": over("images:\n- {name: web, newName: reg.example/web, newTag: '2'}\n- {name: side, digest: 'sha256:1111111111111111111111111111111111111111111111111111111111111111'}\n"),
    "replicas": over("replicas: [{name: web, count: 7}]\n"),
    "variables": over("vars:\n- {name: HOST, objref: {kind: Service, name: web, apiVersion: v1}, fieldref: {fieldpath: metadata.name}}\nnamePrefix: v-\n"),
    "replacements": over(
        "replacements:\n- source: {kind: Service, fieldPath: spec.ports.0.port}\n  targets:\n  - select: {kind: Deployment}\n    fieldPaths: ['spec.template.spec.containers.[name=web].env.[name=A].value']\n- path: r.yaml\n",
        **{"app/r.yaml": "source: {kind: Service, name: web, fieldPath: metadata.name}\ntargets: [{select: {kind: Deployment}, fieldPaths: ['metadata.annotations.svc'], options: {create: true}}]\n"},
    ),
    "components": over(
        "components: [../part]\nnameSuffix: -c\n",
        **{"part/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [extra.yaml]\npatches: [{target: {kind: Deployment}, patch: '[{\"op\": \"add\", \"path\": \"/spec/paused\", \"value\": true}]'}]\n", "part/extra.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}\n"},
    ),
    "configurations": over(
        "namePrefix: p-\nconfigurations: [conf.yaml]\n",
        **{"app/conf.yaml": "nameReference:\n- {kind: Service, version: v1, fieldSpecs: [{kind: Deployment, path: spec/template/metadata/annotations/svc}]}\n"},
    ),
    "transformers and generators": over(
        "transformers:\n- t.yaml\n- |-\n  apiVersion: builtin\n  kind: AnnotationsTransformer\n  metadata: {name: n}\n  annotations: {in: line}\n  fieldSpecs: [{path: metadata/annotations, create: true}]\n",
        **{"app/t.yaml": "apiVersion: builtin\nkind: PrefixSuffixTransformer\nmetadata: {name: p}\nprefix: t-\nfieldSpecs: [{path: metadata/name}]\n"},
    ),
    "a generator with a file": over(
        "generators: [g.yaml]\n",
        **{"app/g.yaml": "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: gen}\nname: gen\nfiles: [in.txt]\n", "app/in.txt": "hello\n"},
    ),
    "an openapi schema": over(
        "openapi: {path: schema.json}\npatches: [{path: m.yaml}]\n",
        **{"app/schema.json": '{"definitions": {}}', "app/m.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: NodePort}\n"},
    ),
    "custom resources": {
        **over("crds: [crd.json]\nnamePrefix: x-\n", **{"app/crd.json": '{"github.com/x.Thing": {"Schema": {"properties": {"spec": {"$ref": "y"}}}}}'}),
        "base/kustomization.yaml": "resources: [deployment.yaml, thing.yaml]\n",
        "base/thing.yaml": "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: t}\nspec: {list: [1], n: 1.50, big: 12345678901234567890, on: yes, o: 0777, t: 2024-01-02}\n",
    },
    "metadata of the build": over("buildMetadata: [originAnnotations, managedByLabel]\n"),
    "an order": over("sortOptions: {order: legacy}\nnamespace: there\n", **{"base/service.yaml": SERVICE + "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: there}\n"}),
    "three floors": {
        "app/kustomization.yaml": "resources: [../base]\nnamePrefix: top-\npatches: [{target: {kind: Service}, patch: '[{\"op\": \"add\", \"path\": \"/spec/type\", \"value\": \"LoadBalancer\"}]'}]\n",
        "base/kustomization.yml": "resources: [../ground]\nnameSuffix: -mid\n",
        "ground/Kustomization": "resources: [d.yaml]\n",
        "ground/d.yaml": DEPLOYMENT + "---\n" + SERVICE,
    },
    "an object in the file": over("patches:\n- patch: '{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {clusterIP: None}}'\n"),
}  # fmt: skip
