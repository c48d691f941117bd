/*
 * The writing end of a pipe is handed out; the handler closes the reading end, and whoever polls
 * the other sees that nobody reads there any more. Closing is safe in a handler.
 */
#include "apps/shell/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t came;
static volatile sig_atomic_t reader = -1;
static int writer = -1;
static struct sigaction before;

static void interrupt_on_signal(int number)
{
    int error_number = errno;
    (void)number;
    came = 1;
    if (reader >= 0) {
        (void)close((int)reader);
        reader = -1;
    }
    errno = error_number;
}

void interrupt_begin(void)
{
    struct sigaction action = {.sa_handler = interrupt_on_signal};
    int ends[2] = {-1, -1};
    came = 0;
    if (pipe2(ends, O_CLOEXEC) == 0) {
        writer = ends[1];
        reader = ends[0];
    }
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, &before);
}

int interrupt_fd(void)
{
    return writer;
}

bool interrupt_came(void)
{
    return came != 0;
}

void interrupt_end(void)
{
    (void)sigaction(SIGINT, &before, NULL);
    if (reader >= 0) {
        (void)close((int)reader);
    }
    if (writer >= 0) {
        (void)close(writer);
    }
    reader = -1;
    writer = -1;
}
