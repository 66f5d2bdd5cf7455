/*
 * siblings.c - second files, of which a container or the user's own words give the name: regular
 * files of the folder that holds the target, and nothing else.
 *
 * A bare name below an open folder cannot leave it, and O_NOFOLLOW refuses the one link that could
 * stand there: openat2(2) would add nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "blob.h"

enum { NAME_BYTES_MAX = 255 };

struct folder {
	struct blob_siblings siblings;
	struct arena *arena;
	int fd;
	struct blob_budget *budget;
	struct watch *watch;
};

static void close_folder(void *arg)
{
	close((int)(intptr_t)arg);
}

static bool bare(struct str name)
{
	return name.n > 0 && name.n <= NAME_BYTES_MAX && !memchr(name.p, '/', name.n) &&
	       !memchr(name.p, 0, name.n) && !str_eq(name, S(".")) && !str_eq(name, S(".."));
}

/* Looked at before it is opened: to open a tape or a FIFO does something to it. */
static int open_regular(int folder, const char *name, struct error *e)
{
	struct stat st;
	int fd = fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW);
	if (fd == 0 && !S_ISREG(st.st_mode)) {
		fail(e, ERR_UNSUPPORTED, "%s: is no regular file", name);
		return -1;
	}
	if (fd == 0)
		fd = openat(folder, name,
			    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		fail_errno(e, errno, "%s", name);
	return fd;
}

static struct blob *folder_open(struct blob_siblings *s, struct str name, struct error *e)
{
	struct folder *f = (struct folder *)s;
	if (!bare(name)) {
		fail(e, ERR_UNSUPPORTED, "\"%" PRIstr "\" is no bare name of a file beside it",
		     ARG(name));
		return NULL;
	}
	int fd = open_regular(f->fd, str_z(f->arena, name), e);
	if (fd < 0)
		return NULL;
	struct blob *b = blob_fd(f->arena, fd, name, f->watch, e);
	return b && f->budget ? blob_cached(f->arena, b, f->budget) : b;
}

struct blob_siblings *blob_beside(struct arena *a, struct str path, struct blob_budget *budget,
				  struct watch *w, struct error *e)
{
	const char *dir = str_z(a, str_dirname(path));
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		fail_errno(e, errno, "%s", dir);
		return NULL;
	}
	arena_defer(a, close_folder, (void *)(intptr_t)fd);
	struct folder *f = NEW(a, struct folder);
	*f = (struct folder){{folder_open}, a, fd, budget, w};
	return &f->siblings;
}
