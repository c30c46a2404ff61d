#!/usr/bin/env bash
# A simulated month of twenty theatres, with everything that goes wrong in one, is
# sent to a hub that is killed again and again, as is its PostgreSQL; at the end the
# hub is compared with what it should say. Exit status 1 on any difference.
#
#   scripts/month.sh [FOLDER] [THEATRES] [DAYS] [SPEED]
set -euo pipefail
cd "$(dirname "$0")/.."

dir=${1:-data/month} theatres=${2:-20} days=${3:-30} speed=${4:-15000}
[ -e "$dir" ] && { echo "$dir is there already: remove it, or name another folder." >&2; exit 2; }
go build -o bin/stockwell ./cmd/stockwell
bin/stockwell simulate --out "$dir" --theatres "$theatres" --days "$days" --start 2026-10-05 --port 27400
log=$dir/load-log.txt
note() { echo "$(date +%T) $*" | tee -a "$log"; }

while [ ! -e "$dir/stop" ]; do
	bin/stockwell --data "$dir" serve >>"$dir/hub.log" 2>&1 &
	echo $! >"$dir/hub.pid"
	wait $! || true
done &
hubs=$!
cleanup() {
	touch "$dir/stop"
	kill "$(cat "$dir/hub.pid")" 2>/dev/null || true
	wait "$hubs" 2>/dev/null || true
}
trap cleanup EXIT

note "sending a month of $theatres theatres, $speed times faster than real time"
bin/stockwell simulate --out "$dir" --send --speed "$speed" >"$dir/send.log" 2>&1 &
sender=$!
until [ -e "$dir/state/opened" ] || ! kill -0 "$sender" 2>/dev/null; do sleep 1; done

kills=0
while kill -0 "$sender" 2>/dev/null && ! grep -q "messages answered" "$dir/send.log"; do
	sleep $((RANDOM % 4 + 3))
	if [ $((RANDOM % 3)) = 0 ]; then
		victim=$(head -1 "$dir/postgres/cluster/postmaster.pid" 2>/dev/null || true) name=PostgreSQL
	else
		victim=$(cat "$dir/hub.pid") name="the hub"
	fi
	if [ -n "$victim" ] && kill -9 "$victim" 2>/dev/null; then
		kills=$((kills + 1))
		note "killed $name"
	fi
done
wait "$sender" || { cat "$dir/send.log" >&2; exit 1; }
note "$kills kills"
grep -v "messages acknowledged" "$dir/send.log" | tee -a "$log"
status=0
bin/stockwell simulate --out "$dir" --verify >"$dir/verify.log" 2>&1 || status=$?
tee -a "$log" <"$dir/verify.log"
exit $status
