/* fuzz_bulk.c - the answer to a bulk, judged, against json-c on the same bytes
 *
 * The first byte is how many documents were sent. */
#include <json-c/json.h>
#include <stdlib.h>

#include "ingest/index/bulk.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/json_oracle.h"

enum { TEXT_BYTES_MAX = 3 * (2 * (1024 + 3) + 32) };

static struct scanner *scanner;

static bool lies_in(struct str part, struct str whole)
{
	return part.n == 0 ||
	       (part.s >= whole.s && part.s + part.n <= whole.s + whole.n);
}

static struct json_object *first_value(struct json_object *object)
{
	json_object_object_foreach(object, key, value)
	{
		(void)key;
		return value;
	}
	return NULL;
}

/* What json-c finds under the action's status is what was judged. */
static void compare_item(struct json_object *item, const struct judged *judged)
{
	struct json_object *status;
	struct json_object *action;

	ENSURE(json_object_is_type(item, json_type_object));
	if (json_object_object_length(item) != 1)
		return;
	action = first_value(item);
	ENSURE(json_object_is_type(action, json_type_object));
	ENSURE(json_object_object_get_ex(action, "status", &status));
	ENSURE(json_object_get_int64(status) == judged->status);
}

static void compare(struct str response, const struct judged *judged, size_t n)
{
	struct oracle oracle;
	struct json_object *items;

	if (str_has_prefix(response, STR("\xef\xbb\xbf")))
		response = str_slice(response.s + 3, response.n - 3);
	oracle_read(response, &oracle);
	if (!oracle.unsure && !oracle.duplicate && oracle.utf8) {
		ENSURE(oracle.object);
		if (n > 0) {
			ENSURE(json_object_object_get_ex(oracle.object, "items",
							 &items));
			ENSURE(json_object_array_length(items) == n);
		}
		for (size_t i = 0; i < n; i++)
			compare_item(json_object_array_get_idx(items, i),
				     &judged[i]);
	}
	oracle_release(&oracle);
}

static void describe(const struct judged *judged, struct str response)
{
	struct buf text = { 0 };

	ENSURE(judged->status >= 0 && judged->status <= 999);
	ENSURE(lies_in(judged->error, response));
	ENSURE(verdict_name(judged->verdict)[0] != '\0');
	bulk_describe_error(judged->error, &text);
	ENSURE(text.n <= TEXT_BYTES_MAX);
	buf_release(&text);
}

/* Half an answer is none. */
static void cut(struct str response, struct judged *judged, size_t n)
{
	struct error err;

	while (response.n > 0 && strchr(" \t\r\n", response.s[response.n - 1]))
		response.n--;
	ENSURE(response.n > 0);
	ENSURE(!bulk_judge(scanner, str_slice(response.s, response.n - 1),
			   judged, n, &err));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n = size > 0 ? data[0] : 0;
	struct str response =
		size > 0 ? str_slice((const char *)data + 1, size - 1)
			 : STR("");
	struct judged *judged = xcalloc(n + 1, sizeof(*judged));
	struct buf index = { 0 };
	struct buf id = { 0 };
	struct error err = { 0 };

	if (!scanner)
		scanner = scanner_open();
	if (bulk_judge(scanner, response, judged, n, &err)) {
		for (size_t i = 0; i < n; i++)
			describe(&judged[i], response);
		compare(response, judged, n);
		cut(response, judged, n);
	} else {
		ENSURE(err.kind == ERROR_RETRY);
	}
	bulk_action_read(response, &index, &id);
	buf_release(&index);
	buf_release(&id);
	free(judged);
	return 0;
}
