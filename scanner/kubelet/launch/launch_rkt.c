/*
 * launch_rkt.c - `rkt run` of a kubelet, and the kubelet-wrapper of Container Linux, which is a
 * script around it: --exec is the program, what stands between "--" and "---" its words; volumes
 * are named, and mounted by their names (rkt 1.30, parseApps). A kubelet-wrapper that is not in the
 * image runs rkt with the mounts that it is known for. Not supported: more than one app in a pod.
 */
#include "arena.h"
#include "arguments.h"
#include "container.h"
#include "map.h"

static const struct grammar grammar = {
	ARGUMENTS_PFLAG, "",
	"annotation: cap-remove: caps-remove: caps-retain: cap-retain: cpu: cpu-shares: dns: "
	"dns-domain: dns-opt: dns-search: environment: exec: group: hostname: hosts-entry: ipc: "
	"label: memory: mount: name: net:: oom-score-adj: pod-manifest: port: pull-policy: "
	"readonly-rootfs: seccomp: set-env: set-env-file: signature: stage1-from-dir: stage1-hash: "
	"stage1-image: stage1-name: stage1-path: stage1-url: stderr: stdin: stdout: "
	"supplementary-gids: user: user-annotation: user-label: uuid-file-save: volume: "
	"working-dir: cpuprofile: dir: insecure-options: local-config: memprofile: system-config: "
	"user-config: debug help=h inherit-env interactive mds-register no-overlay no-store "
	"insecure-skip-verify private-users store-only trust-keys-from-https"};

struct pod {
	struct container k;
	struct map *volumes; /* struct str of the source; empty where there is none */
	struct words mounts;
	struct word image, exec;
};

static struct str field(struct str spec, struct str key)
{
	struct str part, name, value;
	while (spec.n) {
		str_cut(spec, ',', &part, &spec);
		str_cut(part, '=', &name, &value);
		if (str_eq(name, key))
			return value;
	}
	return S("");
}

static void on_volume(struct pod *p, struct word spec)
{
	struct str name, rest;
	struct str *source = NEW(p->k.inner.a, struct str);
	str_cut(spec.text, ',', &name, &rest);
	if (str_eq(field(rest, S("kind")), S("host")))
		*source = field(rest, S("source"));
	map_put(p->volumes, name, source);
}

static void on_option(struct pod *p, const struct argument *arg)
{
	struct arena *a = p->k.inner.a;
	if (str_eq(arg->name, S("volume")))
		on_volume(p, arg->value);
	else if (str_eq(arg->name, S("mount")))
		*vec_push(a, &p->mounts) = arg->value;
	else if (str_eq(arg->name, S("exec")))
		p->exec = arg->value;
	else if (str_eq(arg->name, S("set-env")) || str_eq(arg->name, S("environment")))
		*vec_push(a, &p->k.env) = arg->value;
	else if (str_eq(arg->name, S("set-env-file")))
		*vec_push(a, &p->k.env_files) = arg->value;
	else if (str_eq(arg->name, S("inherit-env")))
		p->k.env_host = true;
	else if (str_eq(arg->name, S("working-dir")))
		p->k.inner.workdir = path_below(a, S("/"), arg->value.text);
	else if (str_eq(arg->name, S("name")))
		p->k.name = arg->value;
}

/* Volumes may be named behind the mounts that use them. */
static void lay_mounts(struct pod *p)
{
	struct arena *a = p->k.inner.a;
	for (size_t i = 0; i < p->mounts.n; i++) {
		struct word spec = p->mounts.at[i];
		struct str target = field(spec.text, S("target"));
		struct str name = field(spec.text, S("volume"));
		const struct str *source = map_get(p->volumes, name);
		if (source && source->n)
			container_bind(&p->k, target, *source, spec.from);
		else if (target.n)
			mounts_hide(a, p->k.mounts, target, str_cat(a, S("the volume "), name),
				    spec.from);
	}
}

