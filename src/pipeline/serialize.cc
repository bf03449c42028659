// A pipeline as sections of a model file, and back. Section `pipeline` is what predicting needs; the
// manifest describes it and carries what only readers need (test metrics, contract, card).
#include <algorithm>
#include <map>

#include "base/files.h"
#include "base/text.h"
#include "pipeline/background.h"
#include "model/value_form.h"
#include "pipeline/container.h"
#include "pipeline/pipeline.h"

namespace tagwerk::pipeline {
namespace {

constexpr std::uint8_t kVersion = 3;    ///< 1: no shift, spread, class scores, forms of values; 2: no spread_below
constexpr double kManifestLevel = 0.9;  ///< default level of intervals

/// Members of the manifest that this file writes; all others come from Pipeline::extra.
constexpr std::string_view kOwnMembers[] = {
    "schema", "format", "written_by", "task",   "target",  "classes",  "label_type",  "positive",       "threshold",
    "metric", "test",   "id_column",  "inputs", "outputs", "learners", "calibration", "interval_level", "sections"};

constexpr const char* kSpreadSections[] = {"learner/spread", "learner/spread_below"};

bool IsOwn(std::string_view key) {
  return std::find(std::begin(kOwnMembers), std::end(kOwnMembers), key) != std::end(kOwnMembers);
}

void SaveInput(model::ByteWriter& writer, const Input& input) {
  writer.String(input.field.name);
  writer.String(input.field.original_name);
  writer.U8(static_cast<std::uint8_t>(input.field.type));
  writer.U8(static_cast<std::uint8_t>(input.field.role));
  writer.U8(static_cast<std::uint8_t>((input.field.integers ? 1 : 0) + (input.field.date_only ? 2 : 0) +
                                      (input.required ? 4 : 0)));
  writer.F64(input.missing_share);
  writer.I64(input.categories);
  writer.F64(input.low);
  writer.F64(input.high);
  model::SaveForm(input.field.form, writer);
}

Input LoadInput(model::ByteReader& reader) {
  Input input;
  input.field.name = reader.String();
  input.field.original_name = reader.String();
  const std::uint8_t type = reader.U8(), role = reader.U8(), flags = reader.U8();
  reader.Expect(type <= std::uint8_t(table::SemanticType::kId), "type of an input");
  reader.Expect(role <= std::uint8_t(table::Role::kIgnored), "role of an input");
  reader.Expect(flags < 8, "flags of an input");
  if (!reader.ok()) return input;
  input.field.type = static_cast<table::SemanticType>(type);
  input.field.role = static_cast<table::Role>(role);
  input.field.integers = (flags & 1) != 0;
  input.field.date_only = (flags & 2) != 0;
  input.required = (flags & 4) != 0;
  input.missing_share = reader.F64();
  input.categories = reader.I64();
  input.low = reader.F64();
  input.high = reader.F64();
  input.field.form = model::LoadForm(reader);
  input.field.unit = input.field.form.unit;
  return input;
}

/// Saved feature sets; equal ones (the same object, or the same bytes) are one section.
struct SavedFeatures {
  std::vector<std::string> bytes;
  std::vector<std::uint32_t> of_member;
};

SavedFeatures SaveFeatures(const Pipeline& p) {
  SavedFeatures out;
  std::map<const features::FittedFeatures*, std::uint32_t> seen;
  std::vector<Member> all = p.members;
  if (p.spread) all.push_back(*p.spread);
  if (p.spread_below) all.push_back(*p.spread_below);
  for (const Member& member : all) {
    auto found = seen.find(member.features.get());
    if (found == seen.end()) {
      model::ByteWriter writer;
      member.features->Save(writer);
      const auto same = std::find(out.bytes.begin(), out.bytes.end(), writer.bytes());
      const auto index = static_cast<std::uint32_t>(same - out.bytes.begin());
      if (same == out.bytes.end()) out.bytes.push_back(std::move(writer).Take());
      found = seen.emplace(member.features.get(), index).first;
    }
    out.of_member.push_back(found->second);
  }
  return out;
}

std::string SaveBody(const Pipeline& p, const SavedFeatures& saved) {
  model::ByteWriter writer;
  writer.U8(kVersion);
  writer.U8(static_cast<std::uint8_t>(p.task));
  writer.String(p.target);
  writer.Strings(p.classes);
  writer.U8(p.numeric_labels ? 1 : 0);
  writer.I32(p.positive);
  writer.F64(p.threshold);
  writer.String(p.metric);
  writer.String(p.id_column);
  writer.U64(p.inputs.size());
  for (const Input& input : p.inputs) SaveInput(writer, input);
  writer.U64(saved.bytes.size());
  writer.U64(p.members.size());
  for (std::size_t i = 0; i < p.members.size(); ++i) {
    writer.String(p.members[i].learner);
    writer.String(p.members[i].model->type_id());
    writer.F64(p.members[i].weight);
    writer.U32(saved.of_member[i]);
  }
  p.calibration.Save(writer);
  writer.Doubles(p.residuals);
  writer.F64(p.shift);
  writer.U8(std::uint8_t((p.spread ? 1 : 0) + (p.spread_below ? 1 : 0)));
  std::size_t at = p.members.size();
  for (const std::optional<Member>* side : {&p.spread, &p.spread_below}) {
    if (!*side) continue;
    writer.String((*side)->learner);
    writer.String((*side)->model->type_id());
    writer.U32(saved.of_member[at++]);
  }
  writer.F64(p.spread_floor);
  writer.Doubles(p.errors);
  writer.U64(p.class_scores.size());
  for (const std::vector<double>& scores : p.class_scores) writer.Doubles(scores);
  return std::move(writer).Take();
}

/// What the body says of the other sections.
struct Parts {
  std::uint64_t num_features = 0;
  std::vector<std::string> model_types;
  std::vector<std::uint32_t> features_of;
  std::vector<std::string> spread_types;  ///< of the models of the spread: none, one, or above and below
  std::vector<std::uint32_t> spread_features;
};

/// Shift, spread and class scores: what version 2 added.
void LoadDecisions(model::ByteReader& reader, Pipeline& p, Parts& parts, std::uint8_t version) {
  p.shift = reader.F64();
  const std::uint8_t sides = reader.U8();
  reader.Expect(sides <= (version >= 3 ? 2 : 1), "model of the spread");
  for (std::uint8_t side = 0; side < sides && reader.ok(); ++side) {
    Member& member = (side == 0 ? p.spread : p.spread_below).emplace();
    member.learner = reader.String();
    parts.spread_types.push_back(reader.String());
    parts.spread_features.push_back(reader.U32());
    reader.Expect(!parts.spread_types.back().empty() && parts.spread_features.back() < parts.num_features,
                  "features of the spread");
  }
  p.spread_floor = reader.F64();
  p.errors = reader.Doubles();
  const std::uint64_t classes = reader.CountOf(8);
  reader.Expect(classes == 0 || classes == p.classes.size(), "number of class scores");
  for (std::uint64_t i = 0; i < classes && reader.ok(); ++i) p.class_scores.push_back(reader.Doubles());
}

Status LoadBody(model::ByteReader& reader, Pipeline& p, Parts& parts) {
  const std::uint8_t version = reader.U8();
  reader.Expect(version >= 1 && version <= kVersion, "version of the pipeline");
  const std::uint8_t task = reader.U8();
  if (reader.Expect(task <= std::uint8_t(Task::kRegression), "task")) p.task = static_cast<Task>(task);
  p.target = reader.String();
  p.classes = reader.Strings();
  p.numeric_labels = reader.U8() != 0;
  p.positive = reader.I32();
  p.threshold = reader.F64();
  p.metric = reader.String();
  p.id_column = reader.String();
  const std::uint64_t num_inputs = reader.CountOf(71);
  for (std::uint64_t i = 0; i < num_inputs && reader.ok(); ++i) p.inputs.push_back(LoadInput(reader));
  parts.num_features = reader.U64();
  const std::uint64_t num_members = reader.CountOf(28);
  reader.Expect(parts.num_features <= num_members + 2, "number of feature sets");
  for (std::uint64_t i = 0; i < num_members && reader.ok(); ++i) {
    Member member;
    member.learner = reader.String();
    parts.model_types.push_back(reader.String());
    member.weight = reader.F64();
    parts.features_of.push_back(reader.U32());
    reader.Expect(parts.features_of.back() < parts.num_features, "features of a learner");
    p.members.push_back(std::move(member));
  }
  if (!reader.ok()) return reader.Finish("pipeline");
  TW_TRY(p.calibration, Calibration::Load(reader));
  p.residuals = reader.Doubles();
  if (version >= 2) LoadDecisions(reader, p, parts, version);
  return reader.Finish("pipeline");
}

/// Says where a fault inside a section was seen.
Error InFile(Error error, const std::string& file, const Container::View& section) {
  if (error.where().file.empty()) error.In(file);
  if (!error.where().byte) error.Byte(static_cast<std::int64_t>(section.offset));
  if (error.remedies().empty()) error.Do("copy the file again; the original's SHA-256 is in run.json");
  return error;
}

Result<Container::View> Need(const Container& container, const std::string& name, const std::string& file) {
  const Container::View* view = container.Find(name);
  if (view == nullptr) return Damaged(file, "file lacks a section: " + Quoted(name));
  return *view;
}

Status LoadMembers(const Container& container, const std::string& file, const Parts& parts, ModelLoader loader,
                   Pipeline& p) {
  std::vector<std::shared_ptr<const features::FittedFeatures>> features;
  for (std::uint64_t i = 0; i < parts.num_features; ++i) {
    TW_TRY(const auto view, Need(container, "features/" + std::to_string(i), file));
    model::ByteReader reader(view.bytes);
    auto loaded = features::LoadFeatures(reader);
    if (!loaded) return InFile(std::move(loaded).error(), file, view);
    if (auto done = reader.Finish(view.name); !done) return InFile(std::move(done).error(), file, view);
    features.push_back(std::move(*loaded));
  }
  for (std::size_t i = 0; i < p.members.size(); ++i) {
    TW_TRY(const auto view, Need(container, "learner/" + std::to_string(i), file));
    p.members[i].features = features[parts.features_of[i]];
    model::ByteReader reader(view.bytes);
    auto loaded = loader(parts.model_types[i], reader, p.members[i].features->num_outputs());
    if (!loaded) return InFile(std::move(loaded).error(), file, view);
    if (auto done = reader.Finish(view.name); !done) return InFile(std::move(done).error(), file, view);
    p.members[i].model = std::move(*loaded);
  }
  for (std::size_t side = 0; side < parts.spread_types.size(); ++side) {
    TW_TRY(const auto view, Need(container, kSpreadSections[side], file));
    Member& member = side == 0 ? *p.spread : *p.spread_below;
    member.features = features[parts.spread_features[side]];
    model::ByteReader reader(view.bytes);
    auto loaded = loader(parts.spread_types[side], reader, member.features->num_outputs());
    if (!loaded) return InFile(std::move(loaded).error(), file, view);
    if (auto done = reader.Finish(view.name); !done) return InFile(std::move(done).error(), file, view);
    member.model = std::move(*loaded);
  }
  return Ok();
}

/// Background rows and the hashes of rows are extras: a file without them is whole.
Status LoadRows(const Container& container, const std::string& file, Pipeline& p) {
  if (const Container::View* view = container.Find("background")) {
    model::ByteReader reader(view->bytes);
    auto loaded = LoadBackground(reader, p.ExpectedFields());
    if (!loaded) return InFile(std::move(loaded).error(), file, *view);
    p.background = std::move(*loaded);
  }
  if (const Container::View* view = container.Find("seen-rows")) {
    model::ByteReader reader(view->bytes);
    auto loaded = SeenRows::Load(reader);
    if (!loaded) return InFile(std::move(loaded).error(), file, *view);
    p.seen = std::move(*loaded);
  }
  return Ok();
}

/// Takes test metrics, learner parameters and the readers' members out of the manifest.
Status ReadDescription(const Json& manifest, const std::string& file, Pipeline& p) {
  const auto bad = [&](std::string_view key) {
    return Damaged(file, "manifest has a member of the wrong type: " + Quoted(key), 64);
  };
  const auto learners = manifest.find("learners");
  if (learners == manifest.end() || !learners->is_array() || learners->size() != p.members.size()) {
    return bad("learners");
  }
  for (std::size_t i = 0; i < p.members.size(); ++i) {
    const Json& entry = (*learners)[i];
    if (!entry.is_object() || !entry.contains("parameters")) return bad("learners");
    p.members[i].parameters = entry["parameters"];
  }
  const auto test = manifest.find("test");
  if (test == manifest.end() || !test->is_array()) return bad("test");
  p.test_metrics = *test;
  for (const auto& [key, value] : manifest.items()) {
    if (IsOwn(key)) continue;
    const bool text = key == "data_fingerprint", object = key == "split" || key == "card" || key == "contract";
    if ((text && !value.is_string() && !value.is_null()) || (object && !value.is_object() && !value.is_null())) {
      return bad(key);
    }
    p.extra[key] = value;
  }
  return Ok();
}

Json InputJson(const Input& input) {
  const bool number = input.field.type == table::SemanticType::kNumeric;
  return {{"name", input.field.name},
          {"type", table::TypeName(input.field.type)},
          {"unit", input.field.unit.empty() ? Json() : Json(input.field.unit)},
          {"required", input.required},
          {"missing_share", input.missing_share},
          {"categories", input.categories > 0 ? Json(input.categories) : Json()},
          {"low", number ? Json(input.low) : Json()},
          {"high", number ? Json(input.high) : Json()}};
}

}  // namespace

Json Pipeline::Manifest() const {
  Json out = Json::object();
  out["schema"] = "tagwerk.model/1";
  out["format"] = kModelFormat;
  out["written_by"] = kProgram;
  out["task"] = TaskName(task);
  out["target"] = target;
  out["classes"] = classes;
  out["label_type"] = task == Task::kRegression ? Json()
                      : numeric_labels          ? Json("integer")
                      : boolean_labels()        ? Json("boolean")
                                                : Json("string");
  const bool binary = task == Task::kBinary;
  out["positive"] = binary ? Json(classes[std::size_t(positive)]) : Json();
  out["threshold"] = binary ? Json(threshold) : Json();
  out["metric"] = metric;
  out["test"] = test_metrics;
  out["id_column"] = id_column.empty() ? Json() : Json(id_column);
  out["inputs"] = Json::array();
  for (const Input& input : inputs) out["inputs"].push_back(InputJson(input));
  out["outputs"] = Json::array();
  for (const Output& output : Outputs()) {
    out["outputs"].push_back({{"name", output.name}, {"datatype", output.datatype}});
  }
  out["learners"] = Json::array();
  for (const Member& member : members) {
    out["learners"].push_back({{"id", member.learner}, {"weight", member.weight}, {"parameters", member.parameters}});
  }
  out["calibration"] = calibration.name();
  out["interval_level"] = residuals.empty() ? Json() : Json(kManifestLevel);
  for (const auto& [key, value] : extra.items()) {
    if (!IsOwn(key)) out[key] = value;
  }
  return out;
}

Result<std::string> Pipeline::Serialize() const {
  TW_RETURN_IF_ERROR(Validate());
  const SavedFeatures saved = SaveFeatures(*this);
  std::vector<Section> sections{{"pipeline", SaveBody(*this, saved)}};
  for (std::size_t i = 0; i < saved.bytes.size(); ++i) {
    sections.push_back({"features/" + std::to_string(i), saved.bytes[i]});
  }
  for (std::size_t i = 0; i < members.size(); ++i) {
    model::ByteWriter writer;
    members[i].model->Save(writer);
    sections.push_back({"learner/" + std::to_string(i), std::move(writer).Take()});
  }
  if (!training_profile.empty()) sections.push_back({"training-profile", training_profile});
  for (std::size_t side = 0; side < 2; ++side) {
    const std::optional<Member>& member = side == 0 ? spread : spread_below;
    if (!member) continue;
    model::ByteWriter writer;
    member->model->Save(writer);
    sections.push_back({kSpreadSections[side], std::move(writer).Take()});
  }
  if (background.num_rows() > 0) {
    model::ByteWriter writer;
    SaveBackground(writer, background);
    sections.push_back({"background", std::move(writer).Take()});
  }
  if (!seen.empty()) {
    model::ByteWriter writer;
    seen.Save(writer);
    sections.push_back({"seen-rows", std::move(writer).Take()});
  }
  return WriteContainer(Manifest(), sections);
}

Status Pipeline::Save(const std::string& path) const {
  TW_TRY(const std::string bytes, Serialize());
  return WriteFileAtomically(path, bytes);
}

Result<Pipeline> Pipeline::Parse(std::string_view bytes, const std::string& file, ModelLoader loader) {
  TW_TRY(const Container container, ReadContainer(bytes, file));
  TW_TRY(const auto body, Need(container, "pipeline", file));
  Pipeline out;
  Parts parts;
  model::ByteReader reader(body.bytes);
  if (auto done = LoadBody(reader, out, parts); !done) return InFile(std::move(done).error(), file, body);
  TW_RETURN_IF_ERROR(LoadMembers(container, file, parts, loader, out));
  TW_RETURN_IF_ERROR(LoadRows(container, file, out));
  TW_RETURN_IF_ERROR(ReadDescription(container.manifest, file, out));
  if (const Container::View* view = container.Find("training-profile")) out.training_profile = view->bytes;
  if (const auto valid = out.Validate(); !valid) return Damaged(file, valid.error().message(), 64);
  return out;
}

}  // namespace tagwerk::pipeline
