#!/bin/sh
# all.sh - the lints that look at the tree as text. Run from the top of the repository.
set -u
failed=0
for lint in layers doors sizes names words docs; do
	sh "tests/lint/$lint.sh" || failed=1
done
exit $failed
