/*
 * files.c - looking into an image: ls and cat.
 */
#include "arena.h"
#include "session.h"

enum { CAT_PIECE = 1 << 20 };

static const char kind_letters[] = {[FILE_REGULAR] = '-',
				    [FILE_DIRECTORY] = 'd',
				    [FILE_SYMLINK] = 'l',
				    [FILE_DEVICE] = 'c',
				    [FILE_OTHER] = 'p'};

/* "rwxr-xr-x", with s and t for the upper bits. */
static void mode_text(uint32_t mode, char text[10])
{
	static const char letters[] = "rwxrwxrwx";
	for (unsigned i = 0; i < 9; i++)
		text[i] = mode & (0400u >> i) ? letters[i] : '-';
	if (mode & 04000)
		text[2] = mode & 0100 ? 's' : 'S';
	if (mode & 02000)
		text[5] = mode & 0010 ? 's' : 'S';
	if (mode & 01000)
		text[8] = mode & 0001 ? 't' : 'T';
	text[9] = 0;
}

static void list_line(struct scan *s, const struct file *f, struct str name)
{
	struct out *o = s->run->raw;
	char mode[10];
	if (f->state != FILE_OK) {
		out_z(o, "?????????? ");
		out_safe(o, name);
		out_z(o, "  ");
		out_safe(o, f->why);
		out_z(o, "\n");
		return;
	}
	mode_text(f->mode, mode);
	out_fmt(o, "%c%s %5u %5u %10ju ", kind_letters[f->kind], mode, f->uid, f->gid,
		(uintmax_t)f->size);
	out_safe(o, name);
	if (f->kind == FILE_SYMLINK) {
		out_z(o, " -> ");
		out_safe(o, rootfs_link(s->root, f->path));
	}
	out_z(o, "\n");
}

static struct str absolute(struct scan *s)
{
	struct str path = s->run->path;
	return str_starts(path, S("/")) ? path : str_cat(s->arena, S("/"), path);
}

static bool there(struct scan *s, const struct file *f, struct str path)
{
	const struct layers *layers = &s->out->image.layers;
	if (layers->disk && !layers->root)
		return fail(&s->out->error, ERR_MISSING,
			    "no volume of the disk holds the root of a system, see inspect");
	if (f->state == FILE_ABSENT)
		return fail(&s->out->error, ERR_MISSING, "%" PRIstr ": not in the image",
			    ARG(path));
	if (f->state == FILE_UNREADABLE)
		return fail(&s->out->error, f->fault == FAULT_LIMIT ? ERR_LIMIT : ERR_CORRUPT,
			    "%" PRIstr ": %" PRIstr, ARG(path), ARG(f->why));
	return true;
}

void visit_ls(struct scan *s)
{
	struct str path = absolute(s);
	const struct file *f = rootfs_stat(s->root, path);
	if (!there(s, f, path))
		return;
	if (f->kind != FILE_DIRECTORY) {
		list_line(s, rootfs_lstat(s->root, path), path);
		return;
	}
	const struct listing *names = rootfs_list(s->root, path);
	if (names->unread && !there(s, names->unread, path))
		return;
	for (size_t i = 0; i < names->n; i++) {
		struct str entry = str_fmt(s->arena, "%" PRIstr "%s%" PRIstr, ARG(path),
					   str_ends(path, S("/")) ? "" : "/", ARG(names->names[i]));
		list_line(s, rootfs_lstat(s->root, entry), names->names[i]);
	}
}

void visit_cat(struct scan *s)
{
	struct str path = absolute(s);
	const struct file *f = rootfs_stat(s->root, path);
	if (!there(s, f, path))
		return;
	if (f->kind != FILE_REGULAR) {
		fail(&s->out->error, ERR_MISSING, "%" PRIstr ": not a regular file", ARG(path));
		return;
	}
	uint64_t most = limits_file(&s->run->image_options.fs.max);
	if (f->size > most) {
		fail(&s->out->error, ERR_LIMIT,
		     "%" PRIstr ": %ju bytes long, --max-file allows %ju", ARG(path),
		     (uintmax_t)f->size, (uintmax_t)most);
		return;
	}
	char *piece = NEW_N(s->arena, char, CAT_PIECE);
	size_t got = 1;
	for (uint64_t at = 0; at < f->size && got; at += got) {
		if (!there(s, rootfs_peek(s->root, path, at, piece, CAT_PIECE, &got), path))
			return;
		out_str(s->run->raw, (struct str){piece, got});
	}
}
