/*
 * intended.c - where an image may hold inputs of a join that is still to come, and what they are:
 * configuration of kubeadm and its patches, of nodeadm, user data of cloud-init, Ignition's
 * configuration, MachineConfigs, templates. What they mean to set is told apart from what the
 * kubelet would run with, and never changes a verdict.
 *
 * Looked for only where something is still pending. Not looked at: inputs that only a metadata
 * service or another machine holds, and which of several inputs would win.
 */
#include "intended.h"

#include "arena.h"
#include "deciders.h"
#include "map.h"

enum {
	TEXTS_MAX = 200,
	VALUES_MAX = 2000,
	ROOM = 8 << 20,
	FILE_MOST = 1 << 20,
	DEPTH_MOST = 4,
	NAMES_MAX = 100,
};

/* A file, or the files of a directory whose names begin and end like this. Directories that hold
 * much else are not listed: a capture would have to hold their names. */
static const struct spot {
	const char *dir, *prefix;
	const char *suffix; /* NULL: `prefix` is the whole name */
} spots[] = {
	{"/etc/kubernetes", "", ".yaml"},
	{"/etc/kubernetes", "", ".yml"},
	{"/etc/kubernetes", "kubeadm", ""},
	{"/etc/kubernetes/kubeadm", "", ".yaml"},
	{"/etc/kubernetes/patches", "kubeletconfiguration", ""},
	{"/etc/kubeadm", "", ".yaml"},
	{"/etc/kubeadm", "", ".yml"},
	{"/etc/kubeadm.d", "", ".yaml"},
	{"/etc/kubeadm/patches", "kubeletconfiguration", ""},
	{"/run/kubeadm", "kubeadm", ".yaml"},
	{"/etc", "kubeadm.yaml", NULL},
	{"/etc", "kubeadm.yml", NULL},
	{"/etc", "kubeadm.conf", NULL},
	{"/etc", "kubeadm-config.yaml", NULL},
	{"/root", "kubeadm.yaml", NULL},
	{"/root", "kubeadm.yml", NULL},
	{"/root", "kubeadm-config.yaml", NULL},
	{"/root", "kubeadm-init.yaml", NULL},
	{"/root", "kubeadm-join.yaml", NULL},
	{"/opt", "kubeadm.yaml", NULL},
	{"/opt", "kubeadm-config.yaml", NULL},
	{"/var/lib/kubelet", "instance-config.yaml", NULL},
	{"/var/tmp", "minikube/kubeadm.yaml", NULL},
	{"/kind", "kubeadm.conf", NULL},
	{"/etc/k0s", "", ".yaml"},
	{"/etc/eks/nodeadm.d", "", ".yaml"},
	{"/etc/eks", "nodeadm.yaml", NULL},
	{"/etc/eks", "nodeadm-config.yaml", NULL},
	{"/etc/cloud", "cloud.cfg", NULL},
	{"/etc/cloud/cloud.cfg.d", "", ".cfg"},
	{"/var/lib/cloud/seed/nocloud", "user-data", NULL},
	{"/var/lib/cloud/seed/nocloud", "vendor-data", NULL},
	{"/var/lib/cloud/seed/nocloud-net", "user-data", NULL},
	{"/var/lib/cloud/seed/nocloud-net", "vendor-data", NULL},
	{"/var/lib/cloud/instance", "user-data.txt", NULL},
	{"/var/lib/cloud/instance", "vendor-data.txt", NULL},
	{"/usr/lib/ignition", "", ".ign"},
	{"/usr/lib/ignition/base.d", "", ".ign"},
	{"/boot/ignition", "config.ign", NULL},
	{"/usr/share/oem", "", ".ign"},
	{"/oem", "", ".ign"},
	{"/etc", "ignition-machine-config-encapsulated.json", NULL},
	{"/etc/machine-config-daemon", "currentconfig", NULL},
	{"/usr/share/templates", "kubelet-config", NULL},
	{"/usr/share/templates", "kubelet-exec-start-conf", NULL},
};

/* ---- one input ---- */

