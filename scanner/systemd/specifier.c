/*
 * specifier.c - fills in the specifiers of a unit file: %n, %i, %m, …
 *
 * systemd.unit(5) "SPECIFIERS", unit-printf.c and specifier.c of systemd 252, with the version
 * in which each letter came to be. What only the running machine knows (boot ID, kernel, control
 * group, a host name that no file gives) stays as it is written and leaves a doubt.
 */
#include "specifier.h"

#include "inventory.h"
#include "names.h"

enum filling { FILLED, REFUSED, AT_RUNTIME };

typedef enum filling specifier_fn(struct specifiers *s, char letter, struct str *out);

static enum filling of_name(struct specifiers *s, char letter, struct str *out)
{
	struct unit_name u = unit_name_split(s->name);
	switch (letter) {
	case 'n': *out = s->name; return FILLED;
	case 'N': *out = str_slice(s->name, 0, str_rfind(s->name, '.')); return FILLED;
	case 'p': *out = u.prefix; return FILLED;
	case 'P': return unit_name_unescape(s->arena, u.prefix, out) ? FILLED : REFUSED;
	case 'i': *out = u.instance; return FILLED;
	case 'I': return unit_name_unescape(s->arena, u.instance, out) ? FILLED : REFUSED;
	default: break;
	}
	size_t dash = str_rfind(u.prefix, '-');
	*out = dash < u.prefix.n ? str_tail(u.prefix, dash + 1) : u.prefix;
	if (letter == 'j')
		return FILLED;
	return unit_name_unescape(s->arena, *out, out) ? FILLED : REFUSED;
}

static enum filling of_path(struct specifiers *s, char letter, struct str *out)
{
	struct unit_name u = unit_name_split(s->name);
	struct str of = u.kind == NAME_INSTANCE ? u.instance : u.prefix;
	(void)letter;
	if (str_eq(of, S("-"))) {
		*out = S("/");
		return FILLED;
	}
	if (!unit_name_unescape(s->arena, of, out))
		return REFUSED;
	if (!str_starts(*out, S("/")))
		*out = str_cat(s->arena, S("/"), *out);
	return FILLED;
}

static enum filling of_directories(struct specifiers *s, char letter, struct str *out)
{
	static const struct {
		char letter;
		struct str text;
	} fixed[] = {
		{'t', {"/run", 4}},     {'S', {"/var/lib", 8}},    {'C', {"/var/cache", 10}},
		{'L', {"/var/log", 8}}, {'E', {"/etc", 4}},        {'T', {"/tmp", 4}},
		{'V', {"/var/tmp", 8}}, {'D', {"/usr/share", 10}}, {'u', {"root", 4}},
		{'U', {"0", 1}},        {'g', {"root", 4}},        {'G', {"0", 1}},
		{'h', {"/root", 5}},
	};
	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
		if (fixed[i].letter == letter)
			*out = fixed[i].text;
	if (letter == 'd')
		*out = str_cat(s->arena, S("/run/credentials/"), s->name);
	return FILLED;
}

static enum filling of_shell(struct specifiers *s, char letter, struct str *out)
{
	(void)letter;
	*out = account_shell(s->root, S("root"), s->version);
	return FILLED;
}

static enum filling of_fragment(struct specifiers *s, char letter, struct str *out)
{
	if (s->fragment.n == 0)
		return REFUSED;
	/* specifier_real_path: of a linked unit it is where the link leads. */
	struct str real = rootfs_stat(s->root, s->fragment)->real;
	*out = letter == 'y' ? real : str_dirname(real);
	return FILLED;
}

static enum filling of_machine_id(struct specifiers *s, char letter, struct str *out)
{
	const struct file *f = rootfs_read(s->root, S("/etc/machine-id"));
	struct str id = str_trim(f->text, BLANKS);
	(void)letter;
	if (f->state != FILE_OK || id.n != 32)
		return AT_RUNTIME;
	*out = id;
	return FILLED;
}

static enum filling of_os(struct specifiers *s, char letter, struct str *out)
{
	static const struct {
		char letter;
		const char *key;
	} fields[] = {
		{'o', "ID"},       {'w', "VERSION_ID"}, {'W', "VARIANT_ID"},
		{'B', "BUILD_ID"}, {'M', "IMAGE_ID"},   {'A', "IMAGE_VERSION"},
	};
	const struct os *os = os_read(s->root);
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (fields[i].letter == letter)
			*out = os_get(os, str_from(fields[i].key)).text;
	return FILLED;
}

static enum filling of_host(struct specifiers *s, char letter, struct str *out)
{
	struct str text = rootfs_read(s->root, S("/etc/hostname"))->text;
	struct str line, name = {0};
	while (text.n && name.n == 0) {
		str_cut(text, '\n', &line, &text);
		line = str_trim(line, BLANKS);
		if (!str_starts(line, S("#")))
			name = line;
	}
	if (name.n == 0)
		return AT_RUNTIME;
	*out = letter == 'l' ? str_slice(name, 0, str_find(name, '.')) : name;
	return FILLED;
}

