/*
 * version.c - which kubelet a launch runs: its version decides which flags there are, what is
 *refused and what the defaults are. The first that tells, in this order:
 *
 *	1. --kubelet-version
 *	2. the program that is executed, by its own bytes; of a container, the tag of its image
 *	3. a version in the program's path, as minikube and kops write it
 *	4. the package database
 *	5. what the makers of images leave: /kind/version, os-release(5) fields of Bottlerocket,
 *Kairos and OpenShift, labels of the image
 *
 * Nothing of it is executed. Where nothing tells, the version is unknown, and no flag is refused
 *for its age.
 */
#include "version.h"

#include <string.h>

#include "arena.h"

enum { OLDEST = 20, NEWEST = 36, OPENSHIFT_OFFSET = 13 };

/* ---- text to versions ---- */

/* Versions of Kubernetes: anything else that looks like one is something else's. */
static bool parse(struct rootfs *root, struct str text, struct str source, struct version *out)
{
	struct version v = {.source = source};
	if (!version_parse(text, &v) || v.major != 1 || v.minor > 99)
		return false;
	v.text = str_dup(rootfs_arena(root), v.text);
	*out = v;
	return true;
}

static bool named_like_kubelet(struct str name)
{
	static const char *const names[] = {"kubelet", "hyperkube", "k3s",       "rke2",
					    "k0s",     "kubelite",  "microshift"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (str_eq(name, str_from(names[i])))
			return true;
	return false;
}

/* ---- 2: the program ---- */

static bool is_there(struct rootfs *root, struct str path)
{
	return str_starts(path, S("/")) && rootfs_stat(root, path)->state == FILE_OK;
}

/* A bare name is looked up where systemd and shells look. */
static struct str looked_up(struct rootfs *root, struct str name)
{
	static const char *const dirs[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
					   "/usr/bin",        "/sbin",          "/bin",
					   "/opt/bin"};
	for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
		struct str path = str_fmt(rootfs_arena(root), "%s/%" PRIstr, dirs[i], ARG(name));
		if (is_there(root, path))
			return path;
	}
	return (struct str){0};
}

/* The program that brings the kubelet along, which a launch's argv may not name. */
static struct str carrier(const struct unit *u)
{
	for (size_t i = 0; u && i < u->commands.n; i++) {
		const struct words *w = &u->commands.at[i].argv;
		for (size_t k = 0; k < w->n; k++)
			if (str_starts(w->at[k].text, S("/")) &&
			    named_like_kubelet(str_basename(w->at[k].text)))
				return w->at[k].text;
	}
	return (struct str){0};
}

static struct str program_of(struct rootfs *root, const struct launch *l)
{
	struct str first = l->argv.n ? l->argv.at[0].text : S("");
	if (str_starts(first, S("/")))
		return first;
	struct str path = carrier(l->unit);
	return path.n || !first.n ? path : looked_up(root, first);
}

static bool by_program(struct rootfs *root, struct str path, struct version *out)
{
	struct version v = {0};
	if (is_there(root, path))
		v = inventory_program(root, path);
	return parse(root, v.text, v.source, out);
}

/* What they carry is unpacked at their first start, beside that of other versions. */
static bool by_unpacked(struct rootfs *root, const struct launch *l, struct version *out)
{
	static const struct {
		const char *layout, *path;
	} places[] = {
		{"rke2", "/var/lib/rancher/rke2/bin/kubelet"},
		{"k3s", "/var/lib/rancher/k3s/data/current/bin/k3s"},
	};
	for (size_t i = 0; l->layout && i < sizeof places / sizeof places[0]; i++)
		if (strcmp(l->layout, places[i].layout) == 0)
			return by_program(root, str_from(places[i].path), out);
	return false;
}

/* ---- 2: the image of a container ---- */

/* "quay.io/coreos/hyperkube:v1.16.2_coreos.0", also behind docker:// and in front of @sha256. */
static bool by_tag(struct rootfs *root, struct str text, struct version *out)
{
	struct str image, tag, digest;
	str_cut(text, '@', &image, &digest);
	image = str_basename(str_trim(image, "\"'"));
	if (!str_cut(image, ':', &image, &tag))
		return false;
	return (str_has(image, S("kubelet")) || str_has(image, S("hyperkube"))) &&
	       parse(root, tag, S("image tag"), out);
}

static bool is_engine(struct str name)
{
	static const char *const engines[] = {
		"docker", "docker-current", "podman", "nerdctl", "rkt", "ctr", "kubelet-wrapper"};
	for (size_t i = 0; i < sizeof engines / sizeof engines[0]; i++)
		if (str_eq(name, str_from(engines[i])))
			return true;
	return false;
}

