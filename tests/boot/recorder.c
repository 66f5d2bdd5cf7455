/*
 * recorder.c - stands in for the program of a unit: writes its argument vector and environment to
 * /out/<its own file name>, each byte as two hexadecimal digits. A line is one execution's "A" or
 * "E".
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static void write_words(FILE *f, char kind, char **words)
{
	fputc(kind, f);
	for (; *words; words++) {
		fputc(' ', f);
		for (const char *p = *words; *p; p++)
			fprintf(f, "%02x", (unsigned char)*p);
	}
	fputc('\n', f);
}

int main(int argc, char **argv)
{
	char self[PATH_MAX] = "", out[PATH_MAX + 8];
	(void)argc;
	if (readlink("/proc/self/exe", self, sizeof self - 1) < 0 || !strrchr(self, '/'))
		return 1;
	snprintf(out, sizeof out, "/out%s", strrchr(self, '/'));
	FILE *f = fopen(out, "a");
	if (!f)
		return 1;
	write_words(f, 'A', argv);
	write_words(f, 'E', environ);
	return fclose(f) != 0;
}
