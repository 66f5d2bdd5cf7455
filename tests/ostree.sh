#!/bin/sh
# ostree.sh - deployments as ostree itself makes them: each that may be booted is a root of its own, in
# the order of the menu, as a directory, packed and on a disk; a capture is of the one that boots and
# must give the same report. Prints TAP.
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
expect 'pass fail' 'each that may be booted has a verdict, the default first' sys
expect pass '#deploy=0 is what boots' 'sys#deploy=0'
expect fail '#deploy=1 is the one before' 'sys#deploy=1'
ostree admin status --sysroot=sys | sed -n 's/^[* ] node \([0-9a-f]*\.[0-9]*\).*/\1/p' >want
"$OFFNODE" inspect sys >said 2>&1
sed -n 's,^  root  *.*/deploy/\([0-9a-f.]*\).*one of 2 deployments.*,\1,p' said >got
[ "$(wc -l <want)" = 2 ] && cmp -s want got && grep -q '^sys#deploy=1 ' said
result $? 'inspect lists them in the order of ostree'
"$OFFNODE" scan -f json -c 4.2.6 sys >report.json 2>&1
sed -n 's/^ *"\(target\|excerpt\)": "\(.*\)",*$/\2/p' report.json | grep -e '^sys#' -e '^KUBELET_ARGS' | tr '\n' ' ' >got
grep -q '^sys#deploy=0 .*=true .*sys#deploy=1 .*=false ' got
result $? 'each quotes the file of its own /etc'
before=$(sed -n 2p want)
[ -n "$before" ] && echo 'KUBELET_ARGS=--config=/var/opt/other.yaml' >"sys/ostree/deploy/node/deploy/$before/etc/default/kubelet"
printf 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nmakeIPTablesUtilChains: true\n' |
	put sys/ostree/deploy/node/var/opt/other.yaml
expect 'pass pass' 'a change in the /etc of one, and the /var of both' sys
echo 'KUBELET_ARGS=--make-iptables-util-chains=false' >"sys/ostree/deploy/node/deploy/${before:?}/etc/default/kubelet"
says() { # says NAME STATUS TEXT VERB TARGET...
	name=$1 want=$2 text=$3
	shift 3
	"$OFFNODE" "$@" >said 2>&1
	[ $? = "$want" ] && grep -q -e "$text" said
	status=$?
	[ $status = 0 ] || sed 's/^/# /' said
	result $status "$name"
}
says 'cat is of what boots' 0 '=true$' cat sys /etc/default/kubelet
says 'cat of the other' 0 '=false$' cat 'sys#deploy=1' /etc/default/kubelet
says 'diff of the two' 1 'make-iptables-util-chains' diff 'sys#deploy=0' 'sys#deploy=1'
says 'a directory has no partitions' 64 "'#p1' chooses in a disk" scan 'sys#p1'
tar -C sys -cf sys.tar . && gzip -k sys.tar
expect 'pass fail' 'the same as tar' sys.tar
expect 'pass fail' 'the same as tar.gz' sys.tar.gz
expect fail '#deploy=1 of a tar.gz' 'sys.tar.gz#deploy=1'
expect fail '#deploy=1 of a tar by its scheme' 'tar:sys.tar#deploy=1'
"$OFFNODE" capture sys >sys.txtar
expect pass 'a capture is of what boots' sys.txtar
report() { # report TARGET: what does not name the container
	"$OFFNODE" scan -f json "$1" |
		sed '/"target":/d; /"kind":/d; /"readAs":/d; /"layer":/d; /^ *"\(directory\|txtar\|sys\|sys.txtar\)"$/d'
}
report 'sys#deploy=0' >want && report sys.txtar >got && cmp -s want got
result $? 'a capture gives the same report'

