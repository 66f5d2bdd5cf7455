#!/bin/sh
# words.sh - words of unfinished work, paths of one machine, and who may print.
set -u
failed=0
forbid() { # forbid SENTENCE PATTERN PATH...
	sentence=$1 pattern=$2
	shift 2
	found=$(grep -rnE -- "$pattern" "$@" 2>/dev/null)
	[ -z "$found" ] && return
	printf '%s\n' "$found" | sed "s|\$|   <- $sentence|"
	failed=1
}
forbid 'unfinished work is not committed' '\b(TODO|FIXME|XXX|HACK)\b|\b[Nn]ot implemented|\bunimplemented\b' \
	scanner include
forbid 'a path of one machine' '/work/|/tmp/|/home/[a-z]+/|/root/' scanner include Makefile
forbid 'only main.c prints' '\b(printf|puts|putchar|perror|fprintf)[[:space:]]*\(' \
	$(find scanner -name '*.c' ! -path scanner/main.c)
forbid 'allocate from the arena' '(^|[^a-z_>.])(malloc|calloc|realloc|strdup|strndup|asprintf)[[:space:]]*\(' \
	$(find scanner -mindepth 2 -name '*.c' ! -path scanner/base/arena.c)
forbid 'a function that knows no bound' '(^|[^a-z_])(strcpy|strcat|sprintf|vsprintf|gets|alloca|strtok)[[:space:]]*\(' \
	scanner include
for file in $(find scanner -name '*.c'); do
	head -n 1 "$file" | grep -q '^/\*' && continue
	echo "$file:1: a file begins with a paragraph: what it turns into what, by which specification"
	failed=1
done
[ $failed = 0 ] && echo 'words: clean'
exit $failed
