# uki.sh - for scripts that need unified kernel images; sourced. A stub of no use, to which objcopy adds
# sections; since that makes none of the same name twice, they get theirs afterwards.

unified() { # unified OUT NAME=FILE...: sections in that order
	local out=$1 address=50331648 i=0 section options=()
	[ -e program.o ] || echo 'int _start(void) { return 0; }' | ${CC:-cc} -c -ffreestanding -x c -o program.o - || return
	shift
	for section; do
		options+=(--add-section ".s$i=${section#*=}" --change-section-vma ".s$i=$address"
			--set-section-flags ".s$i=contents,alloc,load,data,readonly")
		address=$((address + 16777216)) i=$((i + 1))
	done
	objcopy -I elf64-x86-64 -O pei-x86-64 --remove-section .comment "${options[@]}" program.o "$out" &&
		python3 - "$out" "$@" <<'PY'
import sys
with open(sys.argv[1], "rb") as f:
    kernel = f.read()
for i, section in enumerate(sys.argv[2:]):
    own, given = (name.encode().ljust(8, b"\0") for name in (f".s{i}", section.split("=")[0]))
    kernel = kernel.replace(own, given, 1)
with open(sys.argv[1], "wb") as f:
    f.write(kernel)
PY
}
