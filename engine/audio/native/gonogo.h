/* What every C file of this room begins with. */
#ifndef GONOGO_H
#define GONOGO_H

#include <stdint.h>

/* Only what is marked so is seen from outside the library. */
#define GONOGO_API __attribute__((visibility("default")))

/* Raised with every change of a declaration: Python does not use a library of other sources. */
#define GONOGO_VERSION 3

#endif
