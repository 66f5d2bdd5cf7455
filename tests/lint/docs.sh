#!/bin/sh
# docs.sh - what the pages say exists, files and make targets they name; they list every scheme of a
# target and every choice behind '#'; and the manual parses.
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
# Every way to write a target is in every place that lists them.
schemes=$(sed -n 's/^	X([a-z0-9_]*, "\([a-z0-9-]*\)").*/\1/p' scanner/image/formats.h)
[ "$(echo "$schemes" | wc -l)" -gt 10 ] || { echo 'docs: no schemes in scanner/image/formats.h' && failed=1; }
for scheme in $schemes list; do
	grep -q "\`$scheme:" README.md || { echo "README.md: lacks the scheme $scheme" && failed=1; }
	grep -qE "^	 *\".* $scheme[;\\ ]" scanner/main.c || { echo "scanner/main.c: lacks the scheme $scheme" && failed=1; }
	for page in scanner/offnode.1 scanner/offnode-targets.7; do
		grep -qE "(^|[. ])Cm $scheme( |\$)" "$page" || { echo "$page: lacks the scheme $scheme" && failed=1; }
	done
done
keys=$(sed -n 's/.*{S("\([a-z]*\)"), &out->.*/\1=/p' scanner/image/choice.c)
[ -n "$keys" ] || { echo 'docs: no keys in scanner/image/choice.c' && failed=1; }
for choice in p2 vg0/root $keys; do
	for page in README.md scanner/main.c scanner/offnode.1 scanner/offnode-targets.7; do
		grep -q "#$choice" "$page" || { echo "$page: lacks #$choice" && failed=1; }
	done
done
if command -v mandoc >/dev/null 2>&1; then
	mandoc -T lint -W warning scanner/*.[1-8] || failed=1
fi
[ $failed = 0 ] && echo 'docs: clean'
exit $failed
