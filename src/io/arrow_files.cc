// Parquet and Arrow IPC through Arrow C++, without its thread pools: parallel work runs on ours.
#include "io/arrow_files.h"

#include <arrow/api.h>
#include <arrow/io/api.h>
#include <arrow/ipc/api.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/text.h"
#include "io/arrow_convert.h"
#include "io/csv_sniff.h"
#include "io/json_lines.h"

namespace tagwerk::io {
namespace {

constexpr const char* kParquetFault = "parquet-unreadable";
constexpr const char* kArrowFault = "arrow-unreadable";

std::shared_ptr<arrow::io::BufferReader> Wrap(const Input& input) {
  return std::make_shared<arrow::io::BufferReader>(std::make_shared<arrow::Buffer>(
      reinterpret_cast<const std::uint8_t*>(input.bytes.data()), std::int64_t(input.bytes.size())));
}

Error FooterDamaged(const Input& input, const std::string& what) {
  const std::int64_t at = std::max<std::int64_t>(0, std::int64_t(input.bytes.size()) - 8);
  return Error(Code::kInvalidData, kParquetFault, "Parquet footer is damaged: " + what)
      .In(input.path, Bytes(input.bytes.size()))
      .Byte(at)
      .Do("copy the file again; if it is still being written, wait for its rename");
}

Status CheckFooter(const Input& input) {
  const std::string_view bytes = input.bytes;
  if (bytes.size() < 12) return FooterDamaged(input, "the file ends after " + Bytes(bytes.size()));
  if (bytes.substr(bytes.size() - 4) != "PAR1") return FooterDamaged(input, "it does not end with PAR1");
  std::uint32_t length = 0;
  std::memcpy(&length, bytes.data() + bytes.size() - 8, 4);
  if (length > bytes.size() - 12) {
    return FooterDamaged(input, fmt::format("length {} is larger than the file", Count(length)));
  }
  return Ok();
}

// Runs a body that may throw (Parquet reports some damage by exceptions) or return a status.
template <class Body>
Status Guarded(const Input& input, const char* id, const char* what, Body body) {
  const auto no_memory = [&] {
    return Error(Code::kResourceExhausted, "memory-limit", "no memory to read the file")
        .In(input.path)
        .Do("--memory with a larger limit; a damaged file may ask for any amount");
  };
  try {
    const arrow::Status status = body();
    if (status.IsOutOfMemory()) return no_memory();
    if (!status.ok()) return ArrowError(status, id, what, input.path);
    return Ok();
  } catch (const std::bad_alloc&) {
    return no_memory();
  } catch (const parquet::ParquetStatusException& fault) {
    if (fault.status().IsOutOfMemory()) return no_memory();
    return ArrowError(fault.status(), id, what, input.path);
  } catch (const std::exception& fault) {
    return ArrowError(arrow::Status::Invalid(fault.what()), id, what, input.path);
  }
}

// What a page or a buffer claims to unpack to is allocated before it is looked at. That damage stops here, not in the
// kernel, is all that the cap is for: Arrow's own buffers may go some way beyond the memory limit (0: none).
std::unique_ptr<arrow::MemoryPool> CappedPool(std::uint64_t memory_limit) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  constexpr std::uint64_t kLeast = 512 << 20;
  const std::uint64_t most = memory_limit > 0 ? std::clamp(memory_limit, kLeast / 4, kMost / 4) * 4 : kMost;
  return std::make_unique<arrow::CappedMemoryPool>(arrow::default_memory_pool(), std::int64_t(most));
}

struct ParquetFile {
  std::unique_ptr<arrow::MemoryPool> pool;  ///< outlives what is read
  std::shared_ptr<parquet::FileMetaData> metadata;
  std::unique_ptr<parquet::arrow::FileReader> reader;
};

Result<ParquetFile> OpenParquet(const Input& input, std::shared_ptr<parquet::FileMetaData> metadata,
                                std::uint64_t memory_limit) {
  ParquetFile file;
  file.pool = CappedPool(memory_limit);
  TW_RETURN_IF_ERROR(Guarded(input, kParquetFault, "Parquet file is damaged", [&]() -> arrow::Status {
    auto raw = parquet::ParquetFileReader::Open(Wrap(input), parquet::ReaderProperties(file.pool.get()), metadata);
    file.metadata = raw->metadata();
    ARROW_ASSIGN_OR_RAISE(file.reader, parquet::arrow::FileReader::Make(file.pool.get(), std::move(raw)));
    return arrow::Status::OK();
  }));
  return file;
}

arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> OpenIpc(const Input& input, FileFormat format,
                                                                 arrow::MemoryPool* pool) {
  auto options = arrow::ipc::IpcReadOptions::Defaults();
  options.use_threads = false;
  options.memory_pool = pool;
  if (format == FileFormat::kArrowStream) {
    ARROW_ASSIGN_OR_RAISE(auto reader, arrow::ipc::RecordBatchStreamReader::Open(Wrap(input), options));
    return std::static_pointer_cast<arrow::RecordBatchReader>(reader);
  }
  ARROW_ASSIGN_OR_RAISE(auto file, arrow::ipc::RecordBatchFileReader::Open(Wrap(input), options));
  auto next = [file, i = 0]() mutable -> arrow::Result<std::shared_ptr<arrow::RecordBatch>> {
    if (i == file->num_record_batches()) return nullptr;
    return file->ReadRecordBatch(i++);
  };
  return arrow::RecordBatchReader::MakeFromIterator(
      arrow::Iterator<std::shared_ptr<arrow::RecordBatch>>(arrow::MakeFunctionIterator(std::move(next))),
      file->schema());
}

void SetInfo(const Input& input, const char* format, SourceInfo& info) {
  info.path = input.path;
  info.format = format;
  info.compression = input.compression;
  info.bytes = input.file_bytes;
}

class BatchReaderSource : public BatchSource {
 public:
  BatchReaderSource(const Context& context, Input input, const ReadOptions& options, std::size_t batch_rows)
      : context_(context), input_(std::move(input)), markers_(options.missing, false), batch_rows_(batch_rows) {}

