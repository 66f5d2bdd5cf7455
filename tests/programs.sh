#!/bin/sh
# programs.sh - the version of Kubernetes in real Go programs: a small one in all the ways in which
# the go command builds it, and, from the machine's own package archive, a whole kubectl in the
# place of a kubelet. Each is read in a directory, in a compressed tar, which it goes by, and from a
# capture of it. What it must be is what the linker was told. Prints TAP.
set -u
: "${BUILD:=build}" "${OFFNODE:=$BUILD/offnode}"
case $OFFNODE in /*) ;; *) OFFNODE=$PWD/$OFFNODE ;; esac
if ! command -v go >/dev/null; then
	echo "1..0 # SKIP programs: go is not installed"
	exit 0
fi
work=$(mktemp -d) || exit 1
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work" || exit 1
export GOFLAGS=-mod=mod GOPROXY=off GOTOOLCHAIN=local GOCACHE="$work/cache" GOPATH="$work/go"

# ---- a program with the variables of k8s.io/component-base/version ----

mkdir -p source/cmd/kubelet base/version
printf 'module k8s.io/component-base\ngo 1.19\n' >base/go.mod
cat >base/version/base.go <<'GO'
package version

import "strings"

var (
	gitMajor, gitMinor, gitTreeState string
	gitVersion = "v0.0.0-master+$Format:%H$"
	gitCommit  = "$Format:%H$"
	buildDate  = "1970-01-01T00:00:00Z"
)

func Get() string {
	return strings.Join([]string{gitMajor, gitMinor, gitTreeState, gitVersion, gitCommit, buildDate}, " ")
}
GO
cat >source/go.mod <<'MOD'
module k8s.io/kubernetes
go 1.19
require k8s.io/component-base v0.29.3
replace k8s.io/component-base => ../base
MOD
cat >source/cmd/kubelet/main.go <<'GO'
package main

import (
	"fmt"
	"os/user"

	"k8s.io/component-base/version"
)

func main() { u, _ := user.Current(); fmt.Println(version.Get(), u) }
GO

at=k8s.io/component-base/version
version="-X $at.gitVersion=v1.29.3 -X $at.gitMajor=1 -X $at.gitMinor=29 -X $at.gitTreeState=clean"
version="$version -X $at.gitCommit=6813625b7cd706db5bc7388921be03071e1a492d -X $at.buildDate=2024-03-15T00:06:16Z"

result() { # result STATUS NAME
	if [ "$1" = 0 ]; then echo "ok - $2"; else echo "not ok - $2"; fi
}
told() { # told TARGET: the version of a kubelet, as inspect says it
	"$OFFNODE" inspect "$1" | sed -n 's/^  kubelet *//p'
}
check() { # check NAME VERSION: of root/usr/bin/kubelet
	want=${2:+"$2  (go build info of /usr/bin/kubelet)"}
	tar -C root -czf root.tgz .
	"$OFFNODE" capture root.tgz >root.txtar
	for target in root root.tgz root.txtar; do
		got=$(told "$target")
		[ "$got" = "$want" ] || echo "# $target: '$got', not '$want'"
		[ "$got" = "$want" ]
		result $? "$1, $target"
	done
}
build() { # build NAME VERSION LDFLAGS [GO-FLAG|NAME=VALUE]...
	name=$1 want=$2 flags=$3
	shift 3
	settings='' options=''
	for word; do
		case $word in -*) options="$options $word" ;; *) settings="$settings $word" ;; esac
	done
	# Words without blanks, by hand.
	# shellcheck disable=SC2086
	if ! (cd source && env $settings go build $options -ldflags "$flags" -o ../root/usr/bin/kubelet ./cmd/kubelet) >log 2>&1; then
		sed 's/^/# /' log
		echo "ok - $name # SKIP this go cannot build it here"
		return
	fi
	check "$name" "$want"
}

mkdir -p root/usr/bin
build 'as Kubernetes releases it' v1.29.3 "-s -w $version" -trimpath CGO_ENABLED=0
build 'with symbols and flags' v1.29.3 "$version" CGO_ENABLED=0
build 'by position-independent code' v1.29.3 "-s -w $version" -trimpath -buildmode=pie
build 'by the linker of the system' v1.29.3 "-s -w -linkmode external $version" -trimpath -buildmode=pie CGO_ENABLED=1
build 'static, by the linker of the system' v1.29.3 "-s -w -linkmode external -extldflags -static $version" -trimpath CGO_ENABLED=1
build 'without a version' '' '-s -w' -trimpath CGO_ENABLED=0
build 'as k0s is built' v1.29.3 "-s -w -X $at.gitVersion=v1.29.3 -X $at.gitMajor=1 -X $at.gitMinor=29 -X $at.gitCommit=not_available -X $at.buildDate=2024-03-15T00:06:16Z" -trimpath CGO_ENABLED=0
for arch in arm64 s390x ppc64le 386; do
	build "for $arch" v1.29.3 "-s -w $version" -trimpath CGO_ENABLED=0 GOARCH=$arch
done

# ---- a whole one ----

package=kubernetes-client
if command -v apt-get >/dev/null && apt-cache show $package >/dev/null 2>&1 &&
	apt-get download -qq $package >/dev/null 2>&1 && dpkg -x $package*.deb whole; then
	cp whole/usr/bin/kubectl root/usr/bin/kubelet
	check 'kubectl of the distribution' "$(whole/usr/bin/kubectl version --client 2>/dev/null |
		sed -n 's/.*GitVersion:"\([^"]*\)".*/\1/p; s/^Client Version: \(v.*\)/\1/p')"
else
	echo "ok - kubectl of the distribution # SKIP no archive with $package"
fi
