/*
 * intended_userdata.c - user data of a machine into the files it writes and the joins it runs:
 * cloud-config ("write_files", "runcmd", "bootcmd"), MIME multi-part messages (RFC 2046), scripts.
 *
 * Of commands, those count that hand flags or files to a join: EKS' bootstrap.sh with its
 * --kubelet-extra-args, kubeadm and nodeadm with a configuration file. Not supported: parts that
 * are included from URLs.
 */
#include <string.h>

#include "arena.h"
#include "base64.h"
#include "intended.h"
#include "launch.h"
#include "shell.h"

enum { LIST_MAX = 500, PARTS_MAX = 50 };

/* ---- commands ---- */

static bool runs(struct words w, const char *program, size_t *at)
{
	for (size_t i = 0; i < w.n && i < 4; i++)
		if (str_eq(word_program(w, i), str_from(program))) {
			*at = i;
			return true;
		}
	return false;
}

static struct str file_of(struct str path)
{
	return str_starts(path, S("file://")) ? str_tail(path, 7) : path;
}

static void command(struct intents *in, const struct input *t, struct words w)
{
	struct word value;
	size_t at;
	if (runs(w, "bootstrap.sh", &at) && words_option(w, S("--kubelet-extra-args"), &value)) {
		struct str rest = value.text, word;
		while (rest.n) {
			str_cut(rest, ' ', &word, &rest);
			intended_flag(in, t, str_trim(word, "'\""), value.from,
				      "bootstrap.sh arguments", false);
		}
	}
	bool kubeadm = runs(w, "kubeadm", &at), nodeadm = runs(w, "nodeadm", &at);
	if ((kubeadm && words_option(w, S("--config"), &value)) ||
	    (nodeadm &&
	     (words_option(w, S("--config-source"), &value) || words_option(w, S("-c"), &value))))
		intended_file(in, file_of(value.text));
}

void intended_script(struct intents *in, const struct input *t, struct str text,
		     const struct origin *from)
{
	bool whole = text.p == t->file->text.p;
	struct shell sh = {.root = in->root,
			   .program = S("sh"),
			   .file = whole ? t->file : NULL,
			   .from = from,
			   .name = t->file->path};
	struct shell_outcome does = shell_read(&sh, text);
	for (size_t i = 0; i < does.commands.n && i < LIST_MAX; i++)
		command(in, t, does.commands.at[i].words);
	for (size_t i = 0; i < does.written.n && i < LIST_MAX; i++) {
		const struct shell_written *w = &does.written.at[i];
		if (w->kind == FILE_REGULAR && !w->removed && str_starts(w->path, S("/")))
			intended_write(in, t, w->path, w->text, w->from, "a script");
	}
}

/* ---- cloud-config ---- */

static bool is_one_of(struct str s, const char *const *words)
{
	for (; *words; words++)
		if (str_eq(s, str_from(*words)))
			return true;
	return false;
}

static void written_file(struct intents *in, const struct input *t, const struct doc *entry)
{
	static const char *const packed[] = {"gz",     "gzip",     "gz+base64", "gzip+base64",
					     "gz+b64", "gzip+b64", NULL};
	static const char *const encoded[] = {"b64",    "base64",   "gz+base64", "gzip+base64",
					      "gz+b64", "gzip+b64", NULL};
	const struct doc *content = doc_get(entry, S("content"));
	struct str path = doc_string(doc_get(entry, S("path"))), text = doc_string(content);
	struct str encoding = doc_string(doc_get(entry, S("encoding")));
	if (!str_starts(path, S("/")) || !text.n)
		return;
	if (is_one_of(encoding, encoded) && !base64_decode(in->a, text, &text))
		return;
	if (is_one_of(encoding, packed) && !gzip_decode(in, text, &text))
		return;
	/* Its place is told by its name: the line of packed contents would quote all of it. */
	intended_write(in, t, path, text, doc_get(entry, S("path"))->from, "cloud-init");
}

static void run_command(struct intents *in, const struct input *t, const struct doc *entry)
{
	struct words w = {0};
	if (entry->kind == DOC_STRING) {
		intended_script(in, t, entry->text, entry->from);
		return;
	}
	for (size_t i = 0; entry->kind == DOC_LIST && i < entry->n && i < LIST_MAX; i++)
		words_add(in->a, &w, entry->entries[i].value->text, entry->entries[i].value->from);
	if (w.n == 3 && str_ends(word_program(w, 0), S("sh")) && str_ends(w.at[1].text, S("c")))
		intended_script(in, t, w.at[2].text, w.at[2].from);
	else if (w.n)
		command(in, t, w);
}