  Status Open(FileFormat format) {
    id_ = format == FileFormat::kParquet ? kParquetFault : kArrowFault;
    if (format == FileFormat::kParquet) {
      TW_RETURN_IF_ERROR(CheckFooter(input_));
      TW_TRY(file_, OpenParquet(input_, nullptr, context_.memory_limit));
      return Guarded(input_, id_, "Parquet file is damaged", [&]() -> arrow::Status {
        file_.reader->set_batch_size(std::int64_t(batch_rows_));
        ARROW_ASSIGN_OR_RAISE(auto reader, file_.reader->GetRecordBatchReader());
        reader_ = std::move(reader);
        return arrow::Status::OK();
      });
    }
    return Guarded(input_, id_, "Arrow file is damaged", [&]() -> arrow::Status {
      pool_ = CappedPool(context_.memory_limit);
      ARROW_ASSIGN_OR_RAISE(reader_, OpenIpc(input_, format, pool_.get()));
      return arrow::Status::OK();
    });
  }

  Result<std::optional<TypedSource>> Next() override {
    while (pending_ == nullptr || offset_ >= pending_->num_rows()) {
      offset_ = 0;
      TW_RETURN_IF_ERROR(Guarded(input_, id_, "file is damaged", [&]() -> arrow::Status {
        ARROW_RETURN_NOT_OK(reader_->ReadNext(&pending_));
        return pending_ == nullptr ? arrow::Status::OK() : pending_->ValidateFull();
      }));
      if (pending_ == nullptr) return std::optional<TypedSource>();
    }
    const auto batch = pending_->Slice(offset_, std::int64_t(batch_rows_));
    offset_ += batch->num_rows();
    TW_TRY(auto source, FromBatchList(context_, *reader_->schema(), {batch}, markers_));
    SetInfo(input_, "", source.info);
    if (input_.LargerThanMemory(context_)) input_.GiveBack(0, input_.bytes.size());
    return std::optional<TypedSource>(std::move(source));
  }

  std::vector<std::string> names() const override { return reader_->schema()->field_names(); }

 private:
  Context context_;
  Input input_;
  MissingMarkers markers_;
  std::size_t batch_rows_;
  const char* id_ = kArrowFault;
  ParquetFile file_;
  std::unique_ptr<arrow::MemoryPool> pool_;  ///< outlives what is read
  std::shared_ptr<arrow::RecordBatchReader> reader_;
  std::shared_ptr<arrow::RecordBatch> pending_;
  std::int64_t offset_ = 0;
};

}  // namespace

Result<FileFormat> DetectFormat(const Input& input) {
  if (!input.made_from.empty()) return FileFormat::kCsv;
  const std::string_view bytes = input.bytes;
  const std::string name = Lower(input.path);
  auto ends = [&](std::string_view ending) {
    return name.size() >= ending.size() && name.compare(name.size() - ending.size(), ending.size(), ending) == 0;
  };
  if (bytes.starts_with("PAR1")) return FileFormat::kParquet;
  if (bytes.starts_with("ARROW1")) return FileFormat::kArrowFile;
  if (bytes.starts_with(std::string_view("\xFF\xFF\xFF\xFF", 4)) && bytes.size() > 8) {
    return FileFormat::kArrowStream;
  }
  if (bytes.starts_with("PARE") && ends(".parquet")) {
    return Error(Code::kInvalidData, kParquetFault, "Parquet file is encrypted").In(input.path);
  }
  if ((ends(".parquet") || ends(".pq")) && !bytes.empty()) {
    return Error(Code::kInvalidData, kParquetFault, "Parquet file does not start with PAR1")
        .In(input.path, Bytes(bytes.size()))
        .Byte(0)
        .Do("copy the file again; if it is still being written, wait for its rename");
  }
  if (bytes.starts_with("FEA1")) {
    return Error(Code::kInvalidData, "not-a-table", "Feather version 1 is not read: starts with \"FEA1\"")
        .In(input.path)
        .Do("write it again as Arrow IPC (Feather version 2) or Parquet");
  }
  const bool bom = bytes.starts_with("\xEF\xBB\xBF");
  if (LooksLikeJson(bytes.substr(bom ? 3 : 0))) return FileFormat::kJson;
  if ((ends(".jsonl") || ends(".ndjson")) && !Trim(bytes.substr(0, 65536)).empty()) return FileFormat::kJson;
  return FileFormat::kCsv;
}

