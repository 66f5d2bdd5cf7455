/*
 * login.h - who one is to a registry; private to net/.
 */
#ifndef LOGIN_H
#define LOGIN_H

#include "registry.h"

/* Answers challenges of the registry at `origin` ("https://HOST") to requests about one repository.
 * Nothing is looked up or asked before the first challenge. Lives as long as the arena. */
struct http_login *login_new(struct arena *a, struct net *n, const struct reference *ref,
			     struct str origin, struct watch *w);

#endif
