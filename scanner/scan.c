/*
 * scan.c - the story of a scan: open the image, lay the overlays on it, make one tree of it,
 * find the launches, their settings, and judge them by the rules.
 */
#include "bytes.h"
#include "session.h"

static struct version version_option(const struct offnode *o, enum option_id id)
{
	struct version v = {0};
	if (version_parse(option_text(o, id), &v))
		v.source = S("option");
	return v;
}

static bool open_target(struct scan *s, struct str target, struct image *image)
{
	struct image_options opts = s->run->image_options;
	opts.fs.watch = &s->watch;
	return image_open(s->arena, target, &opts, image, &s->out->error);
}

/* Adds the layers of an overlay on top of what is there. */
static bool lay(struct scan *s, struct str overlay, struct layers *all)
{
	struct image image;
	if (!open_target(s, overlay, &image))
		return false;
	if (image.note.n)
		note(&s->out->notes, NULL, "overlay: %" PRIstr, ARG(image.note));
	uint64_t *remote = &s->out->image.remote;
	if (!add_u64(*remote, image.remote, remote))
		*remote = BLOB_UNSIZED;
	if (image.next)
		return fail(&s->out->error, ERR_USAGE,
			    "has more roots than one, choose as in %" PRIstr, ARG(image.target));
	for (size_t i = 0; i < image.layers.n; i++)
		*vec_push(s->arena, all) = image.layers.at[i];
	return true;
}

/* Each deployment that may be booted is scanned. Where there can be but one root, it is that of the
 * default. */
static void part_deployments(struct scan *s)
{
	enum report_kind kind = s->run->report.kind;
	size_t n = rootfs_deployments(s->root);
	if (n < 2 || s->image->layers.deployment.n || kind == REPORT_RAW || kind == REPORT_DIFF)
		return;
	image_part(s->arena, s->image, n);
	s->out->image.target = s->out->target = s->image->target;
	s->out->image.next = s->image->next;
}

bool scan_open(struct scan *s)
{
	const struct offnode *o = s->run->session;
	struct target_report *t = s->out;
	if (!s->image) {
		struct image *image = NEW(s->arena, struct image);
		if (!open_target(s, s->target, image))
			return false;
		s->image = image;
		if (image->next && s->run->report.kind == REPORT_RAW)
			return fail(&t->error, ERR_USAGE,
				    "has more roots than one, choose as in %" PRIstr,
				    ARG(image->target));
	}
	t->image = *s->image;
	t->target = t->image.target;
	t->notes.arena = s->arena;
	if (t->image.note.n)
		note(&t->notes, NULL, "%" PRIstr, ARG(t->image.note));
	for (size_t i = 0; i < o->values[OPTION_overlay].n; i++) {
		struct str overlay = o->values[OPTION_overlay].at[i];
		if (!lay(s, overlay, &t->image.layers))
			return fail_in(&t->error, "overlay %" PRIstr,
				       ARG(image_shown(s->arena, overlay)));
	}
	s->root = rootfs_new(s->arena, &t->image.layers, &t->notes);
	t->deployment = rootfs_deployment(s->root);
	if (t->image.layers.deployment.n && !t->deployment.n)
		return fail(&t->error, ERR_USAGE, "the root has no deployment '%" PRIstr "'",
			    ARG(t->image.layers.deployment));
	t->mounted = rootfs_mounted(s->root);
	part_deployments(s);
	return true;
}

/* What is odd about the units that launch a kubelet; kubelet.service is one even where something
 * keeps it from it. */
static void remark_launches(struct scan *s)
{
	const struct launches *all = &s->out->launches;
	for (size_t i = 0; i < all->n; i++)
		if (all->at[i].unit)
			unit_remarks(s->sd, all->at[i].unit);
	unit_remarks(s->sd, unit_load(s->sd, S("kubelet.service")));
}

/* Who launches a kubelet, and what it would run with. */
static void find_launches(struct scan *s)
{
	const struct offnode *o = s->run->session;
	struct target_report *t = s->out;
	struct systemd_options sd = {
		.version = (unsigned)option_number(o, OPTION_systemd_version, 0),
		.live_run = option_on(o, OPTION_live_run),
	};
	struct kubelet_options kubelet = {
		.version = version_option(o, OPTION_kubelet_version),
		.image = &t->image,
	};
	s->sd = systemd_new(s->root, &sd);
	t->os = os_read(s->root);
	t->systemd = systemd_version(s->sd);
	t->launches = kubelet_launches(s->root, s->sd, &kubelet);
	remark_launches(s);
	t->settings = NEW_N(s->arena, const struct settings *, t->launches.n + 1);
	for (size_t i = 0; i < t->launches.n; i++)
		t->settings[i] = kubelet_settings(s->root, &t->launches.at[i], &kubelet);
	t->kubelet = t->launches.n ? t->settings[0]->version : kubelet_installed(s->root, &kubelet);
}

static void choose_benchmark(struct scan *s)
{
	struct target_report *t = s->out;
	t->benchmark = s->run->report.benchmark;
	t->benchmark_why = S("asked for");
	if (!t->benchmark.n && s->run->own.n) {
		t->benchmark = s->run->own.at[0].benchmark;
		t->benchmark_why = S("the file of --rules");
	}
	if (!t->benchmark.n)
		t->benchmark =
			benchmark_choose(s->arena, &t->launches, &t->kubelet, &t->benchmark_why);
}

void visit_scan(struct scan *s)
{
	struct target_report *t = s->out;
	find_launches(s);
	choose_benchmark(s);
	struct rule_set rules = rules_selected(s->run, t->benchmark);
	t->findings = rules_evaluate(s->root, s->sd, &t->launches, t->settings, &rules,
				     t->benchmark, s->run->report.strict);
}

void visit_launches(struct scan *s)
{
	find_launches(s);
}

void visit_argv(struct scan *s)
{
	find_launches(s);
	struct str name = s->run->report.about;
	if (name.n == 0)
		return;
	const struct unit *u = unit_load(s->sd, name);
	unit_remarks(s->sd, u);
	*vec_push(s->arena, &s->out->units) = u;
}

void visit_explain(struct scan *s)
{
	if (s->run->report.kind == REPORT_EXPLAIN) {
		visit_launches(s);
		return;
	}
	visit_argv(s);
	s->out->story = unit_story(s->sd, s->out->units.at[0]);
}

void visit_capture(struct scan *s)
{
	visit_scan(s);
	rootfs_capture(s->root, s->run->raw);
}
