/*
 * The shell's history from any file: bounded, each line once, none that would not be kept.
 */
#include "apps/shell/shell_history.h"

#include <string.h>

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct shell_history h = {.first = 0};
    shell_history_read(&h, span_of(data, len));
    CHECK(h.next >= h.first && h.next - h.first <= SHELL_HISTORY_MAX);
    CHECK(shell_history_here(&h) == NULL);
    size_t count = 0;
    const char *line = shell_history_newest(&h);
    for (; line != NULL; line = shell_history_older(&h)) {
        CHECK(line[0] != '\0' && line[0] != ' ' && strlen(line) < SHELL_HISTORY_LINE_MAX);
        count++;
    }
    CHECK(count == h.next - h.first);
    line = shell_history_oldest(&h);
    for (; line != NULL; line = shell_history_newer(&h)) {
        count--;
    }
    CHECK(count == 0);
    if (len < SHELL_HISTORY_LINE_MAX) { /* the same line again is no second one */
        const char *newest = shell_history_newest(&h);
        size_t before = h.next - h.first;
        if (newest != NULL) {
            char copy[SHELL_HISTORY_LINE_MAX];
            memcpy(copy, newest, strlen(newest) + 1);
            shell_history_add(&h, copy, strlen(copy));
            CHECK(h.next - h.first == before || copy[strlen(copy) - 1] == '\n');
        }
    }
    shell_history_clear(&h);
    return 0;
}
