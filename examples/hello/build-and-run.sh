#!/bin/sh
# Builds an image and runs it: the same commands as with any Docker.
set -eu
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
cp "$(dirname "$0")/Dockerfile" "$(dirname "$0")/greet.sh" "$context"
cp "$(command -v busybox-static || command -v busybox)" "$context/busybox"

set -x
docker version --format 'engine {{.Server.Version}}, API {{.Server.APIVersion}}'
docker build --tag hello "$context"
docker run --rm hello
docker run --rm --volume "$PWD:$PWD:ro" --workdir "$PWD" hello sh -c 'echo "I see your directory: $(ls | wc -l) entries in $PWD"'
docker image ls
