/*
 * launch_microshift.c - `microshift run` into the kubelet inside it. At each start MicroShift
 * writes a KubeletConfiguration: a fixed one, over which the keys below `kubelet` in its own
 * configuration are put whole. That configuration is /etc/microshift/config.yaml and then each
 * .yaml file below /etc/microshift/config.d in order of names, as JSON merge patches. From
 * openshift/microshift: pkg/config/files.go and apiserver.go, assets/core/kubelet.yaml. Not
 * supported: node-specific flags (names, addresses) and feature gates that it fixes.
 */
#include "arena.h"
#include "launch.h"
#include "made.h"

#define WRITTEN "/var/lib/microshift/resources/kubelet/config/config.yaml"
#define CERTIFICATES "/var/lib/microshift/certs/"
#define SERVING CERTIFICATES "kubelet-csr-signer-signer/csr-signer/kubelet-server/"

enum { FILES_MAX = 1000, FOLDERS_DEEP_MAX = 20 };

struct microshift {
	const struct candidate *c;
	struct launch *out;
	const struct origin *from; /* the word that names it */
	const struct doc *config;  /* of all files; NULL when there is none */
	size_t files;
};

static void doubt(struct microshift *m, struct doubt d)
{
	if (m->out->doubt.reason == REASON_NONE)
		m->out->doubt = d;
}

/* ---- its configuration ---- */

static bool is_blank(struct str text)
{
	return str_trim(text, " \t\r\n\v\f").n == 0;
}

static void read_file(struct microshift *m, struct str path)
{
	struct doc_fault fault = {0};
	const struct file *f = rootfs_read(m->c->root, path);
	if (f->state == FILE_UNREADABLE)
		doubt(m, doubt_file(m->c->a, f, m->from));
	if (f->state != FILE_OK || f->kind != FILE_REGULAR || is_blank(f->text))
		return;
	if (m->files++ >= FILES_MAX) {
		doubt(m,
		      (struct doubt){REASON_LIMIT, S("too many files of configuration"), m->from});
		return;
	}
	const struct doc *d = doc_yaml(m->c->a, f, &fault);
	if (!d)
		doubt(m, launch_doubt(m->c, REASON_KUBELET_WOULD_NOT_START,
				      str_fmt(m->c->a,
					      "failed to convert config yaml to json: %" PRIstr,
					      ARG(fault.text)),
				      fault.from));
	else
		m->config = m->config ? made_patched(m->c->a, m->config, d) : d;
}

/* filepath.WalkDir: by names, what lies in a directory at its place; links are not followed. */
static void read_folder(struct microshift *m, struct str dir, unsigned deep)
{
	const struct listing *l = rootfs_list(m->c->root, dir);
	if (l->unread)
		doubt(m, doubt_file(m->c->a, l->unread, m->from));
	for (size_t i = 0; i < l->n && m->files <= FILES_MAX; i++) {
		struct str path =
			str_fmt(m->c->a, "%" PRIstr "/%" PRIstr, ARG(dir), ARG(l->names[i]));
		const struct file *f = rootfs_lstat(m->c->root, path);
		if (f->kind == FILE_DIRECTORY && f->state == FILE_OK && deep < FOLDERS_DEEP_MAX)
			read_folder(m, path, deep + 1);
		else if (str_ends(l->names[i], S(".yaml")))
			read_file(m, path);
	}
}

/* ---- the kubelet's ---- */

/* OpenShift's profiles "Intermediate" and "Modern", in IANA's names. */
static const char *const suites_12[] = {
	"TLS_AES_128_GCM_SHA256",
	"TLS_AES_256_GCM_SHA384",
	"TLS_CHACHA20_POLY1305_SHA256",
	"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
	"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
	"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
	"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
	"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
	"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
};
enum { SUITES_13 = 3, SUITES_12 = sizeof suites_12 / sizeof suites_12[0] };

static const struct doc *suites_of(struct microshift *m, bool modern)
{
	size_t n = modern ? SUITES_13 : SUITES_12;
	struct doc *list = NEW(m->c->a, struct doc);
	struct doc *items = NEW_N(m->c->a, struct doc, n);
	*list = (struct doc){.kind = DOC_LIST, .from = m->from, .n = n};
	list->entries = NEW_N(m->c->a, struct doc_entry, n);
	for (size_t i = 0; i < n; i++) {
		items[i] = (struct doc){
			.kind = DOC_STRING, .text = str_from(suites_12[i]), .from = m->from};
		list->entries[i].value = &items[i];
	}
	return list;
}

