/*
 * verify.c - is the service, as a whole, one that systemd accepts?
 *
 * service_verify (service.c) of systemd 252. Restart*ExitStatus= and PAMName= are not looked at.
 */
#include "state.h"

static size_t count(const struct loading *l, struct str key)
{
	const struct commands *list = map_get(l->commands, key);
	return list ? list->n : 0;
}

struct str verify_service(const struct loading *l)
{
	size_t starts = count(l, S("ExecStart")), stops = count(l, S("ExecStop"));
	struct str type = l->type;
	if (type.n == 0)
		type = l->bus_name.n ? S("dbus") : starts ? S("simple") : S("oneshot");
	bool oneshot = str_eq(type, S("oneshot"));
	struct word remains = unit_value(l->unit, S("Service"), S("RemainAfterExit"));
	bool remain = str_eq(remains.text, S("yes")) || str_eq(remains.text, S("true")) ||
		      str_eq(remains.text, S("1")) || str_eq(remains.text, S("on"));
	if (!starts && !stops && !l->success_action)
		return S("the service has no ExecStart=, ExecStop= or SuccessAction=");
	if (!starts && !oneshot)
		return S("the service has no ExecStart=, which only Type=oneshot may lack");
	if (!starts && !remain && !l->success_action)
		return S("the service has no ExecStart= and no RemainAfterExit=yes");
	if (starts > 1 && !oneshot)
		return S("the service has more than one ExecStart=, which only Type=oneshot may");
	if (oneshot && (str_eq(l->restart, S("always")) || str_eq(l->restart, S("on-success"))))
		return S("Restart= does not go with Type=oneshot");
	if (str_eq(type, S("dbus")) && l->bus_name.n == 0)
		return S("Type=dbus needs BusName=");
	return (struct str){0};
}
