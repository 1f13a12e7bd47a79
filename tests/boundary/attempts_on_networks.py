"""Attempts at networks, and at what builds and volumes reach."""

from tests.boundary.attempt import Attempt, Where

NETWORKS, BUILDS = "Networks", "Builds, volumes and options of the API"
ATTEMPTS = (
    Attempt(
        NETWORKS,
        "`--net=host`: links, neighbours, rules of the machine",
        "ip -o link; ip neighbour; ip rule; nft list ruleset; cat /proc/net/dev /proc/net/tcp /proc/net/arp; true",
        "the engine's own network: one link to the machine, and its bridges",
        r"\A(?!.*dinp\w{4}-).*: eth0",
        where=Where.ENGINE,
    ),
    Attempt(
        NETWORKS,
        "`--net=host`: services on the machine's loopback",
        'for a in 127.0.0.1 "[::1]" localhost "$GATEWAY"; do try fetch "http://$a:$LOOPBACK_PORT/"; done',
        "the engine's own loopback; the link leads to nothing that listens on loopback",
        r"(^refused: [^\n]*\n){4}",
        where=Where.ENGINE,
    ),
    Attempt(
        NETWORKS,
        "the machine's loopback by way of the link: with routes that send 127.0.0.0/8 there",
        "ip route del local 127.0.0.0/8 table local; ip route del local 127.0.0.1 table local;"
        ' echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet; ip route add 127.0.0.0/8 via "$GATEWAY";'
        ' try fetch "http://127.0.0.1:$LOOPBACK_PORT/"; ip route del 127.0.0.0/8;'
        " ip route add local 127.0.0.0/8 dev lo table local; ip route add local 127.0.0.1 dev lo table local",
        "dropped at the machine's end of the link",
        where=Where.ENGINE,
    ),
    Attempt(
        NETWORKS,
        "abstract unix sockets of the machine",
        'cat /proc/net/unix; ss -xl | grep @; try $PYTHON -IS -c "import os, socket;'
        " socket.socket(socket.AF_UNIX).connect('\\0' + os.environ['ABSTRACT'])\"",
        "they belong to another network namespace",
        where=Where.ENGINE,
    ),
    Attempt(
        NETWORKS,
        "the other tenant's engine and containers, by their addresses",
        'for p in 22 80 2375 "$OTHER_PORT"; do try fetch "http://$OTHER_ADDRESS:$p/" & done; wait',
        "dropped: engines are not routed to each other",
        r"(^refused: [^\n]*\n){4}",
        where=Where.ENGINE,
    ),
    Attempt(
        NETWORKS,
        "a port that the other tenant published on the machine's loopback",
        'for a in 127.0.0.1 "$GATEWAY" "$OTHER_GATEWAY"; do try fetch "http://$a:$OTHER_PORT/" & done; wait',
        "not reachable: it was published for clients on the machine",
        r"(^refused: [^\n]*\n){3}",
        where=Where.ENGINE,
    ),
    Attempt(
        NETWORKS,
        "spoof: take the other tenant's address, and the machine's, on the own link",
        'try fetch_from 0.0.0.0 "$GATEWAY" "$OPEN_PORT"; for a in "$OTHER_ADDRESS" "$OTHER_GATEWAY" 192.0.2.77; do'
        ' (ip addr add "$a/32" dev eth0; try fetch_from "$a" "$GATEWAY" "$OPEN_PORT"; ip addr del "$a/32" dev eth0) &'
        " done; wait",
        "dropped: from a link only its own address is taken",
        r"\Adone: fetch_from 0.0.0.0 [^\n]*\n(refused: [^\n]*timed out[^\n]*\n){3}",
        allowed=("fetch_from 0.0.0.0",),
        where=Where.ENGINE,
    ),
    Attempt(
        NETWORKS,
        "publish a port of the machine that leads to the other tenant",
        "timeout 12 /run/dinp/port-helper -proto tcp -host-ip 127.0.0.1 -host-port $FREE_PORT -container-ip"
        " $OTHER_ADDRESS"
        " -container-port 80 3>&1 & sleep 2; echo asked; try fetch http://$GATEWAY:$FREE_PORT/; kill $!",
        "the rules are in the tenant's own network, from where nothing leads to the other",
        r"^asked\n.*^refused",
        where=Where.ENGINE,
    ),
    Attempt(
        BUILDS,
        "`docker volume create -o …`: bind of /root, ext4 on the disk, overlay over /etc, nfs of the machine",
        "n=0;"
        " for o in 'type=none -o o=bind -o device=/opt' \"type=ext4 -o device=$BLOCK\" 'type=overlay -o"
        " device=overlay -o o=lowerdir=/opt'"
        " 'type=nfs -o o=addr=127.0.0.1 -o device=:/'; do n=$((n+1)); docker volume create -o $o v$n >/dev/null 2>&1;"
        " try docker run --rm -v v$n:/x busybox true; docker volume rm v$n >/dev/null 2>&1; done",
        "an error of mount(2)",
        r"(^refused: [^\n]*\n){4}",
        where=Where.CLIENT,
    ),
    Attempt(
        BUILDS,
        "a build with `--network=host` that asks the machine's loopback",
        "printf 'FROM busybox\\nARG P\\nRUN nc -w 3 127.0.0.1 $P </dev/null\\n' > Dockerfile; export DOCKER_BUILDKIT=0;"
        ' try docker build --no-cache --network=host --build-arg P="$LOOPBACK_PORT" .',
        "the engine's own loopback",
        where=Where.CLIENT,
    ),
    Attempt(
        BUILDS,
        "`ADD http://127.0.0.1:PORT/`, `docker import URL`, `docker pull`: requests by the engine itself",
        "printf 'FROM busybox\\nARG P\\nADD http://127.0.0.1:$P/ /x\\n' > Dockerfile;"
        ' export DOCKER_BUILDKIT=0; try docker build --no-cache --build-arg P="$LOOPBACK_PORT" .;'
        ' try docker import "http://127.0.0.1:$LOOPBACK_PORT/" x; try docker pull "127.0.0.1:$LOOPBACK_PORT/x"',
        "the engine's own loopback",
        r"(^refused: [^\n]*refused[^\n]*\n){3}",
        where=Where.CLIENT,
    ),
    Attempt(
        BUILDS,
        "`--security-opt …=unconfined`, `--cgroupns=host`, `--userns=host`, `--privileged` together",
        "docker run --rm --privileged --security-opt seccomp=unconfined --security-opt systempaths=unconfined"
        " --cgroupns=host --userns=host"
        " --pid=host --net=host --ipc=host --uts=host -v /:/h busybox cat /proc/self/uid_map",
        "still ids that are nobody's on the machine",
        r"^ +0 +[12]\d{9} +65536$",
        where=Where.CLIENT,
    ),
    Attempt(
        BUILDS,
        "log drivers, runtimes and plugins that reach out of the engine",
        "try docker run --rm --log-driver=journald busybox true; try docker run --rm --log-driver=syslog busybox true;"
        " try docker run --rm --runtime=/usr/bin/env busybox true;"
        " try docker plugin install 127.0.0.1:$LOOPBACK_PORT/x",
        "the machine's journal and syslog are not there; a runtime (podman takes any) runs as the engine does",
        r"^refused: ",
        allowed=("docker run --rm --runtime",),
        where=Where.CLIENT,
    ),
)
