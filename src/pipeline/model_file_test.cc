// The model file: layout, what its manifest says, and thousands of damaged files.
#include <fstream>
#include <sstream>

#include "base/hash.h"
#include "base/text.h"
#include "pipeline/container.h"
#include "pipeline/pipeline_test.h"

namespace tagwerk::pipeline {
namespace {

using namespace testing;

std::string ErrorId(std::string_view bytes) {
  const auto loaded = Pipeline::Parse(bytes, "model.tw", &LoadToy);
  return loaded ? "" : loaded.error().id();
}

void PutU32(std::string& bytes, std::size_t at, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) bytes[at + std::size_t(i)] = char(value >> (8 * i) & 0xFF);
}

/// Makes the header's checksum right again after a change.
void Reseal(std::string& bytes) { PutU32(bytes, 60, Crc32(std::string_view(bytes).substr(0, 60))); }

TEST(ModelFile, SectionsAreAlignedAndListed) {
  const std::string bytes = *ToyPipeline(Task::kBinary).Serialize();
  const auto container = ReadContainer(bytes, "model.tw");
  ASSERT_TRUE(container.has_value());
  std::vector<std::string> names;
  for (const auto& section : container->sections) {
    names.push_back(section.name);
    EXPECT_EQ(section.offset % 64, 0u);
  }
  EXPECT_EQ(names,
            (std::vector<std::string>{"pipeline", "features/0", "features/1", "learner/0", "learner/1", "learner/2"}));
}

TEST(ModelFile, ManifestHasTheMembersOfTheContract) {
  const Json m = ToyPipeline(Task::kBinary).Manifest();
  EXPECT_EQ(m.begin().key(), "schema");
  EXPECT_EQ(m["schema"], "tagwerk.model/1");
  EXPECT_EQ(m["format"], 1);
  for (const char* key :
       {"written_by", "task", "target", "classes", "positive", "threshold", "metric", "test", "inputs", "outputs",
        "learners", "calibration", "interval_level", "data_fingerprint", "split", "card"}) {
    EXPECT_TRUE(m.contains(key)) << key;
  }
  EXPECT_EQ(m["positive"], "yes");
  EXPECT_EQ(m["calibration"], "platt");
  EXPECT_EQ(m["learners"][1]["id"], "logistic");
  EXPECT_EQ(m["inputs"][0]["name"], "x");
  EXPECT_EQ(m["inputs"][0]["high"], 100.5);
  EXPECT_EQ(m["outputs"][2]["name"], "probability[yes]");
  EXPECT_EQ(m["outputs"][2]["datatype"], "FP64");
  const Json r = ToyPipeline(Task::kRegression).Manifest();
  EXPECT_TRUE(r["positive"].is_null() && r["threshold"].is_null());
  EXPECT_EQ(r["interval_level"], 0.9);
}

TEST(ModelFile, VersionIsThatOfTheProject) {
  std::ifstream file(TAGWERK_SOURCE_DIR "/CMakeLists.txt");
  std::stringstream text;
  text << file.rdbuf();
  const std::string version(kProgram.substr(kProgram.find(' ') + 1));
  EXPECT_NE(text.str().find("VERSION " + version), std::string::npos);
}

TEST(ModelFile, SavesAndLoadsThroughAFile) {
  const std::string path = ::testing::TempDir() + "tagwerk_model_file_test.tw";
  const Pipeline p = ToyPipeline(Task::kMulticlass);
  ASSERT_TRUE(p.Save(path).has_value());
  std::ifstream file(path, std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  EXPECT_EQ(bytes.str(), *p.Serialize());
  std::remove(path.c_str());
}

TEST(ModelFile, ForeignFilesAreNamedByTheirStart) {
  const auto loaded = Pipeline::Parse(std::string_view("PK\x03\x04 and more", 14), "model.zip", &LoadToy);
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().id(), "not-a-model");
  EXPECT_EQ(loaded.error().exit_code(), 3);
  EXPECT_EQ(loaded.error().message().substr(0, 56), "file is not a Tagwerk model: starts with \"PK\\x03\\x04 and");
  EXPECT_EQ(loaded.error().where().file, "model.zip");
  EXPECT_EQ(ErrorId(""), "not-a-model");
  EXPECT_EQ(ErrorId("TAGWERK"), "not-a-model");
}

TEST(ModelFile, AChangedSectionIsNamed) {
  std::string bytes = *ToyPipeline(Task::kBinary).Serialize();
  const auto container = ReadContainer(bytes, "model.tw");
  const std::uint64_t at = container->Find("learner/1")->offset;
  bytes[at + 9] = char(bytes[at + 9] ^ 1);
  const auto loaded = Pipeline::Parse(bytes, "model.tw", &LoadToy);
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().id(), "model-damaged");
  EXPECT_EQ(loaded.error().message(), "checksum of a section is wrong: \"learner/1\"");
  EXPECT_EQ(loaded.error().where().byte, std::int64_t(at));
  EXPECT_EQ(loaded.error().exit_code(), 3);
}

