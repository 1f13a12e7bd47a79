"""What tests of injected pods share: a client, and what there is to see of the agent."""

from __future__ import annotations

from typing import Any

from tests.cluster.kit import Pod, PodObject, container, pod

CLIENT = "docker:stable"
"""What the bed has for it is Debian's 20.10 client."""
AGENT = "dinp"
"""The name of the agent's container."""


def client_pod(script: str, **more: Any) -> dict[str, Any]:
    """A pod whose first and only deed is a script that uses docker."""
    return pod("client", container(CLIENT, "sh", "-ec", script, **more))


def agent_status(body: PodObject) -> PodObject:
    """The status of the agent's container, whichever form it has; empty while there is none."""
    status = body["status"]
    for one in (*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])):
        if one["name"] == AGENT:
            found: PodObject = one
            return found
    return {}


def agent_words(one: Pod) -> str:
    """What the agent itself said, without its engine's lines."""
    return "\n".join(line for line in one.logs(AGENT).splitlines() if '"engine": ' not in line)
