#!/bin/sed -f
# What Doxygen is given instead of a header: our plain comments in its notation. A comment at the beginning of a line
# belongs to what follows it, one at the end of a line to what stands before it. Lines keep their numbers. Two points
# would end a sentence.
s,^/\* \([^=]\),/** \1,
s,^\(  *[A-Za-z].*[;\,]\)  */\* ,\1 /**< ,
s,^\(#define SA_.*[^ ]\)  */\* ,\1 /**< ,
s, \.\. , … ,g
