/* help_queries.c - `tocsin help queries`: what a query may say
 *
 * One table, shown as text and as the table of tocsin-queries(7). Constant
 * data. */
#include "cli/cli.h"

struct row {
	const char *example; /* NULL: a heading */
	const char *sentence;
};

static const struct row rows[] = {
	{ NULL, "Fields" },
	{ "Level:ERROR", "The whole value of ServiceKey, ComponentKey, "
			 "RequestKey, HostAddress, Title or Level, case "
			 "included." },
	{ "Title:\"PAYMENT REFUSED\"",
	  "Quotes hold blanks and special characters; there are no wildcards "
	  "in them, and \\ stands only before \" and \\." },
	{ "AdditionalFlat.user:bob",
	  "A leaf of Additional, as text. Additional.user is the same. "
	  "Comparisons and wildcards other than prefix* work here only; "
	  "Kibana shows nothing for them." },
	{ "AdditionalNum.elapsed_ms:>=500",
	  "A leaf listed in index.numbers, as a number." },
	{ "_exists_:RequestKey", "The field has a value; RequestKey:* too." },
	{ "*", "Every event." },

	{ NULL, "Words" },
	{ "refused", "Without a field: the whole Title, or a word of Title or "
		     "of AdditionalText (Additional that is text)." },
	{ "payment refused",
	  "Either word. \"payment refused\" in quotes: both, "
	  "one behind the other." },
	{ "Title.text:refused",
	  "A word of Title; upper and lower case are the same. "
	  "AdditionalText:refused likewise." },
	{ "Title.text:(payment AND refused)", "Both words, anywhere." },

	{ NULL, "Patterns" },
	{ "Title:PAY_*", "* is any text, ? any one character." },
	{ "Title:/PAY_(IN|OUT)/",
	  "A regular expression of the whole value (of each word, in words): "
	  ". [ ] ( ) | * + ? {n,m}." },

	{ NULL, "Ranges" },
	{ "AdditionalNum.ms:[200 TO 299]", "Both ends count." },
	{ "AdditionalNum.ms:{1 TO *]",
	  "{ and } leave the end out, * is no bound. Also > >= < <=." },
	{ "TimeStampUTC:\"2026-11-23\"",
	  "The whole day, UTC; a second without a fraction likewise." },
	{ "TimeStampUTC:[now-1d/d TO now/d}",
	  "Yesterday. Units y M w d h m s; / rounds, to UTC. For rules and "
	  "index.query, now is the time of the event's record in Kafka, for "
	  "grep the time it began." },

	{ NULL, "Together" },
	{ "Level:ERROR AND (Title:A OR Title:B)",
	  "AND OR NOT in upper case, or && || !." },
	{ "ServiceKey:(A OR B)", "Several values of one field." },
	{ "a OR (NOT b)", "NOT beside OR needs parentheses." },
	{ "+a -b", "a must be, b must not be." },
	{ "a\\:b", "\\ before + - = & | > < ! ( ) { } [ ] ^ \" ~ * ? : \\ / "
		   "and blanks makes them characters." },

	{ NULL, "Refused, because Elasticsearch reads them otherwise" },
	{ "a OR b AND c", "a decides nothing there: use parentheses." },
	{ "a OR NOT b", "means a AND NOT b: write a OR (NOT b)." },
	{ "ServiceKey:(A B)", "is the one value \"A B\": write (A OR B)." },
	{ "a||b", "is one word: put blanks around ||." },
	{ "! a", "and - a look for the sign: no blank behind it." },
	{ "a~ a^2", "Likeness and weight are not in the subset." },
	{ "Title:/\\d+/", "Only what both engines read alike: [0-9]+." },
	{ "Level:>INFO", "Levels have no order." },
	{ "Title.text:___", "has no word, so the clause would be left out." },

	{ NULL, "Where it differs from Elasticsearch" },
	{ "*", "finds events without Title and text too; *:* is the same in "
	       "both." },
	{ "Title.text:WORD",
	  "Characters that are newer than Unicode 9, or changed their class "
	  "since, may be cut into words otherwise by Elasticsearch 7; later "
	  "versions know more of them." },
	{ "TimeStampUTC:>now-1d/d",
	  "Kibana rounds to its own time zone; set it to UTC." },
	{ "Title.text:/FOO/",
	  "finds nothing, as in Elasticsearch, since words are in lower case. "
	  "OpenSearch puts the expression in lower case too, and finds foo." },
	{ "_exists_:AdditionalFlat.user",
	  "OpenSearch 2 looks for single keys, not for paths: it finds objects "
	  "without a leaf of that name too, and nothing for user.name. "
	  "OpenSearch 3 looks for the path." },
};

static void add_text(const struct row *row, struct buf *out)
{
	if (row->example)
		buf_add_format(out, "  %s\n      %s\n", row->example,
			       row->sentence);
	else
		buf_add_format(out, "%s# %s\n", out->n > 0 ? "\n" : "",
			       row->sentence);
}

/* A sentence begins a line, and \& lets no line begin with mdoc's own signs. */
static void add_escaped(const char *text, struct buf *out)
{
	buf_add_text(out, "\\&");
	for (const char *p = text; *p; p++) {
		switch (*p) {
		case '.':
			buf_add_char(out, '.');
			if (p[1] == ' ' && p++)
				buf_add_text(out, "\n\\&");
			break;
		case '\\': buf_add_text(out, "\\e"); break;
		case '"': buf_add_text(out, "\\(dq"); break;
		case '-': buf_add_text(out, "\\-"); break;
		case '^': buf_add_text(out, "\\(ha"); break;
		case '~': buf_add_text(out, "\\(ti"); break;
		default: buf_add_char(out, *p);
		}
	}
}

static void add_mdoc(const struct row *row, bool first, struct buf *out)
{
	if (!row->example) {
		buf_add_format(out, "%s.Ss %s\n.Bl -tag -width Ds\n",
			       first ? "" : ".El\n", row->sentence);
		return;
	}
	buf_add_text(out, ".It Xo\n");
	add_escaped(row->example, out);
	buf_add_text(out, "\n.Xc\n");
	add_escaped(row->sentence, out);
	buf_add_char(out, '\n');
}

void help_queries(bool mdoc, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		if (mdoc)
			add_mdoc(&rows[i], i == 0, out);
		else
			add_text(&rows[i], out);
	}
	if (mdoc)
		buf_add_text(out, ".El\n");
}
