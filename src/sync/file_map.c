/*
 * Which pieces of a file are here. Source: docs/protocol/file.md.
 */
#include "sync/file_map.h"

#include <string.h>

#include "base/check.h"

void file_map_init(struct file_map *m, uint32_t count)
{
    CHECK(count <= FILE_SHAPE_PIECES_MAX);
    memset(m, 0, sizeof *m);
    m->count = count;
}

bool file_map_has(const struct file_map *m, uint32_t number)
{
    return number < m->count && (m->bits[number / 8] >> (number % 8) & 1) != 0;
}

bool file_map_add(struct file_map *m, uint32_t number)
{
    CHECK(number < m->count);
    if (file_map_has(m, number)) {
        return false;
    }
    m->bits[number / 8] = (uint8_t)(m->bits[number / 8] | 1u << (number % 8));
    m->have++;
    return true;
}

void file_map_remove(struct file_map *m, uint32_t number)
{
    if (file_map_has(m, number)) {
        m->bits[number / 8] = (uint8_t)(m->bits[number / 8] & ~(1u << (number % 8)));
        m->have--;
    }
}

bool file_map_is_full(const struct file_map *m)
{
    return m->have == m->count;
}

/* How many pieces from `number` on are alike. */
static uint32_t run_of(const struct file_map *m, uint32_t number, bool has)
{
    uint32_t at = number;

    while (at < m->count && file_map_has(m, at) == has) {
        at++;
    }
    return at - number;
}

void file_map_write(struct wr *w, const struct file_map *m)
{
    uint32_t at = 0;
    bool has = false;

    for (size_t runs = 0; runs < FILE_MAP_RUNS_MAX && at < m->count; runs++, has = !has) {
        uint32_t run = run_of(m, at, has);

        if (!has && at + run == m->count) {
            return;
        }
        wr_varint(w, run);
        at += run;
    }
}

int file_map_read(struct file_map *m, uint32_t count, struct span bytes)
{
    struct rd r;
    uint32_t at = 0;
    bool has = false;
    size_t runs = 0;

    file_map_init(m, count);
    rd_init(&r, bytes);
    for (; rd_left(&r) > 0; runs++, has = !has) {
        uint64_t run = rd_varint(&r);

        if (runs == FILE_MAP_RUNS_MAX) {
            return WAVU_ERR_LIMIT;
        }
        if (r.failed || run > count - at || (run == 0 && runs > 0)) {
            return WAVU_ERR_PROTO;
        }
        for (uint64_t i = 0; i < run; i++, at++) {
            if (has) {
                (void)file_map_add(m, at);
            }
        }
    }
    return 0;
}
