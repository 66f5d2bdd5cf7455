/*
 * test_wrapper.c - launch_wrapper: a command line a row, and the words that its kubelet gets. The
 * rows follow the manuals; where the wrapper is installed, it is run with a kubelet that prints its
 * words, and must agree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "captured.h"
#include "fixture.h"
#include "kubelet.h"
#include "kubelet/launch/mounts.h"

#include <cmocka.h>

struct row {
	const char *line;
	const char *argv; /* NULL: no kubelet */
	enum reason reason;
};

static const struct row rows[] = {
	{"nice kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"nice -n 5 kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"nice -n5 kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"nice -15 kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"nice --adjustment=5 kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"nice --adj 5 kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"nice --frob kubelet --v=2", "kubelet --v=2", REASON_WRAPPER_UNRESOLVED},
	{"ionice -c2 -n7 kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"ionice -t -c 2 --classdata 7 kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"env A=b kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"env -u kubelet kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"env -C / -u A --unset=B A=b C= kubelet --v=2 D=e", "kubelet --v=2 D=e", REASON_NONE},
	{"env -- kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"env --default-signal=PIPE kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"env --default-signal kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"nohup kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"setsid -w kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"setsid --wait kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"stdbuf -oL -e 0 kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"stdbuf --output=L kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"timeout 10 kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"timeout -k 5 -s TERM 10m kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"timeout --foreground --kill-after 5 10 kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"/usr/bin/time -f x -o /dev/null kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"/usr/bin/time -p kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"taskset 1 kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"taskset -c 0 kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"taskset --cpu-list 0 kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"chrt -o 0 kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"chrt --batch 0 kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"choom -n 100 -- kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"prlimit --nofile=100:100 -c0 kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"setpriv --no-new-privs --clear-groups kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"flock -n /dev/null kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"flock --timeout 5 /dev/null kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"unshare --uts kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"unshare -f --kill-child kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"nsenter --target 1 --mount -- kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"nsenter -t1 -m -u -i kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"chroot --userspec=0:0 /host kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"chroot --skip-chdir / kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"systemd-inhibit --what=idle --who kubelet kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"systemd-cat -t kubelet -p info kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"systemd-run --scope -p CPUWeight=10 --slice kubelet -- kubelet --v=2", "kubelet --v=2",
	 REASON_NONE},
	{"systemd-run -M box kubelet --v=2", "kubelet --v=2", REASON_WRAPPER_UNRESOLVED},
	{"sudo -E -u root A=b kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"sudo --user kubelet -n kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"numactl -N 0 --membind=0 kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"numactl --interleave all kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"cgexec -g cpu:kubelet --sticky kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"tini -s -p SIGTERM -- kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"dumb-init -c --rewrite 15:2 -- kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"catatonit -- kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"gosu kubelet kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"runcon -t kubelet_t kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"runcon system_u:system_r:kubelet_t:s0 kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"runuser -u kubelet -- kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"runuser -u root -g root kubelet", "kubelet", REASON_NONE},
	{"runuser -u root -- kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"su root -c 'kubelet --v=2'", "kubelet --v=2", REASON_NONE},
	{"su -c 'kubelet --v=2' root", "kubelet --v=2", REASON_NONE},
	{"su -s /bin/sh -c 'kubelet --v=2' - kubelet", "kubelet --v=2", REASON_NONE},
	{"su --command='exec kubelet $1 --v=2' root x --v=1", "kubelet --v=1 --v=2", REASON_NONE},
	{"su root", NULL, REASON_NONE},
	{"capsh --drop=cap_mknod -- -c 'kubelet --v=2'", "kubelet --v=2", REASON_NONE},
	{"flock /dev/null -c 'kubelet --v=2'", "kubelet --v=2", REASON_NONE},
	{"env -S 'A=b kubelet --v=2' --v=3", "kubelet --v=2 --v=3", REASON_NONE},
	{"busybox nice -n 5 kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"kubenswrapper kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"hyperkube kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"nice -n 5 ionice -c 3 env A=b kubelet --v=2", "kubelet --v=2", REASON_NONE},
	{"nice -n kubelet --v=2", NULL, REASON_NONE},
	{"nice -n 5 sleep kubelet", NULL, REASON_NONE},
	{"timeout kubelet --v=2", NULL, REASON_NONE},
};

static struct launches launches_of(const char *exec)
{
	struct str text =
		str_fmt(arena, "-- /etc/systemd/system/node.service --\n[Service]\n%s\n", exec);
	struct rootfs *root = captured_root(arena, text);
	return kubelet_launches(root, systemd_new(root, &(struct systemd_options){0}), NULL);
}

static struct launches launches_of_line(const char *line)
{
	const char *at = line[0] == '/' ? "" : "/usr/bin/";
	return launches_of(str_z(arena, str_fmt(arena, "ExecStart=%s%s", at, line)));
}

static struct str joined(struct words w, size_t from)
{
	struct str s = S("");
	for (size_t i = from; i < w.n; i++)
		s = str_fmt(arena, "%" PRIstr "%s%" PRIstr, ARG(s), i > from ? " " : "",
			    ARG(w.at[i].text));
	return s;
}

static void finds_the_program(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];
		struct launches all = launches_of_line(r->line);
		if (all.n != (r->argv != NULL))
			fail_msg("%s: %zu launches", r->line, all.n);
		if (!r->argv)
			continue;
		struct str argv = joined(all.at[0].argv, 0);
		if (!str_eq(argv, str_from(r->argv)) || all.at[0].doubt.reason != r->reason)
			fail_msg("%s: %.*s, %s", r->line, ARG(argv),
				 reason_name(all.at[0].doubt.reason));
	}
}

