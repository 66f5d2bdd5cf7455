#!/bin/sh
# docs.sh - what the pages say exists: files and make targets they name, and the manual parses.
set -u
failed=0
pages='README.md CONTRIBUTING.md scanner/README.md tests/README.md'
for page in $pages; do
	[ -e "$page" ] || { echo "$page: missing" && failed=1 && continue; }
	for path in $(grep -oE '`(scanner|tests|include|testdata|\.ci)/[A-Za-z0-9_./-]+`' "$page" | tr -d '`' | sort -u); do
		case $path in */x.c | */*_x.c) continue ;; esac
		[ -e "$path" ] || { echo "$page: names $path, which is not there" && failed=1; }
	done
	for target in $(grep -oE '\bmake [a-z][a-z-]+' "$page" | sed 's/make //' | sort -u); do
		grep -qE "^([a-z-]+ )*$target( [a-z-]+)*:" Makefile || { echo "$page: no target $target in the Makefile" && failed=1; }
	done
done
if command -v mandoc >/dev/null 2>&1; then
	mandoc -T lint -W warning scanner/*.[1-8] || failed=1
fi
[ $failed = 0 ] && echo 'docs: clean'
exit $failed
