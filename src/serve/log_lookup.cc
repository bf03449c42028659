#include "serve/log_lookup.h"

#include <algorithm>
#include <filesystem>
#include <unordered_map>

#include "io/record_file.h"
#include "serve/log_segment.h"

namespace tagwerk::serve {
namespace {

namespace fs = std::filesystem;

struct LogFile {
  std::string order, path;  ///< the order is that of day and time
};

template <class Visit>
void ForEntries(const fs::path& folder, const Visit& visit) {
  std::error_code failure;
  for (fs::directory_iterator it(folder, failure), end; !failure && it != end; it.increment(failure)) visit(it->path());
}

std::vector<LogFile> FilesOf(const std::vector<std::string>& folders, const std::string& model) {
  std::vector<LogFile> files;
  for (const std::string& folder : folders)
    ForEntries(fs::path(folder) / FolderName(model), [&](const fs::path& version) {
      ForEntries(version, [&](const fs::path& day) {
        ForEntries(day, [&](const fs::path& file) {
          const std::string name = file.filename().string();
          if (name[0] != '.' && file.extension() == ".parquet")
            files.push_back({day.filename().string() + "/" + name, file.string()});
        });
      });
    });
  std::sort(files.begin(), files.end(), [](const LogFile& a, const LogFile& b) { return a.order > b.order; });
  return files;
}

}  // namespace

bool FindLogged(const std::vector<std::string>& folders, const std::string& model, const std::vector<std::string>& ids,
                TimePoint deadline, std::vector<bool>& found) {
  std::unordered_multimap<std::string_view, std::size_t> wanted;
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (!found[i]) wanted.emplace(ids[i], i);
  if (wanted.empty()) return true;
  for (const LogFile& file : FilesOf(folders, model)) {
    if (wanted.empty()) break;
    if (Clock::now() > deadline) return false;
    static_cast<void>(io::VisitTexts(file.path, "prediction_id", [&](std::string_view id) {
      const auto [first, last] = wanted.equal_range(id);
      for (auto at = first; at != last; ++at) found[at->second] = true;
      wanted.erase(first, last);
    }));
  }
  return true;
}

}  // namespace tagwerk::serve
