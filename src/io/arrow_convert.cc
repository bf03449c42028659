// Arrow to columns: one pass over the chunks per column.
#include "io/arrow_convert.h"

#include <arrow/api.h>
#include <arrow/util/float16.h>

#include <cmath>

#include "base/constants.h"
#include "base/json.h"
#include "base/text.h"
#include "io/encoding.h"

namespace tagwerk::io {
namespace {

// Collects the values of a column in one of the three storages.
struct Sink {
  const MissingMarkers& markers;
  table::Storage storage = table::Storage::kDouble;
  std::vector<double> numbers;
  std::vector<std::int64_t> times;
  std::vector<std::int32_t> codes;
  table::DictionaryBuilder builder;
  TypedColumn out;

  void Missing() {
    if (storage == table::Storage::kDouble) numbers.push_back(kNaN);
    if (storage == table::Storage::kTimestamp) times.push_back(table::kMissingTime);
    if (storage == table::Storage::kString) codes.push_back(-1);
  }
  void Number(double value) {
    if (std::isinf(value)) {
      ++out.conversion.infinite;
      value = kNaN;
    }
    numbers.push_back(markers.ContainsNumber(value) ? kNaN : value);
  }
  void Text(std::string_view text) {
    text = TrimBlanks(text);
    if (markers.Contains(text)) {
      codes.push_back(-1);
    } else if (ValidUtf8Prefix(text) == text.size()) {
      codes.push_back(builder.Intern(text));
    } else {
      codes.push_back(builder.Intern(MakeUtf8(text)));
    }
  }
  TypedColumn Finish(const std::string& name) {
    out.name = name;
    switch (storage) {
      case table::Storage::kDouble:
        out.column = table::Column::Doubles(std::move(numbers));
        break;
      case table::Storage::kTimestamp:
        out.column = table::Column::Timestamps(std::move(times));
        break;
      case table::Storage::kString:
        out.column = table::Column::Strings(std::move(codes), std::move(builder).Finish());
        break;
    }
    return std::move(out);
  }
};

template <class Array, class Add>
void Each(const arrow::Array& any, Sink& sink, Add add) {
  const auto& array = static_cast<const Array&>(any);
  for (std::int64_t i = 0; i < array.length(); ++i) {
    if (array.IsNull(i)) {
      sink.Missing();
    } else {
      add(array, i);
    }
  }
}

template <class Array>
bool HasInexact(const arrow::ChunkedArray& chunks) {
  for (const auto& chunk : chunks.chunks()) {
    const auto& array = static_cast<const Array&>(*chunk);
    for (std::int64_t i = 0; i < array.length(); ++i) {
      if (array.IsNull(i)) continue;
      const auto value = array.Value(i);
      const double number = double(value);
      if (number >= 0x1p63 * (std::is_unsigned_v<decltype(value)> ? 2 : 1)) return true;
      if (decltype(value)(number) != value) return true;
    }
  }
  return false;
}

template <class Array>
void Integers(const arrow::ChunkedArray& chunks, Sink& sink) {
  if constexpr (sizeof(typename Array::value_type) == 8) {
    if (HasInexact<Array>(chunks)) {
      sink.storage = table::Storage::kString;
      for (const auto& chunk : chunks.chunks()) {
        Each<Array>(*chunk, sink, [&](const Array& a, std::int64_t i) { sink.Text(std::to_string(a.Value(i))); });
      }
      return;
    }
  }
  for (const auto& chunk : chunks.chunks()) {
    Each<Array>(*chunk, sink, [&](const Array& a, std::int64_t i) { sink.Number(double(a.Value(i))); });
  }
}

template <class Array>
void Numbers(const arrow::ChunkedArray& chunks, Sink& sink) {
  for (const auto& chunk : chunks.chunks()) {
    Each<Array>(*chunk, sink, [&](const Array& a, std::int64_t i) { sink.Number(double(a.Value(i))); });
  }
}

template <class Array>
void Texts(const arrow::ChunkedArray& chunks, Sink& sink) {
  sink.storage = table::Storage::kString;
  for (const auto& chunk : chunks.chunks()) {
    Each<Array>(*chunk, sink, [&](const Array& a, std::int64_t i) { sink.Text(a.GetView(i)); });
  }
}

// Multiplies, or divides rounding down; out-of-range times are missing.
std::int64_t ScaleTime(std::int64_t value, arrow::TimeUnit::type unit) {
  std::int64_t out = 0;
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return __builtin_mul_overflow(value, std::int64_t(1'000'000), &out) ? table::kMissingTime : out;
    case arrow::TimeUnit::MILLI:
      return __builtin_mul_overflow(value, std::int64_t(1000), &out) ? table::kMissingTime : out;
    case arrow::TimeUnit::MICRO:
      return value;
    case arrow::TimeUnit::NANO:
      return value >= 0 ? value / 1000 : -((-(value + 1)) / 1000) - 1;
  }
  return value;
}

void Timestamps(const arrow::ChunkedArray& chunks, Sink& sink) {
  sink.storage = table::Storage::kTimestamp;
  const auto unit = static_cast<const arrow::TimestampType&>(*chunks.type()).unit();
  for (const auto& chunk : chunks.chunks()) {
    Each<arrow::TimestampArray>(*chunk, sink, [&](const arrow::TimestampArray& a, std::int64_t i) {
      sink.times.push_back(ScaleTime(a.Value(i), unit));
    });
  }
}

template <class Array>
void Dates(const arrow::ChunkedArray& chunks, Sink& sink, std::int64_t unit) {
  sink.storage = table::Storage::kTimestamp;
  sink.out.date_only = true;
  for (const auto& chunk : chunks.chunks()) {
    Each<Array>(*chunk, sink, [&](const Array& a, std::int64_t i) {
      std::int64_t time = 0;
      const bool overflow = __builtin_mul_overflow(std::int64_t(a.Value(i)), unit, &time);
      sink.times.push_back(overflow ? table::kMissingTime : time);
    });
  }
}

template <class Array>
void TimesOfDay(const arrow::ChunkedArray& chunks, Sink& sink, arrow::TimeUnit::type unit) {
  sink.storage = table::Storage::kString;
  for (const auto& chunk : chunks.chunks()) {
    Each<Array>(*chunk, sink, [&](const Array& a, std::int64_t i) {
      const std::int64_t time = ScaleTime(a.Value(i), unit);
      if (time < 0 || time >= kMicrosecondsPerDay) {
        sink.Missing();
      } else {
        sink.Text(table::TimestampText(time).substr(11));
      }
    });
  }
}

void Booleans(const arrow::ChunkedArray& chunks, Sink& sink) {
  sink.storage = table::Storage::kString;
  sink.out.boolean = true;
  for (const auto& chunk : chunks.chunks()) {
    Each<arrow::BooleanArray>(
        *chunk, sink, [&](const arrow::BooleanArray& a, std::int64_t i) { sink.Text(a.Value(i) ? "true" : "false"); });
  }
}

template <class Array>
void Decimals(const arrow::ChunkedArray& chunks, Sink& sink) {
  for (const auto& chunk : chunks.chunks()) {
    Each<Array>(*chunk, sink, [&](const Array& a, std::int64_t i) {
      sink.Number(ParseNumber(a.FormatValue(i), NumberStyle::kPlain).value);
    });
  }
}

void Nested(const arrow::ChunkedArray& chunks, Sink& sink) {
  sink.storage = table::Storage::kString;
  sink.out.nested = true;
  std::string text;
  for (const auto& chunk : chunks.chunks()) {
    Each<arrow::Array>(*chunk, sink, [&](const arrow::Array& a, std::int64_t i) {
      text.clear();
      AppendJsonValue(a, i, text);
      sink.Text(text);
    });
  }
}

// The distinct values are converted once, then addressed by the indices of each chunk.
Status Dictionaries(const arrow::ChunkedArray& chunks, Sink& sink) {
  bool first = true;
  for (const auto& chunk : chunks.chunks()) {
    const auto& array = static_cast<const arrow::DictionaryArray&>(*chunk);
    TW_TRY(const TypedColumn values, FromArrow(arrow::ChunkedArray(array.dictionary()), "", sink.markers));
    const table::Column& column = *values.column;
    if (first) {
      sink.storage = column.storage();
      sink.out.boolean = values.boolean;
      sink.out.date_only = values.date_only;
    } else if (sink.storage != column.storage()) {
      return Error(Code::kUnimplemented, "type-unsupported", "dictionaries of one column differ in type");
    }
    first = false;
    for (std::int64_t i = 0; i < array.length(); ++i) {
      const std::int64_t at = array.IsNull(i) ? -1 : array.GetValueIndex(i);
      if (at < 0 || at >= std::int64_t(column.size()) || column.IsMissing(std::size_t(at))) {
        sink.Missing();
      } else if (sink.storage == table::Storage::kString) {
        sink.codes.push_back(sink.builder.Intern(column.dictionary()->at((*column.codes())[std::size_t(at)])));
      } else if (sink.storage == table::Storage::kDouble) {
        sink.Number((*column.doubles())[std::size_t(at)]);
      } else {
        sink.times.push_back((*column.timestamps())[std::size_t(at)]);
      }
    }
  }
  return Ok();
}

bool ConvertNumbers(const arrow::ChunkedArray& chunks, Sink& sink) {
  switch (chunks.type()->id()) {
    case arrow::Type::INT8:
      Integers<arrow::Int8Array>(chunks, sink);
      return true;
    case arrow::Type::INT16:
      Integers<arrow::Int16Array>(chunks, sink);
      return true;
    case arrow::Type::INT32:
      Integers<arrow::Int32Array>(chunks, sink);
      return true;
    case arrow::Type::INT64:
      Integers<arrow::Int64Array>(chunks, sink);
      return true;
    case arrow::Type::UINT8:
      Integers<arrow::UInt8Array>(chunks, sink);
      return true;
    case arrow::Type::UINT16:
      Integers<arrow::UInt16Array>(chunks, sink);
      return true;
    case arrow::Type::UINT32:
      Integers<arrow::UInt32Array>(chunks, sink);
      return true;
    case arrow::Type::UINT64:
      Integers<arrow::UInt64Array>(chunks, sink);
      return true;
    case arrow::Type::FLOAT:
      Numbers<arrow::FloatArray>(chunks, sink);
      return true;
    case arrow::Type::DOUBLE:
      Numbers<arrow::DoubleArray>(chunks, sink);
      return true;
    case arrow::Type::DURATION:
      Numbers<arrow::DurationArray>(chunks, sink);
      return true;
    case arrow::Type::DECIMAL32:
      Decimals<arrow::Decimal32Array>(chunks, sink);
      return true;
    case arrow::Type::DECIMAL64:
      Decimals<arrow::Decimal64Array>(chunks, sink);
      return true;
    case arrow::Type::DECIMAL128:
      Decimals<arrow::Decimal128Array>(chunks, sink);
      return true;
    case arrow::Type::DECIMAL256:
      Decimals<arrow::Decimal256Array>(chunks, sink);
      return true;
    case arrow::Type::HALF_FLOAT:
      for (const auto& chunk : chunks.chunks()) {
        Each<arrow::HalfFloatArray>(*chunk, sink, [&](const arrow::HalfFloatArray& a, std::int64_t i) {
          sink.Number(arrow::util::Float16::FromBits(a.Value(i)).ToDouble());
        });
      }
      return true;
    case arrow::Type::NA:
      sink.numbers.assign(std::size_t(chunks.length()), kNaN);
      return true;
    default:
      return false;
  }
}

bool ConvertOthers(const arrow::ChunkedArray& chunks, Sink& sink) {
  const arrow::DataType& type = *chunks.type();
  switch (type.id()) {
    case arrow::Type::BOOL:
      Booleans(chunks, sink);
      return true;
    case arrow::Type::STRING:
      Texts<arrow::StringArray>(chunks, sink);
      return true;
    case arrow::Type::LARGE_STRING:
      Texts<arrow::LargeStringArray>(chunks, sink);
      return true;
    case arrow::Type::STRING_VIEW:
      Texts<arrow::StringViewArray>(chunks, sink);
      return true;
    case arrow::Type::BINARY:
      Texts<arrow::BinaryArray>(chunks, sink);
      return true;
    case arrow::Type::LARGE_BINARY:
      Texts<arrow::LargeBinaryArray>(chunks, sink);
      return true;
    case arrow::Type::BINARY_VIEW:
      Texts<arrow::BinaryViewArray>(chunks, sink);
      return true;
    case arrow::Type::FIXED_SIZE_BINARY:
      Texts<arrow::FixedSizeBinaryArray>(chunks, sink);
      return true;
    case arrow::Type::TIMESTAMP:
      Timestamps(chunks, sink);
      return true;
    case arrow::Type::DATE32:
      Dates<arrow::Date32Array>(chunks, sink, kMicrosecondsPerDay);
      return true;
    case arrow::Type::DATE64:
      Dates<arrow::Date64Array>(chunks, sink, 1000);
      return true;
    case arrow::Type::TIME32:
      TimesOfDay<arrow::Time32Array>(chunks, sink, static_cast<const arrow::Time32Type&>(type).unit());
      return true;
    case arrow::Type::TIME64:
      TimesOfDay<arrow::Time64Array>(chunks, sink, static_cast<const arrow::Time64Type&>(type).unit());
      return true;
    default:
      return false;
  }
}

}  // namespace

