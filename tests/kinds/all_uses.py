"""What people do with an engine, and what came of it with each kind: the table of docs/reference/engine-kinds.md."""

from tests.kinds.use import Seen, Use, fails, works

_NO_DOCKER_API = fails(
    "no: it does not speak the Docker API", r"error during connect|malformed HTTP|EOF|Connection reset"
)


def _docker(name: str, script: str, shows: str, podman: Seen | None = None, client: str = "docker") -> Use:
    """What needs the Docker API."""
    return Use(
        client,
        name,
        script,
        {"dockerd": works(shows), "podman": podman or works(shows), "buildkitd": _NO_DOCKER_API},
    )


ALL_USES = (
    _docker(
        "`build` with the classic builder",
        "DOCKER_BUILDKIT=0 docker build -t one app; docker run --rm one cat /word",
        "^made$",
    ),
    _docker(
        "`build` with BuildKit",
        "DOCKER_BUILDKIT=1 docker build -t two app; docker run --rm two cat /word",
        "^made$",
        fails("no: there is no BuildKit in it; leave DOCKER_BUILDKIT unset", "unable to upgrade to h2c"),
    ),
    _docker(
        "`run` with the exit code of the container",
        "docker ps; code=0; docker run busybox sh -c 'exit 42' || code=$?; test $code = 42; echo told",
        "^told$",
    ),
    _docker(
        "`run --rm` with the exit code of the container",
        "docker ps; code=0; docker run --rm busybox sh -c 'exit 42' || code=$?; test $code = 42; echo told",
        "^told$",
        fails("no: always 0 before podman 4.6 (its issue 18889); right without `--rm`", ""),
    ),
    _docker(
        "`run`, `exec`, `logs`, `cp`",
        "docker run -d --name runs busybox sh -c 'echo said; exec sleep 100'; docker exec runs echo inside;"
        " docker logs runs; docker cp runs:/etc/passwd copied; ls copied; docker rm -f runs",
        "^inside$.*^said$.*^copied$",
    ),
    _docker("`run --privileged`", "docker run --rm --privileged busybox mount -t tmpfs none /tmp; echo done", "^done$"),
    _docker(
        "`run -m 64m`: a greedy container is killed",
        "docker ps; ! docker run --name greedy -m 64m busybox dd if=/dev/zero of=/dev/null bs=500M count=1;"
        " docker inspect -f 'code {{.State.ExitCode}}' greedy; docker rm greedy",
        "^code 137$",
    ),
    _docker(
        "`run --ulimit` with a soft limit below the hard one",
        "docker run --rm --ulimit nofile=777:888 busybox sh -c 'ulimit -Sn; ulimit -Hn'",
        "^777$.*^888$",
        fails("no: soft and hard are taken for each other (4.3); give one amount", "setrlimit|received 409"),
    ),
    _docker(
        "`run -p`: the port answers on the machine",
        "docker run -d --name web -p 127.0.0.1:$PORT:80 busybox sh -c"
        " 'mkdir /www; echo page > /www/index.html; exec httpd -f -p 80 -h /www';"
        " curl -sS --retry 20 --retry-connrefused --retry-delay 1 http://127.0.0.1:$PORT/; docker rm -f web;"
        " ! curl -sS --max-time 3 http://127.0.0.1:$PORT/",
        "^page$",
    ),
    _docker(
        "a bind mount of the workspace keeps its owners",
        "echo mine > file; chown 1234 file; docker run --rm -v $PWD/file:/file busybox stat -c 'owner %u' /file",
        "^owner 1234$",
    ),
    _docker(
        "a bind mount of a path that the engine does not see",
        "docker ps; ! docker run --rm -v /nowhere/here:/x busybox ls /x",
        "mkdir /nowhere: permission denied",
    ),
    _docker(
        "`save`, `load`",
        "docker tag busybox saved; docker save saved -o saved.tar; docker rmi saved; docker load -i saved.tar; echo;"
        " docker run saved echo on",
        "^on$",
    ),
    _docker(
        "`volume`", "docker run --rm -v kept:/v busybox touch /v/x; docker run --rm -v kept:/v busybox ls /v", "^x$"
    ),
    _docker(
        "user networks: containers find each other by name",
        "docker network create net; docker run -d --name server --network net busybox sleep 100;"
        " docker run --rm --network net busybox ping -c 1 server; docker rm -f server; docker network rm net",
        "1 packets received",
    ),
    _docker("`pull` from a mirror of docker.io", "docker pull busybox:mirrored; echo pulled", "^pulled$"),
    _docker(
        "`push` to an insecure registry",
        "docker tag busybox $REGISTRY/pushed; docker push $REGISTRY/pushed; echo pushed",
        "^pushed$",
    ),
    _docker(
        "`login`, `push`, `pull` with TLS by `registries.authorities` and a password",
        "export DOCKER_CONFIG=$PWD; docker tag busybox $LOCKED/mine; ! docker push $LOCKED/mine;"
        " echo secret | docker login -u me --password-stdin $LOCKED; docker push $LOCKED/mine;"
        " docker rmi $LOCKED/mine; docker pull $LOCKED/mine; echo in",
        "^in$",
    ),
    _docker(
        "`up` with a build by BuildKit, a network, a port",
        "docker compose -p shop up -d --build --quiet-pull; docker compose -p shop run --rm asks wget -q -O - http://web/;"
        " docker compose -p shop down -t 0",
        "^composed$",
        fails("no: it starts a BuildKit of its own, from an image; take the next line", "booting buildkit"),
        client="Compose",
    ),
    _docker(
        "the same with DOCKER_BUILDKIT=0",
        "export DOCKER_BUILDKIT=0;"
        " docker compose -p shop up -d --build --quiet-pull; docker compose -p shop run --rm asks wget -q -O - http://web/;"
        " docker compose -p shop down -t 0",
        "^composed$",
        client="Compose",
    ),
    _docker("run, exec, events", "$PYTHON docker_py_user.py", "^all of it$", client="docker-py"),
    _docker(
        "build",
        "$PYTHON docker_py_build.py",
        "^built$",
        client="docker-py",
    ),
    _docker(
        "a container with a wait strategy",
        "TESTCONTAINERS_RYUK_DISABLED=true $PYTHON $TESTCONTAINERS",
        "^hello$",
        client="Testcontainers",
    ),
    Use(
        "buildx",
        "`create --driver remote`, `build`",
        "docker buildx create --name far --driver remote unix://$SOCKET;"
        " docker buildx build --builder far --progress plain --output type=local,dest=out app; cat out/word",
        {
            "dockerd": works("^made$", "works (29)"),
            "podman": fails("no: there is no BuildKit in it", "context deadline exceeded"),
            "buildkitd": works("^made$"),
        },
    ),
    Use(
        "buildx",
        "`build --push` from a mirror to an insecure registry",
        "docker buildx create --name push --driver remote unix://$SOCKET;"
        " docker buildx build --builder push --progress plain -t $REGISTRY/built --push mirrored; echo pushed",
        {
            "dockerd": works("^pushed$", "works (29)"),
            "podman": fails("no: there is no BuildKit in it", "context deadline exceeded"),
            "buildkitd": works("^pushed$"),
        },
    ),
    Use(
        "buildctl",
        "`build`, with a login for a registry with TLS by `registries.authorities`",
        "export DOCKER_CONFIG=$PWD BUILDKIT_HOST=unix://$SOCKET; cp locked.json config.json;"
        " $BUILDCTL build --progress plain --frontend dockerfile.v0 --local context=app --local dockerfile=app"
        " --output type=image,name=$LOCKED/built,push=true; echo pushed",
        {
            "dockerd": works("^pushed$", "works (29)"),
            "podman": fails("no: there is no BuildKit in it", "error|EOF|HTTP|Unavailable|Unimplemented"),
            "buildkitd": works("^pushed$"),
        },
    ),
    Use(
        "podman",
        "`podman --remote run`, `build`",
        "export CONTAINER_HOST=unix://$SOCKET; $PODMAN --remote run --rm busybox echo hello;"
        " $PODMAN --remote build -t three app; $PODMAN --remote run --rm three cat /word",
        {
            "dockerd": fails("no: it does not speak podman's API", "error|Error|404"),
            "podman": works("^hello$.*^made$"),
            "buildkitd": fails("no", "error|Error|EOF"),
        },
    ),
)