void intended_cloud_config(struct intents *in, const struct input *t)
{
	static const char *const lists[] = {"bootcmd", "runcmd"};
	struct doc_fault fault;
	struct str text = t->file->text;
	if (!str_has(text, S("write_files")) && !str_has(text, S("cmd")))
		return;
	const struct doc *d = doc_yaml(in->a, t->file, &fault);
	const struct doc *files = doc_get(d, S("write_files"));
	for (size_t i = 0; files && files->kind == DOC_LIST && i < files->n && i < LIST_MAX; i++)
		written_file(in, t, files->entries[i].value);
	for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
		const struct doc *cmds = doc_get(d, str_from(lists[k]));
		for (size_t i = 0; cmds && cmds->kind == DOC_LIST && i < cmds->n && i < LIST_MAX;
		     i++)
			run_command(in, t, cmds->entries[i].value);
	}
}

/* ---- MIME ---- */

static bool starts_nocase(struct str s, struct str prefix)
{
	return str_eq_nocase(str_slice(s, 0, prefix.n < s.n ? prefix.n : s.n), prefix);
}

bool intended_is_mime(struct str text)
{
	struct str head = str_slice(text, 0, text.n < 4096 ? text.n : 4096);
	return (starts_nocase(text, S("MIME-Version:")) ||
		starts_nocase(text, S("Content-Type: multipart")) ||
		starts_nocase(text, S("From "))) &&
	       str_has(head, S("boundary="));
}

static struct str boundary_of(struct str text)
{
	static const char key[] = "boundary=";
	const char *hit = memmem(text.p, text.n, key, sizeof key - 1);
	struct str rest = str_tail(text, (size_t)(hit - text.p) + sizeof key - 1), line;
	str_cut(rest, '\n', &line, &rest);
	bool quoted = str_starts(line, S("\""));
	if (quoted)
		line = str_tail(line, 1);
	size_t end = 0;
	while (end < line.n && !memchr(quoted ? "\"\r" : "; \t\r", line.p[end], quoted ? 2 : 4))
		end++;
	return str_slice(line, 0, end);
}

/* The body below as many empty lines as stand before it. */
static struct str on_its_lines(struct intents *in, const struct input *t, size_t at,
			       struct str body)
{
	size_t lines = 0;
	for (size_t i = 0; i < at; i++)
		lines += t->file->text.p[i] == '\n';
	char *text = arena_alloc(in->a, 1, lines + body.n + 1);
	memset(text, '\n', lines);
	memcpy(text + lines, body.p, body.n);
	return (struct str){text, lines + body.n};
}

/* Headers, an empty line, the body. */
static void part(struct intents *in, const struct input *t, struct str text)
{
	struct str line, body = text;
	bool base64 = false, marked = false;
	while (body.n) {
		str_cut(body, '\n', &line, &body);
		line = str_trim(line, "\r");
		if (!line.n)
			break;
		base64 |= starts_nocase(line, S("Content-Transfer-Encoding:")) &&
			  str_has(line, S("base64"));
		marked |= starts_nocase(line, S("Content-Type:"));
	}
	if (!body.n || (!marked && body.n == text.n))
		return;
	size_t at = (size_t)(body.p - t->file->text.p);
	struct input made = *t;
	made.writer = t->writer ? t->writer : "user data";
	made.depth = t->depth + 1;
	if (base64) {
		struct str path = str_cat(in->a, t->file->path, S(" (part)"));
		made.via = origin_in(in, t, origin_new(in->a, t->file, at, 1, NULL));
		if (!base64_decode(in->a, body, &body))
			return;
		made.file = file_made(in->a, path, body, t->file);
	} else {
		made.file = file_made(in->a, t->file->path, on_its_lines(in, t, at, body), t->file);
	}
	intended_input(in, &made);
}

void intended_mime(struct intents *in, const struct input *t)
{
	struct str text = t->file->text, boundary = boundary_of(text), line, rest = text;
	size_t begin = 0, parts = 0;
	bool inside = false;
	if (!boundary.n)
		return;
	while (rest.n && parts < PARTS_MAX) {
		size_t at = text.n - rest.n;
		str_cut(rest, '\n', &line, &rest);
		line = str_trim(line, "\r");
		if (!str_starts(line, S("--")) || !str_starts(str_tail(line, 2), boundary))
			continue;
		if (inside)
			part(in, t, str_slice(text, begin, at));
		parts++;
		inside = true;
		begin = text.n - rest.n;
	}
	/* A message that was cut off still has its last part. */
	if (inside && begin < text.n)
		part(in, t, str_tail(text, begin));
}
