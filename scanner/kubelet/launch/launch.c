/*
 * launch.c - the units of an image into the kubelets that they launch. Each service's commands are
 * shown to every layout; a kubelet.service whose command no layout knows is a launch all the
 * same, with a doubt. Not supported: kubelets that no systemd unit starts.
 */
#include "launch.h"

#include <string.h>

#include "arena.h"
#include "deciders.h"
#include "intended.h"
#include "map.h"
#include "recognise.h"
#include "talos.h"

enum { DEPTH_MAX = 6, TEXTS_MAX = 50 };

struct words words_from(struct words w, size_t from)
{
	if (from > w.n)
		from = w.n;
	if (!from)
		return w;
	return (struct words){w.at + from, w.n - from, w.n - from};
}

struct str word_program(struct words w, size_t i)
{
	return i < w.n ? str_basename(w.at[i].text) : S("");
}

void words_add(struct arena *a, struct words *w, struct str text, const struct origin *from)
{
	*vec_push(a, w) = (struct word){text, from};
}

bool words_option(struct words w, struct str name, struct word *out)
{
	bool found = false;
	for (size_t i = 0; i < w.n; i++) {
		struct str text = w.at[i].text;
		if (!str_starts(text, name))
			continue;
		if (text.n > name.n && text.p[name.n] == '=') {
			*out = (struct word){str_tail(text, name.n + 1), w.at[i].from};
			found = true;
		} else if (text.n == name.n && i + 1 < w.n) {
			*out = w.at[++i];
			found = true;
		}
	}
	return found;
}

struct doubt launch_doubt(const struct candidate *c, enum reason reason, struct str text,
			  const struct origin *from)
{
	return (struct doubt){reason, str_dup(c->a, text), from};
}

const struct variable *launch_variable(const struct variables *v, struct str name)
{
	for (size_t i = v->n; i-- > 0;)
		if (str_eq(v->at[i].name, name))
			return &v->at[i];
	return NULL;
}

/* Products whose own files are looked for on the node. */
static bool reads_by_itself(const char *layout)
{
	static const char *const others[] = {"systemd", "container", "shell", "script"};
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (strcmp(layout, others[i]) == 0)
			return false;
	return true;
}

void launch_settle(const struct candidate *c, struct launch *out)
{
	if (c->depth < out->depth)
		return;
	out->depth = c->depth;
	out->mounts = c->mounts;
	if (!out->environment.n)
		out->environment = c->environment;
	if (!out->workdir.n)
		out->workdir = c->workdir;
	if (c->mounts && (c->mounts->rest.n || c->mounts->root.n) && reads_by_itself(out->layout))
		out->doubt = launch_doubt(
			c, REASON_WRAPPER_UNRESOLVED,
			str_fmt(c->a, "%s in a tree of its own is not read", out->layout),
			c->words.n ? c->words.at[0].from : NULL);
}

bool launch_find(const struct candidate *c, struct launch *out)
{
	static launch_fn *const layouts[] = {
#define LAYOUT(name) launch_##name,
#include "layouts.h"
#undef LAYOUT
	};
	if (!c->words.n || c->depth > DEPTH_MAX)
		return false;
	const struct launch before = *out;
	for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
		if (layouts[i](c, out)) {
			launch_settle(c, out);
			return true;
		}
		*out = before;
	}
	return false;
}

bool launch_inner(const struct candidate *c, struct words words, struct launch *out)
{
	struct candidate inner = *c;
	inner.words = words;
	inner.path = (struct str){0};
	inner.owned = false;
	inner.depth++;
	return launch_find(&inner, out);
}

/* ---- one unit ---- */

struct search {
	struct rootfs *root;
	struct systemd *sd;
	struct arena *a;
	struct launches out;
	struct map *seen;
	unsigned texts;
	const struct unit *trees_of;
	const struct mounts *trees[2]; /* without and with \'+\' */
	const struct kubelet_options *options;
};

/* Made once for all commands of a unit, but for those with a '+'. */
static const struct mounts *tree_of(struct search *s, const struct unit *u,
				    const struct command *cmd)
{
	bool privileged = unit_privileged(cmd);
	if (s->trees_of != u)
		for (int i = 0; i < 2; i++)
			s->trees[i] = unit_tree(s->root, u, i);
	s->trees_of = u;
	return s->trees[privileged];
}

static struct candidate candidate_of(struct search *s, const struct unit *u,
				     const struct command *cmd)
{
	struct words words = {0};
	s->texts = TEXTS_MAX;
	if (cmd)
		words = cmd->argv.n ? cmd->argv : cmd->words;
	return (struct candidate){.texts = &s->texts,
				  .options = s->options,
				  .root = s->root,
				  .a = s->a,
				  .unit = u,
				  .words = words,
				  .path = cmd ? cmd->path : S(""),
				  .environment = u->environment,
				  .mounts = cmd ? tree_of(s, u, cmd) : NULL,
				  .workdir = u->workdir};
}

/* A directory that `mkdir` of an ExecStartPre makes, and that --config-dir names. */
static void await_made(struct search *s, const struct unit *u, struct launch *l)
{
	struct word dir;
	if (!words_option(l->argv, S("--config-dir"), &dir))
		return;
	struct commands pre = unit_commands(s->sd, u, S("ExecStartPre"));
	for (size_t i = 0; i < pre.n; i++) {
		struct words w = pre.at[i].argv;
		for (size_t k = 1; str_eq(word_program(w, 0), S("mkdir")) && k < w.n; k++)
			if (str_eq(str_trim(w.at[k].text, " "), dir.text) &&
			    rootfs_stat(s->root, dir.text)->state == FILE_ABSENT)
				*vec_push(s->a, &l->pending) =
					(struct pending){.path = dir.text,
							 .why = S("made empty by ExecStartPre"),
							 .writer = S("ExecStartPre"),
							 .from = dir.from};
	}
}

