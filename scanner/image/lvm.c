/*
 * lvm.c - LVM2 physical volumes to the logical volumes on them, after the format as LVM2's own
 * sources document it (lib/format_text/layout.h, lib/label): a label in one of the first four
 * sectors leads to areas with the metadata of the whole group as text, in a ring; the copy with the
 * highest seqno counts. Linear and striped volumes are read. Snapshots, thin, RAID, cache and
 * integrity volumes are named and are the error of their volume; so is a physical volume that the
 * disk does not hold.
 */
#include <string.h>

#include "arena.h"
#include "bytes.h"
#include "crc32.h"
#include "disk.h"
#include "lvm_text.h"

enum {
	SECTOR = 512,
	LABEL_SECTORS = 4,
	MDA_HEADER = 512,
	UUID_BYTES = 32,
	TEXT_MAX = 16 << 20,
	STRIPES_MAX = 128,
	SEGMENTS_MAX = 100000,
};

#define CRC_START 0xF597A6CFu

struct pv {
	struct str uuid; /* without dashes */
	struct blob *blob;
	size_t volume; /* its place among the volumes of the disk */
	bool named;    /* by a volume group */
};

struct vg {
	struct lvm_node node;
	uint64_t seqno;
};

struct lvm {
	struct arena *a;
	struct disk *disk;
	VEC(struct pv) pvs;
	VEC(struct vg) vgs;
};

/* ---- metadata areas ---- */

/* A text that may go on at the beginning of its ring, behind the header. */
static bool read_ring(struct arena *a, struct blob *b, uint64_t at, uint64_t size,
		      const unsigned char *locn, struct str *out, struct error *e)
{
	uint64_t offset = load_le64(locn), n = load_le64(locn + 8);
	if (n > TEXT_MAX)
		return fail(e, ERR_LIMIT, "metadata: %llu bytes long, the limit is %d",
			    (unsigned long long)n, TEXT_MAX);
	if (size < MDA_HEADER || offset < MDA_HEADER || offset >= size || n > size - MDA_HEADER ||
	    !within(at, size, b->size))
		return fail(e, ERR_CORRUPT, "metadata: lies outside of its area");
	uint64_t first = n < size - offset ? n : size - offset;
	char *text = NEW_N(a, char, (size_t)n + 1);
	if (!blob_read(b, at + offset, text, (size_t)first, e) ||
	    !blob_read(b, at + MDA_HEADER, text + first, (size_t)(n - first), e))
		return false;
	if (crc32_bare(CRC_START, text, (size_t)n) != load_le32(locn + 16))
		return fail(e, ERR_CORRUPT, "metadata: its checksum is wrong");
	*out = (struct str){text, (size_t)n};
	return true;
}

/* Keeps the newest metadata of each group. */
static bool add_group(struct lvm *l, struct str text, struct error *e)
{
	struct lvm_node top;
	struct vg vg = {0};
	if (!lvm_parse(l->a, text, &top, e))
		return false;
	for (size_t i = 0; i < top.parts.n && !vg.node.section; i++)
		if (top.parts.at[i].section)
			vg.node = top.parts.at[i];
	if (!vg.node.section)
		return fail(e, ERR_CORRUPT, "metadata: there is no volume group in it");
	if (!lvm_number(&vg.node, S("seqno"), &vg.seqno, e))
		return false;
	for (size_t i = 0; i < l->vgs.n; i++) {
		struct vg *known = &l->vgs.at[i];
		if (!str_eq(lvm_value(&known->node, S("id"), 0), lvm_value(&vg.node, S("id"), 0)))
			continue;
		if (vg.seqno > known->seqno)
			*known = vg;
		return true;
	}
	*vec_push(l->a, &l->vgs) = vg;
	return true;
}

