/*
 * choice.c - what stands behind the '#' of a target: which of a disk's volumes, banks, subvolumes
 * and deployments is meant.
 */
#include "disk.h"

static bool take(struct str word, struct picks *out, struct error *e)
{
	struct {
		struct str key;
		struct str *value;
	} const keys[] = {
		{S("slot"), &out->slot},
		{S("subvol"), &out->subvol},
		{S("deploy"), &out->deployment},
	};
	struct str key, value;
	if (!str_cut(word, '=', &key, &value)) {
		out->volume = word;
		return true;
	}
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (str_eq(key, keys[i].key) && value.n) {
			*keys[i].value = value;
			return true;
		}
	return fail(e, ERR_USAGE,
		    "'#%" PRIstr
		    "' chooses nothing: a volume, slot=, subvol= or deploy= is expected",
		    ARG(word));
}

bool choice_parse(struct str text, struct picks *out, struct error *e)
{
	struct picks picks = {0};
	struct str word;
	while (text.n) {
		str_cut(text, ',', &word, &text);
		if (word.n && !take(word, &picks, e))
			return false;
	}
	*out = picks;
	return true;
}

bool choice_of_deployment(struct str text, struct str *out, struct error *e)
{
	struct picks picks;
	if (!choice_parse(text, &picks, e))
		return false;
	if (picks.volume.n || picks.slot.n || picks.subvol.n)
		return fail(e, ERR_USAGE, "'#%" PRIstr "' chooses in a disk, and this is none",
			    ARG(text));
	*out = picks.deployment;
	return true;
}
