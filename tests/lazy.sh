#!/usr/bin/env bash
# lazy.sh - layers that carry a table of contents, of every kind that is known, read back by it as the tree
# they were made from: eStargz and zstd:chunked by the letter of their formats (support/lazy_layers.py),
# and zstd:chunked as skopeo writes it. tar(1) reads the same layers front to back. From a registry the same
# image gives the same report in each form, by a fraction of its bytes; what is not what the manifest is
# bound to is told. Prints TAP.
. tests/support/trees.sh
. "$top/tests/support/registry.sh"
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

# ---- from a registry ----

make_node() { # plain/: the stress tree, a node, and a layer that changes it
	mkdir -p node over/etc/default over/usr/local && tar -C node -xzf "$top/testdata/images/node-fail.tar.gz" &&
		head -c 6000000 /dev/urandom >node/usr/large &&
		tar -C node --numeric-owner --owner=0 --group=0 -cf node.tar . &&
		echo 'KUBELET_EXTRA_ARGS=--v=4' >over/etc/default/kubelet && : >over/usr/local/.wh..wh..opq &&
		: >over/etc/.wh.motd && tar -C over --numeric-owner --owner=0 --group=0 -cf over.tar . || return
	rm -rf plain && umoci init --layout plain && umoci new --image plain:v1
	for layer in tree.tar node.tar over.tar; do
		umoci raw add-layer --image plain:v1 $layer || return
	done
	rm -rf chunked && skopeo --insecure-policy copy -q --dest-compress-format zstd:chunked oci:plain:v1 oci:chunked:v1 &&
		python3 "$top/tests/support/lazy_layers.py" layout stargz plain stargz --chunk 4194304 &&
		for form in plain chunked stargz; do push $form:v1 node:$form || return; done
}
facts() { # facts TARGET: the report, without the words for where and how it was read
	for verb in scan config; do
		"$OFFNODE" $verb --plain-http --no-cache -f json "$1" >report.json
		python3 -c '
import json, sys
def bare(x):
    if isinstance(x, list):
        return [bare(y) for y in x]
    if isinstance(x, dict):
        return {k: bare(v) for k, v in x.items() if k not in ("target", "kind", "readAs", "digest", "layer", "read")}
    return x
json.dump(bare(json.load(open("report.json"))), sys.stdout, indent=1)'
	done
}
same_facts() { # same_facts TARGET NAME
	facts "$1" >got
	diff want got >said
	status=$?
	[ $status = 0 ] || sed 's/^/# /' said | head -20
	result $status "$2"
}
told() { # told NAME TEXT COMMAND...: what it says has the text
	"${@:3}" >said 2>&1
	grep -qE -e "$2" said
	status=$?
	[ $status = 0 ] || sed 's/^/# /' said | head -20
	result $status "$1"
}
fetched() { # fetched TARGET PERCENT NAME: no more of its bytes
	"$OFFNODE" scan --plain-http --no-cache -f json "$1" >report.json
	python3 - "$2" <<-'PYTHON'
		import json, sys
		use = json.load(open("report.json"))["targets"][0]["read"]["fetched"]
		print("#", use)
		sys.exit(use["bytes"] * 100 > use["of"] * int(sys.argv[1]))
	PYTHON
	result $? "$3"
}
layer_of() { # layer_of FORM N: the digest of a layer
	python3 - "$1" "$2" <<-'PYTHON'
		import json, sys
		blob = lambda d: f"{sys.argv[1]}/blobs/sha256/" + d["digest"].split(":")[1]
		manifest = json.load(open(blob(json.load(open(sys.argv[1] + "/index.json"))["manifests"][0])))
		print(manifest["layers"][int(sys.argv[2])]["digest"])
	PYTHON
}
damage() { # damage FILE OFFSET: a few bytes become others
	printf '\252\125\252\125\252\125' | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

if [ ! "$registry_program" ] || ! command -v skopeo >/dev/null || ! command -v umoci >/dev/null; then
	skip 'a registry' 'docker-registry, skopeo or umoci is not installed'
	plan
	exit
fi
if ! registry_start || ! make_node >said 2>&1; then
	sed 's/^/# /' said
	result 1 'an image is pushed in three forms'
	plan
	exit
fi
facts oci:plain:v1 >want
node=docker://$registry/node
grep -q '"fail"' want
result $? 'the node has something to be found'
for form in chunked stargz; do
	same_facts oci:$form:v1 "$form, read whole from a layout"
	same_facts $node:$form "$form, read lazily from a registry"
	told "$form, in three layers" '3 layers, 3 read lazily' "$OFFNODE" inspect --plain-http --no-cache $node:$form
	fetched $node:$form 5 "$form, by a twentieth of its bytes at most"
done
told 'layers are read whole where that is asked for' '3 layers$' \
	"$OFFNODE" inspect --plain-http --no-cache --whole-layers $node:stargz
told 'other layers are read whole' '3 layers$' "$OFFNODE" inspect --plain-http --no-cache $node:plain

# A second scan asks for the manifest alone; what is kept is as good as what is fetched, or it is nothing.
export XDG_CACHE_HOME=$work/cache
by_cache() { "$OFFNODE" scan --plain-http -f json $node:$form; }
for form in chunked stargz; do
	by_cache >first.json
	told "$form, once more, by one request" ' 1 request$' "$OFFNODE" inspect --plain-http $node:$form
	by_cache >second.json
	diff <(grep -v '"\(bytes\|requests\)"' first.json) <(grep -v '"\(bytes\|requests\)"' second.json) >said
	result $? "$form, once more, says the same"
	find cache/offnode -name '*parts-1' >notes
	while read -r note; do damage "$note" $(($(stat -c %s "$note") / 2)); done <notes
	by_cache >third.json
	diff <(grep -v '"\(bytes\|requests\)"' first.json) <(grep -v '"\(bytes\|requests\)"' third.json) >said
	status=$?
	[ "$(wc -l <notes)" -ge 3 ] && [ $status = 0 ] && ! grep -q '"requests": 1,' third.json
	result $? "$form, from damaged notes, fetches again and says the same"
done
unset XDG_CACHE_HOME

place_of() { # place_of FILE NAME: where in an eStargz a file's chunk begins
	python3 - "$1" "$2" <<-'PYTHON'
		import gzip, io, json, sys, tarfile
		with gzip.open(sys.argv[1]) as f:
		    table = json.load(tarfile.open(fileobj=io.BytesIO(f.read())).extractfile("stargz.index.json"))
		print(next(e["offset"] for e in table["entries"] if e["name"].endswith(sys.argv[2])))
	PYTHON
}
file=$(registry_blob "$(layer_of stargz 2)")
damage "$file" $(($(place_of "$file" etc/default/kubelet) + 14))
told 'a damaged chunk makes an unknown' '^UNKNOWN' "$OFFNODE" scan --plain-http --no-cache $node:stargz
file=$(registry_blob "$(layer_of chunked 2)")
damage "$file" $(($(stat -c %s "$file") - 100))
told 'a damaged table is not used, and the whole layer is damaged too' 'layer 3 of 3.*(digest mismatch|zstd)' \
	"$OFFNODE" scan --plain-http --no-cache $node:chunked
plan
