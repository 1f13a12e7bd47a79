"""Attempts at processes, the kernel's settings, control groups, and what tenants have in common."""

from tests.boundary.attempt import Attempt, Where

PROCESSES, KERNEL, GROUPS, DOORS, RESOURCES = (
    "Processes",
    "The kernel's settings",
    "Control groups and limits",
    "What the agent shares with the engine",
    "Using up what all need",
)
_PRIVILEGED = ("--privileged",)
_HOST_PID = ("--privileged", "--pid=host")

ATTEMPTS = (
    Attempt(
        PROCESSES,
        "`--pid=host`: everybody's command lines, environments, open files and memory",
        "for f in cmdline environ; do cat /proc/[0-9]*/$f | tr '\\0' ' '; done;"
        " ls -l /proc/[0-9]*/fd /proc/[0-9]*/root /proc/[0-9]*/cwd;"
        " cat /proc/[0-9]*/maps | wc -l; true",
        "the processes of its own engine, and no others",
        "dockerd|podman",
        options=_HOST_PID,
    ),
    Attempt(
        PROCESSES,
        "`--pid=host`: signals and ptrace(2) for processes outside",
        'try kill -0 "$HOST_PID"; try kill -9 "$HOST_PID"; try kill -9 "$AGENT_PID"; try cat /proc/$AGENT_PID/mem;'
        " try cat /proc/$HOST_PID/environ",
        "there are no such processes",
        r"(^refused: [^\n]*\n){5}",
        options=_HOST_PID,
    ),
    Attempt(
        PROCESSES,
        "`--ipc=host` and `--uts=host`: shared memory, and the name of the machine",
        "ipcs -m; ls /dev/shm /dev/mqueue; try hostname dinp-was-here; hostname dinp-engine",
        "the engine's own; the machine keeps its name",
        r"^done: hostname",
        allowed=("hostname",),
        options=(*_PRIVILEGED, "--ipc=host", "--uts=host"),
    ),
    Attempt(
        PROCESSES,
        "keyrings of the machine's root",
        "cat /proc/keys; cat /proc/key-users; true",
        "keys of the tenant's own ids",
        r"\A(?!.*_uid\.0:)",
        where=Where.ENGINE,
    ),
    Attempt(
        PROCESSES,
        "the engine takes another user of the machine: `newuidmap`, setuid programs in /usr",
        "try sh -c 'su nobody -s /bin/sh -c true && exit 1; exit 1'; cat /proc/self/uid_map;"
        " unshare -U sh -c 'cat /proc/self/uid_map' | wc -l;"
        " find /usr/bin -perm -4000 2>/dev/null | head -1 | while read p; do stat -c %U $p; done",
        "programs of the machine's root have no owner here, so their set-user-ID bits mean nothing",
        r"^ +0 +[12]\d{9} +65536$",
        where=Where.ENGINE,
    ),
    Attempt(
        KERNEL,
        "core_pattern, modprobe, sysrq and their like, through /proc/sys",
        "for f in kernel/core_pattern kernel/modprobe kernel/sysrq kernel/panic kernel/kptr_restrict"
        " kernel/randomize_va_space"
        " kernel/hung_task_timeout_secs vm/overcommit_memory vm/drop_caches fs/file-max fs/suid_dumpable;"
        " do try write 1 /proc/sys/$f; done;"
        " try write h /proc/sysrq-trigger; try write 0 /proc/self/oom_score_adj_",
        "refused: they belong to the machine's root",
        r"(^refused: [^\n]*\n){13}",
        options=_PRIVILEGED,
    ),
    Attempt(
        KERNEL,
        "settings below /sys: kernel parameters, uevent helpers, power, memory, block devices",
        "for f in /sys/kernel/uevent_helper /sys/kernel/mm/ksm/run /sys/power/state"
        " /sys/module/overlay/parameters/metacopy"
        " /sys/kernel/profiling /sys/block/*/queue/scheduler /sys/class/net/lo/mtu_; do try write 1 $f; done",
        "refused",
        r"(^refused: [^\n]*\n){6}",
        options=_PRIVILEGED,
    ),
    Attempt(
        KERNEL,
        "a binary format that would run the tenant's program (binfmt_misc)",
        "echo ':dinpevil:M::dinp-was-here::/bin/true:' > /proc/sys/fs/binfmt_misc/register && ls"
        " /proc/sys/fs/binfmt_misc",
        "registered in the tenant's own table (Linux 6.7); the machine's stays as it is",
        "dinpevil",
        where=Where.ENGINE,
    ),
    Attempt(
        KERNEL,
        "modules, the kernel's log, another kernel, swap",
        "try insmod /etc/passwd; try rmmod overlay; try modprobe dummy; try dmesg; try dmesg -c;"
        " try swapon /dev/zero; try swapoff -a;"
        " try cat /proc/kmsg; try cat /proc/kcore",
        "refused",
        options=_PRIVILEGED,
    ),
    Attempt(
        KERNEL,
        "programs for the kernel (bpf), its performance counters, raw input and output",
        '$PYTHON -IS -c "'
        "import ctypes, os; libc = ctypes.CDLL(None, use_errno=True); blank = ctypes.create_string_buffer(128)\n"
        "for name, number, arguments in (('bpf', 321, (5, blank, 128)), ('iopl', 172, (3,)), ('kexec_load', 246,"
        " (0, 0, 0, 0)),"
        " ('init_module', 175, (blank, 16, blank)), ('acct', 163, (b'/run/tmp/x',)), ('settimeofday', 164, (blank, 0)),"
        " ('quotactl', 179, (0x800002, b'/dev/vda', 0, blank)), ('swapon', 167, (b'/usr/bin/env', 0))):\n"
        "    got = libc.syscall(number, *arguments);"
        " print('refused:' if got < 0 else 'done:', name, os.strerror(ctypes.get_errno()))\"",
        "refused",
        r"\A(refused: [^\n]*\n){8}\Z",
        where=Where.ENGINE,
    ),
    Attempt(
        GROUPS,
        "`--cgroup-parent` of `/`, `..` and others",
        'for p in / /.. /../../.. /docker/../../..; do echo "$p:"; docker run --rm --cgroup-parent $p busybox'
        " sh -c 'cat /proc/self/cgroup;"
        ' find /sys/fs/cgroup -maxdepth 2 -name "dinp*" -o -maxdepth 2 -name "*slice"\' 2>&1; done; true',
        "below the engine's own group, which is the root that it knows",
        "^/:",
        where=Where.CLIENT,
    ),
    Attempt(
        GROUPS,
        "raise the limits of the engine's own group",
        "cd /sys/fs/cgroup;"
        " for f in memory/memory.limit_in_bytes memory.max memory/memory.memsw.limit_in_bytes memory.swap.max"
        " pids/pids.max"
        " pids.max cpu/cpu.cfs_quota_us cpu.max cpuset/cpuset.cpus; do test -e $f && try write -1 $f; done; true",
        "refused: the limits' files belong to the machine, only groups below can be made",
        r"^refused: .*[Pp]ermission denied",
        where=Where.ENGINE,
    ),
    Attempt(
        GROUPS,
        "leave the engine's group",
        'for d in /sys/fs/cgroup /sys/fs/cgroup/*; do test -w $d/cgroup.procs && sh -c "echo 0 > $d/cgroup.procs";'
        " done;"
        " for d in /sys/fs/cgroup/*; do try write 0 $d/../../cgroup.procs; done; cat /proc/self/cgroup",
        "the root of what it sees is its own group",
        r"^\d+:",
        where=Where.ENGINE,
    ),
    Attempt(
        GROUPS,
        "cgroup v1 `release_agent` (CVE-2022-0492)",
        "mkdir -p /c; for k in memory pids cpu devices freezer blkio rdma misc;"
        " do mount -t cgroup -o $k none /c 2>/dev/null || continue;"
        " try write /bin/true /c/release_agent; umount /c; done;"
        " for f in $(find /sys/fs/cgroup -name release_agent); do try write /bin/true $f; done;"
        " try cat /sys/fs/cgroup/release_agent",
        "refused: the file is in the root of a hierarchy only, which no tenant sees",
        options=_PRIVILEGED,
    ),
    Attempt(
        GROUPS,
        "devices: allow oneself all of them (cgroup v1 `devices.allow`)",
        "for f in $(find /sys/fs/cgroup -name devices.allow); do try write 'a *:* rwm' $f; done; try cat \"$BLOCK\"",
        "no device node is there that could be opened",
        r"refused: cat",
        allowed=("write a",),
        options=_PRIVILEGED,
    ),
    Attempt(
        DOORS,
        "change the directory that the agent shares with the engine",
        "cd /run/dinp; for f in *.sock port-helper; do try rm -f $f; try mv $f x; done;"
        " try touch x; try write x port-helper;"
        " try chmod 777 .; try mount -o remount,exec,suid /run/dinp_",
        "refused: the directory and the helper belong to the machine",
        r"(^refused: [^\n]*\n){10}",
        where=Where.ENGINE,
    ),
    Attempt(
        DOORS,
        "ask the agent by hand for ports that are somebody else's",
        'for p in "$OTHER_PORT" "$LOOPBACK_PORT";'
        " do timeout 5 /run/dinp/port-helper -proto tcp -host-ip 127.0.0.1 -host-port $p"
        " -container-ip 172.17.0.2 -container-port 80 3>&1; done;"
        " timeout 5 /run/dinp/port-helper -proto tcp -host-ip 0.0.0.0"
        ' -host-port "$OTHER_PORT" -container-ip 172.17.0.2 -container-port 80 3>&1; true',
        "refused: a port is held by a bound socket, so it has one owner on the machine",
        r"\A(1\n[^\n]*\n){3}",
        where=Where.ENGINE,
    ),
    Attempt(
        DOORS,
        "talk nonsense to the agent's socket for ports: wrong words, no end, too much, thousands of connections",
        '$PYTHON -IS -c "'
        "import socket\n"
        "def ask(data):\n"
        "    s = socket.socket(socket.AF_UNIX); s.settimeout(20); s.connect('/run/dinp/ports.sock'); s.sendall(data)\n"
        "    try: return s.recv(4096)[:1]\n"
        "    except OSError as error: return error\n"
        "print(ask(b'\\xff\\xfe\\n'), ask(b'-proto\\0tcp\\n'), ask(b'-host-port\\x0099999\\n'), ask(b'a' * 5000))\n"
        "many = []\n"
        "for _ in range(1100):\n"
        "    s = socket.socket(socket.AF_UNIX); s.settimeout(20); s.connect('/run/dinp/ports.sock'); many.append(s)\n"
        'print(many[-1].recv(99)[:40])"',
        "a sentence for each, and a bound for one engine; the agent serves the others on",
        r"\Ab'1' b'1' b'1' [^\n]*\nb'1\\ntoo many published ports",
        where=Where.ENGINE,
    ),
    Attempt(
        DOORS,
        "answer in the engine's place, and flood the log",
        '$PYTHON -IS -c "'
        "import ctypes, os, time\n"
        "engine = int(open('/proc/1/task/1/children').read().split()[0]); libc = ctypes.CDLL(None)\n"
        "log = libc.syscall(438, libc.syscall(434, engine, 0), 2, 0); print('log', log > 2)\n"
        "end = time.monotonic() + 3; lines = b'dinp-floods-the-log' * 3000 + b'\\n'\n"
        "while time.monotonic() < end: os.write(log, lines)\n"
        "print('over')\"",
        "the agent reads on, a little at a time",
        r"\Alog True\nover",
        where=Where.ENGINE,
    ),
    Attempt(
        RESOURCES,
        "a fork bomb",
        "f() { f | f & f; }; (f) >/dev/null 2>&1 & sleep 5; echo survived",
        "ends at the engine's limit of processes",
        "",
    ),
    Attempt(
        RESOURCES,
        "all the memory",
        "try tail /dev/zero",
        "killed within the engine's limit",
        r"\Arefused: |137",
    ),
    Attempt(
        RESOURCES,
        "memory outside of any container: files in the engine's own file systems in memory",
        "try dd if=/dev/zero of=/run/tmp/fill bs=1M count=4096; rm -f /run/tmp/fill",
        "counts as the engine's own, and is bounded by its limit",
        r"",
        where=Where.ENGINE,
    ),
)
