/*
 * image.h - from the words a user typed to layers of files.
 *
 * A target is SCHEME:PATH, or a PATH whose kind is found by looking at its bytes (never at its
 * name), or "-" for standard input. An existing path always wins over anything else the words
 * could mean. Layers come lowest first.
 */
#ifndef IMAGE_H
#define IMAGE_H

#include "fs.h"
#include "origin.h"
#include "vec.h"

struct layer {
	struct fs *fs;
	struct str label; /* "sha256:1234abcd5678" (digest, shortened), or the target's name */
};

struct layers {
	struct layer *at;
	size_t n, cap;
};

struct image_options {
	struct fs_options fs;
	struct str platform; /* "os/arch[/variant]"; empty: linux and this machine's, else the only
				one */
	unsigned jobs;       /* layers read at once; 0 is the number of CPUs */
};

struct image_label {
	struct str key, value;
};

struct image {
	struct str target;   /* as typed */
	struct str kind;     /* "directory", "tar", "oci", "docker-archive", "txtar", … */
	struct str trail;    /* how it was read, for people: "oci > index > manifest > 3 layers" */
	struct str digest;   /* of the manifest, or of the docker config; empty elsewhere */
	struct str platform; /* "linux/amd64"; empty where nothing tells */
	VEC(struct image_label) labels; /* of the image configuration */
	struct layers layers;
};

/* Opens and indexes every layer. The message begins with the part that failed, not with the
 * target. Nothing else that the image names is opened. */
bool image_open(struct arena *a, struct str target, const struct image_options *opts,
		struct image *out, struct error *e);

/* The targets of a `list:FILE`, in order: one a line, blank lines and lines beginning with '#'
 * left out. A list does not name lists. When `target` is no list, *out is just it. */
bool image_targets(struct arena *a, struct str target, struct watch *w, struct words *out,
		   struct error *e);

#endif
