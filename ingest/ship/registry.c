/* registry.c - the shipper's memory: entries, and the file that holds them
 *
 * Owns the state folder's lock and every entry. Loop thread. See registry.h. */
#include "ingest/ship/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ingest/ship/file_id.h"

/* Far more than the entries of a week can take. */
enum { REGISTRY_BYTES_MAX = 1 << 30 };

struct key {
	char digits[FILE_ID_DIGITS];
};

static struct str key_of(uint64_t value, struct key *key)
{
	file_id_format(value, key->digits);
	return str_slice(key->digits, sizeof(key->digits));
}

static void entry_free(void *value)
{
	struct registry_entry *e = value;

	if (!e)
		return;
	free(e->path);
	free(e->target);
	free(e);
}

/* ---- entries ---- */

const struct registry_entry *registry_get(const struct registry *r, uint64_t id)
{
	struct key key;

	return map_get(&r->by_id, key_of(id, &key));
}

const struct registry_entry *registry_get_inode(const struct registry *r,
						uint64_t inode)
{
	struct key key;

	return map_get(&r->by_inode, key_of(inode, &key));
}

/* by_inode must not keep an entry that is about to go. */
static void unlink_inode(struct registry *r, const struct registry_entry *e)
{
	struct key key;

	if (e && registry_get_inode(r, e->inode) == e)
		map_remove(&r->by_inode, key_of(e->inode, &key));
}

void registry_put(struct registry *r, const struct registry_entry *entry)
{
	struct registry_entry *copy;
	const struct registry_entry *old = registry_get(r, entry->id);
	struct key key;

	if (old && old->generation > entry->generation)
		return;
	copy = xmalloc(sizeof(*copy));
	*copy = *entry;
	copy->path = xstrdup(entry->path);
	copy->target = xstrdup(entry->target);
	unlink_inode(r, old);
	entry_free(map_set(&r->by_id, key_of(entry->id, &key), copy));
	map_set(&r->by_inode, key_of(entry->inode, &key), copy);
	r->dirty = true;
}

void registry_settle(struct registry *r, uint64_t id)
{
	struct key key;
	struct registry_entry *e = map_get(&r->by_id, key_of(id, &key));

	if (!e || !e->followed)
		return;
	e->followed = false;
	r->dirty = true;
}

size_t registry_forget(struct registry *r, int64_t seen_before_ms)
{
	struct map_entry entry;
	size_t n = 0;

	map_for_each (&r->by_id, entry) {
		struct registry_entry *e = entry.value;

		if (e->seen_ms >= seen_before_ms)
			continue;
		unlink_inode(r, e);
		map_remove(&r->by_id, entry.key);
		entry_free(e);
		n++;
	}
	r->dirty = r->dirty || n > 0;
	return n;
}

/* ---- the file ---- */

static bool read_all(int fd, struct buf *out, struct error *err)
{
	for (;;) {
		char *room = buf_room(out, 1 << 16);
		ssize_t n;

		if (!room)
			return error_set(err, ERROR_REJECT,
					 "could not read the registry: it is "
					 "over 1 GiB");
		n = read(fd, room, 1 << 16);
		if (n == 0)
			return true;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(err, ERROR_REJECT,
					 "could not read the registry: %s",
					 strerror(errno));
		out->n += (size_t)n;
	}
}

static bool write_all(int fd, struct str bytes)
{
	while (bytes.n > 0) {
		ssize_t n = write(fd, bytes.s, bytes.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		bytes = str_slice(bytes.s + n, bytes.n - (size_t)n);
	}
	return true;
}

static bool write_file(int dir_fd, const char *name, struct str bytes)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
			0640);
	bool ok;
	int saved;

	if (fd < 0)
		return false;
	ok = write_all(fd, bytes) && fsync(fd) == 0;
	saved = errno;
	ok = close(fd) == 0 && ok;
	if (!ok && saved)
		errno = saved;
	return ok;
}

bool registry_save(struct registry *r, struct error *err)
{
	AUTO(buf_release) struct buf text = { 0 };

	if (!r->dirty)
		return true;
	registry_render(r, &text);
	errno = 0;
	if (!write_file(r->dir_fd, "registry.new", buf_str(&text)) ||
	    renameat(r->dir_fd, "registry.new", r->dir_fd, "registry") != 0 ||
	    fsync(r->dir_fd) != 0)
		return error_set(err, ERROR_RETRY,
				 "could not save the registry in \"%s\": %s",
				 r->dir, strerror(errno));
	r->dirty = false;
	return true;
}

static bool load(struct registry *r, struct registry_found *found,
		 struct error *err)
{
	AUTO(buf_release) struct buf text = { .limit = REGISTRY_BYTES_MAX };
	int fd = openat(r->dir_fd, "registry", O_RDONLY | O_CLOEXEC);
	bool ok;

	if (fd < 0 && errno == ENOENT) {
		found->fresh = true;
		return true;
	}
	if (fd < 0)
		return error_set(err, ERROR_CONFIG,
				 "could not open the registry in \"%s\": %s",
				 r->dir, strerror(errno));
	ok = read_all(fd, &text, &found->why) &&
	     registry_parse(r, buf_str(&text), &found->why);
	close(fd);
	if (ok)
		return true;
	found->corrupt = true;
	map_release(&r->by_id, entry_free);
	map_release(&r->by_inode, NULL);
	r->dirty = false;
	if (renameat(r->dir_fd, "registry", r->dir_fd, "registry.corrupt") != 0)
		return error_set(err, ERROR_CONFIG,
				 "could not set the corrupt registry in \"%s\" "
				 "aside: %s",
				 r->dir, strerror(errno));
	return true;
}

static bool lock(struct registry *r, struct error *err)
{
	if (mkdir(r->dir, 0750) != 0 && errno != EEXIST)
		return error_set(err, ERROR_CONFIG,
				 "could not make the state folder \"%s\": %s",
				 r->dir, strerror(errno));
	r->dir_fd = open(r->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->dir_fd >= 0)
		r->lock_fd = openat(r->dir_fd, "lock",
				    O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (r->lock_fd < 0)
		return error_set(err, ERROR_CONFIG,
				 "could not use the state folder \"%s\": %s",
				 r->dir, strerror(errno));
	if (flock(r->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return error_set(err, ERROR_CONFIG,
				 "could not lock the state folder \"%s\": "
				 "another tocsin ship uses it",
				 r->dir);
	return true;
}

bool registry_open(struct registry *r, const char *dir,
		   struct registry_found *found, struct error *err)
{
	*r = (struct registry){ .dir = xstrdup(dir),
				.dir_fd = -1,
				.lock_fd = -1 };
	*found = (struct registry_found){ 0 };
	if (!lock(r, err) || !load(r, found, err)) {
		registry_close(r);
		return false;
	}
	found->entries = r->by_id.n;
	return true;
}

void registry_close(struct registry *r)
{
	map_release(&r->by_inode, NULL);
	map_release(&r->by_id, entry_free);
	if (r->lock_fd >= 0)
		close(r->lock_fd);
	if (r->dir_fd >= 0)
		close(r->dir_fd);
	free(r->dir);
	*r = (struct registry){ .dir_fd = -1, .lock_fd = -1 };
}
