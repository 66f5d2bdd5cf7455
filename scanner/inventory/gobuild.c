/*
 * gobuild.c - the build info of a Go program (debug/buildinfo, cmd/go "modinfo"): which Go, which
 * package, which modules, which linker flags; and what they say about the version of Kubernetes.
 *
 * It begins with a mark, 16 bytes aligned, in the program's first writable bytes; the strings
 * follow (since Go 1.18) or are pointed at. The flags of the linker are not there when the
 * program was built with -trimpath.
 */
#include "gobuild.h"

#include <string.h>

#include "bytes.h"
#include "linked.h"

enum { INLINE = 2, BIG = 1, MARK = 16 };

/* Does build info begin with these bytes, at a multiple of 16? */
static bool begins(struct str bytes)
{
	return bytes.n >= GOBUILD_HEAD && str_starts(bytes, S("\xff Go buildinf:"));
}

/* A length in unsigned LEB128 and as many bytes. */
static bool take_string(struct str *rest, struct str *out)
{
	uint64_t n = 0;
	size_t at = 0;
	for (unsigned shift = 0;; shift += 7) {
		if (at == rest->n || shift > 56)
			return false;
		unsigned char c = (unsigned char)rest->p[at++];
		n |= (uint64_t)(c & 0x7F) << shift;
		if (!(c & 0x80))
			break;
	}
	if (!within(at, n, rest->n))
		return false;
	*out = str_slice(*rest, at, at + (size_t)n);
	*rest = str_tail(*rest, at + (size_t)n);
	return true;
}

struct str gobuild_unmarked(struct str text)
{
	if (text.n <= (size_t)MARK + MARK || text.p[text.n - MARK - 1] != '\n')
		return (struct str){0};
	return str_slice(text, MARK, text.n - MARK);
}

bool gobuild_parse(struct str bytes, struct gobuild *out)
{
	struct str rest = str_tail(bytes, GOBUILD_HEAD), text;
	if (!begins(bytes) || !(bytes.p[15] & INLINE) || !take_string(&rest, &out->go))
		return false;
	out->text = take_string(&rest, &text) ? gobuild_unmarked(text) : (struct str){0};
	return true;
}

bool gobuild_pointers(struct str bytes, const struct elf *elf, uint64_t *go, uint64_t *text)
{
	if (!begins(bytes) || bytes.p[15] & INLINE || (size_t)bytes.p[14] != elf_word_size(elf) ||
	    (bytes.p[15] & BIG) != elf->big)
		return false;
	*go = elf_word(elf, bytes.p + 16);
	*text = elf_word(elf, bytes.p + 16 + elf_word_size(elf));
	return true;
}

/* ---- its lines ---- */

/* The next line whose first field is `key`: what stands after the tab. */
static bool next_line(struct str *rest, struct str key, struct str *out)
{
	struct str line, first;
	while (rest->n) {
		str_cut(*rest, '\n', &line, rest);
		if (str_cut(line, '\t', &first, out) && str_eq(first, key))
			return true;
	}
	return false;
}

struct str gobuild_path(struct str text)
{
	struct str path;
	return next_line(&text, S("path"), &path) ? path : (struct str){0};
}

/* What -X sets NAME to, within the text of flags; each part ends where a version cannot go on. */
static bool told(struct str flags, struct str name, struct str *out)
{
	const char *p = flags.n ? memmem(flags.p, flags.n, name.p, name.n) : NULL;
	if (!p)
		return false;
	struct str rest = str_tail(flags, (size_t)(p - flags.p) + name.n);
	size_t n = 0;
	while (n < rest.n && !strchr(" \t'\"\\", rest.p[n]))
		n++;
	*out = str_slice(rest, 0, n);
	return linked_version(*out);
}

static bool by_linker(struct str text, struct str *out)
{
	static const char *const names[] = {
		"k8s.io/component-base/version.gitVersion=",
		"k8s.io/kubernetes/pkg/version.gitVersion=",
		"github.com/k3s-io/k3s/pkg/version.Version=",
		"github.com/rancher/k3s/pkg/version.Version=",
	};
	struct str flags;
	while (next_line(&text, S("build"), &flags)) {
		if (!str_starts(flags, S("-ldflags=")) && !str_starts(flags, S("\"-ldflags=")))
			continue;
		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			if (told(flags, str_from(names[i]), out))
				return true;
	}
	return false;
}

/* "v0.0.0-20240315000616-…", "v1.30.0-0.2024…": a commit between releases. */
static bool is_pseudo(struct str version)
{
	size_t run = 0;
	for (size_t i = 0; i < version.n; i++) {
		run = version.p[i] >= '0' && version.p[i] <= '9' ? run + 1 : 0;
		if (run == 14)
			return true;
	}
	return false;
}

/* "k8s.io/kubernetes\tv1.29.3\th1:…" */
static bool by_module(struct str text, struct str key, struct str *out)
{
	struct str line, module, version, sum;
	while (next_line(&text, key, &line)) {
		str_cut(line, '\t', &module, &line);
		str_cut(line, '\t', &version, &sum);
		if (str_eq(module, S("k8s.io/kubernetes")) && linked_version(version) &&
		    !is_pseudo(version)) {
			*out = version;
			return true;
		}
	}
	return false;
}

struct str gobuild_kubernetes(struct str text)
{
	struct str version;
	if (by_linker(text, &version) || by_module(text, S("mod"), &version) ||
	    by_module(text, S("dep"), &version))
		return version;
	return (struct str){0};
}
