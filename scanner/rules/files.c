/*
 * files.c - the files that a rule is about, and their mode and owner as the image has them. Links
 * are followed, as the kernel does when the file is opened.
 *
 * A file that a join writes, a layer that does not tell owners, and a path whose place cannot be
 * told leave the answer open. Not supported: access control lists, and owners by other names than
 * those of the image's own /etc/passwd and /etc/group.
 */
#include "arena.h"
#include "checks.h"

/* ---- modes and owners ---- */

static struct str number_of(struct arena *a, struct rootfs *root, const char *table,
			    struct str name)
{
	struct str rest = rootfs_read(root, str_from(table))->text, line, field;
	while (rest.n) {
		str_cut(rest, '\n', &line, &rest);
		str_cut(line, ':', &field, &line);
		if (!str_eq(field, name))
			continue;
		str_cut(line, ':', &field, &line); /* the password */
		str_cut(line, ':', &field, &line);
		return field;
	}
	return str_eq(name, S("root")) ? S("0") : str_dup(a, name);
}

/* "root:root" as "0:0". */
static struct str owner_number(const struct question *q, struct str owner)
{
	struct str user, group;
	str_cut(owner, ':', &user, &group);
	user = number_of(q->a, q->node->root, "/etc/passwd", user);
	group = number_of(q->a, q->node->root, "/etc/group", group);
	return str_fmt(q->a, "%" PRIstr ":%" PRIstr, ARG(user), ARG(group));
}

static unsigned octal_of(struct str s)
{
	unsigned n = 0;
	for (size_t i = 0; i < s.n; i++)
		n = n * 8 + (unsigned)(s.p[i] - '0');
	return n;
}

static struct doubt doubt_owners(const struct question *q, const struct file *f,
				 const struct origin *inode)
{
	struct str text = str_fmt(q->a,
				  "%" PRIstr ": no file of the layer belongs to root: it was "
				  "unpacked or packed by a user, and tells no owners",
				  ARG(f->path));
	return (struct doubt){REASON_UNREADABLE, text, inode};
}

/* The same file as a place without text: its bytes are nobody's business here. */
static const struct origin *inode_of(const struct question *q, const struct file *f,
				     const struct origin *named)
{
	struct file *bare = NEW(q->a, struct file);
	*bare = *f;
	bare->text = (struct str){0};
	return origin_new(q->a, bare, 0, 0, named);
}

static void mend(const struct question *q, const struct file *f, struct answer *answer)
{
	unsigned limit = octal_of(str_from(q->value));
	if (q->want->ask == ASK_MODE)
		limit &= f->mode;
	if (q->want->ask == ASK_OWNER) {
		answer->fix = owner_number(q, str_from(q->value));
		answer->remedy = str_fmt(q->a, "chown %s %" PRIstr, q->value, ARG(f->real));
	} else {
		answer->fix = str_fmt(q->a, "0%03o", limit);
		answer->remedy = str_fmt(q->a, "chmod %o %" PRIstr, limit, ARG(f->real));
	}
}

static struct answer judge(const struct question *q, const struct file *f,
			   const struct origin *named)
{
	struct answer answer = answer_unknown(q, f->path, (struct doubt){0});
	bool mode = q->want->ask != ASK_OWNER, met;
	if (mode) {
		unsigned wanted = octal_of(str_from(q->value)), bits = f->mode & 07777;
		answer.value = str_fmt(q->a, "0%03o", f->mode);
		met = q->want->ask == ASK_IS ? bits == wanted : (bits & ~wanted) == 0;
	} else {
		bool roots = f->uid == 0 && f->gid == 0;
		answer.value = roots ? S("root:root") : str_fmt(q->a, "%u:%u", f->uid, f->gid);
		met = str_eq(str_fmt(q->a, "%u:%u", f->uid, f->gid),
			     owner_number(q, str_from(q->value)));
	}
	answer.source = SOURCE_INODE;
	answer.from = inode_of(q, f, named);
	answer.verdict = met ? VERDICT_PASS : VERDICT_FAIL;
	/* A umask takes bits away, it gives none: what is too wide still fails. */
	if (!rootfs_owned(q->node->root, f) && (met || !mode)) {
		answer.verdict = VERDICT_UNKNOWN;
		answer.doubt = doubt_owners(q, f, answer.from);
		answer.from = NULL;
	}
	if (answer.verdict == VERDICT_FAIL)
		mend(q, f, &answer);
	return answer;
}

