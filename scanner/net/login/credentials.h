/*
 * credentials.h - user names and passwords where container tools keep them; private to net/.
 */
#ifndef CREDENTIALS_H
#define CREDENTIALS_H

#include "registry.h"

struct credentials {
	struct str user, secret; /* an empty secret: none are known */
	bool identity;           /* the secret is a refresh token of OAuth 2 */
};

/* What the user's files have for a repository; *out is empty where they have nothing. `authfile` is
 * the only one that is looked into, unless it is empty. ERR_USAGE for a file that is not what it
 * should be, ERR_MISSING for a program that cannot be started; no message holds a secret. */
bool credentials_find(struct arena *a, const struct reference *ref, struct str authfile,
		      struct credentials *out, struct error *e);

/* credential_program.c: what `docker-credential-NAME get` says of a server. */
bool credentials_ask(struct arena *a, struct str name, struct str server, struct credentials *out,
		     struct error *e);

#endif
