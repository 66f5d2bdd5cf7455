# inputs.sh - the big node that the benches share, made once under $BUILD/bench: a tree of FILES small files
# and BULK_MB of bulk, by default 1 GB with 60 000 entries, and images of it; sourced.
: "${FILES:=59000}" "${BULK_MB:=670}"
in=$BUILD/bench/$FILES-$BULK_MB

make_tree() { # $in/tree
	[ ! -e "$in/tree.made" ] || return 0
	rm -rf "$in/tree" && mkdir -p "$in/tree"
	python3 "$here/make_tree.py" "$in/tree" "$FILES" "$BULK_MB"
	tar -C "$in/tree" -xzf testdata/images/node-fail.tar.gz
	touch "$in/tree.made"
}
make_tars() { # $in/node.tar, .gz, .zst
	local pack=gzip
	command -v pigz >/dev/null && pack='pigz -p2'
	[ -e "$in/node.tar" ] || tar -C "$in/tree" --numeric-owner --owner=0 --group=0 --sort=name -cf "$in/node.tar" .
	[ -e "$in/node.tar.gz" ] || $pack -6 -c "$in/node.tar" >"$in/node.tar.gz"
	[ -e "$in/node.tar.zst" ] || zstd -q -3 -T2 -c "$in/node.tar" >"$in/node.tar.zst"
}
make_oci() { # $in/oci: eight layers: six slices, the rest, the kubelet's files
	local slice
	[ ! -e "$in/oci/made" ] || return 0
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
}
