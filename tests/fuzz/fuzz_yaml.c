/*
 * fuzz_yaml.c - any bytes as YAML. What holds for every input: a tree or a fault, and every node of
 * the tree lies inside the file. What is taken as a mapping means the same to a kubelet before and
 * after it has been captured.
 */
#include <stdint.h>
#include <stdlib.h>

#include "captured.h"
#include "fuzzed.h"
#include "kubelet.h"
#include "out.h"
#include "recaptured.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(const struct doc *d, unsigned *left)
{
	const struct origin *o = d->from;
	if (!o || o->at > o->file->text.n || o->len > o->file->text.n - o->at)
		abort();
	for (size_t i = 0; i < d->n && *left; i++) {
		(*left)--;
		check(d->entries[i].value, left);
	}
}

/* The text as the config file of a kubelet, under a head that makes it one. */
static void as_config(struct arena *a, struct str text)
{
	static const char head[] = "apiVersion: kubelet.config.k8s.io/v1beta1\n"
				   "kind: KubeletConfiguration\n";
	struct out *o = out_new(a);
	out_z(o, "-- /c hex --\n");
	for (size_t i = 0; i < sizeof head - 1; i++)
		out_fmt(o, "%02x", (unsigned char)head[i]);
	for (size_t i = 0; i < text.n; i++)
		out_fmt(o, "%02x", (unsigned char)text.p[i]);
	out_z(o, "\n");
	struct rootfs *root = captured_root(a, out_text(o));
	struct launch l = {.workdir = S("/")};
	struct kubelet_options opts = {.version = {.major = 1, .minor = 34}};
	*vec_push(a, &l.argv) = (struct word){S("kubelet"), NULL};
	*vec_push(a, &l.argv) = (struct word){S("--config=/c"), NULL};
	recaptured_same(a, root, &l, &opts, kubelet_settings(root, &l, &opts));
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	struct doc_fault fault = {0};
	struct file *f = NEW(a, struct file);
	f->text = str_dup(a, (struct str){(const char *)bytes, size});
	const struct doc *d = doc_yaml(a, f, &fault);
	unsigned left = 100000;
	if (d)
		check(d, &left);
	else if (!fault.text.n)
		abort();
	if (d && d->kind == DOC_MAP && size < 1 << 14)
		as_config(a, f->text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return fuzzed(256 << 20, run, bytes, size);
}
