#!/bin/sh
# format.sh FILE... - clang-format agrees. Its releases lay a few things out differently, so only
# the release that .clang-format was tried with is asked.
set -u
wanted='14'
version=$(clang-format --version 2>/dev/null | sed -n 's/.*version \([0-9]*\)\..*/\1/p')
case " $wanted " in
*" $version "*) ;;
*) echo "format: skipped: clang-format ${version:-missing}, the layout is that of $wanted" && exit 0 ;;
esac
clang-format --dry-run -Werror "$@" && echo 'format: clean'
