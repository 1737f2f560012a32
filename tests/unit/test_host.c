#include "ingest/ship/host.h"
#include "tests/unit/test_support.h"

static void an_id_that_was_never_made_is_none(void **state)
{
	static const struct {
		const char *id;
		bool made;
	} row[] = {
		{ "4f1a5f4a7be34c6ea2ad4a6bd5c1d1a0", true },
		{ "00000000000000000000000000000001", true },
		{ "a-name-of-our-own", true },
		{ "uninitialized", false },
		{ "00000000000000000000000000000000", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(row); i++) {
		if (host_id_is_made(str_of(row[i].id)) != row[i].made)
			fail_msg("row %zu", i);
	}
}

static void a_mount_is_known_by_the_place_it_has_here(void **state)
{
	static const struct str path = { "/etc/machine-id", 15 };
	static const struct {
		const char *text;
		bool mounted;
	} row[] = {
		{ "36 35 98:0 / / rw - overlay overlay rw\n"
		  "37 36 8:1 /etc/machine-id /etc/machine-id ro,relatime - "
		  "ext4 /dev/sda1 rw\n",
		  true },
		{ "37 36 8:1 /etc/machine-id /etc/machine-id ro", true },
		{ "37 36 8:1 /etc/machine-id /host/etc/machine-id ro -\n",
		  false },
		{ "37 36 8:1 /x /etc/machine-id2 ro -\n", false },
		{ "37 36 8:1 /etc/machine-id\n/etc/machine-id ro\n", false },
		{ "a\n\nb /etc/machine-id \n", false },
		{ "37 36 8:1 / /etc/machine-id", false }, /* torn */
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(row); i++) {
		if (host_mounts(str_of(row[i].text), path) != row[i].mounted)
			fail_msg("row %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_that_was_never_made_is_none),
		cmocka_unit_test(a_mount_is_known_by_the_place_it_has_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
