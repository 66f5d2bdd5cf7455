#!/usr/bin/env bash
# boot.sh OFFNODE ROOT WORK SEED COUNT - boots the systemd of ROOT as PID 1 of its own namespaces, on
# COUNT random services laid over ROOT, starts each of them, and compares what was executed with
# what `offnode argv` says. Needs root. Exit status 77: this machine cannot do it, and why.
set -eu
offnode=$1 root=$(realpath "$2") work=$3 seed=$4 count=$5
here=$(dirname "$0")
rm -rf "$work"
mkdir -p "$work"/{upper,overlay,tree,out}
work=$(realpath "$work")

unshare -Cpmuinf true 2>/dev/null || { echo 'namespaces cannot be made here'; exit 77; }
cc -static -O1 -o "$work/recorder" "$here/recorder.c" 2>/dev/null || { echo 'no static program can be made here'; exit 77; }
python3 "$here/random_units.py" "$work/upper" "$work/recorder" "$seed" "$count" >"$work/units"
mount -t overlay overlay -o "lowerdir=$root,upperdir=$work/upper,workdir=$work/overlay" "$work/tree" 2>/dev/null ||
	{ echo 'an overlay cannot be mounted here'; exit 77; }
trap 'umount -l "$work/tree"' EXIT

# What PID 1 needs of a machine. The first process of the namespaces becomes systemd itself.
cat >"$work/init" <<'INIT'
#!/bin/sh
set -e
mount --make-rprivate /
mount -t proc proc "$1/proc"
mount -t sysfs sysfs "$1/sys"
mount -t tmpfs run "$1/run"
mount -t tmpfs tmp "$1/tmp"
mount --bind /dev "$1/dev"
mount --bind "$2" "$1/out"
mount -t cgroup2 cgroup "$1/sys/fs/cgroup"
exec env -i container=test "$(command -v chroot)" "$1" /usr/lib/systemd/systemd --system \
	--log-target=console --show-status=no --unit=all.target </dev/null
INIT
timeout -k 2 600 unshare -Cpmuinf --kill-child sh "$work/init" "$work/tree" "$work/out" >"$work/console" 2>&1 || true
[ -e "$work/out/finished" ] || { tail -n 20 "$work/console"; exit 1; }
python3 "$here/compare.py" "$offnode" "$work/tree" "$work/out" "$work/units"