/* ---- the real programs ---- */

static void make_kubelet(char *dir)
{
	char path[64];
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/kubelet", dir);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs("#!/bin/sh\necho \"$*\"\n", f);
	fclose(f);
	assert_int_equal(chmod(path, 0755), 0);
}

/* What the kubelet prints, or nothing when the wrapper is not there or may not. */
static struct str run(const char *line, const char *dir)
{
	char out[256] = "";
	char *command = str_z(arena, str_fmt(arena,
					     "PATH=%s:$PATH; export PATH; exec 2>/dev/null "
					     "</dev/null; command %s",
					     dir, line));
	FILE *p = popen(command, "r");
	assert_non_null(p);
	size_t n = fread(out, 1, sizeof out - 1, p);
	int status = pclose(p);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !n)
		return S("");
	return str_dup(arena, str_trim((struct str){out, n}, "\n"));
}

static void agrees_with_the_programs(void **state)
{
	(void)state;
	char dir[] = "/tmp/kubelet-XXXXXX", path[64];
	make_kubelet(dir);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		/* Those start what outlives them, or need another machine's services. */
		if (str_starts(str_from(rows[i].line), S("systemd-")) ||
		    str_starts(str_from(rows[i].line), S("sudo")) ||
		    str_starts(str_from(rows[i].line), S("nsenter")))
			continue;
		struct str real = run(rows[i].line, dir);
		if (!real.n)
			continue;
		struct launches all = launches_of_line(rows[i].line);
		if (!all.n || !str_eq(joined(all.at[0].argv, 1), real))
			fail_msg("%s: the real one says %.*s", rows[i].line, ARG(real));
	}
	snprintf(path, sizeof path, "%s/kubelet", dir);
	unlink(path);
	rmdir(dir);
}

/* ---- what they change ---- */

struct change {
	const char *exec;
	const char *environment; /* "NAME=VALUE …" */
	const char *workdir;
	const char *etc; /* what /etc is on the node; "": it cannot be told */
};