/* Options and images in any order, up to "--". */
static bool read_pod(struct pod *p, struct words words, struct words *args)
{
	struct arguments in = {.grammar = &grammar, .words = words};
	struct argument arg;
	enum arguments_state state;
	while (words.at) {
		while ((state = arguments_next(&in, &arg)) == ARGUMENTS_OPTION)
			on_option(p, &arg);
		if (state == ARGUMENTS_UNKNOWN) {
			container_doubt(&p->k, arg.word, "this option is not known here");
			*args = words_from(words, in.i);
			return false;
		}
		bool dashes = in.i && str_eq(words.at[in.i - 1].text, S("--"));
		if (dashes || in.i >= words.n)
			break;
		p->image = words.at[in.i++];
		in.ended = false;
	}
	*args = words_from(words, in.i);
	for (size_t i = 0; i < args->n; i++)
		if (str_eq(args->at[i].text, S("---")))
			args->n = i;
	return true;
}

static bool run_pod(struct pod *p, struct words words, struct launch *out)
{
	struct words args;
	bool whole = read_pod(p, words, &args);
	lay_mounts(p);
	out->layout = "container";
	if (!whole)
		return container_guess(&p->k, args, out);
	if (!p->image.text.n)
		return false;
	p->k.entrypoint = p->exec;
	return container_run(&p->k, p->image, args, out);
}

static struct pod pod_new(const struct candidate *c)
{
	struct pod p = {.volumes = map_new(c->a)};
	container_new(&p.k, c);
	return p;
}

bool launch_rkt(const struct candidate *c, struct launch *out)
{
	struct pod p = pod_new(c);
	struct argument arg;
	if (!str_eq(word_program(c->words, 0), S("rkt")))
		return false;
	struct arguments args = {.grammar = &grammar, .words = words_from(c->words, 1)};
	while (arguments_next(&args, &arg) == ARGUMENTS_OPTION)
		continue;
	struct words words = words_from(args.words, args.i);
	if (!words.n || !str_eq(words.at[0].text, S("run")))
		return false;
	return run_pod(&p, words_from(words, 1), out);
}

/* ---- kubelet-wrapper of Container Linux ---- */

static void add_variable(struct pod *p, struct str name, struct words *words)
{
	const struct variable *v = launch_variable(&p->k.outer->environment, name);
	struct str rest = v ? v->value.text : S(""), part;
	while (rest.n) {
		size_t end = 0;
		while (end < rest.n && rest.p[end] != ' ' && rest.p[end] != '\t' &&
		       rest.p[end] != '\n')
			end++;
		part = str_slice(rest, 0, end);
		rest = str_tail(rest, end < rest.n ? end + 1 : end);
		if (part.n)
			words_add(p->k.inner.a, words, part, v->value.from);
	}
}

bool launch_kubelet_wrapper(const struct candidate *c, struct launch *out)
{
	static const struct {
		const char *target, *source;
	} known[] = {{"/etc/kubernetes", "/etc/kubernetes"},
		     {"/etc/ssl/certs", "/etc/ssl/certs"},
		     {"/usr/share/ca-certificates", "/usr/share/ca-certificates"},
		     {"/var/lib/docker", "/var/lib/docker"},
		     {"/var/lib/kubelet", "/var/lib/kubelet"},
		     {"/var/log", "/var/log"},
		     {"/etc/os-release", "/usr/lib/os-release"},
		     {"/run", "/run"}};
	struct pod p = pod_new(c);
	struct words words = {0}, rest;
	add_variable(&p, S("RKT_GLOBAL_ARGS"), &words);
	add_variable(&p, S("RKT_RUN_ARGS"), &words);
	add_variable(&p, S("RKT_OPTS"), &words);
	add_variable(&p, S("KUBELET_IMAGE_ARGS"), &words);
	bool whole = read_pod(&p, words, &rest);
	lay_mounts(&p);
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		mounts_bind(c->a, p.k.mounts, str_from(known[i].target), str_from(known[i].source),
			    c->words.at[0].from);
	p.k.mounts->rest = S("the container image of kubelet-wrapper");
	container_environment(&p.k);
	p.k.inner.depth++;
	launch_settle(&p.k.inner, out);
	out->layout = "container";
	out->argv = c->words;
	if (!whole)
		out->doubt = p.k.doubt;
	return true;
}