const struct file *file_made(struct arena *a, struct str path, struct str text,
			     const struct file *like)
{
	struct file *f = NEW(a, struct file);
	*f = (struct file){.path = path,
			   .real = path,
			   .layer = like->layer,
			   .state = FILE_OK,
			   .kind = FILE_REGULAR,
			   .size = text.n,
			   .text = text};
	return f;
}

const struct origin *origin_in(struct intents *in, const struct input *t, const struct origin *o)
{
	if (!o || !t->via)
		return o;
	return origin_through(in->a, o, t->via);
}

static bool under_d(struct str path, struct str suffix)
{
	return str_ends(path, S(".conf")) && str_ends(str_dirname(path), suffix);
}

static bool is_unit(struct str path)
{
	return str_ends(path, S(".service")) || under_d(path, S(".service.d"));
}

/* A file that a unit reads variables from, by its name or because the launch names it. */
static bool is_environment(struct intents *in, struct str path)
{
	struct str dir = str_dirname(path);
	if (str_ends(path, S(".env")) || str_eq(dir, S("/etc/default")) ||
	    str_eq(dir, S("/etc/sysconfig")))
		return str_has(path, S("kube"));
	for (size_t i = 0; i < in->launch->pending.n; i++)
		if (str_eq(in->launch->pending.at[i].path, path) &&
		    str_has(in->launch->pending.at[i].why, S("EnvironmentFile")))
			return true;
	return false;
}

static bool is_patch(struct str path)
{
	return str_starts(str_basename(path), S("kubeletconfiguration"));
}

static bool is_cloud_config(struct str path, struct str text)
{
	return str_starts(text, S("#cloud-config")) ||
	       (str_starts(text, S("## template: jinja")) && str_has(text, S("#cloud-config"))) ||
	       str_starts(path, S("/etc/cloud/"));
}

static bool is_template(struct str path)
{
	return str_starts(path, S("/usr/share/templates/")) || str_ends(path, S(".j2")) ||
	       str_ends(path, S(".tmpl")) || str_ends(path, S(".tpl")) ||
	       str_ends(path, S(".template"));
}

static const char *writer_or(const struct input *t, const char *otherwise)
{
	return t->writer ? t->writer : otherwise;
}

static void read_text(struct intents *in, const struct input *t)
{
	/* A part of a message keeps the lines on which it stands. */
	struct str all = t->file->text, path = t->file->path;
	struct str text = str_tail(all, (size_t)(str_trim(all, "\n").p - all.p));
	bool kubelet = str_has(path, S("kubelet")) || str_has(path, S("kubernetes"));
	if (intended_is_mime(text))
		intended_mime(in, t);
	else if (is_cloud_config(path, text))
		intended_cloud_config(in, t);
	else if (str_starts(text, S("#!")) || str_starts(text, S("#cloud-boothook")))
		intended_script(in, t, all, NULL);
	else if (is_unit(path) && kubelet)
		intended_flags(in, t, all, "unit file", false);
	else if (is_environment(in, path))
		intended_flags(in, t, all, "environment file", false);
	else if (is_patch(path))
		intended_patch(in, t);
	else if (is_template(path))
		intended_template(in, t);
	else
		intended_documents(in, t);
}

void intended_input(struct intents *in, const struct input *t)
{
	struct str text = t->file->text, plain;
	struct input inner = *t;
	if (!text.n || !in->texts || text.n > in->room || t->depth > DEPTH_MOST)
		return;
	in->texts--;
	in->room -= text.n;
	if (str_starts(text, S("\x1f\x8b"))) {
		if (!gzip_decode(in, text, &plain))
			return;
		inner.file = file_made(in->a, t->file->path, plain, t->file);
	}
	read_text(in, &inner);
}

void intended_write(struct intents *in, const struct input *t, struct str path, struct str text,
		    const struct origin *from, const char *writer)
{
	struct input made = {.file = file_made(in->a, path, text, t->file),
			     .via = origin_in(in, t, from),
			     .writer = writer_or(t, writer),
			     .depth = t->depth + 1};
	if (in->written.n < TEXTS_MAX)
		*vec_push(in->a, &in->written) = (struct written){path, made.writer, made.via};
	intended_input(in, &made);
}

