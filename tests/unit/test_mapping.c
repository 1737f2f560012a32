#include "ingest/index/mapping.h"
#include "tests/unit/test_support.h"

#define WANTED                                                                 \
	"{\"template\":{\"mappings\":{\"dynamic\":false,\"properties\":{"      \
	"\"Level\":{\"type\":\"keyword\",\"ignore_above\":9},"                 \
	"\"Title\":{\"type\":\"keyword\",\"fields\":{\"text\":{\"type\":"      \
	"\"text\"}}},"                                                         \
	"\"Additional\":{\"type\":\"object\",\"enabled\":false},"              \
	"\"Flat\":{\"type\":\"flattened\"},"                                   \
	"\"Num\":{\"type\":\"object\",\"properties\":{\"db.rows\":{\"type\":"  \
	"\"double\"}}}}}}}"

#define LEVEL "\"Level\":{\"type\":\"keyword\",\"ignore_above\":1}"
#define TITLE                                                                  \
	"\"Title\":{\"type\":\"keyword\",\"fields\":{\"text\":{\"type\":"      \
	"\"text\"}}}"
#define ADDED "\"Additional\":{\"type\":\"object\",\"enabled\":false}"
#define FLAT  "\"Flat\":{\"type\":\"flat_object\"}"
#define NUM                                                                    \
	"\"Num\":{\"properties\":{\"db\":{\"properties\":{\"rows\":{"          \
	"\"type\":\"double\"}}}}}"
#define INDEX(name, dynamic, fields)                                           \
	"\"" name "\":{\"mappings\":{\"dynamic\":" dynamic                     \
	",\"properties\":{" fields "}}}"

static struct mapping_conflicts c;

static void compare(const char *live)
{
	mapping_compare(STR(WANTED), str_of(live), &c);
}

static void the_template_agrees_with_what_it_makes(void **state)
{
	(void)state;
	compare("{" INDEX("a", "\"false\"",
			  LEVEL "," TITLE "," ADDED "," FLAT "," NUM
				",\"Own\":{\"type\":\"long\"}") "}");
	assert_int_equal(c.n, 0);
	assert_int_equal(c.missing + c.different, 0);
}

static void each_disagreement_is_told(void **state)
{
	static const struct {
		const char *fields, *field, *wanted, *found;
	} table[] = {
		{ "\"Level\":{\"type\":\"text\"}," TITLE "," ADDED "," FLAT
		  "," NUM,
		  "Level", "keyword", "text" },
		{ LEVEL ",\"Title\":{\"type\":\"keyword\"}," ADDED "," FLAT
			"," NUM,
		  "Title.text", "text", "" },
		{ LEVEL "," TITLE ",\"Additional\":{\"properties\":{}}," FLAT
			"," NUM,
		  "Additional", "disabled", "object" },
		{ LEVEL "," TITLE "," ADDED "," FLAT
			",\"Num\":{\"properties\":{\"db\":{\"type\":\"long\"}}"
			"}",
		  "Num.db.rows", "double", "" },
		{ LEVEL "," TITLE "," ADDED "," FLAT, "Num", "object", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		AUTO(buf_release) struct buf live = { 0 };

		buf_add_format(&live,
			       "{\"a\":{\"mappings\":{\"dynamic\":\"false\","
			       "\"properties\":{%s}}}}",
			       table[i].fields);
		compare(buf_text(&live));
		assert_int_equal(c.n, 1);
		assert_string_equal(c.item[0].field, table[i].field);
		assert_string_equal(c.item[0].wanted, table[i].wanted);
		assert_string_equal(c.item[0].found, table[i].found);
		assert_int_equal(c.item[0].missing, table[i].found[0] == '\0');
		assert_int_equal(c.missing, c.item[0].missing);
	}
}

static void a_dynamic_index_is_told(void **state)
{
	(void)state;
	compare("{" INDEX("a", "\"strict\"",
			  LEVEL "," TITLE "," ADDED "," FLAT "," NUM) "}");
	assert_int_equal(c.n, 1);
	assert_string_equal(c.item[0].field, "dynamic");
	assert_string_equal(c.item[0].found, "strict");
}

static void the_same_in_many_indices_is_told_once(void **state)
{
	(void)state;
	compare("{" INDEX(
		"a", "\"false\"",
		TITLE "," ADDED "," FLAT
		      "," NUM) "," INDEX("c", "\"false\"",
					 TITLE
					 "," ADDED "," FLAT
					 "," NUM) "," INDEX("b", "\"false\"",
							    TITLE "," ADDED
								  "," FLAT
								  "," NUM) "}");
	assert_int_equal(c.n, 1);
	assert_int_equal(c.item[0].indices, 3);
	assert_string_equal(c.item[0].index, "c");
	assert_int_equal(c.missing, 1);
}

static void an_answer_that_is_none_has_no_conflicts(void **state)
{
	static const char *const answers[] = { "", "{}", "[]", "{\"a\":1}",
					       "{\"a\":{\"mappings\"" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(answers); i++) {
		compare(answers[i]);
		assert_int_equal(c.n, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_template_agrees_with_what_it_makes),
		cmocka_unit_test(each_disagreement_is_told),
		cmocka_unit_test(a_dynamic_index_is_told),
		cmocka_unit_test(the_same_in_many_indices_is_told_once),
		cmocka_unit_test(an_answer_that_is_none_has_no_conflicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
