/*
 * pe.c - sections of a PE program ("PE Format", Microsoft, sections "MS-DOS Stub" to "Section
 * Table"), and by them the initrd of a unified kernel image: an EFI program with the kernel, its
 * command line and the initrd as sections (UAPI Group specification 5, "Unified Kernel Image").
 * Of several profiles the first one counts, which boots unless another is asked for. Sections that
 * are not asked for, microcode and device trees among them, are not looked at.
 */
#include <string.h>

#include "blob.h"
#include "bytes.h"
#include "wrappers.h"

enum {
	DOS_SIZE = 64,
	PE_AT = 0x3c, /* in the DOS header: where the PE header is */
	PE_SIZE = 24, /* with its signature */
	SECTION_SIZE = 40,
	SECTION_NAME = 8,
	SECTIONS_MAX = 96, /* in the specification */
};

struct section {
	uint64_t at, n;
};

static bool is_named(const unsigned char *p, struct str name)
{
	struct str own = {(const char *)p, strnlen((const char *)p, SECTION_NAME)};
	return str_eq(own, name);
}

/* What the section holds may be less than its place in the file, which is rounded up. */
static struct section section_of(const unsigned char *p)
{
	uint32_t used = load_le32(p + 8), place = load_le32(p + 16);
	return (struct section){load_le32(p + 20), used && used < place ? used : place};
}

/* Fewer bytes than are asked for are zeros: a short file is no PE. */
static bool look(struct blob *b, uint64_t at, void *buf, size_t n, struct error *e)
{
	size_t got = 0;
	memset(buf, 0, n);
	return b->read(b, at, buf, n, &got, e);
}

/* A profile begins with a section that names it. What it has hides what stands in front of all
 * profiles; of two sections in one place the first counts. */
static bool search(struct blob *b, uint64_t at, unsigned n, struct str name, struct section *out,
		   bool *found, struct error *e)
{
	unsigned char p[SECTION_SIZE];
	unsigned profiles = 0, in = 0;
	for (unsigned i = 0; i < n && profiles < 2; i++, at += SECTION_SIZE) {
		if (!look(b, at, p, sizeof p, e))
			return false;
		profiles += is_named(p, S(".profile"));
		if (!is_named(p, name) || (*found && in == profiles))
			continue;
		*found = true;
		in = profiles;
		*out = section_of(p);
	}
	return true;
}

static bool find(struct blob *b, struct str name, struct section *out, bool *found, struct error *e)
{
	unsigned char dos[DOS_SIZE], pe[PE_SIZE];
	*found = false;
	if (!look(b, 0, dos, sizeof dos, e))
		return false;
	if (dos[0] != 'M' || dos[1] != 'Z')
		return true;
	uint64_t at = load_le32(dos + PE_AT);
	if (!look(b, at, pe, sizeof pe, e))
		return false;
	unsigned n = load_le16(pe + 6);
	if (memcmp(pe, "PE\0\0", 4) != 0 || n > SECTIONS_MAX)
		return true;
	return search(b, at + PE_SIZE + load_le16(pe + 20), n, name, out, found, e);
}

bool blob_pe_section(struct arena *a, struct blob *b, struct str name, struct blob **out,
		     struct error *e)
{
	struct section s;
	bool found;
	if (!find(b, name, &s, &found, e))
		return false;
	if (found && !within(s.at, s.n, b->size))
		return fail(e, ERR_CORRUPT, "section %" PRIstr ": runs over the end of its file",
			    ARG(name));
	*out = found ? blob_window(a, b, b->name, s.at, s.n) : NULL;
	return true;
}

bool blob_probe_uki(struct blob *b, bool *mine, struct error *e)
{
	struct section s;
	return find(b, S(".initrd"), &s, mine, e);
}

struct blob *blob_open_uki(struct arena *a, struct blob *b, const struct blob_opening *o,
			   struct error *e)
{
	struct blob *initrd = NULL;
	(void)o;
	if (blob_pe_section(a, b, S(".initrd"), &initrd, e) && !initrd)
		fail(e, ERR_CORRUPT, "uki: there is no initrd in it");
	return initrd;
}
