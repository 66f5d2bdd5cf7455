/*
 * names.c - the grammar of label keys and values (apimachinery, pkg/util/validation), and the
 * labels of kubernetes.io that a kubelet may give its own node (pkg/kubelet/apis,
 * cmd/kubelet/app/options). Labels outside that namespace are looked at since 1.25.
 */
#include "names.h"

#include <string.h>

#include "arena.h"
#include "map.h"

enum { NAME_MAX_BYTES = 63, DOMAIN_MAX_BYTES = 253 };

static bool is_letter(char c)
{
	char low = (char)(c | 0x20);
	return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9');
}

/* Letters and digits, between them such marks as well. */
static bool is_made_of(struct str s, const char *marks)
{
	for (size_t i = 0; i < s.n; i++) {
		bool end = i == 0 || i + 1 == s.n;
		bool mark = s.p[i] && strchr(marks, s.p[i]);
		if (!is_letter(s.p[i]) && (end || !mark))
			return false;
	}
	return true;
}

/* IsDNS1123Subdomain. */
static bool is_domain(struct str s)
{
	struct str label, rest = s;
	bool more = true;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 'A' && s.p[i] <= 'Z')
			return false;
	while (more) {
		more = str_cut(rest, '.', &label, &rest);
		if (!label.n || !is_made_of(label, "-"))
			return false;
	}
	return s.n <= DOMAIN_MAX_BYTES;
}

bool name_value(struct str s)
{
	return s.n <= NAME_MAX_BYTES && is_made_of(s, "-_.");
}

bool name_qualified(struct str s)
{
	struct str domain, name = s;
	if (str_cut(s, '/', &domain, &name))
		return is_domain(domain) && name.n && name_value(name);
	return s.n && name_value(s);
}

bool name_effect(struct str s)
{
	return str_eq(s, S("NoSchedule")) || str_eq(s, S("PreferNoSchedule")) ||
	       str_eq(s, S("NoExecute"));
}

/* ---- --node-labels ---- */

static bool in_domain(struct str namespace, const char *domain)
{
	struct str d = str_from(domain);
	return str_ends(namespace, d) &&
	       (namespace.n == d.n || namespace.p[namespace.n - d.n - 1] == '.');
}

static bool is_own(struct str key, struct str namespace)
{
	static const char *const keys[] = {
		"beta.kubernetes.io/arch",
		"beta.kubernetes.io/instance-type",
		"beta.kubernetes.io/os",
		"failure-domain.beta.kubernetes.io/region",
		"failure-domain.beta.kubernetes.io/zone",
		"kubernetes.io/arch",
		"kubernetes.io/hostname",
		"kubernetes.io/os",
		"topology.kubernetes.io/region",
		"topology.kubernetes.io/zone",
	};
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (str_eq(key, str_from(keys[i])))
			return true;
	return in_domain(namespace, "kubelet.kubernetes.io") ||
	       in_domain(namespace, "node.kubernetes.io");
}

static bool is_foreign(struct str key)
{
	struct str namespace, name;
	return str_cut(key, '/', &namespace, &name) &&
	       (in_domain(namespace, "kubernetes.io") || in_domain(namespace, "k8s.io")) &&
	       !is_own(key, namespace);
}

static bool refuse_label(struct arena *a, const struct flag_item *item, unsigned minor,
			 struct str *why)
{
	if (is_foreign(item->key))
		*why = str_fmt(a,
			       "unknown 'kubernetes.io' or 'k8s.io' labels specified with "
			       "--node-labels: [%" PRIstr "]",
			       ARG(item->key));
	else if (minor >= 25 && !name_qualified(item->key))
		*why = str_fmt(a, "invalid node labels: '%" PRIstr "' is no label", ARG(item->key));
	else if (minor >= 25 && !name_value(item->value))
		*why = str_fmt(a, "invalid node labels: '%" PRIstr "' is no value of a label",
			       ARG(item->value));
	else
		return false;
	return true;
}

/* The value that counts of a label given twice is the last. */
static bool is_last(const struct map *last, const struct flag_item *item)
{
	return map_get(last, item->key) == item;
}

bool labels_taken(struct arena *a, const struct flags *f, unsigned minor, struct str *why,
		  const struct origin **from)
{
	struct map *last = map_new(a);
	for (size_t i = 0; i < f->n; i++)
		for (size_t k = 0; f->at[i].row->arg == FORM_LABELS && k < f->at[i].items.n; k++)
			map_put(last, f->at[i].items.at[k].key, &f->at[i].items.at[k]);
	for (size_t i = 0; i < f->n; i++) {
		const struct given *g = &f->at[i];
		*from = g->from;
		for (size_t k = 0; g->row->arg == FORM_LABELS && k < g->items.n; k++)
			if (is_last(last, &g->items.at[k]) &&
			    refuse_label(a, &g->items.at[k], minor, why))
				return false;
	}
	return true;
}
