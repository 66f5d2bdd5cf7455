#!/bin/sh
# sizes.sh - no function over 100 lines, no file over 600, and the median function under 20.
# A function is what lies between a "{" and a "}" in the first column, as .clang-format lays it out;
# its length is that of its body.
set -u
find scanner include tests -name '*.[ch]' | sort | xargs awk -v max_function=100 -v max_file=600 -v max_median=20 '
FNR == 1 { if (last != "") file_end(); last = FILENAME; start = 0 }
{ lines = FNR }
/^[a-z].*\(/ { heading = $0 }
/^\{/ { start = FNR }
/^\}/ && start {
	size = FNR - start - 1
	if (FILENAME ~ /^scanner\//) length_of[++n] = size
	if (size > max_function) { print FILENAME ":" start ": a function of " size " lines: " heading; failed = 1 }
	start = 0
}
function file_end() {
	if (lines > max_file) { print last ": a file of " lines " lines wants to be two"; failed = 1 }
}
END {
	file_end()
	for (i = 2; i <= n; i++) {
		v = length_of[i]
		for (j = i - 1; j > 0 && length_of[j] > v; j--) length_of[j + 1] = length_of[j]
		length_of[j + 1] = v
	}
	median = n ? length_of[int((n + 1) / 2)] : 0
	if (median >= max_median) { print "scanner: the median function has " median " lines"; failed = 1 }
	if (!failed) printf "sizes: clean (%d functions, median %d lines)\n", n, median
	exit failed
}'
