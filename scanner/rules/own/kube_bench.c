/*
 * kube_bench.c - control files of kube-bench (groups of checks with an audit and tests) as rules:
 * what an audit would have printed on the node is asked of the image instead. Items about flags and
 * paths of the kubelet are put to its effective settings, defaults included; audits with stat(1) to
 * inodes; everything else is unknown, and names the audit that needs a live node.
 *
 * Follows the grammar of kube-bench's documentation ("Test and config files"). A comparison that
 * there is not, or a check without tests, is no reason to refuse the file: kube-bench loads it.
 */
#include <string.h>

#include "arena.h"
#include "own.h"

struct check {
	struct str audit, config; /* audit: and audit_config: */
	const struct doc *tests;
};

/* kube-bench takes every scalar as text: 7.10 is a number of a check, not 7.1. */
static struct str written(const struct doc *d)
{
	struct str text = scalar(d);
	if (text.n && d->kind != DOC_STRING)
		text = str_slice(d->from->file->text, d->from->at, d->from->at + d->from->len);
	return text.n && strchr("*&!", text.p[0]) ? scalar(d) : text;
}

/* ---- audits ---- */

/* Variables of kube-bench, and the files that they stand for. */
static const struct {
	const char *variable, *files;
} variables[] = {
	{"$kubeletkubeconfig", "kubeconfig"},
	{"$kubeletcafile", "client-ca"},
	{"$kubeletconf", "config"},
	{"$kubeletsvc", "unit"},
	{"$nodesvc", "unit"},
	{"$proxykubeconfig", "proxy-kubeconfig"},
};

static const char *variable_files(struct str audit)
{
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
		if (str_has(audit, str_from(variables[i].variable)))
			return variables[i].files;
	return NULL;
}

/* kube-bench in a container sees the node below /node or /host; `chroot /host` enters it. */
static struct str on_node(struct str path)
{
	static const char *const mounts[] = {"/node", "/host"};
	for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++) {
		struct str mount = str_from(mounts[i]);
		if (str_starts(path, mount) && (path.n == mount.n || path.p[mount.n] == '/'))
			return str_tail(path, mount.n);
	}
	return path;
}

/* The one path that the audit looks at; NULL when there is none, or more. */
static const char *audit_path(struct arena *a, struct str audit)
{
	static const char ends[] = " \t\n;'\"()|&<>";
	struct str found = {0};
	for (size_t i = 0; i < audit.n; i++) {
		size_t end = i;
		if (audit.p[i] != '/' || (i && !strchr(ends, audit.p[i - 1])))
			continue;
		while (end < audit.n && !strchr(ends, audit.p[end]))
			end++;
		struct str path = on_node(str_slice(audit, i, end));
		bool program = !path.n || str_starts(path, S("/bin/")) ||
			       str_starts(path, S("/usr/bin/")) || str_starts(path, S("/dev/"));
		if (!program && found.n && !str_eq(found, path))
			return NULL;
		if (!program)
			found = path;
		i = end;
	}
	bool plain = found.n && str_trim(found, "$*?[]{}`").n == found.n &&
		     str_find(found, '$') == found.n && str_find(found, '*') == found.n;
	return plain ? str_z(a, found) : NULL;
}

static bool about_files(const struct check *c)
{
	return str_has(c->audit, S("stat ")) && str_has(c->audit, S("%"));
}

/* A file of a container is none of the node's. */
static bool inside_pod(const struct check *c)
{
	return str_has(c->audit, S("oc exec ")) || str_has(c->audit, S("kubectl exec "));
}

static bool about_proxy(const struct check *c)
{
	return str_has(c->audit, S("proxy")) || str_has(c->config, S("proxy"));
}

/* "{.authentication.anonymous.enabled}" */
static struct str field_of(const struct doc *item)
{
	struct str path = str_trim(written(doc_get(item, S("path"))), " {}");
	return str_starts(path, S(".")) ? str_tail(path, 1) : path;
}

/* The process, its journal or its configuration (of OpenShift 3: node-config.yaml): all are asked
 * for the same settings. So is an audit that greps for something else (in K3s, for the API
 * server) when the item names a field of the kubelet. */
static bool about_kubelet(const struct check *c, const struct doc *item)
{
	struct str path = field_of(item);
	return str_has(c->audit, S("kubelet")) || str_has(c->config, S("kubelet")) ||
	       str_has(c->audit, S("node-config.yaml")) || (path.n && setting_known(path));
}

/* ---- items ---- */

static bool live(struct reading *r, struct draft *draft, const struct check *c,
		 const struct doc *item)
{
	struct str rest = c->audit.n ? c->audit : c->config, line;
	do {
		str_cut(rest, '\n', &line, &rest);
		line = str_trim(line, " \t");
	} while (rest.n && (!line.n || line.p[0] == '#'));
	struct str text = line.n ? str_cat(r->a, S("only a live node can answer: "), line)
				 : S("there is no audit that an image could answer");
	r->out->live++;
	return draft_want(r, draft,
			  (struct want){SUBJECT_LIVE, str_z(r->a, text), ASK_GIVEN, "", NULL, NULL},
			  item ? item->from : draft->from);
}

