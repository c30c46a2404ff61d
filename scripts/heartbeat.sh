# Sourced. heartbeat WHAT COMMAND... runs the command and says every two
# seconds that it still does, so that nobody wonders.
heartbeat() {
	local what=$1 began=$SECONDS code=0
	shift
	(
		trap 'kill "$nap" 2>/dev/null; exit 0' TERM
		while :; do
			sleep 2 & nap=$!
			wait "$nap"
			printf '  … %s: %d s\n' "$what" "$((SECONDS - began))"
		done
	) &
	heart=$!
	trap 'kill "$heart" 2>/dev/null || true' EXIT
	"$@" || code=$?
	kill "$heart" 2>/dev/null || true
	wait "$heart" 2>/dev/null || true
	trap - EXIT
	return "$code"
}