/* ---- which files ---- */

/* One file; `absent` says what it is, where it is not there: then a join writes it. */
static void file_answer(const struct question *q, const struct file *f, const struct origin *named,
			const char *absent, struct answers *out)
{
	struct answer *answer = vec_push(q->a, out);
	if (f->state == FILE_UNREADABLE) {
		*answer = answer_unknown(q, f->path, doubt_file(q->a, f, named));
	} else if (f->state == FILE_ABSENT && !absent) {
		*answer = answer_none(q, f->path, str_cat(q->a, f->path, S(": not in the image")));
	} else if (f->state == FILE_ABSENT) {
		struct str text = str_fmt(q->a, "%" PRIstr ": %s, absent", ARG(f->path), absent);
		*answer = answer_unknown(q, f->path,
					 (struct doubt){REASON_GENERATED_AT_BOOT, text, named});
	} else if (f->made) {
		struct str text = str_cat(q->a, f->path, S(": made at boot"));
		*answer = answer_unknown(q, f->path,
					 (struct doubt){REASON_GENERATED_AT_BOOT, text, f->made});
	} else {
		*answer = judge(q, f, named);
	}
}

static void unit_files(const struct question *q, struct answers *out)
{
	const struct launch *l = q->node->launch;
	const struct unit *u = l->unit;
	if (!u) {
		*vec_push(q->a, out) =
			l->doubt.reason == REASON_NONE
				? answer_none(q, S("unit"), S("no unit launches the kubelet"))
				: answer_unknown(q, S("unit"), l->doubt);
		return;
	}
	struct doubt unread = unit_unread(l);
	if (unread.reason != REASON_NONE)
		*vec_push(q->a, out) = answer_unknown(q, u->id, unread);
	if (u->fragment)
		file_answer(q, u->fragment, NULL, NULL, out);
	for (size_t i = 0; i < u->dropins.n; i++)
		file_answer(q, u->dropins.at[i], NULL, NULL, out);
}

static void config_files(const struct question *q, struct answers *out)
{
	const struct settings *s = q->node->settings;
	struct word asked = s->config.text.n ? s->config : s->config_dir;
	struct doubt doubt = settings_doubt(q->node->launch, s, false);
	for (size_t i = 0; i < s->config_files.n; i++)
		file_answer(q, s->config_files.at[i], asked.from, NULL, out);
	bool missing = s->config.text.n ? !s->config_on_node.n || !s->config_files.n : false;
	if (!asked.text.n && doubt.reason == REASON_NONE)
		*vec_push(q->a, out) =
			answer_none(q, S("config"), S("the kubelet is given no --config"));
	else if (missing && doubt.reason == REASON_NONE)
		doubt = (struct doubt){REASON_GENERATED_AT_BOOT,
				       str_cat(q->a, asked.text, S(": written before each start")),
				       asked.from};
	if (doubt.reason != REASON_NONE && !s->config_files.n)
		*vec_push(q->a, out) =
			answer_unknown(q, asked.text.n ? asked.text : S("config"), doubt);
}

