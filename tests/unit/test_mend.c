/* test_mend.c - every row of the table of repairs */
#include "event/mend.h"

#include "tests/unit/test_support.h"

/* 2026-11-23T09:00:00Z */
#define NINE (INT64_C(1795424400) * TIME_SECOND)

static int open_scanner(void **state)
{
	*state = scanner_open();
	return 0;
}

static int close_scanner(void **state)
{
	scanner_close(*state);
	return 0;
}

/* Tables write ' for " . */
static void quote(const char *text, struct buf *out)
{
	buf_clear(out);
	for (; *text; text++)
		buf_add_char(out, *text == '\'' ? '"' : *text);
}

static struct mend_context ship_context(void)
{
	return (struct mend_context){
		.service = STR("FILE"),
		.host = STR("10.0.0.9"),
		.fallback_time_ns = NINE,
		.now_ns = NINE,
		.max_event_bytes = 1048576,
	};
}

#define SERVICE "'ServiceKey':'S',"
#define HOST    "'HostAddress':'H',"
#define TIME    "'TimeStampUTC':'2026-11-23T08:00:00Z',"
#define TITLE   "'Title':'T',"
#define LEVEL   "'Level':'INFO'"
#define HEAD    SERVICE HOST TIME TITLE LEVEL
#define UNPARSED(text)                                                         \
	"{'ServiceKey':'FILE','HostAddress':'10.0.0.9',"                       \
	"'TimeStampUTC':'2026-11-23T09:00:00.000Z',"                           \
	"'Title':'UNPARSED_LINE','Additional':'" text "','Level':'INFO',"      \
	"'Repaired':['unparsed','time','service','host'"
#define NOW "'TimeStampUTC':'2026-11-23T09:00:00.000Z',"

struct row {
	const char *line;
	const char *mended;
};

static const struct row unparsed[] = {
	{ "text", UNPARSED("text") "]}" },
	{ "\ttext at the\\end \r\n", UNPARSED("\\ttext at the\\\\end ") "]}" },
	{ "\xef\xbb\xbftext\r", UNPARSED("text") "]}" },
	{ "12", UNPARSED("12") "]}" },
	{ "[{}]", UNPARSED("[{}]") "]}" },
	{ "{'a':1", UNPARSED("{\\'a\\':1") "]}" },
	{ "\xe2\x80\xa8", UNPARSED("\xe2\x80\xa8") "]}" },
	{ "\xff{", UNPARSED("\xef\xbf\xbd{") ",'utf8']}" },
};

