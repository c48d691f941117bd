/*
 * The one door to the C heap. Counts what is alive, so that tests see a leak on every build.
 *
 * The count is the only global state of base/. It is atomic because workers (port/work) allocate,
 * too; relaxed order suffices, for it guards nothing and is read when all is quiet.
 */
#include "base/mem.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

static atomic_size_t live_count;

/* Count `ptr` when there is one, and pass it on. */
static void *counted(void *ptr)
{
    if (ptr != NULL) {
        (void)atomic_fetch_add_explicit(&live_count, 1, memory_order_relaxed);
    }
    return ptr;
}

void *mem_new(size_t size)
{
    return mem_new_array(1, size);
}

void *mem_new_raw(size_t size)
{
    void *ptr = mem_try_new(size);

    CHECK(ptr != NULL && "memory is exhausted");
    return ptr;
}

void *mem_new_array(size_t count, size_t size)
{
    CHECK(count > 0 && size > 0 && count <= SIZE_MAX / size);
    void *ptr = counted(calloc(count, size));

    CHECK(ptr != NULL && "memory is exhausted");
    return ptr;
}

void *mem_resize(void *ptr, size_t size)
{
    CHECK(size > 0);
    if (ptr == NULL) {
        return mem_new_raw(size);
    }
    void *resized = realloc(ptr, size); /* one alive before and after: not counted */

    CHECK(resized != NULL && "memory is exhausted");
    return resized;
}

void *mem_try_new(size_t size)
{
    CHECK(size > 0);
    return counted(malloc(size));
}

char *mem_copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = mem_new_raw(size);

    memcpy(copy, text, size);
    return copy;
}

void mem_free(void *ptr)
{
    if (ptr == NULL) {
        return;
    }
    size_t before = atomic_fetch_sub_explicit(&live_count, 1, memory_order_relaxed);

    CHECK(before > 0);
    free(ptr);
}

size_t mem_live_count(void)
{
    return atomic_load_explicit(&live_count, memory_order_relaxed);
}
