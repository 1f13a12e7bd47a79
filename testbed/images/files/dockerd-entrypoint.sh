#!/bin/sh
# What the engine image does before dockerd: the behaviour of dockerd-entrypoint.sh in docker:20.10-dind and its rootless variant
# (docker-library/docker), written anew. No arguments or only options: dockerd with the default hosts, TLS if DOCKER_TLS_CERTDIR
# is set, plain TCP on 2375 if not, the options appended. `dockerd …`: as given. Anything else: the client's entrypoint.
set -eu

fail() {
	echo "error: attempting to run rootless dockerd but $*" >&2
	exit 1
}

new_key() { [ -s "$1" ] || openssl genrsa -out "$1" 4096; }

# sign WHO FOLDER EXTENSIONS: a certificate for FOLDER/key.pem, signed by the authority beside it.
sign() {
	mkdir -p "$2"
	new_key "$2/key.pem"
	openssl req -new -key "$2/key.pem" -out "$2/csr.pem" -subj "/CN=docker:dind $1"
	printf '[x509_exts]\n%s\n' "$3" >"$2/openssl.cnf"
	openssl x509 -req -in "$2/csr.pem" -CA "$authority/cert.pem" -CAkey "$authority/key.pem" -CAcreateserial \
		-out "$2/cert.pem" -days 825 -extfile "$2/openssl.cnf" -extensions x509_exts
	cp "$authority/cert.pem" "$2/ca.pem"
}

own_names() {
	ip -oneline address | awk '{ sub("/.*", "", $4); print "IP:" $4 }'
	for name in docker localhost "$(hostname)"; do echo "DNS:$name"; done
	if [ -n "${DOCKER_TLS_SAN:-}" ]; then echo "$DOCKER_TLS_SAN"; fi
}

make_certificates() {
	authority="$1/ca"
	mkdir -p "$authority"
	new_key "$authority/key.pem"
	openssl req -new -x509 -days 825 -key "$authority/key.pem" -out "$authority/cert.pem" -subj '/CN=docker:dind CA'
	sign server "$1/server" "subjectAltName = $(own_names | sort -u | paste -sd, -)"
	sign client "$1/client" "extendedKeyUsage = clientAuth"
	chmod 0644 "$1/client/key.pem" # for whatever user the client container has
}

uid="$(id -u)"
if [ "$uid" != 0 ]; then
	: "${XDG_RUNTIME_DIR:=/run/user/$uid}"
	export XDG_RUNTIME_DIR
fi

if [ $# -eq 0 ] || [ "${1#-}" != "$1" ]; then
	socket="unix:///var/run/docker.sock"
	[ "$uid" = 0 ] || socket="unix://$XDG_RUNTIME_DIR/docker.sock"
	case "${DOCKER_HOST:-}" in unix://*) socket="$DOCKER_HOST" ;; esac
	if [ -n "${DOCKER_TLS_CERTDIR:-}" ]; then
		make_certificates "$DOCKER_TLS_CERTDIR"
		server="$DOCKER_TLS_CERTDIR/server"
		set -- dockerd --host="$socket" --host=tcp://0.0.0.0:2376 --tlsverify \
			--tlscacert "$server/ca.pem" --tlscert "$server/cert.pem" --tlskey "$server/key.pem" "$@"
		published=0.0.0.0:2376:2376/tcp
	else
		set -- dockerd --host="$socket" --host=tcp://0.0.0.0:2375 "$@"
		published=0.0.0.0:2375:2375/tcp
	fi
	DOCKERD_ROOTLESS_ROOTLESSKIT_FLAGS="${DOCKERD_ROOTLESS_ROOTLESSKIT_FLAGS:-} -p $published"
fi

if [ "${1:-}" != dockerd ]; then
	exec docker-entrypoint.sh "$@"
fi

# A pid file of a killed daemon would keep this one from starting.
find /run /var/run -iname 'docker*.pid' -delete 2>/dev/null || :
[ "$uid" != 0 ] || exec "$@"

user="$(id -un)"
grep -qE "^($uid|$user):" /etc/subuid && grep -qE "^($uid|$user):" /etc/subgid \
	|| fail "missing necessary entries in /etc/subuid and/or /etc/subgid for $uid"
mkdir -p "$XDG_RUNTIME_DIR" "$HOME/.local/share/docker" 2>/dev/null && [ -w "$XDG_RUNTIME_DIR" ] \
	|| fail "need writable HOME ($HOME) and XDG_RUNTIME_DIR ($XDG_RUNTIME_DIR) for user $uid"
[ "$(cat /proc/sys/user/max_user_namespaces)" != 0 ] \
	|| fail "need 'user.max_user_namespaces' (/proc/sys/user/max_user_namespaces) set to a sufficiently large value"

# slirp4netns where upstream's image has vpnkit, which no distribution packages.
# shellcheck disable=SC2086  # flags are words
exec rootlesskit --net="${DOCKERD_ROOTLESS_ROOTLESSKIT_NET:-slirp4netns}" --mtu="${DOCKERD_ROOTLESS_ROOTLESSKIT_MTU:-1500}" \
	--disable-host-loopback --port-driver="${DOCKERD_ROOTLESS_ROOTLESSKIT_PORT_DRIVER:-builtin}" \
	--copy-up=/etc --copy-up=/run ${DOCKERD_ROOTLESS_ROOTLESSKIT_FLAGS:-} "$@"
