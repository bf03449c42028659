// `tagwerk run` for Python.
#pragma once

#include <nanobind/nanobind.h>

#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "pipeline/pipeline.h"

#include "table.h"

namespace tagwerk::python {

/// What a run leaves.
struct Finished {
  std::string document, model, folder;
  std::shared_ptr<const pipeline::Pipeline> pipeline;  ///< only when a file cannot hold the model
  bool interrupted = false, gate_failed = false;
};

/// Name and fit function of a model of one's own; see tagwerk/_own.py.
using Own = std::tuple<std::string, nanobind::object>;

/// Runs the command's words, on a table in memory when one is given; one entry for each target.
std::vector<Finished> Run(std::optional<Table> table, const std::vector<std::string>& words, std::int64_t threads,
                          std::uint64_t seed, bool write_files, nanobind::object callback, const std::vector<Own>& own);

}  // namespace tagwerk::python
