#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "ingest/ship/link.h"
#include "tests/unit/test_support.h"

/* A folder of its own is the working folder of each test. */
static int enter(void **state)
{
	char *folder = strdup("/tmp/tocsin-link-XXXXXX");

	if (!folder || !mkdtemp(folder) || chdir(folder) != 0)
		return -1;
	*state = folder;
	return 0;
}

static int leave(void **state)
{
	AUTO(buf_release) struct buf command = { 0 };
	int status;

	buf_add_format(&command, "rm -r %s", (char *)*state);
	status = chdir("/") || system(buf_text(&command));
	free(*state);
	return status;
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static enum link_result make(const char *file)
{
	AUTO(buf_release) struct buf link = { 0 };
	enum link_result result;
	struct error err;

	if (!link_make(file, &result, &link, &err))
		fail_msg("%s", err.text);
	return result;
}

static enum error_kind refused(const char *file)
{
	AUTO(buf_release) struct buf link = { 0 };
	enum link_result result;
	struct error err;

	assert_false(link_make(file, &result, &link, &err));
	return err.kind;
}

static void assert_target(const char *link, const char *target)
{
	char found[256];
	ssize_t n = readlink(link, found, sizeof(found));

	assert_true(n > 0);
	assert_str(str_slice(found, (size_t)n), target);
}

static void the_link_is_made_before_the_file_and_is_relative(void **state)
{
	(void)state;
	assert_int_equal(mkdir("logs", 0700), 0);
	assert_int_equal(make("logs/A"), LINK_MADE);
	assert_target("logs/A.structoutv1", "A");
	assert_int_equal(make("logs/A"), LINK_THERE);
	write_file("logs/A", "");
	assert_int_equal(make("logs/A"), LINK_THERE);
	assert_int_equal(make("logs/../logs/A"), LINK_THERE);
	assert_target("logs/A.structoutv1", "A");
}

static void a_link_that_points_elsewhere_is_replaced(void **state)
{
	(void)state;
	assert_int_equal(symlink("nowhere", "A.structoutv1"), 0);
	assert_int_equal(make("A"), LINK_REDIRECTED);
	assert_target("A.structoutv1", "A");
	assert_int_equal(make("A"), LINK_THERE);
}

static void what_is_no_link_stays_as_it_is(void **state)
{
	char found[16] = "";
	FILE *f;

	(void)state;
	write_file("A.structoutv1", "precious");
	assert_int_equal(refused("A"), ERROR_REJECT);
	f = fopen("A.structoutv1", "r");
	assert_non_null(f);
	assert_non_null(fgets(found, sizeof(found), f));
	fclose(f);
	assert_string_equal(found, "precious");
	assert_int_equal(mkdir("B.structoutv1", 0700), 0);
	assert_int_equal(refused("B"), ERROR_REJECT);
	assert_int_equal(rmdir("B.structoutv1"), 0);
}

static void names_that_cannot_be_meant_are_refused(void **state)
{
	static const char *const names[] = {
		"", "/", ".", "..", "logs/", "logs/..", "A.structoutv1",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		assert_int_equal(refused(names[i]), ERROR_USAGE);
	assert_int_equal(mkdir("folder", 0700), 0);
	assert_int_equal(refused("folder"), ERROR_USAGE);
	assert_int_equal(refused("no/such/folder"), ERROR_REJECT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			the_link_is_made_before_the_file_and_is_relative, enter,
			leave),
		cmocka_unit_test_setup_teardown(
			a_link_that_points_elsewhere_is_replaced, enter, leave),
		cmocka_unit_test_setup_teardown(what_is_no_link_stays_as_it_is,
						enter, leave),
		cmocka_unit_test_setup_teardown(
			names_that_cannot_be_meant_are_refused, enter, leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
