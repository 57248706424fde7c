{{/* The names of all objects, and what several of them share. */}}

{{- define "mcp-server.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- .Values.nameOverride | default .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "mcp-server.selector" -}}
app.kubernetes.io/name: {{ include "mcp-server.fullname" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "mcp-server.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{ include "mcp-server.selector" . }}
{{- end -}}

{{/* Of the Deployment, so that the commands `mcp-mesh servers` see it, and of the Service, so that the mesh serves it. */}}
{{- define "mcp-server.component" -}}
app.kubernetes.io/component: mcp-server
{{- end -}}

{{- define "mcp-server.serviceAccount" -}}
{{- default (ternary (include "mcp-server.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "mcp-server.image" -}}
{{- $image := .Values.image -}}
{{- $image.repository -}}
{{- with $image.tag }}:{{ . }}{{ end -}}
{{- with $image.digest }}@{{ . }}{{ end -}}
{{- end -}}

{{/* A key of a ConfigMap for a path: a path has characters that a key cannot have. */}}
{{- define "mcp-server.fileKey" -}}
{{ . | sha256sum | trunc 12 }}-{{ base . | replace " " "-" }}
{{- end -}}
