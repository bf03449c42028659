// C API of the prediction runtime: a thin border over Pipeline that lets no exception through.
#include <cmath>
#include <cstring>
#include <exception>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/text.h"
#include "pipeline/pipeline.h"
#include "tagwerk/predict.h"

struct tw_model {
  tagwerk::pipeline::Pipeline pipeline;
  tagwerk::Pool pool{1};  // runs inline, so threads of the caller do not meet in it
  std::vector<std::string> output_names, input_types;
  std::string manifest;
};

namespace tagwerk::capi {
namespace {

void Copy(char* to, std::size_t size, const std::string& from) {
  const std::size_t n = std::min(size - 1, from.size());
  std::memcpy(to, from.data(), n);
  to[n] = '\0';
}

int Fill(tw_error* out, const Error& error) {
  if (out != nullptr) {
    out->exit_code = error.exit_code();
    Copy(out->id, sizeof out->id, error.id());
    Copy(out->text, sizeof out->text, error.Text());
  }
  return error.exit_code() != 0 ? error.exit_code() : 70;
}

/// Runs a body that returns a Status; whatever is thrown becomes an error.
template <class Body>
int Guard(tw_error* error, const Body& body) {
  try {
    const Status status = body();
    return status ? 0 : Fill(error, status.error());
  } catch (const std::bad_alloc&) {
    if (error != nullptr) {
      error->exit_code = 5;
      std::strcpy(error->id, "memory-limit");
      std::strcpy(error->text, "error[memory-limit]: not enough memory for this model and these rows");
    }
    return 5;
  } catch (const std::exception& fault) {
    if (error != nullptr) {
      error->exit_code = 70;
      std::strcpy(error->id, "internal");
      const std::size_t room = sizeof error->text - 1, length = std::min(room, std::strlen(fault.what()));
      std::memcpy(error->text, fault.what(), length);
      error->text[length] = '\0';
    }
    return 70;
  } catch (...) {
    if (error != nullptr) *error = {70, "internal", "internal error"};
    return 70;
  }
}

Error NullArgument(const char* what) {
  return Error(Code::kInvalidArgument, "null-argument", std::string("argument is null: ") + what);
}

Status Open(Result<pipeline::Pipeline> parsed, tw_model** model) {
  if (!parsed) return std::move(parsed).error();
  auto handle = std::make_unique<tw_model>();
  handle->pipeline = std::move(*parsed);
  for (const auto& output : handle->pipeline.Outputs()) handle->output_names.push_back(output.name);
  for (const auto& input : handle->pipeline.inputs) {
    handle->input_types.emplace_back(table::TypeName(input.field.type));
  }
  handle->manifest = DumpJson(handle->pipeline.Manifest());
  *model = handle.release();
  return Ok();
}

/// One input column from cells that lie `stride` apart. Numbers stay numbers as long as no text is met.
table::ColumnPtr ColumnOf(const tw_value* cells, std::size_t rows, std::size_t stride) {
  bool any_text = false;
  for (std::size_t i = 0; i < rows; ++i) any_text = any_text || cells[i * stride].kind == TW_TEXT;
  if (!any_text) {
    std::vector<double> values(rows, std::numeric_limits<double>::quiet_NaN());
    for (std::size_t i = 0; i < rows; ++i) {
      if (cells[i * stride].kind == TW_NUMBER) values[i] = cells[i * stride].number;
    }
    return table::Column::Doubles(std::move(values));
  }
  table::DictionaryBuilder builder;
  std::vector<std::int32_t> codes(rows, -1);
  for (std::size_t i = 0; i < rows; ++i) {
    const tw_value& cell = cells[i * stride];
    if (cell.kind == TW_TEXT && cell.text != nullptr && cell.length > 0) {
      codes[i] = builder.Intern(std::string_view(cell.text, cell.length));
    } else if (cell.kind == TW_NUMBER && !std::isnan(cell.number)) {
      codes[i] = builder.Intern(Shortest(cell.number));
    }
  }
  return table::Column::Strings(std::move(codes), std::move(builder).Finish());
}

table::Table TableOf(const tw_model& model, const tw_value* inputs, std::size_t rows) {
  std::vector<table::Field> fields = model.pipeline.ExpectedFields();
  std::vector<table::ColumnPtr> columns;
  for (std::size_t j = 0; j < fields.size(); ++j) columns.push_back(ColumnOf(inputs + j, rows, fields.size()));
  return table::Table(std::move(fields), std::move(columns), rows);
}

tw_value NumberCell(double value) {
  if (!std::isfinite(value)) return {TW_NULL, 0, nullptr, 0};
  return {TW_NUMBER, value, nullptr, 0};
}

void WriteOutputs(const pipeline::Pipeline& p, const pipeline::Predictions& result, std::size_t rows, tw_value* out) {
  const std::size_t width = static_cast<std::size_t>(p.num_outputs());
  for (std::size_t i = 0; i < rows; ++i) {
    if (p.task == Task::kRegression) {
      *out++ = NumberCell(result.values[i]);
      if (p.residuals.empty()) continue;
      *out++ = NumberCell(result.lower[i]);
      *out++ = NumberCell(result.upper[i]);
      continue;
    }
    const std::string& label = p.classes[static_cast<std::size_t>(result.labels[i])];
    *out++ = p.numeric_labels ? NumberCell(ParseDouble(label).value_or(std::nan("")))
                              : tw_value{TW_TEXT, 0, label.c_str(), label.size()};
    for (std::size_t k = 0; k < width; ++k) *out++ = NumberCell(result.scores[i * width + k]);
  }
}

Status Predict(const tw_model& model, const tw_value* inputs, std::size_t rows, tw_value* outputs,
               tw_warnings* warnings) {
  Context context;
  context.pool = const_cast<Pool*>(&model.pool);
  TW_TRY(const auto result, model.pipeline.Predict(context, TableOf(model, inputs, rows)));
  WriteOutputs(model.pipeline, result, rows, outputs);
  if (warnings == nullptr) return Ok();
  *warnings = {0, 0};
  for (const auto& item : result.report.new_categories) warnings->new_categories += item.rows;
  for (const auto& item : result.report.changed_types) warnings->unparsed += item.unparsed;
  return Ok();
}

}  // namespace
}  // namespace tagwerk::capi

