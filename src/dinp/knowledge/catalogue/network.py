"""Networks of engines, packet filters, names, ports."""

from dinp.knowledge.failure import Failure, Severity

NETWORK = (
    Failure(
        "tcp-without-tls",
        "The engine listens on TCP without TLS: slow to start, and open to everybody",
        "Whoever reaches the port is root where the engine is. dockerd warns and stalls its own start by 1 second, or"
        " by 16 when the address is not on loopback and --tls was not mentioned.",
        "Use a unix socket, or mutual TLS: dinp serves both, and hands listening sockets over, which skips the stall.",
        Severity.WARNING,
        patterns=(
            r"Binding to IP address without --tlsverify is (insecure|deprecated)",
            r"Binding to an IP address without --tlsverify",
            r"without --tlsverify is insecure and gives root access",
        ),
        sources=("https://docs.docker.com/engine/deprecated/#unauthenticated-tcp-connections",),
    ),
    Failure(
        "docker-group-missing",
        "A harmless warning: there is no group `docker`",
        "dockerd gives its socket to the group `docker` where there is one; in a container there is none.",
        "Nothing, when clients run as root. Else set the tenant's group in the agent's configuration.",
        Severity.NOTE,
        patterns=(r"could not change group \S+ to docker: group docker not found",),
    ),
    Failure(
        "no-free-network",
        "No private network is left for the engine",
        "Bridges and links of engines need networks that collide with no route, resolver or range that you named, or"
        " containers could not reach what is there.",
        "Name networks that may be used in engine.address_pools, or shorten engine.avoid_networks.",
        patterns=(
            r"could not find an available, non-overlapping IPv4 address pool",
            r"all predefined address pools have been fully subnetted",
        ),
        sources=("https://docs.docker.com/reference/cli/docker/network/create/",),
    ),
    Failure(
        "address-pool-collides",
        "A network in engine.address_pools is in use",
        "A route, a resolver or engine.avoid_networks has a part of it: containers could not reach what is there.",
        "Choose other networks, or leave engine.address_pools out: preflight then finds free ones.",
    ),
    Failure(
        "address-pool-without-ipv4",
        "engine.address_pools has no IPv4 network",
        "The default bridge of an engine needs an IPv4 network.",
        "Add one, e.g. 10.200.0.0/16, or leave engine.address_pools out.",
    ),
    Failure(
        "bridge-overlaps",
        "A network of the engine overlaps one that is there already",
        "The engine's default bridge or a user network was to have addresses that an interface of the same network"
        " namespace has.",
        "Set engine.address_pools to free networks. dinp gives each engine a network namespace of its own.",
        patterns=(
            r"[Pp]ool overlaps with other one on this address space",
            r"cannot create network .*: conflicts with network",
            r"networks have overlapping IPv4",
        ),
        sources=("https://docs.docker.com/engine/network/drivers/bridge/",),
    ),
    Failure(
        "iptables-failed",
        "The engine could not set up its packet filter",
        "dockerd calls iptables when it starts. The kernel lacks the tables of the flavour (nft or legacy) that was"
        " called, or the engine may not change them.",
        "On the node: modprobe ip_tables iptable_nat (legacy) or nf_tables (nft); or install the other flavour. The"
        " agent needs CAP_NET_ADMIN.",
        patterns=(
            r"failed to create NAT chain DOCKER",
            r"iptables failed: iptables .*(Table does not exist|Permission denied|No chain/target/match)",
            r"can't initialize iptables table `(nat|filter|mangle)': (Table does not exist|Permission denied)",
            r"Could not fetch rule set generation id",
        ),
        depends_on=("iptables-raw-missing",),
        sources=(
            "https://github.com/docker-library/docker/issues/463",
            "https://github.com/docker-library/docker/issues/350",
        ),
    ),
    Failure(
        "iptables-raw-missing",
        "The kernel has no raw table, which Docker 28 and newer need",
        "Since 28.0 dockerd drops direct access to published ports in the table `raw`; kernels built without"
        " CONFIG_IP_NF_RAW (some boards, some WSL kernels) do not have it.",
        "Set DOCKER_INSECURE_NO_IPTABLES_RAW=1 for the engine, knowing that neighbours on the same link then reach"
        " ports published on 127.0.0.1, or use a kernel with that table.",
        patterns=(r"iptables.*-t raw.*(Table does not exist|can't initialize)", r"table `raw': Table does not exist"),
        sources=("https://github.com/moby/moby/issues/49557",),
    ),
    Failure(
        "port-allocated",
        "A port is taken",
        "Another container, tenant or program on the same machine listens on the port that was to be published.",
        "Publish another port, or none (-p 80 lets the engine choose), and stop what holds it.",
        patterns=(
            r"Bind for \S+ failed: port is already allocated",
            r"failed to bind host port.*address already in use",
            r"listen tcp\S* \S+: bind: address already in use",
        ),
    ),
    Failure(
        "port-reserved",
        "A port below 1024 is not for an ordinary user to publish",
        "A rootless engine publishes ports as the user it is. Who may have the first 1024 is for the kernel's"
        " net.ipv4.ip_unprivileged_port_start to say; containerd 2 opens them in every pod, others may not.",
        "Publish a port from 1024 on; or let the pod's securityContext.sysctls say"
        " net.ipv4.ip_unprivileged_port_start: 0, which Kubernetes counts as safe.",
        patterns=(r"cannot expose privileged port \d+",),
        sources=("https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/",),
    ),
    Failure(
        "name-not-resolved",
        "Names cannot be resolved where the engine runs",
        "The resolvers that were given to the engine or to its containers do not answer there: a resolver on loopback"
        " (127.0.0.53) is one that a container cannot reach.",
        "Compare `dinp preflight` (decision dns) with /etc/resolv.conf. In a pod: dnsPolicy, NetworkPolicies for UDP"
        " and TCP port 53.",
        patterns=(
            r"dial tcp: lookup \S+ on \S+: (read udp .*i/o timeout|no such host|server misbehaving)",
            r"Temporary failure in name resolution",
            r"Could not resolve host: ",
        ),
        sources=("resolv.conf(5)",),
    ),
    Failure(
        "mtu-black-hole",
        "Connections hang: packets are larger than the way out carries",
        "The link out of the pod or machine has a smaller MTU (VXLAN 1450, WireGuard 1420, GKE 1460) than the engine's"
        " bridge (1500 by default), and the messages that would say so are filtered. Small requests work; TLS"
        " handshakes and downloads hang.",
        "Let dinp choose: it takes the MTU of the default route's link for the engine's link, default bridge and user"
        " networks (`dinp preflight`, decision mtu). By hand: --mtu and --default-network-opt.",
        patterns=(r"net/http: TLS handshake timeout", r"TLS handshake timeout"),
        sources=("https://github.com/moby/moby/issues/34981", "https://github.com/actions/runner/issues/775"),
    ),
    Failure(
        "registry-rate-limit",
        "Docker Hub refused a pull: too many pulls",
        "Docker Hub counts pulls per account, or per IPv4 address for pulls without a login: a cluster behind one"
        " address uses it up soon.",
        "Log in, or give the engine a mirror of Docker Hub.",
        patterns=(r"toomanyrequests:", r"You have reached your (unauthenticated )?pull rate limit"),
        sources=("https://docs.docker.com/docker-hub/usage/",),
    ),
    Failure(
        "registry-certificate",
        "A registry's certificate is signed by an authority that the engine does not know",
        "A registry of one's own often has a certificate of one's own authority; the engine looks for it in its tree.",
        "Give the authority to the engine (/etc/docker/certs.d/REGISTRY/ca.crt), or use a certificate of a public one.",
        patterns=(r"x509: certificate signed by unknown authority", r"http: server gave HTTP response to HTTPS client"),
        sources=("https://docs.docker.com/engine/security/certificates/",),
    ),
    Failure(
        "link-refused",
        "The kernel refused the engine's network link",
        "An engine in a user namespace gets a veth pair, addresses and routes, which takes CAP_NET_ADMIN in the agent's"
        " own network namespace, and the kernel's veth driver.",
        "Run the agent as root of the machine or in a privileged pod, or as an ordinary user (rootless).",
        patterns=(r"The kernel refused the network link",),
    ),
    Failure(
        "nft-missing",
        "The program nft is missing",
        "The agent gives engines their way out and their published ports with nftables.",
        "Install the package nftables.",
    ),
    Failure(
        "nft-refused",
        "The kernel refused a change of the packet filter",
        "The agent's table needs nf_tables with NAT, fib and masquerading in the kernel.",
        "On the node: modprobe nf_tables nft_chain_nat nft_fib_inet nft_masq; the agent needs CAP_NET_ADMIN.",
        patterns=(r"nft refused a change to the firewall",),
        sources=("nft(8)",),
    ),
    Failure(
        "iptables-legacy-missing",
        "The machine filters packets with the older iptables, whose program is missing",
        "Its rules would swallow the packets of engines, and only that program can let them through.",
        "Install the package iptables where the agent runs.",
    ),
    Failure(
        "iptables-legacy-refused",
        "The older iptables refused a change",
        "The agent lets the packets of engines through in front of rules that drop them. The program said no.",
        "Look at the machine's firewall with that program (iptables-legacy -S FORWARD); the agent needs CAP_NET_ADMIN.",
    ),
    Failure(
        "bad-instance",
        "The name of an agent's tables in the packet filter is malformed",
        "The agent names its tables after itself, so that two agents on one machine never touch each other's.",
        "This is a defect of dinp: please report it.",
    ),
)
