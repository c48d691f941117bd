/*
 * Names as anybody may send them: one verdict, one sentence; a good one is plain text, shows
 * something, and stays good beside another.
 */
#include "base/name.h"

#include <string.h>

#include "base/check.h"
#include "base/name_looks.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct span name = span_of(data, size);
    const enum name_problem problem = name_check(name);
    uint8_t both[2 * NAME_SIZE_MAX + 1];
    CHECK(problem <= NAME_MARKS && strlen(name_explain(problem)) > 10);
    if (problem != NAME_GOOD) {
        return 0;
    }
    uint8_t look[NAME_LOOKS_SIZE_MAX];
    struct wr w;
    wr_init(&w, span_mut_of(look, sizeof look));
    (void)name_looks_write(&w, name);
    CHECK(wr_finish(&w) == 0);
    /* What looks like it looks the same. */
    uint8_t again[NAME_LOOKS_SIZE_MAX];
    struct wr v;
    wr_init(&v, span_mut_of(again, sizeof again));
    (void)name_looks_write(&v, wr_span(&w));
    CHECK(wr_finish(&v) == 0 && span_is_equal(wr_span(&v), wr_span(&w)));
    CHECK(size > 0 && size <= NAME_SIZE_MAX && utf8_is_plain(name));
    CHECK(data[0] != ' ' && data[size - 1] != ' ');
    /* Nothing of it reaches over the space behind it. */
    memcpy(both, data, size);
    both[size] = ' ';
    memcpy(both + size + 1, data, size);
    const enum name_problem together = name_check(span_of(both, 2 * size + 1));
    CHECK(together == (2 * size + 1 > NAME_SIZE_MAX ? NAME_LONG : NAME_GOOD));
    return 0;
}
