"""A Kubernetes cluster by its own API, and Helm's actions on it as its command line has them."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import helm_python
from helm_python import _native

from tests.chart.helm import CHART

Object = dict[str, Any]
TIMEOUT = 90
"""Seconds that Helm may wait for a run."""


class Cluster:
    """The cluster of a kubeconfig that has its certificates inside, as kind's and minikube's do."""

    def __init__(self, kubeconfig: Path, namespace: str) -> None:
        self.namespace = namespace
        self.config = helm_python.Config(kubeconfig_path=kubeconfig, namespace=namespace)
        content = helm_python.values_from_yaml(kubeconfig.read_text(encoding="utf-8"))
        current = _named(content["contexts"], content["current-context"])["context"]
        cluster = _named(content["clusters"], current["cluster"])["cluster"]
        user = _named(content["users"], current["user"])["user"]
        self._server = urlsplit(cluster["server"])
        self._tls = ssl.create_default_context(cadata=_decoded(cluster["certificate-authority-data"]))
        with tempfile.NamedTemporaryFile("w") as file:  # ssl takes these from a file only
            file.write(_decoded(user["client-certificate-data"]) + _decoded(user["client-key-data"]))
            file.flush()
            self._tls.load_cert_chain(file.name)

    def request(self, method: str, path: str, body: Object | None = None, query: dict[str, str] | None = None) -> str:
        """Return the answer's text. Raises RuntimeError with it for a status of 400 or more."""
        connection = http.client.HTTPSConnection(self._server.netloc, context=self._tls, timeout=30)
        try:
            kind = "merge-patch+json" if method == "PATCH" else "json"
            headers = {"Content-Type": f"application/{kind}"}
            connection.request(method, f"{path}?{urlencode(query or {})}", json.dumps(body) if body else None, headers)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        if response.status >= 400:
            raise RuntimeError(f"{method} {path}: {response.status} {text}")
        return text

    def create_namespace(self) -> None:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}}
        self.request("POST", "/api/v1/namespaces", body)

    def delete_namespace(self) -> None:
        self.request("DELETE", f"/api/v1/namespaces/{self.namespace}")

    def create_secret(self, name: str, **texts: str) -> None:
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": texts}
        self.request("POST", f"/api/v1/namespaces/{self.namespace}/secrets", body)

    def find(self, kind: str, label: str, *, api: str = "/api/v1") -> list[Object]:
        path = f"{api}/namespaces/{self.namespace}/{kind}"
        found: list[Object] = json.loads(self.request("GET", path, query={"labelSelector": label}))["items"]
        return found

    def job(self, name: str) -> Object:
        path = f"/apis/batch/v1/namespaces/{self.namespace}/jobs/{name}"
        found: Object = json.loads(self.request("GET", path))
        return found

    def conditions(self, job: str) -> set[str]:
        """Return Complete or Failed, once the Job is one of them."""
        conditions = self.job(job)["status"].get("conditions", [])
        return {one["type"] for one in conditions if one["status"] == "True"}

    def pods(self, job: str) -> list[Object]:
        """Return a Job's pods, the oldest first; deleted ones are gone."""
        found = self.find("pods", f"job-name={job}")
        return sorted(found, key=lambda pod: pod["metadata"]["creationTimestamp"])

    def delete_pod(self, name: str) -> None:
        self.request("DELETE", f"/api/v1/namespaces/{self.namespace}/pods/{name}")

    def log(self, pod: str) -> str:
        return self.request("GET", f"/api/v1/namespaces/{self.namespace}/pods/{pod}/log")

    def keep_pod(self, name: str, *, kept: bool) -> None:
        """Let a deleted pod stay to be looked at, or let it go."""
        body = {"metadata": {"finalizers": ["example.org/kept"] if kept else []}}
        self.request("PATCH", f"/api/v1/namespaces/{self.namespace}/pods/{name}", body)

    def install(self, release: str, values: Object, *, wait: bool = True) -> None:
        """As `helm install`, with `--wait --wait-for-jobs`. Raises HelmReleaseError where the run fails."""
        self._apply("helm_install", release, values, wait=wait)

    def upgrade(self, release: str, values: Object, *, wait: bool = True) -> None:
        """As `helm upgrade`, with `--wait --wait-for-jobs`."""
        self._apply("helm_upgrade", release, values, wait=wait)

    def _apply(self, action: str, release: str, values: Object, *, wait: bool) -> None:
        # `Config.install` has no way to say --wait-for-jobs, which the library knows as wait_for_jobs.
        options: Object = {"namespace": self.namespace, "timeout_seconds": TIMEOUT}
        if wait:
            options |= {"wait": "watcher", "wait_for_jobs": True}
        nothing = _native.HANDLE(0)
        arguments = (str(CHART), release, json.dumps(values), json.dumps(options))
        _native.call_string(action, self.config._raw(), nothing, nothing, *arguments)


def _named(entries: list[Object], name: str) -> Object:
    return next(entry for entry in entries if entry["name"] == name)


def _decoded(text: str) -> str:
    return base64.b64decode(text).decode()
