#!/bin/sh
# demo.sh OFFNODE - scans the bundled images, and says in a line each what they show.
# Ends 0 when the verdicts are the expected ones: 1 for the failing node, 0 for the passing one.
set -u
offnode=$1
failed=0

show() { # show EXPECTED-STATUS WHY IMAGE...
	want=$1
	printf '\n# %s\n' "$2"
	shift 2
	for image; do
		printf '\n$ %s scan -c 4.2.6 %s\n\n' "$offnode" "$image"
		status=0
		"$offnode" scan -c 4.2.6 "$image" || status=$?
		printf '\n(exit status %d)\n' "$status"
		[ "$status" = "$want" ] || failed=1
	done
}

show 1 'This node fails: KUBELET_SYSTEM_PODS_ARGS in a drop-in beats the "true" of config.yaml.' \
	testdata/images/node-fail.tar.gz
show 1 'The same node as an OCI image: the site layer brings that drop-in.' \
	testdata/images/node-fail.oci.tar
show 0 'This node passes: config.yaml says true and no flag overrules it; tarball, then OCI image.' \
	testdata/images/node-pass.tar.gz testdata/images/node-pass.oci.tar

if [ "$failed" = 0 ]; then
	printf '\nThe demo ended as it should: one image fails, one passes. Yours: %s scan IMAGE\n' "$offnode"
else
	printf '\ndemo: a sample image did not give the verdict it was made for\n' >&2
fi
exit "$failed"
