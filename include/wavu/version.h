/*
 * The library's version. Semantic versioning; before 1.0 a minor step may change the interface.
 */
#ifndef WAVU_VERSION_H
#define WAVU_VERSION_H

#include "wavu/api.h"

WAVU_BEGIN

#define WAVU_VERSION_MAJOR 0
#define WAVU_VERSION_MINOR 1
#define WAVU_VERSION_PATCH 0
#define WAVU_VERSION_TEXT "0.1.0"

/** Version of the library that runs, "0.1.0". Static. */
WAVU_API const char *wavu_version(void);

WAVU_END

#endif
