#!/bin/sh
# images.sh - one small node, packed by the real tools into every kind of image: what offnode lists,
# prints and reports of it must be the same but for the names of containers and layers. Then bad
# images: each ends with the exit status of its kind and one line that names the thing. Prints TAP.
set -u
export LC_ALL=C
: "${BUILD:=build}" "${OFFNODE:=$BUILD/offnode}"
case $OFFNODE in /*) ;; *) OFFNODE=$PWD/$OFFNODE ;; esac
work=$(mktemp -d) || exit 1
trap 'chmod -R u+rwX "$work" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
umask 022
[ "$(id -u)" = 0 ] && rootless='' || rootless=--rootless

result() { # result STATUS NAME
	if [ "$1" = 0 ]; then echo "ok - $2"; else echo "not ok - $2"; fi
}
skip() { echo "ok - $1 # SKIP $2"; }
have() { # have NAME TOOL...: false, and a skip told, when one of the tools is missing
	name=$1
	shift
	for tool; do
		command -v "$tool" >/dev/null || {
			skip "$name" "$tool is not installed"
			return 1
		}
	done
}
put() { # put PATH < text
	mkdir -p "$(dirname "$1")" && cat >"$1"
}

# ---- the node ----

long=$(printf 'l%.0s' $(seq 90))
node() { # node DIRECTORY: the tree that all images end as
	mkdir -p "$1/usr/bin" "$1/var/lib/empty" "$1/etc/systemd/system/multi-user.target.wants" "$1/$long/$long"
	ln -s usr/bin "$1/bin"
	ln -s ../usr/lib/os-release "$1/etc/os-release"
	ln -s /usr/lib/systemd/system/kubelet.service "$1/etc/systemd/system/multi-user.target.wants/kubelet.service"
	printf 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n' |
		put "$1/usr/lib/os-release"
	put "$1/usr/lib/systemd/system/kubelet.service" <<-'TEXT'
		[Unit]
		Description=kubelet
		[Service]
		ExecStart=/usr/bin/kubelet
		[Install]
		WantedBy=multi-user.target
	TEXT
	put "$1/etc/systemd/system/kubelet.service.d/10-kubeadm.conf" <<-'TEXT'
		[Service]
		Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
		EnvironmentFile=-/etc/default/kubelet
		ExecStart=
		ExecStart=/usr/bin/kubelet $KUBELET_CONFIG_ARGS $KUBELET_EXTRA_ARGS
	TEXT
	echo 'KUBELET_EXTRA_ARGS="--make-iptables-util-chains=false"' | put "$1/etc/default/kubelet"
	printf 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nmakeIPTablesUtilChains: true\n' |
		put "$1/var/lib/kubelet/config.yaml"
	printf '\177ELF' | put "$1/usr/bin/kubelet"
	chmod 755 "$1/usr/bin/kubelet"
	echo shared | put "$1/etc/shared"
	ln "$1/etc/shared" "$1/usr/shared"
	echo here | put "$1/$long/$long/file"
	: | put "$1/etc/nothing"
	printf 'b\303\244r\n' | put "$1/etc/f\303\266\303\266"
	chmod 600 "$1/etc/shared"
	find "$1" -exec touch -h -d @1700000000 {} +
}

# What is asked of every image. Directory sizes and, for other users than root, owners are the
# container's own; lines of the report that name target, kind and layers are left out.
facts() { # facts TARGET
	for dir in / /etc /etc/systemd/system/kubelet.service.d /bin/ "/$long/$long"; do
		echo "# ls $dir"
		"$OFFNODE" ls "$1" "$dir" 2>/dev/null <"$stdin" || echo "status $?"
	done | sed -e 's/^\(d[^ ]* *[0-9]* *[0-9]*\) *[0-9]*/\1/' ${rootless:+-e 's/^\([-dl][rwx-]*\) *[0-9]* *[0-9]*/\1/'}
	for file in /etc/shared /usr/shared "/$long/$long/file" \
		/etc/systemd/system/multi-user.target.wants/kubelet.service; do
		echo "# cat $file"
		"$OFFNODE" cat "$1" "$file" 2>/dev/null <"$stdin" || echo "status $?"
	done
	for verb in scan config; do
		"$OFFNODE" "$verb" -f json "$1" <"$stdin"
		echo "status $?"
	done 2>&1 | sed -E -e '/^ *"(target|kind|readAs|digest|platform|layer)":/d' -e '/^ *"read": \{/,/^ *\},?$/d' \
		-e '/^ *"labels": \{/,/\},?$/d'
}

