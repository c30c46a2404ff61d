#!/usr/bin/env bash
# Runs every fuzz target of the tree, one after the other: fuzz.sh [TIME]
# [PATTERN], where PATTERN chooses among their names.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
time=${1:-30s} pattern=${2:-.} failed=0
while IFS=: read -r file line; do
	name=$(sed -E 's/^func (Fuzz[A-Za-z0-9_]*)\(.*/\1/' <<<"$line")
	[[ $name =~ $pattern ]] || continue
	echo "== $name in ${file%/*} for $time"
	go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" "./${file%/*}" || failed=1
done < <(grep -rE '^func Fuzz[A-Za-z0-9_]*\(' --include='*_test.go' . | sed 's|^\./||' | sort)
exit "$failed"
