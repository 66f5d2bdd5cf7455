# trees.sh - for scripts that compare file systems with the tree they were made from; sourced. Makes
# $work, goes there, and leaves no trace of it.
set -u
export LC_ALL=C
: "${BUILD:=build}" "${OFFNODE:=$BUILD/offnode}"
top=$PWD
case $BUILD in /*) ;; *) BUILD=$top/$BUILD ;; esac
case $OFFNODE in /*) ;; *) OFFNODE=$top/$OFFNODE ;; esac
work=$(mktemp -d) || exit 1
trap 'chmod -R u+rwX "${work:?}" 2>/dev/null; rm -rf "${work:?}"' EXIT
cd "$work" || exit 1
umask 022
manifest=$BUILD/tests/manifest mutate=$BUILD/tests/mutate
tests=0

result() { # result STATUS NAME
	tests=$((tests + 1))
	if [ "$1" = 0 ]; then echo "ok - $2"; else echo "not ok - $2"; fi
}
skip() { # skip NAME REASON
	tests=$((tests + 1))
	echo "ok - $1 # SKIP $2"
}
plan() {
	echo "1..$tests"
}
have() { # have TOOL: else one skip, and the script is done
	command -v "$1" >/dev/null && return
	skip "$1" "$1 is not installed"
	plan
	exit 0
}
stress_tree() { # makes tree/ and tree.manifest
	python3 "$top/tests/stress_tree.py" make tree &&
		python3 "$top/tests/stress_tree.py" manifest tree >tree.manifest
}
same_tree() { # same_tree IMAGE NAME [MANIFEST]: the image reads back as the tree it was made of
	"$manifest" "$1" >image.manifest 2>said
	status=$?
	cmp -s "${3:-tree.manifest}" image.manifest || status=1
	[ $status = 0 ] || { sed 's/^/# /' said && diff "${3:-tree.manifest}" image.manifest | head -5 | sed 's/^/# /'; }
	result $status "$2"
}
refused() { # refused IMAGE NAME TEXT: it is not read, and TEXT says why
	"$manifest" "$1" >image.manifest 2>said && status=1 || status=0
	grep -qF -e "$3" said image.manifest || status=1
	[ $status = 0 ] || sed 's/^/# /' said
	result $status "$2"
}
mutations() { # mutations COUNT IMAGE...
	"$mutate" "$1" 1 "${@:2}" >said 2>&1
	status=$?
	grep -q '^not ok' said && status=1
	[ $status = 0 ] || sed 's/^/# /' said
	result $status "$1 mutations of each of $(($# - 1)) images: no crash, no hang"
}
