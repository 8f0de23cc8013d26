/* The whole public interface of wrt. A program may include only the parts that it uses. */
#ifndef WRT_WRT_H
#define WRT_WRT_H
#include <wrt/base.h>
#include <wrt/value.h>
#include <wrt/engine.h>
#include <wrt/code.h>
#include <wrt/task.h>
#include <wrt/diag.h>
#include <wrt/wasi.h>
#include <wrt/admission.h>
#include <wrt/sched.h>
#include <wrt/wcet.h>
#include <wrt/wcet_measure.h>
#include <wrt/wcet_analyzer.h>
#endif
