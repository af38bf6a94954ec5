{{/* The container's variables, as a list; "check": without the Job's own id, in a pod that no Job made. */}}
{{- define "sfn-job.env" -}}
{{- $env := dict -}}
{{- if .Values.credentials.existingSecret -}}
{{- $_ := set $env "SFN_CREDENTIALS_USER_FILE" (dict "value" "/etc/sfn-job/credentials/user") -}}
{{- $_ := set $env "SFN_CREDENTIALS_PASSWORD_FILE" (dict "value" "/etc/sfn-job/credentials/password") -}}
{{- end -}}
{{- if .Values.proxy.existingSecret -}}
{{- $_ := set $env "SFN_PROXY_CREDENTIALS_USER_FILE" (dict "value" "/etc/sfn-job/proxy/user") -}}
{{- $_ := set $env "SFN_PROXY_CREDENTIALS_PASSWORD_FILE" (dict "value" "/etc/sfn-job/proxy/password") -}}
{{- end -}}
{{- if .Values.proxy.caBundle.existingConfigMap -}}
{{- $_ := set $env "SFN_PROXY_CA_BUNDLE_FILE" (dict "value" (printf "/etc/sfn-job/proxy-ca/%s" .Values.proxy.caBundle.key)) -}}
{{- end -}}
{{- if .Values.caBundle.existingConfigMap -}}
{{- $_ := set $env "AWS_CA_BUNDLE" (dict "value" (printf "/etc/sfn-job/ca/%s" .Values.caBundle.key)) -}}
{{- end -}}
{{- if include "sfn-job.inputsConfigMap" . -}}
{{- $_ := set $env "SFN_INPUTS_FILE" (dict "value" (printf "/etc/sfn-job/inputs/%s" .Values.inputsConfigMap.key)) -}}
{{- end -}}
{{- with include "sfn-job.rerun" . -}}
{{- $_ := set $env "SFN_RERUN" (dict "value" .) -}}
{{- end -}}
{{- if .check -}}
{{- $_ := set $env "SFN_RUN_ID" (dict "value" "check") -}}
{{- if eq .Values.mode "indexed" -}}
{{- $_ := set $env "JOB_COMPLETION_INDEX" (dict "value" "0") -}}
{{- end -}}
{{- else if ne (.Values.config.stateMachineType | default "") "express" -}}
{{- $label := semverCompare ">=1.27-0" .Capabilities.KubeVersion.Version | ternary "batch.kubernetes.io/controller-uid" "controller-uid" -}}
{{- $_ := set $env "SFN_RUN_ID" (dict "valueFrom" (dict "fieldRef" (dict "fieldPath" (printf "metadata.labels['%s']" $label)))) -}}
{{- end -}}
{{- range $key, $value := .Values.config -}}
{{- $text := kindIs "string" $value | ternary $value (include "sfn-job.json" $value) -}}
{{- if ne $text "" -}}
{{- /* Kubernetes takes $(NAME) for a variable, and $$ for $. */ -}}
{{- $_ := set $env (printf "SFN_%s" (snakecase $key | upper)) (dict "value" (replace "$" "$$" $text)) -}}
{{- end -}}
{{- end -}}
{{- range .Values.extraEnv -}}
{{- $_ := unset $env .name -}}
{{- end -}}
{{- $list := list -}}
{{- range $name, $source := $env -}}
{{- $list = append $list (merge (dict "name" $name) $source) -}}
{{- end -}}
{{- toYaml (concat $list .Values.extraEnv) -}}
{{- end }}

{{/* JSON of anything but text; nothing of null. */}}
{{- define "sfn-job.json" -}}
{{- if not (kindIs "invalid" .) -}}{{ toRawJson . }}{{- end -}}
{{- end }}
