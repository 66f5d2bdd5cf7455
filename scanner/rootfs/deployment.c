/*
 * deployment.c - the physical root of an ostree system into the deployment that boots, after
 * ostree's documentation ("Deployments", "Atomic Upgrades"), its ostree-prepare-root, and the Boot
 * Loader Specification: an entry below /boot/loader/entries says
 * ostree=/ostree/boot.N/OS/CHECKSUM/I in its options, which is a link to a deployment; the entry of
 * the highest version is the default. Without entries (/boot may be another partition) it is the
 * first of the links, or the only deployment. A root that has /usr and no such entry is a root of
 * its own: a container image, or a system that was copied while it ran. Not supported: entries that
 * grubenv or loader.conf prefer, and composefs images.
 */
#include "deployment.h"

#include "arena.h"

enum { SYSTEMS_MAX = 50, DEPLOYMENTS_MAX = 200, ENTRIES_MAX = 200, ENTRY_BYTES_MAX = 64 << 10 };

struct system {
	struct rootfs *top;
	struct arena *a;
	struct words all; /* paths of the deployments */
};

static struct str join(struct arena *a, struct str dir, struct str name)
{
	return str_fmt(a, "%" PRIstr "/%" PRIstr, ARG(dir), ARG(name));
}

static bool is_directory(struct rootfs *top, struct str path)
{
	const struct file *f = rootfs_lstat(top, path);
	return f->state == FILE_OK && f->kind == FILE_DIRECTORY;
}

/* ---- all deployments ---- */

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

static void gather_system(struct system *s, struct str os)
{
	struct str dir = str_fmt(s->a, "/ostree/deploy/%" PRIstr "/deploy", ARG(os));
	const struct listing *l = rootfs_list(s->top, dir);
	for (size_t i = 0; i < l->n && s->all.n < DEPLOYMENTS_MAX; i++) {
		struct str path = join(s->a, dir, l->names[i]);
		if (is_deployment_name(l->names[i]) && is_directory(s->top, path))
			*vec_push(s->a, &s->all) = (struct word){path, NULL};
	}
}

static void gather(struct system *s)
{
	const struct listing *l = rootfs_list(s->top, S("/ostree/deploy"));
	for (size_t i = 0; i < l->n && i < SYSTEMS_MAX; i++)
		gather_system(s, l->names[i]);
}

/* The deployment that a link of /ostree/boot.N leads to. */
static struct str linked(const struct system *s, struct str link)
{
	const struct file *f = rootfs_stat(s->top, link);
	for (size_t i = 0; f->state == FILE_OK && i < s->all.n; i++)
		if (str_eq(s->all.at[i].text, f->real))
			return f->real;
	return S("");
}

/* ---- the default boot entry ---- */

struct entry {
	struct str path, deployment;
	uint64_t version;
};

static struct str next_word(struct str *rest)
{
	struct str word;
	*rest = str_trim(*rest, " \t\r");
	size_t n = 0;
	while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t')
		n++;
	word = str_slice(*rest, 0, n);
	*rest = str_tail(*rest, n);
	return word;
}

static void read_line(struct str line, struct entry *e)
{
	struct str key = next_word(&line), option = S("ostree=");
	uint64_t version;
	if (str_eq(key, S("version")) && str_u64(next_word(&line), &version))
		e->version = version;
	while (str_eq(key, S("options")) && line.n) {
		struct str word = next_word(&line);
		if (str_starts(word, option))
			e->deployment = str_tail(word, option.n);
	}
}

static struct entry read_entry(const struct system *s, struct str path)
{
	struct entry e = {.path = path};
	const struct file *f = rootfs_read(s->top, path);
	struct str rest = f->text, line;
	while (rest.n && f->size <= ENTRY_BYTES_MAX) {
		str_cut(rest, '\n', &line, &rest);
		read_line(line, &e);
	}
	e.deployment = e.deployment.n ? linked(s, e.deployment) : S("");
	return e;
}

/* Names come sorted, and the later of equals is the one on top of the menu. */
static struct entry default_entry(const struct system *s)
{
	struct str dir = S("/boot/loader/entries");
	const struct listing *l = rootfs_list(s->top, dir);
	struct entry best = {0};
	for (size_t i = 0; i < l->n && i < ENTRIES_MAX; i++) {
		if (!str_ends(l->names[i], S(".conf")))
			continue;
		struct entry e = read_entry(s, join(s->a, dir, l->names[i]));
		if (e.deployment.n && (!best.deployment.n || e.version >= best.version))
			best = e;
	}
	return best;
}

