#!/bin/sh
# mksamples.sh OUT - makes the bundled sample images, the same bytes every time.
#
# Two kubeadm-style nodes, each as a root filesystem tarball and as an OCI archive of three layers
# (base, kubernetes, site). node-fail: the drop-in's KUBELET_SYSTEM_PODS_ARGS carries
# --make-iptables-util-chains=false, which beats the "true" of the configuration file; in the OCI
# archive the site layer brings that drop-in over a harmless one. node-pass: the kubernetes layer
# has a drop-in that turns the chains off, and the site layer deletes it again by a whiteout.
# Needs GNU tar, gzip and sha256sum.
set -eu
out=$(mkdir -p "$1" && cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022

write() { # write TREE/PATH < text
	mkdir -p "$work/$(dirname "$1")"
	cat >"$work/$1"
}

pack() { # pack DIRECTORY > tar
	tar -C "$work/$1" --sort=name --mtime=@1700000000 --owner=0 --group=0 --numeric-owner \
		--format=ustar -cf - .
}

base_layer() {
	write base/usr/lib/os-release <<-'TEXT'
		NAME="Debian GNU/Linux"
		ID=debian
		VERSION_ID="12"
		VERSION_CODENAME=bookworm
		PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
	TEXT
	mkdir -p "$work/base/etc/systemd/system" "$work/base/usr/lib/systemd/system" "$work/base/usr/sbin" \
		"$work/base/usr/bin"
	ln -s ../usr/lib/os-release "$work/base/etc/os-release"
	ln -s usr/lib "$work/base/lib"
	ln -s usr/bin "$work/base/bin"
	ln -s ../lib/systemd/systemd "$work/base/usr/sbin/init"
	write base/etc/hostname <<-'TEXT'
		node
	TEXT
	write base/etc/motd <<-'TEXT'
		Only the base layer says this.
	TEXT
}

# The unit and the drop-in have the settings that the Kubernetes packages and kubeadm use.
kubernetes_layer() {
	write kubernetes/var/lib/dpkg/status <<-'TEXT'
		Package: systemd
		Status: install ok installed
		Architecture: amd64
		Version: 252.22-1~deb12u1

		Package: kubelet
		Status: install ok installed
		Architecture: amd64
		Version: 1.29.3-1.1
	TEXT
	write kubernetes/usr/lib/systemd/system/kubelet.service <<-'TEXT'
		[Unit]
		Description=The Kubernetes node agent of this sample
		After=network-online.target

		[Service]
		ExecStart=/usr/bin/kubelet
		Restart=always
		RestartSec=10

		[Install]
		WantedBy=multi-user.target
	TEXT
	mkdir -p "$work/kubernetes/etc/systemd/system/multi-user.target.wants"
	ln -s /usr/lib/systemd/system/kubelet.service \
		"$work/kubernetes/etc/systemd/system/multi-user.target.wants/kubelet.service"
	drop_in kubernetes --pod-manifest-path=/etc/kubernetes/manifests
	write kubernetes/var/lib/kubelet/kubeadm-flags.env <<-'TEXT'
		KUBELET_KUBEADM_ARGS="--container-runtime-endpoint=unix:///run/containerd/containerd.sock"
	TEXT
	write kubernetes/var/lib/kubelet/config.yaml <<-'TEXT'
		apiVersion: kubelet.config.k8s.io/v1beta1
		kind: KubeletConfiguration
		authentication:
		  anonymous:
		    enabled: false
		  webhook:
		    enabled: true
		clusterDNS:
		- 10.96.0.10
		clusterDomain: cluster.local
		makeIPTablesUtilChains: true
		readOnlyPort: 0
	TEXT
	write kubernetes/usr/bin/kubelet <<-'TEXT'
		The sample has no program here: what counts is how it would be started.
	TEXT
	chmod 755 "$work/kubernetes/usr/bin/kubelet"
}

drop_in() { # drop_in TREE SYSTEM-PODS-ARGS
	write "$1/etc/systemd/system/kubelet.service.d/10-kubeadm.conf" <<-TEXT
		[Service]
		Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
		Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
		Environment="KUBELET_SYSTEM_PODS_ARGS=$2"
		EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
		EnvironmentFile=-/etc/default/kubelet
		ExecStart=
		ExecStart=/usr/bin/kubelet \$KUBELET_KUBECONFIG_ARGS \$KUBELET_CONFIG_ARGS \$KUBELET_SYSTEM_PODS_ARGS \$KUBELET_KUBEADM_ARGS \$KUBELET_EXTRA_ARGS
	TEXT
}

site_files() { # site_files TREE: what both sites add
	write "$1/etc/default/kubelet" <<-'TEXT'
		KUBELET_EXTRA_ARGS=--node-labels=site=sample
	TEXT
}

# ---- the OCI archive, by hand so that the bytes are the same everywhere ----

blob() { # blob FILE: moves it in, prints "digest size"
	digest=$(sha256sum "$1" | cut -d' ' -f1)
	size=$(wc -c <"$1" | tr -d ' ')
	mv "$1" "$work/oci/blobs/sha256/$digest"
	echo "$digest $size"
}

descriptor() { # descriptor MEDIA-TYPE DIGEST SIZE
	printf '{"mediaType":"application/vnd.oci.image.%s","digest":"sha256:%s","size":%s}' "$@"
}

oci_archive() { # oci_archive NAME LAYER...
	name=$1
	shift
	rm -rf "$work/oci"
	mkdir -p "$work/oci/blobs/sha256"
	diffs='' layers=''
	for tree; do
		pack "$tree" >"$work/layer.tar"
		diffs="$diffs${diffs:+,}\"sha256:$(sha256sum "$work/layer.tar" | cut -d' ' -f1)\""
		gzip -n9 "$work/layer.tar"
		# shellcheck disable=SC2046
		layers="$layers${layers:+,}$(descriptor layer.v1.tar+gzip $(blob "$work/layer.tar.gz"))"
	done
	printf '{"architecture":"amd64","os":"linux","config":{"Labels":{"org.opencontainers.image.title":"%s"}},"rootfs":{"type":"layers","diff_ids":[%s]}}' \
		"$name" "$diffs" >"$work/config"
	# shellcheck disable=SC2046
	config=$(descriptor config.v1+json $(blob "$work/config"))
	printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":%s,"layers":[%s]}' \
		"$config" "$layers" >"$work/manifest"
	# shellcheck disable=SC2046
	manifest=$(descriptor manifest.v1+json $(blob "$work/manifest"))
	printf '{"schemaVersion":2,"manifests":[%s,"annotations":{"org.opencontainers.image.ref.name":"latest"}}]}' \
		"${manifest%\}}" >"$work/oci/index.json"
	printf '{"imageLayoutVersion":"1.0.0"}' >"$work/oci/oci-layout"
	pack oci >"$out/$name.oci.tar"
}

base_layer
kubernetes_layer

site_files site-fail
drop_in site-fail '--pod-manifest-path=/etc/kubernetes/manifests --make-iptables-util-chains=false'
mkdir -p "$work/site-fail/etc" && : >"$work/site-fail/etc/.wh.motd"
oci_archive node-fail base kubernetes site-fail

cp -a "$work/kubernetes" "$work/kubernetes-off"
write kubernetes-off/etc/systemd/system/kubelet.service.d/20-chains.conf <<-'TEXT'
	[Service]
	Environment="KUBELET_SYSTEM_PODS_ARGS=--make-iptables-util-chains=false"
TEXT
site_files site-pass
mkdir -p "$work/site-pass/etc/systemd/system/kubelet.service.d"
: >"$work/site-pass/etc/systemd/system/kubelet.service.d/.wh.20-chains.conf"
: >"$work/site-pass/etc/.wh.motd"
oci_archive node-pass base kubernetes-off site-pass

for verdict in fail pass; do
	mkdir "$work/$verdict"
	for tree in base kubernetes "site-$verdict"; do cp -a "$work/$tree/." "$work/$verdict/"; done
	rm "$work/$verdict/etc/motd"
	find "$work/$verdict" -name '.wh.*' -exec rm {} +
	pack "$verdict" | gzip -n9 >"$out/node-$verdict.tar.gz"
done