Error ArrowError(const arrow::Status& status, const std::string& error_id, const std::string& what,
                 const std::string& path) {
  const Code code = status.IsOutOfMemory()      ? Code::kResourceExhausted
                    : status.IsNotImplemented() ? Code::kUnimplemented
                                                : Code::kInvalidData;
  Error error(code, error_id, what + ": " + Printable(status.message(), 200));
  error.In(path).Do("copy the file again; if it is still being written, wait for its rename");
  if (code == Code::kUnimplemented) error.ExitCode(3);
  return error;
}

Result<TypedColumn> FromArrow(const arrow::ChunkedArray& array, const std::string& name,
                              const MissingMarkers& markers) {
  Sink sink{markers, table::Storage::kDouble, {}, {}, {}, {}, {}};
  if (array.type()->id() == arrow::Type::DICTIONARY) {
    TW_RETURN_IF_ERROR(Dictionaries(array, sink));
  } else if (!ConvertNumbers(array, sink) && !ConvertOthers(array, sink)) {
    if (array.type()->id() == arrow::Type::EXTENSION) {
      arrow::ArrayVector storage;
      for (const auto& chunk : array.chunks()) {
        storage.push_back(static_cast<const arrow::ExtensionArray&>(*chunk).storage());
      }
      const auto type = static_cast<const arrow::ExtensionType&>(*array.type()).storage_type();
      return FromArrow(arrow::ChunkedArray(std::move(storage), type), name, markers);
    }
    Nested(array, sink);
  }
  if (array.type()->id() == arrow::Type::DURATION) {
    const auto unit = static_cast<const arrow::DurationType&>(*array.type()).unit();
    const double scale = std::pow(1e-3, int(unit));
    for (double& value : sink.numbers) value *= scale;
  }
  return sink.Finish(name);
}

