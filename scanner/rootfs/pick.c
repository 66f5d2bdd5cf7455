/*
 * pick.c - a directory of versions to the one that counts (systemd.v(7)): names are
 * NAME_VERSION[_ARCHITECTURE][+LEFT[-DONE]]SUFFIX. What is made for another machine is passed over;
 * what has no tries left comes last; then the newest version counts, of equals the one made for
 * just this machine.
 */
#include "pick.h"

#include "arena.h"
#include "version_order.h"

struct candidate {
	struct str name, version;
	unsigned foreign;     /* how far from what the machine is: 0 is its own */
	uint64_t tries, done; /* UINT64_MAX: it does not count them */
};

/* ConditionArchitecture= in systemd.unit(5). */
static bool is_architecture(struct str word)
{
	static const char *const all[] = {
		"x86",     "x86-64",   "ppc",     "ppc-le", "ppc64",       "ppc64-le",  "ia64",
		"parisc",  "parisc64", "s390",    "s390x",  "sparc",       "sparc64",   "mips",
		"mips-le", "mips64",   "alpha",   "arm",    "arm-be",      "mips64-le", "arm64",
		"sh",      "sh64",     "m68k",    "tilegx", "cris",        "arm64-be",  "arc",
		"arc-be",  "riscv32",  "riscv64", "nios2",  "loongarch64",
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (str_eq(word, str_from(all[i])))
			return true;
	return false;
}

enum { FOREIGN_OWN, FOREIGN_OLDER, FOREIGN_ANY, FOREIGN_OTHER };

static unsigned foreign_to(struct str machine, struct str made_for)
{
	bool wide = str_eq(machine, S("x86-64")) && str_eq(made_for, S("x86"));
	wide |= str_eq(machine, S("arm64")) && str_eq(made_for, S("arm"));
	if (!is_architecture(made_for))
		return FOREIGN_ANY;
	return str_eq(machine, made_for) ? FOREIGN_OWN : wide ? FOREIGN_OLDER : FOREIGN_OTHER;
}

/* "+3" and "+3-1" at the end are counters. */
static void take_tries(struct candidate *c)
{
	struct str head, tail, left, done;
	size_t plus = str_rfind(c->version, '+');
	head = str_slice(c->version, 0, plus);
	tail = str_tail(c->version, plus + 1);
	c->tries = c->done = UINT64_MAX;
	bool both = str_cut(tail, '-', &left, &done);
	uint64_t tries, spent = 0;
	if (plus == c->version.n || !str_u64(left, &tries) || (both && !str_u64(done, &spent)))
		return;
	c->version = head;
	c->tries = tries;
	c->done = spent;
}

static bool parse(struct str entry, struct str name, struct str suffix, struct str machine,
		  struct candidate *out)
{
	struct str rest = str_tail(entry, name.n);
	if (!str_starts(entry, name) || !str_starts(rest, S("_")) || !str_ends(rest, suffix))
		return false;
	*out = (struct candidate){.name = entry};
	out->version = str_slice(rest, 1, rest.n - suffix.n);
	take_tries(out);
	size_t mark = str_rfind(out->version, '_');
	out->foreign = foreign_to(machine, str_tail(out->version, mark + 1));
	out->version = str_slice(out->version, 0, mark);
	return out->version.n > 0;
}

static int order_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static bool is_better(const struct candidate *a, const struct candidate *b)
{
	int order = (a->tries != 0) - (b->tries != 0);
	if (!order)
		order = version_order(a->version, b->version);
	if (!order)
		order = (int)b->foreign - (int)a->foreign;
	if (!order)
		order = order_numbers(a->tries, b->tries);
	if (!order)
		order = order_numbers(b->done, a->done);
	return order ? order > 0 : version_order(a->name, b->name) > 0;
}

bool pick_newest(struct rootfs *root, struct str dir, struct str name, struct str suffix,
		 struct str architecture, struct str *out, struct error *e)
{
	const struct listing *l = rootfs_list(root, dir);
	struct candidate best = {0}, c;
	if (l->state == FILE_UNREADABLE)
		return fail(e, ERR_IO, "%" PRIstr ": %" PRIstr, ARG(dir), ARG(l->unread->why));
	for (size_t i = 0; i < l->n; i++) {
		if (!parse(l->names[i], name, suffix, architecture, &c))
			continue;
		if (c.foreign != FOREIGN_ANY && !architecture.n)
			return fail(e, ERR_MISSING,
				    "%" PRIstr
				    " is for one kind of machine, and nothing tells what "
				    "this is",
				    ARG(c.name));
		if (c.foreign != FOREIGN_OTHER && (!best.name.n || is_better(&c, &best)))
			best = c;
	}
	*out = best.name;
	return true;
}