stdin=/dev/null
same() { # same NAME TARGET: it gives what the directory gave
	facts "$2" >got 2>&1
	if diff -u want got >difference; then
		result 0 "$1"
	else
		sed -n '1,40s/^/# /p' difference
		result 1 "$1"
	fi
}

node tree
facts dir:tree >want 2>&1
grep -q '"verdict": "fail"' want && grep -q '/etc/default/kubelet' want && grep -q '^status 1$' want
result $? 'the directory fails by its environment file'
same 'a directory without a scheme' tree
same 'a directory with a slash at its end' tree/

# ---- archives of a root ----

owner='--numeric-owner --sort=name'
for format in gnu pax ustar; do
	# shellcheck disable=SC2086
	tar -C tree $owner --format=$format -cf "node.$format" .
	same "tar --format=$format" "node.$format"
done
# shellcheck disable=SC2086
tar -C tree $owner --transform='s,^\./,/,' -Pcf absolute.tar . 2>/dev/null
same 'a tar with absolute names' absolute.tar
same 'the scheme tar:' tar:node.gnu
mv node.gnu node.tar
for codec in 'gzip gz' 'xz xz' 'zstd zst' 'bzip2 bz2' 'lz4 lz4'; do
	tool=${codec% *} suffix=${codec#* }
	have "tar.$suffix" "$tool" || continue
	"$tool" -q -c node.tar >"node.tar.$suffix"
	same "tar.$suffix" "node.tar.$suffix"
done
for archive in node.tar node.tar.gz node.tar.xz; do
	[ -e "$archive" ] || continue
	stdin=$archive
	same "standard input from $archive" -
	stdin=/dev/null
done
if have 'bsdtar' bsdtar; then
	bsdtar -C tree --numeric-owner --format=pax -cf bsd.tar .
	same 'bsdtar --format=pax' bsd.tar
fi
if have 'cpio' cpio; then
	for format in newc odc crc; do
		(cd tree && find . | sort | cpio --quiet -o -H "$format" >"../node.$format" 2>/dev/null)
		same "cpio -H $format" "node.$format"
	done
	gzip -q -c node.newc >node.newc.gz
	same 'cpio.gz' node.newc.gz
	(cd tree && find etc | sort | cpio --quiet -o -H newc | gzip -c >../second.gz)
	(cd tree && find . | sort | grep -v '^\./etc/default' | cpio --quiet -o -H newc >../first)
	cat first second.gz >joined.cpio
	same 'two cpio archives in a row' joined.cpio
fi
"$OFFNODE" capture node.tar >node.txtar 2>/dev/null
"$OFFNODE" scan -f json node.txtar 2>/dev/null | grep -q '"verdict": "fail"'
result $? 'a text capture, detected'

# ---- layers ----

# What later layers must hide: a file to delete, a directory to replace by a file and the other way
# round, a directory to make opaque, settings to win over.
first_layer() {
	node one
	rm -rf one/usr/shared one/etc/shared one/etc/default one/bin one/etc/nothing
	echo gone | put one/etc/gone
	echo junk | put one/etc/nothing/junk
	echo junk | put one/etc/default
	echo junk | put one/bin/junk
	echo shared | put one/usr/shared
	chmod 600 one/usr/shared
	echo '[Service]' | put one/etc/systemd/system/kubelet.service.d/99-old.conf
	echo 'ExecStart=/bin/false' >>one/etc/systemd/system/kubelet.service.d/99-old.conf
	find one -exec touch -h -d @1700000000 {} +
	tar -C one --numeric-owner --sort=name -cf layer1.tar .
}
second_layer() {
	mkdir two
	cp -a tree/bin two/ && mkdir two/etc && cp -a tree/etc/default tree/etc/nothing two/etc/
	: >two/etc/.wh.gone
	mkdir -p two/etc/systemd/system/kubelet.service.d
	: >two/etc/systemd/system/kubelet.service.d/.wh..wh..opq
	cp -a tree/etc/systemd/system/kubelet.service.d/10-kubeadm.conf two/etc/systemd/system/kubelet.service.d/
	tar -C two --numeric-owner --sort=name -cf layer2.tar etc bin
}
# A hard link to a file of a lower layer: its target is left out of the archive.
third_layer() {
	mkdir -p three/usr three/etc
	cp -a one/usr/shared three/usr/shared
	ln three/usr/shared three/etc/shared
	tar -C three --numeric-owner -cf layer3.tar usr/shared etc/shared
	tar --delete -f layer3.tar usr/shared
}
add_layers() { # add_layers LAYOUT:TAG
	umoci new --image "$1" &&
		for layer in layer1.tar layer2.tar layer3.tar; do
			umoci raw add-layer --image "$1" "$layer" || return 1
		done
}
first_layer && second_layer && third_layer

digest_of() { # digest_of FILE
	set -- $(sha256sum "$1")
	echo "$1"
}
entry() { # entry LAYOUT: digest and size of the only manifest of its index
	sed -n 's/.*"digest":"sha256:\([0-9a-f]*\)","size":\([0-9]*\).*/\1 \2/p' "$1/index.json" | head -1
}
store() { # store LAYOUT < text: puts a blob, prints digest and size
	cat >blob && cp blob "$1/blobs/sha256/$(digest_of blob)" && echo "$(digest_of blob) $(wc -c <blob)"
}
described() { # described TYPE DIGEST SIZE [MORE]
	printf '{"mediaType":"application/vnd.oci.image.%s.v1+json","digest":"sha256:%s","size":%d%s}' \
		"$1" "$2" "$3" "${4:-}"
}
index() { # index DESCRIPTOR...
	printf '{"schemaVersion":2,"manifests":['
	printf '%s' "$1"
	shift
	[ $# = 0 ] || printf ',%s' "$@"
	printf ']}'
}
layers_by_umoci() {
	umoci init --layout oci && add_layers oci:node
}

oci=
if have 'OCI images' umoci; then
	layers_by_umoci >umoci.log 2>&1 && oci=yes
	[ "$oci" ] || sed 's/^/# /' umoci.log
	[ "$oci" ]
	result $? 'umoci makes an image of three layers'
fi
if [ "$oci" ]; then
	same 'an OCI layout' oci
	same 'an OCI layout with its tag' oci:oci:node
	same 'an OCI layout by digest' "oci:oci@sha256:$(entry oci | cut -d' ' -f1)"
	for jobs in 1 3; do
		"$OFFNODE" scan -j $jobs -f json oci >"jobs.$jobs" 2>&1
	done
	cmp -s jobs.1 jobs.3
	result $? 'layers read one by one or together: the same'
	tar -C oci -cf oci.tar . && gzip -c oci.tar >oci.tar.gz
	same 'an OCI archive' oci.tar
	same 'an OCI archive with its tag' oci-archive:oci.tar:node
	same 'a compressed OCI archive' oci.tar.gz
	stdin=oci.tar
	same 'an OCI archive from standard input' -
	stdin=/dev/null
	if have 'an OCI archive in zstd' zstd; then
		zstd -q oci.tar -o oci.tar.zst
		same 'an OCI archive in zstd' oci.tar.zst
	fi
fi

# umoci works out the second layer itself, by comparing trees.
by_repack() {
	umoci init --layout repacked && umoci new --image repacked:node &&
		umoci raw add-layer --image repacked:node layer1.tar &&
		umoci unpack $rootless --image repacked:node bundle &&
		find bundle/rootfs -mindepth 1 -delete && cp -a tree/. bundle/rootfs/ &&
		umoci repack --image repacked:node bundle
}
if [ "$oci" ]; then
	if by_repack >umoci.log 2>&1; then
		same 'an image that umoci repacked' repacked
	else
		sed 's/^/# /' umoci.log
		result 1 'an image that umoci repacked'
	fi
fi

# ---- copies by skopeo, and old forms made of them ----

copy() { skopeo --insecure-policy copy -q "$@" >skopeo.log 2>&1 || { sed 's/^/# /' skopeo.log; false; }; }

# Before 1.10's successors: ID/layer.tar is the file itself.
old_docker_form() {
	mkdir old && tar -C old -xf docker.tar && cd old || return 1
	n=0
	for layer in $(sed -n 's/.*"Layers":\[\([^]]*\)\].*/\1/p' manifest.json | tr -d '"' | tr , ' '); do
		n=$((n + 1))
		mkdir -p "id$n" && cp -L "$layer" "id$n/layer.tar" && sed -i "s,\"$layer\",\"id$n/layer.tar\"," manifest.json
	done
	find . -name '*.tar' ! -path './id*' -delete
	find . -type l -delete
	tar -cf ../old.tar . && cd ..
}
# Since 25: an OCI layout that has a manifest.json too.
combined_form() {
	cp -r oci both
	set -- $(entry oci)
	manifest=oci/blobs/sha256/$1
	config=$(sed -n 's/.*"config":{[^}]*"digest":"sha256:\([0-9a-f]*\)".*/\1/p' "$manifest")
	layers=$(sed 's/.*"layers":\[//' "$manifest" | grep -o '"digest":"sha256:[0-9a-f]*"' |
		sed 's,"digest":"sha256:\(.*\)","blobs/sha256/\1",' | tr '\n' ',')
	printf '[{"Config":"blobs/sha256/%s","RepoTags":["node:latest"],"Layers":[%s]}]' "$config" \
		"${layers%,}" >both/manifest.json
	tar -C both -cf both.tar .
}
if [ "$oci" ] && have 'copies by skopeo' skopeo; then
	copy oci:oci:node oci-archive:copied.tar:node && same 'an OCI archive by skopeo' copied.tar
	if copy oci:oci:node docker-archive:docker.tar:node:latest; then
		same 'a docker archive by skopeo' docker.tar
		same 'a docker archive by reference' docker-archive:docker.tar:node
		old_docker_form
		same 'a docker archive of the old form' old.tar
		gzip -c old.tar >old.tar.gz
		same 'a compressed docker archive' old.tar.gz
	else
		result 1 'a docker archive by skopeo'
	fi
	copy --dest-compress-format zstd oci:oci:node oci:zstd:node && same 'layers in zstd' zstd
	copy --dest-decompress oci:oci:node dir:plain
	combined_form
	same 'OCI layout and docker archive in one' both.tar
	same 'the same, read as an OCI archive' oci-archive:both.tar
fi

by_buildah() {
	set -- buildah --storage-driver vfs --root "$work/store" --runroot "$work/run"
	container=$("$@" from scratch) && "$@" copy -q "$container" one / &&
		"$@" config --label builder=buildah "$container" &&
		"$@" commit -q --format oci "$container" "oci-archive:$work/buildah.tar:node" &&
		"$@" rm "$container"
}
if have 'an image by buildah' buildah; then
	if by_buildah >buildah.log 2>&1; then
		mv want want.node
		facts one >want 2>&1
		same 'an image by buildah' buildah.tar
		mv want.node want
	elif [ "$rootless" ]; then
		skip 'an image by buildah' 'buildah does not run for this user'
	else
		sed 's/^/# /' buildah.log
		result 1 'an image by buildah'
	fi
fi

# ---- more than one platform ----

several_platforms() {
	cp -r oci many
	set -- $(entry oci)
	here=$(described manifest "$1" "$2" ',"platform":{"os":"linux","architecture":"riscv64"}')
	umoci init --layout other && umoci new --image other:x &&
		echo arm | put arm/etc/arm && tar -C arm -cf arm.tar . &&
		umoci raw add-layer --image other:x arm.tar && cp -n other/blobs/sha256/* many/blobs/sha256/
	set -- $(entry other)
	there=$(described manifest "$1" "$2" ',"platform":{"os":"linux","architecture":"arm","variant":"v7"}')
	set -- $(index "$there" "$here" | store many)
	index "$(described index "$1" "$2")" >many/index.json
}
if [ "$oci" ]; then
	several_platforms >umoci.log 2>&1 || sed 's/^/# /' umoci.log
	"$OFFNODE" cat --platform linux/arm/v7 many /etc/arm 2>&1 | grep -q '^arm$'
	result $? 'an index of two platforms: the one that was asked for'
	"$OFFNODE" cat --platform linux/riscv64 many /etc/shared 2>&1 | grep -q '^shared$'
	result $? 'an index of two platforms: the other one'
fi

# ---- bad input ----

bad() { # bad NAME STATUS TEXT COMMAND...: one line on standard error that holds TEXT
	name=$1 status=$2 text=$3
	shift 3
	"$OFFNODE" "$@" >bad.out 2>bad.err </dev/null
	got=$?
	if [ $got = "$status" ] && [ "$(wc -l <bad.err)" = 1 ] && grep -q -e "$text" bad.err; then
		result 0 "$name"
	else
		echo "# status $got, want $status: $text"
		sed 's/^/# /' bad.err
		result 1 "$name"
	fi
}
# Every 512 bytes: never a crash, never a pass, always a reason. One of the two zero blocks at the
# end is enough for tar(1), and so for us.
truncated() { # truncated FILE BYTES-AT-THE-END
	size=$(($(wc -c <"$1") - $2)) at=0 wrong=
	while [ $at -lt "$size" ]; do
		head -c $at "$1" >cut
		"$OFFNODE" scan cut >bad.out 2>bad.err </dev/null
		got=$?
		case $got in 65 | 69) [ "$(wc -l <bad.err)" = 1 ] || wrong="$wrong $at(lines)" ;; *) wrong="$wrong $at($got)" ;; esac
		at=$((at + 512))
	done
	[ -z "$wrong" ] || echo "# of $size, wrong at:$wrong"
	[ -z "$wrong" ]
	result $? "$1 truncated at every 512 bytes"
}

bad 'a path that is not there' 66 'nowhere: No such file' scan nowhere
bad 'a path below a file' 66 'Not a directory\|No such file' scan dir:node.tar/x
bad 'a reference to a registry' 66 'docker://registry.example/node:1' scan registry.example/node:1
bad 'a URL that is none' 64 'a URL begins with https://' scan https:node.tar
bad 'a scheme that is none' 64 "'tarr' is not a scheme" scan tarr:node.tar
bad 'a malformed platform' 64 "platform 'linux'" scan --platform linux node.tar
: >empty
bad 'an empty file' 69 'it is empty' scan empty
echo 'just some text' >text
bad 'a text' 69 'no known format (first bytes: 6a 75 73 74' scan text
bad 'a program' 69 'no known format (first bytes: 7f 45 4c 46' scan "$(command -v sh)"
printf 'QFI\373\000\000\000\003' >disk
bad 'the head of a disk image' 65 'qcow2' scan disk
mkdir ova && : >ova/node.ovf && tar -C ova -cf node.ova node.ovf
bad 'an appliance without a disk' 65 'ovf: names no file of a disk' scan node.ova
gzip -c text >text.gz
bad 'a compressed text' 69 'text.gz' scan text.gz
head -c 4096 node.tar >short.tar
truncated short.tar 0
dd if=/dev/zero bs=1k count=64 2>/dev/null >zeros
bad 'nothing but zeros' 65 'empty' scan zeros

# ---- bombs, and names and links that mean harm ----

truncate -s 1T big && tar -S -cf sparse.tar big
rm -f big
"$OFFNODE" ls sparse.tar / 2>&1 | grep -q ' 1099511627776 big$'
result $? 'a sparse file of 1 TiB is listed'
bad 'a sparse file of 1 TiB is not printed' 70 'big: 1099511627776 bytes long, --max-file allows' cat sparse.tar big
if have 'zeros behind xz' xz; then
	head -c 100000000 /dev/zero | xz -0 -c >zeros.xz
	bad 'zeros behind xz' 65 'empty archive' scan zeros.xz
fi
bad 'more entries than are allowed' 70 'more than 5 entries' scan --max-entries 5 node.tar
mkdir odd && : >"odd/$(printf 'a\nb\033[31m')" && echo secret >secret
ln -s "$work/secret" odd/absolute && ln -s ../../../../../../../../../../../../..$work/secret odd/relative &&
	ln -s loop odd/loop && mkfifo odd/pipe && tar -C odd -cf odd.tar .
for target in odd odd.tar; do
	"$OFFNODE" ls $target / >odd.ls 2>&1
	[ "$(wc -l <odd.ls)" = 5 ] && ! grep -q "$(printf '\033')" odd.ls
	result $? "$target: a name with a newline and an escape stays on its line"
	bad "$target: an absolute link does not leave the root" 66 'not in the image' cat $target /absolute
	bad "$target: a relative link does not leave the root" 66 'not in the image' cat $target /relative
	bad "$target: a loop of links is unreadable" 65 'loop: ' cat $target /loop
	bad "$target: a pipe is not a file" 66 'not a regular file' cat $target /pipe
done

# ---- bad stores ----

broken() { # a fresh copy of the layout, to be broken
	rm -rf broken && cp -r oci broken
}
replace() { # replace LAYOUT SED: rewrites the manifest and the index's entry for it
	set -- "$1" "$2" $(entry "$1")
	set -- "$1" $(sed -e "$2" "$1/blobs/sha256/$3" | store "$1")
	index "$(described manifest "$2" "$3")" >"$1/index.json"
}
blob_of_layer() { # blob_of_layer LAYOUT: the first layer's file
	set -- "$1" $(entry "$1")
	sed 's/.*"layers":\[//' "$1/blobs/sha256/$2" | sed -n "s,^[^}]*sha256:\([0-9a-f]*\).*,$1/blobs/sha256/\1,p"
}
if [ "$oci" ]; then
	broken && printf x | dd of="$(blob_of_layer broken)" bs=1 seek=100 conv=notrunc 2>/dev/null
	bad 'a layer with another digest' 65 'layer 1 of 3, sha256:' scan broken
	broken && printf x >>"$(blob_of_layer broken)"
	bad 'a layer of another size' 65 'bytes long, its descriptor says' scan broken
	broken && rm "$(blob_of_layer broken)"
	bad 'a layer that is missing' 65 'blob sha256:[0-9a-f]* is missing' scan broken
	broken && set -- "$(blob_of_layer broken)" && mv "$1" outside && ln -s "$work/outside" "$1"
	bad 'a layer that is a link out of the layout' 65 'blob sha256:[0-9a-f]* is missing' scan broken
	broken && rm broken/blobs/sha256/"$(entry oci | cut -d' ' -f1)"
	bad 'a manifest that is missing' 65 'blob sha256:[0-9a-f]* is missing' scan broken
	broken && replace broken 's/layer\.v1\.tar+gzip/layer.v1.squashfs/'
	bad 'an unknown media type' 69 "media type '[^']*squashfs' is not supported" scan broken
	broken && replace broken 's/layer\.v1\.tar+gzip/layer.v1.tar+gzip+encrypted/'
	bad 'an encrypted layer' 69 'layer 1 of 3: is encrypted' scan broken
	broken && replace broken 's/{/{"manifests":[],/'
	bad 'index and manifest at once' 65 'both an index and a manifest' scan broken
	broken && echo '{' >broken/index.json
	bad 'an index that is not JSON' 65 'index.json: line [12]: not JSON' scan broken
	bad 'another platform only' 69 'no image for linux/s390x, only for' scan --platform linux/s390x many
	bad 'a tag that is not there' 64 "no image is tagged 'x', choose one of node" scan oci:oci:x
	mkdir small && umoci init --layout small/oci >/dev/null 2>&1 && umoci new --image small/oci:x >/dev/null 2>&1 &&
		echo a | put small/t/etc/a && tar -C small/t -cf small/t.tar . &&
		umoci raw add-layer --image small/oci:x small/t.tar >/dev/null 2>&1
	tar -C small/oci -b 1 -cf small.tar oci-layout index.json blobs
	truncated small.tar 512
fi
# Root may read everything, so it asks somebody else, with a copy of the program that they can reach.
mkdir closed && chmod 0 closed && chmod 755 "$work"
offnode=$OFFNODE
if [ -z "$rootless" ]; then
	cp "$OFFNODE" "$work/offnode"
	printf '#!/bin/sh\nexec chroot --userspec=65534:65534 / "%s/offnode" "$@"\n' "$work" >nobody
	chmod 755 nobody
	OFFNODE=$work/nobody
fi
bad 'a directory without permission' 66 'closed: Permission denied' scan "$work/closed"
OFFNODE=$offnode

"$OFFNODE" scan -f json nowhere node.tar text 2>bad.err >bad.out
got=$?
[ $got = 69 ] || [ $got = 66 ] && [ "$(grep -c '"verdict": "fail"' bad.out)" -ge 1 ] && [ "$(wc -l <bad.err)" = 2 ]
result $? 'the other targets are reported beside bad ones'
printf '# nodes\n\nnode.tar\n  tree  \n' >nodes
[ "$("$OFFNODE" scan -f json list:nodes 2>&1 | grep -c '^ *"target":')" = 2 ]
result $? 'a list of targets'
echo list:nodes >nodes2
bad 'a list in a list' 64 'nodes2:1: a list does not name lists' scan list:nodes2
bad 'a list that is not there' 66 'nothing: No such file' scan list:nothing
