/*
 * snap_arguments.c - a file of arguments into words. kubelite (MicroK8s 1.20 and later) trims each
 * line, leaves out blank ones and those that begin with '#', drops every quote character, splits
 * at each single blank and expands variables with Go's os.ExpandEnv, so that two blanks make an
 * empty word. Everything else (MicroK8s before that, k8s, kubelet) makes the file the elements of
 * a bash array. MicroK8s 1.28 and later first take flags out of the file that newer kubelets do
 * not know. Not supported: flags that launchers add by what they find on the running machine
 * (--resolv-conf, --runtime-cgroups), which no rule asks for.
 */
#include <string.h>

#include "arena.h"
#include "shell.h"
#include "snap.h"

enum { SCANNER_MAX = (64 << 10) - 1 }; /* bytes of a line that Go's bufio.Scanner takes */

static void doubt_once(struct doubt *doubt, struct doubt d)
{
	if (doubt->reason == REASON_NONE)
		*doubt = d;
}

/* ---- os.ExpandEnv ---- */

static bool is_name(char c)
{
	return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

static bool is_special(char c)
{
	return c && strchr("*#$@!?-0123456789", c);
}

/* What follows a '$': *width bytes are taken, `name` is empty where they mean nothing. */
static struct str variable_name(struct str s, size_t *width)
{
	size_t n = 0;
	if (s.p[0] == '{') {
		if (s.n > 2 && is_special(s.p[1]) && s.p[2] == '}') {
			*width = 3;
			return str_slice(s, 1, 2);
		}
		size_t end = str_find(s, '}');
		*width = end == s.n ? 1 : end + 1;
		return end == s.n ? S("") : str_slice(s, 1, end);
	}
	if (is_special(s.p[0])) {
		*width = 1;
		return str_slice(s, 0, 1);
	}
	while (n < s.n && is_name(s.p[n]))
		n++;
	*width = n;
	return str_slice(s, 0, n);
}

struct str go_expand(struct arena *a, struct str text, const struct variables *environment)
{
	if (str_find(text, '$') == text.n)
		return text;
	struct out *o = out_new(a);
	while (text.n) {
		size_t at = str_find(text, '$'), width = 0;
		out_str(o, str_slice(text, 0, at));
		text = str_tail(text, at);
		if (text.n < 2) {
			out_str(o, text);
			break;
		}
		struct str name = variable_name(str_tail(text, 1), &width);
		const struct variable *v = launch_variable(environment, name);
		if (!width)
			out_z(o, "$");
		else if (v)
			out_str(o, v->value.text);
		text = str_tail(text, 1 + width);
	}
	return out_text(o);
}

/* ---- lines ---- */

/* unicode.IsSpace */
static bool is_space(uint32_t c)
{
	return (c >= '\t' && c <= '\r') || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
	       c == 0x205F || c == 0x3000;
}

/* strings.TrimSpace */
static struct str trim_space(struct str s)
{
	size_t from = s.n, to = 0;
	for (size_t i = 0; i < s.n;) {
		uint32_t c = 0;
		size_t n = str_rune(str_tail(s, i), &c);
		bool space = n && is_space(c);
		n = n ? n : 1;
		if (!space && from == s.n)
			from = i;
		if (!space)
			to = i + n;
		i += n;
	}
	return str_slice(s, from, to > from ? to : from);
}

static struct str without_quotes(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, 1, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '"' && s.p[i] != '\'')
			p[n++] = s.p[i];
	return (struct str){p, n};
}

/* Flags whose lines MicroK8s removes: `sed /--NAME[= ]/d`. */
static const char *const removed[] = {
	"log-dir",
	"log-file",
	"log-flush-frequency",
	"logtostderr",
	"alsologtostderr",
	"one-output",
	"stderrthreshold",
	"log-file-max-size",
	"skip-log-headers",
	"add-dir-header",
	"skip-headers",
	"log-backtrace-at",
	"docker-endpoint",
	"image-pull-progress-deadline",
	"network-plugin",
	"cni-conf-dir",
	"cni-bin-dir",
	"cni-cache-dir",
	"network-plugin-mtu",
	"experimental-kernel-memcg-notification",
	"pod-infra-container-image",
	"experimental-dockershim-root-directory",
	"non-masquerade-cidr",
	"container-runtime",
};

