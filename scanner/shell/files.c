/*
 * files.c - what a shell text finds and leaves in the file system: the image's files with those
 * that the text itself has written laid over them. What lies in /proc, /sys, /dev, /run and /tmp is
 * of the running machine, and not told, unless the text wrote it.
 */
#include "state.h"

enum { WRITTEN_MAX = 2000 };

static const char *const changing[] = {"/proc", "/sys",     "/dev",    "/run",
				       "/tmp",  "/var/run", "/var/tmp"};

static bool below(struct str path, struct str dir)
{
	return str_starts(path, dir) && (path.n == dir.n || path.p[dir.n] == '/');
}

bool path_changes(struct str path)
{
	for (size_t i = 0; i < sizeof changing / sizeof *changing; i++)
		if (below(path, str_from(changing[i])))
			return true;
	return false;
}

/* Without "//", "." and ".." parts. */
struct str path_full(struct run *r, struct str path)
{
	struct out *o = out_new(r->a);
	struct texts parts = {0};
	struct str part, rest = path;
	if (!path.n || (!str_starts(path, S("/")) && !r->posture.workdir.n) ||
	    !run_spend(r, 1, path.n * 2))
		return S("");
	if (!str_starts(path, S("/")))
		rest = str_fmt(r->a, "%" PRIstr "/%" PRIstr, ARG(r->posture.workdir), ARG(path));
	while (rest.n) {
		str_cut(rest, '/', &part, &rest);
		if (str_eq(part, S("..")))
			parts.n -= parts.n > 0;
		else if (part.n && !str_eq(part, S(".")))
			*vec_push(r->a, &parts) = part;
	}
	for (size_t i = 0; i < parts.n; i++)
		out_fmt(o, "/%" PRIstr, ARG(parts.at[i]));
	return parts.n ? str_dup(r->a, out_text(o)) : S("/");
}

static struct shell_written *written_at(struct run *r, struct str path)
{
	const size_t *i = map_get(r->written, path);
	return i ? &r->out.written.at[*i] : NULL;
}

static struct seen perhaps(struct str what, const struct origin *from)
{
	return (struct seen){.there = PERHAPS, .untold = {what, from}};
}

static struct seen as_written(struct run *r, const struct shell_written *w)
{
	struct seen s = {.there = w->removed ? NOT_THERE : THERE,
			 .kind = w->kind,
			 .executable = w->mode & 0111,
			 .size = w->text.n};
	if (!is_told(w->untold))
		return perhaps(w->untold.text, w->untold.from);
	struct file *f = NEW(r->a, struct file);
	*f = (struct file){.path = w->path,
			   .real = w->path,
			   .kind = w->kind,
			   .mode = w->mode,
			   .size = w->text.n,
			   .text = w->text};
	s.file = f;
	s.text = value_plain(r, w->text, origin_new(r->a, f, 0, w->text.n, w->from));
	return s;
}

/* An answer that does not come from the image's tree alone. */
static bool overlaid(struct run *r, struct str path, bool follow, struct seen *out)
{
	const struct shell_written *w = written_at(r, path);
	if (w && !(w->kind == FILE_SYMLINK && follow)) {
		*out = as_written(r, w);
		out->link = w->kind == FILE_SYMLINK;
		return true;
	}
	if (str_eq(path, S("/dev/null"))) {
		*out = (struct seen){.there = THERE, .kind = FILE_DEVICE, .text = {.set = true}};
		return true;
	}
	for (struct str up = path; up.n > 1; up = str_dirname(up)) {
		w = written_at(r, up);
		if (w && w->emptied && !w->removed && up.n < path.n) {
			*out = (struct seen){.there = NOT_THERE};
			return true;
		}
		if (!w || (w->kind == FILE_DIRECTORY && !w->removed))
			continue;
		*out = w->removed
			       ? (struct seen){.there = NOT_THERE}
			       : perhaps(str_fmt(r->a, "%" PRIstr ", through a link that is made",
						 ARG(path)),
					 w->from);
		return true;
	}
	if (r->sh->assumed.n && str_eq(path, r->sh->assumed)) {
		*out = (struct seen){.there = THERE,
				     .kind = FILE_REGULAR,
				     .executable = true,
				     .size = 1,
				     .text = {.set = true, .untold = {path, r->sh->from}}};
		return true;
	}
	for (size_t i = 0; i < r->sh->empty.n; i++)
		if (below(path, r->sh->empty.at[i].text)) {
			bool itself = path.n == r->sh->empty.at[i].text.n;
			*out = (struct seen){.there = itself ? THERE : NOT_THERE,
					     .kind = FILE_DIRECTORY};
			return true;
		}
	if (r->sh->foreign) {
		*out = perhaps(str_fmt(r->a, "%" PRIstr ", which is not of the image", ARG(path)),
			       r->sh->from);
		return true;
	}
	if (path_changes(path)) {
		*out = perhaps(str_fmt(r->a, "%" PRIstr ", which a running machine has", ARG(path)),
			       r->sh->from);
		return true;
	}
	return false;
}

