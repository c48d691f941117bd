/*
 * Files of a node's home: port/files.h for real. Private to os/.
 */
#ifndef OS_HOME_H
#define OS_HOME_H

#include "port/files.h"

extern const struct port_files home_files;

#endif
