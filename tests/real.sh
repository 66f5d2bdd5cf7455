#!/usr/bin/env bash
# real.sh - a whole Debian (or Ubuntu) root, made now from the machine's own package archive, with
# kubeadm-style units in it, scanned in every container format: the results must be the same but
# for the names of targets and layers. Of each service in it offnode must say what the root's own
# systemd says in its test mode, and of random services what it does with them when it boots. Needs
# root and the package archive. Prints TAP.
set -u
: "${BUILD:=build}" "${OFFNODE:=$BUILD/offnode}"
work=$BUILD/real
count=0

ok() { echo "ok $((++count)) - $1"; }
not_ok() { echo "not ok $((++count)) - $1"; }
check() { # check LABEL COMMAND...
	local label=$1
	shift
	if "$@"; then ok "$label"; else not_ok "$label"; fi
}
finish() { echo "1..$count"; exit 0; }

if [ "$(id -u)" != 0 ]; then
	echo "1..0 # SKIP real: making a root filesystem with its owners needs root"
	exit 0
fi
rm -rf "$work"
mkdir -p "$work"
# Files of hundreds of megabytes are not left behind.
trap 'rm -rf "$work"' EXIT

# ---- the root ----

# What apt here knows of the distribution itself; other archives have keys of their own.
mirrors() {
	apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' "Origin: $1" 2>/dev/null | sort -u
}

make_root() {
	local id codename lines options=() line
	. /etc/os-release
	id=$(echo "${ID^}") codename=$VERSION_CODENAME
	lines=$(mirrors "$id")
	[ -n "$lines" ] || { apt-get update -qq && lines=$(mirrors "$id"); }
	while read -r line; do options+=(--aptopt="$line"); done < <(
		apt-config dump | grep -E '^Acquire::(https?::Proxy|Check-Valid-Until|Check-Date) ')
	printf '%s\n' "$lines" | mmdebstrap --quiet --mode=root --variant=minbase \
		--include=systemd,systemd-sysv,dbus,cron,openssh-server "${options[@]}" "$codename" "$work/root" - 2>"$work/root.log" ||
		{ cat "$work/root.log"; return 1; }
}

# The units come from the sample image, in two steps: what an image builder put in (with a
# drop-in that the last layer deletes), and what kubeadm left.
install_package() {
	tar -C "$1" -xzf testdata/images/node-fail.tar.gz ./usr/lib/systemd/system/kubelet.service \
		./etc/systemd/system/multi-user.target.wants/kubelet.service
	mkdir -p "$1/etc/systemd/system/kubelet.service.d"
	printf '[Service]\nEnvironment=KUBELET_EXTRA_ARGS=--v=9\n' >"$1/etc/systemd/system/kubelet.service.d/99-old.conf"
}
install_join() {
	rm "$1/etc/systemd/system/kubelet.service.d/99-old.conf"
	tar -C "$1" -xzf testdata/images/node-fail.tar.gz ./var/lib/kubelet ./etc/default/kubelet \
		./etc/systemd/system/kubelet.service.d/10-kubeadm.conf
}

pack_tar() { tar -C "$1" --numeric-owner --sort=name -cf "$2" .; }

pack_cpio() { (cd "$1" && find . -print0 | sort -z | cpio --quiet -0 -o -H newc) >"$2"; }

# ---- the same node in each format ----

make_oci() { # two layers by umoci: the first from the tar, the second what changed after it
	pack_tar "$work/root" "$work/base.tar" &&
		umoci init --layout "$work/oci" && umoci new --image "$work/oci:node" &&
		umoci raw add-layer --image "$work/oci:node" "$work/base.tar" &&
		umoci unpack --image "$work/oci:node" "$work/bundle" &&
		install_join "$work/bundle/rootfs" &&
		umoci repack --image "$work/oci:node" "$work/bundle"
} >"$work/oci.log" 2>&1

make_archives() {
	local tar=$work/node.tar
	pack_tar "$work/root" "$tar" && pack_cpio "$work/root" "$work/node.cpio" &&
		bsdtar -C "$work/root" --format=pax -cf "$work/node.pax" . &&
		gzip -1 -c "$tar" >"$tar.gz" && zstd -q -1 -T0 -c "$tar" >"$tar.zst" &&
		xz -0 -T0 -c "$tar" >"$tar.xz" && bzip2 -1 -c "$tar" >"$tar.bz2" &&
		lz4 -q -c "$tar" >"$tar.lz4" && gzip -1 -c "$work/node.cpio" >"$work/node.cpio.gz"
}

copy_image() { skopeo --insecure-policy copy -q "oci:$work/oci:node" "$1" >"$work/copy.log" 2>&1 || { cat "$work/copy.log"; false; }; }

# ---- equality ----

