/*
 * slots.c - which of a disk's banks boots. Systems that are updated as a whole keep two of them in
 * partitions whose names end in "-A" and "-B", and boot the one of the highest priority that has
 * started well before or has tries left: attribute bits 48 to 51, 56, and 52 to 55 of a GPT
 * (ChromiumOS disk format, "Kernel partition attributes"; so too Flatcar and Bottlerocket). Without
 * such bits it is the first.
 */
#include <string.h>

#include "disk.h"

/* The last letter of "ROOT-A"; 0 where the name has none. */
static char bank_of(const struct volume *v)
{
	struct str name = v->partlabel;
	bool lettered = name.n > 2 && name.p[name.n - 2] == '-' && name.p[name.n - 1] >= 'A' &&
			name.p[name.n - 1] <= 'Z';
	return lettered ? name.p[name.n - 1] : 0;
}

static unsigned priority_of(const struct volume *v)
{
	unsigned priority = v->attributes >> 48 & 15, tries = v->attributes >> 52 & 15;
	bool good = v->attributes >> 56 & 1;
	return good || tries ? priority : 0;
}

/* A letter alone is no bank: "DATA-A" may stand by itself. */
static bool has_twin(const struct disk *disk, const struct volume *v)
{
	struct str stem = str_slice(v->partlabel, 0, v->partlabel.n - 1);
	for (size_t i = 0; i < disk->volumes.n; i++) {
		const struct volume *other = &disk->volumes.at[i];
		if (other != v && bank_of(other) && other->partlabel.n == v->partlabel.n &&
		    str_starts(other->partlabel, stem))
			return true;
	}
	return false;
}

/* The letter of the first bank of the highest priority; 0 where there are none. */
static char booting(const struct disk *disk)
{
	char chosen = 0;
	unsigned highest = 0;
	for (size_t i = 0; i < disk->volumes.n; i++) {
		const struct volume *v = &disk->volumes.at[i];
		char bank = bank_of(v);
		unsigned priority = priority_of(v);
		if (!bank || !has_twin(disk, v))
			continue;
		bool earlier = priority == highest && bank < chosen;
		if (!chosen || priority > highest || earlier) {
			chosen = bank;
			highest = priority;
		}
	}
	return chosen;
}

static bool is_bank(const struct disk *disk, char bank)
{
	for (size_t i = 0; i < disk->volumes.n; i++)
		if (bank_of(&disk->volumes.at[i]) == bank && has_twin(disk, &disk->volumes.at[i]))
			return true;
	return false;
}

static bool fail_slot(const struct disk *disk, struct str slot, struct error *e)
{
	char all[3 * ('Z' - 'A' + 1) + 1] = "";
	size_t n = 0;
	for (int bank = 'A'; bank <= 'Z'; bank++)
		if (is_bank(disk, (char)bank)) {
			memcpy(all + n, n ? ", " : "", n ? 2 : 0);
			n += n ? 2 : 0;
			all[n++] = (char)bank;
		}
	if (!n)
		return fail(e, ERR_USAGE, "no bank '%" PRIstr "', the disk has none", ARG(slot));
	return fail(e, ERR_USAGE, "no bank '%" PRIstr "', choose one of %s", ARG(slot), all);
}

bool slots_mark(struct disk *disk, struct str slot, struct error *e)
{
	char chosen = slot.n == 1 ? slot.p[0] : 0;
	if (slot.n && (!chosen || !is_bank(disk, chosen)))
		return fail_slot(disk, slot, e);
	if (!slot.n)
		chosen = booting(disk);
	for (size_t i = 0; i < disk->volumes.n; i++) {
		struct volume *v = &disk->volumes.at[i];
		v->spare |= bank_of(v) && bank_of(v) != chosen && has_twin(disk, v);
	}
	return true;
}
