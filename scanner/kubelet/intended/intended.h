/*
 * intended.h - readers of what a join's inputs mean to set; private to intended*.c.
 */
#ifndef INTENDED_H
#define INTENDED_H

#include "options.h"

struct map;

/* A file that an input will write. */
struct written {
	struct str path;
	const char *writer;
	const struct origin *from;
};

/* The reading of one image for one launch. */
struct intents {
	struct rootfs *root;
	struct arena *a;
	const struct launch *launch;
	const struct settings *settings;
	unsigned minor;
	struct intentions *out;
	VEC(struct written) written;
	struct map *seen; /* paths that were read */
	unsigned texts;   /* that may still be read */
	unsigned values;  /* that may still be found */
	size_t room;      /* bytes that may still be read or made */
};

/* A text that says what will be: a file of the image, or a file that another input writes. */
struct input {
	const struct file *file;
	const struct origin *via; /* what writes it; NULL for a file of the image */
	const char *writer;       /* "cloud-init", "Ignition"; NULL for a file of the image */
	unsigned depth;
};

/* Reads an input, whatever it is: its first bytes and its path tell. */
void intended_input(struct intents *in, const struct input *t);

/* A file of the image, once. */
void intended_file(struct intents *in, struct str path);

/* A file that `t` writes; `from` is the place of its text in `t`. */
void intended_write(struct intents *in, const struct input *t, struct str path, struct str text,
		    const struct origin *from, const char *writer);

/* ---- kinds of inputs ---- */

void intended_documents(struct intents *in, const struct input *t); /* YAML and JSON, by kind */
void intended_cloud_config(struct intents *in, const struct input *t);
void intended_mime(struct intents *in, const struct input *t);
void intended_script(struct intents *in, const struct input *t, struct str text,
		     const struct origin *from);
void intended_ignition(struct intents *in, const struct input *t, const struct doc *config);
void intended_patch(struct intents *in, const struct input *t);
void intended_template(struct intents *in, const struct input *t);
bool intended_is_mime(struct str text);

/* ---- values ---- */

/* Fields of a KubeletConfiguration, or of a part of one. */
void intended_fields(struct intents *in, const struct input *t, const struct doc *d,
		     const char *by);
void intended_field(struct intents *in, const struct input *t, struct str path,
		    const struct doc *value, const char *by);

/* "--name=value". */
void intended_flag(struct intents *in, const struct input *t, struct str word,
		   const struct origin *from, const char *by, bool unrendered);

/* Every word of a text that is a flag of the kubelet; comments left out. */
void intended_flags(struct intents *in, const struct input *t, struct str text, const char *by,
		    bool unrendered);

/* ---- bytes in texts ---- */

/* A data: URL (RFC 2397); false for any other URL. */
bool url_decode(struct arena *a, struct str url, struct str *out);

/* gzip, as far as there is room; the work counts as a text. */
bool gzip_decode(struct intents *in, struct str packed, struct str *out);

/* ---- */

/* The file of a text that is made by another input. */
const struct file *file_made(struct arena *a, struct str path, struct str text,
			     const struct file *like);

/* An origin inside an input, with what wrote the input at the end of its trail. */
const struct origin *origin_in(struct intents *in, const struct input *t, const struct origin *o);

/* A unit of a kubelet that an input of the image will write: fills *out with a launch that is
 * decided then. */
bool intended_unit(struct rootfs *root, struct launch *out);

/* For kubelet_settings. */
void intended_find(struct rootfs *root, const struct launch *l, struct settings *s);

#endif
