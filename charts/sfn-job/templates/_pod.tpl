{{/* What mounts what: the name of the volume and of its directory under /etc/sfn-job, its kind, the object's name. */}}
{{- define "sfn-job.mounts" -}}
credentials: {secret: {{ .Values.credentials.existingSecret | quote }}, keys: [user, password]}
proxy: {secret: {{ .Values.proxy.existingSecret | quote }}, keys: [user, password]}
proxy-ca: {configMap: {{ .Values.proxy.caBundle.existingConfigMap | quote }}, keys: [{{ .Values.proxy.caBundle.key | quote }}]}
ca: {configMap: {{ .Values.caBundle.existingConfigMap | quote }}, keys: [{{ .Values.caBundle.key | quote }}]}
inputs: {configMap: {{ include "sfn-job.inputsConfigMap" . | quote }}, keys: [{{ .Values.inputsConfigMap.key | quote }}]}
{{- end }}

{{/* The pod's spec; "check": of the pod that `helm test` runs. */}}
{{- define "sfn-job.podSpec" -}}
{{- $mounts := dict -}}
{{- range $name, $mount := include "sfn-job.mounts" . | fromYaml -}}
{{- if or $mount.secret $mount.configMap -}}
{{- $_ := set $mounts $name $mount -}}
{{- end -}}
{{- end -}}
restartPolicy: Never
serviceAccountName: {{ include "sfn-job.serviceAccountName" . }}
automountServiceAccountToken: {{ .Values.serviceAccount.automount }}
# A Service called sfn-… would give the job variables that look like its own.
enableServiceLinks: false
terminationGracePeriodSeconds: {{ int64 .Values.terminationGracePeriodSeconds }}
{{- with .Values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.initContainers }}
initContainers:
  {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - name: sfn-job
    image: {{ include "sfn-job.image" . | quote }}
    {{- with .Values.image.pullPolicy }}
    imagePullPolicy: {{ . }}
    {{- end }}
    {{- if .check }}
    args: [--check]
    {{- end }}
    env:
      {{- include "sfn-job.env" . | nindent 6 }}
    {{- with .Values.extraEnvFrom }}
    envFrom:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    # The result is the termination message; of a job that was killed, the end of its log.
    terminationMessagePolicy: FallbackToLogsOnError
    {{- with .Values.resources }}
    resources:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with .Values.securityContext }}
    securityContext:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- if or $mounts .Values.extraVolumeMounts }}
    volumeMounts:
      {{- range $name, $_ := $mounts }}
      - {name: {{ $name }}, mountPath: /etc/sfn-job/{{ $name }}, readOnly: true}
      {{- end }}
      {{- with .Values.extraVolumeMounts }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- end }}
{{- if or $mounts .Values.extraVolumes }}
volumes:
  {{- range $name, $mount := $mounts }}
  - name: {{ $name }}
    {{- if $mount.secret }}
    secret:
      secretName: {{ $mount.secret }}
      defaultMode: 0440
    {{- else }}
    configMap:
      name: {{ $mount.configMap }}
    {{- end }}
      items:
        {{- range $mount.keys }}
        - {key: {{ . | quote }}, path: {{ . | quote }}}
        {{- end }}
  {{- end }}
  {{- with .Values.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- end }}
