// Rows against which single predictions are explained, as bytes of a model file. Internal to this folder.
#pragma once

#include "model/archive.h"
#include "table/table.h"

namespace tagwerk::pipeline {

inline constexpr std::size_t kMostBackground = 64;

/// Writes the values of all columns; the fields are those of the pipeline's inputs.
void SaveBackground(model::ByteWriter& writer, const table::Table& rows);
/// Error model-damaged when lengths, counts or storages do not fit.
Result<table::Table> LoadBackground(model::ByteReader& reader, const std::vector<table::Field>& fields);

}  // namespace tagwerk::pipeline
