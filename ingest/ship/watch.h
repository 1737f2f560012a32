/* watch.h - inotify: what changed just now
 *
 * A hint that makes reading prompt; whoever uses it looks for itself from time
 * to time, since watches can be refused (limits, network file systems) and
 * events lost.
 *
 * Loop thread. */
#ifndef TOCSIN_INGEST_SHIP_WATCH_H
#define TOCSIN_INGEST_SHIP_WATCH_H

#include "core/loop.h"

struct watch;

struct watch_hooks {
	/* The file that was watched with this owner was written to. */
	void (*file)(void *arg, void *owner);
	/* A name appeared in, left or moved within a watched folder. */
	void (*folder)(void *arg);
	void *arg;
};

MUST_CHECK struct watch *watch_open(struct loop *loop,
				    const struct watch_hooks *hooks,
				    struct error *err);
void watch_close(struct watch *w);

/* Watch the file behind an open descriptor, under whatever name. Returns its
 * number for watch_forget(), or -1: refused. A second owner of the same file
 * replaces the first. */
int watch_file(struct watch *w, int fd, void *owner);
/* Only if the owner is still this one. */
void watch_forget(struct watch *w, int wd, const void *owner);
/* Again for the same folder does nothing. */
void watch_folder(struct watch *w, const char *folder);

#endif
