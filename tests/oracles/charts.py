"""Charts that between them use every family of template functions and every way in which charts are put together."""

from __future__ import annotations

from collections.abc import Mapping

CHART = 'apiVersion: v2\nname: demo\nversion: 0.1.0+build.5\nappVersion: "2.1"\n'


def data(**lines: str) -> str:
    """A ConfigMap with one entry for each template expression, as quoted JSON."""
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-data\ndata:\n"
    return head + "".join(f"  {key}: {{{{ {text} | toJson | quote }}}}\n" for key, text in lines.items())


def chart(template: str, values: str = "", **more: str) -> dict[str, str]:
    return {"Chart.yaml": CHART, "values.yaml": values, "templates/a.yaml": template, **more}


def sub(name: str, template: str, values: str = "", head: str = "") -> dict[str, str]:
    base = f"charts/{name}"
    return {
        f"{base}/Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: 1.2.0\n{head}",
        f"{base}/values.yaml": values,
        f"{base}/templates/a.yaml": template,
    }


VALUES = """name: Shop
big: 1234567890123
real: 1.50
huge: 1e21
yes: on
octal: 0777
text: "0123"
date: 2024-01-02
nothing: null
list: [c, a, b, a]
numbers: [3, 1, 2]
map: {b: 2, a: {x: 1}}
other: {a: {y: 2}, c: [1]}
"""
V = "$.Values."