static bool is_removed_at(struct str s)
{
	for (size_t i = 0; i < sizeof removed / sizeof removed[0]; i++) {
		struct str name = str_from(removed[i]);
		if (str_starts(s, name) && s.n > name.n &&
		    (s.p[name.n] == '=' || s.p[name.n] == ' '))
			return true;
	}
	return false;
}

static bool is_removed(struct str line)
{
	for (size_t i = 0; i + 2 < line.n; i++)
		if (line.p[i] == '-' && line.p[i + 1] == '-' &&
		    is_removed_at(str_tail(line, i + 2)))
			return true;
	return false;
}

/* Does it hold flags beside the one for which it is removed? */
static bool has_company(struct str line)
{
	bool first = true;
	for (size_t i = 0; i + 1 < line.n; i++) {
		bool begins = line.p[i] == '-' && line.p[i + 1] == '-' &&
			      (i == 0 || line.p[i - 1] == ' ');
		if (begins && !first)
			return true;
		first = first && !begins;
	}
	return false;
}

struct reading {
	struct arena *a;
	const struct file *file;
	const struct variables *environment;
	bool sanitised;
	struct words *argv;
	struct doubt *doubt;
};

static const struct origin *origin_of(const struct reading *r, struct str part)
{
	return origin_new(r->a, r->file, (size_t)(part.p - r->file->text.p), part.n, NULL);
}

/* Quotes do not keep blanks together, so it is all the same when they are dropped. */
static void read_line(struct reading *r, struct str whole)
{
	struct str line = trim_space(whole), part;
	if (!line.n || line.p[0] == '#')
		return;
	if (r->sanitised && is_removed(line)) {
		if (has_company(line))
			doubt_once(r->doubt, (struct doubt){REASON_WRAPPER_UNRESOLVED,
							    S("MicroK8s from 1.28 on removes this "
							      "line when it starts"),
							    origin_of(r, line)});
		return;
	}
	for (bool more = true; more;) {
		more = str_cut(line, ' ', &part, &line);
		struct str word = go_expand(r->a, without_quotes(r->a, part), r->environment);
		words_add(r->a, r->argv, word, origin_of(r, part));
	}
}

void snap_read_lines(struct arena *a, const struct file *f, const struct variables *environment,
		     bool sanitised, struct words *argv, struct doubt *doubt)
{
	struct reading r = {a, f, environment, sanitised, argv, doubt};
	struct str rest = f->text, line;
	while (rest.n) {
		str_cut(rest, '\n', &line, &rest);
		if (line.n > SCANNER_MAX) {
			size_t at = (size_t)(line.p - f->text.p);
			doubt_once(doubt,
				   (struct doubt){REASON_KUBELET_WOULD_NOT_START,
						  S("Failed to read arguments file bufio.Scanner: "
						    "token too long"),
						  origin_new(a, f, at, 1, NULL)});
			return;
		}
		read_line(&r, line);
	}
}

/* ---- a bash array ---- */

void snap_read_array(struct rootfs *root, const struct file *f, const struct variables *environment,
		     struct words *argv, struct doubt *doubt)
{
	const struct shell sh = {
		.root = root, .program = S("bash"), .file = f, .variables = *environment};
	struct shell_commands commands = shell_read(&sh, f->text).commands;
	for (size_t i = 0; i < commands.n; i++) {
		const struct shell_command *c = &commands.at[i];
		for (size_t k = 0; k < c->words.n; k++)
			*vec_push(rootfs_arena(root), argv) = c->words.at[k];
		if (c->untold.text.n)
			doubt_once(doubt, (struct doubt){REASON_WRAPPER_UNRESOLVED, c->untold.text,
							 c->untold.from});
	}
}
