"""What Kubernetes' Job controller does with a failed pod by the Job's podFailurePolicy.

Source: Kubernetes, "Pod failure policy" and the API reference of PodFailurePolicyRule: the rules are looked at in their
order, the first that matches decides, and without one the failure counts towards the backoffLimit.
"""

from collections.abc import Collection
from typing import Any


def action(policy: dict[str, Any], container: str, code: int, conditions: Collection[str] = ()) -> str:
    """Return FailJob, FailIndex, Ignore or Count, for a pod whose container exited so (never 0) under conditions."""
    for rule in policy["rules"]:
        if "onExitCodes" in rule:
            on = rule["onExitCodes"]
            matches = on.get("containerName", container) == container and (code in on["values"]) == (
                on["operator"] == "In"
            )
        else:
            matches = any(pattern["type"] in conditions for pattern in rule["onPodConditions"])
        if matches:
            found: str = rule["action"]
            return found
    return "Count"
