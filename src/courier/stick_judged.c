/*
 * A ring of names with a map above it.
 */
#include "courier/stick_judged.h"

#include <string.h>

#include "base/mem.h"

void stick_judged_init(struct stick_judged *j, const struct random *random)
{
    memset(j, 0, sizeof *j);
    j->random = random;
}

void stick_judged_clear(struct stick_judged *j)
{
    stick_judged_forget(j);
}

bool stick_judged_has(const struct stick_judged *j, const uint8_t name[ENVELOPE_NAME_SIZE])
{
    return j->slots != NULL && map_get(&j->names, span_of(name, ENVELOPE_NAME_SIZE)) != NULL;
}

void stick_judged_add(struct stick_judged *j, const uint8_t name[ENVELOPE_NAME_SIZE])
{
    if (stick_judged_has(j, name)) {
        return;
    }
    if (j->slots == NULL) {
        j->slots = mem_new_array(STICK_JUDGED_MAX, sizeof *j->slots);
        map_init(&j->names, j->random);
    }
    uint8_t *slot = j->slots[j->next];

    if (map_get(&j->names, span_of(slot, ENVELOPE_NAME_SIZE)) == slot) {
        (void)map_remove(&j->names, span_of(slot, ENVELOPE_NAME_SIZE));
    }
    memcpy(slot, name, ENVELOPE_NAME_SIZE);
    (void)map_put(&j->names, span_of(slot, ENVELOPE_NAME_SIZE), slot);
    j->next = (j->next + 1) % STICK_JUDGED_MAX;
}

void stick_judged_forget(struct stick_judged *j)
{
    if (j->slots != NULL) {
        map_clear(&j->names);
    }
    mem_free(j->slots);
    j->slots = NULL;
    j->next = 0;
}
