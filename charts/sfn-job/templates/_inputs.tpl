{{/* The inputs of a fan-out. */}}

{{/* The values under `inputs` as JSON Lines, without a newline at the end. */}}
{{- define "sfn-job.inputs" -}}
{{- if kindIs "string" .Values.inputs -}}
{{ regexReplaceAll "\\s+$" (.Values.inputs | replace "\r\n" "\n") "" }}
{{- else -}}
{{- range $index, $value := .Values.inputs -}}
{{- if $index }}{{ "\n" }}{{ end -}}
{{ toRawJson $value }}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "sfn-job.inputsGiven" -}}
{{- if or (kindIs "slice" .Values.inputs) .Values.inputs -}}true{{- end -}}
{{- end }}

{{/* How many values `inputs` has. */}}
{{- define "sfn-job.inputCount" -}}
{{- if kindIs "string" .Values.inputs -}}
{{ include "sfn-job.inputs" . | splitList "\n" | len }}
{{- else -}}
{{ len .Values.inputs }}
{{- end -}}
{{- end }}

{{- define "sfn-job.completions" -}}
{{- if hasKey .Values "completions" -}}
{{ int64 .Values.completions }}
{{- else -}}
{{ include "sfn-job.inputCount" . }}
{{- end -}}
{{- end }}

{{/* The name of the ConfigMap with the inputs, if they are in one. */}}
{{- define "sfn-job.inputsConfigMap" -}}
{{- if .Values.inputsConfigMap.name -}}
{{ .Values.inputsConfigMap.name }}
{{- else if include "sfn-job.inputsGiven" . -}}
{{ include "sfn-job.revisionName" . }}
{{- end -}}
{{- end }}
