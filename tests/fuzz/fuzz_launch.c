/*
 * fuzz_launch.c - any lines of a service as what runs a kubelet: containers, wrappers, trees of
 * their own. A path that is said to be on the node is absolute, and a kubelet's settings can be
 * asked for whatever came out.
 */
#include <stdlib.h>

#include "captured.h"
#include "fuzzed.h"
#include "kubelet.h"
#include "kubelet/launch/mounts.h"

static const char node[] =
	"-- /etc/kubelet.yaml --\nkind: KubeletConfiguration\n"
	"apiVersion: kubelet.config.k8s.io/v1beta1\n"
	"-- /etc/k.env --\nA=b\nC\n-- /srv/link -> /etc --\n-- /srv/loop -> loop --\n"
	"-- /etc/conf.d/10.conf -> ../kubelet.yaml --\n"
	"-- /etc/systemd/system/kubelet.service hex --\n";

static struct rootfs *root_of(struct arena *a, const uint8_t *p, size_t n)
{
	static const char head[] = "[Service]\n", digits[] = "0123456789abcdef";
	size_t h = sizeof head - 1, m = sizeof node - 1;
	char *text = arena_alloc(a, 1, m + 2 * (h + n) + 1), *w = text;
	for (size_t i = 0; i < m; i++)
		*w++ = node[i];
	for (size_t i = 0; i < h + n; i++) {
		unsigned char c = i < h ? (unsigned char)head[i] : p[i - h];
		*w++ = digits[c >> 4];
		*w++ = digits[c & 15];
	}
	*w++ = '\n';
	return captured_root(a, (struct str){text, (size_t)(w - text)});
}

static void check(struct rootfs *root, const struct launch *l)
{
	static const char *const paths[] = {"/etc/kubelet.yaml", "/srv/link/kubelet.yaml",
					    "/srv/loop", "/../x/./y/..", "/"};
	const struct kubelet_options newest = {.version = {.major = 1, .minor = 31}};
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		struct location at = mounts_locate(root, l->mounts, str_from(paths[i]), true, NULL);
		if (at.on_node ? !str_starts(at.path, S("/"))
			       : at.doubt.reason == REASON_NONE || !at.doubt.text.n)
			abort();
	}
	const struct settings *s = kubelet_settings(root, l, &newest);
	if (!s->n)
		abort();
}

static void look(struct arena *a, const uint8_t *p, size_t n)
{
	struct rootfs *root = root_of(a, p, n);
	struct launches all =
		kubelet_launches(root, systemd_new(root, &(struct systemd_options){0}), NULL);
	for (size_t i = 0; i < all.n; i++)
		check(root, &all.at[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	return n > 1 << 16 ? 0 : fuzzed(256 << 20, look, p, n);
}
