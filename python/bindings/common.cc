#include "common.h"

#include <nanobind/stl/string.h>

#include <cstdlib>

#include "base/json.h"
#include "base/text.h"

namespace nb = nanobind;

namespace tagwerk::python {

void Raise(const Error& error) {
  const std::string json = DumpJson(ErrorJson(error));
  const std::string text = error.Text("");
  nb::module_::import_("tagwerk._errors").attr("raise_error")(json, text);
  throw nb::python_error();  // not reached: raise_error always raises
}

Context MakeContext(Pool& pool, const StopFlag* stop, std::uint64_t seed) {
  Context context;
  context.pool = &pool;
  context.stop = stop;
  context.seed = seed;
  context.memory_limit = DefaultMemoryLimit();
  const char* limit = std::getenv("TAGWERK_MEMORY");
  if (limit != nullptr && *limit != '\0') {
    if (const auto size = ParseSize(limit, "TAGWERK_MEMORY")) context.memory_limit = *size;
  }
  return context;
}

int ThreadsOf(std::int64_t asked) { return asked > 0 ? int(std::min<std::int64_t>(asked, 1024)) : UsableCores(); }

std::optional<nb::python_error> Watched(StopFlag& stop, const std::function<void()>& work) {
  std::optional<nb::python_error> raised;
  nb::gil_scoped_release release;
  Background background(work);
  while (!background.WaitFor(0.02)) {
    nb::gil_scoped_acquire acquire;
    if (PyErr_CheckSignals() == 0) continue;
    nb::python_error failure;  // takes the error over
    if (!raised) raised.emplace(std::move(failure));
    stop.Request();
  }
  background.Get();
  return raised;
}

}  // namespace tagwerk::python
