#!/usr/bin/env bash
# Installs the HL7 and FHIR clients and servers on Node that the tests of
# connectors/ talk to, in the versions of their lock files. Does nothing where
# they are there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
for peers in connectors/*/testdata/peers; do
	[[ -d $peers/node_modules && $peers/node_modules/.package-lock.json -nt $peers/package-lock.json ]] && continue
	log=$(mktemp)
	echo "Installing the tests' peers on Node for ${peers%%/testdata*}…"
	if ! (cd "$peers" && npm ci --ignore-scripts --no-fund --no-audit) >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		echo "Installing failed; the whole of what npm said is in $log." >&2
		exit 1
	fi
	rm -f "$log"
	touch "$peers/node_modules/.package-lock.json"
done
