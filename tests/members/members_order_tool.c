/*
 * Many random schedules of a membership log: `make members`. Arguments: schedules with the null
 * signer, schedules with real signatures, the first seed. Prints what was met; aborts on the first
 * schedule whose replicas differ.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "crypto/secret.h"
#include "tests/support/members_null.h"
#include "tests/support/members_schedule.h"

static void run(const char *name, const struct signer *signer, uint64_t from, uint64_t many)
{
    struct members_schedule_counts c = {0};
    for (uint64_t i = 0; i < many; i++) {
        members_schedule_run(signer, from + i, &c);
        if ((i + 1) % (many / 10 > 0 ? many / 10 : 1) == 0) {
            (void)fprintf(stderr, "%s: %" PRIu64 " of %" PRIu64 "\n", name, i + 1, many);
        }
    }
    (void)printf("%s: %" PRIu64 " schedules on %" PRIu64 " replicas converged; operations %" PRIu64
                 ", heard %" PRIu64 " (of them too early %" PRIu64
                 "); revocations that stand %" PRIu64 ", by a pair only %" PRIu64
                 ", that fall %" PRIu64 "; void operations %" PRIu64 ", forked chains %" PRIu64
                 ", knots %" PRIu64 ", ties %" PRIu64 "; members that left %" PRIu64
                 ", LEAVEs by roots %" PRIu64 ", persons invited again %" PRIu64 ", frozen %" PRIu64
                 "\n",
                 name, c.schedules, c.replicas, c.operations, c.fed, c.waited, c.stands, c.pairs,
                 c.falls, c.voids, c.forks, c.knots, c.ties, c.left, c.whole, c.back, c.frozen);
}

int main(int argc, char **argv)
{
    uint64_t null_count = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    uint64_t real_count = argc > 2 ? strtoull(argv[2], NULL, 10) : 10000;
    uint64_t from = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
    if (secret_start() < 0) {
        return 1;
    }
    run("null signer", &members_null_signer, from, null_count);
    run("real signatures", &signer_ed25519, from, real_count);
    return 0;
}
