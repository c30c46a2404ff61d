#!/usr/bin/env bash
# Generates everything anew in a copy of the tree and fails if that changes
# anything: then someone edited a generated file, or did not run make generate.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
mkdir "$copy/before" "$copy/after"
if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
	git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' f; do [[ -e $f ]] && printf '%s\0' "$f"; done |
		tar -c --null -T - | tar -x -C "$copy/before"
else
	tar -c --exclude=./.git --exclude=./data --exclude=./bin . | tar -x -C "$copy/before"
fi
cp -a "$copy/before/." "$copy/after/"
(cd "$copy/after" && GOFLAGS="${GOFLAGS:-} -buildvcs=false" go generate ./...)
if ! diff -rq "$copy/before" "$copy/after" >"$copy/diff"; then
	echo "Generated files are out of date; run make generate and look at the difference:" >&2
	sed -e "s|$copy/before/||g; s|$copy/after/||g" "$copy/diff" >&2
	diff -ru "$copy/before" "$copy/after" | head -60 >&2 || true
	exit 1
fi
echo "Generated files are up to date."
