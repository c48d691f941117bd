/*
 * One flag, set by a signal handler.
 */
#include "apps/sim/stop.h"

#include <signal.h>
#include <string.h>

static volatile sig_atomic_t stop_wished;

static void on_signal(int number)
{
    (void)number;
    stop_wished = 1;
}

void stop_listen(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = (int)SA_RESETHAND; /* without SA_RESTART: waitpid shall return */
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

bool stop_is_wished(void)
{
    return stop_wished != 0;
}
