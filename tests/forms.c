/*
 * forms.c - every recorded case of systemd in other forms: as a directory, as a tar archive, as an
 * OCI image of two layers, and as the capture of itself. Whatever the form, the unit must have the
 * same commands, load state, fragment, drop-ins, names and environment. The archives are written
 * by tests/support, not by the code under test.
 *
 *	forms [CASE…]
 */
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../scanner/rootfs/overlay.h"
#include "arena.h"
#include "image.h"
#include "out.h"
#include "systemd.h"
#include "ustar.h"

enum { MEMORY = 1 << 30 };

#define MEDIA "application/vnd.oci.image."

static unsigned number, failed;

/* ---- what a root says of the unit ---- */

static void put_words(struct out *o, const char *what, const struct words *words)
{
	out_fmt(o, "%s:", what);
	for (size_t i = 0; i < words->n; i++)
		out_fmt(o, " [%" PRIstr "]", ARG(words->at[i].text));
	out_z(o, "\n");
}

static struct str answer(struct arena *a, struct rootfs *root, struct str name)
{
	struct systemd *sd = systemd_new(root, &(struct systemd_options){.live_run = true});
	const struct unit *u = unit_load(sd, name);
	struct out *o = out_new(a);
	out_fmt(o, "load: %s\nstarts: %d %" PRIstr "\nenabled: %" PRIstr "\n",
		unit_load_name(u->load), u->starts, ARG(u->starts_reason), ARG(u->enabled));
	out_fmt(o, "fragment: %" PRIstr "\n", ARG(u->fragment ? u->fragment->path : S("-")));
	for (size_t i = 0; i < u->dropins.n; i++)
		out_fmt(o, "drop-in: %" PRIstr "\n", ARG(u->dropins.at[i]->path));
	put_words(o, "names", &u->names);
	for (size_t i = 0; i < u->commands.n; i++)
		put_words(o, "argv", &u->commands.at[i].argv);
	for (size_t i = 0; i < u->environment.n; i++)
		out_fmt(o, "%" PRIstr "=%" PRIstr "\n", ARG(u->environment.at[i].name),
			ARG(u->environment.at[i].value.text));
	return str_dup(a, out_text(o));
}

static struct rootfs *root_of(struct arena *a, const struct layers *layers)
{
	struct notes *notes = NEW(a, struct notes);
	notes->arena = a;
	return rootfs_new(a, layers, notes);
}

/* ---- one tree, written in some form ---- */

struct writer {
	struct arena *arena;
	struct fs *fs;
	struct out *tar; /* NULL: into `dir` */
	const char *dir;
	struct str at; /* "etc/systemd/", empty at the top */
	struct error e;
};

static void write_file(struct writer *w, const char *path, const struct fs_stat *st,
		       struct str body)
{
	char full[8192];
	snprintf(full, sizeof full, "%s/%s", w->dir, path);
	if (st->kind == FS_DIRECTORY) {
		mkdir(full, 0755);
	} else if (st->kind == FS_SYMLINK) {
		if (symlink(str_z(w->arena, body), full) != 0)
			perror(full);
	} else {
		FILE *f = fopen(full, "wb");
		if (!f) {
			perror(full);
			return;
		}
		fwrite(body.p, 1, body.n, f);
		fclose(f);
		chmod(full, st->mode & 07777);
	}
}

static void write_entry(struct writer *w, const char *path, const struct fs_stat *st,
			struct str body)
{
	struct str none = {0};
	if (!w->tar)
		write_file(w, path, st, body);
	else if (st->kind == FS_DIRECTORY)
		ustar_entry(w->tar, '5', 0755, path, "", none);
	else if (st->kind == FS_SYMLINK)
		ustar_entry(w->tar, '2', 0777, path, str_z(w->arena, body), none);
	else
		ustar_entry(w->tar, '0', st->mode, path, "", body);
}

