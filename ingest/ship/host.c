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
#include <stdlib.h>
#include <unistd.h>

#define MACHINE_ID "/etc/machine-id"

enum { MOUNTINFO_BYTES = 256 << 10 };

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

bool host_id_is_made(struct str machine_id)
{
	bool zeros = true;

	for (size_t i = 0; i < machine_id.n; i++)
		zeros = zeros && machine_id.s[i] == '0';
	return !zeros && !str_is(machine_id, "uninitialized");
}

static bool machine_id(const char *path, struct buf *out)
{
	return first_line(path, out) && host_id_is_made(buf_str(out));
}

bool host_id(struct buf *out)
{
	if (machine_id(MACHINE_ID, out) ||
	    machine_id("/var/lib/dbus/machine-id", out))
		return true;
	host_name(out);
	return false;
}

/* The fifth word of a line is where something is mounted. */
bool host_mounts(struct str mountinfo, struct str path)
{
	while (mountinfo.n > 0) {
		const char *end = memchr(mountinfo.s, '\n', mountinfo.n);
		size_t n = end ? (size_t)(end - mountinfo.s) : mountinfo.n;
		struct str rest = str_slice(mountinfo.s, n);
		const char *blank = mountinfo.s;

		for (int word = 1; blank && word < 5; word++) {
			blank = memchr(rest.s, ' ', rest.n);
			if (blank)
				rest = str_slice(
					blank + 1,
					rest.n - (size_t)(blank + 1 - rest.s));
		}
		if (blank && rest.n > path.n && str_has_prefix(rest, path) &&
		    rest.s[path.n] == ' ')
			return true;
		mountinfo = str_slice(mountinfo.s + n + (end ? 1 : 0),
				      mountinfo.n - n - (end ? 1 : 0));
	}
	return false;
}

static bool is_mounted(const char *path)
{
	AUTO(buf_release) struct buf text = { 0 };
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char *room = buf_room(&text, MOUNTINFO_BYTES);
	size_t n = f ? fread(room, 1, MOUNTINFO_BYTES, f) : 0;

	if (f)
		fclose(f);
	return host_mounts(str_slice(room, n), str_of(path));
}

static bool in_container(void)
{
	return access("/.dockerenv", F_OK) == 0 ||
	       access("/run/.containerenv", F_OK) == 0 ||
	       getenv("KUBERNETES_SERVICE_HOST") != NULL;
}

const char *host_id_doubt(void)
{
	AUTO(buf_release) struct buf id = { 0 };

	if (!host_id(&id))
		return "this host has no machine id, so its name tells its "
		       "files from those of other hosts";
	if (in_container() && !is_mounted(MACHINE_ID))
		return "the machine id of a container is its image's, so "
		       "others may have it too";
	return NULL;
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