Result<TypedSource> FromBatchList(const Context& context, const arrow::Schema& schema,
                                  const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches,
                                  const MissingMarkers& markers) {
  TypedSource source;
  const auto width = std::size_t(schema.num_fields());
  for (const auto& batch : batches) source.rows += std::size_t(batch->num_rows());
  source.columns.resize(width);
  std::vector<Status> states(width);
  context.pool->For(width, [&](std::size_t c) {
    arrow::ArrayVector chunks;
    for (const auto& batch : batches) chunks.push_back(batch->column(int(c)));
    const auto& field = schema.field(int(c));
    auto column = FromArrow(arrow::ChunkedArray(std::move(chunks), field->type()), field->name(), markers);
    if (column) {
      source.columns[c] = std::move(*column);
    } else {
      states[c] = std::move(column).error();
    }
  });
  for (Status& state : states) TW_RETURN_IF_ERROR(std::move(state));
  source.info.rows = source.rows;
  return source;
}

Result<TypedSource> FromBatches(const Context& context, arrow::RecordBatchReader& reader, const MissingMarkers& markers,
                                const std::string& error_id, const std::string& path) {
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  while (true) {
    if (context.Stopped()) return Error(Code::kCancelled, "interrupted", "reading was interrupted");
    std::shared_ptr<arrow::RecordBatch> batch;
    arrow::Status status = reader.ReadNext(&batch);
    if (status.ok() && batch == nullptr) break;
    if (status.ok()) status = batch->ValidateFull();
    if (!status.ok()) return ArrowError(status, error_id, "Arrow data is damaged", path);
    batches.push_back(std::move(batch));
  }
  return FromBatchList(context, *reader.schema(), batches, markers);
}

}  // namespace tagwerk::io
