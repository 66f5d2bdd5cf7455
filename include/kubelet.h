/*
 * kubelet.h - which kubelets an image launches, and what each would run with.
 *
 * A launch is an argv that ends in a kubelet; settings are what the kubelet makes of that argv,
 * of the files it names and of its defaults. Follows cmd/kubelet/app (server.go, options.go),
 * pflag, and the decoding of sigs.k8s.io/yaml and apimachinery, Kubernetes 1.20 to 1.36.
 */
#ifndef KUBELET_H
#define KUBELET_H

#include "doc.h"
#include "systemd.h"

/* ---- launches ---- */

struct mounts;

/* A file that whoever runs the kubelet puts there before each start: a copy of what lies at
 * `source`, a file or a directory, or else `doc`, of their own making. */
struct made {
	struct str path, source;
	const struct doc *doc;
};

struct mades {
	struct made *at;
	size_t n, cap;
};

struct launch {
	const char *layout;    /* "systemd", "k3s", … */
	struct str recognised; /* "kubeadm", "EKS AL2023", …; empty when nothing is recognised */
	const struct unit *unit; /* NULL where no unit launches it */
	struct words argv;       /* the kubelet's own: [0] is its program word */
	struct variables environment;
	struct str workdir;          /* for relative --config */
	const struct mounts *mounts; /* the tree that it sees; NULL: the node's own */
	struct word image;       /* of the container that it runs in; empty where there is none */
	unsigned depth;          /* of commands inside commands */
	struct doubt doubt;      /* why argv is not the whole truth; REASON_NONE when it is */
	struct pendings pending; /* inputs that could change argv */
	struct mades made;       /* drop-ins that are not in the image, or not as they will be */
};

struct launches {
	struct launch *at;
	size_t n, cap;
};

struct kubelet_options {
	struct version version;    /* 0.0: from the image, else unknown */
	const struct image *image; /* whose labels may tell it; may be NULL */
};

/* The version of the kubelet that lies in an image, whoever launches it. */
struct version kubelet_installed(struct rootfs *root, const struct kubelet_options *opts);

/* Every kubelet that some unit launches, in order of unit names. `opts` may be NULL. */
struct launches kubelet_launches(struct rootfs *root, struct systemd *sd,
				 const struct kubelet_options *opts);

/* ---- settings ---- */

enum level { LEVEL_DEFAULT, LEVEL_CONFIG, LEVEL_CONFIG_DIR, LEVEL_FLAG };

const char *level_name(enum level l); /* "default", "config", "config-dir", "flag" */

enum value_type { VALUE_BOOL, VALUE_INT, VALUE_STRING, VALUE_DURATION, VALUE_LIST, VALUE_MAP };

/* A line of options.def: a thing that can be set, by flag, by config field, or both. */
struct option {
	const char *path; /* "authentication.anonymous.enabled"; NULL: no config field */
	const char *flag; /* "anonymous-auth"; NULL: no flag */
	enum value_type type;
};

struct setting {
	const struct option *option;
	struct str value; /* canonical: "true", "10255", "4h0m0s", JSON for lists and maps */
	bool null;        /* unset, and the default is nothing */
	enum level level;
	const struct origin *from;      /* NULL for a default */
	const struct setting *shadowed; /* what it won over, next lower level first */
};

/* A value that an input of the join means to set, once the node joins or boots. It is a hint: no
 * verdict depends on it. */
struct intended {
	const struct option *option;
	struct str value; /* canonical; of a template, as it is written */
	bool unrendered;  /* a template: what it will say is not certain */
	struct str by;    /* "kubeadm configuration", "NodeConfig, written by cloud-init" */
	const struct origin *from;
};

struct intentions {
	struct intended *at;
	size_t n, cap;
};

struct settings {
	struct version version; /* whose rules were applied; 0.0: the newest known */
	const char *error;      /* NULL, or the code of the error that ends the kubelet */
	struct str error_text;  /* as the real one words it */
	const struct origin *error_from;
	struct doubt doubt;             /* why values cannot be told; REASON_NONE when they can */
	struct word config, config_dir; /* absolute paths after cleaning; empty when not given */
	struct str config_on_node;      /* where `config` lies there; empty when it does not */
	struct files config_files;      /* what was read: the file of --config, then drop-ins */
	const struct doc *gates;        /* what featureGates says, as a map; NULL: nothing */
	struct pendings pending;
	struct intentions intended; /* while something is pending */
	const struct setting *at;
	size_t n;
};

const struct settings *kubelet_settings(struct rootfs *root, const struct launch *l,
					const struct kubelet_options *opts);

/* The setting of a config path or, with "--name", of a flag. NULL only for a name that
 * options.def does not have; with settings->error or doubt, what is known so far. */
const struct setting *setting_get(const struct settings *s, struct str name);

/* A feature gate: what featureGates says of it, else its default; null when neither is known. */
struct setting setting_gate(const struct settings *s, struct str gate);

/* A flag that was given, and so decides whatever a missing config file may say. */
bool setting_decided(const struct settings *s, const struct setting *x);

/* Can a config file say the value? Some fields are younger than their flags, and a zero of some
 * counts as unset. */
bool setting_sayable(const struct settings *s, const struct setting *x);

/* Can that input of the launch still change the setting? An environment file reaches only what the
 * command does with its variables. */
bool setting_awaits(const struct launch *l, const struct settings *s, const struct setting *x,
		    const struct pending *p);

/* What the kubelet sees at a path, links followed; never NULL. Where it lies outside of what the
 * image holds, the file is unreadable and *why tells. */
const struct file *launch_stat(struct rootfs *root, const struct launch *l, struct str path,
			       const struct origin *from, struct doubt *why);

/* options.def, for the tables of rules and for `explain`. */
const struct option *option_find(struct str name);
const struct option *option_at(size_t i); /* NULL behind the last */

/* Is it the name of a feature gate that some version of the kubelet has? */
bool gate_known(struct str gate);

/* A scalar as its flag would take it, in the canonical spelling of settings; false when a kubelet
 * would refuse it. */
bool option_spell(struct arena *a, const struct option *option, struct str text, struct str *out);

/* The number that a canonical number, or duration in nanoseconds, stands for. */
bool option_measure(const struct option *option, struct str text, int64_t *out);

#endif
