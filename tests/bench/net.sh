#!/usr/bin/env bash
# net.sh - images on a server; offnode against fetching them whole and scanning what was fetched.
#
# The server is on this machine, where a round trip costs next to nothing: elsewhere the requests and
# the bytes are what counts. The inputs are those of disks.sh.
set -u
export BUILD=${BUILD:-build} DISK_FILES=${DISK_FILES:-20000} DISK_BULK_MB=${DISK_BULK_MB:-40}
: "${TIMES:=15}"
here=$(cd "$(dirname "$0")" && pwd)
bash "$here/disks.sh" inputs || exit 1
. "$here/table.sh"
. tests/support/trees.sh
. "$top/tests/support/nginx.sh"
disks=$BUILD/bench/disks-$DISK_FILES-$DISK_BULK_MB
export OFFNODE OFFNODE_CACERT=$work/ca.pem OFFNODE_PLAIN_HTTP=true

nginx_start <<-E
	location /disks/ { alias $disks/; }
E

line() { printf '%-42s %9s %9s %8s %9s %9s %9s\n' "$@"; }
fetching() { # fetching LABEL URL PATH: offnode's line, its best wall left in $ours
	local requests bytes
	"$OFFNODE" scan "$2" >/dev/null 2>&1 # warm
	forget
	"$OFFNODE" scan "$2" >/dev/null 2>&1
	read -r requests bytes < <(asked "$3")
	measure "$TIMES" "$OFFNODE" scan "$2"
	ours=$best
	echo
	echo "$1"
	line '  offnode scan' "$(ms "$best")" "$(ms "$median")" "$(ms "$cpu")" "$requests" "$((bytes / 1024))" \
		"$([ "$status" -le 3 ] || echo "status $status")"
	aims+=("$(printf '%-42s %9s ms %5s requests %6s KB   %s' "$1" "$(ms "$best")" "$requests" "$((bytes / 1024))" \
		"$(awk -v m="$best" -v b="$bytes" 'BEGIN { print (m < 1 && b < 5000000) ? "yes" : "NO" }')")")
}
beside() { # beside LABEL KB COMMAND...: what else one would do
	measure 3 "${@:3}"
	line "  $1" "$(ms "$best")" "$(ms "$median")" "$(ms "$cpu")" 1 "$2" "$(ratio "$best" "$ours")"
}
fetch_and_scan() { # fetch_and_scan URL
	curl -s --cacert ca.pem -o fetched "$1" && "$OFFNODE" scan fetched
}
export -f fetch_and_scan
kb() { du -k --apparent-size "$1" | cut -f1; }
aims=()

line "$(nproc) processors, load $(cut -d' ' -f1 /proc/loadavg)" 'best ms' 'median ms' 'cpu ms' requests KB '/ offnode'
for url in "$http" "$https"; do
	fetching "10 GB qcow2, ${url%%:*}" "$url/disks/ext4.qcow2" /disks/ext4.qcow2
	beside 'curl, then offnode scan' "$(kb "$disks/ext4.qcow2")" bash -c "fetch_and_scan $url/disks/ext4.qcow2"
	rm -f fetched
done
fetching '10 GB raw disk, https' "$https/disks/ext4.raw" /disks/ext4.raw
fetching '10 GB raw disk with XFS, https' "$https/disks/xfs.raw" /disks/xfs.raw

echo
printf 'Aim: under 1 s and 5 MB\n'
printf '%s\n' "${aims[@]}"
