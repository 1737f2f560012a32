#include "core/log.h"

#include <fcntl.h>
#include <unistd.h>

#include "tests/unit/test_support.h"

/* What was written to stderr between capture and captured. */
static int saved_stderr, pipe_ends[2];
static char text[65536];

static void capture(void)
{
	assert_int_equal(pipe2(pipe_ends, O_NONBLOCK), 0);
	saved_stderr = dup(STDERR_FILENO);
	assert_true(dup2(pipe_ends[1], STDERR_FILENO) >= 0);
}

static const char *captured(void)
{
	ssize_t n = read(pipe_ends[0], text, sizeof(text) - 1);

	assert_true(dup2(saved_stderr, STDERR_FILENO) >= 0);
	close(saved_stderr);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* The line from its level on; its beginning must be a time. */
static void assert_line(const char *wanted)
{
	const char *line = captured();
	int year, n = 0;

	assert_int_equal(sscanf(line, "%4d-%*2d-%*2dT%*2d:%*2d:%*2d.%*3dZ %n",
				&year, &n),
			 1);
	assert_true(year >= 2024);
	assert_int_equal(n, 25);
	assert_string_equal(line + n, wanted);
}

static void a_line_is_a_message_and_its_fields(void **state)
{
	(void)state;
	capture();
	log_warn("elasticsearch is away", KV_TEXT("host", "a:9200"),
		 KV_INT("since", -12), KV_STR("empty", STR_NONE));
	assert_line("level=warn msg=\"elasticsearch is away\" host=a:9200 "
		    "since=-12 empty=\"\"\n");
	capture();
	log_info("started");
	assert_line("level=info msg=started\n");
}

static void control_bytes_and_broken_text_are_escaped(void **state)
{
	static const struct {
		struct str value;
		const char *wanted;
	} table[] = {
		{ { "plain", 5 }, "plain" },
		{ { "a b", 3 }, "\"a b\"" },
		{ { "a=b", 3 }, "\"a=b\"" },
		{ { "q\"\\", 3 }, "\"q\\\"\\\\\"" },
		{ { "a\nb\tc\0", 6 }, "\"a\\nb\\tc\\x00\"" },
		{ { "\x1b[31m", 5 }, "\"\\x1b[31m\"" },
		{ { "\xc3\xa9", 2 }, "\xc3\xa9" },
		{ { "\xc2\x9b", 2 }, "\"\\xc2\\x9b\"" },
		{ { "\x9b", 1 }, "\"\\x9b\"" },
		{ { "\xed\xa0\x80", 3 }, "\"\\xed\\xa0\\x80\"" },
		{ { "\xf0\x9f\x94\x94", 4 }, "\xf0\x9f\x94\x94" },
		{ { "\xe2\x82", 2 }, "\"\\xe2\\x82\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		char message[16], wanted[128];

		snprintf(message, sizeof(message), "m%zu", i);
		snprintf(wanted, sizeof(wanted), "level=info msg=m%zu v=%s\n",
			 i, table[i].wanted);
		capture();
		log_info(message, KV_STR("v", table[i].value));
		assert_line(wanted);
	}
}

static void a_long_value_is_cut_between_characters(void **state)
{
	char value[600];
	const char *line;

	(void)state;
	memset(value, 'x', sizeof(value));
	memcpy(value + 511, "\xc3\xa9", 2);
	capture();
	log_info("long", KV_STR("v", str_slice(value, sizeof(value))));
	line = strstr(captured(), " v=");
	assert_non_null(line);
	assert_int_equal(strlen(line), strlen(" v=\"...\"\n") + 511);
	assert_null(strchr(line, '\xc3'));
}

static void lines_below_the_level_are_not_printed(void **state)
{
	enum log_level level;

	(void)state;
	assert_true(log_level_parse(STR("error"), &level));
	assert_false(log_level_parse(STR("loud"), &level));
	log_set_level(level);
	capture();
	log_warn("quiet");
	assert_string_equal(captured(), "");
	log_set_level(LOG_LEVEL_INFO);
	capture();
	log_debug("quiet");
	assert_string_equal(captured(), "");
}

static void a_message_repeated_often_is_counted_instead(void **state)
{
	int lines = 0;

	(void)state;
	capture();
	for (int i = 0; i < 1000; i++)
		log_info("again", KV_INT("i", i));
	log_info("another");
	for (const char *p = captured(); *p; p++)
		lines += *p == '\n';
	assert_int_equal(lines, 11);
}

static void lines_for_debugging_are_all_printed(void **state)
{
	int lines = 0;

	(void)state;
	log_set_level(LOG_LEVEL_DEBUG);
	capture();
	for (int i = 0; i < 100; i++)
		log_debug("detail", KV_INT("i", i));
	for (const char *p = captured(); *p; p++)
		lines += *p == '\n';
	assert_int_equal(lines, 100);
	log_set_level(LOG_LEVEL_INFO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_a_message_and_its_fields),
		cmocka_unit_test(control_bytes_and_broken_text_are_escaped),
		cmocka_unit_test(a_long_value_is_cut_between_characters),
		cmocka_unit_test(lines_below_the_level_are_not_printed),
		cmocka_unit_test(a_message_repeated_often_is_counted_instead),
		cmocka_unit_test(lines_for_debugging_are_all_printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
