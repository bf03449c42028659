// Tables that Python hands over or has read.
#pragma once

#include <nanobind/nanobind.h>

#include <memory>

#include "table/read_result.h"

namespace tagwerk::python {

/// A table held for Python, with what the reader found out.
struct Table {
  std::shared_ptr<table::ReadResult> read;
};

/// Adds Table and what makes one to the module.
void BindTables(nanobind::module_& m);

}  // namespace tagwerk::python
