/*
 * json.c - the report for programs: one document for any number of targets, in stable order,
 * with no time in it unless one was asked for. The envelope, and results of a scan.
 */
#include "json.h"

#include "formats.h"

static void tool(struct json *j)
{
	json_key(&j->out, "schemaVersion");
	json_z(&j->out, "1.0");
	json_key(&j->out, "tool");
	json_open(&j->out, '{');
	json_key(&j->out, "name");
	json_z(&j->out, "offnode");
	json_key(&j->out, "version");
	json_z(&j->out, j->r->version);
	json_close(&j->out);
	if (j->r->timestamp.n)
		put_text(j, "timestamp", j->r->timestamp);
}

const char *json_error_kind(enum error_kind kind)
{
	static const char *const kinds[] = {
		[ERR_NONE] = "",
		[ERR_IO] = "io",
		[ERR_MISSING] = "missing",
		[ERR_LOOP] = "corrupt",
		[ERR_CORRUPT] = "corrupt",
		[ERR_UNSUPPORTED] = "unsupported",
		[ERR_LIMIT] = "limit",
		[ERR_USAGE] = "usage",
		[ERR_ENCRYPTED] = "encrypted",
	};
	return kinds[kind];
}

static void error_member(struct json *j, const struct error *e)
{
	json_key(&j->out, "error");
	if (e->kind == ERR_NONE) {
		json_null(&j->out);
		return;
	}
	json_open(&j->out, '{');
	json_key(&j->out, "kind");
	json_z(&j->out, json_error_kind(e->kind));
	json_key(&j->out, "text");
	json_z(&j->out, e->text);
	json_close(&j->out);
}

static void version_member(struct json *j, const char *key, const struct version *v)
{
	json_key(&j->out, key);
	json_open(&j->out, '{');
	put_text(j, "version", v->text);
	put_text(j, "versionSource", v->text.n ? v->source : (struct str){0});
	json_close(&j->out);
}

/* The i-th tree that is part of the root: its layers, and what is mounted. */
static bool tree_at(const struct target_report *target, size_t i, struct str *label,
		    struct str *kind)
{
	const struct layers *layers = &target->image.layers;
	if (i < layers->n) {
		*label = layers->at[i].label;
		*kind = str_from(layers->at[i].fs->ops->name);
		return true;
	}
	i -= layers->n;
	if (!target->mounted || i >= target->mounted->n)
		return false;
	const struct mounted *m = &target->mounted->at[i];
	bool read = m->volume && m->error.kind == ERR_NONE;
	*label = read ? m->volume->name : (struct str){0};
	*kind = read ? m->volume->holds : (struct str){0};
	return true;
}

static void put_trees(struct json *j, const struct target_report *target, const char *key,
		      bool labels)
{
	struct str label, kind;
	json_key(&j->out, key);
	json_open(&j->out, '[');
	for (size_t i = 0; tree_at(target, i, &label, &kind); i++)
		if (kind.n)
			json_str(&j->out, labels ? label : kind);
	json_close(&j->out);
}

static void read_member(struct json *j, const struct target_report *target)
{
	json_key(&j->out, "read");
	json_open(&j->out, '{');
	json_disk(j, target);
	json_fetched(j, target);
	put_trees(j, target, "filesystems", false);
	put_trees(j, target, "layers", true);
	put_texts(j, "unreadable", &target->read.unreadable);
	put_texts(j, "limits", &target->read.limits);
	json_close(&j->out);
}

static void labels_member(struct json *j, const struct image *image)
{
	json_key(&j->out, "labels");
	json_open(&j->out, '{');
	for (size_t i = 0; i < image->labels.n; i++) {
		bool repeated = false;
		for (size_t k = 0; k < i; k++)
			repeated |= str_eq(image->labels.at[k].key, image->labels.at[i].key);
		if (repeated)
			continue;
		json_key_str(&j->out, image->labels.at[i].key);
		json_str(&j->out, image->labels.at[i].value);
	}
	json_close(&j->out);
}