extern "C" {

int tw_model_load(const char* path, tw_model** model, tw_error* error) {
  return tagwerk::capi::Guard(error, [&]() -> tagwerk::Status {
    if (path == nullptr) return tagwerk::capi::NullArgument("path");
    if (model == nullptr) return tagwerk::capi::NullArgument("model");
    *model = nullptr;
    return tagwerk::capi::Open(tagwerk::pipeline::Pipeline::Load(path), model);
  });
}

int tw_model_parse(const void* bytes, size_t size, tw_model** model, tw_error* error) {
  return tagwerk::capi::Guard(error, [&]() -> tagwerk::Status {
    if (bytes == nullptr && size > 0) return tagwerk::capi::NullArgument("bytes");
    if (model == nullptr) return tagwerk::capi::NullArgument("model");
    *model = nullptr;
    const std::string_view view(static_cast<const char*>(bytes), size);
    return tagwerk::capi::Open(tagwerk::pipeline::Pipeline::Parse(view, "memory"), model);
  });
}

void tw_model_free(tw_model* model) { delete model; }

size_t tw_model_num_inputs(const tw_model* model) { return model == nullptr ? 0 : model->pipeline.inputs.size(); }

const char* tw_model_input_name(const tw_model* model, size_t index) {
  if (index >= tw_model_num_inputs(model)) return nullptr;
  return model->pipeline.inputs[index].field.name.c_str();
}

const char* tw_model_input_type(const tw_model* model, size_t index) {
  return index >= tw_model_num_inputs(model) ? nullptr : model->input_types[index].c_str();
}

size_t tw_model_num_outputs(const tw_model* model) { return model == nullptr ? 0 : model->output_names.size(); }

const char* tw_model_output_name(const tw_model* model, size_t index) {
  return index >= tw_model_num_outputs(model) ? nullptr : model->output_names[index].c_str();
}

const char* tw_model_manifest(const tw_model* model) { return model == nullptr ? nullptr : model->manifest.c_str(); }

int tw_predict_row(const tw_model* model, const tw_value* inputs, tw_value* outputs, tw_error* error) {
  return tw_predict_batch(model, inputs, 1, outputs, nullptr, error);
}

int tw_predict_batch(const tw_model* model, const tw_value* inputs, size_t num_rows, tw_value* outputs,
                     tw_warnings* warnings, tw_error* error) {
  return tagwerk::capi::Guard(error, [&]() -> tagwerk::Status {
    if (model == nullptr) return tagwerk::capi::NullArgument("model");
    if (inputs == nullptr && tw_model_num_inputs(model) > 0 && num_rows > 0) {
      return tagwerk::capi::NullArgument("inputs");
    }
    if (outputs == nullptr && num_rows > 0) return tagwerk::capi::NullArgument("outputs");
    return tagwerk::capi::Predict(*model, inputs, num_rows, outputs, warnings);
  });
}

}  // extern "C"
