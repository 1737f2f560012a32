/* exact_sum.c - see the header; owns the chunks */
#include "alert/window/exact_sum.h"

#include <math.h>
#include <stdlib.h>

enum {
	CHUNK_BITS = 32,
	MANTISSA_BITS = 53,
	/* Pieces are below 2^32: so many fit without a carry. */
	ADDS_MAX = 1 << 29,
};
__extension__ typedef unsigned __int128 wide;

void exact_sum_release(struct exact_sum *s)
{
	free(s->chunk);
	*s = (struct exact_sum){ 0 };
}

/* Make room for the chunks [low, high]. */
static void reach(struct exact_sum *s, int low, int high)
{
	int from = s->n && s->low < low ? s->low : low;
	int to = s->n && s->low + s->n - 1 > high ? s->low + s->n - 1 : high;
	size_t n = (size_t)to - (size_t)from + 1;
	int64_t *chunk;

	if (s->n && from == s->low && to == s->low + s->n - 1)
		return;
	chunk = xcalloc(n, sizeof(*chunk));
	if (s->n)
		memcpy(chunk + (s->low - from), s->chunk,
		       (size_t)s->n * sizeof(*chunk));
	free(s->chunk);
	s->chunk = chunk;
	s->low = from;
	s->n = to - from + 1;
}

/* All chunks but the highest into [0, 2^32). */
static void carry(int64_t *chunk, int n)
{
	for (int i = 0; i + 1 < n; i++) {
		int64_t low = chunk[i] & INT64_C(0xffffffff);
		chunk[i + 1] += (chunk[i] - low) / (INT64_C(1) << CHUNK_BITS);
		chunk[i] = low;
	}
}

static int floor_div(int a, int b)
{
	return a / b - (a % b < 0);
}

void exact_sum_add(struct exact_sum *s, double value)
{
	int exponent, first, shift;
	uint64_t mantissa;
	wide bits;

	if (value == 0)
		return;
	ENSURE(isfinite(value));
	mantissa =
		(uint64_t)ldexp(frexp(fabs(value), &exponent), MANTISSA_BITS);
	exponent -= MANTISSA_BITS;
	first = floor_div(exponent, CHUNK_BITS);
	shift = exponent - first * CHUNK_BITS;
	/* One more for the carries. */
	reach(s, first, first + 3);
	bits = (wide)mantissa << shift;
	for (int i = first - s->low; bits; i++, bits >>= CHUNK_BITS) {
		int64_t piece = (int64_t)(bits & 0xffffffff);
		s->chunk[i] += value < 0 ? -piece : piece;
	}
	if (++s->adds < ADDS_MAX)
		return;
	s->adds = 0;
	carry(s->chunk, s->n);
	/* The highest keeps what it holds: make room before it is full. */
	if (llabs(s->chunk[s->n - 1]) >> (CHUNK_BITS + 8))
		reach(s, s->low, s->low + s->n);
	carry(s->chunk, s->n);
}

static void negate(int64_t *chunk, int n)
{
	for (int i = 0; i < n; i++)
		chunk[i] = -chunk[i];
	carry(chunk, n);
}

double exact_sum_value(const struct exact_sum *s)
{
	/* Room above for the carries; of 2,100 bits and a few more. */
	int64_t chunk[80] = { 0 };
	int n = s->n + 2, top;
	bool negative;
	wide bits = 0;

	ENSURE(n <= (int)ARRAY_LENGTH(chunk));
	if (s->n)
		memcpy(chunk, s->chunk, (size_t)s->n * sizeof(*chunk));
	carry(chunk, n);
	negative = chunk[n - 1] < 0;
	if (negative)
		negate(chunk, n);
	for (top = n - 1; top > 0 && chunk[top] == 0; top--)
		;
	for (int i = top; i > top - 3; i--)
		bits = bits << CHUNK_BITS | (uint64_t)(i >= 0 ? chunk[i] : 0);
	/* What lies below decides between two doubles only if there is any. */
	for (int i = top - 3; i >= 0; i--)
		if (chunk[i])
			bits |= 1;
	return (negative ? -1 : 1) *
	       ldexp((double)bits, (s->low + top - 2) * CHUNK_BITS);
}
