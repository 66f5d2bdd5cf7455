/*
 * program.h - a program's gist, made in place; private to inventory/.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include "inventory.h"

rootfs_gist_fn program_gist;

#endif
