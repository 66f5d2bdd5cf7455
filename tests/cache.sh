#!/usr/bin/env bash
# cache.sh - images in a real registry, scanned again and again through one cache: the second time nothing
# of a layer is fetched or opened, and whatever happens to the cache (killed runs, runs beside each other,
# damage, links, a full disk, nobody's leave to write) the answer is the same. Prints TAP.
. tests/support/nodes.sh
. "$top/tests/support/registry.sh"
have skopeo
[ "$registry_program" ] || { skip 'a registry' 'docker-registry is not installed' && plan && exit 0; }

# ---- a registry on loopback ----

trap 'mountpoint -q "$work/small" && umount "$work/small"; registry_end' EXIT
registry_start
result $? 'the registry runs'

cat >layout.py <<'PY'
import gzip, hashlib, json, os
os.makedirs("layout/blobs/sha256")
def blob(data, kind):
    digest = hashlib.sha256(data).hexdigest()
    open("layout/blobs/sha256/" + digest, "wb").write(data)
    return {"mediaType": "application/vnd.oci.image." + kind, "digest": "sha256:" + digest, "size": len(data)}
def image(tag):
    layers = [open(name + ".tar.gz", "rb").read() for name in ("tree", tag)]
    plain = ["sha256:" + hashlib.sha256(gzip.decompress(x)).hexdigest() for x in layers]
    config = {"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": plain}, "config": {"Labels": {"tag": tag}}}
    manifest = {"schemaVersion": 2, "config": blob(json.dumps(config).encode(), "config.v1+json"),
                "layers": [blob(x, "layer.v1.tar+gzip") for x in layers]}
    return {**blob(json.dumps(manifest).encode(), "manifest.v1+json"), "annotations": {"org.opencontainers.image.ref.name": tag}}
json.dump({"schemaVersion": 2, "manifests": [image(tag) for tag in ("fail", "other")]}, open("layout/index.json", "w"))
json.dump({"imageLayoutVersion": "1.0.0"}, open("layout/oci-layout", "w"))
PY

