#!/usr/bin/env bash
# lazy.sh - layers that carry a table of contents, of every kind that is known, read back by it as the tree
# they were made from: eStargz and zstd:chunked by the letter of their formats (support/lazy_layers.py),
# and zstd:chunked as skopeo writes it. tar(1) reads the same layers front to back. Prints TAP.
. tests/support/trees.sh
have python3
stress_tree || exit 1
# A table is JSON: its names are UTF-8, as Go's encoding/json has it. A tar has no special files for users.
rm -rf tree/dir4000 tree/dir400 tree/sparse tree/links/bytes tree/names/not*utf8 tree/modes/disk
python3 "$top/tests/stress_tree.py" manifest tree >tree.manifest
tar -C tree --numeric-owner -cf tree.tar .

bound() { # bound: what manifest(1) wants of the annotations on standard input
	python3 -c '
import json, sys
notes = json.load(sys.stdin)
by = {key.rsplit(".", 1)[1]: value for key, value in notes.items()}
if "digest" in by:
    print(by["digest"])
else:
    print(by["manifest-checksum"] + "@" + by["manifest-position"].rsplit(":", 1)[0])'
}
same_layer() { # same_layer FILE ANNOTATIONS NAME
	"$manifest" -t "$(bound <"$2")" "$1" >image.manifest 2>said
	status=$?
	cmp -s tree.manifest image.manifest || status=1
	[ $status = 0 ] || { sed 's/^/# /' said && diff tree.manifest image.manifest | head -5 | sed 's/^/# /'; }
	result $status "$3"
}
made() { # made FORMAT NAME OPTION...: layer and notes
	if python3 "$top/tests/support/lazy_layers.py" layer "$1" tree.tar layer "${@:3}" >notes; then
		same_layer layer notes "$2"
	else
		result 1 "$2"
	fi
}
plain_stargz() { # the layer is the tar as it was, and one file more
	gzip -dc layer | tar -tf - >listed && (tar -tf tree.tar && echo stargz.index.json) | cmp - listed
	result $? "$1"
}

made stargz 'an eStargz'
plain_stargz 'an eStargz is a tar.gz'
made old-stargz 'an eStargz with the footer of stargz'
plain_stargz 'an eStargz with the footer of stargz is a tar.gz'
made stargz 'an eStargz of small chunks' --chunk 5000
made stargz 'an eStargz whose members are shared' --share 50000
made stargz 'an eStargz whose members are shared by chunks' --share 50000 --chunk 20000
plain_stargz 'an eStargz whose members are shared is a tar.gz'

if command -v zstd >/dev/null; then
	made zstd 'zstd:chunked' --chunk 200000
	zstd -q -dc layer | cmp - tree.tar
	result $? 'zstd:chunked is a tar.zst'
else
	skip 'zstd:chunked' 'zstd is not installed'
fi

by_skopeo() {
	umoci init --layout plain && umoci new --image plain:v1 && umoci raw add-layer --image plain:v1 tree.tar &&
		skopeo --insecure-policy copy -q --dest-compress-format zstd:chunked oci:plain:v1 oci:chunked:v1
}
skopeo_layer() { # notes, and the name of the layer
	python3 - <<'PYTHON'
import json
blob = lambda d: "chunked/blobs/sha256/" + d["digest"].split(":")[1]
manifest = json.load(open(blob(json.load(open("chunked/index.json"))["manifests"][0])))
json.dump(manifest["layers"][0]["annotations"], open("notes", "w"))
print(blob(manifest["layers"][0]))
PYTHON
}
if ! command -v umoci >/dev/null || ! command -v skopeo >/dev/null; then
	skip 'zstd:chunked of skopeo' 'umoci or skopeo is not installed'
elif ! by_skopeo >said 2>&1 || ! layer=$(skopeo_layer 2>said); then
	skip 'zstd:chunked of skopeo' 'this skopeo does not write it'
else
	same_layer "$layer" notes 'zstd:chunked of skopeo'
fi
plan