/* The file that a setting names. */
static void named_file(const struct question *q, const char *setting, const char *what,
		       struct answers *out)
{
	const struct launch *l = q->node->launch;
	const struct settings *s = q->node->settings;
	const struct setting *x = setting_get(s, str_from(setting));
	bool flag_only = !x->option->path && s->doubt.reason == REASON_CONFIG_ABSENT;
	struct doubt doubt = settings_doubt(l, s, flag_only || setting_decided(s, x));
	if (doubt.reason != REASON_NONE) {
		*vec_push(q->a, out) = answer_unknown(q, str_from(setting), doubt);
	} else if (!x->value.n) {
		*vec_push(q->a, out) = answer_none(q, str_from(setting),
						   str_fmt(q->a, "the kubelet has no %s", setting));
	} else {
		const struct file *f = launch_stat(q->node->root, l, x->value, x->from, &doubt);
		if (doubt.reason != REASON_NONE)
			*vec_push(q->a, out) = answer_unknown(q, f->path, doubt);
		else
			file_answer(q, f, x->from, what, out);
	}
}

/* ---- kube-proxy ---- */

/* Where products put the kubeconfig of a kube-proxy that is no pod. */
static const char *const proxy_places[] = {
	"/var/lib/kube-proxy/kubeconfig",
	"/var/lib/kube-proxy/kubeconfig.conf",
	"/etc/kubernetes/kube-proxy.kubeconfig",
	"/etc/kubernetes/kube-proxy-kubeconfig.yaml",
	"/etc/kubernetes/proxy.conf",
	"/etc/kubernetes/ssl/kubecfg-kube-proxy.yaml",
	"/var/snap/microk8s/current/credentials/proxy.config",
	"/var/lib/rancher/rke2/agent/kubeproxy.kubeconfig",
	"/var/lib/rancher/k3s/agent/kubeproxy.kubeconfig",
};

static void proxy_files(const struct question *q, struct answers *out)
{
	struct word named = proxy_kubeconfig(q->node);
	if (named.text.n)
		file_answer(q, rootfs_stat(q->node->root, named.text), named.from,
			    "kubeconfig of kube-proxy", out);
	for (size_t i = 0; !named.text.n && i < sizeof proxy_places / sizeof *proxy_places; i++) {
		const struct file *f = rootfs_stat(q->node->root, str_from(proxy_places[i]));
		if (f->state != FILE_ABSENT)
			file_answer(q, f, NULL, NULL, out);
	}
	if (!out->n)
		*vec_push(q->a, out) = answer_none(
			q, S("proxy-kubeconfig"),
			S("no unit runs kube-proxy, and no kubeconfig of one is in the image: what "
			  "runs as a pod gets it from the cluster"));
}

/* ---- by name ---- */

static void path_file(const struct question *q, struct answers *out)
{
	struct str path = str_from(q->want->name);
	bool azure = str_ends(path, S("/azure.json")) &&
		     str_starts(q->node->launch->recognised, S("AKS"));
	file_answer(q, rootfs_stat(q->node->root, path), NULL,
		    azure ? "written when the node joins" : NULL, out);
}

/* That there is none, is asked: every file that there is fails. */
static void ask_absence(struct answers *out)
{
	for (size_t i = 0; i < out->n; i++) {
		struct answer *x = &out->at[i];
		if (x->verdict == VERDICT_NOT_APPLICABLE)
			x->verdict = VERDICT_PASS;
		else if (x->verdict == VERDICT_PASS)
			x->verdict = VERDICT_FAIL;
	}
}

void answer_files(const struct question *q, struct answers *out)
{
	struct str name = str_from(q->want->name);
	if (str_eq(name, S("unit")))
		unit_files(q, out);
	else if (str_eq(name, S("config")))
		config_files(q, out);
	else if (str_eq(name, S("kubeconfig")))
		named_file(q, "--kubeconfig", "file of --kubeconfig, which a join writes", out);
	else if (str_eq(name, S("client-ca")))
		named_file(q, "authentication.x509.clientCAFile",
			   "file of clientCAFile, which a join writes", out);
	else if (str_eq(name, S("proxy-kubeconfig")))
		proxy_files(q, out);
	else
		path_file(q, out);
	if (q->want->ask == ASK_NOT_GIVEN)
		ask_absence(out);
}
