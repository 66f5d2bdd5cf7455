/*
 * fuzz_rules.c - any bytes as a file of rules, ours or kube-bench's. What holds for every input: it
 * is refused with words and perhaps a place inside of the file, or each of its rules can be put to
 * a node and comes to a verdict, the same one twice, with a reason where it is unknown.
 */
#include <stdint.h>
#include <stdlib.h>

#include "arena.h"
#include "captured.h"
#include "fuzzed.h"
#include "rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void evaluate(struct arena *a, const struct rule_file *read)
{
	struct rootfs *root =
		captured_root(a, S("-- /etc/systemd/system/kubelet.service --\n[Service]\n"
				   "ExecStart=/usr/bin/kubelet --config=/c --max-pods=7\n"
				   "IPAddressDeny=any\n-- /c --\n"
				   "apiVersion: kubelet.config.k8s.io/v1beta1\n"
				   "kind: KubeletConfiguration\nreadOnlyPort: 0\n"));
	struct systemd *sd = systemd_new(root, &(struct systemd_options){0});
	struct launches launches = kubelet_launches(root, sd, NULL);
	const struct settings *settings = kubelet_settings(root, &launches.at[0], NULL);
	for (size_t i = 0; i < read->rules.n; i++) {
		struct node node = {root, sd, &launches.at[0], settings};
		const struct rule *rule = read->rules.at[i];
		struct finding f = rule_evaluate(&node, rule, rule->own, false);
		struct finding again = rule_evaluate(&node, rule, rule->own, false);
		bool reasoned = (f.verdict == VERDICT_UNKNOWN) == (f.doubt.reason != REASON_NONE);
		if (f.verdict != again.verdict || !reasoned || !f.answers.n)
			abort();
		if (!rule_wants(a, rule, NULL).n)
			abort();
	}
}

static void run(struct arena *a, const uint8_t *bytes, size_t size)
{
	struct doc_fault fault = {0};
	struct rule_file read = {0};
	struct file *f = NEW(a, struct file);
	f->path = S("/rules.yaml");
	f->text = str_dup(a, (struct str){(const char *)bytes, size});
	const struct origin *o = NULL;
	if (rules_read(a, f, &read, &fault))
		evaluate(a, &read);
	else if (!fault.text.n)
		abort();
	else if ((o = fault.from) && (o->at > size || o->len > size - o->at))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	return fuzzed(256 << 20, run, bytes, size);
}
