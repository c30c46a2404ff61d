#!/usr/bin/env bash
# A published mapping profile never changes: trusts name it by its version, and
# replaying a message must give what it gave. Publishing writes the profile's
# PUBLISHED.sha256; from then on any other content fails here.
#   verify-published.sh                  checks every published profile
#   verify-published.sh publish FOLDER   publishes one, as mapping/profiles/x/v1
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
list=PUBLISHED.sha256

sums() { (cd "$1" && find . -type f ! -name "$list" -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum); }

if [[ ${1:-} == publish ]]; then
	dir=${2:?which folder?}
	if [[ -e $dir/$list ]]; then
		echo "$dir is published already; make a new version beside it." >&2
		exit 1
	fi
	all=$(sums "$dir")
	echo "$all" >"$dir/$list"
	exit
fi
failed=0 count=0
for file in mapping/profiles/*/v*/"$list"; do
	[[ -e $file ]] || continue
	count=$((count + 1))
	if ! difference=$(diff <(cat "$file") <(sums "${file%/*}")); then
		echo "${file%/*} is published and has changed. Undo that, and make a new version beside it:" >&2
		sed -nE 's/^[<>] [0-9a-f]+ +//p' <<<"$difference" | sort -u >&2
		failed=1
	fi
done
[[ $failed == 0 ]] && echo "Published mappings are unchanged ($count)."
exit "$failed"
