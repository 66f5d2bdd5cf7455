/*
 * container.h - what the ways to run a container have in common: what its program sees and gets.
 */
#ifndef CONTAINER_H
#define CONTAINER_H

#include "launch.h"

struct container {
	const struct candidate *outer;
	struct candidate inner;
	struct mounts *mounts; /* of inner, while they are made */
	bool local;            /* the engine sees the tree of `outer`; otherwise that of the node */
	struct word name, entrypoint;
	struct words env, env_files; /* files first, whatever the order of the options */
	bool env_host;
	unsigned lines;     /* of env_files that were read */
	struct doubt doubt; /* why the argv is not the whole truth */
};

void container_new(struct container *k, const struct candidate *c);

/* "SOURCE:TARGET[:OPTIONS]", and comma-separated "type=bind,source=…,target=…". */
void container_volume(struct container *k, struct word spec);
void container_mount(struct container *k, struct word spec);

/* A path of the engine's tree, shown at `target`. */
void container_bind(struct container *k, struct str target, struct str source,
		    const struct origin *from);

/* The environment, from env_host, env_files and env: "NAME=VALUE", "NAME" or "NAME*". */
void container_environment(struct container *k);

/* Runs the program: the words behind the image, with the entrypoint or, where they are options
 * alone, the image's own program before them. */
bool container_run(struct container *k, struct word image, struct words args, struct launch *out);

/* The same when an option is not known: what looks like a kubelet, with a doubt. */
bool container_guess(struct container *k, struct words words, struct launch *out);

void container_doubt(struct container *k, struct word at, const char *why);

#endif