static void add(struct search *s, const struct unit *u, struct launch l)
{
	l.unit = u;
	if (!l.recognised.n)
		l.recognised = recognise_launch(s->root, &l);
	if (l.doubt.reason == REASON_NONE)
		l.doubt = u->doubt;
	if (l.doubt.reason == REASON_NONE)
		l.doubt = u->obstacle;
	for (size_t i = 0; i < u->deciding; i++)
		*vec_push(s->a, &l.pending) = u->pending.at[i];
	await_made(s, u, &l);
	launch_await_writers(s->root, s->sd, u, &l);
	deciders_await(s->root, s->sd, &l);
	deciders_name(s->a, l.recognised, &l.pending, &l.doubt);
	*vec_push(s->a, &s->out) = l;
}

/* Commands that could not be expanded still show what they would run, but not with what. */
static bool try_commands(struct search *s, const struct unit *u, const struct commands *commands,
			 bool before)
{
	for (size_t i = 0; i < commands->n; i++) {
		const struct command *cmd = &commands->at[i];
		struct candidate c = candidate_of(s, u, cmd);
		struct launch l = {.layout = "systemd"};
		/* What runs before the service is a kubelet only where a container is left behind.
		 */
		if (!launch_find(&c, &l) || (before && strcmp(l.layout, "container") != 0))
			continue;
		if (!cmd->argv.n)
			l.argv = (struct words){0};
		add(s, u, l);
		return true;
	}
	return false;
}

static bool named_kubelet(const struct unit *u)
{
	return str_eq(u->id, S("kubelet.service")) || str_eq(u->name, S("kubelet.service"));
}

static bool mentions_kubelet(const struct unit *u)
{
	for (size_t i = 0; i < u->assignments.n; i++) {
		const struct assignment *x = &u->assignments.at[i];
		if (str_eq(x->key, S("ExecStart")) && str_has(x->value.text, S("/kubelet ")))
			return true;
	}
	return named_kubelet(u);
}

static void add_unknown(struct search *s, const struct unit *u)
{
	struct launch l = {.layout = "systemd"};
	const struct command *cmd = u->commands.n ? &u->commands.at[0] : NULL;
	struct str program = cmd ? word_program(cmd->words, 0) : S("");
	bool placeholder = cmd && (str_eq(program, S("false")) || str_eq(program, S("true")));
	struct candidate c = candidate_of(s, u, NULL);
	if (placeholder)
		l.doubt = launch_doubt(&c, REASON_GENERATED_AT_BOOT,
				       S("ExecStart is a placeholder until a drop-in is written"),
				       cmd->from);
	else if (u->doubt.reason == REASON_NONE)
		l.doubt = launch_doubt(&c, REASON_WRAPPER_UNRESOLVED,
				       str_fmt(s->a,
					       "%" PRIstr " is no program known here to run "
					       "a kubelet",
					       ARG(cmd ? cmd->path : S("nothing"))),
				       cmd ? cmd->from : NULL);
	launch_settle(&c, &l);
	add(s, u, l);
}

static void look_at(struct search *s, const struct unit *u)
{
	if (u->load == UNIT_NOT_FOUND || map_get(s->seen, u->id))
		return;
	map_put(s->seen, u->id, s);
	if (u->load != UNIT_LOADED) {
		if (u->load == UNIT_MASKED ? named_kubelet(u) : mentions_kubelet(u))
			add(s, u, (struct launch){.layout = "systemd", .doubt = u->trouble});
		return;
	}
	if (try_commands(s, u, &u->commands, false))
		return;
	if (!mentions_kubelet(u) && !str_has(u->id, S("kubelet")))
		return;
	struct commands pre = unit_commands(s->sd, u, S("ExecStartPre"));
	if (!try_commands(s, u, &pre, true) && named_kubelet(u))
		add_unknown(s, u);
}

/* Instances of templates that a unit pulls in. */
static void look_at_pulled(struct search *s, const struct unit *u)
{
	static const char *const keys[] = {"Wants", "Requires", "BindsTo", "Upholds"};
	for (size_t i = 0; i < u->assignments.n; i++) {
		const struct assignment *x = &u->assignments.at[i];
		bool pulls = false;
		for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
			pulls |= str_eq(x->key, str_from(keys[k]));
		struct str rest = x->value.text, name;
		while (pulls && rest.n) {
			str_cut(rest, ' ', &name, &rest);
			if (str_ends(name, S(".service")) && str_has(name, S("@")) &&
			    !str_has(name, S("%")) && !str_has(name, S("@.")))
				look_at(s, unit_load(s->sd, name));
		}
	}
}

struct launches kubelet_launches(struct rootfs *root, struct systemd *sd,
				 const struct kubelet_options *opts)
{
	struct arena *a = rootfs_arena(root);
	struct search s = {.root = root, .sd = sd, .a = a, .seen = map_new(a), .options = opts};
	struct words names = systemd_services(sd);
	for (size_t i = 0; i < names.n; i++)
		look_at(&s, unit_load(sd, names.at[i].text));
	for (size_t i = 0; i < names.n; i++)
		look_at_pulled(&s, unit_load(sd, names.at[i].text));
	launch_quadlets(root, sd, opts, &s.out);
	struct launch promised;
	if (!s.out.n && (launch_talos(root, &promised) || recognise_image(root, sd, &promised) ||
			 intended_unit(root, &promised)))
		*vec_push(a, &s.out) = promised;
	return s.out;
}