/* The unit's words, and the words in them, since a shell's text is one of them. */
static bool by_images(struct rootfs *root, const struct unit *u, bool *engine, struct version *out)
{
	for (size_t i = 0; u && i < u->commands.n; i++) {
		const struct words *w = &u->commands.at[i].argv;
		for (size_t k = 0; k < w->n; k++) {
			struct str rest = w->at[k].text, word;
			while (rest.n) {
				str_cut(rest, ' ', &word, &rest);
				*engine |= is_engine(str_basename(word));
				if (*engine && by_tag(root, word, out))
					return true;
			}
		}
	}
	return false;
}

/* The wrappers of CoreOS take the image from the environment. */
static bool by_environment(struct rootfs *root, const struct variables *env, struct version *out)
{
	for (size_t i = env->n; i-- > 0;) {
		struct str name = env->at[i].name, value = env->at[i].value.text;
		bool tag =
			str_eq(name, S("KUBELET_IMAGE_TAG")) || str_eq(name, S("KUBELET_VERSION"));
		if (tag && parse(root, value, name, out))
			return true;
		if (str_starts(name, S("KUBELET_IMAGE")) && by_tag(root, value, out))
			return true;
	}
	return false;
}

/* ---- 3: its path ---- */

static bool by_path(struct rootfs *root, struct str path, struct version *out)
{
	struct str rest = str_dirname(path), part;
	while (rest.n) {
		str_cut(rest, '/', &part, &rest);
		if (str_starts(part, S("v1.")) &&
		    parse(root, part, str_fmt(rootfs_arena(root), "path %" PRIstr, ARG(path)), out))
			return true;
	}
	return false;
}

/* ---- 4: packages ---- */

/* A package of a product is asked for where the product is what runs. */
static bool by_package(struct rootfs *root, struct str program, struct version *out)
{
	static const struct {
		const char *program, *package;
	} packages[] = {
		{"kubelet", "kubelet"},
		{"kubelet", "kubernetes-node"},
		{"kubelet", "kubernetes-kubelet"},
		{"k3s", "k3s"},
		{"rke2", "rke2-server"},
		{"rke2", "rke2-agent"},
		{"rke2", "rke2-common"},
		{"k0s", "k0s"},
	};
	struct str name = str_basename(program);
	bool product = str_eq(name, S("k3s")) || str_eq(name, S("rke2")) || str_eq(name, S("k0s"));
	for (size_t i = 0; i < sizeof packages / sizeof packages[0]; i++) {
		if (!str_eq(product ? name : S("kubelet"), str_from(packages[i].program)))
			continue;
		struct version v = inventory_package(root, str_from(packages[i].package));
		if (parse(root, v.text, v.source, out))
			return true;
	}
	return false;
}

/* ---- 5: what is left behind ---- */

/* VARIANT_ID=aws-k8s-1.29; OPENSHIFT_VERSION=4.14, which is Kubernetes 1.27. */
static bool by_system(struct rootfs *root, struct version *out)
{
	const struct os *os = os_read(root);
	struct str variant = os_get(os, S("VARIANT_ID")).text, part;
	struct version v = {0};
	while (variant.n) {
		str_cut(variant, '-', &part, &variant);
		if (!str_eq(part, S("k8s")))
			continue;
		str_cut(variant, '-', &part, &variant);
		return parse(root, part, S("VARIANT_ID of os-release"), out);
	}
	if (!version_parse(os_get(os, S("OPENSHIFT_VERSION")).text, &v) || v.major != 4)
		return false;
	v.source = S("OPENSHIFT_VERSION of os-release");
	v.text = str_fmt(rootfs_arena(root), "1.%u", v.minor + OPENSHIFT_OFFSET);
	return parse(root, v.text, v.source, out);
}

static bool by_kairos(struct rootfs *root, struct version *out)
{
	const struct file *f = rootfs_read(root, S("/etc/kairos-release"));
	struct str rest = f->text, line, key, value;
	while (rest.n) {
		str_cut(rest, '\n', &line, &rest);
		if (str_cut(line, '=', &key, &value) && str_eq(key, S("KAIROS_SOFTWARE_VERSION")))
			return parse(root, str_trim(value, "\"'\r "), f->path, out);
	}
	return false;
}