/* A path, else a flag with or without its dashes, a field that grep(1) looks for, or a feature
 * gate; NULL for what is no setting. */
static const char *setting_of(struct arena *a, struct str path, struct str flag)
{
	struct str names[] = {path, str_starts(flag, S("--")) ? flag : str_cat(a, S("--"), flag),
			      flag, str_cat(a, S("authentication.x509."), flag)};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].n && setting_known(names[i]))
			return str_z(a, names[i]);
	bool gate = !path.n && gate_known(flag);
	return gate ? str_z(a, str_cat(a, S("featureGates."), flag)) : NULL;
}

static bool ask_of(struct str op, enum ask *out)
{
	static const struct {
		const char *op;
		enum ask ask;
	} ops[] = {
		{"eq", ASK_IS},         {"noteq", ASK_IS_NOT},
		{"gt", ASK_ABOVE},      {"gte", ASK_AT_LEAST},
		{"lt", ASK_BELOW},      {"lte", ASK_AT_MOST},
		{"has", ASK_HAS},       {"nothave", ASK_HAS_NOT},
		{"regex", ASK_MATCHES}, {"valid_elements", ASK_WITHIN},
		{"bitmask", ASK_MODE},
	};
	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
		if (str_eq(op, str_from(ops[i].op))) {
			*out = ops[i].ask;
			return true;
		}
	return false;
}

static bool set_false(const struct doc *item)
{
	return str_eq(written(doc_get(item, S("set"))), S("false"));
}

/* A want that can be asked, or the audit that would have to be run. */
static bool want_or_live(struct reading *r, struct draft *draft, const struct check *c,
			 const struct doc *item, struct want want)
{
	struct str why, text;
	const struct option *option = option_find(str_from(want.name));
	bool good = ask_fits(want.subject, want.ask, str_from(want.value), &why);
	if (good && want.subject == SUBJECT_SETTING && option &&
	    option_spell(r->a, option, str_from(want.value), &text))
		want.value = str_z(r->a, text);
	else if (good && want.subject == SUBJECT_SETTING && option)
		good = want.ask != ASK_IS && want.ask != ASK_IS_NOT;
	return good ? draft_want(r, draft, want, item->from) : live(r, draft, c, item);
}

/* Is a part of a number, or of a duration, asked for? */
static bool measured(const struct want *want)
{
	const struct option *option = option_find(str_from(want->name));
	int64_t number;
	return (want->ask == ASK_HAS || want->ask == ASK_HAS_NOT) && option &&
	       option_measure(option, str_from(want->value), &number);
}

static bool setting_item(struct reading *r, struct draft *draft, const struct check *c,
			 const struct doc *item)
{
	const struct doc *compare = doc_get(item, S("compare"));
	struct str flag = str_trim(written(doc_get(item, S("flag"))), " "), value = {0};
	bool line = str_cut(flag, str_find(flag, '=') < flag.n ? '=' : ':', &flag, &value);
	struct want want = {.subject = SUBJECT_SETTING,
			    .name = setting_of(r->a, field_of(item), flag),
			    .ask = set_false(item) ? ASK_NOT_GIVEN : ASK_GIVEN,
			    .value = ""};
	if (!want.name)
		return live(r, draft, c, item);
	if (line && !compare) { /* "readOnlyPort: 0", as it stands in the file */
		want.ask = set_false(item) ? ASK_IS_NOT : ASK_IS;
		want.value = str_z(r->a, str_trim(value, " "));
	}
	if (compare && !set_false(item)) {
		if (!ask_of(written(doc_get(compare, S("op"))), &want.ask) || want.ask == ASK_MODE)
			return live(r, draft, c, item);
		want.value = str_z(r->a, written(doc_get(compare, S("value"))));
	}
	if (measured(&want)) /* the port 10250 has a 0, but that is not what is meant */
		want.ask = want.ask == ASK_HAS ? ASK_IS : ASK_IS_NOT;
	return want_or_live(r, draft, c, item, want);
}

/* stat(1) prints "permissions=644", "644" or "root:root", or the file is not found. */
static bool file_item(struct reading *r, struct draft *draft, const struct check *c,
		      const struct doc *item, const char *files)
{
	const struct doc *compare = doc_get(item, S("compare"));
	struct str flag = written(doc_get(item, S("flag")));
	struct str value = written(doc_get(compare, S("value")));
	struct str op = written(doc_get(compare, S("op")));
	struct want want = {.subject = SUBJECT_FILES, .name = files, .value = ""};
	bool owner = str_find(flag, ':') < flag.n, eq = !compare || str_eq(op, S("eq"));
	if (str_has(flag, S("not found")) && !compare) {
		want.ask = ASK_NOT_GIVEN;
	} else if (owner && eq && !set_false(item)) {
		want.ask = ASK_OWNER;
		want.value = str_z(r->a, compare ? value : flag);
	} else if (str_eq(op, S("bitmask"))) {
		want.ask = ASK_MODE;
		want.value = str_z(r->a, value);
	} else if (eq && !set_false(item)) {
		want.ask = ASK_IS;
		want.value = str_z(r->a, compare ? value : flag);
	} else {
		return live(r, draft, c, item);
	}
	return want_or_live(r, draft, c, item, want);
}

