// SPDX-License-Identifier: Apache-2.0
// _core.start_sampler() and its like: the door of measure/sampler.h.
#include "measure/sampler.h"

#include <cstdlib>
#include <memory>

#include <cxxabi.h>

#include "measure/sampler_listener.h"
#include "modules/core/part.h"

namespace hone::modules {

namespace {

PyObject* start(PyObject*, PyObject* arguments, PyObject* keywords) {
    static const char* names[] = {"spool",       "rate",         "budget", "seconds",
                                  "waking_cost", "watch_reader", "native", nullptr};
    measure::SamplerOptions options;
    const char* spool = nullptr;
    unsigned long long waking_cost = 0;
    int watch_reader = 0, native = 0;
    if (!PyArg_ParseTupleAndKeywords(
            arguments, keywords, "s|$dddKpp:start_sampler", const_cast<char**>(names), &spool,
            &options.rate, &options.budget, &options.seconds, &waking_cost, &watch_reader, &native))
        return nullptr;
    if (!(options.rate > 0) || !(options.budget > 0) || !(options.seconds >= 0)) {
        PyErr_SetString(PyExc_ValueError, "rate and budget must be above 0, seconds 0 or more");
        return nullptr;
    }
    options.spool = spool;
    options.waking_cost = waking_cost;
    options.watch_reader = watch_reader != 0;
    options.native = native != 0;
    if (const auto started = measure::start_sampler(options); !started) {
        PyErr_SetString(PyExc_RuntimeError, started.error().reason.c_str());
        return nullptr;
    }
    Py_RETURN_NONE;
}

PyObject* stop(PyObject*, PyObject*) {
    measure::name_sampled_threads();
    Py_BEGIN_ALLOW_THREADS measure::stop_sampler();
    Py_END_ALLOW_THREADS Py_RETURN_NONE;
}

PyObject* name_threads(PyObject*, PyObject*) {
    measure::name_sampled_threads();
    Py_RETURN_NONE;
}

PyObject* runs(PyObject*, PyObject*) {
    return PyBool_FromLong(measure::sampler_runs());
}

PyObject* listen(PyObject*, PyObject*) {
    if (const auto listening = measure::listen_for_attach(); !listening) {
        PyErr_SetString(PyExc_RuntimeError, listening.error().reason.c_str());
        return nullptr;
    }
    Py_RETURN_NONE;
}

PyObject* stop_listening(PyObject*, PyObject*) {
    Py_BEGIN_ALLOW_THREADS measure::stop_listening();
    Py_END_ALLOW_THREADS Py_RETURN_NONE;
}

PyObject* waking_cost(PyObject*, PyObject*) {
    measure::Nanoseconds cost = 0;
    Py_BEGIN_ALLOW_THREADS cost = measure::measure_waking_cost();
    Py_END_ALLOW_THREADS return PyLong_FromUnsignedLongLong(cost);
}

PyObject* demangle(PyObject*, PyObject* text) {
    const char* const name = PyUnicode_AsUTF8(text);
    if (name == nullptr) return nullptr;
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> plain(
        abi::__cxa_demangle(name, nullptr, nullptr, &status), &std::free);
    return plain ? PyUnicode_FromString(plain.get()) : Py_NewRef(text);
}

PyMethodDef functions[] = {
    {"start_sampler", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(start)),
     METH_VARARGS | METH_KEYWORDS,
     "start_sampler(spool, *, rate=1000.0, budget=0.01, seconds=0.0, waking_cost=0, "
     "watch_reader=False, native=False)\n--\n\nSample the stacks of all threads into the file "
     "SPOOL, which "
     "exists and is the user's, until\nstop_sampler(), for SECONDS, or until its reader says so: "
     "at "
     "most RATE times a second, and\nnot so often that it costs more than BUDGET seconds per "
     "second. WAKING_COST (nanoseconds) is\nwhat waking_cost() says. NATIVE: C stacks too, for "
     "which threads that run are sent signals. RuntimeError if the process "
     "is "
     "sampled already or the file can't be\nwritten."},
    {"stop_sampler", stop, METH_NOARGS, "stop_sampler()\n--\n\nStop it; the file is complete."},
    {"name_sampled_threads", name_threads, METH_NOARGS,
     "name_sampled_threads()\n--\n\nNote what threading calls the threads that there are now."},
    {"sampler_runs", runs, METH_NOARGS, "sampler_runs() -> bool\n--\n\nIs this process sampled?"},
    {"listen_for_attach", listen, METH_NOARGS,
     "listen_for_attach()\n--\n\nLet `hone attach` of the same user or root sample this process. "
     "RuntimeError if it can't\nlisten."},
    {"stop_listening", stop_listening, METH_NOARGS, "stop_listening()\n--\n\nNo more of it."},
    {"demangle", demangle, METH_O,
     "demangle(name) -> str\n--\n\nA C++ name as its source has it; any other name as it is."},
    {"waking_cost", waking_cost, METH_NOARGS,
     "waking_cost() -> int\n--\n\nMeasure what a waking of the sampler costs the program beside "
     "its "
     "own CPU time, in nanoseconds.\nTakes some 20 ms."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

bool add_sampler(PyObject* module) {
    return PyModule_AddFunctions(module, functions) == 0;
}

}  // namespace hone::modules