# A disk on which /boot is a partition of its own.
if command -v sfdisk >/dev/null && command -v mke2fs >/dev/null; then
	cp -a sys root && mv root/boot boot && mkdir root/boot
	truncate -s 12M root.ext4 && truncate -s 4M boot.ext4 && truncate -s 20M disk.raw
	mke2fs -q -t ext4 -d root root.ext4 && mke2fs -q -t ext4 -L boot -d boot boot.ext4
	printf 'label: gpt\nstart=1MiB,size=4MiB\nstart=6MiB,size=12MiB\n' | sfdisk -q disk.raw
	dd if=boot.ext4 of=disk.raw bs=1M seek=1 conv=notrunc status=none
	dd if=root.ext4 of=disk.raw bs=1M seek=6 conv=notrunc status=none
	expect 'pass fail' 'entries on a partition of their own' disk.raw
	says 'inspect names the entry there' 0 'the default of the boot entries is p1/loader/entries/ostree-2' inspect disk.raw
	expect fail '#p2,deploy=1 chooses' 'disk.raw#p2,deploy=1'
	# The administrator made the one before the default, as grub2-set-default does.
	printf 'load_env\nset default="${saved_entry}"\nblscfg\n' | put boot/grub2/grub.cfg
	saved=$(cd boot/loader/entries && ls ostree-1*.conf)
	if command -v grub-editenv >/dev/null; then
		grub-editenv boot/grub2/grubenv set "saved_entry=${saved%.conf}"
	else
		printf '# GRUB Environment Block\nsaved_entry=%s\n####' "${saved%.conf}" >boot/grub2/grubenv
	fi
	rm boot.ext4 && truncate -s 4M boot.ext4 && mke2fs -q -t ext4 -L boot -d boot boot.ext4
	dd if=boot.ext4 of=disk.raw bs=1M seek=1 conv=notrunc status=none
	expect 'fail pass' 'what GRUB saved is the default' disk.raw
	says 'inspect names the file that says so' 0 'ostree-1.*, by p1/grub2/grubenv' inspect disk.raw
else
	echo 'ok - entries on a partition of their own # SKIP sfdisk or mke2fs is not installed'
fi

ostree admin undeploy --sysroot=sys 0 >/dev/null 2>&1
expect fail 'the one before, when the newest was taken back' sys
deploy true

# /boot is nowhere.
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
case $(cat "$first/etc/default/kubelet") in *=true) boots=pass other=fail ;; *) boots=fail other=pass ;; esac
expect "$boots $other" 'without boot entries the links count, the first of them first' sys
rm -rf "$work"/sys/ostree/boot.?*
"$OFFNODE" scan sys 2>&1 | grep -q 'which deployment boots is a guess'
result $? 'a guess is told'
[ "$(verdict sys | tr ' ' '\n' | sort | tr -d '\n')" = failpass ]
result $? 'and each has its verdict'

# A system that was copied while it ran, and a container image of one: /ostree is a link.
cp -a "${first:?}" live && cp -a sys/ostree live/sysroot/ && mkdir -p live/var/opt &&
	cp sys/ostree/deploy/node/var/opt/kubelet.yaml live/var/opt/
expect "$boots" 'a running system that was copied' live

# Several systems, deployments that are pinned or kept: the numbers are those of ostree.
mkdir many && ostree admin init-fs many && ostree admin os-init --sysroot=many node >/dev/null && ostree admin os-init --sysroot=many other >/dev/null
n=0
for os in node node other node; do
	n=$((n + 1)) && echo $n >tree/usr/etc/number
	ostree --repo=many/ostree/repo commit -b node --tree=dir=tree >/dev/null &&
		ostree admin deploy --sysroot=many --os=$os --retain node >/dev/null 2>&1
	[ "$n" != 2 ] || ostree admin pin --sysroot=many 0 >/dev/null
done
ostree admin status --sysroot=many | sed -n 's/^[* ] \([a-z]*\) \([0-9a-f]*\.[0-9]*\).*/\1 \2/p' >want
"$OFFNODE" inspect many 2>&1 | sed -n 's#^  root  */ostree/deploy/\([a-z]*\)/deploy/\([0-9a-f.]*\), .*#\1 \2#p' >got
[ "$(wc -l <want)" = 4 ] && cmp -s want got
result $? 'of two systems each deployment, in the order of ostree'
rm -rf many/boot/loader*
"$OFFNODE" inspect many 2>&1 | sed -n 's#^  root  */ostree/deploy/\([a-z]*\)/deploy/\([0-9a-f.]*\), .*#\1 \2#p' >got
cmp -s want got
result $? 'and by the links alone'
