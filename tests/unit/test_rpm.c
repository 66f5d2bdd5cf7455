/*
 * test_rpm.c - rpm's databases. The headers are those of packages that the real rpmbuild made, and
 * rpmdb.sqlite is the real rpm's; Packages comes from Berkeley DB's own db5.3_load, and the real
 * rpm must read it, too; Packages.db is written here, by rpm's source (lib/backend/ndb), for few
 * rpms can. Where these programs are not installed, their tests are skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "inventory/packages.h"
#include "out.h"

#include <cmocka.h>

static char dir[] = "/tmp/offnode-rpm-XXXXXX";

/* ---- what the real programs make ---- */

static bool shell(const char *script)
{
	struct str line = str_fmt(arena, "cd %s && (%s) >>log 2>&1", dir, script);
	return system(str_z(arena, line)) == 0;
}

static bool have(const char *program)
{
	return shell(str_z(arena, str_fmt(arena, "command -v %s", program)));
}

static struct str file(const char *name)
{
	struct error e = {0};
	struct str bytes = {0}, path = str_fmt(arena, "%s/%s", dir, name);
	struct blob *b = blob_open(arena, path, NULL, &e);
	if (!b || !blob_slurp(arena, b, 64 << 20, &bytes, &e))
		fail_msg("%s: %s", name, e.text);
	return bytes;
}

static void write_to(const char *name, struct str bytes)
{
	FILE *f = fopen(str_z(arena, str_fmt(arena, "%s/%s", dir, name)), "we");
	if (!f || fwrite(bytes.p, 1, bytes.n, f) != bytes.n || fclose(f))
		fail_msg("%s: cannot be written", name);
}

/* One package has so many files that its header does not fit a page. */
static const char make_packages[] =
	"printf '%s\\n' 'Name: %{n}' 'Version: %{v}' 'Release: %{r}' 'Summary: s' 'License: l' "
	"'BuildArch: noarch' %description d '%files' '%{?f}' > p.spec && "
	"files=$(for i in $(seq 900); do echo \"%ghost /opt/a-directory/file-number-$i\"; done) && "
	"build() { rpmbuild -bb --define \"_topdir $PWD/b\" --define \"n $1\" --define \"v $2\" "
	"--define \"r $3\" --define \"f $4\" p.spec; } && "
	"build kubelet 1.29.3 150500.1.1 \"$files\" && build bash 5.1 1 '%ghost /x' && "
	"build systemd 252 18.el9 '%ghost /x' && "
	"mkdir db && rpm --define '_db_backend sqlite' --dbpath $PWD/db --initdb && "
	"rpm --define '_db_backend sqlite' --dbpath $PWD/db -i --nodeps --noscripts --justdb "
	"b/RPMS/noarch/*.rpm && "
	"rpmdb --define '_db_backend sqlite' --dbpath $PWD/db --exportdb > headers";

static int make(void **state)
{
	arena_up(state);
	if (!mkdtemp(dir))
		return -1;
	if (have("rpmbuild") && have("rpm") && !shell(make_packages)) {
		struct str log = file("log");
		print_message("%.*s\n", ARG(log));
		return -1;
	}
	return 0;
}

static int unmake(void **state)
{
	shell("rm -rf \"$PWD\"");
	return arena_down(state);
}

static void need(const char *program)
{
	if (have(program))
		return;
	print_message("%s is not installed\n", program);
	skip();
}

/* ---- the headers, one after another ---- */

static uint32_t be32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;
	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

/* Each stands behind a magic of 8 bytes, which a database leaves out. */
static bool next_header(struct str *rest, struct str *header)
{
	if (rest->n < 16)
		return false;
	size_t n = 8 + (size_t)be32(rest->p + 8) * 16 + be32(rest->p + 12);
	assert_true(be32(rest->p) == 0x8eade801 && rest->n >= 8 + n);
	*header = str_slice(*rest, 8, 8 + n);
	*rest = str_tail(*rest, 8 + n);
	return true;
}

