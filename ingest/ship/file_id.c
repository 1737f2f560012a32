/* file_id.c - names files by what they are
 *
 * Pure. See file_id.h. The bytes that are hashed are a format: changing them
 * makes every document of a re-read file a new one. */
#include "ingest/ship/file_id.h"

#include "core/buf.h"

bool file_head(struct str beginning, bool final, struct str *head)
{
	const char *lf;

	if (beginning.n > FILE_HEAD_BYTES)
		beginning.n = FILE_HEAD_BYTES;
	lf = beginning.n ? memchr(beginning.s, '\n', beginning.n) : NULL;
	if (lf)
		*head = str_slice(beginning.s, (size_t)(lf - beginning.s));
	else if (beginning.n == FILE_HEAD_BYTES || (final && beginning.n > 0))
		*head = beginning;
	else
		return false;
	return true;
}

uint64_t file_id(struct str host_id, uint64_t inode, int64_t birth_ns,
		 struct str head)
{
	AUTO(buf_release) struct buf b = { 0 };

	buf_add(&b, host_id);
	buf_add_char(&b, '\n');
	buf_add_uint(&b, inode);
	buf_add_char(&b, '\n');
	if (birth_ns != FILE_BIRTH_UNKNOWN)
		buf_add_int(&b, birth_ns);
	buf_add_char(&b, '\n');
	buf_add(&b, head);
	return str_hash(buf_str(&b));
}

uint64_t file_id_generation(uint64_t id, uint32_t generation)
{
	char digits[FILE_ID_DIGITS];

	if (generation == 0)
		return id;
	file_id_format(id, digits);
	return str_hash_seed(str_slice(digits, sizeof(digits)), generation);
}

uint64_t file_head_hash(struct str head)
{
	return str_hash(head);
}

struct file_mark file_mark(struct str beginning)
{
	if (beginning.n > FILE_MARK_BYTES)
		beginning.n = FILE_MARK_BYTES;
	return (struct file_mark){ (uint32_t)beginning.n, str_hash(beginning) };
}

bool file_mark_holds(struct file_mark mark, struct str beginning)
{
	return mark.bytes == 0 ||
	       (mark.bytes <= beginning.n &&
		str_hash(str_slice(beginning.s, mark.bytes)) == mark.hash);
}

void file_id_format(uint64_t id, char out[FILE_ID_DIGITS])
{
	for (int i = FILE_ID_DIGITS; i-- > 0; id >>= 4)
		out[i] = "0123456789abcdef"[id & 15];
}

bool file_id_parse(struct str text, uint64_t *id)
{
	uint64_t value = 0;

	if (text.n != FILE_ID_DIGITS)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		const char *digits = "0123456789abcdef";
		const char *at = text.s[i] ? strchr(digits, text.s[i]) : NULL;

		if (!at)
			return false;
		value = value << 4 | (uint64_t)(at - digits);
	}
	*id = value;
	return true;
}
