// Arrow's output stream over our file: keeps our error (disk-full, not-writable) for the caller.
#pragma once

#include <arrow/io/interfaces.h>

#include <string>
#include <utility>

#include "base/text.h"
#include "io/output_file.h"

namespace tagwerk::io {

class ArrowSink : public arrow::io::OutputStream {
 public:
  explicit ArrowSink(OutputFile file) : file_(std::move(file)) {}

  arrow::Status Write(const void* data, std::int64_t bytes) override {
    Status status = file_.Write({static_cast<const char*>(data), std::size_t(bytes)});
    if (status) {
      position_ += bytes;
      return arrow::Status::OK();
    }
    fault_ = std::move(status);
    return arrow::Status::IOError(fault_.error().message());
  }
  using arrow::io::OutputStream::Write;
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  arrow::Result<std::int64_t> Tell() const override { return position_; }

  Status Checked(const arrow::Status& status) const {
    if (!fault_) return fault_;
    if (status.ok()) return Ok();
    return Error(Code::kResourceExhausted, "not-writable", Printable(status.message(), 200)).In(file_.path());
  }
  OutputFile& file() { return file_; }
  std::int64_t position() const { return position_; }

 private:
  OutputFile file_;
  Status fault_;
  std::int64_t position_ = 0;
  bool closed_ = false;
};

}  // namespace tagwerk::io
