/*
 * Edit distance over two rows, and the choice of the nearest word.
 */
#include "base/guess.h"

#include <string.h>

static size_t guess_min(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t guess_distance(const char *a, const char *b)
{
    size_t a_len = strlen(a);
    size_t b_len = strlen(b);
    size_t rows[3][GUESS_WORD_MAX + 1] = {{0}}; /* this row, the one above, the one above that */
    if (a_len > GUESS_WORD_MAX || b_len > GUESS_WORD_MAX) {
        return GUESS_WORD_MAX + 1;
    }
    for (size_t k = 0; k <= b_len; k++) {
        rows[0][k] = k;
    }
    for (size_t i = 1; i <= a_len; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *second = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t k = 1; k <= b_len; k++) {
            size_t cost = a[i - 1] == b[k - 1] ? 0 : 1;
            row[k] = guess_min(above[k - 1] + cost, guess_min(above[k], row[k - 1]) + 1);
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1]) {
                row[k] = guess_min(row[k], second[k - 2] + 1);
            }
        }
    }
    return rows[a_len % 3][b_len];
}

void guess_try(struct guess *g, const char *typed, const char *known)
{
    size_t distance = guess_distance(typed, known);
    size_t far = strlen(known) < 4 ? 1 : (strlen(known) < 8 ? 2 : 3);
    if (distance <= far && distance < strlen(known) &&
        (g->word == NULL || distance < g->distance)) {
        g->word = known;
        g->distance = distance;
    }
}
