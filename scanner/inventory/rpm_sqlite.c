/*
 * rpm_sqlite.c - packages of rpmdb.sqlite (rpm 4.16 and later): the table Packages holds a header
 * for each number, the table Name the numbers of each name. The one door to SQLite, which sees the
 * file's bytes in memory, read-only: no file is opened, no extension loaded, and the schema,
 * which is as hostile as the rest, has no views, no triggers and no functions of its own.
 */
#include <sqlite3.h>
#include <string.h>

#include "arena.h"
#include "late.h"
#include "rpm.h"

#define CALLS(X) \
	X(sqlite3_bind_text) \
	X(sqlite3_close_v2) \
	X(sqlite3_column_blob) \
	X(sqlite3_column_bytes) \
	X(sqlite3_db_config) \
	X(sqlite3_deserialize) \
	X(sqlite3_errmsg) \
	X(sqlite3_finalize) \
	X(sqlite3_limit) \
	X(sqlite3_open_v2) \
	X(sqlite3_prepare_v2) \
	X(sqlite3_progress_handler) \
	X(sqlite3_reset) \
	X(sqlite3_step)
LATE_LIBRARY(sq, "libsqlite3.so.0", CALLS)
#undef CALLS

enum {
	DATABASE_MAX = 256 << 20,
	STEPS = 1000,     /* of SQLite's machine between two looks at the count */
	STEPS_MAX = 20000 /* times that */
};

struct reader {
	sqlite3 *db;
	unsigned steps;
};

static void close_reader(void *arg)
{
	struct reader *r = arg;
	sq.sqlite3_close_v2(r->db);
	r->db = NULL;
}

static int count_steps(void *arg)
{
	struct reader *r = arg;
	return ++r->steps > STEPS_MAX;
}

static bool sqlite_failed(struct reader *r, struct error *e)
{
	if (r->steps > STEPS_MAX)
		return fail(e, ERR_LIMIT, "sqlite: too much work");
	return fail(e, ERR_CORRUPT, "sqlite: %s", r->db ? sq.sqlite3_errmsg(r->db) : "no memory");
}

static void harden(sqlite3 *db)
{
	static const int off[] = {SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_ENABLE_VIEW,
				  SQLITE_DBCONFIG_TRUSTED_SCHEMA,
				  SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION,
				  SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER};
	for (size_t i = 0; i < sizeof off / sizeof off[0]; i++)
		sq.sqlite3_db_config(db, off[i], 0, NULL);
	sq.sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sq.sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	sq.sqlite3_limit(db, SQLITE_LIMIT_LENGTH, DATABASE_MAX);
}

/* A database in WAL mode says so in its header, and is then not opened without the files beside
 * it; whether those hold anything is asked elsewhere. */
static bool open_bytes(struct packages *out, struct reader *r, struct str bytes, struct error *e)
{
	unsigned char *p = (unsigned char *)(uintptr_t)bytes.p;
	if (bytes.n < 100 || memcmp(p, "SQLite format 3", 16) != 0)
		return fail(e, ERR_CORRUPT, "sqlite: file is not a database");
	p[18] = p[19] = 1;
	arena_defer(out->arena, close_reader, r);
	if (sq.sqlite3_open_v2(":memory:", &r->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
			       NULL))
		return sqlite_failed(r, e);
	harden(r->db);
	sq.sqlite3_progress_handler(r->db, STEPS, count_steps, r);
	if (sq.sqlite3_deserialize(r->db, "main", p, (sqlite3_int64)bytes.n, (sqlite3_int64)bytes.n,
				   SQLITE_DESERIALIZE_READONLY))
		return sqlite_failed(r, e);
	return true;
}

static bool read_name(struct packages *out, struct reader *r, sqlite3_stmt *query, const char *name,
		      struct error *e)
{
	int step;
	if (sq.sqlite3_reset(query) || sq.sqlite3_bind_text(query, 1, name, -1, SQLITE_STATIC))
		return sqlite_failed(r, e);
	while ((step = sq.sqlite3_step(query)) == SQLITE_ROW) {
		struct str header = {sq.sqlite3_column_blob(query, 0),
				     (size_t)sq.sqlite3_column_bytes(query, 0)};
		if (!rpm_header(out, header, header.n, e))
			return false;
	}
	return step == SQLITE_DONE || sqlite_failed(r, e);
}

bool packages_rpm_sqlite(struct packages *out, struct blob *b, struct error *e)
{
	static const char *const names[] = {
#define X(name) name,
		PACKAGE_NAMES(X)
#undef X
	};
	static const char select[] = "SELECT p.blob FROM Name AS n JOIN Packages AS p "
				     "ON p.hnum = n.hnum WHERE n.key = ? ORDER BY p.hnum";
	struct reader *r = NEW(out->arena, struct reader);
	sqlite3_stmt *query = NULL;
	struct str bytes;
	if (!sq_load(e) || !blob_slurp(out->arena, b, DATABASE_MAX, &bytes, e) ||
	    !open_bytes(out, r, bytes, e))
		return false;
	bool ok = !sq.sqlite3_prepare_v2(r->db, select, -1, &query, NULL) || sqlite_failed(r, e);
	for (size_t i = 0; ok && i < sizeof names / sizeof names[0]; i++)
		ok = read_name(out, r, query, names[i], e);
	sq.sqlite3_finalize(query);
	close_reader(r);
	return ok;
}
