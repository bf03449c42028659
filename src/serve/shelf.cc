#include "serve/shelf.h"

#include <sys/stat.h>

#include <cmath>
#include <limits>

#include "app/names.h"
#include "base/text.h"

namespace tagwerk::serve {
namespace {

constexpr std::size_t kWarmRows = 256;  ///< after so many a forest has made its engines

/// Changes whenever a file is replaced or written.
std::string StampOf(const std::string& path) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) return "";
  return std::to_string(found.st_ino) + " " + std::to_string(found.st_size) + " " +
         std::to_string(found.st_mtim.tv_sec) + " " + std::to_string(found.st_mtim.tv_nsec);
}

/// A run's folder means the model in it.
std::string FileOf(const std::string& path) {
  struct stat found{};
  return ::stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode) ? path + "/model.tw" : path;
}

}  // namespace

Result<ServedModelPtr> Snapshot::Find(std::string_view name, std::string_view version, std::string_view alias) const {
  const auto found = models.find(name);
  if (found == models.end()) {
    std::vector<std::string> names;
    for (const auto& [known, model] : models) names.push_back(known);
    Error error(Code::kNotFound, "model-not-found", "model is not served: " + Quoted(name));
    return error.Similar(SimilarNames(std::string(name), names)).Do("GET /v1/models lists what is served");
  }
  const NamedModel& model = found->second;
  int wanted = model.current;
  if (!version.empty()) {
    const std::int64_t number = ParseWhole(version).value_or(-1);
    wanted = number > 0 && number <= std::numeric_limits<int>::max() ? int(number) : -1;
  } else if (!alias.empty()) {
    const auto at = model.aliases.find(alias);
    wanted = at == model.aliases.end() ? -1 : at->second;
  }
  const auto at = model.versions.find(wanted);
  if (at != model.versions.end()) return at->second;
  std::vector<std::string> known;
  for (const auto& [number, held] : model.versions) known.push_back(std::to_string(number));
  for (const auto& [word, number] : model.aliases) known.push_back(word);
  Error error(Code::kNotFound, "model-not-found",
              "model has no such version or alias here: " + Quoted(version.empty() ? alias : version));
  error.In(std::string(name)).Allowed(known);
  if (model.followed)
    error
        .Do("of the registry those are held that an alias names: tagwerk models promote " + std::string(name) +
            ":V --as ALIAS")
        .Do("tagwerk serve " + std::string(name) + " " + std::string(name) + ":V");
  return error;
}

void Shelf::Warm(const ServedModel& model) const {
  std::vector<table::Field> fields;
  std::vector<table::ColumnPtr> columns;
  for (const ServedInput& input : model.inputs()) {
    fields.push_back(input.field);
    columns.push_back(table::Column::Doubles(std::vector<double>(kWarmRows, std::nan(""))));
  }
  const table::Table rows(std::move(fields), std::move(columns), kWarmRows);
  static_cast<void>(model.pipeline().Predict(context_, rows));  // a fault shows in the answers
  const table::RowIndex first = 0;
  static_cast<void>(model.pipeline().Predict(context_, rows.Take({&first, 1})));
}

Result<ServedModelPtr> Shelf::Load(const std::string& name, int version, const std::string& path) {
  TW_TRY(pipeline::Pipeline pipeline, app::LoadModelFile(path));
  std::uint64_t serial = 0;
  {
    const std::lock_guard lock(mutex_);
    labels_.emplace_back(name, version);
    serial = labels_.size();
  }
  return ServedModelPtr(std::make_shared<ServedModel>(name, version, serial, std::move(pipeline)));
}

Status Shelf::IsFree(const std::string& name, const std::string& path) const {
  if (!Current()->models.contains(name)) return Ok();
  return Error(Code::kInvalidArgument, "name-taken", "two models would be served under one name: " + Quoted(name))
      .In(path)
      .Do("--model NAME=FILE gives one of them another name");
}

Status Shelf::AddFile(const std::string& name, const std::string& path) {
  TW_RETURN_IF_ERROR(IsFree(name, path));
  Source source{name, path, StampOf(FileOf(path)), 1};
  TW_TRY(ServedModelPtr model, Load(name, 1, path));
  Put(name, {.versions = {{1, std::move(model)}}, .aliases = {}, .current = 1});
  sources_.push_back(std::move(source));
  return Ok();
}

void Shelf::Put(const std::string& name, NamedModel model) {
  auto next = std::make_shared<Snapshot>(*Current());
  next->models[name] = std::move(model);
  Publish(std::move(next));
}

void Shelf::Refresh() {
  for (Source& source : sources_) {
    const std::string stamp = StampOf(FileOf(source.path));
    if (stamp.empty() || stamp == source.stamp) continue;
    source.stamp = stamp;
    auto model = Load(source.name, source.version + 1, source.path);
    if (!model) {
      context_.Log(Level::kWarn, "reload",
                   source.name + ": the changed file is not served, the old model stays: " + model.error().message());
      continue;
    }
    Warm(**model);
    ++source.version;
    Put(source.name, {.versions = {{source.version, std::move(*model)}}, .aliases = {}, .current = source.version});
    context_.Log(Level::kInfo, "reload", source.name + " version " + std::to_string(source.version));
  }
}

void Shelf::WarmUp() const {
  const SnapshotPtr snapshot = Current();
  for (const auto& [name, model] : snapshot->models)
    for (const auto& [version, held] : model.versions) Warm(*held);
}

void Shelf::Publish(std::shared_ptr<Snapshot> snapshot) {
  const std::lock_guard lock(mutex_);
  snapshot_ = std::move(snapshot);
  generation_.fetch_add(1, std::memory_order_release);
}

SnapshotPtr Shelf::Current() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

std::pair<std::string, int> Shelf::LabelOf(std::uint64_t serial) const {
  const std::lock_guard lock(mutex_);
  return serial == 0 || serial > labels_.size() ? std::pair<std::string, int>("", 0) : labels_[serial - 1];
}

}  // namespace tagwerk::serve
