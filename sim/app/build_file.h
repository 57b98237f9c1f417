#ifndef TAILRACE_SIM_APP_BUILD_FILE_H
#define TAILRACE_SIM_APP_BUILD_FILE_H

/* Writes NAME.build.json beside a result: what differs between equal runs stands there, not
 * in the result. That it cannot be written is no error of the run. */
void build_file_write(const char *result, double seconds, double peak_memory_bytes);

#endif
