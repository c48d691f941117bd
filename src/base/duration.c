/*
 * A number and its unit, both ways; what is left of a span.
 */
#include "base/duration.h"

#include <string.h>

#define UNITS 5
#define WRITTEN 1 /* the largest that is written: hours */

/* Largest first. */
static const struct {
    const char *name;
    uint64_t ms;
} units[UNITS] = {
    {"d", 24 * 3600 * 1000}, {"h", 3600 * 1000}, {"m", 60 * 1000}, {"s", 1000}, {"ms", 1}};

int duration_parse(const char *text, uint64_t *out_ms)
{
    uint64_t value = 0;
    const char *end = text;
    while (*end >= '0' && *end <= '9' && value <= DURATION_MAX_MS) {
        value = value * 10 + (uint64_t)(*end - '0');
        end++;
    }
    if (end == text) {
        return WAVU_ERR_INVALID;
    }
    for (size_t i = 0; i < UNITS; i++) {
        if (strcmp(end, units[i].name) == 0 && value <= DURATION_MAX_MS / units[i].ms) {
            *out_ms = value * units[i].ms;
            return 0;
        }
    }
    return WAVU_ERR_INVALID;
}

void duration_write(struct wr *w, uint64_t ms)
{
    size_t i = ms == 0 ? 3 : WRITTEN;
    while (ms % units[i].ms != 0) {
        i++;
    }
    wr_decimal(w, ms / units[i].ms);
    wr_text(w, units[i].name);
}

uint64_t duration_left(uint64_t at, uint64_t now)
{
    return at > now ? at - now : 0;
}
