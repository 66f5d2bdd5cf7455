/*
 * test_config.c - config_decode and config_dropin: what a kubelet's loader takes and refuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include "arena.h"
#include "kubelet/config.h"

#include <cmocka.h>

#define HEAD "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
#define JSON(rest) \
	"{\"apiVersion\":\"kubelet.config.k8s.io/v1beta1\",\"kind\":\"KubeletConfiguration\"" rest \
	"}"

static const struct file *file_of(struct arena *a, struct str text)
{
	struct file *f = NEW(a, struct file);
	f->path = S("/config");
	f->text = str_dup(a, text);
	return f;
}

struct row {
	const char *text;
	enum config_error error;
	const char *path, *value; /* NULL value: the field is not set; "null": it is null */
};

static const struct row rows[] = {
	{HEAD "makeIPTablesUtilChains: no", CONFIG_OK, "makeIPTablesUtilChains", "false"},
	{HEAD "makeIPTablesUtilChains: \"no\"", CONFIG_DECODE, NULL, NULL},
	{HEAD "makeIPTablesUtilChains: 0", CONFIG_DECODE, NULL, NULL},
	{HEAD "makeIPTablesUtilChains: []", CONFIG_DECODE, NULL, NULL},
	{HEAD "makeIPTablesUtilChains:", CONFIG_OK, "makeIPTablesUtilChains", "null"},
	{HEAD "makeiptablesutilchains: 7", CONFIG_OK, "makeIPTablesUtilChains", NULL},
	{HEAD "authentication.anonymous.enabled: 7", CONFIG_OK, "authentication.anonymous.enabled",
	 NULL},
	{HEAD "authentication: 7", CONFIG_DECODE, NULL, NULL},
	{HEAD "authentication:", CONFIG_OK, NULL, NULL},
	{HEAD "authentication: {anonymous: {enabled: on}}", CONFIG_OK,
	 "authentication.anonymous.enabled", "true"},
	{HEAD "port: 1.5", CONFIG_DECODE, NULL, NULL},
	{HEAD "port: 0x10", CONFIG_OK, "port", "16"},
	{HEAD "port: 3000000000", CONFIG_DECODE, NULL, NULL},
	{HEAD "podPidsLimit: 3000000000", CONFIG_OK, "podPidsLimit", "3000000000"},
	{HEAD "clusterDomain: 5", CONFIG_DECODE, NULL, NULL},
	{HEAD "clusterDNS: 10.0.0.1", CONFIG_DECODE, NULL, NULL},
	{HEAD "clusterDNS: [10.0.0.1]", CONFIG_OK, "clusterDNS", "[\"10.0.0.1\"]"},
	{HEAD "clusterDNS: [1]", CONFIG_DECODE, NULL, NULL},
	{HEAD "featureGates: {A: yes}", CONFIG_OK, "featureGates", "{\"A\":true}"},
	{HEAD "featureGates: {A: \"yes\"}", CONFIG_DECODE, NULL, NULL},
	{HEAD "syncFrequency: 60s", CONFIG_OK, "syncFrequency", "1m0s"},
	{HEAD "syncFrequency: 60", CONFIG_DECODE, NULL, NULL},
	{HEAD "syncFrequency: soon", CONFIG_DECODE, NULL, NULL},
	{HEAD "syncFrequency:", CONFIG_DECODE, NULL, NULL},
	{HEAD "memoryThrottlingFactor: 0.7", CONFIG_OK, "memoryThrottlingFactor", "0.7"},
	{HEAD "- a", CONFIG_DECODE, NULL, NULL},
	{"", CONFIG_EMPTY, NULL, NULL},
	{"#", CONFIG_KIND, NULL, NULL},
	{"kind: KubeletConfiguration", CONFIG_KIND, NULL, NULL},
	{"apiVersion: 1\nkind: KubeletConfiguration", CONFIG_DECODE, NULL, NULL},
	{"apiVersion: kubelet.config.k8s.io/v1\nkind: KubeletConfiguration", CONFIG_KIND, NULL,
	 NULL},
	{"[]", CONFIG_DECODE, NULL, NULL},
	{"k8s", CONFIG_DECODE, NULL, NULL},
	{JSON(""), CONFIG_OK, NULL, NULL},
	{" \r\n" JSON(",\"maxPods\":7"), CONFIG_OK, "maxPods", "7"},
	/* Space enough to be taken for JSON, but none that JSON knows. */
	{"\xC2\xA0" JSON(",\"maxPods\":7"), CONFIG_DECODE, NULL, NULL},
	{JSON(",\"maxPods\":7,\"maxPods\":8"), CONFIG_OK, "maxPods", "8"},
	{JSON(",\"maxPods\":7,"), CONFIG_DECODE, NULL, NULL},
	{JSON(",\"max\\u0050ods\":7"), CONFIG_OK, "maxPods", "7"},
	{JSON("") "x", CONFIG_DECODE, NULL, NULL},
};

static void decodes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];
		struct arena *a = arena_new(16 << 20, NULL, NULL);
		struct fields fields = {0};
		struct config_fault fault = {0};
		config_decode(a, file_of(a, str_from(r->text)), 0, NULL, &fields, &fault);
		if (fault.error != r->error)
			fail_msg("%s: error %d (%.*s)", r->text, fault.error, ARG(fault.text));
		const struct doc *got = NULL;
		enum form form = FORM_ANY;
		for (size_t k = 0; k < fields.n; k++)
			if (r->path && strcmp(fields.at[k].row->pub.path, r->path) == 0) {
				got = fields.at[k].value;
				form = fields.at[k].row->form;
			}
		if (!got != !r->value)
			fail_msg("%s: %s is%s set", r->text, r->path, got ? "" : " not");
		struct str text = !got                    ? S("")
				  : got->kind == DOC_NULL ? S("null")
							  : field_text(a, form, got);
		if (got && !str_eq(text, str_from(r->value)))
			fail_msg("%s: %.*s", r->text, ARG(text));
		arena_free(a);
	}
}

static void survives_every_prefix(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct str text = str_from(rows[i].text);
		for (size_t n = 0; n < text.n; n++) {
			struct arena *a = arena_new(16 << 20, NULL, NULL);
			struct fields fields = {0};
			struct config_fault fault = {0};
			config_decode(a, file_of(a, str_slice(text, 0, n)), 0, NULL, &fields,
				      &fault);
			config_dropin(a, file_of(a, str_slice(text, 0, n)), 34, &fault);
			arena_free(a);
		}
	}
}

static void dropins_are_stricter(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		unsigned minor;
		enum config_error error;
	} all[] = {
		{HEAD "a: 1", 34, CONFIG_OK},
		{HEAD "a: 1\na: 2", 34, CONFIG_DECODE},
		{HEAD "x: {a: 1, a: 2}", 34, CONFIG_DECODE},
		{"kind: KubeletConfiguration", 34, CONFIG_KIND},
		{"kind: KubeletConfiguration", 29, CONFIG_OK},
		{"kind: Other", 29, CONFIG_OK},
		{"KIND: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1", 34,
		 CONFIG_KIND},
		{"", 34, CONFIG_EMPTY},
		{"# no", 29, CONFIG_KIND},
	};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		struct arena *a = arena_new(16 << 20, NULL, NULL);
		struct config_fault fault = {0};
		config_dropin(a, file_of(a, str_from(all[i].text)), all[i].minor, &fault);
		if (fault.error != all[i].error)
			fail_msg("%s: error %d", all[i].text, fault.error);
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes),
		cmocka_unit_test(survives_every_prefix),
		cmocka_unit_test(dropins_are_stricter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
