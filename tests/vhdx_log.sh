#!/usr/bin/env bash
# vhdx_log.sh - VHDX files whose log is in use: as QEMU leaves them wherever it may fall over, and with logs
# of other shapes than it writes. The disk inside, byte for byte, is what QEMU makes of a copy in
# which it replays the log for good. Where nothing in the log is whole, the specification lets nobody
# open the file, and QEMU does. Prints TAP.
# QEMU's tools wait for the disk, and nothing here is worth that.
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. tests/support/trees.sh
diskcmp=$BUILD/tests/diskcmp
have qemu-img
have python3

same_disk() { # same_disk NAME RAW TEST
	"$diskcmp" vhdx "$1.vhdx" "$2" >said 2>&1
	local status=$?
	[ $status = 0 ] || sed 's/^/# /' said
	result $status "$3"
}
not_read() { # not_read NAME TEXT TEST
	! "$diskcmp" vhdx "$1.vhdx" base.raw >said 2>&1 && grep -q "vhdx: log: .*$2" said
	local status=$?
	[ $status = 0 ] || sed 's/^/# /' said
	result $status "$3"
}
by_qemu() { # by_qemu NAME: want.raw, by a copy that has been repaired
	rm -f want.raw && cp "$1.vhdx" copy.vhdx && qemu-img check -q -r all copy.vhdx >said 2>&1 &&
		qemu-img convert -q -f vhdx -O raw copy.vhdx want.raw
}

qemu-img create -q -f vhdx -o block_size=1M base.vhdx 20M
qemu-io -f vhdx -c 'write -P 1 0 3M' -c 'write -P 2 17M 4k' base.vhdx >said
qemu-img convert -q -f vhdx -O raw base.vhdx base.raw

# ---- after each write of QEMU ----

if command -v strace >/dev/null; then
	mkdir states && cp base.vhdx live.vhdx
	# A payload is written before the table that leads to it: old and new disk are both possible.
	ASAN_OPTIONS=detect_leaks=0 strace -f -xx -s 9000 -e trace=pwrite64,ftruncate -o trace qemu-io -f vhdx \
		-c 'write -P 3 4M 4k' -c 'write -P 4 1M 4k' -c 'write -P 5 12345k 4k' -c flush -c 'write -z 2M 4k' live.vhdx >said
	python3 "$top/tests/vhdx_log.py" states base.vhdx trace states >in-use
	n=$(ls states | wc -l)
	cmp -s live.vhdx "states/$n.vhdx" && grep -q whole in-use && grep -q empty in-use
	result $? "$n writes of QEMU, the log in use after $(wc -l <in-use)"
	for ((i = 1; i <= n; i++)); do
		if grep -q "^$i empty" in-use; then
			not_read "states/$i" 'is in use, but no sequence of its entries is whole' "after write $i the log is in use and empty"
		else
			by_qemu "states/$i"
			same_disk "states/$i" want.raw "after write $i"
		fi
	done
else
	skip 'files that QEMU left' 'strace is not installed'
fi

# ---- logs of every shape: all metadata is in the log alone ----

for shape in one several wrap wrap-entry zeros older long torn flushed gone; do
	python3 "$top/tests/vhdx_log.py" craft base.vhdx $shape.vhdx $shape
done
same_disk one base.raw 'one entry'
same_disk several base.raw 'an entry for each sector'
same_disk wrap base.raw 'entries around the end of the ring'
same_disk wrap-entry base.raw 'an entry around the end of the ring'
same_disk zeros base.raw 'zeros, and sectors over them'
same_disk older base.raw 'an entry older than the oldest that counts'
same_disk long base.raw 'three sectors of descriptors'
same_disk torn base.raw 'a torn entry at the end'
not_read flushed 'the file was cut' 'a file shorter than its log says'
not_read gone 'no sequence of its entries is whole' 'a log whose oldest entry is lost'
# QEMU drops the entries at the end of the ring when a sequence goes on at its beginning, and knows
# no entry with more than one sector of descriptors.
for shape in one several wrap-entry zeros older torn; do
	by_qemu $shape && cmp -s want.raw base.raw
	result $? "QEMU agrees: $shape"
done

# ---- what is said of it ----

if command -v mke2fs >/dev/null; then
	truncate -s 4M volume.raw && mke2fs -q -F volume.raw
	qemu-img convert -f raw -O vhdx volume.raw volume.vhdx
	python3 "$top/tests/vhdx_log.py" craft volume.vhdx told.vhdx several
	"$OFFNODE" inspect told.vhdx 2>/dev/null | grep -q ' replayed: the log of the vhdx$'
	result $? 'the log that was replayed is told of'
else
	skip 'what is said of it' 'mke2fs is not installed'
fi
plan
