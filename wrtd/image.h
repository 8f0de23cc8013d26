/* image: a manifest as C, for boards. What the files of this command share. */
#ifndef WRTD_IMAGE_H
#define WRTD_IMAGE_H

#include "sched_system.h"

struct wd_image {
    struct wd_sched_input *in;
    struct wd_system *s;
    char *prefix;                   /* identifier made of the system's name */
    char *header;                   /* path of the header */
    wrt_limits limits;              /* what the engine of the board is asked for */
    uint64_t module_bytes;
    uint64_t block_bytes;           /* enough for image_make on this machine; 0: depends on what is linked */
};

/* The limits of the store of one core; 0: as those of the engine. */
uint64_t wd_image_memory(const struct wd_manifest *m, uint32_t core);
/* image_text.c */
void wd_image_prefix(const char *name, char *out, size_t n);
void wd_image_header(const struct wd_image *i, FILE *out);
void wd_image_source(const struct wd_image *i, FILE *out);

#endif
