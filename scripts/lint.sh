#!/usr/bin/env bash
# Formatting, vet and staticcheck; says what to do about each.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
failed=0
unformatted=$(find . \( -name .git -o -name node_modules -o -path ./data -o -path ./bin \) -prune -o -name '*.go' -print0 | xargs -0 gofmt -l)
if [[ -n $unformatted ]]; then
	printf 'Not formatted; run gofmt -w on:\n%s\n' "$unformatted" >&2
	failed=1
fi
go vet ./... || failed=1
go run honnef.co/go/tools/cmd/staticcheck ./... || failed=1
exit "$failed"
