#!/usr/bin/env bash
# uki.sh - the initrd in a unified kernel image that objcopy makes, as it is and with microcode in front,
# in each compression that kernels read; the same with the initrd alone. Prints TAP.
. tests/support/trees.sh
have objcopy
have cpio
mkdir -p root/etc early/kernel/x86/microcode
echo 'ID=node' >root/etc/os-release && echo told >root/etc/hostname && ln -s hostname root/etc/link
head -c 5000 "$OFFNODE" >early/kernel/x86/microcode/GenuineIntel.bin
pack() { (cd "$1" && find . | sort | cpio -o -H newc --quiet); }
pack root >main && pack early >microcode
echo 'int _start(void) { return 0; }' | ${CC:-cc} -c -ffreestanding -x c -o program.o - || exit 1

told() { # told FILE NAME: a file of the initrd is found, through a link
	got=$("$OFFNODE" cat "$1" /etc/link 2>said)
	[ "$got" = told ]
	status=$?
	[ $status = 0 ] || sed 's/^/# /' said
	result $status "$2"
}
kernel() { # kernel FILE INITRD
	objcopy -I elf64-x86-64 -O pei-x86-64 --remove-section .comment --add-section .initrd="$2" \
		--set-section-flags .initrd=contents,alloc,load,data,readonly \
		--change-section-vma .initrd=0x3000000 program.o "$1" 2>said
}
if ! kernel kernel.efi main; then
	skip 'unified kernel' "$(tail -n 1 said)"
	plan
	exit 0
fi
told kernel.efi 'plain cpio'
for codec in gzip xz zstd lz4 bzip2; do
	$codec -c <main >packed 2>/dev/null || continue
	[ $codec = xz ] && xz --check=crc32 -c <main >packed
	cat microcode packed >both
	kernel kernel.efi both
	told kernel.efi "microcode, then $codec"
	told both "microcode, then $codec, as a file"
done
head -c "$(($(stat -c %s kernel.efi) - 3000))" kernel.efi >short
"$OFFNODE" cat short /etc/link >said 2>&1
[ $? = 65 ] && grep -q 'runs over the end of its file' said
result $? 'a truncated kernel is refused'
plan
