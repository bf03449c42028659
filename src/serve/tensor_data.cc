#include "serve/tensor_data.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/text.h"
#include "io/encoding.h"
#include "serve/row_request.h"

namespace tagwerk::serve {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors travel little-endian");

struct Datatype {
  std::string_view name;
  std::size_t bytes;  ///< 0: each value says its length
};
constexpr std::array<Datatype, 13> kDatatypes{{{"BOOL", 1},
                                               {"UINT8", 1},
                                               {"UINT16", 2},
                                               {"UINT32", 4},
                                               {"UINT64", 8},
                                               {"INT8", 1},
                                               {"INT16", 2},
                                               {"INT32", 4},
                                               {"INT64", 8},
                                               {"FP16", 2},
                                               {"FP32", 4},
                                               {"FP64", 8},
                                               {"BYTES", 0}}};

const Datatype* FindDatatype(std::string_view name) {
  for (const Datatype& type : kDatatypes)
    if (type.name == name) return &type;
  return nullptr;
}

Error ShapeWrong(const std::string& name, const std::string& what) {
  return Error(Code::kInvalidArgument, "shape-wrong", "shape of an input does not fit: " + what).Column(name);
}

Error DatatypeWrong(const std::string& name, const std::string& what) {
  return Error(Code::kInvalidArgument, "datatype-wrong", "data does not fit the datatype: " + what).Column(name);
}

/// IEEE 754 half precision.
double HalfOf(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31, fraction = bits & 1023;
  const double sign = (bits & 0x8000) != 0 ? -1 : 1;
  if (exponent == 31) return fraction != 0 ? std::nan("") : sign * INFINITY;
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

template <class T>
T Load(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

void SetRaw(std::string_view type, const char* at, std::size_t input, std::size_t row, InputRows& rows) {
  if (type == "FP64") return rows.SetNumber(input, row, Load<double>(at));
  if (type == "FP32") return rows.SetNumber(input, row, double(Load<float>(at)));
  if (type == "INT64") return rows.SetInteger(input, row, Load<std::int64_t>(at));
  if (type == "INT32") return rows.SetInteger(input, row, Load<std::int32_t>(at));
  if (type == "INT16") return rows.SetInteger(input, row, Load<std::int16_t>(at));
  if (type == "INT8") return rows.SetInteger(input, row, Load<std::int8_t>(at));
  if (type == "UINT64") return rows.SetUnsigned(input, row, Load<std::uint64_t>(at));
  if (type == "UINT32") return rows.SetUnsigned(input, row, Load<std::uint32_t>(at));
  if (type == "UINT16") return rows.SetUnsigned(input, row, Load<std::uint16_t>(at));
  if (type == "UINT8") return rows.SetUnsigned(input, row, Load<std::uint8_t>(at));
  if (type == "FP16") return rows.SetNumber(input, row, HalfOf(Load<std::uint16_t>(at)));
  rows.SetBoolean(input, row, *at != 0);
}

Status FillBytes(const Tensor& tensor, std::size_t first, InputRows& rows) {
  std::string_view left = tensor.bytes;
  for (std::size_t i = 0; i < tensor.rows * tensor.columns; ++i) {
    if (left.size() < 4) return ShapeWrong(tensor.name, "its bytes end before its last value");
    const std::size_t length = Load<std::uint32_t>(left.data());
    left.remove_prefix(4);
    if (left.size() < length) return ShapeWrong(tensor.name, "its bytes end inside a value");
    const std::string_view text = left.substr(0, length);
    if (io::ValidUtf8Prefix(text) != text.size()) return DatatypeWrong(tensor.name, "a text is not UTF-8");
    rows.SetText(first + i % tensor.columns, i / tensor.columns, text);
    left.remove_prefix(length);
  }
  if (!left.empty()) return ShapeWrong(tensor.name, "there are bytes after its last value");
  return Ok();
}

/// Whether a value of JSON may stand in a tensor of this type; null always may.
bool Suits(json::Element value, std::string_view type) {
  switch (value.type()) {
    case json::Type::kNull:
      return true;
    case json::Type::kText:
      return type == "BYTES";
    case json::Type::kBoolean:
      return type == "BOOL";
    case json::Type::kDouble:
      return type.starts_with("FP");
    case json::Type::kInteger:
    case json::Type::kUnsigned:
      return type != "BYTES" && type != "BOOL";
    default:
      return false;
  }
}

/// Walks data that is flat or nested, row by row.
class JsonFiller {
 public:
  JsonFiller(const Tensor& tensor, std::size_t first, InputRows& rows) : tensor_(tensor), first_(first), rows_(rows) {}

  Status Fill(json::Array data) {
    for (const json::Element value : data) {
      json::Array inner;
      if (value.Get(inner)) {
        TW_RETURN_IF_ERROR(Fill(inner));
        continue;
      }
      if (at_ >= tensor_.rows * tensor_.columns) return Wrong();
      if (!Suits(value, tensor_.datatype))
        return DatatypeWrong(tensor_.name, std::string(KindOf(value)) + " in " + std::string(tensor_.datatype));
      SetCell(value, first_ + at_ % tensor_.columns, at_ / tensor_.columns, rows_);
      ++at_;
    }
    return Ok();
  }
  Status Finish() const { return at_ == tensor_.rows * tensor_.columns ? Ok() : Status(Wrong()); }

 private:
  Error Wrong() const {
    return ShapeWrong(tensor_.name, std::to_string(tensor_.rows * tensor_.columns) +
                                        " values are told, and there are " +
                                        (at_ >= tensor_.rows * tensor_.columns ? "more" : std::to_string(at_)));
  }
  const Tensor& tensor_;
  std::size_t first_, at_ = 0;
  InputRows& rows_;
};

Status ReadShape(json::Object entry, Tensor& tensor) {
  json::Array shape;
  if (!entry["shape"].Get(shape)) return Malformed("input " + Quoted(tensor.name) + " has no shape");
  std::size_t place = 0;
  for (const json::Element dimension : shape) {
    std::uint64_t size = 0;
    if (!dimension.Get(size) || place > 1) return ShapeWrong(tensor.name, "[rows] or [rows, columns] is needed");
    if (place == 0 && size > kMostRows) return TooManyRows(size);
    if (place == 1 && size > 1'000'000) return ShapeWrong(tensor.name, "it has too many columns");
    (place == 0 ? tensor.rows : tensor.columns) = std::size_t(size);
    ++place;
  }
  if (place == 0 || tensor.rows == 0 || tensor.columns == 0) return ShapeWrong(tensor.name, "it holds no value");
  return Ok();
}

Status TakeBinary(std::uint64_t size, std::string_view& binary, Tensor& tensor) {
  if (size > binary.size()) return ShapeWrong(tensor.name, "binary_data_size is more than the body holds");
  tensor.is_binary = true;
  tensor.bytes = binary.substr(0, std::size_t(size));
  binary.remove_prefix(std::size_t(size));
  const std::size_t each = FindDatatype(tensor.datatype)->bytes;
  if (each > 0 && tensor.bytes.size() / each != tensor.rows * tensor.columns)
    return ShapeWrong(tensor.name, std::to_string(tensor.rows * tensor.columns) + " values are told, and there are " +
                                       std::to_string(tensor.bytes.size()) + " bytes");
  if (each == 0 && tensor.bytes.size() / 4 < tensor.rows * tensor.columns)
    return ShapeWrong(tensor.name, "its bytes end before its last value");
  if (each > 0 && tensor.bytes.size() % each != 0) return ShapeWrong(tensor.name, "its bytes are no whole values");
  return Ok();
}

}  // namespace

Result<Tensor> ReadTensor(json::Element entry, std::string_view& binary) {
  json::Object members;
  if (!entry.Get(members)) return Malformed("an input is not an object");
  Tensor tensor;
  std::string_view name;
  if (!members["name"].Get(name)) return Malformed("an input has no name");
  tensor.name = name;
  if (!members["datatype"].Get(tensor.datatype)) return Malformed("input " + Quoted(name) + " has no datatype");
  if (FindDatatype(tensor.datatype) == nullptr)
    return DatatypeWrong(tensor.name, "there is no " + Quoted(tensor.datatype));
  TW_RETURN_IF_ERROR(ReadShape(members, tensor));
  json::Object parameters;
  json::Element size;
  if (members["parameters"].Get(parameters) && parameters["binary_data_size"].Get(size)) {
    std::uint64_t bytes = 0;
    if (!size.Get(bytes)) return ShapeWrong(tensor.name, "binary_data_size is a whole number");
    TW_RETURN_IF_ERROR(TakeBinary(bytes, binary, tensor));
    return tensor;
  }
  json::Array data;
  if (!members["data"].Get(tensor.data) || !tensor.data.Get(data))
    return Malformed("input " + Quoted(tensor.name) + " has no data: a list is needed");
  // Before space is made for what the shape claims.
  if (const std::size_t held = data.size(); held != tensor.rows && held != tensor.rows * tensor.columns)
    return ShapeWrong(tensor.name, std::to_string(tensor.rows * tensor.columns) + " values are told, and there are " +
                                       std::to_string(held));
  return tensor;
}

Status FillTensor(const Tensor& tensor, std::size_t first, InputRows& rows) {
  if (!tensor.is_binary) {
    JsonFiller filler(tensor, first, rows);
    json::Array data;
    if (!tensor.data.Get(data)) return Malformed("data of input " + Quoted(tensor.name) + " is not a list");
    TW_RETURN_IF_ERROR(filler.Fill(data));
    return filler.Finish();
  }
  const std::size_t each = FindDatatype(tensor.datatype)->bytes;
  if (each == 0) return FillBytes(tensor, first, rows);
  for (std::size_t i = 0; i < tensor.rows * tensor.columns; ++i)
    SetRaw(tensor.datatype, tensor.bytes.data() + i * each, first + i % tensor.columns, i / tensor.columns, rows);
  return Ok();
}

}  // namespace tagwerk::serve