static bool write_one(void *arg, struct str name, uint64_t ino)
{
	struct writer *w = arg;
	struct fs_stat st;
	struct str body = {0}, at = w->at, path = str_cat(w->arena, at, name);
	if (!fs_stat_at(w->fs, ino, &st, &w->e))
		return false;
	if (st.kind == FS_WHITEOUT) {
		path = str_fmt(w->arena, "%" PRIstr ".wh.%" PRIstr, ARG(at), ARG(name));
		st = (struct fs_stat){.kind = FS_REGULAR, .mode = 0644};
	} else if (st.kind != FS_DIRECTORY &&
		   !fs_slurp(w->arena, w->fs, ino, (size_t)64 << 20, &body, &w->e)) {
		return false;
	}
	write_entry(w, str_z(w->arena, path), &st, body);
	if (st.kind == FS_DIRECTORY) {
		w->at = str_cat(w->arena, path, S("/"));
		fs_list(w->fs, ino, write_one, w, &w->e);
		w->at = at;
	}
	return w->e.kind == ERR_NONE;
}

static void write_tree(struct writer *w)
{
	if (!fs_list(w->fs, w->fs->root, write_one, w, &w->e) || w->e.kind != ERR_NONE) {
		printf("Bail out! %s\n", w->e.text);
		exit(1);
	}
}

static struct str tar_of(struct arena *a, struct fs *fs)
{
	struct writer w = {.arena = a, .fs = fs, .tar = out_new(a)};
	write_tree(&w);
	ustar_end(w.tar);
	return out_text(w.tar);
}

/* ---- an OCI image in one archive ---- */

/* Puts the bytes under their digest, and describes them. */
static struct str put_blob(struct arena *a, struct out *o, const char *type, struct str bytes)
{
	struct str digest = digest_sha256(a, bytes);
	ustar_add(o, str_z(a, str_fmt(a, "blobs/sha256/%" PRIstr, ARG(str_tail(digest, 7)))),
		  bytes);
	return str_fmt(a, "{\"mediaType\":\"" MEDIA "%s\",\"digest\":\"%" PRIstr "\",\"size\":%zu}",
		       type, ARG(digest), bytes.n);
}

static struct str oci_of(struct arena *a, const struct layers *layers)
{
	struct out *o = out_new(a);
	struct str list = {0};
	ustar_add(o, "oci-layout", S("{\"imageLayoutVersion\":\"1.0.0\"}"));
	for (size_t i = 0; i < layers->n; i++) {
		struct str tar = tar_of(a, layers->at[i].fs);
		struct str described = put_blob(a, o, "layer.v1.tar", tar);
		list = str_fmt(a, "%" PRIstr "%s%" PRIstr, ARG(list), i ? "," : "", ARG(described));
	}
	struct str config = put_blob(a, o, "config.v1+json", S("{\"os\":\"linux\"}"));
	struct str manifest = put_blob(
		a, o, "manifest.v1+json",
		str_fmt(a, "{\"schemaVersion\":2,\"config\":%" PRIstr ",\"layers\":[%" PRIstr "]}",
			ARG(config), ARG(list)));
	ustar_add(o, "index.json",
		  str_fmt(a, "{\"schemaVersion\":2,\"manifests\":[%" PRIstr "]}", ARG(manifest)));
	ustar_end(o);
	return out_text(o);
}

/* ---- the same answer ---- */

struct trial {
	const char *file;
	struct str unit, want;
	struct layers layers;
	char dir[64]; /* for what must be a file */
	bool bad;
};

static void compare(struct trial *t, const char *form, struct str got)
{
	if (str_eq(got, t->want))
		return;
	t->bad = true;
	printf("# %s as %s:\n%" PRIstr "# wanted:\n%" PRIstr, t->file, form, ARG(got),
	       ARG(t->want));
}

static bool keep(struct str path, uint64_t size)
{
	(void)path;
	return size < 4096;
}

static void try_target(struct trial *t, const char *scheme, const char *path)
{
	struct arena *a = arena_new(MEMORY, NULL, NULL);
	struct error e = {0};
	struct image image;
	struct image_options opts = {.fs = {.wanted = keep,
					    .max.entries = 100000,
					    .max_kept = 8 << 20,
					    .max.file = 8 << 20,
					    .max.spill = 1 << 30},
				     .jobs = 1};
	struct str target = str_fmt(a, "%s:%s", scheme, path);
	if (image_open(a, target, &opts, &image, &e))
		compare(t, scheme, answer(a, root_of(a, &image.layers), t->unit));
	else
		compare(t, scheme, str_from(e.text));
	arena_free(a);
}

