/*
 * Names as anybody may send them: one verdict, one sentence; a good one is plain text, shows
 * something, and stays good beside another.
 */
#include "base/name.h"

#include <string.h>

#include "base/check.h"
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
