/*
 * cosi.c - a composable OS image: a tar of /metadata.json and of partitions, each compressed by
 * itself (COSI specification 1.0 to 1.2, "Metadata JSON File", "Image Object"). Each partition
 * becomes a volume, of the type that the metadata gives it; what is mounted where is told by the
 * root's own fstab and by those types. Checksums are not verified, and an image that the metadata
 * marks as protected by dm-verity is read without its hashes.
 */
#include "arena.h"
#include "disk.h"
#include "store.h"

enum { IMAGES_MAX = 128 };

bool cosi_has_metadata(struct arena *a, struct fs *fs)
{
	struct walk walk;
	struct error e;
	return fs_walk(a, fs, S("/metadata.json"), true, &walk, &e) == WALK_FOUND &&
	       walk.st.kind == FS_REGULAR &&
	       fs_walk(a, fs, S("/images"), true, &walk, &e) == WALK_FOUND &&
	       walk.st.kind == FS_DIRECTORY;
}

/* A GUID as tables have it. */
static struct str lower_case(struct arena *a, struct str s)
{
	char *text = str_z(a, s);
	for (size_t i = 0; i < s.n; i++)
		text[i] = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] | 0x20) : s.p[i];
	return (struct str){text, s.n};
}

/* The partition behind "image.path": a failure is the volume's own. */
static void add_volume(struct opening *o, struct fs *store, const struct doc *d, struct disk *disk,
		       struct blob_budget *budget)
{
	struct str path = doc_string(doc_get(doc_get(d, S("image")), S("path")));
	struct volume *v = vec_push(o->a, &disk->volumes);
	struct error why = {0};
	*v = (struct volume){.name = path,
			     .size = BLOB_UNSIZED,
			     .type = lower_case(o->a, doc_string(doc_get(d, S("partType")))),
			     .partlabel = doc_string(doc_get(d, S("mountPoint")))};
	if (!path.n) {
		fail(&v->error, ERR_CORRUPT, "metadata.json: an image without a path");
		return;
	}
	struct blob *b = store_file(o->a, store, str_cat(o->a, S("/"), path), path, &why);
	b = b ? target_unpacked(o, b, &why) : NULL;
	if (b)
		v->blob = blob_cached(o->a, b, budget);
	else
		v->error = why;
}

bool cosi_open(struct opening *o, struct fs *store, struct str path, struct error *e)
{
	struct str name = S("metadata.json");
	struct disk *disk = NEW(o->a, struct disk);
	struct blob_budget *budget = disk_budget(o);
	struct blob *b = store_file(o->a, store, S("/metadata.json"), name, e);
	const struct doc *d = b ? store_document(o->a, b, (struct str){0}, name, e) : NULL;
	const struct doc *images = doc_get(d, S("images"));
	if (!d)
		return false;
	if (!images || images->kind != DOC_LIST || !images->n)
		return fail(e, ERR_CORRUPT, "metadata.json: it has no list of images");
	if (images->n > IMAGES_MAX)
		return fail(e, ERR_LIMIT, "metadata.json: more than %d images", IMAGES_MAX);
	disk->table = "cosi";
	for (size_t i = 0; i < images->n; i++)
		add_volume(o, store, images->entries[i].value, disk, budget);
	return disk_of_volumes(o, disk, budget, path, e);
}