# Leaves out what names the container the node came in, and nothing else.
cat >"$work/same.py" <<'PY'
import json, sys
DROP = {"target", "kind", "trail", "digest", "platform", "labels", "layer", "layers", "read", "readAs"}
def strip(v):
    if isinstance(v, dict):
        return {k: strip(x) for k, x in v.items() if k not in DROP}
    return [strip(x) for x in v] if isinstance(v, list) else v
json.dump(strip(json.load(open(sys.argv[1]))), sys.stdout, indent=1, ensure_ascii=False)
PY

reports() { # reports NAME TARGET: the three documents, stripped
	local command
	for command in scan argv config; do
		"$OFFNODE" "$command" -f json "$2" >"$work/$1.$command.raw" 2>"$work/$1.$command.err" <"${3:-/dev/null}"
		echo "$command status $?"
		python3 "$work/same.py" "$work/$1.$command.raw" || cat "$work/$1.$command.err"
	done >"$work/$1.json" 2>&1
}

same_as_directory() { # same_as_directory NAME TARGET [STDIN]
	reports "$@"
	diff -u "$work/directory.json" "$work/$1.json"
}

decided_by_drop_in() {
	grep -q '^scan status 1$' "$work/directory.json" &&
		grep -q '"verdict": "fail"' "$work/directory.json" &&
		grep -q '/etc/systemd/system/kubelet.service.d/10-kubeadm.conf' "$work/directory.json" &&
		! grep -q -e '--v=9' "$work/directory.json"
}

# ---- the root's own systemd ----

# test_mode ROOT NAMES: loads the units and dumps them, without booting. It is the version of the
# root that answers; it must be neither root nor PID 1, and generators may write to /run alone.
test_mode() {
	timeout -k 1 60 unshare -mpf --kill-child sh -c '
		mount -t sysfs sys "$1/sys" && mount -t cgroup2 cgroup "$1/sys/fs/cgroup"
		mount -t proc proc "$1/proc" && mount -t tmpfs run "$1/run" &&
		mount -t tmpfs tmp "$1/tmp" && mkdir -p "$1/run/systemd/system" &&
		printf "[Unit]\nWants=%s\n" "$2" >"$1/run/systemd/system/all.target" || exit 1
		chroot --userspec=65534:65534 "$1" /usr/bin/env SYSTEMD_LOG_TARGET=console \
			/usr/lib/systemd/systemd --test --system --unit=all.target </dev/null
		exit $?' sh "$@"
}

same_as_systemd() {
	test_mode "$work/root" "$(python3 tests/units.py "$OFFNODE" "$work/root" --names)" \
		>"$work/units.dump" 2>"$work/units.err" || { cat "$work/units.err"; return 1; }
	python3 tests/units.py "$OFFNODE" "$work/root" "$work/units.dump"
}

# Random services, really started by that systemd as PID 1: words, environment, states, files.
same_as_a_boot() { # same_as_a_boot SEED COUNT
	local label="$2 random services do what they do in a booted machine" said status
	said=$(bash tests/boot/boot.sh "$OFFNODE" "$work/root" "$work/boot" "$1" "$2" 2>&1)
	status=$?
	case $status in
	0) ok "$label" ;;
	77) ok "$label # SKIP $said" ;;
	*) not_ok "$label" && printf '%s\n' "$said" ;;
	esac
	rm -rf "$work/boot"
}

make_root || { not_ok 'mmdebstrap makes a root'; finish; }
ok 'mmdebstrap makes a root'
install_package "$work/root"
check 'umoci makes an OCI image of two layers' make_oci
install_join "$work/root"
rm -rf "$work/bundle" "$work/base.tar"
check 'tar, bsdtar, cpio and the compressors pack it' make_archives
reports directory "dir:$work/root"
check 'the directory fails by its drop-in' decided_by_drop_in || cat "$work/directory.json"

check "each service is what the root's own systemd says" same_as_systemd
same_as_a_boot 1 100

for suffix in tar tar.gz tar.zst tar.xz tar.bz2 tar.lz4 pax cpio cpio.gz; do
	check "node.$suffix gives the same as the directory" same_as_directory "$suffix" "$work/node.$suffix"
done
check 'standard input gives the same as the directory' same_as_directory stdin - "$work/node.tar.gz"
check 'an OCI layout gives the same' same_as_directory oci "oci:$work/oci:node"
check 'skopeo copies it to an OCI archive' copy_image "oci-archive:$work/oci.tar:node"
check 'an OCI archive gives the same' same_as_directory oci-archive "$work/oci.tar"
check 'skopeo copies it to a docker archive' copy_image "docker-archive:$work/docker.tar:node:latest"
check 'a docker archive gives the same' same_as_directory docker-archive "$work/docker.tar"

capture() { "$OFFNODE" capture "$work/node.tar.gz" >"$work/node.txtar"; }
check 'capture writes a text capture' capture
check 'the capture gives the same' same_as_directory capture "txtar:$work/node.txtar"
finish
