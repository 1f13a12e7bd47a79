#!/bin/sh
# Stands in for jenkins/inbound-agent: takes the secret and the name that the Kubernetes plugin passes, and stays until it is stopped.
set -eu
if [ $# -lt 2 ]; then
	echo 'two arguments are needed: the secret and the agent name' >&2
	exit 1
fi
echo "INFO: agent $2 is connected"
trap 'exit 0' TERM INT
tail -f /dev/null &
wait
