#!/bin/sh
# What the client image does before its command: the behaviour of docker-entrypoint.sh in docker:20.10 (docker-library/docker),
# written anew. Options, and anything that is a docker subcommand, become a docker command line.
set -eu

case "${1:-}" in
	-*) set -- docker "$@" ;;
	*) if [ $# -gt 0 ] && docker help "$1" >/dev/null 2>&1; then set -- docker "$@"; fi ;;
esac

certificates="${DOCKER_TLS_CERTDIR:-}"
have_certificates() {
	[ -n "$certificates" ] && [ -s "$certificates/client/ca.pem" ] \
		&& [ -s "$certificates/client/cert.pem" ] && [ -s "$certificates/client/key.pem" ]
}

if [ -z "${DOCKER_HOST:-}" ] && [ ! -S /var/run/docker.sock ]; then
	if have_certificates || [ -n "${DOCKER_TLS_VERIFY:-}" ]; then
		export DOCKER_HOST=tcp://docker:2376
	else
		export DOCKER_HOST=tcp://docker:2375
	fi
fi
case "${DOCKER_HOST:-}" in
	tcp:*)
		if [ -z "${DOCKER_TLS_VERIFY+set}${DOCKER_CERT_PATH:-}" ] && have_certificates; then
			export DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH="$certificates/client"
		fi
		;;
esac
exec "$@"
