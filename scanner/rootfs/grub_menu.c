/*
 * grub_menu.c - a configuration of GRUB to the entries that stand in it, as grub-mkconfig, ostree
 * and bootc write them: "menuentry TITLE … {", its lines, "}" (GRUB manual, "menuentry"). Of an
 * entry the kernel's command line and what is chained to count; a submenu is an entry without
 * either. Not supported: conditions around an entry, variables in it, and entries that commands
 * make.
 */
#include "grub_menu.h"

#include "arena.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* A word, or what is in quotes. */
static struct str next_token(struct str *rest)
{
	size_t n = 0;
	*rest = str_trim(*rest, " \t\r");
	char quote = rest->n ? rest->p[0] : 0;
	if (quote == '\'' || quote == '"') {
		struct str quoted;
		str_cut(str_tail(*rest, 1), quote, &quoted, rest);
		return quoted;
	}
	while (n < rest->n && !is_blank(rest->p[n]))
		n++;
	struct str word = str_slice(*rest, 0, n);
	*rest = str_tail(*rest, n);
	return word;
}

static struct boot_entry begin(struct str path, struct str rest)
{
	struct boot_entry e = {.path = path, .tries = UINT64_MAX, .title = next_token(&rest)};
	while (rest.n) {
		struct str word = next_token(&rest);
		if (str_eq(word, S("--id")) || str_eq(word, S("$menuentry_id_option")))
			e.id = next_token(&rest);
	}
	return e;
}

static void read_command(struct boot_entry *e, struct str command, struct str rest)
{
	if (str_eq(command, S("chainloader")))
		e->image = rest;
	else if (str_starts(command, S("linux")))
		e->options = rest;
}

bool grub_menu_read(struct arena *a, struct str path, struct str text, uint64_t *left,
		    struct boot_menu *out)
{
	struct boot_entry *inside = NULL;
	size_t submenus = 0;
	while (text.n) {
		struct str line;
		str_cut(text, '\n', &line, &text);
		struct str command = next_token(&line);
		bool submenu = str_eq(command, S("submenu"));
		bool entry = submenu || str_eq(command, S("menuentry"));
		if (entry && !submenus) {
			if (!*left)
				return false;
			*left -= 1;
			inside = vec_push(a, out);
			*inside = begin(path, line);
		} else if (inside) {
			read_command(inside, command, line);
		}
		submenus += submenu || (entry && submenus);
		if (submenu)
			inside = NULL;
		if (str_eq(command, S("}"))) {
			submenus -= !inside && submenus;
			inside = NULL;
		}
	}
	return true;
}
