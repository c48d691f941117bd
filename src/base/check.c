/*
 * The end of the road for our own mistakes: says which promise was broken, then aborts.
 *
 * The one file of the library that writes to stderr: there is nobody left to hand a log line to.
 */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

void check_failed(const char *expression, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, expression);
    (void)fflush(stderr);
    abort();
}
