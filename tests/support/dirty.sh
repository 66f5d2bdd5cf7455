# dirty.sh - for scripts that compare a volume whose log was not replayed with what Linux makes of it;
# sourced after trees.sh, by root.

# A mount namespace that somebody else makes meanwhile would keep what is mounted here: the volume
# would still be in use after it was unmounted, and be shown again where its copy was to be mounted.
if [ "$(id -u)" = 0 ] && [ -z "${ALONE:-}" ]; then
	cd "$top" && rm -rf "${work:?}" && ALONE=1 exec unshare -m bash "$0"
fi

# What is written while it is being copied makes a state that no machine was in: somebody's sync(2)
# is enough. Then it is copied once more.
copy_at_once() {
	local tries
	for tries in {1..20}; do
		cp --sparse=always dirty copy && cmp -s dirty copy && return
	done
	echo "# written to during each of $tries copies"
	return 1
}

dirty_round() { # dirty_round SEED COUNT MKFS-COMMAND MOUNT-OPTIONS
	local name="log of $2 changes by seed $1, $3${4:+, mounted $4}" log= options=loop
	case $3 in
	*xfs*) ;;
	*) options=loop,commit=300 ;; # nothing is written meanwhile
	esac
	mkdir -p mnt && rm -f dirty copy && truncate -s 160M dirty
	# shellcheck disable=SC2086 # a command is words
	$3 dirty >said 2>&1 && mount -o "$options${4:+,$4}" dirty mnt 2>said || {
		skip "$name" "$(tail -n 1 said)"
		return
	}
	python3 "$top/tests/fsync_load.py" mnt "$1" "$2"
	case $3 in
	*xfs*) xfs_io -x -c 'shutdown -f' mnt >said 2>&1 ;; # else it writes while it is being copied
	esac
	copy_at_once || { umount mnt && result 1 "$name: it could not be copied while nothing was written"; return; }
	umount mnt
	case $3 in
	*btrfs*) log=$(btrfs inspect-internal dump-super copy | awk '/^log_root[ \t]/ { print $2 }') ;;
	esac
	cp --sparse=always copy dirty
	mount -o loop dirty mnt 2>said || {
		skip "$name" "Linux would not mount it: $(tail -n 1 said)"
		return
	}
	python3 "$top/tests/stress_tree.py" manifest mnt >mounted.manifest
	umount mnt
	if [ "$log" = 0 ]; then
		name="$name (it was committed)"
	fi
	same_tree copy "$name" mounted.manifest
	grep -q '^stale' said && result 1 "$name: nothing is stale"
}