static const struct row times[] = {
#define IN(time) "{" SERVICE HOST "'TimeStampUTC':" time "," TITLE LEVEL "}"
#define OUT(time, raw)                                                         \
	"{" SERVICE HOST "'TimeStampUTC':" time "," TITLE LEVEL                \
	",'TimeStampRaw':" raw ",'Repaired':['time']}"
	{ IN("'2026-11-23T09:00:00+01:00'"),
	  OUT("'2026-11-23T08:00:00Z'", "'2026-11-23T09:00:00+01:00'") },
	{ IN("'2026-11-23 08:00:00.120'"),
	  OUT("'2026-11-23T08:00:00.120Z'", "'2026-11-23 08:00:00.120'") },
	{ IN("'2026-11-23t08:00:00z'"),
	  OUT("'2026-11-23T08:00:00Z'", "'2026-11-23t08:00:00z'") },
	{ IN("'2026-11-23T08:00:00.1234567891Z'"),
	  OUT("'2026-11-23T08:00:00.123456789Z'",
	      "'2026-11-23T08:00:00.1234567891Z'") },
	{ IN("'2026-11-23T07:59:60Z'"),
	  OUT("'2026-11-23T08:00:00Z'", "'2026-11-23T07:59:60Z'") },
	{ IN("1795420800"), OUT("'2026-11-23T08:00:00Z'", "'1795420800'") },
	{ IN("1795420800250"),
	  OUT("'2026-11-23T08:00:00.250Z'", "'1795420800250'") },
	{ IN("'1795420800250000'"),
	  OUT("'2026-11-23T08:00:00.250000Z'", "'1795420800250000'") },
	{ IN("'1795420800250000001'"),
	  OUT("'2026-11-23T08:00:00.250000001Z'", "'1795420800250000001'") },
	{ IN("'2026-11-23T08:00:00\\u005a'"),
	  OUT("'2026-11-23T08:00:00Z'", "'2026-11-23T08:00:00\\u005a'") },
	/* unreadable */
	{ IN("'now'"), OUT("'2026-11-23T09:00:00.000Z'", "'now'") },
	{ IN("'2026-02-30T08:00:00Z'"),
	  OUT("'2026-11-23T09:00:00.000Z'", "'2026-02-30T08:00:00Z'") },
	{ IN("true"), OUT("'2026-11-23T09:00:00.000Z'", "'true'") },
	{ IN("{ 's' : 1 }"),
	  OUT("'2026-11-23T09:00:00.000Z'", "'{ \\'s\\' : 1 }'") },
	/* out of bounds */
	{ IN("'2025-10-19T08:59:59Z'"),
	  OUT("'2026-11-23T09:00:00.000Z'", "'2025-10-19T08:59:59Z'") },
	{ IN("'2026-11-24T09:00:00.1Z'"),
	  OUT("'2026-11-23T09:00:00.000Z'", "'2026-11-24T09:00:00.1Z'") },
	{ IN("0"), OUT("'2026-11-23T09:00:00.000Z'", "'0'") },
	{ IN("'2025-10-19T09:00:00Z'"), NULL },
	{ IN("'2026-11-24T09:00:00Z'"), NULL },
	/* missing */
	{ "{" SERVICE HOST TITLE LEVEL "}",
	  "{" SERVICE HOST TITLE LEVEL ",'TimeStampUTC':"
	  "'2026-11-23T09:00:00.000Z','Repaired':['time']}" },
	{ IN("null"),
	  "{" SERVICE HOST "'TimeStampUTC':"
	  "'2026-11-23T09:00:00.000Z'," TITLE LEVEL ",'Repaired':['time']}" },
	/* the place of the original is taken */
	{ "{" SERVICE HOST TITLE LEVEL
	  ",'TimeStampRaw':'mine','TimeStampUTC':'now'}",
	  "{" SERVICE HOST TITLE LEVEL
	  ",'TimeStampUTC':'2026-11-23T09:00:00.000Z','TimeStampRaw':'now',"
	  "'Others':{'TimeStampRaw':'mine'},'Repaired':['time','key']}" },
#undef IN
#undef OUT
};

static const struct row missing[] = {
	{ "{" HOST TIME TITLE LEVEL "}",
	  "{" HOST TIME TITLE LEVEL
	  ",'ServiceKey':'FILE','Repaired':['service']}" },
	{ "{'ServiceKey':null," HOST TIME TITLE LEVEL "}",
	  "{'ServiceKey':'FILE'," HOST TIME TITLE LEVEL
	  ",'Repaired':['service']}" },
	{ "{'ServiceKey':''," HOST TIME TITLE LEVEL "}", NULL },
	{ "{" SERVICE TIME TITLE LEVEL "}",
	  "{" SERVICE TIME TITLE LEVEL
	  ",'HostAddress':'10.0.0.9','Repaired':['host']}" },
	{ "{'HostAddress':null," SERVICE TIME TITLE LEVEL "}",
	  "{'HostAddress':'10.0.0.9'," SERVICE TIME TITLE LEVEL
	  ",'Repaired':['host']}" },
	{ "{" SERVICE TIME HOST LEVEL "}", NULL },
	{ "{}",
	  "{'ServiceKey':'FILE','HostAddress':'10.0.0.9'," NOW
	  "'Level':'INFO','Repaired':['time','service','host','level']}" },
};