/* An area whose header names no text is one that a group does not use. */
static bool read_area(struct lvm *l, struct blob *b, uint64_t at, uint64_t size, bool *any,
		      struct error *e)
{
	unsigned char p[MDA_HEADER];
	struct str text;
	if (!blob_read(b, at, p, sizeof p, e))
		return false;
	if (memcmp(p + 4, " LVM2 x[5A%r0N*>", 16) != 0 ||
	    crc32_bare(CRC_START, p + 4, sizeof p - 4) != load_le32(p))
		return fail(e, ERR_CORRUPT, "metadata: the header of its area is damaged");
	const unsigned char *locn = p + 40;
	bool ignored = load_le32(locn + 20) & 1;
	if (!load_le64(locn) || ignored)
		return true;
	*any = true;
	return read_ring(l->a, b, at, size, locn, &text, e) && add_group(l, text, e);
}

/* ---- physical volumes ---- */

static bool read_label(struct blob *b, unsigned char *p, size_t *header, struct error *e)
{
	for (uint64_t sector = 0; sector < LABEL_SECTORS; sector++) {
		if (!blob_read(b, sector * SECTOR, p, SECTOR, e))
			return false;
		*header = load_le32(p + 20);
		if (memcmp(p, "LABELONE", 8) == 0 && load_le64(p + 8) == sector &&
		    crc32_bare(CRC_START, p + 20, SECTOR - 20) == load_le32(p + 16) &&
		    *header >= 32 && *header <= SECTOR - UUID_BYTES - 8)
			return true;
	}
	return fail(e, ERR_CORRUPT, "its label is damaged");
}

/* The next pair of offset and size of a list that ends in zeros; false behind its end. */
static bool next_area(const unsigned char *p, size_t *at, uint64_t *offset, uint64_t *size)
{
	if (*at + 16 > SECTOR)
		return false;
	*offset = load_le64(p + *at);
	*size = load_le64(p + *at + 8);
	*at += 16;
	return *offset != 0;
}

/* One good copy of the metadata is enough. */
static bool read_pv(struct lvm *l, size_t volume, struct error *e)
{
	unsigned char p[SECTOR];
	struct blob *b = l->disk->volumes.at[volume].blob;
	size_t at;
	uint64_t offset, size;
	bool any = false, good = false;
	if (!read_label(b, p, &at, e))
		return false;
	*vec_push(l->a, &l->pvs) = (struct pv){
		str_dup(l->a, (struct str){(const char *)p + at, UUID_BYTES}), b, volume, false};
	at += UUID_BYTES + 8;
	while (next_area(p, &at, &offset, &size))
		;
	while (next_area(p, &at, &offset, &size))
		good |= read_area(l, b, offset, size, &any, e);
	return good;
}

/* ---- logical volumes ---- */

struct stripe {
	struct blob *blob;
	uint64_t at;
};

struct segment {
	uint64_t start, size, chunk; /* bytes; a chunk is what lies in a row on one stripe */
	struct stripe *stripes;
	size_t n;
};

struct lv {
	struct blob blob;
	VEC(struct segment) segments;
};

static const struct segment *segment_at(const struct lv *lv, uint64_t at)
{
	size_t low = 0, high = lv->segments.n;
	while (high - low > 1) {
		size_t middle = (low + high) / 2;
		*(lv->segments.at[middle].start <= at ? &low : &high) = middle;
	}
	return &lv->segments.at[low];
}

static bool lv_read(struct blob *b, uint64_t at, void *buf, size_t n, size_t *got, struct error *e)
{
	struct lv *lv = (struct lv *)b;
	uint64_t left = at < b->size ? b->size - at : 0;
	n = left < n ? (size_t)left : n;
	for (size_t have = 0; have < n;) {
		const struct segment *s = segment_at(lv, at + have);
		uint64_t in = at + have - s->start, chunk = in / s->chunk;
		uint64_t run = s->chunk - in % s->chunk, rest = s->size - in;
		const struct stripe *stripe = &s->stripes[chunk % s->n];
		size_t piece = n - have;
		run = run < rest ? run : rest;
		piece = run < piece ? (size_t)run : piece;
		if (!blob_read(stripe->blob, stripe->at + chunk / s->n * s->chunk + in % s->chunk,
			       (char *)buf + have, piece, e))
			return false;
		have += piece;
	}
	*got = n;
	return true;
}

static bool same_uuid(struct str dashed, struct str uuid)
{
	size_t k = 0;
	for (size_t i = 0; i < dashed.n; i++)
		if (dashed.p[i] != '-' && (k >= uuid.n || dashed.p[i] != uuid.p[k++]))
			return false;
	return k == uuid.n;
}

