/*
 * ostree.c - the deployments of ostree, after its documentation ("Deployments", "Atomic Upgrades")
 * and its ostree-prepare-root: /ostree/deploy/OS/deploy/CHECKSUM.SERIAL, of which the kernel is
 * told one by ostree=/ostree/boot.N/OS/CHECKSUM/I, a link. Where no entry of the boot menu is at
 * hand those links are what may be booted: when there is one kernel, I is their order.
 */
#include <stdlib.h>

#include "arena.h"
#include "deployment.h"
#include "root.h"

static struct str join(struct arena *a, struct str dir, struct str name)
{
	return str_fmt(a, "%" PRIstr "/%" PRIstr, ARG(dir), ARG(name));
}

static bool is_directory(struct rootfs *top, struct str path)
{
	const struct file *f = rootfs_lstat(top, path);
	return f->state == FILE_OK && f->kind == FILE_DIRECTORY;
}

/* ---- all of them ---- */

/* CHECKSUM.SERIAL */
static bool is_deployment_name(struct str name)
{
	uint64_t serial;
	size_t dot = str_rfind(name, '.');
	for (size_t i = 0; i < dot; i++) {
		char c = name.p[i];
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
	}
	return dot > 0 && str_u64(str_tail(name, dot + 1), &serial);
}

static void gather_system(struct rootfs *top, struct str os, uint64_t *left,
			  struct deployments *out)
{
	struct arena *a = rootfs_arena(top);
	struct str system = join(a, S("/ostree/deploy"), os), dir = join(a, system, S("deploy"));
	const struct listing *l = rootfs_list_within(top, dir, left);
	for (size_t i = 0; i < l->n; i++) {
		struct str path = join(a, dir, l->names[i]);
		if (is_deployment_name(l->names[i]) && is_directory(top, path))
			*vec_push(a, out) = (struct deployment){
				.path = path,
				.etc = join(a, path, S("etc")),
				.var = join(a, system, S("var")),
				.boot = S("/boot"),
				.image = join(a, path, S(".ostree.cfs")),
				.objects = S("/ostree/repo/objects"),
				.setup = S("/usr/lib/ostree/prepare-root.conf"),
			};
	}
}

static void ostree_gather(struct rootfs *top, uint64_t *left, struct deployments *out)
{
	if (!is_directory(top, S("/ostree")))
		return;
	const struct listing *l = rootfs_list_within(top, S("/ostree/deploy"), left);
	for (size_t i = 0; i < l->n; i++)
		gather_system(top, l->names[i], left, out);
}

/* ---- which of them boots ---- */

static size_t linked(struct rootfs *top, const struct deployments *all, struct str link)
{
	const struct file *f = rootfs_stat(top, link);
	size_t i = 0;
	while (i < all->n && !(f->state == FILE_OK && str_eq(all->at[i].path, f->real)))
		i++;
	return i;
}

static size_t ostree_booted(struct rootfs *top, const struct deployments *all,
			    const struct boot_entry *entry)
{
	struct str link = boot_option(entry, S("ostree="));
	return link.n ? linked(top, all, link) : all->n;
}

/* ---- without a menu ---- */

struct link {
	uint64_t number;
	size_t which;
};

struct linking {
	struct rootfs *top;
	struct arena *a;
	uint64_t *left;
	const struct deployments *all;
	VEC(struct link) links;
	size_t kernels; /* that have a first deployment */
};

static void follow_kernel(struct linking *l, struct str kernel)
{
	const struct listing *links = rootfs_list_within(l->top, kernel, l->left);
	for (size_t i = 0; i < links->n; i++) {
		struct link link;
		link.which = linked(l->top, l->all, join(l->a, kernel, links->names[i]));
		if (link.which == l->all->n || !str_u64(links->names[i], &link.number))
			continue;
		l->kernels += link.number == 0;
		*vec_push(l->a, &l->links) = link;
	}
}

static void follow_links(struct linking *l, struct str top)
{
	const struct listing *systems = rootfs_list_within(l->top, top, l->left);
	for (size_t i = 0; i < systems->n; i++) {
		struct str os = join(l->a, top, systems->names[i]);
		const struct listing *kernels = rootfs_list_within(l->top, os, l->left);
		for (size_t k = 0; k < kernels->n; k++)
			follow_kernel(l, join(l->a, os, kernels->names[k]));
	}
}

static int by_number(const void *a, const void *b)
{
	const struct link *x = a, *y = b;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return (x->which > y->which) - (x->which < y->which);
}

static uint64_t serial_of(const struct deployment *d)
{
	uint64_t serial = 0;
	(void)str_u64(str_tail(d->path, str_rfind(d->path, '.') + 1), &serial);
	return serial;
}

/* The highest serial is the likeliest. */
static void highest_first(const struct deployments *all, struct offers *out)
{
	for (size_t i = 1; i < out->n; i++) {
		size_t which = out->at[i], k = i;
		for (; k && serial_of(&all->at[out->at[k - 1]]) < serial_of(&all->at[which]); k--)
			out->at[k] = out->at[k - 1];
		out->at[k] = which;
	}
}

static void ostree_offer(struct rootfs *top, uint64_t *left, const struct deployments *all,
			 struct offers *out)
{
	struct linking l = {.top = top, .a = rootfs_arena(top), .left = left, .all = all};
	follow_links(&l, S("/ostree/boot.0"));
	follow_links(&l, S("/ostree/boot.1"));
	if (l.links.n)
		qsort(l.links.at, l.links.n, sizeof *l.links.at, by_number);
	for (size_t i = 0; i < l.links.n; i++)
		if (!offers_have(out, l.links.at[i].which))
			*vec_push(l.a, out) = l.links.at[i].which;
	for (size_t i = 0; i < all->n && !l.kernels; i++)
		if (!all->at[i].bare && !offers_have(out, i))
			*vec_push(l.a, out) = i;
	out->guessed = l.kernels != 1 && all->n > 1;
	if (out->guessed)
		highest_first(all, out);
}

const struct deployer ostree_deployer = {ostree_gather, ostree_booted, ostree_offer};
