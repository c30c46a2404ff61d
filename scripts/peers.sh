#!/usr/bin/env bash
# Installs the HL7 clients and servers on Node that the tests of connectors/mllp
# talk to, in the versions of their lock file. Does nothing when they are there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../connectors/mllp/testdata/peers"
[[ -d node_modules && node_modules/.package-lock.json -nt package-lock.json ]] && exit 0
log=$(mktemp)
echo "Installing the tests' HL7 peers on Node…"
if ! npm ci --ignore-scripts --no-fund --no-audit >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	echo "Installing failed; the whole of what npm said is in $log." >&2
	exit 1
fi
rm -f "$log"
touch node_modules/.package-lock.json