/* apiServer.tls is the kubelet's too. */
static void set_tls(struct microshift *m, struct doc *base)
{
	const struct doc *tls = doc_get(doc_get(m->config, S("apiServer")), S("tls"));
	const struct doc *least = doc_get(tls, S("minVersion"));
	const struct doc *suites = doc_get(tls, S("cipherSuites"));
	struct str version = doc_string(least).n ? doc_string(least) : S("VersionTLS12");
	bool modern = str_eq(version, S("VersionTLS13"));
	bool named = suites && suites->kind == DOC_LIST && suites->n && !modern;
	const struct doc *list = named ? suites : suites_of(m, modern);
	made_set(m->c->a, base, "tlsMinVersion", DOC_STRING, version,
		 doc_string(least).n ? least->from : m->from);
	made_set(m->c->a, base, "tlsCipherSuites", DOC_LIST, S(""), list->from);
	for (size_t i = 0; i < base->n; i++)
		if (str_eq(base->entries[i].key, S("tlsCipherSuites")))
			base->entries[i].value = list;
}

static struct doc *fixed(struct microshift *m)
{
	static const struct {
		const char *path, *text;
		enum doc_kind kind;
	} values[] = {
		{"authentication.anonymous.enabled", "false", DOC_BOOL},
		{"authentication.x509.clientCAFile", CERTIFICATES "ca-bundle/kubelet-ca.crt",
		 DOC_STRING},
		{"cgroupDriver", "systemd", DOC_STRING},
		{"cgroupsPerQOS", "true", DOC_BOOL},
		{"clusterDomain", "cluster.local", DOC_STRING},
		{"containerLogMaxSize", "50Mi", DOC_STRING},
		{"containerRuntimeEndpoint", "unix:///var/run/crio/crio.sock", DOC_STRING},
		{"enforceNodeAllocatable", "", DOC_LIST},
		{"failSwapOn", "false", DOC_BOOL},
		{"kubeAPIBurst", "100", DOC_NUMBER},
		{"kubeAPIQPS", "50", DOC_NUMBER},
		{"maxPods", "250", DOC_NUMBER},
		{"nodeStatusReportFrequency", "5m", DOC_STRING},
		{"rotateCertificates", "false", DOC_BOOL},
		{"serializeImagePulls", "false", DOC_BOOL},
		{"serverTLSBootstrap", "false", DOC_BOOL},
		{"tlsCertFile", SERVING "server.crt", DOC_STRING},
		{"tlsPrivateKeyFile", SERVING "server.key", DOC_STRING},
		{"volumePluginDir", "/var/lib/microshift/kubelet-plugins/volume/exec", DOC_STRING},
	};
	struct doc *base = NEW(m->c->a, struct doc);
	*base = (struct doc){.kind = DOC_MAP, .from = m->from};
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
		made_set(m->c->a, base, values[i].path, values[i].kind, str_from(values[i].text),
			 m->from);
	set_tls(m, base);
	return base;
}

/* Older ones are not known to have the section. */
static void check_section(struct microshift *m, const struct doc *own)
{
	enum { SINCE = 17 };
	struct version v = inventory_package(m->c->root, S("microshift"));
	if (!own || own->kind == DOC_NULL)
		return;
	if (own->kind != DOC_MAP)
		doubt(m, launch_doubt(m->c, REASON_KUBELET_WOULD_NOT_START,
				      str_fmt(m->c->a,
					      "kubelet: json: cannot unmarshal %s into Go value "
					      "of type map[string]interface {}",
					      doc_kind_name(own->kind)),
				      own->from));
	else if (v.major == 4 && v.minor < SINCE)
		doubt(m, launch_doubt(m->c, REASON_WRAPPER_UNRESOLVED,
				      str_fmt(m->c->a,
					      "whether MicroShift %" PRIstr
					      " reads this section is not known",
					      ARG(v.text)),
				      own->from));
}

bool launch_microshift(const struct candidate *c, struct launch *out)
{
	struct microshift m = {.c = c, .out = out};
	struct str config = S("/etc/microshift/config.yaml");
	if (!str_eq(word_program(c->words, 0), S("microshift")) ||
	    !str_eq(word_program(c->words, 1), S("run")))
		return false;
	m.from = c->words.at[0].from;
	out->layout = "microshift";
	read_file(&m, config);
	if (rootfs_stat(c->root, config)->state == FILE_ABSENT)
		*vec_push(c->a, &out->pending) =
			(struct pending){.path = config,
					 .why = S("configuration of MicroShift, absent"),
					 .from = m.from};
	read_folder(&m, S("/etc/microshift/config.d"), 0);
	const struct doc *own = doc_get(m.config, S("kubelet"));
	check_section(&m, own);
	words_add(c->a, &out->argv, S("kubelet"), m.from);
	words_add(c->a, &out->argv, S("--config=" WRITTEN), m.from);
	*vec_push(c->a, &out->made) =
		(struct made){.path = S(WRITTEN), .doc = made_config(c->a, fixed(&m), own)};
	return true;
}
