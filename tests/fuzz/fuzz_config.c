/*
 * fuzz_config.c - any bytes as a config file and as the drop-in over it, in each age of
 * --config-dir. What holds for every input: an error or a value for every option, and a capture of
 * what was read comes to the same.
 */
#include <stdint.h>
#include <stdlib.h>

#include "captured.h"
#include "fuzzed.h"
#include "kubelet.h"
#include "recaptured.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct str hex(struct arena *a, const uint8_t *bytes, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	char *p = arena_alloc(a, 1, 2 * size + 1);
	for (size_t i = 0; i < size; i++) {
		p[2 * i] = digits[bytes[i] >> 4];
		p[2 * i + 1] = digits[bytes[i] & 15];
	}
	p[2 * size] = '\n';
	return (struct str){p, 2 * size + 1};
}

/* The input's first line feed that follows a zero byte parts the file from its drop-in. */
static void look(struct arena *a, const uint8_t *bytes, size_t size)
{
	static const unsigned minors[] = {0, 20, 28, 29, 30, 34};
	static const char *const argv[] = {"kubelet", "--config=/c", "--config-dir=/d"};
	size_t cut = 0;
	while (cut + 1 < size && !(bytes[cut] == 0 && bytes[cut + 1] == '\n'))
		cut++;
	if (cut + 1 >= size)
		cut = size;
	struct str base = hex(a, bytes, cut);
	struct str drop = hex(a, bytes + cut, size - cut);
	struct str text = str_fmt(a, "-- /c hex --\n%" PRIstr "-- /d/1.conf hex --\n%" PRIstr,
				  ARG(base), ARG(drop));
	struct rootfs *root = captured_root(a, text);
	struct launch l = {.workdir = S("/")};
	struct kubelet_options opts = {.version = {.major = 1, .minor = minors[size % 6]}};
	*vec_push(a, &l.environment) =
		(struct variable){.name = S("KUBELET_CONFIG_DROPIN_DIR_ALPHA")};
	for (size_t i = 0; i < 2 + (size & 1); i++)
		*vec_push(a, &l.argv) = (struct word){str_from(argv[i]), NULL};
	const struct settings *s = kubelet_settings(root, &l, &opts);
	if (s->error && !s->error_text.n)
		abort();
	if (!setting_get(s, S("makeIPTablesUtilChains")))
		abort();
	recaptured_same(a, root, &l, &opts, s);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return size > 1 << 16 ? 0 : fuzzed(256 << 20, look, bytes, size);
}