static const struct row types[] = {
	{ "{" SERVICE HOST TIME LEVEL ",'Title':{'a' : [1.50]}}",
	  "{" SERVICE HOST TIME LEVEL
	  ",'Title':'{\\'a\\' : [1.50]}','Repaired':['type']}" },
	{ "{" SERVICE HOST TIME LEVEL ",'Title':12}",
	  "{" SERVICE HOST TIME LEVEL ",'Title':'12','Repaired':['type']}" },
	{ "{" HOST TIME TITLE LEVEL ",'ServiceKey':true}",
	  "{" HOST TIME TITLE LEVEL
	  ",'ServiceKey':'true','Repaired':['type']}" },
	{ "{" HEAD ",'RequestKey':123456789012345678901}",
	  "{" HEAD ",'RequestKey':'123456789012345678901',"
	  "'Repaired':['type']}" },
	{ "{" HEAD ",'ComponentKey':['A','B']}",
	  "{" HEAD ",'ComponentKey':'[\\'A\\',\\'B\\']','Repaired':['type']}" },
	{ "{" SERVICE TIME TITLE LEVEL ",'HostAddress':[]}",
	  "{" SERVICE TIME TITLE LEVEL
	  ",'HostAddress':'[]','Repaired':['type']}" },
	{ "{" HEAD ",'Additional':[1,2]}",
	  "{" HEAD ",'Additional':'[1,2]','Repaired':['type']}" },
	{ "{" HEAD ",'LevelRaw':{'a':1},'TimeStampRaw':2}",
	  "{" HEAD ",'LevelRaw':'{\\'a\\':1}','TimeStampRaw':'2',"
	  "'Repaired':['type']}" },
	{ "{" HEAD ",'RequestKey':null,'ComponentKey':null,'Additional':null}",
	  NULL },
};

static const struct row duplicates[] = {
	{ "{" HEAD ",'a':1,'b':2,'a':3}",
	  "{" HEAD ",'b':2,'a':3,'Repaired':['duplicate']}" },
	{ "{" HEAD ",'a':1,'\\u0061':3}",
	  "{" HEAD ",'\\u0061':3,'Repaired':['duplicate']}" },
	{ "{" HEAD ",'a':{'x':{'y':1,'y':2,'y':3},'x':{'z':1,'z':2},'w':[]}}",
	  "{" HEAD ",'a':{'x':{'z':2},'w':[]},'Repaired':['duplicate']}" },
	{ "{" HEAD ",'Additional':{'l':[{'a':1,'a':-0},{'a':1.0}]}}",
	  "{" HEAD ",'Additional':{'l':[{'a':-0},{'a':1.0}]},"
	  "'Repaired':['duplicate']}" },
	{ "{'Title':7," HEAD "}", "{" HEAD ",'Repaired':['duplicate']}" },
	{ "{'Level':'x'," HEAD "}", "{" HEAD ",'Repaired':['duplicate']}" },
	{ "{" HEAD ",'Title':7}",
	  "{" SERVICE HOST TIME LEVEL
	  ",'Title':'7','Repaired':['type','duplicate']}" },
	{ "{" HEAD ",'_id':1,'_id':2}",
	  "{" HEAD ",'Others':{'_id':2},'Repaired':['duplicate','key']}" },
	{ "{" HEAD ",'\xff':1,'\xfe':2}",
	  "{" HEAD ",'\xef\xbf\xbd':2,'Repaired':['duplicate','utf8']}" },
};

