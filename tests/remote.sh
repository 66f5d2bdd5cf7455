#!/usr/bin/env bash
# remote.sh - the sample node behind https:// and http://, given by a real nginx: whatever a file holds,
# offnode says the same of its URL, for a few requests. Then servers that give no ranges, are slow,
# redirect, cut what they send, or change it. Prints TAP.
. tests/support/nodes.sh
. "$top/tests/support/nginx.sh"
have mke2fs
have qemu-img
if "$OFFNODE" scan https://127.0.0.1:1/ 2>&1 | grep -q 'without libcurl'; then
	skip 'URLs' 'built without libcurl' && plan && exit 0
fi
export OFFNODE_CACERT=$work/ca.pem

nginx_start <<-E
	location /whole/ { alias $work/www/; max_ranges 0; }
	location /slow/ { alias $work/www/; limit_rate 400k; }
	location /login/ { alias $work/www/; auth_basic node; auth_basic_user_file $work/htpasswd; }
	location /moved/ { rewrite ^/moved/(.*)\$ /\$1 redirect; }
E
result $? 'nginx runs'

# ---- the same as the file ----

cd www || exit 1
ext4 node.raw ../tree 8 -L node
for format in qcow2 vmdk vhdx vdi; do qemu-img convert -q -O "$format" node.raw "node.$format"; done
qemu-img convert -q -O vpc node.raw node.vhd
gzip -1 -c node.raw >node.raw.gz && xz -0 -c node.raw >node.raw.xz
tar -C ../tree -cf node.tar . && gzip -1 -c node.tar >node.tar.gz && xz -0 -c node.tar >node.tar.xz
tar -cf disk.tar node.qcow2
cp "$top/testdata/images/node-fail.oci.tar" .
cd ..

told() { # told TARGET: all that is said, but for the target's name and what was fetched
	local verb
	for verb in scan inspect; do
		"$OFFNODE" "$verb" -f json "$1" 2>&1 </dev/null
		echo "$verb: status $?"
	done | python3 -c 'import re, sys
text = re.sub(r"\"fetched\": \{[^}]*\},\s*", "", sys.stdin.read())
print(text.replace(sys.argv[1], "TARGET"), end="")' "$1"
}
alike() { # alike FILE [SCHEME:]
	told "${2:-}www/$1" >want.told && told "${2:-}$https/$1" >got.told
	diff want.told got.told >difference && grep -q '^scan: status 1$' got.told
	local status=$?
	[ $status = 0 ] || sed -n '1,30s/^/# /p' difference
	result $status "${2:-}https://…/$1 is the file"
}
for file in node.raw node.qcow2 node.vmdk node.vhd node.vhdx node.vdi node.raw.gz node.raw.xz disk.tar \
	node.tar node.tar.gz node.tar.xz node-fail.oci.tar; do
	alike $file
done
alike node.qcow2 qcow2:
alike node.raw ext4:
alike node.tar.gz tar:
alike node-fail.oci.tar oci-archive:

# ---- what it costs ----

costs() { # costs NAME PATH REQUESTS BYTES: of one scan, by the server's own log and at most
	local requests bytes
	forget
	"$OFFNODE" scan "$https$2" >/dev/null 2>&1
	read -r requests bytes < <(asked "$2")
	[ "$requests" -gt 0 ] && [ "$requests" -le "$3" ] && [ "$bytes" -le "$4" ]
	local status=$?
	[ $status = 0 ] || echo "# $requests requests, $bytes bytes; at most $3 and $4"
	result $status "$1"
}
size() { stat -c %s "www/$1"; }

# Bytes that nothing compresses make archives long enough that reading in a row pays.
mkdir -p long/usr/lib && cp -a tree/. long && head -c 12000000 /dev/urandom >long/usr/lib/blob
tar -C long -cf www/long.tar . && gzip -1 -c www/long.tar >www/long.tar.gz
# The end of a file is looked at first: a disk may have its mark there.
costs 'a tar.gz comes once, and soon in one request' /long.tar.gz 7 $(($(size long.tar.gz) + 65536))
costs 'what an archive holds besides is not fetched' /long.tar 6 2000000
costs 'an archive of layers comes once' /node-fail.oci.tar 6 "$(size node-fail.oci.tar)"
truncate -s 1G www/big.raw && dd if=www/node.raw of=www/big.raw bs=1M conv=notrunc,sparse status=none
costs 'of a disk what is needed' /big.raw 20 1500000
forget
"$OFFNODE" inspect -f json "$https/big.raw" >report.json
read -r requests bytes < <(asked /big.raw)
python3 - "$requests" "$bytes" <<-'E'
	import json, sys
	fetched = json.load(open('report.json'))['targets'][0]['read']['fetched']
	assert fetched == {'requests': int(sys.argv[1]), 'bytes': int(sys.argv[2]), 'of': 1 << 30}, fetched
E
result $? 'inspect says what the server says'
grep -q ' HTTP/2.0 ' access.log
result $? 'over HTTP/2'
"$OFFNODE" scan -f json "$https/big.raw" >saved.json
"$OFFNODE" convert -f json saved.json >again.json
grep -q '"fetched"' saved.json && diff saved.json again.json >/dev/null
result $? 'a saved report keeps it'
says 'and so for people' 0 'fetched  *[0-9.]*[KM] of 1.0G, [0-9]* requests' inspect "$https/big.raw"

# ---- what is behind '#', and what is told of a URL ----

disk www/parts.raw 24 <<-'E'
	label: gpt
	start=2MiB,size=8MiB,type=linux
	start=12MiB,size=8MiB,type=linux
