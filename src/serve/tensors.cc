#include "serve/tensors.h"

#include <cstring>

#include "base/text.h"
#include "serve/row_answer.h"
#include "serve/tensor_data.h"
#include "serve/text.h"

namespace tagwerk::serve {
namespace {

/// One tensor of all columns, when every input is a number: of any name, in the model's order.
bool IsTogether(const std::vector<Tensor>& tensors, const ServedModel& model) {
  return tensors.size() == 1 && model.all_numbers() && tensors[0].columns == model.inputs().size() &&
         (tensors[0].columns > 1 || !model.FindInput(tensors[0].name));
}

Error InputsMissing(const std::vector<Tensor>& tensors, const ServedModel& model) {
  std::vector<std::string> absent;
  for (const ServedInput& input : model.inputs()) {
    bool there = false;
    for (const Tensor& tensor : tensors) there = there || model.FindInput(tensor.name) == model.FindInput(input.name);
    if (!there && absent.size() < 8) absent.push_back(Quoted(input.name));
  }
  return Error(Code::kInvalidArgument, "input-missing",
               "request lacks inputs that the model needs: " + Join(absent, ", "))
      .Do("send a tensor for each column; null stands for a missing value");
}

/// Finds the input of each tensor; all must be there, once and of one length. Nothing is allocated for rows before.
Result<std::vector<std::size_t>> PlacesOf(const std::vector<Tensor>& tensors, const ServedModel& model) {
  std::vector<bool> filled(model.inputs().size(), false);
  std::vector<std::size_t> places;
  for (const Tensor& tensor : tensors) {
    const auto input = model.FindInput(tensor.name);
    if (!input)
      return Error(Code::kInvalidArgument, "input-unknown", "model has no input of this name: " + Quoted(tensor.name))
          .Similar(SimilarNames(tensor.name, model.input_names()));
    if (filled[*input])
      return Error(Code::kInvalidArgument, "input-unknown", "input is sent twice: " + Quoted(tensor.name));
    if (tensor.columns != 1 || tensor.rows != tensors[0].rows)
      return Error(Code::kInvalidArgument, "shape-wrong",
                   "shape of an input does not fit: [" + std::to_string(tensors[0].rows) + "] is needed, as of " +
                       Quoted(tensors[0].name))
          .Column(tensor.name);
    filled[*input] = true;
    places.push_back(*input);
  }
  if (places.size() < filled.size()) return InputsMissing(tensors, model);
  return places;
}

bool IsTrue(json::Object parameters, std::string_view key) {
  bool value = false;
  return parameters[key].Get(value) && value;
}

Status ReadWanted(json::Object root, const ServedModel& model, InferRequest& request) {
  json::Object parameters;
  const bool binary = root["parameters"].Get(parameters) && IsTrue(parameters, "binary_data_output");
  request.wanted.clear();
  json::Array outputs;
  if (!root["outputs"].Get(outputs) || outputs.begin() == outputs.end()) {
    for (std::size_t k = 0; k < model.outputs().size(); ++k) request.wanted.push_back({k, binary});
    return Ok();
  }
  for (const json::Element entry : outputs) {
    json::Object output;
    std::string_view name;
    if (!entry.Get(output) || !output["name"].Get(name)) return Malformed("an output has no name");
    std::size_t k = 0;
    while (k < model.outputs().size() && model.outputs()[k].name != name) ++k;
    if (k == model.outputs().size()) {
      std::vector<std::string> names;
      for (const ServedOutput& known : model.outputs()) names.push_back(known.name);
      return Error(Code::kInvalidArgument, "output-unknown", "model has no output of this name: " + Quoted(name))
          .Similar(SimilarNames(std::string(name), names));
    }
    json::Object own;
    bool own_binary = binary;
    if (output["parameters"].Get(own)) {
      bool told = false;
      if (own["binary_data"].Get(told)) own_binary = told;
    }
    request.wanted.push_back({k, own_binary});
  }
  return Ok();
}

void AppendRaw(const void* from, std::size_t size, std::string& out) {
  out.append(static_cast<const char*>(from), size);
}

/// The values of an output as little-endian bytes.
void AppendBinary(const ServedModel& model, const Scored& scored, std::size_t output, std::string& out) {
  const pipeline::Predictions& p = scored.predictions;
  const std::string& type = model.outputs()[output].datatype;
  for (std::size_t r = 0; r < scored.rows; ++r) {
    if (type == "FP64") {
      double value = __builtin_nan("");
      if (p.task != Task::kRegression) {
        value = p.scores[r * model.labels().size() + output - 1];
      } else {
        const auto& values = output == 0 ? p.values : output == 1 ? p.lower : p.upper;
        if (r < values.size()) value = values[r];
      }
      AppendRaw(&value, sizeof value, out);
      continue;
    }
    const std::string& label = model.pipeline().classes[std::size_t(p.labels[r])];
    if (type == "INT64") {
      const auto value = std::int64_t(ParseDouble(label).value_or(0));
      AppendRaw(&value, sizeof value, out);
    } else if (type == "BOOL") {
      out.push_back(static_cast<char>(p.labels[r]));
    } else {
      const auto length = std::uint32_t(label.size());
      AppendRaw(&length, sizeof length, out);
      out.append(label);
    }
  }
}

void AppendWarnings(const Scored& scored, std::string& out) {
  if (scored.warnings.empty()) return;
  out.append(",\"parameters\":{\"warnings\":{");
  bool first = true;
  for (const std::string_view id : {"new-category", "out-of-range", "column-missing"}) {
    std::int64_t rows = 0;
    for (const RowWarning& warning : scored.warnings) rows += warning.id == id ? warning.rows : 0;
    if (rows == 0) continue;
    out.append(first ? "\"" : ",\"").append(id).append("\":");
    AppendInteger(rows, out);
    first = false;
  }
  out.append("}}");
}

}  // namespace

bool ReadPlainInfer(std::string_view body, const ServedModel& model, InferRequest& request, InputRows& rows) {
  const std::size_t columns = model.inputs().size();
  const PlainTensor& plain = request.plain;
  if (!model.all_numbers() || columns < 2 || !ReadPlainTensor(body, request.plain)) return false;
  if (plain.columns != columns || plain.rows > kMostRows || plain.rows * columns > kMostCells) return false;
  request.id.assign(plain.id);
  request.wanted.clear();
  for (std::size_t k = 0; k < model.outputs().size(); ++k) request.wanted.push_back({k, false});
  rows.Start(model);
  rows.AddRows(plain.rows);
  for (std::size_t j = 0; j < columns; ++j)
    for (std::size_t r = 0; r < plain.rows; ++r) rows.SetNumber(j, r, plain.values[r * columns + j]);
  return true;
}

Status ReadInfer(json::Element root, std::string_view binary, const ServedModel& model, InferRequest& request,
                 InputRows& rows) {
  json::Object members;
  json::Array inputs;
  if (!root.Get(members)) return Malformed("an object is needed, not " + std::string(KindOf(root)));
  if (!members["inputs"].Get(inputs)) return Malformed("the key \"inputs\" with a list is needed");
  request.id.clear();
  if (std::string_view id; members["id"].Get(id)) request.id.assign(id);
  std::vector<Tensor> tensors;
  for (const json::Element entry : inputs) {
    if (tensors.size() > model.inputs().size()) return Malformed("there are more inputs than the model has");
    TW_TRY(Tensor tensor, ReadTensor(entry, binary));
    tensors.push_back(std::move(tensor));
  }
  if (tensors.empty()) return InputsMissing(tensors, model);
  if (!binary.empty()) return Malformed("there are bytes after the last input");
  TW_RETURN_IF_ERROR(ReadWanted(members, model, request));
  const bool together = IsTogether(tensors, model);
  std::vector<std::size_t> places{0};
  if (!together) {
    TW_TRY(places, PlacesOf(tensors, model));
  } else if (tensors[0].datatype == "BYTES" || tensors[0].datatype == "BOOL") {
    return Error(Code::kInvalidArgument, "datatype-wrong", "data does not fit the datatype: numbers are needed")
        .Column(tensors[0].name);
  }
  if (tensors[0].rows * model.inputs().size() > kMostCells) return TooManyRows(tensors[0].rows);
  rows.Start(model);
  rows.AddRows(tensors[0].rows);
  for (std::size_t i = 0; i < tensors.size(); ++i) TW_RETURN_IF_ERROR(FillTensor(tensors[i], places[i], rows));
  return Ok();
}

std::size_t WriteInfer(const ServedModel& model, const Scored& scored, const InferRequest& request, std::string& out) {
  std::string tail;
  out.append("{\"model_name\":");
  AppendQuoted(model.name(), out);
  out.append(",\"model_version\":\"").append(model.version_text()).push_back('"');
  if (!request.id.empty()) {
    out.append(",\"id\":");
    AppendQuoted(request.id, out);
  }
  AppendWarnings(scored, out);
  out.append(",\"outputs\":[");
  for (std::size_t i = 0; i < request.wanted.size(); ++i) {
    const auto [k, binary] = request.wanted[i];
    out.append(i == 0 ? "{\"name\":" : ",{\"name\":");
    AppendQuoted(model.outputs()[k].name, out);
    out.append(",\"datatype\":\"").append(model.outputs()[k].datatype).append("\",\"shape\":[");
    AppendInteger(std::int64_t(scored.rows), out);
    if (binary) {
      const std::size_t before = tail.size();
      AppendBinary(model, scored, k, tail);
      out.append("],\"parameters\":{\"binary_data_size\":");
      AppendInteger(std::int64_t(tail.size() - before), out);
      out.append("}}");
      continue;
    }
    out.append("],\"data\":[");
    for (std::size_t r = 0; r < scored.rows; ++r) {
      if (r > 0) out.push_back(',');
      AppendOutput(model, scored.predictions, k, r, out);
    }
    out.append("]}");
  }
  out.append("]}");
  const std::size_t json = out.size();
  out.append(tail);
  return tail.empty() ? 0 : json;
}

void WriteMetadata(const ServedModel& model, const std::vector<std::string>& versions, std::string& out) {
  out.append("{\"name\":");
  AppendQuoted(model.name(), out);
  out.append(",\"versions\":[");
  for (std::size_t i = 0; i < versions.size(); ++i) {
    if (i > 0) out.push_back(',');
    AppendQuoted(versions[i], out);
  }
  out.append("],\"platform\":\"tagwerk\",\"inputs\":[");
  for (std::size_t i = 0; i < model.inputs().size(); ++i) {
    out.append(i == 0 ? "{\"name\":" : ",{\"name\":");
    AppendQuoted(model.inputs()[i].name, out);
    out.append(",\"datatype\":\"").append(model.inputs()[i].datatype).append("\",\"shape\":[-1]}");
  }
  out.append("],\"outputs\":[");
  for (std::size_t i = 0; i < model.outputs().size(); ++i) {
    out.append(i == 0 ? "{\"name\":" : ",{\"name\":");
    AppendQuoted(model.outputs()[i].name, out);
    out.append(",\"datatype\":\"").append(model.outputs()[i].datatype).append("\",\"shape\":[-1]}");
  }
  out.append("]}");
}

}  // namespace tagwerk::serve
