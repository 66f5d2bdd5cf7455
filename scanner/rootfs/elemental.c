/*
 * elemental.c - the configuration of an Elemental system to its layout (elemental-toolkit 2,
 * "elemental mount"): the section "mount" of /etc/elemental/config.yaml, which the initramfs has a
 * copy of, and of the files in config.d that the stages of the boot write there. Maps are merged,
 * anything else replaces what was there. The persistent volume is mounted below /run, and holds
 * what is kept in its directory .state. Not supported: variables ELEMENTAL_… and the kernel's
 * command line.
 */
#include "elemental.h"

#include <stdlib.h>

#include "arena.h"
#include "doc.h"

#define PERSISTENT "/run/elemental/persistent"

struct merging {
	struct arena *a;
	struct setting device, mountpoint, mode, ephemeral; /* "tmpfs", "block" */
	struct layout *out;
	bool odd;
};

static void take_text(struct setting *s, const struct doc *value)
{
	if (value)
		*s = (struct setting){doc_string(value), value->from};
}

static bool has_blank(struct str s)
{
	return str_has(s, S(" ")) || str_has(s, S("\t")) || str_has(s, S("\n"));
}

/* Those with a blank in them cannot be told from two. */
static void take_paths(struct merging *m, struct setting *s, const struct doc *list)
{
	struct str all = {0};
	if (!list)
		return;
	m->odd |= list->kind != DOC_LIST && list->kind != DOC_NULL;
	for (size_t i = 0; list->kind == DOC_LIST && i < list->n; i++) {
		struct str path = doc_string(list->entries[i].value);
		m->odd |= has_blank(path);
		all = str_fmt(m->a, "%" PRIstr "%" PRIstr " ", ARG(all), ARG(path));
	}
	*s = (struct setting){all, list->from};
}

static void take_volumes(struct merging *m, const struct doc *list)
{
	struct str all = {0};
	if (!list)
		return;
	m->odd |= list->kind != DOC_LIST && list->kind != DOC_NULL;
	for (size_t i = 0; list->kind == DOC_LIST && i < list->n; i++) {
		const struct doc *volume = list->entries[i].value;
		struct str device = doc_string(doc_get(volume, S("device")));
		struct str dir = doc_string(doc_get(volume, S("mountpoint")));
		m->odd |= has_blank(device) || has_blank(dir);
		all = str_fmt(m->a, "%" PRIstr "%" PRIstr ":%" PRIstr " ", ARG(all), ARG(device),
			      ARG(dir));
	}
	m->out->volumes = (struct setting){all, list->from};
}

static void merge(struct merging *m, const struct doc *config)
{
	const struct doc *mount = doc_get(config, S("mount"));
	const struct doc *kept = doc_get(mount, S("persistent"));
	const struct doc *volume = doc_get(kept, S("volume")),
			 *lost = doc_get(mount, S("ephemeral"));
	take_volumes(m, doc_get(mount, S("extra-volumes")));
	take_text(&m->mode, doc_get(kept, S("mode")));
	take_paths(m, &m->out->paths, doc_get(kept, S("paths")));
	take_text(&m->device, doc_get(volume, S("device")));
	take_text(&m->mountpoint, doc_get(volume, S("mountpoint")));
	take_text(&m->ephemeral, doc_get(lost, S("type")));
	take_paths(m, &m->out->writable, doc_get(lost, S("paths")));
}

static bool merge_text(struct merging *m, const struct file *f, struct error *why)
{
	struct doc_fault fault = {0};
	const struct doc *config = doc_yaml(m->a, f, &fault);
	if (!config)
		return fail(why, ERR_UNSUPPORTED, "%" PRIstr ": %" PRIstr, ARG(f->path),
			    ARG(fault.text));
	merge(m, config);
	return !m->odd || fail(why, ERR_UNSUPPORTED, "%" PRIstr ": not the lists that are known",
			       ARG(f->path));
}

static int by_path(const void *a, const void *b)
{
	return str_cmp(((const struct written *)a)->path, ((const struct written *)b)->path);
}

/* The one that was written last is there, under each name. */
static bool merge_written(struct merging *m, const struct written_list *all, struct error *why)
{
	struct written_list last = {0};
	for (size_t i = 0; i < all->n; i++) {
		size_t k = i + 1;
		while (k < all->n && !str_eq(all->at[k].path, all->at[i].path))
			k++;
		if (k == all->n)
			*vec_push(m->a, &last) = all->at[i];
	}
	if (last.n)
		qsort(last.at, last.n, sizeof *last.at, by_path);
	for (size_t i = 0; i < last.n; i++) {
		struct file *f = NEW(m->a, struct file);
		*f = (struct file){.path = last.at[i].path,
				   .real = last.at[i].path,
				   .kind = FILE_REGULAR,
				   .size = last.at[i].text.n,
				   .text = last.at[i].text,
				   .made = last.at[i].from};
		if (!merge_text(m, f, why))
			return false;
	}
	return true;
}

static bool finish(struct merging *m, struct error *why)
{
	bool bound = str_eq(m->mode.value, S("bind"));
	if (!bound && !str_eq(m->mode.value, S("overlay")))
		return fail(why, ERR_UNSUPPORTED, "mount: no mode '%" PRIstr "' is known",
			    ARG(m->mode.value));
	m->out->bind = (struct setting){bound ? S("true") : S(""), m->mode.from};
	m->out->overlay = m->ephemeral;
	if (!m->device.value.n || !m->mountpoint.value.n) {
		m->out->paths = (struct setting){0};
		return true;
	}
	m->out->volumes.value =
		str_fmt(m->a, "%" PRIstr " %" PRIstr ":%" PRIstr, ARG(m->out->volumes.value),
			ARG(m->device.value), ARG(m->mountpoint.value));
	m->out->target = (struct setting){str_cat(m->a, m->mountpoint.value, S("/.state")),
					  m->mountpoint.from};
	return true;
}

bool elemental_layout(struct rootfs *top, const struct written_list *written, struct layout *out,
		      struct error *why)
{
	const struct file *f = rootfs_read(top, S("/etc/elemental/config.yaml"));
	struct merging m = {.a = rootfs_arena(top),
			    .device = {S("PARTLABEL=persistent"), NULL},
			    .mountpoint = {S(PERSISTENT), NULL},
			    .mode = {S("overlay"), NULL},
			    .ephemeral = {S("tmpfs"), NULL},
			    .out = out};
	*out = (struct layout){
		.volumes = {S("PARTLABEL=oem:/oem"), NULL},
		.paths = {S("/etc/systemd /etc/ssh /home /opt /root /var/log"), NULL},
		.writable = {S("/var /etc /srv"), NULL},
	};
	if (f->state == FILE_UNREADABLE)
		return fail(why, ERR_IO, "%" PRIstr ": %" PRIstr, ARG(f->path), ARG(f->why));
	return (f->state == FILE_ABSENT || f->kind != FILE_REGULAR || merge_text(&m, f, why)) &&
	       merge_written(&m, written, why) && finish(&m, why);
}