static struct pv *pv_of(struct lvm *l, const struct lvm_node *described)
{
	struct str id = lvm_value(described, S("id"), 0);
	for (size_t i = 0; i < l->pvs.n; i++)
		if (same_uuid(id, l->pvs.at[i].uuid))
			return &l->pvs.at[i];
	return NULL;
}

struct group {
	struct lvm *l;
	const struct lvm_node *node;
	struct str name;
	uint64_t extent; /* bytes */
};

static bool read_stripe(struct group *g, const struct lvm_node *s, size_t i, uint64_t size,
			struct stripe *out, struct error *e)
{
	struct str name = lvm_value(s, S("stripes"), 2 * i);
	const struct lvm_node *described = lvm_part(lvm_part(g->node, S("physical_volumes")), name);
	uint64_t extent, start;
	if (!described || !str_u64(lvm_value(s, S("stripes"), 2 * i + 1), &extent))
		return fail(e, ERR_CORRUPT, "metadata: stripe %zu of %" PRIstr, i, ARG(s->name));
	const struct pv *pv = pv_of(g->l, described);
	if (!pv)
		return fail(e, ERR_MISSING, "its physical volume %" PRIstr " is not on the disk",
			    ARG(name));
	if (!lvm_number(described, S("pe_start"), &start, e))
		return false;
	if (!mul_u64(start, SECTOR, &start) || !mul_u64(extent, g->extent, &extent) ||
	    !add_u64(start, extent, &out->at) ||
	    (pv->blob->size != BLOB_UNSIZED && !within(out->at, size, pv->blob->size)))
		return fail(e, ERR_CORRUPT, "%" PRIstr " lies outside of %" PRIstr, ARG(s->name),
			    ARG(name));
	out->blob = pv->blob;
	return true;
}

static bool read_segment(struct group *g, const struct lvm_node *s, struct segment *out,
			 struct error *e)
{
	struct str type = lvm_value(s, S("type"), 0);
	uint64_t start, extents, stripes, chunk = 0;
	if (!str_eq(type, S("striped")) && !str_eq(type, S("linear")))
		return fail(e, ERR_UNSUPPORTED, "a volume of type %" PRIstr ": not supported",
			    ARG(type));
	if (!lvm_number(s, S("start_extent"), &start, e) ||
	    !lvm_number(s, S("extent_count"), &extents, e) ||
	    !lvm_number(s, S("stripe_count"), &stripes, e))
		return false;
	if (stripes > 1 && !lvm_number(s, S("stripe_size"), &chunk, e))
		return false;
	if (!stripes || stripes > STRIPES_MAX || extents % stripes || !extents ||
	    !mul_u64(start, g->extent, &out->start) || !mul_u64(extents, g->extent, &out->size) ||
	    !mul_u64(chunk, SECTOR, &out->chunk) || (stripes > 1 && !out->chunk))
		return fail(e, ERR_CORRUPT, "metadata: %" PRIstr " makes no sense", ARG(s->name));
	if (stripes == 1)
		out->chunk = out->size;
	out->n = (size_t)stripes;
	out->stripes = NEW_N(g->l->a, struct stripe, out->n);
	for (size_t i = 0; i < out->n; i++)
		if (!read_stripe(g, s, i, out->size / stripes, &out->stripes[i], e))
			return false;
	return true;
}

static bool read_lv(struct group *g, const struct lvm_node *node, struct volume *v, struct error *e)
{
	struct lv *lv = NEW(g->l->a, struct lv);
	for (size_t i = 0; i < node->parts.n; i++) {
		const struct lvm_node *s = &node->parts.at[i];
		if (!s->section || !str_starts(s->name, S("segment")))
			continue;
		struct segment *segment = vec_push(g->l->a, &lv->segments);
		if (lv->segments.n > SEGMENTS_MAX)
			return fail(e, ERR_LIMIT, "more than %d segments", SEGMENTS_MAX);
		if (!read_segment(g, s, segment, e))
			return false;
		if (segment->start != lv->blob.size ||
		    !add_u64(segment->start, segment->size, &lv->blob.size))
			return fail(e, ERR_CORRUPT, "metadata: %" PRIstr " is out of order",
				    ARG(s->name));
	}
	if (!lv->segments.n)
		return fail(e, ERR_CORRUPT, "metadata: a volume without segments");
	lv->blob.name = v->name;
	lv->blob.read = lv_read;
	v->size = lv->blob.size;
	v->blob = &lv->blob;
	return true;
}

