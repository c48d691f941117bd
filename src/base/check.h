/*
 * Assertions for our own mistakes. Always on; nothing that a peer sends may reach one.
 */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

#include "wavu/api.h"

/** Print the failed expression with its place to stderr and abort. */
NO_RETURN void check_failed(const char *expression, const char *file, int line);

#define CHECK(expression) ((expression) ? (void)0 : check_failed(#expression, __FILE__, __LINE__))

#endif
