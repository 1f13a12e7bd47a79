"""The little of the Kubernetes API that bringing the bed up needs: apply, read, and wait by watching."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import select
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from testbed import inside
from testbed.machine.handle import Daemon, MachineHandle
from testbed.plan import API_PORT, CONTROL
from testbed.waiting import NotReadyError

Object = Mapping[str, Any]
SECONDS_PER_WATCH = 5
"""A watch ends after this long, to look whether the daemons it waits for still live."""


class Api:
    """The bed's API server, as administrator, over connections made on the control machine."""

    def __init__(self, control: MachineHandle, tls: ssl.SSLContext) -> None:
        self.control = control
        self.tls = tls

    def apply(self, thing: Object) -> None:
        """Server-side apply of one object. Raises NotReadyError with the server's reason when it refuses."""
        body = json.dumps(thing).encode()
        path = f"{path_of(thing)}?fieldManager=dinp-bed&force=true"
        status, text = self._request("PATCH", path, body, "application/apply-patch+yaml")
        if status not in (http.client.OK, http.client.CREATED):
            raise NotReadyError(f"the API server refuses {thing['kind']} {thing['metadata']['name']}: {text}")

    def read(self, path: str) -> dict[str, Any]:
        """GET one path. Raises NotReadyError when it is not answered with 200."""
        status, text = self._request("GET", path)
        if status != http.client.OK:
            raise NotReadyError(f"GET {path}: {status} {text}")
        found: dict[str, Any] = json.loads(text)
        return found

    def delete(self, path: str) -> None:
        """DELETE one path; fine when there is nothing."""
        self._request("DELETE", path)

    def wait(
        self,
        path: str,
        what: str,
        satisfied: Callable[[Sequence[Object]], str | None],
        seconds: float,
        alive: Sequence[Daemon] = (),
    ) -> None:
        """Watch a collection until `satisfied(its objects)` is None; its answer is what is still missing.

        Raises NotReadyError after `seconds`, or when one of the daemons that must bring it about has ended.
        """
        ends = time.monotonic() + seconds
        missing = "nothing seen"
        while time.monotonic() < ends:
            listing = self.read(path)
            objects = {item["metadata"]["uid"]: item for item in listing["items"]}
            version = listing["metadata"]["resourceVersion"]
            query = f"{path}?watch=1&resourceVersion={version}&timeoutSeconds={SECONDS_PER_WATCH}"
            for event in itertools.chain([None], self._events(query)):
                if event is not None:
                    uid = event["object"].get("metadata", {}).get("uid")
                    objects[uid] = event["object"]
                    if event["type"] == "DELETED":
                        del objects[uid]
                reason = satisfied(list(objects.values()))
                if reason is None:
                    return
                missing = reason
            for daemon in alive:
                if select.select([daemon.pidfd], [], [], 0)[0]:
                    raise NotReadyError(f"{what}: {daemon.name} has ended; its log: {daemon.log}")
        raise NotReadyError(f"{what}: not after {seconds:.0f} s: {missing}")

    def _events(self, path: str) -> Iterator[dict[str, Any]]:
        """The events of one watch, until the server ends it."""
        with self._connection(SECONDS_PER_WATCH * 3) as client:
            client.request("GET", path)
            answer = client.getresponse()
            while line := answer.readline():
                yield json.loads(line)

    def _request(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> tuple[int, str]:
        with self._connection(30) as client:
            client.request(method, path, body, {"Content-Type": kind} if kind else {})
            answer = client.getresponse()
            return answer.status, answer.read().decode()

    @contextlib.contextmanager
    def _connection(self, seconds: float) -> Iterator[http.client.HTTPSConnection]:
        with inside.connect(self.control, str(CONTROL.ip), API_PORT, seconds) as plain:
            client = http.client.HTTPSConnection(str(CONTROL.ip), API_PORT)
            client.sock = self.tls.wrap_socket(plain, server_hostname=str(CONTROL.ip))
            try:
                yield client
            finally:
                client.close()


def path_of(thing: Object) -> str:
    """The URL path of an object: kinds of the bed's own manifests, whose plurals are regular."""
    version = thing["apiVersion"]
    base = f"/api/{version}" if "/" not in version else f"/apis/{version}"
    kind = thing["kind"]
    plural = f"{kind.lower()}es" if kind.endswith("ss") else f"{kind.lower()}s"
    metadata = thing["metadata"]
    scope = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
    return f"{base}{scope}/{plural}/{metadata['name']}"


def has_condition(thing: Object, kind: str) -> bool:
    """Whether an object's status has the condition with status True."""
    conditions = thing.get("status", {}).get("conditions") or []
    return any(one["type"] == kind and one["status"] == "True" for one in conditions)