static void le32(struct out *o, uint32_t v)
{
	char bytes[4] = {(char)v, (char)(v >> 8), (char)(v >> 16), (char)(v >> 24)};
	out_str(o, (struct str){bytes, 4});
}

/* ---- reading ---- */

static struct str read_by(packages_fn *read, struct str bytes)
{
	struct error e = {0};
	struct packages p = {arena, out_new(arena)};
	char *copy = NEW_N(arena, char, bytes.n + 1);
	memcpy(copy, bytes.p, bytes.n);
	if (read(&p, blob_memory(arena, S("database"), (struct str){copy, bytes.n}), &e))
		return out_text(p.gist);
	assert_true(e.kind != ERR_NONE && e.text[0]);
	return str_fmt(arena, "failed: %s", e.text);
}

static void tells_both(struct str gist)
{
	if (!str_has(gist, S("package kubelet 1.29.3-150500.1.1\n")) ||
	    !str_has(gist, S("package systemd 252-18.el9\n")) || str_has(gist, S("bash")))
		fail_msg("got '%.*s'", ARG(gist));
}

/* Cut off anywhere, it fails or tells less, but nothing else. */
static void every_cut_is_survived(packages_fn *read, struct str bytes)
{
	size_t step = bytes.n / 150 + 1;
	for (size_t n = 0; n < bytes.n; n += n < 200 ? 7 : step) {
		struct str gist = read_by(read, str_slice(bytes, 0, n));
		struct str version;
		bool whole = str_has(gist, S("package kubelet 1.29.3-150500.1.1\n"));
		if (!str_starts(gist, S("failed: ")) && str_cut(gist, ' ', &version, &version) &&
		    str_has(gist, S("kubelet")) && !whole)
			fail_msg("%zu of %zu bytes: %.*s", n, bytes.n, ARG(gist));
	}
}

/* ---- tests ---- */

static void a_sqlite_database_of_the_real_rpm(void **state)
{
	(void)state;
	need("rpmbuild");
	struct str bytes = file("db/rpmdb.sqlite");
	tells_both(read_by(packages_rpm_sqlite, bytes));
	every_cut_is_survived(packages_rpm_sqlite, bytes);
}

static void a_schema_with_views_tells_nothing(void **state)
{
	(void)state;
	need("sqlite3");
	assert_true(shell("rm -f evil; sqlite3 evil \"create table p(a,b); "
			  "create view Name as select 'kubelet' as key, 1 as hnum; "
			  "create view Packages as select 1 as hnum, zeroblob(900) as blob\""));
	struct str gist = read_by(packages_rpm_sqlite, file("evil"));
	assert_true(str_starts(gist, S("failed: sqlite: ")));
	assert_true(shell("rm -f endless; sqlite3 endless \"create table Packages(hnum,blob); "
			  "create table Name(key,hnum,idx); with recursive n(i) as (select 1 "
			  "union all select i+1 from n limit 20000) insert into Packages "
			  "select 1, zeroblob(8) from n; insert into Name select 'kubelet',1,0 "
			  "from Packages\""));
	gist = read_by(packages_rpm_sqlite, file("endless"));
	assert_true(str_starts(gist, S("failed: ")) || gist.n == 0);
}

static void a_hash_of_berkeley_db(void **state)
{
	(void)state;
	need("rpmbuild");
	need("db5.3_load");
	struct str rest = file("headers"), header;
	struct out *dump = out_new(arena);
	out_z(dump, "VERSION=3\nformat=bytevalue\ntype=hash\ndb_pagesize=4096\nHEADER=END\n");
	out_z(dump, " 00000000\n 03000000\n");
	for (unsigned i = 1; next_header(&rest, &header); i++) {
		out_fmt(dump, " %02x000000\n ", i);
		for (size_t k = 0; k < header.n; k++)
			out_fmt(dump, "%02x", (unsigned char)header.p[k]);
		out_z(dump, "\n");
	}
	out_z(dump, "DATA=END\n");
	write_to("dump", out_text(dump));
	assert_true(shell("mkdir -p bdb && db5.3_load -f dump bdb/Packages"));
	/* What is made here is what rpm makes: it reads it. */
	assert_true(shell("rpm --define '_db_backend bdb_ro' --dbpath $PWD/bdb -qa 2>/dev/null | "
			  "grep -qx kubelet-1.29.3-150500.1.1.noarch"));
	struct str bytes = file("bdb/Packages");
	tells_both(read_by(packages_rpm_bdb, bytes));
	every_cut_is_survived(packages_rpm_bdb, bytes);
}

