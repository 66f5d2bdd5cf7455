#!/bin/sh
# ostree.sh - deployments as ostree itself makes them: the root that offnode sees must be the one
# that would boot, as a directory and packed; its capture must give the same report. Prints TAP.
set -u
export LC_ALL=C
: "${BUILD:=build}" "${OFFNODE:=$BUILD/offnode}"
case $OFFNODE in /*) ;; *) OFFNODE=$PWD/$OFFNODE ;; esac
work=$(mktemp -d) || exit 1
trap 'chmod -R u+rwX "${work:?}" 2>/dev/null; rm -rf "${work:?}"' EXIT
cd "$work" || exit 1
umask 022

result() { # result STATUS NAME
	if [ "$1" = 0 ]; then echo "ok - $2"; else echo "not ok - $2"; fi
}
command -v ostree >/dev/null || {
	echo 'ok - ostree # SKIP ostree is not installed'
	echo 1..1
	exit 0
}
[ "$(id -u)" = 0 ] || {
	echo 'ok - ostree # SKIP a deployment is made by root'
	echo 1..1
	exit 0
}
# It would make the deployments immutable, and then they could not be removed.
export OSTREE_SYSROOT_DEBUG=mutable-deployments

put() { # put PATH < text
	mkdir -p "$(dirname "$1")" && cat >"$1"
}
deploy() { # deploy VALUE: commits the tree with that flag, and makes it what boots next
	printf 'KUBELET_ARGS=--make-iptables-util-chains=%s\n' "$1" | put tree/usr/etc/default/kubelet
	ostree --repo=sys/ostree/repo commit -b node --tree=dir=tree >/dev/null &&
		ostree admin deploy --sysroot=sys --os=node node >/dev/null 2>&1
}
verdict() { # verdict TARGET...: the one of the rule about iptables
	"$OFFNODE" scan -f json -c kubelet-make-iptables-util-chains "$@" 2>&1 |
		sed -n 's/^ *"verdict": "\(.*\)",/\1/p' | tr '\n' ' '
}
expect() { # expect VERDICT NAME TARGET...
	want=$1 name=$2
	shift 2
	got=$(verdict "$@")
	[ "$got" = "$want " ]
	status=$?
	[ $status = 0 ] || echo "# want '$want ', got '$got'"
	result $status "$name"
}

mkdir -p tree/usr/lib/modules/6.1 tree/boot tree/dev tree/proc tree/run tree/sys tree/sysroot tree/tmp tree/var
ln -s sysroot/ostree tree/ostree
ln -s var/opt tree/opt
echo kernel | put tree/usr/lib/modules/6.1/vmlinuz
echo initramfs | put tree/usr/lib/modules/6.1/initramfs.img
printf 'ID=node\nPRETTY_NAME="Node OS"\n' | put tree/usr/lib/os-release
mkdir -p tree/usr/etc && ln -s ../usr/lib/os-release tree/usr/etc/os-release
put tree/usr/lib/systemd/system/kubelet.service <<'EOF'
[Service]
EnvironmentFile=/etc/default/kubelet
ExecStart=/usr/bin/kubelet --config=/opt/kubelet.yaml $KUBELET_ARGS
[Install]
WantedBy=multi-user.target
EOF
mkdir sys && ostree admin init-fs sys && ostree admin os-init --sysroot=sys node >/dev/null
# Without a deployment there is nothing to ask about, and no path below can be trusted.
deploy false || {
	echo 'not ok - ostree makes a deployment'
	exit 1
}
echo 'ok - ostree makes a deployment'
put sys/ostree/deploy/node/var/opt/kubelet.yaml <<'EOF'
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
EOF
"$OFFNODE" inspect sys | grep -q '^  root  *.ostree/deploy/node/deploy/.*one of 1 deployments'
result $? 'inspect names the deployment'
[ "$("$OFFNODE" cat sys /etc/os-release)" = "$(cat tree/usr/lib/os-release)" ]
result $? 'a file of the deployment by its path in the root'
[ "$("$OFFNODE" cat sys /opt/kubelet.yaml)" = "$(cat sys/ostree/deploy/node/var/opt/kubelet.yaml)" ]
result $? 'a file of its /var, through a link'
[ "$("$OFFNODE" ls sys / | awk '{print $5}' | tr '\n' ' ')" = 'boot dev etc opt ostree proc run sys sysroot tmp usr var ' ]
result $? 'the names of the root'
expect fail 'a deployment' sys

deploy true
[ "$(find sys/boot/loader/entries -name '*.conf' | wc -l)" = 2 ]
result $? 'ostree keeps the one before'
expect pass 'of two the default boots' sys
tar -C sys -cf sys.tar . && gzip -k sys.tar
expect pass 'the same as tar' sys.tar
expect pass 'the same as tar.gz' sys.tar.gz
"$OFFNODE" capture sys >sys.txtar
expect pass 'the same captured' sys.txtar
report() { # report TARGET: what does not name the container
	"$OFFNODE" scan -f json "$1" |
		sed '/"target":/d; /"kind":/d; /"readAs":/d; /"layer":/d; /^ *"\(directory\|txtar\|sys\|sys.txtar\)"$/d'
}
report sys >want && report sys.txtar >got && cmp -s want got
result $? 'a capture gives the same report'
ostree admin undeploy --sysroot=sys 0 >/dev/null 2>&1
expect fail 'the one before, when the newest was taken back' sys
deploy true

# /boot on another partition
mv sys/boot boot.elsewhere && mkdir sys/boot
links=$(find sys/ostree -path 'sys/ostree/boot.*/node/*/0' -type l)
first=$(readlink -f "${links:?}")
case $first in
"$work"/sys/ostree/deploy/node/deploy/?*) ;;
*)
	echo "not ok - one link is the first"
	exit 1
	;;
esac
echo 'ok - one link is the first'
case $(cat "$first/etc/default/kubelet") in *=true) want=pass ;; *) want=fail ;; esac
expect "$want" 'without boot entries the first link counts' sys
rm -rf "$work"/sys/ostree/boot.?*
"$OFFNODE" scan sys 2>&1 | grep -q 'which deployment boots is a guess'
result $? 'a guess is told'

# A system that was copied while it ran, and a container image of one: /ostree is a link.
cp -a "${first:?}" live && cp -a sys/ostree live/sysroot/ && mkdir -p live/var/opt &&
	cp sys/ostree/deploy/node/var/opt/kubelet.yaml live/var/opt/
expect "$want" 'a running system that was copied' live
