{{/* What a replaced pod does, and which failures replace one. */}}

{{/* SFN_RERUN; nothing for Express, whose executions have no names to be found by. */}}
{{- define "sfn-job.rerun" -}}
{{ .Values.config.rerun | default (eq (.Values.config.stateMachineType | default "") "express" | ternary "" "once") }}
{{- end }}

{{/* Whether a replaced pod finds the execution of the one before: "true" or "". */}}
{{- define "sfn-job.resumes" -}}
{{ has (include "sfn-job.rerun" .) (list "once" "resume" "redrive") | ternary "true" "" }}
{{- end }}

{{/* How many pods take the place of failed ones where nothing is said: none that would start another execution. */}}
{{- define "sfn-job.retries" -}}
{{ eq (include "sfn-job.resumes" .) "true" | ternary 3 0 }}
{{- end }}

{{/* Kubernetes knows backoffLimitPerIndex, maxFailedIndexes and FailIndex: "true" or "". */}}
{{- define "sfn-job.failsByIndex" -}}
{{ and (eq .Values.mode "indexed") (semverCompare ">=1.29-0" .Capabilities.KubeVersion.Version) | ternary "true" "" }}
{{- end }}

{{/* By the job's exit status. Nothing that isn't named here is decided here: such a pod is replaced within the limit.
The execution's own end (23 FAILED, 24 ABORTED, 25 TIMED_OUT, 26 not waited for any longer) is final, unless a new
attempt is asked for. Wrong credentials and missing permissions (2, 3) are the same for all indexes. */}}
{{- define "sfn-job.podFailurePolicy" -}}
{{- $ends := has (include "sfn-job.rerun" .) (list "resume" "redrive") | ternary (list) (list 23 24 25 26) -}}
rules:
  {{- if include "sfn-job.failsByIndex" . }}
  {{- include "sfn-job.onExitCodes" (dict "root" . "action" "FailJob" "codes" (list 2 3)) | nindent 2 }}
  {{- include "sfn-job.onExitCodes" (dict "root" . "action" "FailIndex" "codes" (prepend $ends 20)) | nindent 2 }}
  {{- else }}
  {{- include "sfn-job.onExitCodes" (dict "root" . "action" "FailJob" "codes" (concat (list 2 3 20) $ends)) | nindent 2 }}
  {{- end }}
  {{- if include "sfn-job.resumes" . }}
  # A node that is drained or lost is nobody's failure.
  - action: Ignore
    onPodConditions:
      - {type: DisruptionTarget, status: "True"}
  {{- end }}
{{- end }}

{{- define "sfn-job.onExitCodes" -}}
- action: {{ .action }}
  onExitCodes: {containerName: sfn-job, operator: In, values: [{{ join ", " .codes }}]}
  {{- if semverCompare "<1.29-0" .root.Capabilities.KubeVersion.Version }}
  onPodConditions: [] # required, by a mistake in these versions' schemas
  {{- end }}
{{- end }}
