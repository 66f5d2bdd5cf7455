/*
 * formats.h - the kinds of image, in the order in which help lists them; private to image/.
 *
 * A kind X brings image_open_X, which reads the words after "SCHEME:". Where no scheme was
 * written, detect.c looks at the bytes and calls the same code one step later.
 */
#ifndef FORMATS_H
#define FORMATS_H

#include "image.h"

/* name of the function, scheme */
#define FORMATS(X) \
	X(dir, "dir") \
	X(tar, "tar") \
	X(oci, "oci") \
	X(oci_archive, "oci-archive") \
	X(docker_archive, "docker-archive") \
	X(docker, "docker") \
	X(registry, "registry") \
	X(layer, "layer") \
	X(raw, "raw") \
	X(qcow2, "qcow2") \
	X(vmdk, "vmdk") \
	X(vhd, "vhd") \
	X(vhdx, "vhdx") \
	X(vdi, "vdi") \
	X(ova, "ova") \
	X(iso, "iso") \
	X(squashfs, "squashfs") \
	X(erofs, "erofs") \
	X(ext4, "ext4") \
	X(xfs, "xfs") \
	X(btrfs, "btrfs") \
	X(txtar, "txtar")

/* An image under construction. */
struct opening {
	struct arena *a;
	const struct image_options *opts;
	struct image *image;
	struct str choice; /* what stands after '#': a volume; or empty */
	/* How its bytes came, where that is worth a step: "https (no ranges)"; or empty. */
	struct str through;
};

#define X(name, scheme) \
	bool image_open_##name(struct opening *o, struct str words, struct error *e);
FORMATS(X)
#undef X

/* Which of the images in a store: what stands after the path. */
struct choice {
	struct str ref;    /* tag or reference; empty: not said */
	struct str digest; /* "sha256:…"; empty: not said */
};

/* ---- target.c: words to bytes ---- */

/* "https://…" or "http://…", where there is no such path. It stands wherever a PATH may. */
bool target_is_url(struct arena *a, struct str path);

/* Does PATH name something? "-", standard input, always does, and a URL may. */
bool target_exists(struct arena *a, struct str path);

/* PATH, URL or "-" as bytes. */
struct blob *target_open(struct opening *o, struct str path, struct error *e);

/* The files beside PATH for what is opened on its behalf; *out is NULL where there are none: it
 * comes from a pipe. Those of a URL are refused one by one. */
bool target_beside(struct opening *o, struct str path, struct blob_budget *budget,
		   struct blob_siblings **out, struct error *e);

/* Cuts PATH[#VOLUME] where there is no such path but one without the end, and URL[#VOLUME]. */
struct str target_volume(struct arena *a, struct str words, struct str *volume);

/* Cuts PATH[:REF][@DIGEST] at the place that leaves the longest existing path. Of a URL, REF or
 * @DIGEST stands behind '#', where it is taken from. */
struct str target_split(struct opening *o, struct str words, struct choice *out);

/* What messages and layers call it: the last part of the path. */
struct str target_name(struct str path);

/* What a compressed blob decodes to, kept in a temporary file as far as it was read. */
struct blob *target_unpacked(struct opening *o, struct blob *b, struct error *e);

/* The archive in a blob as a tree whose files can be had in any order: compressed bytes are
 * decoded to a temporary file first. */
struct fs *target_archive(struct opening *o, struct blob *b, struct error *e);

/* ---- plain.c: one tree is the whole image ---- */

bool plain_layer(struct opening *o, struct fs *fs, struct str name, const char *kind);

/* The same for an archive of a root, in which nothing at all is a sign of trouble: zeros are an
 * empty tar. */
bool plain_archive(struct opening *o, struct fs *fs, struct str name, struct error *e);

/* ---- detect.c ---- */

bool detect_open(struct opening *o, struct str path, struct error *e);

/* ---- layout.c, docker.c: stores of images, over a directory or an archive ---- */

bool layout_there(struct arena *a, struct fs *fs);
bool layout_open(struct opening *o, struct fs *fs, const struct choice *choice, const char *kind,
		 struct error *e);
bool docker_has_manifest(struct opening *o, struct fs *fs);
bool docker_open(struct opening *o, struct fs *fs, const struct choice *choice, struct error *e);

#endif
