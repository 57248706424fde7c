{{/* The names of all objects, and what several of them share. */}}

{{- define "mcp-mesh.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "mcp-mesh.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: mcp-mesh
{{ include "mcp-mesh.selector" . }}
{{- end -}}

{{- define "mcp-mesh.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Of the three programs: a list of the root, the component's name. */}}
{{- define "mcp-mesh.componentLabels" -}}
{{ include "mcp-mesh.labels" (index . 0) }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "mcp-mesh.componentSelector" -}}
{{ include "mcp-mesh.selector" (index . 0) }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "mcp-mesh.scheme" -}}http{{- if .Values.gateway.tls.secretName -}}s{{- end -}}{{- end -}}

{{- define "mcp-mesh.image" -}}
{{- $root := index . 0 -}}{{- $image := index . 1 -}}
{{ $image.repository }}:{{ $image.tag | default $root.Chart.AppVersion }}
{{- end -}}

{{/* The Service by which Envoy finds an xds-server that is ready, and the one by which a bridge finds all of them. */}}
{{- define "mcp-mesh.xdsService" -}}{{ include "mcp-mesh.fullname" . }}-xds{{- end -}}
{{- define "mcp-mesh.xdsServersService" -}}{{ include "mcp-mesh.fullname" . }}-xds-servers{{- end -}}

{{/* What stands in the certificate of the xds-servers; the first is what Envoy asks for. */}}
{{- define "mcp-mesh.xdsServerName" -}}{{ include "mcp-mesh.xdsService" . }}.{{ .Release.Namespace }}.svc{{- end -}}
{{- define "mcp-mesh.xdsServersName" -}}{{ include "mcp-mesh.xdsServersService" . }}.{{ .Release.Namespace }}.svc{{- end -}}

{{- define "mcp-mesh.serviceAccount" -}}
{{- default (ternary (include "mcp-mesh.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "mcp-mesh.registryConfigMap" -}}
{{- default (printf "%s-registry" (include "mcp-mesh.fullname" .)) .Values.registryConfigMap -}}
{{- end -}}

{{- define "mcp-mesh.sessionKeysSecret" -}}
{{- default (printf "%s-session-keys" (include "mcp-mesh.fullname" .)) .Values.sessionKeys.existingSecret -}}
{{- end -}}
{{- define "mcp-mesh.xdsServerSecret" -}}
{{- default (printf "%s-xds-server-%s" (include "mcp-mesh.fullname" .) (ternary "cert" "tls" .Values.xds.certManager.enabled)) .Values.xds.serverSecret -}}
{{- end -}}
{{- define "mcp-mesh.xdsClientSecret" -}}
{{- default (printf "%s-xds-client-%s" (include "mcp-mesh.fullname" .) (ternary "cert" "tls" .Values.xds.certManager.enabled)) .Values.xds.clientSecret -}}
{{- end -}}

{{/* Without versions, so that a chart that makes the same pods does not replace them. */}}
{{- define "mcp-mesh.podLabels" -}}
{{ include "mcp-mesh.componentSelector" . }}
app.kubernetes.io/part-of: mcp-mesh
{{- end -}}

{{/* Nothing needs more than Kubernetes' restricted profile gives. */}}
{{- define "mcp-mesh.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
seccompProfile: {type: RuntimeDefault}
{{- end -}}
{{- define "mcp-mesh.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* Over nodes and zones as evenly as there is room: a list of the root, the component's name. */}}
{{- define "mcp-mesh.spread" -}}
{{- $root := index . 0 -}}{{- $component := index . 1 -}}
{{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
- maxSkew: 1
  topologyKey: {{ $key }}
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels: {{- include "mcp-mesh.componentSelector" (list $root $component) | nindent 6 }}
  matchLabelKeys: [pod-template-hash]
{{- end }}
{{- end -}}

{{/* Where the pods run: the component's values. */}}
{{- define "mcp-mesh.placement" -}}
{{- with .nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{- define "mcp-mesh.pullSecrets" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The names that clients may use: those of the Service inside of the cluster, and those that lead here from outside. */}}
{{- define "mcp-mesh.allowedHosts" -}}
{{- $service := include "mcp-mesh.fullname" . -}}
{{- $inNamespace := printf "%s.%s" $service .Release.Namespace -}}
{{- $names := list $service $inNamespace (printf "%s.svc" $inNamespace) (printf "%s.svc.cluster.local" $inNamespace) -}}
{{- if .Values.gateway.ingress.enabled }}{{- $names = concat $names .Values.gateway.ingress.hosts }}{{- end -}}
{{- if .Values.gateway.httpRoute.enabled }}{{- $names = concat $names .Values.gateway.httpRoute.hostnames }}{{- end -}}
{{- concat $names .Values.gateway.allowedHosts | uniq | join "," -}}
{{- end -}}

{{/* What the chart is told in `registry`, and the certificate of the gateway where that is the chart's to mount. */}}
{{/* The servers of the values, whether they stand below `servers`, below a client's `mcpServers` or, flat, at the top. */}}
{{- define "mcp-mesh.servers" -}}
{{- if include "mcp-mesh.hasSections" . -}}
{{- toYaml (merge dict (.Values.registry.servers | default dict) (.Values.registry.mcpServers | default dict)) -}}
{{- else -}}
{{- toYaml .Values.registry -}}
{{- end -}}
{{- end -}}
{{- define "mcp-mesh.hasSections" -}}
{{- range list "servers" "mcpServers" "gateway" "templates" "inputs" "$schema" -}}{{- if hasKey $.Values.registry . -}}yes{{- end -}}{{- end -}}
{{- end -}}

{{- define "mcp-mesh.registry" -}}
{{- $registry := deepCopy .Values.registry -}}
{{- if not (include "mcp-mesh.hasSections" .) -}}
{{- $registry = dict "servers" $registry -}}
{{- end -}}
{{- if .Values.gateway.tls.secretName -}}
{{- $tls := dict "cert" "/etc/mcp-mesh/gateway-tls/tls.crt" "key" "/etc/mcp-mesh/gateway-tls/tls.key" -}}
{{- $_ := set $registry "gateway" (mergeOverwrite (dict "tls" $tls) ($registry.gateway | default dict)) -}}
{{- end -}}
{{- toYaml $registry -}}
{{- end -}}

{{/*
An authority and the certificates that it signs, as the data of two Secrets: those of the cluster, where both are there, so that an
upgrade changes nothing; else new ones. Kept under `generated`, as every template that asks must get the same.
*/}}
{{- define "mcp-mesh.certificates" -}}
{{- if not (hasKey .Values.xds "generated") -}}
{{- $server := lookup "v1" "Secret" .Release.Namespace (include "mcp-mesh.xdsServerSecret" .) -}}
{{- $client := lookup "v1" "Secret" .Release.Namespace (include "mcp-mesh.xdsClientSecret" .) -}}
{{- if and $server $client -}}
{{- $_ := set .Values.xds "generated" (dict "server" $server.data "client" $client.data) -}}
{{- else -}}
{{- $days := 3650 -}}
{{- $authority := genCA (printf "%s-xds" (include "mcp-mesh.fullname" .)) $days -}}
{{- $names := list (include "mcp-mesh.xdsServerName" .) (include "mcp-mesh.xdsServersName" .) -}}
{{- $ofServer := genSignedCert (first $names) nil $names $days $authority -}}
{{- $ofClient := genSignedCert (printf "%s-xds-client" (include "mcp-mesh.fullname" .)) nil nil $days $authority -}}
{{- $ca := $authority.Cert | b64enc -}}
{{- $_ := set .Values.xds "generated" (dict
  "server" (dict "ca.crt" $ca "tls.crt" ($ofServer.Cert | b64enc) "tls.key" ($ofServer.Key | b64enc))
  "client" (dict "ca.crt" $ca "tls.crt" ($ofClient.Cert | b64enc) "tls.key" ($ofClient.Key | b64enc))) -}}
{{- end -}}
{{- end -}}
{{- toJson .Values.xds.generated -}}
{{- end -}}

{{- define "mcp-mesh.makesCertificates" -}}
{{- if not (or .Values.xds.certManager.enabled .Values.xds.serverSecret .Values.xds.clientSecret) -}}yes{{- end -}}
{{- end -}}

{{/* Certificates are read when a program starts, so pods are replaced when the chart has made new ones. */}}
{{- define "mcp-mesh.certificatesAnnotation" -}}
{{- if include "mcp-mesh.makesCertificates" . -}}
mcp-mesh.io/certificates: {{ include "mcp-mesh.certificates" . | sha256sum | trunc 16 | quote }}
{{- end -}}
{{- end -}}

{{/* Whose the created servers are: of two releases of one name, in two namespaces, none touches what is the other's. */}}
{{- define "mcp-mesh.meshName" -}}
{{- $name := printf "%s.%s" .Release.Namespace (include "mcp-mesh.fullname" .) -}}
{{- if gt (len $name) 63 }}{{ printf "%s.%s" (trunc 52 .Release.Namespace | trimSuffix "-") (sha256sum $name | trunc 8) }}{{ else }}{{ $name }}{{ end -}}
{{- end -}}
