/* signature.c - Standard Webhooks signatures
 *
 * Pure; any thread. */
#include "alert/notify/signature.h"

#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

enum { KEY_LIMIT = 4096 };

bool signature_key(const char *secret, char **key, size_t *n, struct error *err)
{
	static const char prefix[] = "whsec_";
	struct str text = str_of(secret);
	unsigned char *bytes;
	int length;

	if (!str_has_prefix(text, str_of(prefix))) {
		*key = str_dup(text);
		*n = text.n;
		return true;
	}
	text = str_slice(text.s + strlen(prefix), text.n - strlen(prefix));
	if (text.n == 0 || text.n % 4 != 0 || text.n > KEY_LIMIT)
		return error_set(err, ERROR_CONFIG,
				 "'secret': what follows 'whsec_' is not "
				 "base64");
	bytes = xmalloc(text.n);
	length = EVP_DecodeBlock(bytes, (const unsigned char *)text.s,
				 (int)text.n);
	/* EVP_DecodeBlock counts the padding as bytes. */
	for (size_t i = text.n; length > 0 && text.s[i - 1] == '='; i--)
		length--;
	if (length <= 0) {
		free(bytes);
		return error_set(err, ERROR_CONFIG,
				 "'secret': what follows 'whsec_' is not "
				 "base64");
	}
	*key = (char *)bytes;
	*n = (size_t)length;
	return true;
}

void signature_add(struct buf *out, struct str key, const char *id,
		   int64_t timestamp, struct str body)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char text[EVP_MAX_MD_SIZE * 2];
	struct buf content = { 0 };
	unsigned int n = 0;

	buf_add_text(&content, id);
	buf_add_char(&content, '.');
	buf_add_int(&content, timestamp);
	buf_add_char(&content, '.');
	buf_add(&content, body);
	ENSURE(HMAC(EVP_sha256(), key.s, (int)key.n,
		    (const unsigned char *)content.p, content.n, digest, &n));
	EVP_EncodeBlock((unsigned char *)text, digest, (int)n);
	buf_add_text(out, "v1,");
	buf_add_text(out, text);
	buf_release(&content);
}
