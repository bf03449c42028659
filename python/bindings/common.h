// What the parts of the extension share: errors, contexts, arrays, work that Ctrl-C can end.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "base/context.h"
#include "base/result.h"

namespace tagwerk::python {

/// Raised as tagwerk._errors.raise_error(json, text): Python owns the exception classes.
[[noreturn]] void Raise(const Error& error);

template <class T>
T Must(Result<T> result) {
  if (!result) Raise(result.error());
  return std::move(*result);
}

Context MakeContext(Pool& pool, const StopFlag* stop, std::uint64_t seed);

/// Threads that a caller asked for: 0 = all usable cores.
int ThreadsOf(std::int64_t asked);

/// An array that owns its values; `shape` multiplies to their number.
template <class T>
nanobind::object Array(std::vector<T> values, std::initializer_list<std::size_t> shape) {
  auto* held = new std::vector<T>(std::move(values));
  nanobind::capsule owner(held, [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
  return nanobind::cast(nanobind::ndarray<nanobind::numpy, T>(held->data(), shape, owner));
}

/// Runs `work` on a thread of its own, since Python handles signals on the main thread only, and requests `stop` when a
/// handler raises; returns what it raised. Takes the GIL from the caller meanwhile.
std::optional<nanobind::python_error> Watched(StopFlag& stop, const std::function<void()>& work);

/// Adds the tree learners and the isolation forest to the module.
void BindTrees(nanobind::module_& m);
void BindIsolationForest(nanobind::module_& m);

}  // namespace tagwerk::python
