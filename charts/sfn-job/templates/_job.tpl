{{/* A Job's spec. */}}
{{- define "sfn-job.jobSpec" -}}
{{- $byIndex := include "sfn-job.failsByIndex" . -}}
{{- if eq .Values.mode "indexed" -}}
completionMode: Indexed
completions: {{ include "sfn-job.completions" . }}
parallelism: {{ int64 .Values.parallelism }}
{{ end }}
{{- if $byIndex -}}
backoffLimitPerIndex: {{ hasKey .Values "backoffLimitPerIndex" | ternary .Values.backoffLimitPerIndex (include "sfn-job.retries" .) | int64 }}
{{- if hasKey .Values "maxFailedIndexes" }}
maxFailedIndexes: {{ int64 .Values.maxFailedIndexes }}
{{- end }}
{{- if hasKey .Values "backoffLimit" }}
backoffLimit: {{ int64 .Values.backoffLimit }}
{{- end }}
{{- else -}}
backoffLimit: {{ hasKey .Values "backoffLimit" | ternary .Values.backoffLimit (include "sfn-job.retries" .) | int64 }}
{{- end }}
{{- if semverCompare ">=1.26-0" .Capabilities.KubeVersion.Version }}
podFailurePolicy:
  {{- include "sfn-job.podFailurePolicy" . | nindent 2 }}
{{- end }}
{{- if hasKey .Values "activeDeadlineSeconds" }}
activeDeadlineSeconds: {{ int64 .Values.activeDeadlineSeconds }}
{{- end }}
{{- if hasKey .Values "ttlSecondsAfterFinished" }}
ttlSecondsAfterFinished: {{ int64 .Values.ttlSecondsAfterFinished }}
{{- end }}
template:
  metadata:
    labels:
      {{- include "sfn-job.podLabels" . | nindent 6 }}
    {{- with .Values.podAnnotations }}
    annotations:
      {{- toYaml . | nindent 6 }}
    {{- end }}
  spec:
    {{- include "sfn-job.podSpec" . | nindent 4 }}
{{- end }}
