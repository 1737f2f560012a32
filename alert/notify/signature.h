/* signature.h - Standard Webhooks signatures
 *
 * Source: https://www.standardwebhooks.com, specification: the signed text is
 * `id.timestamp.body`, the header `webhook-signature: v1,<base64 HMAC-SHA256>`,
 * a secret "whsec_" followed by the key in base64. Over libcrypto. Pure. */
#ifndef TOCSIN_ALERT_NOTIFY_SIGNATURE_H
#define TOCSIN_ALERT_NOTIFY_SIGNATURE_H

#include "core/buf.h"

/* The key's bytes: what follows "whsec_" decoded, any other text as it is.
 * *key is the caller's. ERROR_CONFIG if the base64 is broken. */
MUST_CHECK bool signature_key(const char *secret, char **key, size_t *n,
			      struct error *err);

/* Append "v1,<base64>". timestamp in seconds since 1970. */
void signature_add(struct buf *out, struct str key, const char *id,
		   int64_t timestamp, struct str body);

#endif