/* A snapshot bears the name of the volume that it keeps old blocks in, which metadata hide. */
static bool keeps_snapshot(const struct lvm_node *lvs, struct str name)
{
	for (size_t i = 0; i < lvs->parts.n; i++) {
		const struct lvm_node *segment = lvm_part(&lvs->parts.at[i], S("segment1"));
		if (str_eq(lvm_value(segment, S("cow_store"), 0), name))
			return true;
	}
	return false;
}

static void add_lv(struct group *g, const struct lvm_node *lvs, const struct lvm_node *node)
{
	struct volume v = {
		.name = str_fmt(g->l->a, "%" PRIstr "/%" PRIstr, ARG(g->name), ARG(node->name)),
		.holds = S("unknown"),
		.size = BLOB_UNSIZED};
	bool snapshot = keeps_snapshot(lvs, node->name);
	if (!node->section || (!snapshot && !lvm_lists(node, S("status"), S("VISIBLE"))))
		return;
	if (snapshot)
		fail(&v.error, ERR_UNSUPPORTED, "a snapshot: not supported");
	else if (read_lv(g, node, &v, &v.error))
		v.holds = S("");
	*vec_push(g->l->a, &g->l->disk->volumes) = v;
}

static bool add_volumes(struct lvm *l, const struct vg *vg, struct error *e)
{
	struct group g = {.l = l, .node = &vg->node, .name = vg->node.name};
	const struct lvm_node *pvs = lvm_part(&vg->node, S("physical_volumes"));
	const struct lvm_node *lvs = lvm_part(&vg->node, S("logical_volumes"));
	for (size_t i = 0; pvs && i < pvs->parts.n; i++) {
		struct pv *pv = pv_of(l, &pvs->parts.at[i]);
		if (!pv)
			continue;
		pv->named = true;
		l->disk->volumes.at[pv->volume].error = (struct error){0};
	}
	if (!lvm_number(&vg->node, S("extent_size"), &g.extent, e))
		return false;
	if (!g.extent || !mul_u64(g.extent, SECTOR, &g.extent))
		return fail(e, ERR_CORRUPT, "metadata: the extent size makes no sense");
	for (size_t i = 0; lvs && i < lvs->parts.n; i++)
		add_lv(&g, lvs, &lvs->parts.at[i]);
	return true;
}

/* A group that cannot be made sense of is the error of its physical volumes. */
static void blame(struct lvm *l, const struct lvm_node *vg, const struct error *why)
{
	const struct lvm_node *pvs = lvm_part(vg, S("physical_volumes"));
	for (size_t i = 0; pvs && i < pvs->parts.n; i++) {
		const struct pv *pv = pv_of(l, &pvs->parts.at[i]);
		if (pv)
			l->disk->volumes.at[pv->volume].error = *why;
	}
}

void lvm_read(struct arena *a, struct disk *disk)
{
	struct lvm l = {.a = a, .disk = disk};
	size_t n = disk->volumes.n;
	for (size_t i = 0; i < n; i++) {
		struct error why = {0};
		if (str_eq(disk->volumes.at[i].holds, S(LVM_MEMBER)) && !read_pv(&l, i, &why) &&
		    why.kind != ERR_NONE)
			disk->volumes.at[i].error = why;
	}
	for (size_t i = 0; i < l.vgs.n; i++) {
		struct error why = {0};
		if (!add_volumes(&l, &l.vgs.at[i], &why))
			blame(&l, &l.vgs.at[i].node, &why);
	}
	for (size_t i = 0; i < l.pvs.n; i++) {
		struct error *why = &disk->volumes.at[l.pvs.at[i].volume].error;
		if (!l.pvs.at[i].named && why->kind == ERR_NONE)
			fail(why, ERR_MISSING, "the volume group it belongs to is not on the disk");
	}
}
