#!/usr/bin/env bash
# install.sh - make install puts everything where DESTDIR and PREFIX say, and a program of
# somebody else's builds against what it finds there, with either library. Prints TAP.
set -u
: "${BUILD:=build}" "${CC:=cc}" "${SANITIZE:=}"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
count=0

check() { # check LABEL COMMAND...
	local label=$1
	shift
	if "$@" >"$work/said" 2>&1; then
		echo "ok $((++count)) - $label"
	else
		echo "not ok $((++count)) - $label"
		sed 's/^/# /' "$work/said"
	fi
}

install_all() { MAKEFLAGS='' make -s BUILD="$BUILD" SANITIZE="$SANITIZE" PREFIX=/opt/offnode DESTDIR="$work/root" install; }

have_files() {
	local file
	for file in bin/offnode lib/liboffnode.a lib/liboffnode.so lib/pkgconfig/offnode.pc include/offnode.h \
		share/man/man1/offnode.1; do
		[ -e "$work/root/opt/offnode/$file" ] || { echo "not installed: $file" && return 1; }
	done
	[ "$(ls "$work/root/opt/offnode/include")" = offnode.h ]
}

runs() { "$work/root/opt/offnode/bin/offnode" version | grep -q "$(pc --modversion offnode)"; }

pc() {
	PKG_CONFIG_PATH=$work/root/opt/offnode/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$work/root pkg-config "$@"
}

# Not --static for the system's libraries: those are used as shared ones, only ours is linked in.
build_with() { # build_with NAME LIBRARIES...
	local name=$1
	shift
	# $(pc) gives words.
	# shellcheck disable=SC2046
	$CC ${SANITIZE:+-fsanitize=$SANITIZE} -std=c99 -Wall -Werror $(pc --cflags offnode) -o "$work/$name" "$work/guest.c" "$@" &&
		LD_LIBRARY_PATH=$work/root/opt/offnode/lib "$work/$name"
}

only_public_names() {
	local others
	others=$(nm -D --defined-only "$work/root/opt/offnode/lib/liboffnode.so" |
		awk '{ print $3 }' | grep -v -e '^offnode_' -e '^_' -e '^__' -e 'asan' -e 'ubsan')
	echo "$others"
	[ -z "$others" ]
}

cat >"$work/guest.c" <<'C'
#include <offnode.h>
#include <string.h>

int main(void)
{
	return strcmp(offnode_version(), OFFNODE_VERSION) != 0;
}
C

check 'make install' install_all
check 'program, libraries, header, manual and pkg-config file are there' have_files
check 'the installed program tells its version' runs
# shellcheck disable=SC2046
check 'a program builds with the shared library' build_with shared $(pc --libs offnode)
# shellcheck disable=SC2046
check 'a program builds with the static library' build_with static \
	"$work/root/opt/offnode/lib/liboffnode.a" $(pkg-config --libs $(sed -n 's/^Requires.private: //p' "$work/root/opt/offnode/lib/pkgconfig/offnode.pc")) -pthread
check 'the shared library shows only offnode_ names' only_public_names
echo "1..$count"
