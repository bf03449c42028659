// A model as the server holds it: the pipeline, and everything about it that each answer would otherwise work out anew.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "io/missing.h"
#include "pipeline/pipeline.h"

namespace tagwerk::serve {

/// One column that the model reads.
struct ServedInput {
  std::string name;
  table::Field field;
  table::Storage storage = table::Storage::kDouble;  ///< of its type
  std::string_view datatype;                         ///< of the Open Inference Protocol
};

/// One column that it answers.
struct ServedOutput {
  std::string name, datatype;
  std::string key;  ///< as it begins in an answer: `,"probability[true]":`
};

class ServedModel {
 public:
  ServedModel(std::string name, int version, std::uint64_t serial, pipeline::Pipeline pipeline);
  ServedModel(const ServedModel&) = delete;
  ServedModel& operator=(const ServedModel&) = delete;

  const std::string& name() const { return name_; }
  int version() const { return version_; }
  std::uint64_t serial() const { return serial_; }  ///< of this process: no two models have the same
  const std::string& version_text() const { return version_text_; }
  const pipeline::Pipeline& pipeline() const { return pipeline_; }
  const std::vector<ServedInput>& inputs() const { return inputs_; }
  const std::vector<ServedOutput>& outputs() const { return outputs_; }
  /// Returns the number of an input by its name (blanks around it do not count).
  std::optional<std::size_t> FindInput(std::string_view name) const;
  std::vector<std::string> input_names() const;
  /// Labels as they stand in an answer: true, 3, "yes".
  const std::vector<std::string>& labels() const { return labels_; }
  const std::string& head() const { return head_; }  ///< of an answer to rows, up to the request's id
  bool all_numbers() const { return all_numbers_; }  ///< every input is numeric
  const io::MissingMarkers& markers() const { return markers_; }

  /// How long answers take: nanoseconds for each byte of the request's body, an average that follows the last ones.
  double nanoseconds_per_byte() const { return cost_.load(std::memory_order_relaxed); }
  void Observe(std::size_t bytes, double seconds) const;

 private:
  std::string name_;
  int version_;
  std::uint64_t serial_;
  std::string version_text_;
  pipeline::Pipeline pipeline_;
  std::vector<ServedInput> inputs_;
  std::vector<ServedOutput> outputs_;
  std::vector<std::string> labels_;
  std::unordered_map<std::string_view, std::size_t> by_name_;
  std::string head_;
  bool all_numbers_ = true;
  io::MissingMarkers markers_;
  mutable std::atomic<double> cost_{0};
};
using ServedModelPtr = std::shared_ptr<const ServedModel>;

}  // namespace tagwerk::serve
