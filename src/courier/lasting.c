/*
 * Lasting time: what was measured before, what the wall clock says of the time off, what boot time
 * says since.
 */
#include "courier/lasting.h"

#include <string.h>

#include "base/rd.h"
#include "base/timers.h"

#define FORMAT 1

int lasting_start(struct lasting *l, uint64_t boot, uint64_t wall_s, struct span saved)
{
    struct rd r;
    /* Not 0: a moment before the beginning can be told from it. */
    *l = (struct lasting){.started_ns = TIMERS_SECOND, .boot_ns = boot, .saved_ns = TIMERS_SECOND};
    if (saved.len == 0) {
        return 0;
    }
    rd_init(&r, saved);
    const uint8_t format = rd_u8(&r);
    const uint64_t before_ns = rd_u64be(&r);
    const uint64_t before_s = rd_u64be(&r);
    if (format > FORMAT) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (rd_finish(&r) != 0 || format != FORMAT || before_ns > UINT64_MAX / 2) {
        return WAVU_ERR_CORRUPT;
    }
    uint64_t away_s = before_s != 0 && wall_s > before_s ? wall_s - before_s : 0;
    away_s = away_s < LASTING_AWAY_S_MAX ? away_s : 0;
    l->started_ns = before_ns + away_s * TIMERS_SECOND;
    l->saved_ns = l->started_ns;
    return 0;
}

uint64_t lasting_now(const struct lasting *l, uint64_t boot)
{
    return l->started_ns + (boot > l->boot_ns ? boot - l->boot_ns : 0);
}

void lasting_save(struct wr *w, struct lasting *l, uint64_t boot, uint64_t wall_s)
{
    l->saved_ns = lasting_now(l, boot);
    wr_u8(w, FORMAT);
    wr_u64be(w, l->saved_ns);
    wr_u64be(w, wall_s);
}

uint64_t lasting_deadline(const struct lasting *l)
{
    return l->boot_ns + (l->saved_ns - l->started_ns) + LASTING_SAVE_NS;
}
