/*
 * server.c - see server.h. Connections are served one thread each, so that clients beside each
 * other do not wait for each other.
 */
#include "server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST_MAX = 40 << 10 };

struct server {
	server_answer *answer;
	void *arg;
	int fd, stop[2];
	unsigned port;
	pthread_t accepting;
	pthread_mutex_t lock;
	unsigned requests;
	char *request[SERVER_REQUESTS_MAX];
	atomic_uint clients;
};

struct client {
	struct server *server;
	int fd;
	struct reply reply;
	char request[REQUEST_MAX];
	size_t n;
};

void reply_print(struct reply *r, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(r->bytes + r->n, sizeof r->bytes - r->n, fmt, ap);
	va_end(ap);
	r->n += n > 0 ? (size_t)n : 0;
}

static void sleep_ms(unsigned ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
	nanosleep(&t, NULL);
}

/* Up to the blank line, and the body that a Content-Length announces. */
static bool read_request(struct client *c)
{
	while (c->n < sizeof c->request - 1) {
		ssize_t got = recv(c->fd, c->request + c->n, sizeof c->request - 1 - c->n, 0);
		if (got <= 0)
			return false;
		c->n += (size_t)got;
		c->request[c->n] = 0;
		const char *end = strstr(c->request, "\r\n\r\n");
		const char *length = strstr(c->request, "Content-Length: ");
		size_t body = length ? strtoul(length + 16, NULL, 10) : 0;
		if (end && c->n >= (size_t)(end + 4 - c->request) + body)
			return true;
	}
	return false;
}

static bool put(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t w = send(fd, p, n, MSG_NOSIGNAL);
		if (w <= 0)
			return false;
		p += w;
		n -= (size_t)w;
	}
	return true;
}

static void write_reply(struct client *c)
{
	const struct reply *r = &c->reply;
	bool good = true;
	if (!r->drip_ms)
		good = put(c->fd, r->bytes, r->n);
	for (size_t i = 0; r->drip_ms && good && i < r->n; i++) {
		good = put(c->fd, r->bytes + i, 1);
		sleep_ms(r->drip_ms);
	}
	while (good && r->repeat)
		good = put(c->fd, r->bytes, r->n);
	sleep_ms(r->hang_ms);
}

static unsigned count(struct client *c)
{
	struct server *s = c->server;
	pthread_mutex_lock(&s->lock);
	unsigned nth = s->requests++;
	if (nth < SERVER_REQUESTS_MAX)
		s->request[nth] = strdup(c->request);
	pthread_mutex_unlock(&s->lock);
	return nth;
}

static void *serve(void *arg)
{
	struct client *c = arg;
	if (read_request(c)) {
		struct str request = {c->request, c->n};
		c->server->answer(c->server->arg, count(c), request, &c->reply);
		write_reply(c);
	}
	close(c->fd);
	atomic_fetch_sub(&c->server->clients, 1);
	free(c);
	return NULL;
}

static void *accepting(void *arg)
{
	struct server *s = arg;
	for (;;) {
		struct pollfd p[2] = {{.fd = s->fd, .events = POLLIN},
				      {.fd = s->stop[0], .events = POLLIN}};
		pthread_t thread;
		poll(p, 2, -1);
		if (p[1].revents)
			return NULL;
		struct client *c = calloc(1, sizeof *c);
		if (!c)
			abort();
		c->server = s;
		c->fd = accept(s->fd, NULL, NULL);
		atomic_fetch_add(&s->clients, 1);
		if (pthread_create(&thread, NULL, serve, c) != 0)
			abort();
		pthread_detach(thread);
	}
}

static bool listens(struct server *s)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof at;
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&at, sizeof at) < 0 ||
	    listen(s->fd, 64) < 0 || getsockname(s->fd, (struct sockaddr *)&at, &n) < 0)
		return false;
	s->port = ntohs(at.sin_port);
	return pipe(s->stop) == 0;
}

struct server *server_start(server_answer *answer, void *arg)
{
	struct server *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->answer = answer;
	s->arg = arg;
	pthread_mutex_init(&s->lock, NULL);
	if (listens(s) && pthread_create(&s->accepting, NULL, accepting, s) == 0)
		return s;
	free(s);
	return NULL;
}

void server_stop(struct server *s)
{
	if (write(s->stop[1], "", 1) != 1)
		abort();
	pthread_join(s->accepting, NULL);
	while (atomic_load(&s->clients))
		sleep_ms(1);
	close(s->fd);
	close(s->stop[0]);
	close(s->stop[1]);
	for (size_t i = 0; i < SERVER_REQUESTS_MAX; i++)
		free(s->request[i]);
	free(s);
}

unsigned server_port(const struct server *s)
{
	return s->port;
}

unsigned server_requests(struct server *s)
{
	pthread_mutex_lock(&s->lock);
	unsigned n = s->requests;
	pthread_mutex_unlock(&s->lock);
	return n;
}

struct str server_request(struct server *s, unsigned nth)
{
	pthread_mutex_lock(&s->lock);
	struct str request = str_from(nth < SERVER_REQUESTS_MAX ? s->request[nth] : NULL);
	pthread_mutex_unlock(&s->lock);
	return request;
}