static const struct row keys[] = {
	{ "{'_id':{'a':[ 1 , -0.0 ]},'a.b':null," HEAD ",'':3,'ok':4}",
	  "{" HEAD ",'ok':4,'Others':{'_id':{'a':[1,-0.0]},'a.b':null,'':3},"
	  "'Repaired':['key']}" },
	{ "{" HEAD ",'@timestamp':1,'AdditionalText':2,'AdditionalFlat':3,"
	  "'AdditionalNum':4,'_index':5,'_source':6,'_routing':7,'_type':8,"
	  "'_version':9,'_seq_no':10,'_ignored':11,'_field_names':12,"
	  "'_doc_count':13}",
	  "{" HEAD ",'Others':{'@timestamp':1,'AdditionalText':2,"
	  "'AdditionalFlat':3,'AdditionalNum':4,'_index':5,'_source':6,"
	  "'_routing':7,'_type':8,'_version':9,'_seq_no':10,'_ignored':11,"
	  "'_field_names':12,'_doc_count':13},'Repaired':['key']}" },
	/* Repaired, foreign even if it looks like ours */
	{ "{" HEAD ",'Repaired':'yes'}",
	  "{" HEAD ",'Others':{'Repaired':'yes'},'Repaired':['key']}" },
	{ "{" HEAD ",'Repaired':['time']}",
	  "{" HEAD ",'Others':{'Repaired':['time']},'Repaired':['key']}" },
	/* there are Others already */
	{ "{'Others':{'x':1}," HEAD "}", NULL },
	{ "{'Others':{'x':1},'_id':2," HEAD "}",
	  "{" HEAD ",'Others':{'x':1,'_id':2},'Repaired':['key']}" },
	{ "{'Others':{'_id':1,'x':1},'_id':2," HEAD "}",
	  "{" HEAD
	  ",'Others':{'x':1,'_id':2},'Repaired':['duplicate','key']}" },
	{ "{'Others':'text','_id':2," HEAD "}",
	  "{" HEAD ",'Others':{'Others':'text','_id':2},'Repaired':['key']}" },
};

static const struct row bad_bytes[] = {
	{ "{" HEAD ",'a':'x\xffy\xe2\x82'}",
	  "{" HEAD ",'a':'x\xef\xbf\xbdy\xef\xbf\xbd','Repaired':['utf8']}" },
	{ "{" HEAD ",'a':'\\ud83d\\ude00\\ud83d\\n\\\\ud83d'}",
	  "{" HEAD ",'a':'\\ud83d\\ude00\xef\xbf\xbd\\n\\\\ud83d',"
	  "'Repaired':['utf8']}" },
	{ "{" SERVICE HOST TIME LEVEL ",'Title':'\xff'}",
	  "{" SERVICE HOST TIME LEVEL
	  ",'Title':'\xef\xbf\xbd','Repaired':['utf8']}" },
	{ "{" HEAD ",'a':'\\u0000 \\u2028 \xe2\x80\xa8'}", NULL },
};

static const struct row line_ends[] = {
	{ "{\n" HEAD ",\r\n'a' : [1,\n2] }\n", "{" HEAD ",'a':[1,2]}" },
	{ "{" HEAD "}\r\n", NULL },
	{ "\xef\xbb\xbf{" HEAD "}", NULL },
};

static void check(struct scanner *scanner, const struct mend_context *context,
		  const struct row *row)
{
	struct buf line = { 0 }, want = { 0 }, out = { 0 };
	struct event event;

	quote(row->line, &line);
	event_scan(scanner, buf_str(&line), &event);
	assert_int_equal(event_needs_mending(&event, context),
			 row->mended != NULL);
	unsigned repairs =
		event_read(scanner, buf_str(&line), context, &out, &event);
	if (row->mended) {
		quote(row->mended, &want);
		assert_str(event.line, buf_text(&want));
		assert_ptr_equal(event.line.s, out.p);
		assert_int_equal(repairs != 0,
				 event.repaired.kind != JSON_ABSENT);
	} else {
		assert_int_equal(repairs, 0);
		assert_true(event.line.s >= line.p &&
			    event.line.s <= line.p + line.n);
	}
	assert_int_equal(event.repairs, 0);
	buf_release(&line);
	buf_release(&want);
	buf_release(&out);
}

