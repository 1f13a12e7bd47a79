"""A user of Testcontainers: starts a web server, asks it by its published port, and tells the answer."""

import sys
import urllib.request

from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

WEB = "mkdir /www; echo hello > /www/index.html; httpd -p 80 -h /www; echo serving; exec tail -f /dev/null"


def main() -> None:
    container = DockerContainer("busybox").with_command(["sh", "-c", WEB]).with_exposed_ports(80)
    with container.waiting_for(LogMessageWaitStrategy("serving").with_startup_timeout(30)):
        host, port = container.get_container_host_ip(), container.get_exposed_port(80)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://{host}:{port}/", timeout=20) as answer:
            sys.stdout.write(answer.read().decode())


if __name__ == "__main__":
    main()
