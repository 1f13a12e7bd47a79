"""An engine's last lines, read from a real pipe."""

import os

from dinp.edges.engine_log import EngineLog


def test_why_go_gave_up_is_kept_although_its_traces_are_longer() -> None:
    log = EngineLog()
    os.write(log.writer, b"runtime/cgo: pthread_create failed: Resource temporarily unavailable\nSIGABRT: abort\n")
    os.write(log.writer, b"".join(b"goroutine %d [running]:\n" % number for number in range(200)))
    log.release_writer()
    _, ended = log.read()
    log.close()
    assert ended
    assert log.dying == ["runtime/cgo: pthread_create failed: Resource temporarily unavailable"]
    assert log.recent[-1] == "goroutine 199 [running]:"
