/*
 * layouts.h - the ways to run a kubelet, in the order in which they are tried.
 */
LAYOUT(direct)
LAYOUT(wrapper)
LAYOUT(su)
LAYOUT(container)
LAYOUT(rkt)
LAYOUT(ctr)
LAYOUT(nspawn)
LAYOUT(snap)
LAYOUT(openshift)
LAYOUT(microshift)
LAYOUT(shell)
LAYOUT(k3s)
LAYOUT(k0s)
