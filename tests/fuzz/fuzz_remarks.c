/*
 * fuzz_remarks.c - any capture of an image: the remarks about its kubelet.service, what a boot may
 * change, and the story of its commands. What holds for every input: the places of notes, of
 * lines and of what took them back lie inside their files, and notes are never more than are
 * allowed.
 */
#include <stdint.h>
#include <stdlib.h>

#include "captured.h"
#include "fuzzed.h"
#include "systemd.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_place(const struct origin *o)
{
	for (; o; o = o->via)
		if (o->file && (o->at > o->file->text.n || o->len > o->file->text.n - o->at))
			abort();
}

static void check_notes(const struct notes *notes)
{
	if (notes->n > NOTES_MAX)
		abort();
	for (size_t i = 0; i < notes->n; i++)
		check_place(notes->at[i].from);
}

static void check_story(const struct story *s, const struct unit *u)
{
	for (size_t i = 0; i < s->chapters.n; i++)
		for (size_t k = 0; k < s->chapters.at[i].steps.n; k++) {
			const struct step *step = &s->chapters.at[i].steps.at[k];
			check_place(step->line->value.from);
			check_place(step->undone);
			if (step->line->value.from->file != s->chapters.at[i].file)
				abort();
		}
	for (size_t i = 0; i < u->pending.n; i++)
		check_place(u->pending.at[i].from);
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	static const unsigned versions[] = {219, 239, 252, 257};
	struct str text = str_dup(a, (struct str){(const char *)bytes, size});
	struct str head = S("-- /etc/systemd/system/kubelet.service --\n[Service]\n");
	struct rootfs *root = captured_root_or_none(a, str_cat(a, head, text));
	struct systemd_options opts = {.version = versions[size % 4], .live_run = size % 8 > 3};
	struct systemd *sd = root ? systemd_new(root, &opts) : NULL;
	if (sd) {
		const struct unit *u = unit_load(sd, S("kubelet.service"));
		unit_remarks(sd, u);
		check_story(unit_story(sd, u), u);
		check_notes(rootfs_notes(root));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return size > 1 << 16 ? 0 : fuzzed(256 << 20, run, bytes, size);
}
