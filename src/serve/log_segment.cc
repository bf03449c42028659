#include "serve/log_segment.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "base/constants.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"
#include "pipeline/range.h"
#include "serve/http.h"

namespace tagwerk::serve {
namespace {

constexpr double kMicroseconds = 1e6;
constexpr std::size_t kHashesOfPart = 8192;
constexpr std::size_t kFirstOutput = 3;          ///< after prediction_id, time, route
constexpr std::string_view kRoute = "champion";  ///< until there are others: canary, shadow

io::RecordType TypeOfOutput(std::string_view datatype) {
  if (datatype == "INT64") return io::RecordType::kInt64;
  if (datatype == "BOOL") return io::RecordType::kBoolean;
  return datatype == "BYTES" ? io::RecordType::kText : io::RecordType::kDouble;
}

io::RecordType TypeOfInput(table::Storage storage) {
  if (storage == table::Storage::kTimestamp) return io::RecordType::kWallTime;
  return storage == table::Storage::kString ? io::RecordType::kText : io::RecordType::kDouble;
}

std::vector<io::RecordColumn> ColumnsOf(const ServedModel& model, bool with_inputs) {
  using io::RecordType;
  std::vector<io::RecordColumn> columns{
      {"prediction_id", RecordType::kText, true}, {"time", RecordType::kUtcTime}, {"route", RecordType::kText}};
  for (const ServedOutput& output : model.outputs()) columns.push_back({output.name, TypeOfOutput(output.datatype)});
  columns.push_back({"latency_us", RecordType::kInt32});
  columns.push_back({"warnings", RecordType::kTexts});
  if (!with_inputs) return columns;
  for (const ServedInput& input : model.inputs())
    columns.push_back({"input." + input.name, TypeOfInput(input.storage)});
  return columns;
}

/// A name that no other server and no earlier file has.
std::string FileName(const std::string& utc) {
  static thread_local std::mt19937_64 random{std::random_device()()};
  return fmt::format("{}{}{}-{:016x}.parquet", utc.substr(11, 2), utc.substr(14, 2), utc.substr(17, 2), random());
}

/// Makes the entry of a renamed file last.
void SyncFolder(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

/// Whether a warning that counts rows of a request is about this one.
bool Concerns(const RowWarning& warning, const TableRows& rows, std::size_t input, std::size_t row) {
  if (std::size_t(warning.rows) == rows.rows) return true;
  const table::ColumnPtr& cells = rows.inputs[input];
  if (warning.id == "column-missing") return cells == nullptr || cells->IsMissing(row);
  if (cells == nullptr || cells->IsMissing(row)) return false;
  if (warning.id == "out-of-range")
    return cells->storage() == table::Storage::kDouble &&
           pipeline::OutOfRange(rows.model->pipeline().inputs[input], (*cells->doubles())[row]);
  for (const auto& entry : rows.predictions.report.new_categories) {
    if (entry.column != warning.column) continue;
    const std::string text = cells->Text(row);
    return std::any_of(entry.examples.begin(), entry.examples.end(), [&](const auto& e) { return e.first == text; });
  }
  return false;
}

}  // namespace

std::string WarningText(const RowWarning& warning) { return std::string(warning.id) + ":" + warning.column; }

std::string FolderName(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool plain = IsAlphanumeric(c) || c == '-' || c == '_' || (c == '.' && !out.empty());
    if (plain)
      out.push_back(c);
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

LogSegment::LogSegment(const ServedModel& model, bool with_inputs)
    : model_(model.name()), version_(model.version()), with_inputs_(with_inputs) {
  if (model.outputs()[0].datatype != "INT64") return;
  for (const std::string& label : model.pipeline().classes)
    whole_labels_.push_back(std::int64_t(ParseDouble(label).value_or(0)));
}

Result<std::unique_ptr<LogSegment>> LogSegment::Open(const std::string& folder, const ServedModel& model,
                                                     std::int64_t time, bool with_inputs) {
  std::unique_ptr<LogSegment> segment(new LogSegment(model, with_inputs));
  const std::string utc = UtcTime(double(time) / kMicroseconds);
  segment->folder_ =
      folder + "/" + FolderName(model.name()) + "/" + model.version_text() + "/date=" + utc.substr(0, 10);
  TW_RETURN_IF_ERROR(MakeFolders(segment->folder_));
  segment->path_ = segment->folder_ + "/" + FileName(utc);
  TW_TRY(segment->file_, io::RecordFile::Open(segment->path_, ColumnsOf(model, with_inputs)));
  segment->first_ = segment->last_ = time;
  return segment;
}

void LogSegment::AppendHead(std::string_view id, std::int64_t time) {
  file_->Text(0, id);
  if (id_hashes_.empty() || id_hashes_.back().size() == kHashesOfPart) {
    id_hashes_.emplace_back();
    if (id_hashes_.size() > 1) id_hashes_.back().reserve(kHashesOfPart);
  }
  id_hashes_.back().push_back(HashBytes(id));
  file_->Time(1, time);
  file_->Text(2, kRoute);
  first_ = std::min(first_, time);
  last_ = std::max(last_, time);
}

std::size_t LogSegment::AppendLabel(const ServedModel& model, std::size_t column, std::int32_t label) {
  const std::string& datatype = model.outputs()[0].datatype;
  if (datatype == "INT64")
    file_->Integer(column, whole_labels_[std::size_t(label)]);
  else if (datatype == "BOOL")
    file_->Boolean(column, label != 0);
  else
    file_->Text(column, model.pipeline().classes[std::size_t(label)]);
  return column + 1;
}

std::size_t LogSegment::AppendTail(std::size_t column, std::int32_t latency, const std::vector<std::string>& warnings) {
  file_->Integer(column, latency);
  file_->Texts(column + 1, warnings);
  return column + 2;
}

Status LogSegment::Append(const NumberRows& rows, std::size_t row) {
  const ServedModel& model = *rows.model;
  const std::size_t inputs = model.inputs().size(), outputs = model.outputs().size();
  const NumberRows::Row& told = rows.rows[row];
  const std::size_t id_begin = row == 0 ? 0 : rows.rows[row - 1].id_end;
  AppendHead(std::string_view(rows.ids).substr(id_begin, told.id_end - id_begin), told.time);
  const double* cells = rows.cells.data() + row * (inputs + outputs);
  std::size_t column = kFirstOutput;
  const bool labelled = model.pipeline().task != Task::kRegression;
  if (labelled) column = AppendLabel(model, column, std::int32_t(cells[inputs]));
  for (std::size_t k = labelled ? 1 : 0; k < outputs; ++k) file_->Number(column++, cells[inputs + k]);
  std::vector<std::string> warnings;
  auto at = std::lower_bound(rows.warnings.begin(), rows.warnings.end(), row,
                             [](const auto& entry, std::size_t wanted) { return entry.first < wanted; });
  for (; at != rows.warnings.end() && at->first == row; ++at) warnings.push_back(at->second);
  column = AppendTail(column, told.latency, warnings);
  for (std::size_t i = 0; with_inputs_ && i < inputs; ++i) {
    const ServedInput& input = model.inputs()[i];
    if (input.storage == table::Storage::kDouble)
      file_->Number(column++, cells[i]);
    else if (std::isnan(cells[i]) || input.storage == table::Storage::kTimestamp)
      file_->Null(column++);
    else
      file_->Text(column++, Shortest(cells[i]));
  }
  return file_->EndRow();
}

std::size_t LogSegment::AppendOutputs(const TableRows& rows) {
  const ServedModel& model = *rows.model;
  const pipeline::Predictions& p = rows.predictions;
  std::size_t column = kFirstOutput;
  numbers_.assign(rows.rows, kNaN);
  if (p.task != Task::kRegression) {
    const std::size_t width = model.labels().size();
    for (std::size_t r = 0; r < rows.rows; ++r) AppendLabel(model, column, p.labels[r]);
    for (std::size_t k = 0; k < width; ++k) {
      for (std::size_t r = 0; r < rows.rows; ++r) numbers_[r] = p.scores[r * width + k];
      file_->Numbers(++column, numbers_);
    }
    return column + 1;
  }
  for (std::size_t k = 0; k < model.outputs().size(); ++k) {
    const auto& values = k == 0 ? p.values : k == 1 ? p.lower : p.upper;
    file_->Numbers(column++, values.size() == rows.rows ? values : numbers_);
  }
  return column;
}

void LogSegment::AppendCell(std::size_t column, const ServedInput& input, const table::Column& cells, std::size_t row) {
  if (cells.IsMissing(row)) {
    file_->Null(column);
  } else if (input.storage == table::Storage::kString) {
    file_->Text(column, cells.Text(row));
  } else if (cells.storage() != input.storage) {  // an ordinal that came as a word, or the like
    if (input.storage == table::Storage::kDouble)
      file_->Number(column, ParseDouble(cells.Text(row)).value_or(kNaN));
    else
      file_->Null(column);
  } else if (input.storage == table::Storage::kDouble) {
    file_->Number(column, (*cells.doubles())[row]);
  } else {
    file_->Time(column, (*cells.timestamps())[row]);
  }
}

void LogSegment::AppendColumn(std::size_t column, const ServedInput& input, const table::Column& cells) {
  if (input.storage == table::Storage::kDouble && cells.storage() == table::Storage::kDouble)
    return file_->Numbers(column, *cells.doubles());
  for (std::size_t r = 0; r < cells.size(); ++r) AppendCell(column, input, cells, r);
}

void LogSegment::AppendWarnings(std::size_t column, const TableRows& rows) {
  std::vector<std::size_t> about;  // the input of each warning
  for (const RowWarning& warning : rows.warnings) about.push_back(rows.model->FindInput(warning.column).value_or(0));
  std::vector<std::string> warnings;
  for (std::size_t r = 0; r < rows.rows; ++r) {
    warnings.clear();
    for (std::size_t w = 0; w < about.size(); ++w)
      if (Concerns(rows.warnings[w], rows, about[w], r)) warnings.push_back(WarningText(rows.warnings[w]));
    file_->Texts(column, warnings);
  }
}

// Column by column: bodies of many rows come in by the thousand a second.
Status LogSegment::Append(const TableRows& rows) {
  const ServedModel& model = *rows.model;
  std::string id;
  for (std::size_t r = 0; r < rows.rows; ++r) {
    if (r < rows.ids.size() && !rows.ids[r].empty())
      id = rows.ids[r];
    else
      id.assign(rows.request_id).append(":").append(std::to_string(r));
    AppendHead(id, rows.time);
  }
  std::size_t column = AppendOutputs(rows);
  for (std::size_t r = 0; r < rows.rows; ++r) file_->Integer(column, rows.latency);
  AppendWarnings(column + 1, rows);
  column += 2;
  for (std::size_t i = 0; with_inputs_ && i < model.inputs().size(); ++i, ++column) {
    if (rows.inputs[i] != nullptr)
      AppendColumn(column, model.inputs()[i], *rows.inputs[i]);
    else
      for (std::size_t r = 0; r < rows.rows; ++r) file_->Null(column);
  }
  return file_->EndRows(rows.rows);
}

Result<SegmentFacts> LogSegment::Seal() {
  TW_RETURN_IF_ERROR(file_->Close());
  SyncFolder(folder_);
  return SegmentFacts{path_, model_, version_, file_->rows(), file_->bytes(), first_, last_};
}

}  // namespace tagwerk::serve