#define CHECK_ROWS(state, rows)                                                \
	do {                                                                   \
		struct mend_context context_ = ship_context();                 \
		for (size_t i_ = 0; i_ < ARRAY_LENGTH(rows); i_++)             \
			check(*(state), &context_, &(rows)[i_]);               \
	} while (0)

static void what_is_not_json_becomes_an_event_about_it(void **state)
{
	CHECK_ROWS(state, unparsed);
}

static void times_get_their_normal_form(void **state)
{
	CHECK_ROWS(state, times);
}

static void missing_fields_are_filled_in(void **state)
{
	CHECK_ROWS(state, missing);
}

static void wrong_types_become_their_json_text(void **state)
{
	CHECK_ROWS(state, types);
}

static void of_equal_keys_the_last_one_wins(void **state)
{
	CHECK_ROWS(state, duplicates);
}

static void refused_keys_move_to_others(void **state)
{
	CHECK_ROWS(state, keys);
}

static void bad_bytes_become_replacement_characters(void **state)
{
	CHECK_ROWS(state, bad_bytes);
}

static void line_ends_never_stay_inside(void **state)
{
	CHECK_ROWS(state, line_ends);
}

static void foreign_levels_are_translated(void **state)
{
	static const struct {
		const char *raw, *level;
	} table[] = {
		{ "'trace'", "DEBUG" },     { "'Debug'", "DEBUG" },
		{ "'10'", "DEBUG" },        { "'20'", "DEBUG" },
		{ "'info'", "INFO" },       { "'Notice'", "INFO" },
		{ "'warn'", "INFO" },       { "'WARNING'", "INFO" },
		{ "'30'", "INFO" },         { "'40'", "INFO" },
		{ "'err'", "ERROR" },       { "'Error'", "ERROR" },
		{ "'crit'", "ERROR" },      { "'CRITICAL'", "ERROR" },
		{ "'fatal'", "ERROR" },     { "'panic'", "ERROR" },
		{ "'alert'", "ERROR" },     { "'emerg'", "ERROR" },
		{ "'Emergency'", "ERROR" }, { "'50'", "ERROR" },
		{ "'60'", "ERROR" },        { "' ERROR '", "ERROR" },
		{ "''", "INFO" },           { "'fatality'", "INFO" },
		{ "'55'", "INFO" },         { "'verbose'", "INFO" },
	};
	struct mend_context context = ship_context();

	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		char line[512], mended[512];
		snprintf(line, sizeof(line),
			 "{" SERVICE HOST TIME "'Level':%s}", table[i].raw);
		snprintf(mended, sizeof(mended),
			 "{" SERVICE HOST TIME
			 "'Level':'%s','LevelRaw':%s,'Repaired':['level']}",
			 table[i].level, table[i].raw);
		check(*state, &context, &(struct row){ line, mended });
	}
}

static void levels_of_other_kinds_are_translated(void **state)
{
	static const struct row rows[] = {
		{ "{" SERVICE HOST TIME TITLE "'Level':50}",
		  "{" SERVICE HOST TIME TITLE "'Level':'ERROR',"
		  "'LevelRaw':'50','Repaired':['level','type']}" },
		{ "{" SERVICE HOST TIME TITLE "'Level':{}}",
		  "{" SERVICE HOST TIME TITLE "'Level':'INFO',"
		  "'LevelRaw':'{}','Repaired':['level','type']}" },
		{ "{" SERVICE HOST TIME TITLE "'Level':null}",
		  "{" SERVICE HOST TIME TITLE "'Level':'INFO',"
		  "'Repaired':['level']}" },
		{ "{" SERVICE HOST TIME "'Title':'T'}",
		  "{" SERVICE HOST TIME "'Title':'T','Level':'INFO',"
		  "'Repaired':['level']}" },
		{ "{" SERVICE HOST TIME "'Level':'\\u0045RROR'}", NULL },
		{ "{" SERVICE HOST TIME "'Level':'x','LevelRaw':'y'}",
		  "{" SERVICE HOST TIME "'Level':'INFO','LevelRaw':'x',"
		  "'Others':{'LevelRaw':'y'},'Repaired':['level','key']}" },
	};

	CHECK_ROWS(state, rows);
}

