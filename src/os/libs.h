/*
 * Libraries loaded for modules: port/libs.h for real. Private to os/.
 */
#ifndef OS_LIBS_H
#define OS_LIBS_H

#include "port/libs.h"

#define LIBS_PATH_MAX 4096 /* bytes of a path with its links resolved, with NUL */

extern const struct port_libs libs_dl;

#endif
