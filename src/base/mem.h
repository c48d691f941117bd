/*
 * Allocation. Small requests abort on exhaustion (what a peer can grow is charged to a budget
 * first); file-sized requests may fail.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

#include "wavu/api.h"

/** Return `size` zeroed bytes (size > 0); abort when there are none. Free with mem_free. */
WARN_UNUSED void *mem_new(size_t size);

/** Return `size` uninitialised bytes (size > 0); abort when there are none. */
WARN_UNUSED void *mem_new_raw(size_t size);

/** Return `count * size` zeroed bytes; abort on overflow or exhaustion. */
WARN_UNUSED void *mem_new_array(size_t count, size_t size);

/** Grow or shrink `ptr` (may be NULL) to `size` > 0 bytes; abort when there are none. */
WARN_UNUSED void *mem_resize(void *ptr, size_t size);

/** As mem_new_raw, but NULL when exhausted: for file-sized requests. */
WARN_UNUSED void *mem_try_new(size_t size);

/** Copy the NUL-terminated `text`; free with mem_free. */
WARN_UNUSED char *mem_copy_text(const char *text);

/** Free `ptr`; NULL is fine. */
void mem_free(void *ptr);

/** Allocations not yet freed, of this process: tests check that it returns to where it was. */
size_t mem_live_count(void);

#endif