static bool by_file(struct rootfs *root, struct version *out)
{
	const struct file *kind = rootfs_read(root, S("/kind/version"));
	struct str line, rest;
	str_cut(kind->text, '\n', &line, &rest);
	return parse(root, line, kind->path, out) || by_kairos(root, out);
}

/* A version label is the image's own; the image must be a kubelet's to tell a kubelet's version. */
static bool by_label(struct rootfs *root, const struct kubelet_options *opts, struct version *out)
{
	struct str title = {0}, version = {0};
	for (size_t i = 0; opts && opts->image && i < opts->image->labels.n; i++) {
		const struct image_label *x = &opts->image->labels.at[i];
		if (str_eq(x->key, S("org.opencontainers.image.title")))
			title = x->value;
		if (str_eq(x->key, S("org.opencontainers.image.version")))
			version = x->value;
	}
	return named_like_kubelet(str_basename(title)) &&
	       parse(root, version, S("image label"), out);
}

static bool left_behind(struct rootfs *root, const struct kubelet_options *opts,
			struct version *out)
{
	return by_file(root, out) || by_system(root, out) || by_label(root, opts, out);
}

/* ---- all of them ---- */

/* Cuts a number and the dot behind it off. */
static bool next_number(struct str *rest, struct str *out)
{
	size_t n = 0;
	while (n < rest->n && rest->p[n] >= '0' && rest->p[n] <= '9')
		n++;
	*out = str_slice(*rest, 0, n);
	*rest = n < rest->n && rest->p[n] == '.' ? str_tail(*rest, n + 1) : S("");
	return n > 0;
}

/* Of a package's "1.29.3-1.1" and a program's "v1.29.3+k3s1" as many numbers as both have. */
static bool same_release(struct str a, struct str b)
{
	struct str x, y;
	a = str_trim(a, "v");
	b = str_trim(b, "v");
	for (unsigned i = 0; i < 3; i++) {
		if (!next_number(&a, &x) || !next_number(&b, &y))
			return true;
		if (!str_eq(x, y))
			return false;
	}
	return true;
}

static void compare(struct rootfs *root, const struct version *v, struct str program)
{
	struct version package;
	if (by_package(root, program, &package) && !same_release(v->text, package.text))
		note(rootfs_notes(root), NULL,
		     "the kubelet is %" PRIstr " by %" PRIstr ", but %" PRIstr " by %" PRIstr
		     ": the first is believed",
		     ARG(v->text), ARG(v->source), ARG(package.text), ARG(package.source));
}

static void remark_age(struct rootfs *root, const struct version *v)
{
	if (v->major == 1 && (v->minor < OLDEST || v->minor > NEWEST))
		note(rootfs_notes(root), NULL,
		     "Kubernetes %u.%u is outside of what is known here, 1.%d to 1.%d: where rules "
		     "end, the nearest ones are applied",
		     v->major, v->minor, OLDEST, NEWEST);
}

static bool asked(struct rootfs *root, const struct kubelet_options *opts, struct version *out)
{
	if (!opts || !opts->version.major)
		return false;
	*out = opts->version;
	remark_age(root, out);
	return true;
}

struct version kubelet_version(struct rootfs *root, struct words command,
			       const struct kubelet_options *opts)
{
	struct version v = {0};
	struct str path = command.n ? command.at[0].text : S("kubelet");
	if (asked(root, opts, &v))
		return v;
	if (!str_starts(path, S("/")))
		path = looked_up(root, path);
	if (by_program(root, path, &v))
		compare(root, &v, path);
	else if (!by_path(root, path, &v) && !by_package(root, path, &v))
		left_behind(root, opts, &v);
	remark_age(root, &v);
	return v;
}

struct version launch_version(struct rootfs *root, const struct launch *l,
			      const struct kubelet_options *opts)
{
	struct version v = {0};
	bool engine = false, contained = l->layout && strcmp(l->layout, "container") == 0;
	struct str path = program_of(root, l);
	if (asked(root, opts, &v))
		return v;
	if (!contained && (by_program(root, path, &v) || by_unpacked(root, l, &v)))
		compare(root, &v, path);
	else if (!by_tag(root, l->image.text, &v) && !by_images(root, l->unit, &engine, &v) &&
		 !by_environment(root, l->unit ? &l->unit->environment : &l->environment, &v) &&
		 !by_path(root, path, &v) && (contained || !by_package(root, path, &v)))
		left_behind(root, opts, &v);
	remark_age(root, &v);
	return v;
}

struct version kubelet_installed(struct rootfs *root, const struct kubelet_options *opts)
{
	return kubelet_version(root, (struct words){0}, opts);
}
