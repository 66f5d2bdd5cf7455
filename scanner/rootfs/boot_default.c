/*
 * boot_default.c - the files in which boot loaders keep what they prefer to the entry that they
 * start. Of GRUB: grub.cfg as grub-mkconfig and bootupd write it, which sets "default" to a number,
 * a name, or a variable of the environment block in grubenv (saved_entry, next_entry for one boot);
 * greenboot's boot_counter, which once it is used up chooses the second entry (GRUB manual,
 * "Environment block"; grub-mkconfig's 00_header; greenboot's 08_fallback_counting). Of
 * systemd-boot: "default" in loader.conf, a pattern of file names (loader.conf(5)). Not supported:
 * what lies in variables of the firmware.
 */
#include "boot_default.h"

#include "arena.h"
#include "grub_menu.h"
#include "root.h"

/* ---- reading ---- */

static struct str file_text(struct rootfs *from, struct str path, struct boot_loader *l)
{
	const struct file *f = rootfs_read(from, path);
	l->unread |= f->state == FILE_UNREADABLE;
	return f->state == FILE_OK && f->kind == FILE_REGULAR ? f->text : S("");
}

static void read_grub(struct rootfs *from, struct str dir, struct str volume, uint64_t *left,
		      struct boot_loader *l)
{
	static const char *const configs[] = {"grub.cfg", "user.cfg", "custom.cfg"};
	struct arena *a = rootfs_arena(from);
	struct str path, text;
	for (size_t i = 0; i < sizeof configs / sizeof *configs; i++) {
		path = str_fmt(a, "%" PRIstr "/%s", ARG(dir), configs[i]);
		text = file_text(from, path, l);
		if (!text.n)
			continue;
		*vec_push(a, &l->configs) = (struct word){text, NULL};
		l->unread |= !grub_menu_read(a, str_cat(a, volume, path), text, left,
					     i == 1 ? &l->sourced : &l->entries);
	}
	path = str_cat(a, dir, S("/grubenv"));
	text = file_text(from, path, l);
	if (text.n)
		*vec_push(a, &l->variables) = (struct word){text, NULL};
	if (text.n && !l->environment.n)
		l->environment = str_cat(a, volume, path);
}

/* "default  NAME" */
static struct str conf_default(struct str text)
{
	struct str line, found = {0};
	while (text.n) {
		str_cut(text, '\n', &line, &text);
		line = str_trim(line, " \t\r");
		struct str rest = str_tail(line, 7);
		if (str_starts(line, S("default")) && rest.n &&
		    (rest.p[0] == ' ' || rest.p[0] == '\t'))
			found = str_trim(rest, " \t");
	}
	return found;
}

void boot_loader_read(struct rootfs *from, struct str dir, struct str volume, uint64_t *left,
		      struct boot_loader *l)
{
	struct arena *a = rootfs_arena(from);
	struct str conf = str_cat(a, dir, S("/loader/loader.conf"));
	struct str efi = str_cat(a, dir, S("/EFI"));
	read_grub(from, str_cat(a, dir, S("/grub2")), volume, left, l);
	read_grub(from, str_cat(a, dir, S("/grub")), volume, left, l);
	const struct listing *vendors = rootfs_list_within(from, efi, left);
	l->unread |= vendors->state == FILE_UNREADABLE;
	for (size_t i = 0; i < vendors->n; i++)
		read_grub(from,
			  str_fmt(a, "%" PRIstr "/%" PRIstr, ARG(efi), ARG(vendors->names[i])),
			  volume, left, l);
	struct str pattern = conf_default(file_text(from, conf, l));
	if (pattern.n && !l->pattern.n) {
		l->pattern = pattern;
		l->conf = str_cat(a, volume, conf);
	}
}

/* ---- GRUB ---- */

static struct str variable(const struct boot_loader *l, struct str name)
{
	for (size_t i = 0; i < l->variables.n; i++) {
		struct str text = l->variables.at[i].text, line, key, value;
		while (text.n) {
			str_cut(text, '\n', &line, &text);
			if (str_cut(line, '=', &key, &value) && str_eq(key, name))
				return value;
		}
	}
	return S("");
}

struct grub {
	const struct boot_loader *l;
	struct str wanted; /* the value of "default" */
	bool settled;      /* it is that for this boot, whatever else it is set to */
	bool counting;     /* what it is set to next is for a counter that is used up */
	bool odd;          /* it was set to what nobody can tell */
};

