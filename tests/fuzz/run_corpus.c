/* run_corpus.c - a fuzz target run as a plain program
 *
 * Feeds it each file of the folders and each file named, in any order. A
 * folder without a file is an error: the test would test nothing. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/buf.h"
#include "tests/fuzz/fuzz.h"

static void run_bytes(struct str bytes)
{
	/* A copy without a byte behind it, so that sanitizers see a read past
	 * the end. */
	uint8_t *exact = malloc(bytes.n ? bytes.n : 1);

	ENSURE(exact);
	memcpy(exact, bytes.s, bytes.n);
	LLVMFuzzerTestOneInput(exact, bytes.n);
	free(exact);
}

static bool run_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct buf bytes = { 0 };
	char block[4096];
	size_t n;

	if (!file) {
		perror(path);
		return false;
	}
	while ((n = fread(block, 1, sizeof(block), file)) > 0)
		buf_add(&bytes, str_slice(block, n));
	fclose(file);
	run_bytes(buf_str(&bytes));
	buf_release(&bytes);
	return true;
}

/* Files run, 0 for an error. */
static size_t run_folder(const char *folder)
{
	struct buf path = { 0 };
	size_t ran = 0;
	DIR *dir = opendir(folder);

	if (!dir)
		return run_file(folder) ? 1 : 0;
	for (struct dirent *entry; (entry = readdir(dir));) {
		if (entry->d_name[0] == '.')
			continue;
		buf_clear(&path);
		buf_add_format(&path, "%s/%s", folder, entry->d_name);
		ran += run_file(buf_text(&path));
	}
	closedir(dir);
	buf_release(&path);
	return ran;
}

int main(int argc, char **argv)
{
	size_t ran = 0;

	for (int i = 1; i < argc; i++) {
		size_t here = run_folder(argv[i]);
		if (!here) {
			fprintf(stderr, "nothing to run in '%s'\n", argv[i]);
			return 1;
		}
		ran += here;
	}
	printf("%zu inputs\n", ran);
	return ran ? 0 : 1;
}