TEST(ModelFile, NewerFormatsSayWhoWroteThem) {
  std::string bytes = *ToyPipeline(Task::kBinary).Serialize();
  PutU32(bytes, 8, 3);
  EXPECT_EQ(ErrorId(bytes), "model-damaged");  // a flipped bit is no newer format
  Reseal(bytes);
  const auto loaded = Pipeline::Parse(bytes, "model.tw", &LoadToy);
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().id(), "model-newer");
  EXPECT_EQ(loaded.error().message(), "model format 3 is newer than this program reads: 1");
  EXPECT_EQ(loaded.error().where().detail, "written by " + std::string(kProgram));
}

TEST(ModelFile, UnknownSectionsAreSkipped) {
  const std::string bytes = *ToyPipeline(Task::kBinary).Serialize();
  const auto container = ReadContainer(bytes, "model.tw");
  std::vector<Section> sections{{"notes/later", "something a later version writes"}};
  for (const auto& view : container->sections) sections.push_back({view.name, std::string(view.bytes)});
  sections.push_back({"empty", ""});
  Json manifest = container->manifest;
  manifest.erase("sections");
  EXPECT_EQ(ErrorId(WriteContainer(manifest, sections)), "");
}

TEST(ModelFile, MissingSectionsAreNamed) {
  const std::string bytes = *ToyPipeline(Task::kBinary).Serialize();
  const auto container = ReadContainer(bytes, "model.tw");
  for (const auto& left_out : container->sections) {
    std::vector<Section> sections;
    for (const auto& view : container->sections) {
      if (view.name != left_out.name) sections.push_back({view.name, std::string(view.bytes)});
    }
    EXPECT_EQ(ErrorId(WriteContainer(container->manifest, sections)), "model-damaged") << left_out.name;
  }
}

TEST(ModelFile, ManifestOfTheWrongShapeIsAnError) {
  const std::string bytes = *ToyPipeline(Task::kBinary).Serialize();
  const auto container = ReadContainer(bytes, "model.tw");
  std::vector<Section> sections;
  for (const auto& view : container->sections) sections.push_back({view.name, std::string(view.bytes)});
  for (const char* key : {"learners", "test", "split", "card", "data_fingerprint"}) {
    Json manifest = container->manifest;
    manifest[key] = 7;
    EXPECT_EQ(ErrorId(WriteContainer(manifest, sections)), "model-damaged") << key;
  }
}

TEST(ModelFile, EveryCutAndEveryFlippedByteIsNoticed) {
  const std::string good = *ToyPipeline(Task::kBinary, 60).Serialize();
  for (std::size_t size = 0; size < good.size(); size += 1 + size / 40) {
    const std::string id = ErrorId(std::string_view(good).substr(0, size));
    EXPECT_EQ(id, size < 8 ? "not-a-model" : "model-damaged") << size;
  }
  EXPECT_EQ(ErrorId(good + "x"), "model-damaged");
  Random random(5);
  for (int round = 0; round < 3000; ++round) {
    std::string bad = good;
    const std::size_t at = random.Below(bad.size());
    bad[at] = char(bad[at] ^ (1 << random.Below(8)));
    EXPECT_EQ(ErrorId(bad), at < 8 ? "not-a-model" : "model-damaged") << "byte " << at;
  }
}

TEST(ModelFile, HostileSectionsWithRightChecksumsDoNotCrash) {
  // The attacker knows the format: sections are changed and every checksum is made right again. Whatever
  // still loads must predict without touching memory it does not own (run under the address sanitizer).
  const table::Table t = ToyTable(20, 3);
  for (const Task task : {Task::kBinary, Task::kMulticlass, Task::kRegression}) {
    const std::string good = *ToyPipeline(task, 60).Serialize();
    const auto container = ReadContainer(good, "model.tw");
    Random random(17 + std::uint64_t(task));
    int loaded_count = 0;
    for (int round = 0; round < 1500; ++round) {
      std::vector<Section> sections;
      for (const auto& view : container->sections) sections.push_back({view.name, std::string(view.bytes)});
      std::string& target = sections[random.Below(sections.size())].bytes;
      if (round % 5 == 0) {
        target.resize(random.Below(target.size() + 1));
      } else {
        const bool extreme = round % 2 == 0;
        for (std::uint64_t k = 0; k <= random.Below(3); ++k) {
          target[random.Below(target.size())] = extreme ? char(0xFF) : char(random.Below(256));
        }
      }
      const auto loaded = Pipeline::Parse(WriteContainer(container->manifest, sections), "model.tw", &LoadToy);
      if (!loaded) {
        EXPECT_EQ(loaded.error().exit_code(), 3) << loaded.error().Text();
        continue;
      }
      ++loaded_count;
      PredictOf(*loaded, t);
    }
    EXPECT_GT(loaded_count, 0);
  }
}

}  // namespace
}  // namespace tagwerk::pipeline