/* ---- without entries ---- */

/* /ostree/boot.N/OS/CHECKSUM/0, when it is the only one of its kind. */
static struct str first_link(const struct system *s, size_t *n)
{
	struct str found = S("");
	*n = 0;
	for (size_t boot = 0; boot < 2; boot++) {
		struct str top = boot ? S("/ostree/boot.1") : S("/ostree/boot.0");
		const struct listing *systems = rootfs_list(s->top, top);
		for (size_t i = 0; i < systems->n && i < SYSTEMS_MAX; i++) {
			struct str os = join(s->a, top, systems->names[i]);
			const struct listing *kernels = rootfs_list(s->top, os);
			for (size_t k = 0; k < kernels->n && k < SYSTEMS_MAX; k++) {
				struct str link =
					join(s->a, join(s->a, os, kernels->names[k]), S("0"));
				struct str deployment = linked(s, link);
				*n += deployment.n > 0;
				found = deployment.n ? deployment : found;
			}
		}
	}
	return found;
}

static uint64_t serial_of(struct str path)
{
	uint64_t serial = 0;
	(void)str_u64(str_tail(path, str_rfind(path, '.') + 1), &serial);
	return serial;
}

static struct str highest(const struct system *s)
{
	struct str best = s->all.at[0].text;
	for (size_t i = 1; i < s->all.n; i++)
		if (serial_of(s->all.at[i].text) > serial_of(best))
			best = s->all.at[i].text;
	return best;
}

/* ---- the choice ---- */

static struct str why_chosen(const struct system *s, const struct entry *e, size_t links)
{
	if (e->deployment.n)
		return str_fmt(s->a, "the default of the boot entries is %" PRIstr, ARG(e->path));
	if (s->all.n == 1)
		return S("there is no other");
	return links == 1 ? S("it is the first that /ostree/boot.N links to")
			  : S("no boot entry names one");
}

static void tell(const struct system *s, const struct entry *e, size_t links,
		 struct deployment *out)
{
	out->chosen = str_fmt(s->a, "%" PRIstr ", one of %zu deployments: %" PRIstr, ARG(out->path),
			      s->all.n, ARG(why_chosen(s, e, links)));
	if (!e->deployment.n && s->all.n > 1 && links != 1)
		note(rootfs_notes(s->top), NULL, "which deployment boots is a guess: %" PRIstr,
		     ARG(out->chosen));
}

/* The one that boots, by entries or links; empty when the root is no ostree system but holds one.
 */
static struct str booting(const struct system *s, struct entry *e, size_t *links)
{
	struct str path;
	*e = default_entry(s);
	if (!e->deployment.n && rootfs_stat(s->top, S("/usr"))->state == FILE_OK)
		return S("");
	path = e->deployment;
	if (!path.n && s->all.n > 1)
		path = first_link(s, links);
	if (!path.n || (!e->deployment.n && *links != 1))
		path = highest(s);
	return path;
}

/* "0" is the one that boots, the others follow in the order of their names. */
static struct str numbered(const struct system *s, struct str booting, struct str number)
{
	uint64_t n;
	if (!str_u64(number, &n))
		return S("");
	if (n == 0)
		return booting.n ? booting : s->all.at[0].text;
	for (size_t i = 0; i < s->all.n; i++)
		if (!str_eq(s->all.at[i].text, booting) && --n == 0)
			return s->all.at[i].text;
	return S("");
}

bool deployment_find(struct rootfs *top, struct str wanted, struct deployment *out)
{
	struct system s = {.top = top, .a = rootfs_arena(top)};
	struct entry e;
	size_t links = 0;
	if (!is_directory(top, S("/ostree")))
		return false;
	gather(&s);
	if (!s.all.n)
		return false;
	struct str path = booting(&s, &e, &links);
	if (wanted.n)
		path = numbered(&s, path, wanted);
	if (!path.n || rootfs_unreadable(top).n)
		return false;
	out->path = path;
	out->var = join(s.a, str_dirname(str_dirname(path)), S("var"));
	if (wanted.n)
		out->chosen = str_fmt(s.a, "%" PRIstr ", one of %zu deployments: it was asked for",
				      ARG(path), s.all.n);
	else
		tell(&s, &e, links, out);
	return true;
}