static void await(struct run *r, struct str path)
{
	enum { MOST = 100 };
	struct pendings *all = &r->out.absent;
	for (size_t i = 0; i < all->n; i++)
		if (str_eq(all->at[i].path, path))
			return;
	if (all->n < MOST)
		*vec_push(r->a, all) = (struct pending){.path = path,
							.why = S("looked for by a script, absent"),
							.from = r->sh->from};
}

static struct seen of_image(struct run *r, const struct file *f)
{
	struct seen s = {.there = THERE,
			 .kind = f->kind,
			 .link = f->kind == FILE_SYMLINK,
			 .executable = f->mode & 0111,
			 .size = f->size,
			 .file = f};
	if (f->state == FILE_UNREADABLE)
		return perhaps(str_fmt(r->a, "%" PRIstr ", which cannot be read: %" PRIstr,
				       ARG(f->path), ARG(f->why)),
			       r->sh->from);
	if (f->state == FILE_ABSENT) {
		await(r, f->path);
		s.there = NOT_THERE;
	}
	return s;
}

struct seen path_look(struct run *r, struct str path, bool follow)
{
	struct seen s;
	path = path_full(r, path);
	if (!path.n)
		return perhaps(S("a file whose directory is not told"), r->sh->from);
	if (overlaid(r, path, follow, &s))
		return s;
	return of_image(r, follow ? rootfs_stat(r->root, path) : rootfs_lstat(r->root, path));
}

struct seen path_read(struct run *r, struct str path)
{
	struct seen s;
	path = path_full(r, path);
	if (!path.n)
		return perhaps(S("a file whose directory is not told"), r->sh->from);
	if (overlaid(r, path, true, &s))
		return s;
	const struct file *f = rootfs_read(r->root, path);
	s = of_image(r, f);
	if (s.there == THERE && f->kind == FILE_REGULAR) {
		const struct origin *from = origin_new(r->a, f, 0, f->text.n, NULL);
		s.text = value_plain(r, f->text, from);
		if (s.text.pieces.n)
			s.text.pieces.at[0].value = false;
	}
	return s;
}

struct shell_written *path_write(struct run *r, struct str path, enum file_kind kind,
				 const struct origin *from)
{
	path = path_full(r, path);
	struct shell_written *w = path.n ? written_at(r, path) : NULL;
	if (!path.n || (!w && r->out.written.n >= WRITTEN_MAX)) {
		run_strange(r, (struct untold){S("a file that is written, whose name is not told"),
					       from});
		return NULL;
	}
	if (!w) {
		size_t *i = NEW(r->a, size_t);
		*i = r->out.written.n;
		w = vec_push(r->a, &r->out.written);
		map_put(r->written, path, i);
	}
	bool emptied = kind == FILE_DIRECTORY && (w->removed || w->emptied);
	*w = (struct shell_written){.path = path,
				    .emptied = emptied,
				    .kind = kind,
				    .mode = kind == FILE_DIRECTORY ? 0755 : 0644,
				    .from = from};
	if (r->unsure)
		w->untold = (struct untold){
			str_fmt(r->a, "%" PRIstr ", which a condition writes", ARG(path)), from};
	return w;
}

void path_remove(struct run *r, struct str path, const struct origin *from)
{
	struct shell_written *w = path_write(r, path, FILE_REGULAR, from);
	if (w)
		w->removed = true;
}