static void context_fills_what_is_missing(void **state)
{
	struct mend_context context = ship_context();
	struct row row = {
		"text", "{'ServiceKey':'a\\'\\n\xef\xbf\xbd','HostAddress':'',"
			"'TimeStampUTC':'2026-11-23T09:00:00.000000001Z',"
			"'Title':'UNPARSED_LINE','Additional':'text',"
			"'Level':'ERROR',"
			"'Repaired':['unparsed','time','service','host']}"
	};

	context.service = STR("a\"\n\xff");
	context.host = STR_NONE;
	context.unparsed_level = LEVEL_ERROR;
	context.fallback_time_ns = NINE + 1;
	check(*state, &context, &row);
}

static void without_a_now_every_time_is_believed(void **state)
{
	struct mend_context context = ship_context();

	context.now_ns = TIME_NONE;
	check(*state, &context,
	      &(struct row){ "{" SERVICE HOST
			     "'TimeStampUTC':'1970-01-01T00:00:00Z'," LEVEL "}",
			     NULL });
}

static void repaired_of_ours_is_kept_and_added_to(void **state)
{
	static const struct row rows[] = {
		{ "{" HEAD ",'Repaired':['service','utf8']}", NULL },
		{ "{" SERVICE HOST TIME "'Level':'x',"
		  "'Repaired':['service','utf8'],'z':1}",
		  "{" SERVICE HOST TIME "'Level':'INFO','z':1,'LevelRaw':'x',"
		  "'Repaired':['service','level','utf8']}" },
		{ "{" HEAD ",'Repaired':['nonsense']}",
		  "{" HEAD ",'Others':{'Repaired':['nonsense']},"
		  "'Repaired':['key']}" },
		{ "{" HEAD ",'Repaired':['time','nonsense']}",
		  "{" HEAD ",'Others':{'Repaired':['time','nonsense']},"
		  "'Repaired':['key']}" },
	};
	struct mend_context context = ship_context();

	context.repaired_is_ours = true;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		check(*state, &context, &rows[i]);
}

static void numbers_keep_their_bytes(void **state)
{
	static const struct row rows[] = {
		{ "{" HEAD ",'x':1,'x':{'n':[-0,1.10,1E400,0.1e-7,"
		  "123456789012345678901234567890.0]}}",
		  "{" HEAD ",'x':{'n':[-0,1.10,1E400,0.1e-7,"
		  "123456789012345678901234567890.0]},"
		  "'Repaired':['duplicate']}" },
	};

	CHECK_ROWS(state, rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_json_becomes_an_event_about_it),
		cmocka_unit_test(times_get_their_normal_form),
		cmocka_unit_test(missing_fields_are_filled_in),
		cmocka_unit_test(wrong_types_become_their_json_text),
		cmocka_unit_test(of_equal_keys_the_last_one_wins),
		cmocka_unit_test(refused_keys_move_to_others),
		cmocka_unit_test(bad_bytes_become_replacement_characters),
		cmocka_unit_test(line_ends_never_stay_inside),
		cmocka_unit_test(foreign_levels_are_translated),
		cmocka_unit_test(levels_of_other_kinds_are_translated),
		cmocka_unit_test(context_fills_what_is_missing),
		cmocka_unit_test(without_a_now_every_time_is_believed),
		cmocka_unit_test(repaired_of_ours_is_kept_and_added_to),
		cmocka_unit_test(numbers_keep_their_bytes),
	};

	return cmocka_run_group_tests(tests, open_scanner, close_scanner);
}
