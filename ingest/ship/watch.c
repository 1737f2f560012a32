/* watch.c - inotify on the loop
 *
 * Owns the inotify descriptor and what is remembered of each watch. Loop
 * thread. See watch.h. */
#include "ingest/ship/watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "core/map.h"

struct watched {
	void *owner;  /* of a file */
	char *folder; /* or its path */
};

struct watch {
	int fd;
	struct loop_fd *loop_fd;
	struct watch_hooks hooks;
	struct map by_wd;   /* the bytes of wd -> struct watched, owned */
	struct map folders; /* path -> the same, borrowed */
};

enum {
	FOLDER_EVENTS = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
			IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR,
};

static struct str wd_key(const int *wd)
{
	return str_slice((const char *)wd, sizeof(*wd));
}

static void watched_free(void *value)
{
	struct watched *item = value;

	if (!item)
		return;
	free(item->folder);
	free(item);
}

/* The kernel has dropped this watch. */
static void ignored(struct watch *w, const int *wd)
{
	struct watched *item = map_remove(&w->by_wd, wd_key(wd));

	if (item && item->folder)
		map_remove(&w->folders, str_of(item->folder));
	watched_free(item);
}

static void handle(struct watch *w, const struct inotify_event *e)
{
	struct watched *item;

	if (e->mask & IN_Q_OVERFLOW) {
		w->hooks.folder(w->hooks.arg);
		return;
	}
	if (e->mask & IN_IGNORED) {
		ignored(w, &e->wd);
		return;
	}
	item = map_get(&w->by_wd, wd_key(&e->wd));
	if (!item)
		return;
	if (item->folder)
		w->hooks.folder(w->hooks.arg);
	else
		w->hooks.file(w->hooks.arg, item->owner);
}

static void ready(void *arg, unsigned events)
{
	_Alignas(struct inotify_event) char bytes[16384];
	struct watch *w = arg;
	ssize_t n = read(w->fd, bytes, sizeof(bytes));

	(void)events;
	for (char *at = bytes; n > 0 && at < bytes + n;) {
		struct inotify_event e;

		memcpy(&e, at, sizeof(e));
		handle(w, &e);
		at += sizeof(e) + e.len;
	}
}

struct watch *watch_open(struct loop *loop, const struct watch_hooks *hooks,
			 struct error *err)
{
	struct watch *w = xcalloc(1, sizeof(*w));

	w->hooks = *hooks;
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->fd < 0) {
		error_set(err, ERROR_RETRY, "could not open inotify: %s",
			  strerror(errno));
		free(w);
		return NULL;
	}
	w->loop_fd = loop_fd_open(loop, w->fd, LOOP_READABLE, ready, w, err);
	if (!w->loop_fd) {
		close(w->fd);
		free(w);
		return NULL;
	}
	return w;
}

void watch_close(struct watch *w)
{
	if (!w)
		return;
	loop_fd_close(w->loop_fd);
	close(w->fd);
	map_release(&w->folders, NULL);
	map_release(&w->by_wd, watched_free);
	free(w);
}

static struct watched *remember(struct watch *w, const int *wd)
{
	struct watched *item = map_get(&w->by_wd, wd_key(wd));

	if (!item) {
		item = xcalloc(1, sizeof(*item));
		map_set(&w->by_wd, wd_key(wd), item);
	}
	return item;
}

int watch_file(struct watch *w, int fd, void *owner)
{
	char path[64];
	int wd;

	if (!w)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	wd = inotify_add_watch(w->fd, path, IN_MODIFY);
	if (wd >= 0)
		remember(w, &wd)->owner = owner;
	return wd;
}

void watch_forget(struct watch *w, int wd, const void *owner)
{
	struct watched *item;

	if (!w || wd < 0)
		return;
	item = map_get(&w->by_wd, wd_key(&wd));
	if (!item || item->owner != owner)
		return;
	inotify_rm_watch(w->fd, wd);
	ignored(w, &wd);
}

void watch_folder(struct watch *w, const char *folder)
{
	struct watched *item;
	int wd;

	if (!w || map_get(&w->folders, str_of(folder)))
		return;
	wd = inotify_add_watch(w->fd, folder, FOLDER_EVENTS);
	if (wd < 0)
		return;
	item = remember(w, &wd);
	if (item->folder)
		return;
	item->folder = xstrdup(folder);
	map_set(&w->folders, str_of(folder), item);
}
