/*
 * options.h - the list of options: one line each. Help, the environment, the checks of values and
 * the tests that compare them with the manual page all come from here.
 *
 * X(id, name, letter, arg, values, about, group, repeats, kind)
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#define OPTIONS(X) \
	X(format, "format", 'f', "FMT[=FILE]", NULL, "report format, once more for each file", \
	  "Output", true, FORMAT) \
	X(output, "output", 'o', "FILE", NULL, "write the report to FILE", "Output", false, TEXT) \
	X(quiet, "quiet", 'q', NULL, NULL, "only what failed or cannot be told", "Output", false, \
	  SWITCH) \
	X(verbose, "verbose", 'v', NULL, NULL, "also quote what passed, and all notes", "Output", \
	  false, SWITCH) \
	X(color, "color", 0, "WHEN", "auto|always|never", "colours of the text report", "Output", \
	  false, CHOICE) \
	X(no_progress, "no-progress", 0, NULL, NULL, "no progress line on a terminal", "Output", \
	  false, SWITCH) \
	X(timestamp, "timestamp", 0, "TIME", NULL, \
	  "date the report: \"now\" or seconds since 1970", "Output", false, TIMESTAMP) \
	X(check, "check", 'c', "RULE", NULL, "only this rule: an id, a number, an alias", "Rules", \
	  true, TEXT) \
	X(skip, "skip", 0, "RULE", NULL, "not this rule", "Rules", true, TEXT) \
	X(benchmark, "benchmark", 'b', "NAME", NULL, "rules and numbers of one benchmark", \
	  "Rules", false, BENCHMARK) \
	X(rules, "rules", 0, "FILE", NULL, "rules of one's own, or kube-bench control files", \
	  "Rules", true, TEXT) \
	X(ignorefile, "ignorefile", 0, "FILE", NULL, \
	  "waivers (.offnodeignore.yaml where there is one)", "Rules", false, TEXT) \
	X(severity, "severity", 's', "LEVEL", "low|medium|high", \
	  "rules of this severity or above", "Rules", false, CHOICE) \
	X(strict, "strict", 0, NULL, NULL, "a provisional verdict is unknown", "Rules", false, \
	  SWITCH) \
	X(platform, "platform", 0, "OS/ARCH", NULL, "which image of an index, \"linux/arm64\"", \
	  "Image", false, TEXT) \
	X(overlay, "overlay", 0, "TARGET", NULL, \
	  "lay TARGET's files over the image: what join will write", "Image", true, TEXT) \
	X(kubelet_version, "kubelet-version", 0, "X.Y", NULL, "apply the rules of this kubelet", \
	  "Image", false, VERSION) \
	X(systemd_version, "systemd-version", 0, "N", NULL, "apply the rules of this systemd", \
	  "Image", false, COUNT) \
	X(allow_backing, "allow-backing", 0, NULL, NULL, \
	  "open the files beside a disk that it names", "Image", false, SWITCH) \
	X(live_run, "live-run", 0, NULL, NULL, "the root is a booted one: its /run counts", \
	  "Image", false, SWITCH) \
	X(offline, "offline", 0, NULL, NULL, "nothing is asked of the network", "Network", false, \
	  SWITCH) \
	X(plain_http, "plain-http", 0, NULL, NULL, "speak http:// where it is written", "Network", \
	  false, SWITCH) \
	X(cacert, "cacert", 0, "FILE", NULL, "certificates to trust, instead of the system's", \
	  "Network", false, FILE) \
	X(cert, "cert", 0, "FILE", NULL, "a certificate to show to servers", "Network", false, \
	  FILE) \
	X(key, "key", 0, "FILE", NULL, "its key", "Network", false, FILE) \
	X(authfile, "authfile", 0, "FILE", NULL, "logins, as `podman login` keeps them", \
	  "Network", false, FILE) \
	X(net_timeout, "net-timeout", 0, "TIME", NULL, \
	  "longest silence of a server (30s; to connect, 15s)", "Network", false, DURATION) \
	X(net_tries, "net-tries", 0, "N", NULL, "tries of a request (5)", "Network", false, COUNT) \
	X(whole_layers, "whole-layers", 0, NULL, NULL, \
	  "fetch and prove all of a layer where its parts would do", "Network", false, SWITCH) \
	X(no_cache, "no-cache", 0, NULL, NULL, \
	  "keep nothing of what is fetched, use nothing kept", "Network", false, SWITCH) \
	X(cache_size, "cache-size", 0, "SIZE", NULL, "most that is kept of what was fetched (5G)", \
	  "Network", false, SIZE) \
	X(jobs, "jobs", 'j', "N", NULL, "layers read at once (number of CPUs)", "Limits", false, \
	  COUNT) \
	X(timeout, "timeout", 0, "TIME", NULL, "stop reading after 30s, 5m, 1h", "Limits", false, \
	  DURATION) \
	X(max_entries, "max-entries", 0, "N", NULL, "files in a layer (2M)", "Limits", false, \
	  SIZE) \
	X(max_file, "max-file", 0, "SIZE", NULL, "one file out of a compressed archive (64M)", \
	  "Limits", false, SIZE) \
	X(max_spill, "max-spill", 0, "SIZE", NULL, \
	  "a pipe's or outer archive's bytes on disk (16G)", "Limits", false, SIZE) \
	X(max_reads, "max-reads", 0, "N", NULL, "reads of a disk (200K)", "Limits", false, SIZE) \
	X(max_read_bytes, "max-read-bytes", 0, "SIZE", NULL, "bytes read of a disk (4G)", \
	  "Limits", false, SIZE) \
	X(max_depth, "max-depth", 0, "N", NULL, "wrappers inside each other (8)", "Limits", false, \
	  SIZE) \
	X(max_ratio, "max-ratio", 0, "N", NULL, "bytes for each byte of a packed archive (1000)", \
	  "Limits", false, SIZE) \
	X(max_directory, "max-directory", 0, "SIZE", NULL, "one directory of a disk (64M)", \
	  "Limits", false, SIZE) \
	X(max_extents, "max-extents", 0, "N", NULL, "pieces that a file of a disk lies in (1M)", \
	  "Limits", false, SIZE) \
	X(max_deployments, "max-deployments", 0, "N", NULL, \
	  "names of systems on one volume and of boot entries (4K)", "Limits", false, SIZE) \
	X(max_links, "max-links", 0, "N", NULL, "symbolic links in one path, at most (40)", \
	  "Limits", false, SIZE) \
	X(max_memory, "max-memory", 0, "SIZE", NULL, "memory of one target (1G)", "Limits", false, \
	  SIZE) \
	X(allow_empty, "allow-empty", 0, NULL, NULL, "no kubelet in any target is success", \
	  "Exit status", false, SWITCH) \
	X(fail_on, "fail-on", 0, "WHAT", "fail|unknown|provisional", \
	  "what makes the status other than 0 (unknown)", "Exit status", false, CHOICE) \
	X(strict_waivers, "strict-waivers", 0, NULL, NULL, \
	  "a waiver that is expired, unused or malformed is an error", "Exit status", false, \
	  SWITCH) \
	X(baseline, "baseline", 0, "FILE", NULL, "a saved JSON report: its failures are known", \
	  "Exit status", false, TEXT) \
	X(fail_on_new, "fail-on-new", 0, NULL, NULL, \
	  "failures that the baseline has do not count", "Exit status", false, SWITCH) \
	X(exit_zero, "exit-zero", 0, NULL, NULL, "verdicts do not change the status", \
	  "Exit status", false, SWITCH) \
	X(exit_code, "exit-code", 0, "N", NULL, "the status for a failed rule (1)", "Exit status", \
	  false, STATUS) \
	X(help, "help", 'h', NULL, NULL, "this text, or that of a command", "Help", false, SWITCH) \
	X(version, "version", 'V', NULL, NULL, "the version", "Help", false, SWITCH)

enum option_id {
#define X(id, name, letter, arg, values, about, group, repeats, kind) OPTION_##id,
	OPTIONS(X)
#undef X
		OPTIONS_N,
};

#endif