/* ---- the image ---- */

void intended_file(struct intents *in, struct str path)
{
	if (map_get(in->seen, path))
		return;
	map_put(in->seen, str_dup(in->a, path), in);
	const struct file *f = rootfs_stat(in->root, path);
	if (f->state != FILE_OK || f->kind != FILE_REGULAR || f->size > FILE_MOST)
		return;
	f = rootfs_read(in->root, path);
	if (f->state == FILE_OK)
		intended_input(in, &(struct input){.file = f});
}

static void look_in(struct intents *in, const struct spot *p)
{
	if (!p->suffix) {
		intended_file(in, str_fmt(in->a, "%s/%s", p->dir, p->prefix));
		return;
	}
	const struct listing *list = rootfs_list(in->root, str_from(p->dir));
	struct str prefix = str_from(p->prefix), suffix = str_from(p->suffix);
	for (size_t i = 0, found = 0; i < list->n && found < NAMES_MAX; i++) {
		struct str name = list->names[i];
		if (!str_starts(name, prefix) || !str_ends(name, suffix))
			continue;
		found++;
		intended_file(in, str_fmt(in->a, "%s/%" PRIstr, p->dir, ARG(name)));
	}
}

static struct intents reading(struct rootfs *root, const struct launch *l, struct settings *s)
{
	struct arena *a = rootfs_arena(root);
	return (struct intents){.root = root,
				.a = a,
				.launch = l,
				.settings = s,
				.minor = s->version.major == 1 ? s->version.minor : 0,
				.out = &s->intended,
				.seen = map_new(a),
				.texts = TEXTS_MAX,
				.values = VALUES_MAX,
				.room = ROOM};
}

static void read_image(struct intents *in)
{
	for (size_t i = 0; i < sizeof spots / sizeof *spots; i++)
		look_in(in, &spots[i]);
}

/* An input that writes what is pending is its writer. */
static void name_writers(const struct intents *in, struct pendings *pending)
{
	for (size_t i = 0; i < pending->n; i++)
		for (size_t k = 0; k < in->written.n && !pending->at[i].writer.n; k++)
			if (str_eq(in->written.at[k].path, pending->at[i].path) ||
			    str_eq(str_dirname(in->written.at[k].path), pending->at[i].path))
				pending->at[i].writer = str_from(in->written.at[k].writer);
}

void intended_find(struct rootfs *root, const struct launch *l, struct settings *s)
{
	struct intents in = reading(root, l, s);
	if (s->doubt.reason == REASON_NONE && !s->pending.n && !l->pending.n)
		return;
	read_image(&in);
	name_writers(&in, &s->pending);
}

/* ---- a unit that is to come ---- */

static bool booted(struct rootfs *root)
{
	return rootfs_stat(root, S("/var/lib/cloud/instance/boot-finished"))->state == FILE_OK ||
	       rootfs_stat(root, S("/etc/.ignition-result.json"))->state == FILE_OK;
}

bool intended_unit(struct rootfs *root, struct launch *out)
{
	struct launch l = {.layout = "at-boot", .workdir = S("/")};
	struct settings none = {.at = NULL};
	struct intents in = reading(root, &l, &none);
	if (booted(root))
		return false;
	read_image(&in);
	for (size_t i = 0; i < in.written.n; i++) {
		const struct written *w = &in.written.at[i];
		if (!str_ends(w->path, S("/systemd/system/kubelet.service")))
			continue;
		l.doubt = (struct doubt){
			REASON_GENERATED_AT_BOOT,
			str_fmt(in.a, "%" PRIstr ": %s writes it", ARG(w->path), w->writer),
			w->from};
		*vec_push(in.a, &l.pending) =
			(struct pending){.path = w->path,
					 .why = S("unit of the kubelet, absent"),
					 .writer = str_from(w->writer),
					 .from = w->from};
		*out = l;
		return true;
	}
	return false;
}
