"""Generated workloads in generated layouts: what the API allows, in ways that people and programs write it."""

import json
import re

import yaml
from hypothesis import strategies as st

from dinp.model.engine_spec import EngineSpec, IsolationKind
from dinp.model.service_spec import EndpointKind, EndpointSpec, Form, ServiceSpec, StorageKind, StorageSpec

SPECS = st.builds(
    ServiceSpec,
    form=st.sampled_from(Form),
    endpoint=st.builds(EndpointSpec, st.sampled_from(EndpointKind)),
    credentials=st.sampled_from(["", "logins"]),
    engine=st.builds(EngineSpec, isolation=st.sampled_from([None, IsolationKind.ROOTLESS])),
    storage=st.builds(StorageSpec, st.sampled_from([StorageKind.EMPTY_DIR, StorageKind.EPHEMERAL])),
)
NAMES = st.sampled_from(["a", "b", "build", "test", "x1"])
VOLUMES = ("data", "sock", "run", "cfg", "extra")
PATHS = st.sampled_from(
    [
        "/workspace",
        "/workspace/",
        "/var/run/docker.sock",
        "/var/run",
        "/run",
        "/etc/app",
        "/data/x",
        "/host/run",
        "/run/dinp",
    ]
)
SOURCES = st.sampled_from(
    [
        {"emptyDir": {}},
        {"emptyDir": {"medium": "Memory"}},
        {"hostPath": {"path": "/var/run/docker.sock"}},
        {"hostPath": {"path": "/run/docker.sock", "type": "Socket"}},
        {"hostPath": {"path": "/var/run"}},
        {"hostPath": {"path": "/run/", "type": ""}},
        {"hostPath": {"path": "/data"}},
        {"configMap": {"name": "c", "items": [{"key": "k", "path": "p"}]}},
        {"persistentVolumeClaim": {"claimName": "c"}},
    ]
)
VARIABLES = st.sampled_from(
    [
        {"name": "A", "value": "1"},
        {"name": "B"},
        {"name": "DOCKER_HOST", "value": "tcp://x:2376"},
        {"name": "DOCKER_HOST", "value": "unix:///run/dinp/docker.sock"},
        {"name": "DINP_HOST", "value": "localhost"},
        {"name": "TEXT", "value": "two\nlines\n"},
        {"name": "TEXT", "value": "kept\n\n\n"},
        {"name": "C", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}},
    ]
)
MOUNTS = st.fixed_dictionaries(
    {"name": st.sampled_from(VOLUMES), "mountPath": PATHS},
    optional={"readOnly": st.booleans(), "subPath": st.sampled_from(["", None])},
)


def some(items: st.SearchStrategy, key: str) -> st.SearchStrategy:
    """Lists that may also be empty or null."""
    lists = st.lists(items, max_size=3, unique_by=lambda each: each[key])
    return st.one_of(lists, st.none())


CONTAINERS = st.fixed_dictionaries(
    {"name": NAMES, "image": st.sampled_from(["docker:cli", "busybox"])},
    optional={
        "env": some(VARIABLES, "name"),
        "volumeMounts": some(MOUNTS, "mountPath"),
        "args": st.lists(st.sampled_from(["x", "two\nlines\n", "folded text", "kept\n\n"]), max_size=2),
        "resources": st.just({}),
        "tty": st.booleans(),
    },
)
VOLUME_LISTS = st.lists(SOURCES, max_size=len(VOLUMES)).map(
    lambda sources: [{"name": name, **source} for name, source in zip(VOLUMES, sources, strict=False)]
)
METADATA = st.one_of(
    st.none(),
    st.just({}),
    st.fixed_dictionaries(
        {"name": st.just("w")},
        optional={
            "annotations": st.sampled_from(
                [None, {}, {"x": "y"}, {"kubectl.kubernetes.io/default-container": "a"}, {"dinp.dev/containers": "a"}]
            ),
            "labels": st.just({"app": "x"}),
        },
    ),
)


@st.composite
def templates(draw: st.DrawFn) -> dict:
    """A pod's metadata and spec."""
    containers = draw(st.lists(CONTAINERS, min_size=1, max_size=3, unique_by=lambda each: each["name"]))
    cut = draw(st.integers(0, len(containers) - 1))
    spec: dict = {}
    if cut or draw(st.booleans()):
        spec["initContainers"] = containers[:cut]
    spec["containers"] = containers[cut:]
    if draw(st.booleans()):
        spec["volumes"] = draw(VOLUME_LISTS) or draw(st.sampled_from([None, []]))
    if draw(st.booleans()):
        spec["restartPolicy"] = "Never"
    keys = draw(st.permutations(list(spec)))
    template = {"metadata": draw(METADATA), "spec": {key: spec[key] for key in keys}}
    if draw(st.booleans()):
        del template["metadata"]
    return template


@st.composite
def objects(draw: st.DrawFn) -> dict:
    """A workload of any kind."""
    template = draw(templates())
    kind = draw(st.sampled_from(["Pod", "Deployment", "CronJob", "List"]))
    match kind:
        case "Pod":
            return {"kind": kind, **template}
        case "Deployment":
            return {"kind": kind, "metadata": {"name": "d"}, "spec": {"template": template, "replicas": 1}}
        case "CronJob":
            return {"kind": kind, "spec": {"jobTemplate": {"spec": {"template": template}}, "schedule": "@daily"}}
        case _:
            return {"kind": kind, "items": [{"kind": "Pod", **template}, {"kind": "ConfigMap", "data": {"a": "b"}}]}


class Indented(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        del indentless
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: object) -> bool:
        del data
        return True


class Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        del data
        return True


def block_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


for each in (Indented, Plain):
    each.add_representer(str, block_text)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """One or two workloads as somebody may have laid them out."""
    documents = draw(st.lists(objects(), min_size=1, max_size=2))
    style = draw(st.sampled_from(["plain", "indented", "mixed", "json", "pretty"]))
    if style == "json":
        return json.dumps(documents[0], separators=draw(st.sampled_from([(",", ":"), (", ", ": ")])))
    if style == "pretty":
        return json.dumps(documents[0], indent=draw(st.sampled_from([2, 4, "\t"]))) + draw(st.sampled_from(["", "\n"]))
    dumper = Indented if style == "indented" else Plain
    flow = None if style == "mixed" else False
    text = "---\n".join(
        yaml.dump(each, Dumper=dumper, sort_keys=False, default_flow_style=flow, width=80) for each in documents
    )
    lines = text.split("\n")
    if style != "mixed" and "|" not in text:
        lines = [commented(line, draw(st.integers(0, 6))) for line in lines]
    if draw(st.integers(0, 5)) == 0:
        lines = [re.sub(r"^( *(?:- )?\w+): (?=\w)", r"\1:\t", line) for line in lines]
    text = "\n".join(lines)
    if draw(st.booleans()) and "|" not in text:
        text = text.removesuffix("\n")
    return text.replace("\n", "\r\n") if draw(st.integers(0, 5)) == 0 else text


def commented(line: str, how: int) -> str:
    if not line.strip() or line == "---":
        return line
    if how == 0:
        return f"{line}   # behind"
    if how == 1:
        return f"# above\n{line}"
    return f"\n{line}" if how == 2 else line
