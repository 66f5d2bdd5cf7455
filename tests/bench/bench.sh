#!/usr/bin/env bash
# bench.sh - one big node in several formats; offnode against what a person would use today.
#
# Every ratio comes from this one run on this one machine, best wall time of $TIMES. Inputs are
# those of inputs.sh (about 4 GB). Small scale: FILES=5000 BULK_MB=50 make bench.
set -u
: "${BUILD:=build}" "${OFFNODE:=$BUILD/offnode}" "${TIMES:=3}"
here=$(dirname "$0")
. "$here/table.sh"
. "$here/inputs.sh"
set -e
make_tree
make_tars
make_oci
"$OFFNODE" capture "$in/node.tar" >"$in/node.txtar" || true
cat "$in"/node.tar* "$in"/oci/blobs/sha256/* >/dev/null # into the page cache, for all alike

# ---- runs ----

row() { # row LABEL TIMES COMMAND...: a line of the table; wall left in $wall, peak in $peak
	local label=$1
	measure "${@:2}"
	wall=$best
	[ "$status" -le 3 ] || label="$label (ended with status $status)"
	printf '%-44s %9.3f %9.3f %8.1f\n' "$label" "$wall" "$cpu" "$(awk "BEGIN{print $peak/1024}")"
}

unpack() { rm -rf "$in/bundle" && umoci unpack --image "$in/oci:node" "$in/bundle"; }
export -f unpack
export in

size() { du -BM --apparent-size -s "$1" | cut -f1; }
echo "node.tar $(size "$in/node.tar"), $(tar -tf "$in/node.tar" | wc -l) entries; .gz $(size "$in/node.tar.gz"), .zst $(size "$in/node.tar.zst"); $(nproc) processors"
printf '%-44s %9s %9s %8s\n' '' 'wall s' 'cpu s' 'peak MB'
row 'igzip -dc node.tar.gz (the floor)' "$TIMES" igzip -dc "$in/node.tar.gz" && floor=$wall
row 'tar -xzOf node.tar.gz *kubelet*' "$TIMES" tar -xzOf "$in/node.tar.gz" --wildcards '*kubelet*' && gnutar=$wall
row 'bsdtar -tf node.tar.gz' "$TIMES" bsdtar -tf "$in/node.tar.gz" && bsdtar=$wall
row 'umoci unpack, 8 layers' 1 bash -c unpack && umoci=$wall
rm -rf "$in/bundle"
row 'offnode scan node.tar' "$TIMES" "$OFFNODE" scan "$in/node.tar"
row 'offnode scan node.tar.gz' "$TIMES" "$OFFNODE" scan "$in/node.tar.gz" && gz=$wall gzpeak=$peak
row 'offnode scan node.tar.zst' "$TIMES" "$OFFNODE" scan "$in/node.tar.zst"
row 'offnode scan oci (8 layers)' "$TIMES" "$OFFNODE" scan "oci:$in/oci:node" && oci=$wall
row 'offnode scan oci -j 1' "$TIMES" "$OFFNODE" scan -j 1 "oci:$in/oci:node"
row 'bsdtar --version (starting such a program)' 20 bsdtar --version && start=$wall
row 'offnode scan dir' 20 "$OFFNODE" scan "dir:$in/tree" && dir=$wall
row 'offnode scan txtar' 20 "$OFFNODE" scan "$in/node.txtar" && txtar=$wall

echo
printf '%-44s %9s  %-16s %s\n' 'node.tar.gz / igzip -dc' "$(ratio "$gz" "$floor")" 'aim under 1.3' "$(verdict "$(ratio "$gz" "$floor")" '<' 1.3)"
printf '%-44s %9s\n' 'tar -xzOf / node.tar.gz' "$(ratio "$gnutar" "$gz")"
printf '%-44s %9s\n' 'bsdtar -tf / node.tar.gz' "$(ratio "$bsdtar" "$gz")"
printf '%-44s %9s  %-16s %s\n' 'umoci unpack / oci' "$(ratio "$umoci" "$oci")" 'aim 20 or more' "$(verdict "$(ratio "$umoci" "$oci")" '>' 20)"
printf '%-44s %9s  %-16s %s\n' 'peak MB, node.tar.gz' "$((gzpeak / 1024))" 'aim under 64' "$(verdict "$((gzpeak / 1024))" '<' 64)"
printf '%-44s %9s  %-16s %s\n' 'ms, directory' "$(ms "$dir")" 'aim under 10' "$(verdict "$(ms "$dir")" '<' 10)"
printf '%-44s %9s  %-16s %s\n' 'ms, txtar' "$(ms "$txtar")" 'aim under 10' "$(verdict "$(ms "$txtar")" '<' 10)"
printf '%-44s %9s\n' 'directory / bsdtar --version' "$(ratio "$dir" "$start")"
printf '%-44s %9s\n' 'txtar / bsdtar --version' "$(ratio "$txtar" "$start")"
