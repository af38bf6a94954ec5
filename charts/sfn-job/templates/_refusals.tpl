{{/* What no schema can say of the values, and what this cluster is too old for: each with a sentence. */}}
{{- define "sfn-job.refusals" -}}
{{- $config := .Values.config -}}
{{- $version := .Capabilities.KubeVersion.Version -}}
{{- $variables := list -}}
{{- range .Values.extraEnv -}}
{{- $variables = append $variables (trimSuffix "_FILE" .name) -}}
{{- if has .name (list "SFN_RERUN" "SFN_STATE_MACHINE_TYPE") -}}
{{- fail (printf "extraEnv: %s decides which failures replace a pod: it belongs to config.%s" .name (eq .name "SFN_RERUN" | ternary "rerun" "stateMachineType")) -}}
{{- end -}}
{{- if regexMatch "://[^/@]*:[^/@]*@" (toString .value) -}}
{{- fail (printf "extraEnv: %s holds a password, and a secret is never a value: take it from a Secret by valueFrom.secretKeyRef" .name) -}}
{{- end -}}
{{- if and (hasKey . "value") (has .name (list "SFN_CREDENTIALS_USER" "SFN_CREDENTIALS_PASSWORD" "SFN_PROXY_CREDENTIALS_USER" "SFN_PROXY_CREDENTIALS_PASSWORD" "AWS_SECRET_ACCESS_KEY" "AWS_SESSION_TOKEN")) -}}
{{- fail (printf "extraEnv: %s is a secret, and a secret is never a value: take it from a Secret by valueFrom.secretKeyRef, or see credentials.existingSecret and proxy.existingSecret" .name) -}}
{{- end -}}
{{- end -}}
{{- range $key, $secret := dict "credentialsUser" "credentials" "credentialsPassword" "credentials" "proxyCredentialsUser" "proxy" "proxyCredentialsPassword" "proxy" -}}
{{- if hasKey $config $key -}}
{{- fail (printf "config.%s: a secret is never a value: make a Secret, and name it in %s.existingSecret" $key $secret) -}}
{{- end -}}
{{- end -}}
{{- if not (or $config.stateMachineArn (has "SFN_STATE_MACHINE_ARN" $variables) .Values.extraEnvFrom) -}}
{{- fail "config.stateMachineArn is required: the ARN of the state machine to run" -}}
{{- end -}}
{{- if and $config.roleBasedAccess (not (or $config.roleArn (has "SFN_ROLE_ARN" $variables) .Values.extraEnvFrom)) -}}
{{- fail "config.roleArn is required with config.roleBasedAccess" -}}
{{- end -}}
{{- if and $config.useProxy (not (or $config.proxy (has "SFN_PROXY" $variables) .Values.extraEnvFrom)) -}}
{{- fail "config.proxy is required with config.useProxy" -}}
{{- end -}}
{{- if contains "@" ($config.proxy | default "") -}}
{{- fail "config.proxy must not hold credentials, since a secret is never a value: make a Secret, and name it in proxy.existingSecret" -}}
{{- end -}}
{{- if hasKey $config "input" -}}
{{- $input := kindIs "string" $config.input | ternary $config.input (include "sfn-job.json" $config.input) -}}
{{- if $input -}}
{{- include "sfn-job.refuseNoJson" (list "config.input" $input) -}}
{{- end -}}
{{- if gt (len $input) 131000 -}}
{{- fail "config.input is longer than a variable may be (128 KiB): put it into a ConfigMap, mount that with extraVolumes, and name the file in extraEnv as SFN_INPUT_FILE" -}}
{{- end -}}
{{- end -}}
{{- if eq .Values.mode "cronjob" -}}
{{- if semverCompare "<1.21-0" $version -}}
{{- fail (printf "mode cronjob needs Kubernetes 1.21 or later, and this is %s" $version) -}}
{{- end -}}
{{- if not .Values.schedule -}}
{{- fail "mode cronjob needs a schedule, such as \"0 3 * * *\"" -}}
{{- end -}}
{{- if and .Values.timeZone (semverCompare "<1.25-0" $version) -}}
{{- fail (printf "timeZone needs Kubernetes 1.25 or later, and this is %s" $version) -}}
{{- end -}}
{{- if and (or $config.executionName $config.runId) (include "sfn-job.resumes" .) -}}
{{- fail (printf "%s is the same for each run of the CronJob, so with config.rerun %s all but the first would report the first one's execution and start nothing: leave it out, or set config.rerun to new" (empty $config.executionName | ternary "config.runId" "config.executionName") (include "sfn-job.rerun" .)) -}}
{{- end -}}
{{- else if .Values.schedule -}}
{{- fail (printf "schedule is for mode cronjob, and mode is %s" .Values.mode) -}}
{{- end -}}
{{- $given := include "sfn-job.inputsGiven" . -}}
{{- if eq .Values.mode "indexed" -}}
{{- if semverCompare "<1.24-0" $version -}}
{{- fail (printf "mode indexed needs Kubernetes 1.24 or later, and this is %s" $version) -}}
{{- end -}}
{{- if semverCompare "<1.29-0" $version -}}
{{- range list "backoffLimitPerIndex" "maxFailedIndexes" -}}
{{- if hasKey $.Values . -}}
{{- fail (printf "%s needs Kubernetes 1.29 or later, and this is %s" . $version) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if not (or $given (hasKey .Values "completions")) -}}
{{- fail "mode indexed needs inputs, or completions and a file of inputs that is there already: inputsConfigMap.name or config.inputsFile" -}}
{{- end -}}
{{- $sources := list -}}
{{- if $given -}}{{- $sources = append $sources "inputs" -}}{{- end -}}
{{- if .Values.inputsConfigMap.name -}}{{- $sources = append $sources "inputsConfigMap.name" -}}{{- end -}}
{{- if $config.inputsFile -}}{{- $sources = append $sources "config.inputsFile" -}}{{- end -}}
{{- if hasKey $config "input" -}}{{- $sources = append $sources "config.input" -}}{{- end -}}
{{- if gt (len $sources) 1 -}}
{{- fail (printf "%s exclude each other" (join " and " $sources)) -}}
{{- end -}}
{{- if $given -}}
{{- $inputs := include "sfn-job.inputs" . -}}
{{- if gt (len $inputs) 1000000 -}}
{{- fail "inputs has more than the 1,000,000 bytes that fit into a ConfigMap: put it into a volume, and see config.inputsFile" -}}
{{- end -}}
{{- if kindIs "string" .Values.inputs -}}
{{- range $index, $line := splitList "\n" $inputs -}}
{{- include "sfn-job.refuseNoJson" (list (printf "inputs, line %d" (add1 $index)) $line) -}}
{{- end -}}
{{- end -}}
{{- if gt (int (include "sfn-job.completions" .)) (int (include "sfn-job.inputCount" .)) -}}
{{- fail (printf "completions is %s, and inputs has only %s" (include "sfn-job.completions" .) (include "sfn-job.inputCount" .)) -}}
{{- end -}}
{{- end -}}
{{- else if or $given .Values.inputsConfigMap.name -}}
{{- fail (printf "inputs is for mode indexed, and mode is %s" .Values.mode) -}}
{{- end -}}
{{- end }}

{{/* Refuse text that isn't JSON, without repeating it: what it is called, the text. */}}
{{- define "sfn-job.refuseNoJson" -}}
{{- $parsed := fromJson (printf "{\"value\":%s}" (last .)) -}}
{{- if not (hasKey $parsed "value") -}}
{{- fail (printf "%s is not JSON" (first .)) -}}
{{- end -}}
{{- end }}
