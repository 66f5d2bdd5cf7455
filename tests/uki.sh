#!/usr/bin/env bash
# uki.sh - the initrd in a unified kernel image that objcopy makes, as it is and with microcode in front,
# in each compression that kernels read, and of the profile that boots; the same with the initrd alone.
# Prints TAP.
. tests/support/trees.sh
. "$top/tests/support/uki.sh"
have objcopy
have cpio
have python3
mkdir -p root/etc other/etc early/kernel/x86/microcode
echo 'ID=node' >root/etc/os-release && echo told >root/etc/hostname && ln -s hostname root/etc/link
echo other >other/etc/link
head -c 5000 "$OFFNODE" >early/kernel/x86/microcode/GenuineIntel.bin
pack() { (cd "$1" && find . | sort | cpio -o -H newc --quiet); }
pack root >main && pack early >microcode && pack other >other.cpio

told() { # told FILE NAME: a file of the initrd is found, through a link
	got=$("$OFFNODE" cat "$1" /etc/link 2>said)
	[ "$got" = told ]
	status=$?
	[ $status = 0 ] || sed 's/^/# /' said
	result $status "$2"
}
not_read() { # not_read FILE NAME [TEXT]
	"$OFFNODE" cat "$1" /etc/link >said 2>&1
	[ $? = 65 ] && grep -q -e "${3:-}" said
	status=$?
	[ $status = 0 ] || sed 's/^/# /' said
	result $status "$2"
}
if ! unified kernel.efi .initrd=main 2>said; then
	skip 'unified kernel' "$(tail -n 1 said)"
	plan
	exit 0
fi
told kernel.efi 'plain cpio'
for codec in 'gzip -c' 'xz --check=crc32 -c' 'zstd -c' 'lz4 -c' 'lz4 -l -c' 'bzip2 -c' 'lzma -c'; do
	$codec <main >packed 2>/dev/null || { skip "$codec" 'is not installed'; continue; }
	cat microcode packed >both
	unified kernel.efi .initrd=both
	told kernel.efi "microcode, then $codec"
	told both "microcode, then $codec, as a file"
	# Linux would go on with what follows, so that may not be passed over.
	cat microcode packed other.cpio >three
	not_read three "$codec, then more"
done
for codec in 'gzip -c' 'zstd -c' 'zstd --no-check -c'; do
	$codec <main >packed 2>/dev/null && head -c 3 /dev/zero >>packed || { skip "$codec" 'is not installed'; continue; }
	told packed "$codec, padded with zeros"
done
cat main other.cpio >two
[ "$("$OFFNODE" cat two /etc/link 2>/dev/null)" = other ]
result $? 'of two archives the latter has the last word'

echo kernel >linux && echo quiet >cmdline && echo ID=one >one && echo ID=two >two
unified kernel.efi .linux=linux .cmdline=cmdline .dtb=linux .dtb=linux .dtbauto=linux .ucode=microcode .initrd=main
told kernel.efi 'microcode and device trees in sections of their own'
unified kernel.efi .linux=linux .initrd=other.cpio .profile=one .initrd=main .profile=two .initrd=other.cpio
told kernel.efi 'the first profile has its own initrd'
unified kernel.efi .linux=linux .initrd=main .profile=one .cmdline=cmdline .profile=two .initrd=other.cpio
told kernel.efi 'the first profile has that of all'
unified kernel.efi .linux=linux .profile=one .cmdline=cmdline .profile=two .initrd=main
"$OFFNODE" cat kernel.efi /etc/link >said 2>&1
[ $? = 69 ]
result $? 'the first profile has none'
unified kernel.efi .initrd=main
head -c "$(($(stat -c %s kernel.efi) - 3000))" kernel.efi >short
not_read short 'a truncated kernel is refused' 'runs over the end of its file'
plan