# Two images over one base, in which a file is that nobody wants.
images() {
	mkdir -p fail other tree/usr/share && head -c 12000000 /dev/urandom >tree/usr/share/large &&
		seq 100 >tree/usr/share/small && : >fail/nothing && mkdir -p other/etc/systemd && cp -r tree/etc/systemd/system other/etc/systemd/ &&
		sed -i s/chains=false/chains=true/ other/etc/systemd/system/kubelet.service.d/*.conf || return
	local tag
	for tag in tree fail other; do tar -C $tag -czf $tag.tar.gz . || return; done
	python3 layout.py || return
	for tag in fail other; do
		push "layout:$tag" "node:$tag" || return
	done
}
images >images.log 2>&1
status=$?
[ $status = 0 ] || sed 's/^/# /' images.log
result $status 'two images of one base'

export OFFNODE_CHECK=4.2.6 OFFNODE_PLAIN_HTTP=true XDG_CACHE_HOME=$work/home
cache=$work/home/offnode
fail=docker://$registry/node:fail other=docker://$registry/node:other

# ---- what is asked of the registry, and what is opened ----

forget() { : >access.log; }
fetched() { # how many blobs were asked for
	sleep 0.1
	grep -c '"GET /v2/node/blobs/' access.log
}
report() { # report TARGET OPTION...: all that is said, but for what it cost
	"$OFFNODE" scan -f json "$@" 2>&1 </dev/null | python3 -c 'import re, sys
print(re.sub(r"\"fetched\": \{[^}]*\},\s*", "", sys.stdin.read()), end="")'
}
as_before() { # as_before NAME TARGET OPTION...: what was said without a cache is said
	report "${@:2}" >got
	cmp -s want got
	local status=$?
	[ $status = 0 ] || diff want got | head -10 | sed 's/^/# /'
	result $status "$1"
}
is() { # is NAME GOT WANT
	[ "$2" = "$3" ]
	local status=$?
	[ $status = 0 ] || echo "# $2, not $3"
	result $status "$1"
}
layers=$(python3 - layout <<'PY'
import json, sys
def blob(digest):
    return json.load(open(sys.argv[1] + "/blobs/" + digest.replace(":", "/")))
for m in json.load(open(sys.argv[1] + "/index.json"))["manifests"]:
    for layer in blob(m["digest"])["layers"]:
        print(layer["digest"].replace(":", "-"))
PY
)

# ---- a second time ----

"$OFFNODE" scan --no-cache "$fail" >said 2>&1
[ $? != 69 ] || { skip 'an image in a registry' 'this offnode was built without libcurl' && plan && exit 0; }
report "$fail" --no-cache >want
grep -q '"verdict": "fail"' want
result $? 'an image in a registry fails'
[ ! -e home ]
result $? '--no-cache leaves nothing'
"$OFFNODE" scan oci:layout:fail >/dev/null
[ ! -e home ]
result $? 'nor does what lies here'
forget
as_before 'the first scan' "$fail"
is 'fetches the configuration and two layers' "$(fetched)" 3
forget
as_before 'the second scan' "$fail"
is 'fetches no blob' "$(fetched)" 0
if strace -o opened true 2>/dev/null; then
	ASAN_OPTIONS=detect_leaks=0 strace -f -qq -e trace=openat -o opened "$OFFNODE" scan "$fail" >/dev/null 2>&1
	is 'and says the same' $? 1
	grep -q 'sha256-.*\.layer-1' opened && ! grep -F "$(sed 's/$/"/' <<<"$layers")" opened
	result $? 'and opens no layer'
else
	skip 'which opens no layer' 'strace may not trace here'
fi
forget
report "$other" >got
grep -q '"verdict": "pass"' got
result $? 'another image of the same base passes'
is 'and costs its configuration and its own layer' "$(fetched)" 2
report "$other" --no-cache >want.other
cmp -s got want.other
result $? 'and is what it is without a cache'
"$OFFNODE" cache info >said
grep -q '^7 blobs, 3 notes' said # two manifests, two configurations, three layers
result $? 'cache info counts them'
digest=$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "$fail")
"$OFFNODE" scan --offline "docker://$registry/node@$digest" >said 2>&1
is 'an image that is named by its digest needs no network' $? 1

rm -rf "$work/home"
forget
"$OFFNODE" scan "$fail" "$other" >/dev/null
is 'both in one run cost two configurations and three layers' "$(fetched)" 5

# ---- layers of which only the note is left ----

for layer in $layers; do rm -f "$cache/$layer"; done
forget
as_before 'a scan by notes alone' "$fail"
is 'fetches no blob either' "$(fetched)" 0
"$OFFNODE" cat "$fail" /usr/share/large | cmp - tree/usr/share/large
result $? 'a file that was not kept is fetched when it is asked for'
is 'with its layer' "$(fetched)" 1
forget
"$OFFNODE" cat "$fail" /usr/share/large | cmp - tree/usr/share/large
is 'which is kept' "$?$(fetched)" 00

"$OFFNODE" cat "$fail" /usr/share/small >/dev/null
for layer in $layers; do rm -f "$cache/$layer"; done
forget
"$OFFNODE" cat "$fail" /usr/share/small | cmp - tree/usr/share/small
is 'a small one is kept by itself' "$?$(fetched)" 00
"$OFFNODE" cat "$fail" /usr/share/large >/dev/null

# ---- damage ----

damage() { # damage HOW: each file has a byte changed, lost, or all of them
	python3 - "$1" "$cache" <<'PY'
import os, sys
how, directory = sys.argv[1:]
for name in os.listdir(directory):
    path = os.path.join(directory, name)
    size = os.path.getsize(path)
    with open(path, "r+b") as f:
        if how == "changed":
            f.seek(size // 2)
            byte = f.read(1)
            f.seek(size // 2)
            f.write(bytes([byte[0] ^ 1]))
        else:
            f.truncate(size - 1 if how == "cut" else 0)
PY
}
for how in changed cut emptied; do
	damage $how
	as_before "files of the cache that were $how by hand" "$fail"
	forget
	as_before 'which are whole again' "$fail"
	is 'and used' "$(fetched)" 0
done

# ---- runs beside each other, and runs that are killed ----

rm -rf "$work/home"
runs=()
for i in 1 2 3 4 5 6; do
	report "$fail" >"got.$i" &
	runs+=($!)
done
wait "${runs[@]}"
status=0
for i in 1 2 3 4 5 6; do cmp -s want "got.$i" || status=1; done
result $status 'six runs at once on an empty cache'
status=0
for delay in 0.00 0.01 0.02 0.03 0.05 0.07 0.1 0.15; do
	rm -rf "$work/home"
	"$OFFNODE" scan "$fail" >/dev/null 2>&1 &
	run=$!
	sleep $delay
	kill -9 $run 2>/dev/null
	wait $run 2>/dev/null
	ls "$cache" 2>/dev/null | grep -v '^sha256-[0-9a-f]\{64\}\(\.layer-1\)\?$' | grep -v '^CACHEDIR.TAG$' && status=1
	report "$fail" >got
	cmp -s want got || status=1
done
result $status 'a run that is killed anywhere leaves nothing that is not whole'

# ---- bounds ----

rm -rf "$work/home"
as_before 'a cache smaller than a layer' "$fail" --cache-size 2M
[ "$(du -sb --apparent-size "$cache" | cut -f1)" -lt $((2 << 20)) ]
result $? 'stays as small'
"$OFFNODE" scan "$fail" >/dev/null
"$OFFNODE" scan --cache-size 13M "$other" >/dev/null
"$OFFNODE" cache info --cache-size 13M -f json | python3 -c 'import json, sys
sys.exit(not 0 < json.load(sys.stdin)["cache"]["holds"]["bytes"] <= 13 << 20)'
result $? 'a smaller --cache-size makes room'
"$OFFNODE" cache clear >said
grep -q 'removed$' said && ! ls "$cache" | grep -q sha256
result $? 'cache clear leaves none'

# ---- a cache that cannot be used ----

rm -rf "$work/home" && : >home
as_before 'a file in the place of the directory' "$fail"
rm -f "$work/home" && mkdir -p home outside && ln -s ../outside "$cache"
as_before 'a link in the place of the directory' "$fail"
[ -z "$(ls outside)" ]
result $? 'and nothing behind it'
rm -rf "$work/home" && mkdir -p "$cache" && chmod 777 "$cache"
as_before 'a directory that others may write' "$fail"
[ -z "$(ls "$cache")" ]
result $? 'and nothing in it'
rm -rf "$work/home" && "$OFFNODE" scan "$fail" >/dev/null
for file in "$cache"/sha256-*; do
	cp "$file" outside/ && ln -sf "$work/outside/${file##*/}" "$file"
done
cp -r outside copies
as_before 'links in the place of files' "$fail"
# Blobs and notes were fetched and learnt again in their places.
[ -z "$(find "$cache" -type l)" ] && diff -r outside copies
result $? 'which files take, and what they led to stays'
if [ "$(id -u)" = 0 ] && mkdir small && mount -t tmpfs -o size=1M,mode=700 offnode small 2>/dev/null; then
	XDG_CACHE_HOME=$work/small as_before 'a full disk' "$fail"
	mount -o remount,ro small
	XDG_CACHE_HOME=$work/small as_before 'a disk that may not be written' "$fail"
	umount small
else
	skip 'a full disk' 'it takes root and a mount'
fi
plan
