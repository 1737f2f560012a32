/* tail.c - reads one file, from line to line, wherever its name goes
 *
 * Owns the descriptor. Loop thread. See tail.h. */
#include "ingest/ship/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "event/time.h"

/* "FORUM.structoutv1" is the service FORUM. */
static struct str service_of(const char *path)
{
	struct str name = path_name(path);

	for (size_t i = name.n; i-- > 1;) {
		if (name.s[i] == '.')
			return str_slice(name.s, i);
	}
	return name;
}

static int64_t birth_of(int fd)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &st) != 0 ||
	    !(st.stx_mask & STATX_BTIME))
		return FILE_BIRTH_UNKNOWN;
	return st.stx_btime.tv_sec * TIME_SECOND + st.stx_btime.tv_nsec;
}

struct tail *tail_open(const struct found_file *found, struct error *err)
{
	int fd = open(found->target,
		      O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct tail *t;
	struct stat st;

	if (fd < 0) {
		error_set(err, ERROR_RETRY, "could not open \"%s\": %s",
			  found->target, strerror(errno));
		return NULL;
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
	    st.st_dev != found->dev || st.st_ino != found->inode) {
		error_set(err, ERROR_RETRY,
			  "could not open \"%s\": it was replaced just now",
			  found->target);
		close(fd);
		return NULL;
	}
	t = xcalloc(1, sizeof(*t));
	t->fd = fd;
	t->dev = st.st_dev;
	t->inode = st.st_ino;
	t->birth_ns = birth_of(fd);
	t->path = xstrdup(found->path);
	t->target = xstrdup(found->target);
	t->service = service_of(t->path);
	t->size = (uint64_t)st.st_size;
	t->wd = -1;
	return t;
}

void tail_close(struct tail *t)
{
	if (!t)
		return;
	if (t->fd >= 0)
		close(t->fd);
	join_release(&t->join);
	free(t->path);
	free(t->target);
	free(t);
}

struct tail *tail_reopen(const struct tail *t, int64_t mono_ms)
{
	struct tail *next = xcalloc(1, sizeof(*next));

	next->fd = fcntl(t->fd, F_DUPFD_CLOEXEC, 0);
	next->dev = t->dev;
	next->inode = t->inode;
	next->birth_ns = t->birth_ns;
	next->path = xstrdup(t->path);
	next->target = xstrdup(t->target);
	next->service = service_of(next->path);
	next->grown_ms = mono_ms;
	next->wd = -1;
	next->listed = t->listed;
	next->unlisted_ms = t->unlisted_ms;
	next->restarted = t->named;
	next->before_base = t->base;
	next->before_generation = t->generation;
	return next;
}

bool tail_look(struct tail *t, int64_t mono_ms, struct error *err)
{
	struct stat st;

	if (fstat(t->fd, &st) != 0)
		return error_set(err, ERROR_RETRY,
				 "could not look at \"%s\": %s", t->target,
				 strerror(errno));
	t->deleted = st.st_nlink == 0;
	if ((uint64_t)st.st_size != t->size) {
		t->size = (uint64_t)st.st_size;
		t->at_end = false;
		t->grown_ms = mono_ms;
	}
	return true;
}

bool tail_head(struct tail *t, struct str host_id, bool final)
{
	char beginning[FILE_HEAD_BYTES];
	ssize_t n = pread(t->fd, beginning, sizeof(beginning), 0);
	struct str head;

	if (n <= 0 || !file_head(str_slice(beginning, (size_t)n), final, &head))
		return false;
	t->mark = file_mark(head);
	t->head = file_head_hash(head);
	t->base = file_id(host_id, t->inode, t->birth_ns, head);
	return true;
}

/* The file's first bytes, into FILE_MARK_BYTES at `room`. */
static struct str beginning_of(const struct tail *t, char *room)
{
	ssize_t n = pread(t->fd, room, FILE_MARK_BYTES, 0);

