/*
 * setup_root.h - how an initramfs brings /etc and /var of a deployment into the root; private to
 * rootfs/.
 */
#ifndef SETUP_ROOT_H
#define SETUP_ROOT_H

#include "str.h"

enum setup_mount {
	SETUP_BIND,  /* the directory of the deployment's state */
	SETUP_IMAGE, /* as the image has it: nothing is mounted, or what is lost at the next boot */
	SETUP_OVERLAY, /* that of the image, under the directory "upper" of the deployment's state
			*/
	SETUP_OTHER,   /* in another way, or nobody can tell */
};

/* By the text of the file that says it, which is empty where there is none; of "etc" or "var". */
enum setup_mount setup_root_mount(struct str text, struct str section);

#endif
