/*
 * deployment.c - the physical root of an image-based system into the deployment that is the root:
 * the default of the boot menu, else what the deployer takes for it, or the one of a number. A root
 * that has /usr and that no entry of a menu leads away from is a root of its own: a container
 * image, or a system that was copied while it ran.
 */
#include "deployment.h"

#include "arena.h"
#include "root.h"

static const struct deployer *const deployers[] = {&ostree_deployer, &bootc_deployer};

enum { DEPLOYERS = sizeof deployers / sizeof *deployers };

struct choosing {
	struct rootfs *top;
	struct arena *a;
	struct deployments all;
	struct offers offers;
	struct words entries; /* of the menu, one for each offer; none where no entry is at hand */
	struct str by;        /* the file that makes the first of them the default; or empty */
};

bool offers_have(const struct offers *offers, size_t which)
{
	for (size_t i = 0; i < offers->n; i++)
		if (offers->at[i] == which)
			return true;
	return false;
}

static size_t started(const struct choosing *c, const struct boot_entry *entry)
{
	size_t which = c->all.n;
	for (size_t i = 0; i < DEPLOYERS && which == c->all.n; i++)
		which = deployers[i]->booted(c->top, &c->all, entry);
	return which;
}

static void read_menu(struct choosing *c, const struct boot_menu *menu)
{
	for (size_t i = 0; i < menu->n; i++) {
		size_t which = started(c, &menu->at[i]);
		if (which == c->all.n || offers_have(&c->offers, which))
			continue;
		if (i == 0)
			c->by = menu->by;
		*vec_push(c->a, &c->offers) = which;
		*vec_push(c->a, &c->entries) = (struct word){menu->at[i].path, NULL};
	}
	c->offers.guessed = menu->unsure && c->offers.n > 1;
}

/* Behind those that are offered, the others are numbered in the order of their names. False: there
 * is none of that number. */
static bool numbered(const struct choosing *c, struct str number, size_t *which)
{
	uint64_t n;
	if (!str_u64(number, &n))
		return false;
	if (n < c->offers.n) {
		*which = c->offers.at[n];
		return true;
	}
	n -= c->offers.n;
	for (size_t i = 0; i < c->all.n; i++)
		if (!offers_have(&c->offers, i) && n-- == 0) {
			*which = i;
			return true;
		}
	return false;
}

static struct str why_chosen(const struct choosing *c, size_t which)
{
	size_t n = 0;
	while (n < c->offers.n && c->offers.at[n] != which)
		n++;
	if (n == c->offers.n)
		return S("it was asked for");
	if (c->entries.n && n)
		return str_fmt(c->a, "the boot entry %" PRIstr " starts it",
			       ARG(c->entries.at[n].text));
	if (c->entries.n)
		return str_fmt(c->a, "the default of the boot entries is %" PRIstr "%s%" PRIstr,
			       ARG(c->entries.at[n].text), c->by.n ? ", by " : "", ARG(c->by));
	if (c->all.n == 1)
		return S("there is no other");
	if (c->offers.guessed)
		return S("no boot entry names one");
	return n ? S("/ostree/boot.N links to it")
		 : S("it is the first that /ostree/boot.N links to");
}

static void choose(struct choosing *c, size_t which, struct chosen *out)
{
	out->deployment = c->all.at[which];
	out->offered = c->offers.n;
	out->why = str_fmt(c->a, "%" PRIstr ", one of %zu deployments: %" PRIstr,
			   ARG(out->deployment.path), c->all.n, ARG(why_chosen(c, which)));
	if (c->offers.guessed)
		note(rootfs_notes(c->top), NULL, "which deployment boots is a guess: %" PRIstr,
		     ARG(out->why));
}

bool deployment_find(struct rootfs *top, struct str wanted, struct chosen *out)
{
	struct choosing c = {.top = top, .a = rootfs_arena(top)};
	struct boot_menu menu = {0};
	uint64_t left = limits_deployments(&top->fs->max);
	size_t which;
	for (size_t i = 0; i < DEPLOYERS; i++)
		deployers[i]->gather(top, &left, &c.all);
	if (!c.all.n)
		return false;
	bool whole = boot_menu_read(top, &left, &menu);
	read_menu(&c, &menu);
	if (!c.offers.n && !wanted.n && rootfs_stat(top, S("/usr"))->state == FILE_OK)
		return false;
	for (size_t i = 0; i < DEPLOYERS && !c.entries.n; i++)
		deployers[i]->offer(top, &left, &c.all, &c.offers);
	if (!whole || !numbered(&c, wanted.n ? wanted : S("0"), &which) || rootfs_unreadable(top).n)
		return false;
	choose(&c, which, out);
	return true;
}
