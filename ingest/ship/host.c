/* host.c - machine id and address of this host
 *
 * Owns nothing. Runs before the loop does. */
#include "ingest/ship/host.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

static void host_name(struct buf *out)
{
	char name[HOST_NAME_MAX + 1] = "";

	if (gethostname(name, sizeof(name) - 1) != 0 || !name[0])
		memcpy(name, "localhost", sizeof("localhost"));
	buf_clear(out);
	buf_add_text(out, name);
}

static bool first_line(const char *path, struct buf *out)
{
	char line[128];
	FILE *f = fopen(path, "re");
	bool ok;

	if (!f)
		return false;
	ok = fgets(line, sizeof(line), f) != NULL;
	fclose(f);
	buf_clear(out);
	if (ok)
		buf_add(out, str_trim(str_of(line)));
	return out->n > 0;
}

bool host_id(struct buf *out)
{
	if (first_line("/etc/machine-id", out) ||
	    first_line("/var/lib/dbus/machine-id", out))
		return true;
	host_name(out);
	return false;
}

/* The address of family `family`, or false. */
static bool address_of(const struct ifaddrs *list, int family, struct buf *out)
{
	char text[INET6_ADDRSTRLEN];

	for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
		const struct sockaddr *a = i->ifa_addr;
		const void *bytes = NULL;

		if (!a || a->sa_family != family || !(i->ifa_flags & IFF_UP) ||
		    (i->ifa_flags & IFF_LOOPBACK))
			continue;
		if (family == AF_INET)
			bytes = &((const struct sockaddr_in *)(const void *)a)
					 ->sin_addr;
		else
			bytes = &((const struct sockaddr_in6 *)(const void *)a)
					 ->sin6_addr;
		if (family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(bytes))
			continue;
		if (!inet_ntop(family, bytes, text, sizeof(text)))
			continue;
		buf_clear(out);
		buf_add_text(out, text);
		return true;
	}
	return false;
}

void host_address(struct buf *out)
{
	struct ifaddrs *list = NULL;
	bool found;

	if (getifaddrs(&list) != 0)
		list = NULL;
	found = address_of(list, AF_INET, out) ||
		address_of(list, AF_INET6, out);
	if (list)
		freeifaddrs(list);
	if (!found)
		host_name(out);
}
