/*
 * fuzz_unit.c - any bytes as kubelet.service, read, merged and expanded as each version would; or,
 * when they begin like one, as a whole text capture with links, drop-ins and templates.
 * What holds for every input: an origin lies inside its file, a unit that is not loaded has no
 * command that starts, every path that was looked at lies inside the root (absolute, without ".."
 * and its like), and how many there are is bounded by the input's size: nothing runs in circles.
 */
#include <stdint.h>
#include <stdlib.h>

#include "captured.h"
#include "fuzzed.h"
#include "systemd.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_word(struct word w)
{
	for (const struct origin *o = w.from; o; o = o->via)
		if (o->at > o->file->text.n || o->len > o->file->text.n - o->at)
			abort();
}

static bool clean(struct str path)
{
	struct str part, rest = str_tail(path, 1);
	if (!str_starts(path, S("/")))
		return false;
	while (rest.n) {
		if (str_ends(rest, S("/")))
			return false;
		str_cut(rest, '/', &part, &rest);
		if (part.n == 0 || str_eq(part, S(".")) || str_eq(part, S("..")))
			return false;
	}
	return true;
}

static void check_paths(struct rootfs *root, size_t size)
{
	struct traces all = rootfs_trace(root);
	if (all.n > 4096 + 16 * size)
		abort();
	for (size_t i = 0; i < all.n; i++)
		if (!clean(all.at[i].file->real))
			abort();
}

static void check(const struct unit *u)
{
	if (u->load != UNIT_LOADED && u->starts == STARTS_YES)
		abort();
	for (size_t i = 0; i < u->commands.n; i++)
		for (size_t k = 0; k < u->commands.at[i].argv.n; k++)
			check_word(u->commands.at[i].argv.at[k]);
	for (size_t i = 0; i < u->environment.n; i++)
		check_word(u->environment.at[i].value);
}

/* The capture's marker lines are not for the input to write. */
static struct str capture(struct arena *a, const uint8_t *bytes, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	static const struct str head = {"-- /etc/systemd/system/kubelet.service hex --\n", 46};
	char *p = arena_alloc(a, 1, head.n + 2 * size + 1);
	__builtin_memcpy(p, head.p, head.n);
	for (size_t i = 0; i < size; i++) {
		p[head.n + 2 * i] = digits[bytes[i] >> 4];
		p[head.n + 2 * i + 1] = digits[bytes[i] & 15];
	}
	p[head.n + 2 * size] = '\n';
	struct str unit = {p, head.n + 2 * size + 1};
	return str_cat(a, unit,
		       S("-- /etc/default/kubelet --\n"
			 "KUBELET_EXTRA_ARGS=\"--v=2 --x='a b'\"\nA=1\n"
			 "-- /usr/bin/kubelet mode=0755 --\nx\n"));
}

/* NULL when the bytes are a capture that cannot be read. */
static struct rootfs *root_of(struct arena *a, const uint8_t *bytes, size_t size)
{
	static const struct fs_options none = {0};
	struct str text = str_dup(a, (struct str){(const char *)bytes, size});
	if (!str_starts(text, S("-- /")))
		return captured_root(a, capture(a, bytes, size));
	struct error e;
	struct layers *layers = NEW(a, struct layers);
	struct notes *notes = NEW(a, struct notes);
	struct fs *fs = fs_open_txtar(a, blob_memory(a, S("capture"), text), &none, &e);
	if (!fs)
		return NULL;
	notes->arena = a;
	*vec_push(a, layers) = (struct layer){.fs = fs, .label = S("capture")};
	return rootfs_new(a, layers, notes);
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	static const unsigned versions[] = {219, 239, 252, 262};
	struct rootfs *root = root_of(a, bytes, size);
	struct systemd_options opts = {.version = versions[size % 4], .live_run = true};
	struct systemd *sd = root ? systemd_new(root, &opts) : NULL;
	if (sd) {
		check(unit_load(sd, S("kubelet")));
		check(unit_load(sd, S("kubelet@a.service")));
		check_paths(root, size);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return size > 1 << 16 ? 0 : fuzzed(256 << 20, run, bytes, size);
}
