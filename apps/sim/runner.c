/*
 * What src/swarm offers, for whoever may not reach it.
 */
#include "apps/sim/runner.h"

#include <string.h>

#include "base/guess.h"
#include "swarm/scenario_draw.h"

const struct runner runner_engine = {run_scenario};

unsigned runner_cables(const char *word, const char **nearest)
{
    struct guess guess = {NULL, 0};
    unsigned cables = word == NULL ? SCENARIO_DRAW_BARE : 0;
    for (unsigned i = SCENARIO_MESSAGE; word != NULL && i <= SCENARIO_WHOLE; i++) {
        const char *known = scenario_cable_word((enum scenario_cable)i);
        cables |= strcmp(word, known) == 0 ? 1u << i : 0;
        guess_try(&guess, word, known);
    }
    *nearest = guess.word;
    return cables;
}