static enum filling of_runtime(struct specifiers *s, char letter, struct str *out)
{
	(void)s;
	(void)letter;
	(void)out;
	return AT_RUNTIME;
}

/* `manager` is since when system.conf knows the letter, which has no unit that %n could name; 0:
 * never. Each was seen in booted systems of 252, 257 and 262. */
static const struct {
	char letter;
	unsigned short since, manager;
	specifier_fn *fill;
} table[] = {
	{'n', 0, 0, of_name},
	{'N', 0, 0, of_name},
	{'p', 0, 0, of_name},
	{'P', 0, 0, of_name},
	{'i', 0, 0, of_name},
	{'I', 0, 0, of_name},
	{'j', 239, 0, of_name},
	{'J', 239, 0, of_name},
	{'f', 0, 0, of_path},
	{'t', 0, 0, of_directories},
	{'S', 236, 0, of_directories},
	{'C', 236, 0, of_directories},
	{'L', 236, 0, of_directories},
	{'E', 236, 0, of_directories},
	{'T', 236, 249, of_directories},
	{'V', 236, 249, of_directories},
	{'D', 257, 0, of_directories},
	{'u', 0, 253, of_directories},
	{'U', 0, 253, of_directories},
	{'g', 240, 253, of_directories},
	{'G', 240, 253, of_directories},
	{'h', 0, 253, of_directories},
	{'d', 251, 0, of_directories},
	{'s', 0, 253, of_shell},
	{'y', 251, 0, of_fragment},
	{'Y', 251, 0, of_fragment},
	{'m', 0, 249, of_machine_id},
	{'o', 246, 249, of_os},
	{'w', 246, 249, of_os},
	{'W', 246, 249, of_os},
	{'B', 246, 249, of_os},
	{'M', 249, 249, of_os},
	{'A', 249, 249, of_os},
	{'H', 0, 249, of_host},
	{'l', 246, 249, of_host},
	{'q', 251, 251, of_host},
	{'b', 0, 249, of_runtime},
	{'v', 0, 249, of_runtime},
	{'a', 246, 249, of_runtime},
	{'c', 0, 0, of_runtime},
	{'r', 0, 0, of_runtime},
	{'R', 0, 0, of_runtime},
};

static specifier_fn *find(const struct specifiers *s, char letter)
{
	bool manager = s->name.n == 0;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (table[i].letter == letter) {
			unsigned since = manager ? table[i].manager : table[i].since;
			return since > s->version || (manager && since == 0) ? NULL : table[i].fill;
		}
	return NULL;
}

static bool alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void doubt_it(struct specifiers *s, struct traced in, size_t i)
{
	if (s->doubt.reason != REASON_NONE)
		return;
	s->doubt = (struct doubt){
		REASON_RUNTIME_SPECIFIER,
		str_fmt(s->arena, "%%%c is known only to the running machine", in.text.p[i + 1]),
		traced_origin(s->arena, traced_slice(in, i, i + 2))};
}

/* The specifier at in.text.p[i], which has a byte after its '%'. */
static bool fill_one(struct specifiers *s, struct traced in, size_t i, struct gather *g)
{
	char letter = in.text.p[i + 1];
	size_t from = traced_offset(&in, i);
	struct str value = {0};
	if (letter == '%') {
		gather_byte(g, '%', from);
		return true;
	}
	specifier_fn *fn = find(s, letter);
	if (!fn && alphanumeric(letter) && s->version >= 236)
		return false;
	enum filling filling = fn ? fn(s, letter, &value) : AT_RUNTIME;
	if (filling == REFUSED)
		return false;
	if (filling == AT_RUNTIME) {
		if (fn)
			doubt_it(s, in, i);
		gather_byte(g, '%', from);
		gather_byte(g, letter, traced_offset(&in, i + 1));
		return true;
	}
	for (size_t k = 0; k < value.n; k++)
		gather_byte(g, value.p[k], from);
	return true;
}

bool specifiers_fill(struct specifiers *s, struct traced in, struct traced *out)
{
	struct gather g;
	if (str_find(in.text, '%') == in.text.n) {
		*out = in;
		return true;
	}
	gather_start(&g, s->arena, in.file);
	for (size_t i = 0; i < in.text.n; i++) {
		if (in.text.p[i] != '%' || i + 1 == in.text.n) {
			gather_byte(&g, in.text.p[i], traced_offset(&in, i));
			continue;
		}
		if (!fill_one(s, in, i, &g))
			return false;
		i++;
		if (g.n > (size_t)2 * ROOTFS_FILE_MAX)
			return false;
	}
	*out = gather_done(&g, traced_offset(&in, in.text.n));
	return true;
}
