#!/usr/bin/env bash
# bench.sh - one big node in several formats; offnode against what a person would use today.
#
# Every ratio comes from this one run on this one machine, best wall time of $TIMES. Inputs are
# made once under $BUILD/bench (about 4 GB): FILES small files and BULK_MB of bulk, by default a
# tar of 1 GB with 60 000 entries. Small scale: FILES=5000 BULK_MB=50 make bench.
set -u
: "${BUILD:=build}" "${OFFNODE:=$BUILD/offnode}" "${FILES:=59000}" "${BULK_MB:=670}" "${TIMES:=3}"
here=$(dirname "$0")
. "$here/table.sh"
in=$BUILD/bench/$FILES-$BULK_MB
set -e
mkdir -p "$in"

# ---- inputs ----

if [ ! -e "$in/tree.made" ]; then
	rm -rf "$in/tree" && mkdir "$in/tree"
	python3 "$here/make_tree.py" "$in/tree" "$FILES" "$BULK_MB"
	tar -C "$in/tree" -xzf testdata/images/node-fail.tar.gz
	touch "$in/tree.made"
fi
pack=gzip
command -v pigz >/dev/null && pack='pigz -p2'
[ -e "$in/node.tar" ] || tar -C "$in/tree" --numeric-owner --owner=0 --group=0 --sort=name -cf "$in/node.tar" .
[ -e "$in/node.tar.gz" ] || $pack -6 -c "$in/node.tar" >"$in/node.tar.gz"
[ -e "$in/node.tar.zst" ] || zstd -q -3 -T2 -c "$in/node.tar" >"$in/node.tar.zst"
if [ ! -e "$in/oci/made" ]; then # eight layers: six slices, the rest, the kubelet's files
	rm -rf "$in/oci"
	umoci init --layout "$in/oci"
	umoci new --image "$in/oci:node"
	(cd "$in/tree" && find . -path ./usr/share/synthetic -prune -o -path ./usr/lib/bulk -prune -o -type f -print) |
		sort >"$in/rest.list"
	(cd "$in/tree" && find ./usr/share/synthetic ./usr/lib/bulk -type f) | sort >"$in/bulk.list"
	for slice in 0 1 2 3 4 5 6 7; do
		if [ "$slice" -lt 7 ]; then
			awk -v s="$slice" 'NR % 7 == s' "$in/bulk.list" >"$in/slice.list"
		else
			cp "$in/rest.list" "$in/slice.list"
			(cd "$in/tree" && find . -type l) >>"$in/slice.list"
		fi
		tar -C "$in/tree" --numeric-owner --owner=0 --group=0 -T "$in/slice.list" -cf "$in/slice.tar"
		umoci raw add-layer --image "$in/oci:node" "$in/slice.tar" >/dev/null 2>&1
	done
	rm -f "$in"/slice.* "$in"/*.list
	touch "$in/oci/made"
fi
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