static void try_bytes(struct trial *t, const char *scheme, struct str bytes)
{
	char path[96];
	snprintf(path, sizeof path, "%s/image", t->dir);
	FILE *f = fopen(path, "wb");
	if (!f || fwrite(bytes.p, 1, bytes.n, f) != bytes.n || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
	try_target(t, scheme, path);
	unlink(path);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static void try_directory(struct trial *t, struct arena *a, struct fs *merged)
{
	char path[96];
	snprintf(path, sizeof path, "%s/root", t->dir);
	mkdir(path, 0755);
	struct writer w = {.arena = a, .fs = merged, .dir = path};
	write_tree(&w);
	try_target(t, "dir", path);
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void try_capture(struct trial *t, struct arena *a, struct rootfs *scanned)
{
	struct out *o = out_new(a);
	struct layers layers = {0};
	struct error e = {0};
	rootfs_capture(scanned, o);
	struct fs *fs = fs_open_txtar(a, blob_memory(a, S("capture"), out_text(o)),
				      &(struct fs_options){0}, &e);
	*vec_push(a, &layers) = (struct layer){.fs = fs, .label = S("capture")};
	compare(t, "capture", fs ? answer(a, root_of(a, &layers), t->unit) : str_from(e.text));
}

/* ---- the cases ---- */

static struct str slurp(struct arena *a, const char *path)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	if (!f || fstat(fileno(f), &st) != 0)
		return (struct str){0};
	char *p = arena_alloc(a, 1, (size_t)st.st_size + 1);
	size_t n = fread(p, 1, (size_t)st.st_size, f);
	fclose(f);
	return (struct str){p, n};
}

static void add_layer(struct trial *t, struct arena *a, struct str text)
{
	struct error e = {0};
	struct fs *fs = fs_open_txtar(a, blob_memory(a, str_from(t->file), text),
				      &(struct fs_options){0}, &e);
	if (!fs) {
		printf("Bail out! %s: %s\n", t->file, e.text);
		exit(1);
	}
	*vec_push(a, &t->layers) = (struct layer){.fs = fs, .label = str_from(t->file)};
}

static struct str unit_of(struct str text)
{
	struct str line, head = S("# unit: ");
	while (str_starts(text, S("#"))) {
		str_cut(text, '\n', &line, &text);
		if (str_starts(line, head))
			return str_trim(str_tail(line, head.n), " \r");
	}
	return S("kubelet.service");
}

static void try_case(const char *dir, const char *name, const char *scratch)
{
	char path[512];
	struct arena *a = arena_new(MEMORY, NULL, NULL);
	struct trial t = {.file = name};
	snprintf(path, sizeof path, "%s/%s", dir, name);
	struct str text = slurp(a, path);
	snprintf(t.dir, sizeof t.dir, "%s", scratch);
	add_layer(&t, a, slurp(a, "testdata/vectors/systemd-base.txtar"));
	add_layer(&t, a, text);
	t.unit = unit_of(text);
	struct rootfs *root = root_of(a, &t.layers);
	t.want = answer(a, root, t.unit);
	struct fs *merged = overlay_open(a, NULL, &t.layers, 0, t.layers.n);
	try_capture(&t, a, root);
	try_bytes(&t, "tar", tar_of(a, merged));
	try_bytes(&t, "oci-archive", oci_of(a, &t.layers));
	try_directory(&t, a, merged);
	failed += t.bad;
	printf("%s %u - forms %s\n", t.bad ? "not ok" : "ok", ++number, name);
	arena_free(a);
}

static void try_all(const char *dir, char **words, const char *scratch)
{
	struct dirent **names;
	int n = scandir(dir, &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		bool wanted = str_ends(str_from(names[i]->d_name), S(".txtar")) && !*words;
		for (char **w = words; *w; w++)
			wanted |= strstr(names[i]->d_name, *w) != NULL;
		if (wanted)
			try_case(dir, names[i]->d_name, scratch);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

int main(int argc, char **argv)
{
	char scratch[] = "/tmp/offnode-forms-XXXXXX";
	(void)argc;
	if (!mkdtemp(scratch))
		abort();
	try_all("testdata/vectors/systemd", argv + 1, scratch);
	try_all("testdata/vectors/systemd-random", argv + 1, scratch);
	rmdir(scratch);
	printf("1..%u\n", number);
	return failed > 0 || number == 0;
}