FUNCTIONS: Mapping[str, str] = {
    "texts": data(
        cased=f'list (upper {V}name) (lower {V}name) (title "a b") (untitle "A") (swapcase "aB") (initials "First Try")',
        cut='list (trim "  a ") (trimAll "$" "$5$") (trimPrefix "-" "-a") (trimSuffix "-" "a-") (trunc 3 "abcdef") (trunc -3 "abcdef") (substr 1 3 "abcdef") (abbrev 5 "abcdefgh") (abbrevboth 5 10 "1234 5678 9123")',
        made='list (repeat 3 "ab") (cat "a" "b") (indent 2 "a\\nb") (nindent 2 "a") (wrap 5 "aaa bbb ccc") (wrapWith 5 "-" "aaa bbb ccc") (plural "one" "many" 2)',
        styles='list (snakecase "FirstName") (camelcase "http_server") (kebabcase "FirstName") (nospace "a b")',
        tests='list (contains "a" "cat") (hasPrefix "c" "cat") (hasSuffix "t" "cat") (empty "") (empty 0) (empty (list))',
        shown='list (quote 1 "a" nil) (squote "a" "b") (printf "%05d|%-4s|%q|%v|%.2f" 42 "ab" "c" (list 1 "x") 1.5) (print 1 2) (println "a") (html "<a>") (js "a\'b") (urlquery "a b&c")',
    ),
    "patterns": data(
        match='list (regexMatch "^a+$" "aaa") (regexFind "a(b+)" "xabbb") (regexFindAll "a." "abacad" 2) (regexSplit "z+" "pizza" -1)',
        replaced='list (regexReplaceAll "a(x*)b" "-ab-axxb-" "${1}W") (regexReplaceAllLiteral "a" "aba" "$1") (replace " " "-" "a b c") (regexQuoteMeta "1.2[3]")',
        split='list (splitList "." "a.b.c") (split "." "a.b") (splitn "." 2 "a.b.c") (join "-" (list 1 "a" true)) (sortAlpha (list "b" "a"))',
    ),
    "numbers": data(
        whole=f'list (add 1 2 3) (add1 4) (sub 5 2) (mul 2 3 4) (div 7 2) (mod 7 3) (max 1 5 2) (min 4 2) (int "12") (int64 {V}real) (toDecimal "0777") (atoi "9")',
        real=f'list (addf 1.5 2) (subf 5.5 1) (mulf 1.5 2) (divf 1 4) (maxf 1.5 2.5) (minf 1.5 2.5) (floor 1.9) (ceil 1.1) (round 1.2345 2) (float64 "1.25") {V}big {V}huge {V}real',
        ranges="list (until 3) (untilStep 1 7 2) (seq 3) (seq 2 2 6)",
        read=f"list {V}octal {V}text {V}date {V}yes {V}nothing (len {V}list) (index {V}list 1) (slice {V}list 1 3)",
    ),
    "lists": data(
        ends=f'list (first {V}list) (last {V}list) (rest {V}list) (initial {V}list) (reverse {V}list) (uniq {V}list) (without {V}list "a") (has "b" {V}list)',
        made=f'list (append {V}list "z") (prepend {V}list "z") (concat {V}list {V}numbers) (compact (list 1 0 "" "a")) (chunk 2 {V}list) (tuple 1 2) (mustFirst {V}list) (toStrings {V}numbers)',
        chosen='list (all 1 "" 2) (any "" 0 1) (coalesce "" nil 3) (ternary "y" "n" true) (default "d" "") (default "d" "v")',
    ),
    "mappings": data(
        read=f'list (get {V}map "b") (hasKey {V}map "z") (keys {V}map | sortAlpha) (values {V}numbersMap | len) (pick {V}map "b") (omit {V}map "b") (dig "a" "x" 0 {V}map) (dig "a" "q" "none" {V}map) (pluck "b" {V}map)'.replace(
            f"(values {V}numbersMap | len) ", ""
        ),
        merged=f'list (merge (deepCopy {V}map) {V}other) (mergeOverwrite (deepCopy {V}map) {V}other) (mustMerge (dict "a" 1) (dict "b" 2)) (set (dict "a" 1) "b" 2) (unset (dict "a" 1) "a")',
    ),
    "encodings": data(
        both='list (b64enc "é") ("aGk=" | b64dec) (b32enc "a") (b32dec "ME======") (sha1sum "a") (sha256sum "a") (sha512sum "a") (adler32sum "a")',
        json=f'list (toJson {V}map) (toPrettyJson {V}map) (toRawJson (dict "a" "<b>")) (fromJson "{{\\"a\\": 1.0}}") (fromJsonArray "[1, 2.5]") (fromJson "broken")',
        yaml=f'list (toYaml {V}map) (fromYaml "a: 0x1f\\nb: yes\\nc: 1.0") (fromYamlArray "[1, on, 010]") (toToml (dict "a" (dict "b" 1))) (fromToml "a = 1") (fromYaml "a: b: c")',
        again=f'list (toYaml {V}map | fromYaml) (toYaml {V}list | fromYamlArray) (toYaml "a: b") (toYaml "line\\nline\\n") (toYaml nil)',
    ),
    "versions": data(
        fit='list (semverCompare ">=1.2.0-0" "1.2.0-rc.1") (semverCompare "^1.2" "1.9.9") (semverCompare "~1.2.3 || >=3" "3.0.0") (semver "1.2.3-b+c").Prerelease (semver "v1.2").Original (semver "1.2.3" | (semver "1.2.4").Compare)',
    ),
    "paths_and_addresses": data(
        path='list (base "a/b.c") (dir "a/b") (ext "a.b") (clean "a/../b") (isAbs "/a") (osBase "a/b")',
        url='list (urlParse "https://u:p@h:1/p?q=1#f") (urlJoin (dict "scheme" "https" "host" "h" "path" "/p"))',
        kind='list (kindOf 1) (kindOf "a") (kindIs "map" (dict)) (typeOf 1.5) (typeIs "int" 1) (deepEqual (list 1) (list 1)) (kindOf nil)',
    ),
    "release": data(
        of="list .Release.Name .Release.Namespace .Release.Service .Release.Revision .Release.IsInstall .Release.IsUpgrade",
        chart="list .Chart.Name .Chart.Version .Chart.AppVersion .Chart.Type .Template.Name .Template.BasePath",
        cluster='list .Capabilities.KubeVersion.Major .Capabilities.KubeVersion.Minor .Capabilities.KubeVersion.GitVersion (.Capabilities.APIVersions.Has "v1") (.Capabilities.APIVersions.Has "keda.sh/v1alpha1") (.Capabilities.APIVersions.Has "monitoring.coreos.com/v1/ServiceMonitor") (.Capabilities.APIVersions.Has "nothing/v1") (.Capabilities.APIVersions.Has "apps/v1/Deployment")',
        lookup='list (lookup "v1" "Secret" "a" "b") (lookup "v1" "Node" "" "" | len) (getHostByName "localhost")',
    ),
    "control": """{{- define "one" }}{{ .a }}-{{ .b | default "none" }}{{ end -}}
{{- $kept := 0 }}{{ range $i, $e := .Values.list }}{{ if eq $e "b" }}{{ $kept = $i }}{{ break }}{{ end }}{{ if eq $e "c" }}{{ continue }}{{ end }}{{ end }}
apiVersion: v1
kind: ConfigMap
metadata: {name: control}
data:
  kept: {{ $kept | quote }}
  included: {{ include "one" (dict "a" 1) | quote }}
  tpl: {{ tpl "{{ .Values.name }}/{{ include \\"one\\" (dict \\"a\\" .Release.Name) }}" . | quote }}
  with: {{ with .Values.map.a }}{{ .x }}{{ $.Values.name }}{{ else }}no{{ end }}
  elseWith: {{ with .Values.nothing }}a{{ else with .Values.name }}{{ . }}{{ end }}
  empty: {{ range .Values.nothing }}x{{ else }}"none"{{ end }}
  logic: {{ and (or false 1) (not nil) (ne 1 2) (lt 1 2) (ge 2 2) | quote }}
  required: {{ required "needed" .Values.name }}
  template: {{ template "one" (dict "a" 2 "b" 3) }}
  count: {{ range until 3 }}{{ . }}{{ end }}
  block: |
{{ .Values.map | toYaml | indent 4 }}
  literal: >-
    {{- "folded\\ntext" | nindent 4 }}
""",
    "shadow": """apiVersion: v1
kind: List
items:
{{- range $i, $name := .Values.list }}
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: "{{ $name }}-{{ $i }}", labels: {"n": {{ $i | quote }}, gone: null}}
{{- end }}
""",
}

