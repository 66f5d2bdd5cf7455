/*
 * compose.c - layers to the root that boots: laid over each other; of an ostree system the
 * deployment; of a disk what is mounted in the volume that the root is on, and overlays on top of
 * all of it; extensions over the whole.
 */
#include "arena.h"
#include "composed.h"
#include "deployment.h"
#include "extensions.h"
#include "immutable.h"
#include "mounted.h"
#include "overlay.h"
#include "overlayfs.h"
#include "products.h"
#include "root.h"

/* A tree that was never deployed keeps what will be /etc in /usr/etc. */
static struct fs *undeployed(struct rootfs *top)
{
	struct error e;
	struct walk etc, usr;
	if (fs_walk(top->arena, top->fs, S("/etc"), false, &etc, &e) != WALK_ABSENT ||
	    fs_walk(top->arena, top->fs, S("/usr/etc"), false, &usr, &e) != WALK_FOUND ||
	    usr.st.kind != FS_DIRECTORY)
		return NULL;
	struct fs *composed = composed_new(top->arena, top->fs, top->fs->root);
	if (!composed_mount(composed, S("/etc"), top->fs, usr.ino, &e))
		note(top->notes, NULL, "not mounted in the root: %s", e.text);
	return composed;
}

/* What is mounted, on a disk, in what was composed so far, and the layers above the first on it. */
static struct fs *with_mounts(struct rootfs *top, struct fs *composed, struct layers *layers,
			      struct mounted_list *out)
{
	size_t n = layers->n, first = layers->root ? 1 : 0;
	if (!composed)
		composed = composed_new(top->arena, top->fs, top->fs->root);
	struct rootfs *inner = root_over(top->arena, layers, composed, top->notes);
	mounted_lay(inner, composed, layers, out);
	products_lay(inner, composed, layers, out);
	if (layers->root)
		immutable_lay(inner, composed, layers, out);
	struct rootfs *laid = root_over(top->arena, layers, composed, top->notes);
	mounted_lay_units(laid, composed, layers, out);
	doubt_inherit(top, inner, S(""));
	doubt_inherit(top, laid, S(""));
	return n > first ? overlay_open(top->arena, composed, layers, first, n) : composed;
}

struct rootfs *rootfs_new(struct arena *a, const struct layers *layers, struct notes *notes)
{
	struct layers *kept = NEW(a, struct layers);
	struct chosen chosen = {0};
	struct mounted_list mounts = {0};
	struct words settled = {0};
	*kept = (struct layers){
		.disk = layers->disk, .root = layers->root, .deployment = layers->deployment};
	for (size_t i = 0; i < layers->n; i++) {
		struct layer layer = layers->at[i];
		if (layer.upper)
			layer.fs = overlayfs_upper(a, layer.fs);
		*vec_push(a, kept) = layer;
	}
	size_t below = !kept->disk ? kept->n : kept->root ? 1 : 0;
	struct rootfs *top = root_over(a, kept, overlay_open(a, NULL, kept, 0, below), notes);
	struct fs *composed = deployment_find(top, kept->deployment, &chosen)
				      ? deployment_tree(top, &chosen.deployment, kept)
				      : undeployed(top);
	if (kept->disk)
		composed = with_mounts(top, composed, kept, &mounts);
	struct rootfs *booted = composed ? root_over(a, kept, composed, notes) : top;
	struct fs *extended = extensions_lay(booted, kept, &settled);
	struct rootfs *root = extended ? root_over(a, kept, extended, notes) : booted;
	if (root != top)
		doubt_inherit(root, top, S(""));
	root->deployment = chosen.why;
	root->deployments = chosen.offered;
	root->mounts = mounts;
	root->settled = settled;
	doubt_volumes(root);
	extensions_trace(root);
	return root;
}

struct str rootfs_deployment(const struct rootfs *root)
{
	return root->deployment;
}

size_t rootfs_deployments(const struct rootfs *root)
{
	return root->deployments;
}

const struct mounted_list *rootfs_mounted(const struct rootfs *root)
{
	return &root->mounts;
}

bool rootfs_extended(const struct rootfs *root, struct str path)
{
	for (size_t i = 0; i < root->settled.n; i++)
		if (str_eq(root->settled.at[i].text, path))
			return true;
	return false;
}
