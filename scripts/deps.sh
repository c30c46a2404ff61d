#!/usr/bin/env bash
# Installs what is missing: deps.sh SET..., where a SET is
#   hub   PostgreSQL's server programs, which the hub runs for itself
#   test  the real peers of the tests: OpenSSH's server, mllp_send, lftp,
#         HL7 clients on Node, and a clock that can be set back
#   race  a C compiler, for Go's race detector
# Says nothing and changes nothing when all is there. No service is started,
# no database cluster made, and a server that this installs is not left enabled.
set -euo pipefail
self=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/$(basename "${BASH_SOURCE[0]}")
# shellcheck source=scripts/heartbeat.sh
source "$(dirname "$self")/heartbeat.sh"
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
oldest=15 # as in internal/embeddedpg

have_postgres() {
	local dir major
	for dir in /usr/lib/postgresql/*/bin; do
		major=${dir#/usr/lib/postgresql/} major=${major%/bin}
		[[ -x $dir/postgres && -x $dir/initdb && $major =~ ^[0-9]+$ && $major -ge $oldest ]] && return 0
	done
	command -v postgres >/dev/null && command -v initdb >/dev/null
}

have() { command -v "$1" >/dev/null; }

missing() {
	local set
	for set in "$@"; do
		case $set in
		hub) have_postgres || echo postgresql ;;
		test)
			have sshd || echo openssh-server
			have mllp_send || echo python3-hl7
			have lftp || echo lftp
			have node && have npm || echo nodejs npm
			ls /usr/lib/*/faketime/libfaketime.so.1 >/dev/null 2>&1 || echo libfaketime
			;;
		race) have cc || have gcc || echo gcc libc6-dev ;;
		*)
			echo "deps.sh: unknown set $set (hub, test, race)" >&2
			exit 2
			;;
		esac
	done
}

# Keeps Debian from making and starting a cluster of its own, and any package
# from starting its service.
quieten() {
	local conf=/etc/postgresql-common/createcluster.conf
	mkdir -p "${conf%/*}"
	touch "$conf"
	if ! grep -Eq '^[[:space:]]*create_main_cluster[[:space:]]*=[[:space:]]*false' "$conf"; then
		sed -i -E '/^[[:space:]]*create_main_cluster[[:space:]]*=/d' "$conf"
		echo 'create_main_cluster = false' >>"$conf"
	fi
	if [[ ! -e /usr/sbin/policy-rc.d ]]; then
		trap 'rm -f /usr/sbin/policy-rc.d' EXIT
		printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
		chmod 755 /usr/sbin/policy-rc.d
	fi
}

apt() {
	DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=120 "$@" </dev/null
}

install() {
	apt install --no-install-recommends "$@" || { apt update && apt install --no-install-recommends "$@"; }
}

wanted=$(missing "$@")
[[ -z $wanted ]] && exit 0
read -r -a packages <<<"${wanted//$'\n'/ }"

if ! have apt-get; then
	echo "Missing: ${packages[*]} (Debian's names). Install them with this system's package manager (PostgreSQL $oldest or newer), then try again." >&2
	exit 1
fi
if [[ $EUID -ne 0 ]]; then
	if have sudo && sudo -n true 2>/dev/null; then
		exec sudo -n "$self" "$@"
	fi
	echo "Missing: ${packages[*]}. Run this once, then try again:" >&2
	if have sudo; then echo "  sudo $self $*" >&2; else echo "  su -c '$self $*'" >&2; fi
	exit 1
fi

echo "Installing ${packages[*]}…"
quieten
log=$(mktemp)
logged() { install "$@" >"$log" 2>&1; }
if ! (heartbeat "installing" logged "${packages[@]}"); then
	tail -n 20 "$log" >&2
	echo "Installing failed; the whole of what it said is in $log." >&2
	exit 1
fi
rm -f "$log"
if [[ " ${packages[*]} " == *" openssh-server "* ]] && have systemctl; then
	# The tests start sshd themselves; the machine keeps its doors as they were.
	systemctl --quiet disable ssh.service ssh.socket 2>/dev/null || true
fi
if [[ -n $(missing "$@") ]]; then
	echo "Still missing after installing: $(missing "$@" | xargs). This system's packages may be too old (PostgreSQL $oldest or newer is needed; see https://apt.postgresql.org)." >&2
	exit 1
fi