/* greenboot's: the boots that were counted did not succeed. */
static bool used_up(const struct boot_loader *l)
{
	struct str n = variable(l, S("boot_counter"));
	return str_eq(variable(l, S("boot_success")), S("0")) &&
	       (str_eq(n, S("0")) || str_eq(n, S("-1")));
}

static void set_default(struct grub *g, struct str value)
{
	bool counting = g->counting;
	g->counting = false;
	if (counting && !used_up(g->l))
		return;
	struct str next = variable(g->l, S("next_entry"));
	bool once = str_eq(value, S("${next_entry}"));
	if ((once && !next.n) || (g->settled && !counting))
		return;
	g->settled = once || counting;
	if (once)
		g->wanted = next;
	else if (str_eq(value, S("${saved_entry}")))
		g->wanted = variable(g->l, S("saved_entry"));
	else if (str_has(value, S("$")))
		g->odd = true;
	else
		g->wanted = value;
}

static void run_config(struct grub *g, struct str text)
{
	struct str line;
	while (text.n) {
		str_cut(text, '\n', &line, &text);
		line = str_trim(line, " \t\r");
		if (str_starts(line, S("if")) && str_has(line, S("boot_counter}")))
			g->counting = true;
		if (str_starts(line, S("set ")))
			line = str_trim(str_tail(line, 4), " ");
		if (str_starts(line, S("default=")))
			set_default(g, str_trim(str_tail(line, 8), "\"' \t"));
	}
}

static bool in_configs(const struct boot_loader *l, struct str part)
{
	for (size_t i = 0; i < l->configs.n; i++)
		if (str_has(l->configs.at[i].text, part))
			return true;
	return false;
}

bool boot_loader_blscfg(const struct boot_loader *l)
{
	return in_configs(l, S("blscfg"));
}

static size_t grub_entry(const struct boot_menu *menu, struct str wanted, bool *unsure)
{
	uint64_t number;
	if (str_u64(wanted, &number))
		return number < menu->n ? (size_t)number : 0;
	for (size_t i = 0; i < menu->n; i++)
		if (wanted.n &&
		    (str_eq(menu->at[i].id, wanted) || str_eq(menu->at[i].title, wanted)))
			return i;
	*unsure |= str_has(wanted, S(">"));
	return 0;
}

static size_t grub_default(const struct boot_loader *l, const struct boot_menu *menu, bool *unsure)
{
	struct grub g = {.l = l};
	for (size_t i = 0; i < l->configs.n; i++)
		run_config(&g, l->configs.at[i].text);
	if (!l->configs.n)
		set_default(&g, S("${saved_entry}"));
	if (!l->configs.n)
		set_default(&g, S("${next_entry}"));
	*unsure |= g.odd || (!l->configs.n && g.wanted.n);
	return grub_entry(menu, g.wanted, unsure);
}

/* ---- systemd-boot ---- */

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

static bool matches(struct str pattern, struct str name)
{
	size_t p = 0, n = 0, star = pattern.n, from = 0;
	while (n < name.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			from = n;
		} else if (p < pattern.n &&
			   (pattern.p[p] == '?' || lower(pattern.p[p]) == lower(name.p[n]))) {
			p++;
			n++;
		} else if (star < pattern.n) {
			p = star + 1;
			n = ++from;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

static size_t systemd_default(const struct boot_loader *l, const struct boot_menu *menu,
			      bool *unsure)
{
	if (str_starts(l->pattern, S("@")) || str_has(l->pattern, S("["))) {
		*unsure = true;
		return 0;
	}
	for (size_t i = 0; i < menu->n; i++)
		if (matches(l->pattern, str_basename(menu->at[i].path)))
			return i;
	return 0;
}

size_t boot_loader_default(const struct boot_loader *l, const struct boot_menu *menu,
			   struct str *by, bool *unsure)
{
	size_t grub = grub_default(l, menu, unsure), which = grub;
	bool is_grub = l->configs.n || l->variables.n;
	*by = grub ? l->environment : S("");
	if (l->pattern.n) {
		which = systemd_default(l, menu, unsure);
		*by = which ? l->conf : S("");
		*unsure |= is_grub && which != grub;
	}
	*unsure |= l->unread;
	return which;
}