static const struct change changes[] = {
	{"Environment=A=b\nExecStart=/usr/bin/nice /kubelet", "A=b", "/", "/etc"},
	{"Environment=A=b\nExecStart=/usr/bin/env -i C=d /kubelet", "C=d", "/", "/etc"},
	{"Environment=A=b\nExecStart=/usr/bin/env - C=d /kubelet", "C=d", "/", "/etc"},
	{"Environment=A=b C=d\nExecStart=/usr/bin/env -u A -C /srv C=e /kubelet", "C=e", "/srv",
	 "/etc"},
	{"ExecStart=/usr/bin/env -S \"A=b C=d\" /kubelet", "A=b C=d", "/", "/etc"},
	{"WorkingDirectory=/srv\nExecStart=/usr/bin/env -C sub /kubelet", "", "/srv/sub", "/etc"},
	{"WorkingDirectory=/srv\nExecStart=/usr/sbin/chroot /host /kubelet", "", "/", "/host/etc"},
	{"WorkingDirectory=/srv\nExecStart=/usr/sbin/chroot --skip-chdir /host /kubelet", "",
	 "/srv", "/host/etc"},
	{"ExecStart=/usr/bin/unshare -m -R /host -w /srv /kubelet", "", "/srv", "/host/etc"},
	{"ExecStart=/usr/sbin/chroot /host /usr/sbin/chroot /inner /kubelet", "", "/",
	 "/host/inner/etc"},
	{"ExecStart=/usr/sbin/chroot /host /usr/bin/nsenter -t 1 -m /kubelet", "", "/", "/etc"},
	{"ExecStart=/usr/sbin/chroot /host /usr/bin/nsenter --mount=/proc/1/ns/mnt /kubelet", "",
	 "/", "/etc"},
	{"ExecStart=/usr/bin/nsenter -t 77 -m /kubelet", "", "/", ""},
	{"ExecStart=/usr/bin/nsenter --mount=/run/kubens/mnt /kubelet", "", "/", "/etc"},
	{"Environment=A=b\nExecStart=/usr/bin/sudo C=d /kubelet", "C=d", "/", "/etc"},
	{"Environment=A=b\nExecStart=/usr/bin/sudo -E C=d /kubelet", "A=b C=d", "/", "/etc"},
	{"Environment=A=b C=d\nWorkingDirectory=/srv\nExecStart=/usr/bin/systemd-run -E E=f "
	 "/kubelet",
	 "E=f", "/", "/etc"},
	{"Environment=A=b\nWorkingDirectory=/srv\nExecStart=/usr/bin/systemd-run -d --scope "
	 "/kubelet",
	 "A=b", "/srv", "/etc"},
	{"ExecStart=/usr/bin/systemd-run -p RootDirectory=/host /kubelet", "", "/", ""},
	{"Environment=A=b\nExecStart=/usr/bin/setpriv --reset-env /kubelet", "", "/", "/etc"},
};

static void carries_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		const struct change *x = &changes[i];
		struct launches all = launches_of(x->exec);
		assert_int_equal(all.n, 1);
		const struct launch *l = &all.at[0];
		struct str env = S("");
		for (size_t k = 0; k < l->environment.n; k++) {
			const struct variable *v = &l->environment.at[k];
			/* Longer names are the service manager's own. */
			if (v->name.n == 1)
				env = str_fmt(arena, "%" PRIstr "%s%" PRIstr "=%" PRIstr, ARG(env),
					      env.n ? " " : "", ARG(v->name), ARG(v->value.text));
		}
		struct location etc = mounts_locate(captured_root(arena, S("-- /x --\n")),
						    l->mounts, S("/etc"), true, NULL);
		struct str where = etc.on_node ? etc.path : S("");
		if (!str_eq(env, str_from(x->environment)) ||
		    !str_eq(l->workdir, str_from(x->workdir)) || !str_eq(where, str_from(x->etc)))
			fail_msg("%s: %.*s, %.*s, %.*s", x->exec, ARG(env), ARG(l->workdir),
				 ARG(where));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_program),
		cmocka_unit_test(agrees_with_the_programs),
		cmocka_unit_test(carries_changes),
	};
	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
