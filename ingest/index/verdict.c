/* verdict.c - what an answer of Elasticsearch means for a document
 *
 * Pure; the loop thread calls it. */
#include "ingest/index/verdict.h"

/* Errors of the document itself: `type`, where the reason holds `with` and not
 * `without`. The mapper's exception also says that the index could not be
 * created from its template, which is nobody's document's fault. */
static const struct {
	const char *type;
	const char *with;
	const char *without;
} document_errors[] = {
	{ "mapper_parsing_exception", "", "parse mapping" },
	{ "document_parsing_exception", "", "parse mapping" },
	{ "strict_dynamic_mapping_exception", "", NULL },
	{ "illegal_argument_exception", "immense term in field=", NULL },
	{ "illegal_argument_exception", "DocValuesField \"", NULL },
	{ "illegal_argument_exception", "failed to parse field [", NULL },
};

static bool holds(struct str text, const char *part)
{
	return memmem(text.s ? text.s : "", text.n, part, strlen(part)) != NULL;
}

static bool is_document_error(struct str type, struct str reason)
{
	for (size_t i = 0; i < ARRAY_LENGTH(document_errors); i++) {
		if (str_is(type, document_errors[i].type) &&
		    holds(reason, document_errors[i].with) &&
		    !(document_errors[i].without &&
		      holds(reason, document_errors[i].without)))
			return true;
	}
	return false;
}

enum verdict verdict_of_item(int status, struct str type, struct str reason)
{
	if (status >= 200 && status < 300)
		return VERDICT_DONE;
	if (status == 409)
		return type.n == 0 || str_is(type, "version_conflict_engine_"
						   "exception")
			       ? VERDICT_DUPLICATE
			       : VERDICT_RETRY;
	if (status == 408 || status == 429 || status >= 500 || status < 400)
		return VERDICT_RETRY;
	if (status == 403 && str_is(type, "cluster_block_exception"))
		return VERDICT_RETRY;
	if (status == 413 || (status == 400 && is_document_error(type, reason)))
		return VERDICT_DEAD;
	return VERDICT_BLOCKED;
}

enum bulk_verdict verdict_of_bulk(int status)
{
	switch (status) {
	case 200: return BULK_ANSWERED;
	case 408:
	case 429: return BULK_RETRY;
	case 413: return BULK_TOO_LARGE;
	case 401:
	case 403:
	case 404:
	case 405:
	case 407: return BULK_BLOCKED;
	default: break;
	}
	if (status >= 400 && status < 500)
		return BULK_HALVE;
	if (status >= 300 && status < 400)
		return BULK_BLOCKED;
	return BULK_RETRY;
}

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = { "done", "duplicate", "retry",
					     "dead", "blocked" };

	return names[verdict];
}
