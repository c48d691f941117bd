/*
 * Levels of the log as people type them: what is read can be written and read again, what is not
 * changes nothing.
 */
#include "base/log_levels.h"

#include <string.h>

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_text(const struct log_levels *l, char out[LOG_LEVELS_TEXT_MAX])
{
    struct wr w;
    wr_init(&w, span_mut_of(out, LOG_LEVELS_TEXT_MAX));
    log_levels_write(l, &w);
    CHECK(wr_finish_text(&w) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[512];
    char before[LOG_LEVELS_TEXT_MAX];
    char after[LOG_LEVELS_TEXT_MAX];
    struct log_levels l;
    if (size >= sizeof text || memchr(data, '\0', size) != NULL) {
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    log_levels_init(&l, LOG_WARN);
    write_text(&l, before);
    int rc = log_levels_parse(&l, text);
    write_text(&l, after);
    if (rc < 0) {
        CHECK(rc == WAVU_ERR_INVALID && strcmp(before, after) == 0);
        return 0;
    }
    log_levels_init(&l, LOG_ERROR);
    CHECK(log_levels_parse(&l, after) == 0);
    write_text(&l, before);
    CHECK(strcmp(before, after) == 0);
    for (size_t i = 0; log_levels_name(i) != NULL; i++) {
        CHECK(log_levels_of(&l, log_levels_name(i)) <= log_levels_most(&l));
    }
    return 0;
}
