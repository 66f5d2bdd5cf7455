/*
 * gobuild.h - what the go command wrote into a program about its build; private to inventory/.
 */
#ifndef GOBUILD_H
#define GOBUILD_H

#include "elf.h"

enum { GOBUILD_HEAD = 32 };

struct gobuild {
	struct str go; /* "go1.21.8" */
	struct str text; /* lines "path\t…", "mod\t…", "dep\t…", "build\tKEY=VALUE"; may be empty */
};

/* Reads build info whose strings follow its head (Go 1.18 and later). */
bool gobuild_parse(struct str bytes, struct gobuild *out);

/* For the older kind: the addresses of the two strings' headers. */
bool gobuild_pointers(struct str bytes, const struct elf *elf, uint64_t *go, uint64_t *text);

/* Without the marks around it; empty where it has none. */
struct str gobuild_unmarked(struct str text);

/* The package that was built, "k8s.io/kubernetes/cmd/kubelet". */
struct str gobuild_path(struct str text);

/* The version of Kubernetes by what the linker was told, or else by the module that was built or
 * built in; empty when neither tells. */
struct str gobuild_kubernetes(struct str text);

#endif
