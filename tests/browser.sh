#!/usr/bin/env bash
# browser.sh - the page of -f html in a real browser, driven by tests/browser.py over chromedriver's HTTP
# protocol. Prints TAP.
set -u
: "${OFFNODE:=build/offnode}"
for tool in chromium chromedriver python3; do
	command -v "$tool" >/dev/null 2>&1 || { echo "1..0 # SKIP $tool is not installed" && exit 0; }
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# A node whose names and values are markup; each would run something, were it let.
evil='"><img src=x onerror=alert(1)><script>alert(2)</script><!-- ]]>'
name=$(printf '%s' "evil $evil" | tr / '\\')
cat >"$work/$name.txtar" <<TXTAR
-- /etc/systemd/system/kubelet.service --
[Service]
EnvironmentFile=/etc/args
ExecStart=/usr/bin/kubelet --config=/etc/k.yaml --make-iptables-util-chains=true \$ARGS
-- /etc/args --
ARGS='--make-iptables-util-chains=false "--hostname-override=javascript:${evil#\"}"'
-- /etc/k.yaml --
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
makeIPTablesUtilChains: true # $evil
-- /etc/os-release --
ID=debian
PRETTY_NAME='<b onclick=alert(3)>bold</b>'
TXTAR
scan() { # scan PAGE OPTION...
	"$OFFNODE" scan -f "html=$work/$1" "${@:2}" "$work/$name.txtar" testdata/images/node-pass.tar.gz \
		testdata/cases/config/a-missing-config-file-is-unknown.txtar "$work/<i>gone<\\i>" >/dev/null 2>&1
}
scan one.html --check kubelet-make-iptables-util-chains
scan all.html
python3 tests/browser.py "$work/one.html" "$work/all.html" "$work/profile"
