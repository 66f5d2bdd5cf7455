/*
 * log.c - what the log of a volume that was not unmounted would change.
 */
#include "btrfs.h"
bool btrfs_replay(struct btrfs *v, struct error *e)
{
	(void)e;
	if (v->super.log_root)
		v->stale = S("its log holds writes that are not in place; mount it once");
	return true;
}
