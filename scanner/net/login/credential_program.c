/*
 * credential_program.c - asks a program for the credentials of a server, by the protocol of the
 * docker-credential-helpers project: "get" is its argument, the server its standard input, JSON its
 * answer. This is the one program that offnode ever starts, and only where the user's own
 * configuration names it, for a registry that the user typed. No shell is involved; what is secret
 * comes through a pipe, and never goes into an argument or a variable.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "arena.h"
#include "credentials.h"
#include "doc.h"

enum { ANSWER_MAX = 64 << 10, ANSWER_MS = 60000, NAME_BYTES = 100 };
enum { NOT_STARTED = 127 }; /* a status by which posix_spawn may tell it, says POSIX */

struct answer {
	char bytes[ANSWER_MAX];
	size_t n;
};

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool name_valid(struct str name)
{
	static const char more[] = "-_.";
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    (!c || !strchr(more, c)))
			return false;
	}
	return name.n > 0 && name.n <= NAME_BYTES;
}

/* A file in memory as standard input: nobody waits for who does not read it. */
static int question(struct str server)
{
	int fd = memfd_create("server", MFD_CLOEXEC);
	if (fd >= 0 &&
	    (write(fd, server.p, server.n) != (ssize_t)server.n || lseek(fd, 0, SEEK_SET) != 0)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static int spawn(const char *program, int in, int out, pid_t *pid)
{
	char get[] = "get", name[NAME_BYTES + 30];
	char *argv[] = {name, get, NULL};
	posix_spawn_file_actions_t files;
	strncpy(name, program, sizeof name - 1);
	name[sizeof name - 1] = '\0';
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	int failed = posix_spawnp(pid, name, &files, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	return failed;
}

/* Reads to the end, or until the time is up or the answer too long: false. */
static bool listen_to(int fd, struct answer *answer)
{
	int64_t until = now_ms() + ANSWER_MS;
	while (answer->n < sizeof answer->bytes) {
		int64_t left = until - now_ms();
		struct pollfd p = {.fd = fd, .events = POLLIN};
		if (left <= 0 || (poll(&p, 1, (int)left) < 0 && errno != EINTR))
			return false;
		if (!p.revents)
			continue;
		ssize_t r = read(fd, answer->bytes + answer->n, sizeof answer->bytes - answer->n);
		if (r == 0)
			return true;
		if (r < 0 && errno != EINTR)
			return false;
		answer->n += r > 0 ? (size_t)r : 0;
	}
	return false;
}

static bool absent(const char *program, int number, struct error *e)
{
	fail_errno(e, number, "%s", program);
	e->kind = ERR_MISSING;
	return false;
}

/* Starts the program; *from is where its answer comes. -1: a failure was told. */
static pid_t start(const char *program, struct str server, int *from, struct error *e)
{
	int in = question(server), out[2] = {-1, -1};
	pid_t pid = -1;
	int failed = in < 0 || pipe2(out, O_CLOEXEC) < 0 ? errno : spawn(program, in, out[1], &pid);
	close(in);
	close(out[1]);
	*from = out[0];
	if (pid > 0 && !failed)
		return pid;
	close(out[0]);
	absent(program, failed, e);
	return -1;
}

/* What the program says, and its status as waitpid has it; -1 when it had to be stopped. */
static bool run(const char *program, struct str server, struct answer *answer, int *status,
		struct error *e)
{
	int from;
	pid_t pid = start(program, server, &from, e);
	if (pid < 0)
		return false;
	bool whole = listen_to(from, answer);
	close(from);
	if (!whole)
		kill(pid, SIGKILL);
	while (waitpid(pid, status, 0) < 0 && errno == EINTR)
		continue;
	if (!whole)
		*status = -1;
	return true;
}

static bool read_answer(struct arena *a, struct str text, struct credentials *out)
{
	struct file *file = NEW(a, struct file);
	struct doc_fault fault;
	*file = (struct file){.text = text, .size = text.n};
	const struct doc *d = doc_json(a, file, &fault);
	struct str user = doc_string(doc_get(d, S("Username")));
	struct str secret = doc_string(doc_get(d, S("Secret")));
	if (!secret.n)
		return false;
	*out = (struct credentials){.user = str_dup(a, user),
				    .secret = str_dup(a, secret),
				    .identity = str_eq(user, S("<token>"))};
	return true;
}

bool credentials_ask(struct arena *a, struct str name, struct str server, struct credentials *out,
		     struct error *e)
{
	int status = 0;
	struct answer *answer = NEW(a, struct answer);
	if (!name_valid(name))
		return fail(e, ERR_USAGE, "credential helper '%" PRIstr "': no name of a program",
			    ARG(str_slice(name, 0, NAME_BYTES)));
	char *program = str_z(a, str_cat(a, S("docker-credential-"), name));
	if (!run(program, server, answer, &status, e))
		return false;
	struct str text = {answer->bytes, answer->n};
	bool good = true;
	if (status == -1)
		good = fail(e, ERR_USAGE, "%s: stopped: it gave no whole answer in %d s", program,
			    ANSWER_MS / 1000);
	else if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_STARTED && !text.n)
		good = absent(program, ENOENT, e);
	else if (status != 0 && !str_has(text, S("credentials not found")))
		good = fail(e, ERR_USAGE, "%s: failed with status %d", program,
			    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	else if (status == 0 && !read_answer(a, text, out))
		good = fail(e, ERR_USAGE, "%s: its answer holds no Secret", program);
	explicit_bzero(answer->bytes, sizeof answer->bytes);
	return good;
}
