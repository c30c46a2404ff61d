#!/usr/bin/env bash
# From a clean clone to the demo's first message: installs what is missing,
# builds, and gives way to the demo, so that an interrupt reaches it.
set -euo pipefail
echo "Stockwell demo: checking what is installed…"
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/heartbeat.sh
source scripts/heartbeat.sh
if ! command -v go >/dev/null; then
	echo "Go is missing. Install it from https://go.dev/dl/ and see that it is in PATH, then try again." >&2
	exit 1
fi
scripts/deps.sh hub
echo "Building…"
# Go leaves its work behind when it is interrupted.
GOTMPDIR=$(mktemp -d)
export GOTMPDIR
trap 'rm -rf "$GOTMPDIR"' EXIT
(CGO_ENABLED=0 heartbeat "building (the first time fetches its libraries)" go build -o bin/stockwell ./cmd/stockwell)
rm -rf "$GOTMPDIR"
unset GOTMPDIR
trap - EXIT
exec bin/stockwell demo "$@"
