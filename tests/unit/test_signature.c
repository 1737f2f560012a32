#include "alert/notify/signature.h"
#include "tests/unit/test_support.h"

static void a_request_is_signed_as_standard_webhooks_says(void **state)
{
	/* The reference libraries' test vector. */
	struct buf out = { 0 };
	struct error err;
	char *key;
	size_t n;

	(void)state;
	assert_true(signature_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
				  &key, &n, &err));
	assert_int_equal(n, 24);
	signature_add(&out, str_slice(key, n), "msg_p5jXN8AQM9LWM0D4loKWxJek",
		      1614265330, STR("{\"test\": 2432232314}"));
	assert_str(buf_str(&out),
		   "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
	free(key);
	buf_release(&out);
}

static void padding_of_the_secret_is_not_part_of_the_key(void **state)
{
	static const struct {
		const char *secret;
		bool valid;
		size_t n;
	} table[] = {
		{ "whsec_YWI=", true, 2 },  { "whsec_YQ==", true, 1 },
		{ "whsec_YWJj", true, 3 },  { "plain", true, 5 },
		{ "whsec_", false, 0 },     { "whsec_abc", false, 0 },
		{ "whsec_a!==", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct error err;
		char *key = NULL;
		size_t n = 0;

		assert_int_equal(signature_key(table[i].secret, &key, &n, &err),
				 table[i].valid);
		assert_int_equal(n, table[i].n);
		free(key);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_signed_as_standard_webhooks_says),
		cmocka_unit_test(padding_of_the_secret_is_not_part_of_the_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