static bool proxy_item(struct reading *r, struct draft *draft, const struct check *c,
		       const struct doc *item)
{
	static const char field[] = "metricsBindAddress", flag[] = "metrics-bind-address";
	bool metrics = str_has(written(doc_get(item, S("path"))), str_from(field)) ||
		       str_has(written(doc_get(item, S("flag"))), str_from(flag));
	const struct doc *compare = doc_get(item, S("compare"));
	struct want want = {.subject = SUBJECT_PROXY,
			    .name = field,
			    .ask = set_false(item) ? ASK_NOT_GIVEN : ASK_GIVEN,
			    .value = ""};
	if (metrics && compare && !set_false(item)) {
		metrics = ask_of(written(doc_get(compare, S("op"))), &want.ask);
		want.value = str_z(r->a, written(doc_get(compare, S("value"))));
	}
	return metrics ? want_or_live(r, draft, c, item, want) : live(r, draft, c, item);
}

static bool read_item(struct reading *r, struct draft *draft, const struct check *c,
		      const struct doc *item)
{
	if (about_files(c)) {
		const char *files = variable_files(c->audit);
		files = files ? files : audit_path(r->a, c->audit);
		return files && !inside_pod(c) ? file_item(r, draft, c, item, files)
					       : live(r, draft, c, item);
	}
	if (about_proxy(c))
		return proxy_item(r, draft, c, item);
	return about_kubelet(c, item) ? setting_item(r, draft, c, item) : live(r, draft, c, item);
}

/* ---- checks ---- */

static bool read_tests(struct reading *r, struct draft *draft, const struct check *c)
{
	const struct doc *items = doc_get(c->tests, S("test_items"));
	const struct doc *op = doc_get(c->tests, S("bin_op"));
	struct str text = written(op);
	draft->rule.any = str_eq(text, S("or"));
	if (text.n && !draft->rule.any && !str_eq(text, S("and")))
		return refuse(r, op->from, "bin_op: is and or or, not '%" PRIstr "'", ARG(text));
	for (size_t i = 0; items && items->kind == DOC_LIST && i < items->n; i++)
		if (!read_item(r, draft, c, items->entries[i].value))
			return false;
	return true;
}

/* A check that people have to look at, or that is to be left out. */
static bool set_aside(struct reading *r, struct draft *draft, const struct check *c, bool skip)
{
	draft->mode = skip ? CONTROL_SKIPPED : CONTROL_MANUAL;
	if (!skip)
		return live(r, draft, c, NULL);
	return draft_want(
		r, draft,
		(struct want){SUBJECT_NONE, "the file says: skip", ASK_GIVEN, "", NULL, NULL},
		draft->from);
}

static bool read_check(struct reading *r, const struct doc *d)
{
	struct str id = written(doc_get(d, S("id"))), text = written(doc_get(d, S("text")));
	struct str type = written(doc_get(d, S("type")));
	struct str remedy = str_trim(written(doc_get(d, S("remediation"))), " \n");
	struct check c = {written(doc_get(d, S("audit"))), written(doc_get(d, S("audit_config"))),
			  doc_get(d, S("tests"))};
	bool skip = str_eq(type, S("skip")), manual = str_eq(type, S("manual"));
	if (!id.n)
		return refuse(r, d->from, "a check has an id");
	struct draft draft = {.number = id, .from = d->from};
	draft.rule = (struct rule){
		.id = str_z(r->a,
			    str_fmt(r->a, "%" PRIstr "/%" PRIstr, ARG(r->out->benchmark), ARG(id))),
		.title = str_z(r->a, text.n ? text : id),
		.severity = "medium",
		.about = str_z(r->a, text.n ? text : id),
		.remedy = str_z(r->a, remedy.n ? remedy : S("see the benchmark")),
	};
	if (skip || manual)
		return set_aside(r, &draft, &c, skip) && draft_finish(r, &draft);
	if (!read_tests(r, &draft, &c))
		return false;
	if (!draft.wants.n && !live(r, &draft, &c, NULL))
		return false;
	return draft_finish(r, &draft);
}

bool read_kube_bench(struct reading *r, const struct doc *groups)
{
	if (groups->kind != DOC_LIST)
		return refuse(r, groups->from, "groups: is a list");
	for (size_t g = 0; g < groups->n; g++) {
		const struct doc *checks = doc_get(groups->entries[g].value, S("checks"));
		if (checks && checks->kind != DOC_LIST)
			return refuse(r, checks->from, "checks: is a list");
		for (size_t i = 0; checks && i < checks->n; i++)
			if (!read_check(r, checks->entries[i].value))
				return false;
	}
	return true;
}
