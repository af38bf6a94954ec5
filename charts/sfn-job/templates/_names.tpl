{{/* Names and labels. */}}

{{/* At most 45 characters, so that a revision and an index fit behind it into the 63 of a host's name. A longer one is
cut, and kept apart from others by its digest. */}}
{{- define "sfn-job.fullname" -}}
{{- $name := .Values.nameOverride | default .Chart.Name -}}
{{- $full := .Values.fullnameOverride | default (contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name)) | replace "." "-" -}}
{{- if gt (len $full) 45 -}}
{{- $full = printf "%s-%s" (trunc 36 $full | trimSuffix "-") (sha256sum $full | trunc 8) -}}
{{- end -}}
{{- $full -}}
{{- end }}

{{/* A Job's template can't be changed: each revision of the release has a Job of its own. */}}
{{- define "sfn-job.revisionName" -}}
{{ include "sfn-job.fullname" . }}-{{ .Release.Revision }}
{{- end }}

{{- define "sfn-job.serviceAccountName" -}}
{{ .Values.serviceAccount.name | default (.Values.serviceAccount.create | ternary (include "sfn-job.fullname" .) "default") }}
{{- end }}

{{- define "sfn-job.selectorLabels" -}}
app.kubernetes.io/name: {{ .Values.nameOverride | default .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "sfn-job.labels" -}}
{{- $own := include "sfn-job.selectorLabels" . | fromYaml -}}
{{- $version := dict "app.kubernetes.io/version" .Chart.AppVersion "app.kubernetes.io/managed-by" .Release.Service "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_") -}}
{{- toYaml (merge $own $version .Values.labels) -}}
{{- end }}

{{- define "sfn-job.podLabels" -}}
{{- toYaml (merge (include "sfn-job.labels" . | fromYaml) .Values.podLabels) -}}
{{- end }}

{{- define "sfn-job.image" -}}
{{ .Values.image.repository }}
{{- if .Values.image.digest -}}
@{{ .Values.image.digest }}
{{- else -}}
:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}