E
put www/parts.raw 2 www/node.raw && put www/parts.raw 12 www/node.raw
untold() { # untold NAME: what was said last holds no secret
	grep -q s3cret said && status=1 || status=0
	result $status "$1"
}
says 'a volume is chosen' 1 'parts.raw#p2 ' scan "$https/parts.raw#p2"
says 'behind a query' 1 '/parts.raw#p1 ' scan "$https/parts.raw?key=s3cret#p1"
untold 'which is not told'
says 'one that is not there' 64 "no volume is named 'p9'" scan "$https/parts.raw?key=s3cret#p9"
untold 'nor in an error'
says 'an image of an archive' 1 'node-fail.oci.tar#latest ' scan "$https/node-fail.oci.tar#latest"
says 'one that is not in it' 64 'nowhere' scan "$https/node-fail.oci.tar#nowhere"
says 'a volume of what is no disk' 64 'this is none' scan "$https/node.tar#p1"
says 'a user in a URL' 64 'user' scan "https://me:s3cret@${https#https://}/node.raw"
untold 'is refused and not told'

# ---- nothing else is fetched ----

(cd www && qemu-img create -q -f qcow2 -b node.raw -F raw over.qcow2 && cp node.raw node.001 &&
	qemu-img create -q -f vmdk -o subformat=twoGbMaxExtentFlat flat.vmdk 8M)
forget
says 'a backing file' 69 'no second object is fetched' scan --allow-backing "$https/over.qcow2"
says 'an extent' 69 'no second object is fetched' scan --allow-backing "$https/flat.vmdk"
says 'a piece of a disk' 69 'no second object is fetched' scan "$https/node.001"
[ "$(asked /node.raw) $(asked /flat-f001.vmdk) $(asked /node.002)" = '0 0 0 0 0 0' ]
result $? 'no second object was asked for'
says 'an overlay is a target of its own' 0 "fetched .* of $(($(size node.tar) / 1024))\." inspect --overlay "$https/node.tar" dir:tree

# ---- other servers ----

says 'http is not spoken' 64 'plain-http' scan "$http/node.raw"
says 'but where it may be' 1 'effective: false' scan --plain-http "$http/node.raw"
says 'not there' 66 '404' scan "$https/nowhere.raw"
says 'offline' 66 'offline' scan --offline "$https/node.raw"
forget
says 'a redirect' 1 'effective: false' scan "$https/moved/node.raw"
read -r requests _ < <(asked /moved/node.raw)
[ "$requests" = 1 ]
result $? 'is followed once'
printf 'me:{PLAIN}s3cret\n' >htpasswd
pair=$(printf 'me:s3cret' | base64)
echo "{\"auths\": {\"${https#https://}\": {\"auth\": \"$pair\"}, \"other.example\": {\"auth\": \"eDp5\"}}}" >auth.json
echo '{"auths": {"other.example": {"auth": "eDp5"}}}' >others.json
says 'a login' 1 'effective: false' scan --authfile auth.json "$https/login/node.qcow2"
says 'a login that is not known' 66 'none are known' scan --authfile others.json "$https/login/node.qcow2"
printf 'me:{PLAIN}other\n' >htpasswd
says 'a login that is refused' 66 '401' scan --authfile auth.json "$https/login/node.qcow2"
untold 'and not told'
says 'slow' 1 'effective: false' scan "$https/slow/node.tar"
for file in node.raw node.qcow2 node.tar.gz node.raw.xz; do
	says "no ranges: $file" 1 'effective: false' scan "$https/whole/$file"
done
says 'that is told' 0 'https (no ranges) > qcow2 > ext4' inspect "$https/whole/node.qcow2"
says 'in a note' 0 'no ranges: it was fetched from its first byte on' inspect -v "$https/whole/node.qcow2"
many=$(for n in $(seq 10); do echo "$https/whole/big.raw?$n"; done)
# shellcheck disable=SC2086
says 'more of them than there are connections' 1 '^10 failed, 0 passed' scan -c 4.2.6 --net-timeout 2s $many
says 'no ranges and too long' 70 'more than 1024 bytes to keep on disk' scan --max-spill 1K "$https/whole/node.raw"
says 'ranges, and little room to keep them' 1 'effective: false' scan --max-spill 1K "$https/long.tar"

python3 "$top/tests/faults.py" www/long.tar.gz >port 2>faults.err &
faults=$!
trap 'kill $faults; nginx_stop; chmod -R u+rwX "${work:?}" 2>/dev/null; rm -rf "${work:?}"' EXIT
for _ in $(seq 100); do [ -s port ] || sleep 0.05; done
export OFFNODE_PLAIN_HTTP=true OFFNODE_NET_TRIES=3
base=http://127.0.0.1:$(cat port)
says 'another object' 65 'changed while it was read' scan "$base/changes"
says 'an object that grows' 65 'changed while it was read' scan "$base/grows"
says 'no validator, and nothing that needs one' 1 'effective: false' scan "$base/nothing"
says 'a validator that validates nothing' 1 'effective: false' scan "$base/weak"
says 'connections that break' 1 'effective: false' scan "$base/drops"
says 'another range than asked for' 65 'not asked for' scan "$base/lies"
says 'ranges that end' 69 'gives no ranges' scan "$base/forgets"
says 'links that expire' 1 'effective: false' scan "$base/expires"
says 'all of it, without a length' 1 'effective: false' scan "$base/unsized"
says 'all of it' 1 'effective: false' scan "$base/anything"
plan
