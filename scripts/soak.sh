#!/usr/bin/env bash
# A hub takes a million messages of a synthetic hospital, as fast as it acknowledges
# them, with everything that goes wrong in one. Memory and what waits are noted every
# ten seconds, answers are told by the 100,000, and at the end the hub is compared with
# what it should say. Exit status 1 on any difference.
#
# The days end two weeks ago, for what is told of them afterwards must not lie in the
# future. With more than 310 the hub finds no order of the last year that its own could be
# compared with, and has a person look at each.
#
#   scripts/soak.sh [FOLDER] [THEATRES] [DAYS] [RATE]
set -euo pipefail
cd "$(dirname "$0")/.."

dir=${1:-data/soak} theatres=${2:-134} days=${3:-310} rate=${4:-0}
[ -e "$dir" ] && { echo "$dir is there already: remove it, or name another folder." >&2; exit 2; }
go build -o bin/stockwell ./cmd/stockwell
bin/stockwell simulate --out "$dir" --theatres "$theatres" --days "$days" --start "$(date -d "-$((days + 14)) days" +%F)" --port 27600
log=$dir/soak-log.txt
note() { echo "$(date +%T) $*" | tee -a "$log"; }
figure() { awk -v name="$1" 'index($1, name) == 1 { sum += $2 } END { printf "%d", sum }' "$dir/metrics"; }

bin/stockwell --data "$dir" serve >"$dir/hub.log" 2>&1 &
hub=$!
cleanup() {
	kill "$hub" 2>/dev/null || true
	wait "$hub" 2>/dev/null || true
}
trap cleanup EXIT

bin/stockwell simulate --out "$dir" --send --rate "$rate" --patience 3600 >"$dir/send.log" 2>&1 &
sender=$!
begun=$SECONDS
echo "seconds,posted,waiting,hub_kb,heap_bytes" >"$dir/soak.csv"
while kill -0 "$sender" 2>/dev/null; do
	sleep 10
	curl -fs http://127.0.0.1:27600/metrics >"$dir/metrics" || continue
	echo "$((SECONDS - begun)),$(figure stockwell_posted_messages_total),$(figure stockwell_queue_messages),$(awk '/^VmRSS/ { print $2 }' "/proc/$hub/status"),$(figure go_memstats_heap_inuse_bytes)" >>"$dir/soak.csv"
done
wait "$sender" || { cat "$dir/send.log" >&2; exit 1; }
grep -v "messages acknowledged" "$dir/send.log" | tee -a "$log"
note "the hub's memory by tenths of the time, in KB: $(awk -F, 'NR > 1 { m[n++] = $4 } END { for (i = 0; i < 10; i++) printf "%s ", m[int(i * n / 10)]; print m[n - 1] }' "$dir/soak.csv")"
note "waiting at the end: $(tail -1 "$dir/soak.csv" | cut -d, -f3)"
status=0
bin/stockwell simulate --out "$dir" --verify >"$dir/verify.log" 2>&1 || status=$?
tee -a "$log" <"$dir/verify.log"
exit $status
