"""What people write into a workload that has been injected, as functions of any workload, injected or not."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from dinp.topologies.client_contract import CONTRACT

Pod = dict[str, Any]
LOGINS = {"name": "mine", "secret": {"secretName": "x"}}


def below(mapping: dict[str, Any], key: str, made: Callable[[], Any]) -> Any:
    """What is there, or an empty one that is put there."""
    if not mapping.get(key):
        mapping[key] = made()
    return mapping[key]


def variable(name: str, value: str) -> Callable[[Pod], None]:
    """In every container but the agent's; whoever has one of that name gets a second one, which counts."""

    def add(pod: Pod) -> None:
        for key in ("initContainers", "containers"):
            for container in pod["spec"].get(key) or []:
                if container["name"] != "dinp":
                    below(container, "env", list).append({"name": name, "value": value})

    return add


def container(pod: Pod) -> None:
    """A new one that has an engine elsewhere."""
    mounts = [{"name": "mine", "mountPath": "/run/dinp-credentials"}, {"name": "mine", "mountPath": "/x"}]
    env = [{"name": "DOCKER_HOST", "value": "tcp://remote:2376"}, {"name": "DINP_HOST", "value": "localhost"}]
    pod["spec"]["containers"].append({"name": "later", "env": env, "volumeMounts": mounts})


def volume(pod: Pod) -> None:
    """A new one, mounted by the first container."""
    below(pod["spec"], "volumes", list).append(dict(LOGINS))
    first = next(each for each in pod["spec"]["containers"] if each["name"] != "dinp")
    below(first, "volumeMounts", list).append({"name": "mine", "mountPath": "/mine", "subPath": "docker.sock"})


def user(pod: Pod) -> None:
    """Of the pod, in a mapping that dinp may have made."""
    below(pod["spec"], "securityContext", dict)["runAsNonRoot"] = True


def label(pod: Pod) -> None:
    """In metadata that dinp may have made."""
    below(below(pod, "metadata", dict), "labels", dict)["later"] = "yes"


def annotation(pod: Pod) -> None:
    """Beside those that dinp reads and writes."""
    below(below(pod, "metadata", dict), "annotations", dict)["later"] = "yes"


def toleration(pod: Pod) -> None:
    """A field of the pod."""
    pod["spec"]["tolerations"] = [{"operator": "Exists"}]


ADDITIONS = st.lists(
    st.one_of(
        st.sampled_from([container, volume, user, label, annotation, toleration]),
        st.builds(variable, st.sampled_from([*CONTRACT, "MINE"]), st.sampled_from(["x", "tcp://remote:2376"])),
    ),
    min_size=1,
    max_size=4,
)


def with_additions(thing: Any, added: list[Callable[[Pod], None]]) -> Any:
    """The workload with all of them, each made once."""
    result = deepcopy(thing)
    for pod in pods(result):
        for add in dict.fromkeys(added):
            add(pod)
    return result


def pods(thing: dict[str, Any]) -> list[Pod]:
    """Where its pods are described."""
    match thing["kind"]:
        case "Pod":
            return [thing]
        case "Deployment":
            return [thing["spec"]["template"]]
        case "CronJob":
            return [thing["spec"]["jobTemplate"]["spec"]["template"]]
        case _:
            return [each for each in thing["items"] if each["kind"] == "Pod"]