Result<TypedSource> ReadParquet(const Context& context, const Input& input, const ReadOptions& options) {
  TW_RETURN_IF_ERROR(CheckFooter(input));
  TW_TRY(const ParquetFile first, OpenParquet(input, nullptr, context.memory_limit));
  std::shared_ptr<arrow::Schema> schema;
  TW_RETURN_IF_ERROR(
      Guarded(input, kParquetFault, "Parquet file is damaged", [&] { return first.reader->GetSchema(&schema); }));
  const auto width = std::size_t(schema->num_fields());
  const MissingMarkers markers(options.missing, false);
  TypedSource source;
  SetInfo(input, "Parquet", source.info);
  source.columns.resize(width);
  std::vector<Status> states(width);
  context.pool->For(width, [&](std::size_t c) {
    if (context.Stopped()) return;
    auto convert = [&]() -> Status {
      TW_TRY(const ParquetFile file, OpenParquet(input, first.metadata, context.memory_limit));
      std::shared_ptr<arrow::ChunkedArray> array;
      TW_RETURN_IF_ERROR(Guarded(input, kParquetFault, "Parquet file is damaged", [&]() -> arrow::Status {
        ARROW_RETURN_NOT_OK(file.reader->ReadColumn(int(c), &array));
        return array->Validate();
      }));
      TW_TRY(source.columns[c], FromArrow(*array, schema->field(int(c))->name(), markers));
      return Ok();
    };
    states[c] = convert();
  });
  if (context.Stopped()) return Error(Code::kCancelled, "interrupted", "reading was interrupted");
  for (Status& state : states) TW_RETURN_IF_ERROR(std::move(state));
  source.rows = width == 0 ? 0 : source.columns[0].column->size();
  for (const TypedColumn& column : source.columns) {
    if (column.column->size() == source.rows) continue;
    return FooterDamaged(input, "columns differ in length");
  }
  source.info.rows = source.rows;
  return source;
}

Result<std::uint64_t> TableBytes(const Input& input, FileFormat format) {
  constexpr double kOfJsonText = 0.6, kOfArrow = 1.2;  // a table's bytes for each of the file
  if (format == FileFormat::kJson) return std::uint64_t(double(input.bytes.size()) * kOfJsonText);
  if (format != FileFormat::kParquet) return std::uint64_t(double(input.bytes.size()) * kOfArrow);
  TW_RETURN_IF_ERROR(CheckFooter(input));
  TW_TRY(const ParquetFile file, OpenParquet(input, nullptr, 0));
  double unpacked = 0;
  for (int g = 0; g < file.metadata->num_row_groups(); ++g) {
    unpacked += double(file.metadata->RowGroup(g)->total_byte_size());
  }
  const double cells = double(file.metadata->num_rows()) * double(file.metadata->num_columns());
  return std::uint64_t(std::clamp(cells * 8 + unpacked / 2, 0.0, 0x1p62));
}

Result<TypedSource> ReadArrowIpc(const Context& context, const Input& input, FileFormat format,
                                 const ReadOptions& options) {
  const auto pool = CappedPool(context.memory_limit);  // outlives what is read
  std::shared_ptr<arrow::RecordBatchReader> reader;
  TW_RETURN_IF_ERROR(Guarded(input, kArrowFault, "Arrow file is damaged", [&]() -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(reader, OpenIpc(input, format, pool.get()));
    return arrow::Status::OK();
  }));
  const MissingMarkers markers(options.missing, false);
  TW_TRY(auto source, FromBatches(context, *reader, markers, kArrowFault, input.path));
  SetInfo(input, "Arrow IPC", source.info);
  return source;
}

Result<std::unique_ptr<BatchSource>> OpenBatches(const Context& context, const Input& input, FileFormat format,
                                                 const ReadOptions& options, std::size_t batch_rows) {
  auto source = std::make_unique<BatchReaderSource>(context, input, options, batch_rows);
  TW_RETURN_IF_ERROR(source->Open(format));
  return std::unique_ptr<BatchSource>(std::move(source));
}

}  // namespace tagwerk::io
