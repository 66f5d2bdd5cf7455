/*
 * install.h - what systemctl finds behind a unit's name; private to systemd/.
 */
#ifndef INSTALL_H
#define INSTALL_H

#include "state.h"

struct installed {
	bool found;          /* false: systemctl prints an error */
	bool absent;         /* no unit directory has it */
	bool masked;         /* then nothing of what follows but the path */
	struct str name;     /* aliases followed */
	struct str path;     /* of the unit file, perhaps outside the search path */
	struct strs aliases; /* Alias= */
	bool pulled[3];      /* WantedBy=, RequiredBy=, UpheldBy= are not empty */
	bool also;           /* Also= */
};

struct installed install_find(struct systemd *sd, struct str name);

#endif