	return str_slice(room, n > 0 ? (size_t)n : 0);
}

bool tail_holds(const struct tail *t, struct file_mark mark)
{
	char room[FILE_MARK_BYTES];

	return file_mark_holds(mark, beginning_of(t, room));
}

bool tail_is_same(const struct tail *t)
{
	struct stat st;

	return fstat(t->fd, &st) == 0 &&
	       (uint64_t)st.st_size >= t->lines.start + t->lines.searched &&
	       tail_holds(t, t->mark);
}

uint64_t tail_last_start(const struct tail *t, const struct tail_reader *r)
{
	uint64_t end = t->size;

	while (end > 0) {
		size_t n = end < r->room ? (size_t)end : r->room;
		const char *lf;

		if (pread(t->fd, r->buffer, n, (off_t)(end - n)) != (ssize_t)n)
			return 0;
		lf = memrchr(r->buffer, '\n', n);
		if (lf)
			return end - n + (size_t)(lf - r->buffer) + 1;
		end -= n;
	}
	return 0;
}

void tail_begin(struct tail *t, const struct tail_reader *r,
		uint32_t generation, uint64_t offset, int64_t time_ns)
{
	t->named = true;
	t->generation = generation;
	t->id = file_id_generation(t->base, generation);
	file_id_format(t->id, t->id_text);
	lines_init(&t->lines, offset, r->limit, r->chunk);
	join_init(&t->join, r->held_bytes);
	acks_init(&t->acks, offset, time_ns);
	t->time_ns = time_ns;
	t->at_end = false;
}

void tail_rewind(struct tail *t, const struct tail_reader *r)
{
	ENSURE(acks_idle(&t->acks));
	join_release(&t->join);
	lines_init(&t->lines, t->acks.delivered, r->limit, r->chunk);
	t->time_ns = t->acks.time_ns;
	t->at_end = false;
}

/* Hand out what is loaded. False: refused. */
static bool take_lines(struct tail *t, const struct tail_reader *r)
{
	struct line line;

	while (lines_next(&t->lines, &line)) {
		if (!r->take(r->arg, t, &line))
			return false;
		lines_accept(&t->lines, &line);
	}
	return true;
}

/* Hand out the rest that has no LF. */
static bool take_last(struct tail *t, const struct tail_reader *r)
{
	struct line line;

	if (!lines_last(&t->lines, t->size, &line))
		return true;
	if (!r->take(r->arg, t, &line))
		return false;
	lines_accept(&t->lines, &line);
	return true;
}

/* The file begins with `beginning`, and was read up to where it is now. */
static void set_mark(struct tail *t, struct str beginning)
{
	if (t->mark.bytes == FILE_MARK_BYTES || t->lines.start <= t->mark.bytes)
		return;
	if (beginning.n > t->lines.start)
		beginning.n = t->lines.start;
	t->mark = file_mark(beginning);
	t->dirty = true;
}

/* One reading. TAIL_MORE: go on. */
static enum tail_turn read_once(struct tail *t, const struct tail_reader *r,
				bool final, size_t *used, struct error *err)
{
	struct lines_range want = lines_want(&t->lines);
	char room[FILE_MARK_BYTES];
	struct str beginning;
	bool taken;
	ssize_t n;

	ENSURE(want.n <= r->room);
	n = pread(t->fd, r->buffer, want.n, (off_t)want.offset);
	if (n < 0) {
		error_set(err, ERROR_RETRY, "could not read \"%s\": %s",
			  t->target, strerror(errno));
		return TAIL_FAILED;
	}
	beginning = beginning_of(t, room);
	if (!file_mark_holds(t->mark, beginning))
		return TAIL_CHANGED;
	*used += (size_t)n;
	lines_load(&t->lines, want.offset, str_slice(r->buffer, (size_t)n));
	taken = take_lines(t, r);
	set_mark(t, beginning);
	if (!taken)
		return TAIL_REFUSED;
	if (lines_found_end(&t->lines) && n > 0)
		return TAIL_MORE;
	if ((size_t)n == want.n)
		return TAIL_MORE;
	if (!final)
		return TAIL_AT_END;
	if (!take_last(t, r))
		return TAIL_REFUSED;
	return lines_found_end(&t->lines) ? TAIL_MORE : TAIL_AT_END;
}

enum tail_turn tail_read(struct tail *t, const struct tail_reader *r,
			 bool final, int64_t mono_ms, struct error *err)
{
	enum tail_turn turn = TAIL_MORE;
	size_t used = 0;

	if (!tail_look(t, mono_ms, err))
		return TAIL_FAILED;
	if (t->size < t->lines.start + t->lines.searched)
		return TAIL_CHANGED;
	if (t->at_end && !final)
		return TAIL_AT_END;
	while (turn == TAIL_MORE && used < r->turn_bytes)
		turn = read_once(t, r, final, &used, err);
	t->at_end = turn == TAIL_AT_END;
	return turn;
}

uint64_t tail_lag(const struct tail *t)
{
	uint64_t done = t->named ? t->acks.delivered : 0;

	return t->size > done ? t->size - done : 0;
}