PUT_TOGETHER: Mapping[str, dict[str, str]] = {
    "files": chart(
        """apiVersion: v1
kind: ConfigMap
metadata: {name: files}
data:
  one: {{ .Files.Get "conf/a.txt" | quote }}
  lines: {{ .Files.Lines "conf/a.txt" | join "|" | quote }}
  none: {{ .Files.Get "templates/a.yaml" | quote }}
  secrets: {{ (.Files.Glob "conf/**.txt").AsSecrets | quote }}
  ignored: {{ .Files.Get "conf/skip.bak" | quote }}
{{ (.Files.Glob "conf/*").AsConfig | indent 2 }}
  {{- range $path, $bytes := .Files.Glob "conf/*.txt" }}
  {{ base $path }}-length: {{ len $bytes | quote }}
  {{- end }}
""",
        **{"conf/a.txt": "first\nsecond\n", "conf/deep/b.txt": "b", "conf/skip.bak": "x", ".helmignore": "*.bak\n"},
    ),
    "conditions_and_tags": {
        **chart(data(own="$.Values.a.value"), "a: {enabled: true, value: 1}\ntags: {back: false, front: true}\n"),
        **sub("a", data(v="$.Values").replace("-data", "-a"), "value: 9\nown: true\n"),
        **sub("b", data(v="$.Values").replace("-data", "-b")),
        **sub("c", data(v="$.Values").replace("-data", "-c")),
        "Chart.yaml": CHART
        + "dependencies:\n- {name: a, version: 1.x, condition: 'missing.enabled,a.enabled'}\n"
        + "- {name: b, version: '>=1', tags: [back]}\n- {name: c, version: ~1.2, tags: [back, front]}\n",
    },
    "globals_and_aliases": {
        **chart(
            data(v="$.Values"),
            "global: {zone: eu, deep: {a: 1}}\nfirst: {size: 1, global: {deep: {b: 2}}}\nsecond: {drop: null}\n",
        ),
        **sub(
            "a",
            data(v="list $.Values $.Chart.Name $.Template.BasePath").replace("-data", "-{{ .Chart.Name }}"),
            "size: 5\ndrop: me\nglobal: {zone: us, own: 1}\n",
        ),
        "Chart.yaml": CHART
        + "dependencies:\n- {name: a, version: 1.2.0, alias: first}\n- {name: a, version: 1.2.0, alias: second}\n",
    },
    "imported_values": {
        **chart(data(v="$.Values"), "kept: {x: 0}\n"),
        **sub("a", data(v="$.Values").replace("-data", "-a"), "exports: {front: {port: 80}}\ninner: {x: 1, y: 2}\n"),
        "Chart.yaml": CHART
        + "dependencies:\n- name: a\n  version: 1.2.0\n  import-values: [front, {child: inner, parent: kept}]\n",
    },
    "a_library": {
        **chart('{{ include "lib.map" (list . "made") }}'),
        "charts/lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 0.1.0\ntype: library\n",
        "charts/lib/templates/_m.tpl": '{{- define "lib.map" -}}\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ index . 1 }}, '
        "namespace: {{ (index . 0).Release.Namespace }}}\n{{- end -}}\n",
        "charts/lib/templates/never.yaml": "kind: Never\n",
    },
    "subcharts_of_subcharts": {
        **chart(data(v="$.Subcharts.a.Subcharts.b.Values"), "a: {b: {x: top}}\n"),
        **sub("a", data(v="$.Values").replace("-data", "-a"), "b: {x: middle, y: 1}\n"),
        **{
            f"charts/a/{name}": text
            for name, text in sub("b", data(v="$.Values").replace("-data", "-b"), "x: low\ny: 0\nz: 3\n").items()
        },
    },
    "hooks_and_tests": chart(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: t, annotations: {helm.sh/hook: test}}\n---\n"
        "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: m\n  annotations: {helm.sh/hook: 'pre-install,pre-upgrade', "
        "helm.sh/hook-weight: '-5', helm.sh/hook-delete-policy: before-hook-creation}\n",
        **{"templates/NOTES.txt": "Hello {{ .Release.Name }}\n"},
    ),
    "crds": {
        **chart(data(v="1")),
        "crds/a.yaml": "kind: CustomResourceDefinition\napiVersion: apiextensions.k8s.io/v1\nmetadata: {name: as.x}\n---\n"
        "kind: CustomResourceDefinition\napiVersion: apiextensions.k8s.io/v1\nmetadata: {name: '{{ raw }}.x'}\n",
        **sub("a", data(v="1").replace("-data", "-a")),
        "charts/a/crds/b.yaml": "kind: CustomResourceDefinition\napiVersion: apiextensions.k8s.io/v1\nmetadata: {name: bs.x}\n",
    },
    "documents": chart(
        "# only a comment\n---\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n--- # two\napiVersion: v1\nkind: ConfigMap\n"
        "metadata: {name: two}\ndata:\n  text: |\n    a\n    --- not a separator\n    b\n  on: 'on'\n  n: \"1e3\"\n---\n{{- if false }}\nx\n{{- end }}\n",
        **{
            "templates/deep/b.yml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: yml}\n",
            "templates/c.txt": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: txt}\n",
            "templates/_p.yaml": "broken: [",
        },
    ),
    "scalars": chart(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: scalars}\nx:\n- 0777\n- 0o17\n- 0x1F\n- 1_000\n- 1e3\n- 12:30\n- yes\n- ~\n- 2024-01-02\n"
        "- .5\n- -0\n- 12345678901234567890\n- !!str 5\n- !!binary aGk=\n- &a {k: 1}\n- <<: *a\n  l: 2\n- 'it''s'\n- \"\\u00e9\"\n- |+\n  kept\n\n- {{ 3.0 }}\n- {{ 1e6 }}\n"
    ),
    "values_with_nulls": {
        **chart(data(v="$.Values"), "a: {b: 1, c: {d: 2}}\nsub: {x: null, y: {z: null}}\n"),
        **sub("sub", data(v="$.Values").replace("-data", "-sub"), "x: 1\ny: {z: 2, w: 3}\n"),
    },
    "a_schema": chart(
        data(v="$.Values"),
        "port: 80\n",
        **{"values.schema.json": '{"type": "object", "properties": {"port": {"type": "integer", "maximum": 100}}}'},
    ),
    "versioned_v1": {
        "Chart.yaml": "apiVersion: v1\nname: old\nversion: 1.0.0\n",
        "requirements.yaml": "dependencies:\n- {name: a, version: 1.2.0, condition: a.on}\n",
        "values.yaml": "a: {on: false}\n",
        "templates/a.yaml": data(v="$.Values"),
        **sub("a", data(v="1")),
    },
}
