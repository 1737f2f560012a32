/* The vectors of AWS's own test suite (aws-sig-v4-test-suite). */
#include "core/http_sign.h"
#include "tests/unit/test_support.h"

#define DATE "20150830T123600Z"
#define NO_BYTES                                                               \
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const struct sign_keys keys = {
	.region = "us-east-1",
	.service = "service",
	.access_key = "AKIDEXAMPLE",
	.secret_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};

static void requests_are_signed_as_aws_says(void **state)
{
	static const struct {
		const char *method, *path, *query, *signature;
	} row[] = {
		{ "GET", "/", "",
		  "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763f"
		  "bf31" },
		{ "GET", "", "",
		  "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763f"
		  "bf31" },
		{ "POST", "/", "",
		  "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe"
		  "5d6b" },
		{ "GET", "/", "Param2=value2&Param1=value1",
		  "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf"
		  "2500" },
		{ "GET", "/example space/", "",
		  "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec136"
		  "6741" },
		{ "GET", "/\xe1\x88\xb4", "",
		  "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be"
		  "5d85" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(row); i++) {
		const struct sign_header header[] = {
			{ "host", STR("example.amazonaws.com") },
			{ "x-amz-date", STR(DATE) },
		};
		const struct sign_request r = {
			.method = row[i].method,
			.path = str_of(row[i].path),
			.query = str_of(row[i].query),
			.header = header,
			.n = ARRAY_LENGTH(header),
			.body_sha256 = NO_BYTES,
		};
		struct buf out = { 0 }, expected = { 0 };

		sign_add(&out, &keys, &r, DATE);
		buf_add_format(&expected,
			       "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"
			       "20150830/us-east-1/service/aws4_request, "
			       "SignedHeaders=host;x-amz-date, Signature=%s",
			       row[i].signature);
		assert_string_equal(buf_text(&out), buf_text(&expected));
		buf_release(&out);
		buf_release(&expected);
	}
}

static void dates_and_digests_have_their_form(void **state)
{
	char date[SIGN_DATE_SIZE], hex[SIGN_SHA256_SIZE];

	(void)state;
	sign_date(INT64_C(1440938160999), date);
	assert_string_equal(date, DATE);
	sign_sha256(STR_NONE, hex);
	assert_string_equal(hex, NO_BYTES);
	sign_sha256(STR("abc"), hex);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177"
				 "a9cb410ff61f20015ad");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_signed_as_aws_says),
		cmocka_unit_test(dates_and_digests_have_their_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
