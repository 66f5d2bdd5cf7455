/*
 * fuzz_unit.c - any bytes as kubelet.service, read, merged and expanded as each version would.
 * What holds for every input: an origin lies inside its file, and a unit that is not loaded has
 * no command that starts.
 */
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>

#include "captured.h"
#include "systemd.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void full(void *arg)
{
	longjmp(*(jmp_buf *)arg, 1);
}

static void check_word(struct word w)
{
	for (const struct origin *o = w.from; o; o = o->via)
		if (o->at > o->file->text.n || o->len > o->file->text.n - o->at)
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

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const unsigned versions[] = {219, 239, 252, 262};
	jmp_buf out_of_memory;
	if (size > 1 << 16)
		return 0;
	struct arena *a = arena_new(256 << 20, full, &out_of_memory);
	if (setjmp(out_of_memory) == 0) {
		struct str text = capture(a, bytes, size);
		struct systemd_options opts = {.version = versions[size % 4], .live_run = true};
		struct systemd *sd = systemd_new(captured_root(a, text), &opts);
		check(unit_load(sd, S("kubelet")));
	}
	arena_free(a);
	return 0;
}