static void benchmark_member(struct json *j, const struct target_report *target)
{
	json_member(&j->out, "benchmark", '{');
	put_text(j, "name", target->benchmark);
	put_text(j, "why", target->benchmark_why);
	json_close(&j->out);
}

static void target_members(struct json *j, const struct target_report *target)
{
	const struct image *image = &target->image;
	json_key(&j->out, "target");
	json_str(&j->out, target->target);
	put_text(j, "kind", image->kind);
	put_text(j, "readAs", image->trail);
	put_text(j, "digest", image->digest);
	put_text(j, "platform", image->platform);
	put_text(j, "os", target->os ? target->os->pretty : (struct str){0});
	version_member(j, "kubelet", &target->kubelet);
	version_member(j, "systemd", &target->systemd);
	error_member(j, &target->error);
	read_member(j, target);
	if (j->r->kind == REPORT_INSPECT) {
		if (target->deployment.n)
			put_text(j, "deployment", target->deployment);
		labels_member(j, image);
	}
	if (j->r->kind == REPORT_ARGV || j->r->kind == REPORT_STORY)
		json_units(j, target);
	else
		json_launches(j, target);
	if (j->r->kind == REPORT_SCAN) {
		benchmark_member(j, target);
		json_results(j, target);
	}
	put_notes(j, "notes", &target->notes);
}

static void difference(struct json *j, const struct difference *d)
{
	static const char *const keys[] = {"old", "new"};
	json_open(&j->out, '{');
	json_key(&j->out, "kind");
	json_z(&j->out, difference_name(d->kind));
	put_text(j, "unit", d->unit);
	put_text(j, "name", d->name);
	for (unsigned i = 0; i < 2; i++) {
		const struct side *s = &d->sides[i];
		json_key(&j->out, keys[i]);
		if (!s->there) {
			json_null(&j->out);
			continue;
		}
		json_open(&j->out, '{');
		put_text(j, "value", side_shown(j->arena, d, i));
		put_origin(j, "origin", s->from);
		json_close(&j->out);
	}
	json_close(&j->out);
}

static void differences(struct json *j)
{
	json_key(&j->out, "differences");
	json_open(&j->out, '[');
	for (size_t i = 0; i < j->r->differences.n; i++)
		difference(j, &j->r->differences.at[i]);
	json_close(&j->out);
}

static void summary(struct json *j)
{
	struct report_counts n = report_count(j->r);
	const struct {
		const char *key;
		size_t n;
	} counts[] = {
		{"pass", n.pass},
		{"fail", n.fail},
		{"unknown", n.unknown},
		{"notApplicable", n.not_applicable},
		{"provisional", n.provisional},
		{"errors", n.errors},
	};
	json_key(&j->out, "summary");
	json_open(&j->out, '{');
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		json_key(&j->out, counts[i].key);
		json_int(&j->out, (int64_t)counts[i].n);
	}
	json_close(&j->out);
}

void write_json(const struct report *r, struct out *o)
{
	struct json j = {.r = r, .arena = r->arena};
	json_begin(&j.out, o);
	json_open(&j.out, '{');
	tool(&j);
	if (r->kind == REPORT_RULES || r->kind == REPORT_CACHE) {
		(r->kind == REPORT_RULES ? json_rules : json_cache)(&j);
		json_close(&j.out);
		return;
	}
	json_key(&j.out, "targets");
	json_open(&j.out, '[');
	for (size_t i = 0; i < r->targets.n; i++) {
		json_open(&j.out, '{');
		target_members(&j, &r->targets.at[i]);
		json_close(&j.out);
	}
	json_close(&j.out);
	if (r->kind == REPORT_DIFF)
		differences(&j);
	if (r->kind == REPORT_SCAN)
		summary(&j);
	json_close(&j.out);
}
