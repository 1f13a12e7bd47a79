"""Attempts at files, devices and mounts of the machine and of other tenants."""

from tests.boundary.attempt import Attempt, Where

FILES, MOUNTS, DEVICES = "Files", "Mounts and namespaces", "Devices"
_ROOT = ("-v", "/:/h")
_PRIVILEGED = ("--privileged", *_ROOT)

ATTEMPTS = (
    Attempt(
        FILES,
        "`-v /:/h`: read what everybody on the machine may read, and what only root may",
        'for f in "$SECRET_FILE" "$OPT_FILE" "$SRV_FILE" "$ETC_FILE" "$VAR_FILE" /etc/shadow /etc/machine-id;'
        " do try cat /h$f; done;"
        " for d in /opt /srv /home /mnt /boot /var/log /var/lib/dinp; do try ls /h$d; done",
        "nothing of it is there: the engine has a tree of its own",
        r"(^refused: [^\n]*No such file or directory\)\n){14}",
        options=_ROOT,
    ),
    Attempt(
        FILES,
        "`-v /:/h --privileged`: write beside the machine's programs and settings",
        "for d in / /usr /usr/bin /bin /lib /etc /etc/ssl /etc/alternatives /root;"
        " do try touch /h$d/dinp-was-here; done",
        "read-only, or the machine's",
        options=_PRIVILEGED,
    ),
    Attempt(
        FILES,
        "make the machine's programs writable: remount, bind again, unmount, lay an overlay over them",
        "try mount -o remount,rw /h/usr; try mount -o remount,bind,rw /h/usr; try umount /h/usr; try umount -l /h/usr;"
        " mkdir -p /b /u /w; mount --bind /h/usr/bin /b; try mount -o remount,bind,rw /b; try touch /b/dinp-was-here;"
        " try touch /h/usr/dinp-was-here; try write x /h/usr/bin/env; try chmod 777 /h/usr/bin/env;"
        " try chown 0 /h/usr/bin/env",
        "locked: what a more privileged namespace mounted keeps its flags (mount_namespaces(7))",
        options=_PRIVILEGED,
    ),
    Attempt(
        FILES,
        "`-v` of single paths of the machine, seen by the engine or not",
        'for p in "$SECRET_FILE" /home /srv /opt "$STATE" /var/lib/dinp /etc/shadow /dev/mem; do'
        " try docker run --rm -v $p:/x:ro busybox true; done",
        "an error that says so, never an empty directory: the engine may create nothing outside its own tree",
        r"(^refused: [^\n]*\n){8}",
        where=Where.CLIENT,
    ),
    Attempt(
        FILES,
        "`-v` of paths that nobody has made, where programs usually may write: below /tmp, /var, /run, /mnt, /etc",
        "for d in /tmp /var /var/lib /run /run/user /mnt /etc /usr/local /root; do"
        " try docker run --rm -v $d/dinp-nobodys/app:/x:ro busybox true; done",
        "an error that says so; podman keeps a /var/tmp of its own, in which it unpacks archives",
        r"(^refused: [^\n]*\n){9}",
        where=Where.CLIENT,
    ),
    Attempt(
        FILES,
        "`-v` of what the engine has of its own: /etc, /run, /dev/shm",
        "docker run --rm -v /etc:/e:ro -v /run:/r:ro -v /dev/shm:/s busybox"
        " sh -c 'cat /e/passwd; ls /r /s; ls /e/shadow /e/machine-id $SECRET_FILE' 2>&1",
        "the engine's own: an /etc with root and nobody, sockets of its own, shared memory of its containers; never the"
        " client's, which are not an error either",
        r"root:x:0:0:root:/run/home:/bin/sh\nnobody:x:65534",
        where=Where.CLIENT,
    ),
    Attempt(
        FILES,
        "`-v` of the machine's directory /root, part of which may be in the engine's tree for its programs",
        "docker run --rm -v /root:/x busybox sh -c 'find /x -maxdepth 1 -type f; touch /x/dinp-was-here' 2>&1",
        "an error, or empty directories on the way to programs; no file, and nothing can be written",
        r"[Pp]ermission denied",
        where=Where.CLIENT,
    ),
    Attempt(
        FILES,
        "`docker cp` through links that lead out of a container",
        'docker create --name cp busybox true >/dev/null; mkdir -p in; ln -sfn "$SECRET_FILE" in/link;'
        " ln -sfn / in/root;"
        " docker cp in cp:/in; try docker cp -L cp:/in/link out; try docker cp cp:/in/root$SECRET_FILE out;"
        " docker rm cp >/dev/null",
        "links are followed inside the container",
        r"(^refused: [^\n]*\n){2}",
        where=Where.CLIENT,
    ),
    Attempt(
        FILES,
        "the other tenant's data-root and the agent's state",
        'for d in "$STATE" "$STATE/tenants" "$OTHER_DATA" /var/lib/dinp; do try ls "$d"; done;'
        ' find / -xdev \\( -name "*$OTHER_FILE*" -o -name agent.lock \\) 2>/dev/null | head -3',
        "not there",
        r"\A(^refused: [^\n]*No such file or directory\)\n){4}\Z",
        where=Where.ENGINE,
    ),
    Attempt(
        FILES,
        "`chroot` and `..` out of the engine's root",
        "cd /; for i in 1 2 3 4 5 6 7 8; do cd ..; done; try cat .$SECRET_FILE; try ls opt; try ls home;"
        ' $PYTHON -IS -c "'
        "import os; os.mkdir('/run/tmp/jail'); top = os.open('/', os.O_RDONLY); os.chroot('/run/tmp/jail');"
        " os.fchdir(top);"
        " [os.chdir('..') for _ in range(20)]; os.chroot('.'); os.rmdir('/run/tmp/jail');"
        " print(sorted(os.listdir('/')))\"",
        "the root is the end: it was entered by pivot_root(2), and the old one is unmounted",
        r"(^refused: [^\n]*\n){3}\['bin', 'dev', 'etc'",
        where=Where.ENGINE,
    ),
    Attempt(
        FILES,
        "files by handle (`open_by_handle_at`, the way of the escape called Shocker)",
        '$PYTHON -IS -c "'
        "import ctypes, os; libc = ctypes.CDLL(None, use_errno=True); path = os.open('/usr', os.O_RDONLY);"
        " handle = (ctypes.c_uint * 36)(8, 1, 2, 0);"
        " got = libc.open_by_handle_at(path, ctypes.byref(handle), os.O_RDONLY);"
        " print('refused:' if got < 0 else 'done:', os.strerror(ctypes.get_errno()))\"",
        "refused: it takes CAP_DAC_READ_SEARCH of the machine",
        r"\Arefused: Operation not permitted\n\Z",
        where=Where.ENGINE,
    ),
    Attempt(
        MOUNTS,
        "unmount all that lies on top in the engine's tree: is there something of the machine underneath?",
        '$PYTHON -IS -c "'
        "import ctypes, glob, os; libc = ctypes.CDLL(None, use_errno=True)\n"
        "os.unshare = libc.unshare(0x20000)\n"
        "places = [line.split()[4] for line in open('/proc/self/mountinfo')][::-1] + ['/']\n"
        "gone = sum(libc.umount2(place.encode(), 2) == 0 for _ in range(9) for place in places)\n"
        "print('unmounted', gone)\n"
        "print('processes', glob.glob('/proc/[0-9]*'), 'links', os.listdir('/sys/class/net'))\n"
        "print('tree', sorted(os.listdir('/')), [os.path.exists(path) for path in ('/opt', '/srv', '/home')])\n"
        "print('secret', os.path.exists(os.environ['SECRET_FILE']), os.path.exists(os.environ['ETC_FILE']))\"",
        "a proc and a sysfs of namespaces in which nobody lives; the rest cannot be unmounted",
        r"^unmounted [1-9].*^processes \[\] links \[('lo')?\]\ntree [^\n]*\[False, False, False\]\nsecret False False",
        where=Where.ENGINE,
    ),
    Attempt(
        MOUNTS,
        "`setns` into the namespaces of processes outside",
        'for n in user mount pid net cgroup ipc uts; do try nsenter -t "$HOST_PID" --$n true;'
        ' try nsenter -t "$AGENT_PID" --$n true; done',
        "their process ids do not exist here",
        r"(^refused: [^\n]*No such file or directory\)\n){14}",
        where=Where.ENGINE,
    ),
    Attempt(
        MOUNTS,
        "`NS_GET_PARENT`, `NS_GET_USERNS`: a descriptor of a namespace above",
        '$PYTHON -IS -c "'
        "import fcntl, os; own = os.open('/proc/1/ns/user', os.O_RDONLY);"
        " pid = os.open('/proc/1/ns/pid', os.O_RDONLY)\n"
        "for word, of, request in (('parent', own, 0xb702), ('parent', pid, 0xb702), ('owner', own, 0xb701)):\n"
        "    try: fcntl.ioctl(of, request); print('done:', word)\n"
        "    except OSError as error: print('refused:', word, error.strerror)\"",
        "refused: nothing above can be named",
        r"\A(refused: [^\n]*Operation not permitted\n){3}\Z",
        where=Where.ENGINE,
    ),
    Attempt(
        MOUNTS,
        "file systems that show the machine: debugfs, tracefs, securityfs, configfs, pstore, efivarfs, devtmpfs,"
        " ext4, nfs, 9p",
        "mkdir -p /mnt; for t in debugfs tracefs securityfs configfs pstore efivarfs devtmpfs;"
        " do try mount -t $t none /mnt; done;"
        ' try mount -t ext4 "$BLOCK" /mnt; try mount -t xfs "$BLOCK" /mnt; try mount -t nfs 127.0.0.1:/ /mnt;'
        " try mount -t 9p x /mnt",
        "refused: not for a user namespace",
        options=("--privileged",),
    ),
    Attempt(
        DEVICES,
        "`--device` of the machine's disk and of its memory",
        'for d in "$BLOCK" /dev/mem /dev/kmsg /dev/kvm /dev/loop-control /dev/mapper; do'
        " try docker run --rm --privileged=false --device $d busybox true; done",
        "they are not in the engine's tree",
        r"(^refused: [^\n]*\n){6}",
        where=Where.CLIENT,
    ),
    Attempt(
        DEVICES,
        "`mknod` of the machine's disk, in every file system that the tenant can write to",
        'for d in / /dev /dev/shm /tmp /h/run/tmp /h/var/lib/docker; do try mknod $d/disk b "$MAJOR" "$MINOR";'
        " try mknod $d/mem c 1 1; done;"
        ' mkdir -p /mnt; mount -t tmpfs none /mnt; try mknod /mnt/disk b "$MAJOR" "$MINOR"',
        "refused: it takes CAP_MKNOD of the machine",
        r"(^refused: [^\n]*\n){13}",
        options=_PRIVILEGED,
    ),
    Attempt(
        DEVICES,
        "a disk's device node out of an image (a tar archive that contains one)",
        '$PYTHON -IS -c "'
        "import sys, tarfile; tar = tarfile.open(sys.argv[1], 'w'); node = tarfile.TarInfo('disk');"
        " node.type = tarfile.BLKTYPE;"
        " node.devmajor, node.devminor = int(sys.argv[2]), int(sys.argv[3]);"
        ' tar.addfile(node)" node.tar "$MAJOR" "$MINOR";'
        " try docker import node.tar evil; try docker run --rm --privileged -v disk:/x evil /x;"
        " docker create --name node busybox true >/dev/null; try docker cp - node:/ < node.tar;"
        " docker rm node >/dev/null; docker volume rm disk >/dev/null 2>&1",
        "the image cannot be unpacked, or is an empty file",
        r"^refused: docker run",
        allowed=("docker import", "docker cp"),
        where=Where.CLIENT,
    ),
    Attempt(
        DEVICES,
        "what there is in the engine's /dev",
        "for d in mem kmem port kmsg sda vda nvme0n1 loop-control loop0 kvm vhost-net; do try head -c 1 /h/dev/$d;"
        " done; ls /h/dev",
        "full, fuse, net, null, random, tty, urandom, zero, and terminals of its own",
        r"(^refused: [^\n]*\n){11}",
        options=_PRIVILEGED,
    ),
)
