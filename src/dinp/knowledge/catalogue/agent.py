"""The agent's configuration, its sockets, its command line."""

from dinp.knowledge.failure import Failure

AGENT = (
    Failure(
        "config-unreadable",
        "The configuration cannot be read",
        "The file is missing, may not be read by this user, or is no UTF-8 text.",
        "Give the path of a readable file with --config.",
    ),
    Failure(
        "config-syntax",
        "The configuration is not the YAML that dinp reads",
        "It is not valid YAML, or uses aliases, tags, merge keys or a second document. A configuration is read top to"
        " bottom by people too, and needs none of these.",
        "Mend the place that is named; write out what an alias stands for.",
    ),
    Failure(
        "config-unknown-key",
        "The configuration has a key that dinp does not know",
        "A misspelt key would otherwise be ignored in silence.",
        "Use the key that is proposed; all of them are in docs/reference/configuration.md.",
    ),
    Failure(
        "config-duplicate-key",
        "A key stands twice in the configuration",
        "YAML parsers silently take one of the two, and not always the same.",
        "Keep one of them.",
    ),
    Failure(
        "config-missing-key",
        "The configuration lacks a key or a value",
        "state_dir and at least one tenant with name and socket must be there; a key without a value says nothing.",
        "Add what is named, or remove the empty key.",
    ),
    Failure(
        "config-wrong-type",
        "A value in the configuration has the wrong form",
        "A list, a mapping or a single value stands where another form is expected.",
        "Write it in the form that is named.",
    ),
    Failure(
        "config-bad-value",
        "A value in the configuration cannot be understood",
        "Durations and sizes have units, paths are absolute, addresses are IP addresses with a port.",
        "Write it as the example in the sentence shows.",
    ),
    Failure(
        "config-duplicate",
        "Two tenants of the configuration share a name, a socket or a port",
        "Tenants share nothing: each has its own name, socket and port.",
        "Choose another for one of them.",
    ),
    Failure(
        "config-socket-path",
        "The path of a socket is too long",
        "A unix socket's path has at most 107 bytes; a new listener needs room for a temporary name beside it.",
        "Choose a shorter directory.",
        sources=("unix(7)",),
    ),
    Failure(
        "config-plain-tcp",
        "A TCP address without TLS that others can reach",
        "Whoever reaches an engine's port commands it. Without TLS nothing asks who that is.",
        "Add tls with the tenant's own authority, or listen on 127.0.0.1.",
        sources=("https://docs.docker.com/engine/security/protect-access/",),
    ),
    Failure(
        "engine-kind-socket",
        "This kind of engine cannot serve such a socket",
        "buildkitd takes over a single socket, and podman's API service speaks no TLS.",
        "Use the unix socket, or dockerd.",
        sources=("BuildKit cmd/buildkitd/main_unix.go, listenFD", "podman-system-service(1)"),
    ),
    Failure(
        "nothing-kept",
        "There is no cache of that name",
        "`dinp run --keep NAME` keeps an engine's images and cache, for the user that ran it; `--forget` found none.",
        "Take one of the names that the message lists, as the user that kept it.",
    ),
    Failure(
        "forget-alone",
        "--forget was given together with a command or --keep",
        "`dinp run --forget NAME` removes what was kept, and runs nothing.",
        "Run it by itself.",
    ),
    Failure(
        "engine-kind-isolation",
        "This kind of engine is not started for an ordinary user",
        "Isolation rootless is rootlesskit, which has to be told of each published port. dockerd tells it, buildkitd"
        " publishes none, and podman tells nobody: its user namespace has to come from an agent that is root.",
        "Run the agent as root (userns), or choose dockerd or buildkitd.",
    ),
    Failure(
        "engine-option",
        "An engine's own option cannot be set like that",
        "Options of engine.options are checked against the engine's own list before it starts; those that dinp sets"
        " itself have keys of dinp's.",
        "Write it as in docs/reference/engine-kinds.md, or use the key that the sentence names.",
    ),
    Failure(
        "socket-path-unusable",
        "A socket cannot be opened at its path",
        "The directory cannot be made or written by the agent.",
        "Give a path in a directory that the agent may write to.",
    ),
    Failure(
        "socket-path-taken",
        "Something that is no socket lies at the path of a socket",
        "A mount of a missing socket file makes a directory of that name; dinp removes nothing that it did not make.",
        "Remove it, or give the tenant another path. Mount directories, never the socket file.",
        patterns=(r"can't create unix socket \S+: .*is a directory",),
        sources=("https://github.com/moby/moby/issues/30348",),
    ),
    Failure(
        "socket-in-use",
        "Somebody already listens at the path of a socket",
        "Another agent or engine serves there; taking its place would cut its clients off.",
        "Stop it, or give this tenant another socket.",
    ),
    Failure(
        "socket-not-opened",
        "The agent did not open its socket in time",
        "It has not been started, or has ended because of its configuration or of what it found.",
        "Look at the agent's log: it opens its sockets within a tenth of a second, or says why it cannot.",
    ),
    Failure(
        "certificate-unusable",
        "A certificate or an authority's key cannot be used",
        "The file is missing, is no PEM, or is no elliptic curve key: dinp signs only with authorities that it made. "
        "Or it does not belong where it is: a client's certificate in the server's place, a pair of another authority.",
        "Give the directory that `dinp certificates issue` made, with the authority's key. A pair whose key is lost is "
        "made anew by `issue` and `rotate`.",
    ),
    Failure(
        "tls-file-unusable",
        "A file with certificates or a key cannot be used",
        "It cannot be read, or holds something else than the PEM block that is expected there.",
        "Give a readable PEM file, and restart the engine by reloading the agent (SIGHUP).",
    ),
    Failure(
        "port-in-use",
        "Somebody already listens at the port of a tenant",
        "Another agent, engine or program has the address and port.",
        "Stop it (ss -ltnp tells who it is), or give this tenant another port.",
    ),
    Failure(
        "port-unusable",
        "The address of a tenant's port cannot be listened at",
        "The address is none of this machine's, or the port may not be used by this user.",
        "Give an address of this machine, and a port above 1023 for an ordinary user.",
    ),
    Failure(
        "command-not-started",
        "The command of `dinp run` cannot be started",
        "The program behind `--` is not in PATH, or may not be executed.",
        "Give a program that is in PATH, or its path.",
    ),
    Failure(
        "no-command",
        "`dinp run` got no command",
        "What is behind `--` is run with a private engine.",
        "Write a command: dinp run -- docker build .",
    ),
    Failure(
        "output-lost",
        "What a verb of dinp printed could not be written",
        "Standard output was closed by the caller, or the disk behind it is full.",
        "Give it a file, a pipe or a terminal that can take it.",
    ),
    Failure(
        "no-such-tenant",
        "The configuration has no tenant of that name, or has several and none was named",
        "`dinp env` prints the environment that leads to one tenant's engine.",
        "Name one of the configuration's tenants with --tenant.",
    ),
    Failure(
        "bad-flag",
        "The value of a flag cannot be understood",
        "Flags take values as the configuration file does: sizes have units, numbers are positive.",
        "Write it as the example in the sentence shows.",
    ),
    Failure(
        "log-unreadable",
        "A log cannot be read",
        "The file is missing, or this user may not read it.",
        "Name a readable file, or - for standard input.",
    ),
    Failure(
        "unknown-code",
        "The catalogue has no entry of that code",
        "Codes are written as in errors and logs, in lower case with dashes.",
        "Use one of those proposed; `dinp explain` lists all.",
    ),
)