/* A page of slots, then blobs of a head, a header, a tail, in blocks of 16 bytes. */
static struct str ndb_of(struct str headers)
{
	struct out *slots = out_new(arena), *blobs = out_new(arena);
	struct str header;
	unsigned n = 0;
	out_z(slots, "RpmP");
	le32(slots, 0);
	le32(slots, 1);
	le32(slots, 1);
	le32(slots, 4);
	out_fill(slots, 0, 12);
	for (; next_header(&headers, &header); n++) {
		size_t at = out_text(blobs).n;
		out_z(blobs, "BlbS");
		le32(blobs, n + 1);
		le32(blobs, 1);
		le32(blobs, (uint32_t)header.n);
		out_str(blobs, header);
		out_fill(blobs, 0, (32 - (header.n + 12) % 16) % 16);
		le32(blobs, 0);
		le32(blobs, (uint32_t)header.n);
		out_z(blobs, "BlbE");
		out_z(slots, "Slot");
		le32(slots, n + 1);
		le32(slots, (uint32_t)((4096 + at) / 16));
		le32(slots, (uint32_t)((out_text(blobs).n - at) / 16));
	}
	for (; n < 4096 / 16 - 2; n++) {
		out_z(slots, "Slot");
		out_fill(slots, 0, 12);
	}
	return str_cat(arena, out_text(slots), out_text(blobs));
}

static void a_database_of_rpms_own(void **state)
{
	(void)state;
	need("rpmbuild");
	struct str bytes = ndb_of(file("headers"));
	tells_both(read_by(packages_rpm_ndb, bytes));
	every_cut_is_survived(packages_rpm_ndb, bytes);
}

static void what_is_no_database_fails(void **state)
{
	(void)state;
	static packages_fn *const readers[] = {packages_rpm_sqlite, packages_rpm_ndb,
					       packages_rpm_bdb};
	char *zeros = NEW_N(arena, char, 8192);
	for (size_t i = 0; i < 3; i++) {
		assert_true(str_starts(read_by(readers[i], S("")), S("failed: ")));
		assert_true(str_starts(read_by(readers[i], S("no database")), S("failed: ")));
		assert_true(
			str_starts(read_by(readers[i], (struct str){zeros, 8192}), S("failed: ")));
	}
}

/* The chain of a value leads back to its own beginning. */
static void a_chain_in_a_circle_ends(void **state)
{
	(void)state;
	need("rpmbuild");
	need("db5.3_load");
	if (access(str_z(arena, str_fmt(arena, "%s/bdb/Packages", dir)), R_OK) != 0)
		skip();
	struct str bytes = file("bdb/Packages");
	char *p = NEW_N(arena, char, bytes.n);
	memcpy(p, bytes.p, bytes.n);
	for (size_t at = 4096; at + 4096 <= bytes.n; at += 4096)
		if (p[at + 25] == 7)
			memcpy(p + at + 16, p + at + 8, 4); /* next: itself */
	/* What is needed stands on the first page. */
	tells_both(read_by(packages_rpm_bdb, (struct str){p, bytes.n}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sqlite_database_of_the_real_rpm),
		cmocka_unit_test(a_schema_with_views_tells_nothing),
		cmocka_unit_test(a_hash_of_berkeley_db),
		cmocka_unit_test(a_chain_in_a_circle_ends),
		cmocka_unit_test(a_database_of_rpms_own),
		cmocka_unit_test(what_is_no_database_fails),
	};
	return cmocka_run_group_tests(tests, make, unmake);
}
