#!/bin/sh
# layers.sh - a file of a stage includes only headers of its own stage (a stage may have rooms, which
# are folders in its folder) and of lower ones.
set -u
order='base blob net fs image rootfs inventory shell systemd kubelet rules report'
# Headers in include/ that are not named after their stage.
of_base='arena base64 bytes crc32 crc32c doc error late limit map origin out pull reason str variables vec'
of_blob='unpack'
of_net='registry cache'

awk -v order="$order" -v of_base="$of_base" -v of_blob="$of_blob" -v of_net="$of_net" -v headers="$(find scanner -name '*.h' -o -name '*.def' | tr '\n' ' ')" '
BEGIN {
	n = split(headers, path, " ")
	for (i = 1; i <= n; i++) {
		depth = split(path[i], part, "/")
		private_to[depth > 2 ? part[2] : "(top)", part[depth]] = 1
	}
	n = split(order, stage, " ")
	for (i = 1; i <= n; i++) { rank[stage[i]] = i; owner[stage[i]] = stage[i] }
	split(of_base, b, " ")
	for (i in b) owner[b[i]] = "base"
	split(of_blob, b, " ")
	for (i in b) owner[b[i]] = "blob"
	split(of_net, c, " ")
	for (i in c) owner[c[i]] = "net"
}
function complain(text) { print FILENAME ":" FNR ": " text; failed = 1 }
FNR == 1 {
	split(FILENAME, part, "/")
	if (FILENAME ~ /^include\//) layer = owner[gensub_name(part[2])]
	else layer = part[3] == "" ? "(top)" : part[2]
	if (layer != "(top)" && !(layer in rank) && FILENAME != "include/offnode.h")
		complain("folder or header belongs to no layer of \"" order "\"")
}
function gensub_name(file) { sub(/\.h$/, "", file); return file }
/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, q, "\"")
	header = q[2]
	if (FILENAME == "include/offnode.h") { complain("the public header must not include " header); next }
	if (FILENAME == "scanner/main.c" && header != "offnode.h") {
		complain("main.c is the first customer of offnode.h and must not include " header); next
	}
	if (header ~ /\//) { complain("name a header without its folder: " header); next }
	if (FILENAME !~ /^include/ && (layer, header) in private_to) next
	if (header == "offnode.h") {
		if (layer != "(top)" && layer != "report" && layer != "rules")
			complain("layer \"" layer "\" must not include offnode.h, which stands above all layers")
		next
	}
	name = gensub_name(header)
	if (!(name in owner)) {
		complain("no header " header " for layer \"" layer "\": a private header does not leave its folder"); next
	}
	if (layer != "(top)" && rank[owner[name]] > rank[layer])
		complain("layer \"" layer "\" must not include " header " of the higher layer \"" owner[name] "\"")
}
END { if (!failed) print "layers: clean"; exit failed }
' include/*.h $(find scanner -name '*.[ch]' | sort)
