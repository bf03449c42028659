// Loading with the catalogue's models.
#include "base/files.h"
#include "learners/catalog.h"
#include "pipeline/pipeline.h"

namespace tagwerk::pipeline {

Result<Pipeline> Pipeline::Parse(std::string_view bytes, const std::string& file) {
  return Parse(bytes, file, &learners::LoadModelOf);
}

Result<Pipeline> Pipeline::Load(const std::string& path) {
  TW_TRY(const auto mapped, MappedFile::Open(path));
  return Parse(mapped->bytes(), path);
}

}  // namespace tagwerk::pipeline
