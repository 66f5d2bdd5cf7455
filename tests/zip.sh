#!/usr/bin/env bash
# zip.sh - archives that Info-ZIP makes read back as their tree: deflated, stored, with numbers of 64 bits,
# and written to a pipe; encrypted members are told from damaged ones. Prints TAP.
. tests/support/trees.sh
have zip
stress_tree || exit 1
# What a zip keeps: no owners, no devices; the mode of the top directory is not in it.
rm -rf tree/modes/fifo tree/modes/null tree/modes/disk tree/modes/owner* tree/dir4000 tree/sparse
python3 "$top/tests/stress_tree.py" manifest tree >tree.manifest

archive() { # archive FILE OPTION...
	(cd tree && zip -q -y -r "${@:2}" - . >"../$1")
}
(cd tree && zip -q -y -r ../image.zip .)
same_tree image.zip 'deflated'
archive piped
same_tree piped 'written to a pipe'
archive large -fz
same_tree large 'numbers of 64 bits'
(cd tree && zip -q -0 -y -r ../stored.zip .)
same_tree stored.zip 'stored'
(cd tree && zip -q -P secret -r ../encrypted.zip hard)
refused encrypted.zip 'encrypted members are told' 'zip: the file is encrypted'
head -c 100000 image.zip >short
refused short 'a truncated archive is refused' 'no directory at its end'
python3 - <<-'END'
	import io, zipfile
	whole = io.BytesIO()
	with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as z:
	    z.writestr("file", b"0123456789" * 40000)
	told = bytearray(whole.getvalue())
	size = told.rindex(b"PK\1\2") + 24
	told[size:size + 4] = (50).to_bytes(4, "little")
	open("longer.zip", "wb").write(told)
	END
refused longer.zip 'a member with more bytes than are told is refused' 'longer than the directory has it'
mkdir small && cp -a tree/links tree/hard small && (cd small && zip -q -y -r ../small.zip .)
mutations 200 small.zip
plan
