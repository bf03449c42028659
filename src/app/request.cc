// From typed words to a request: every option is parsed here, once, for command, Python and HTTP.
#include <algorithm>
#include <filesystem>

#include "app/run.h"
#include "app/schema_file.h"
#include "base/json.h"
#include "base/text.h"
#include "learners/catalog.h"
#include "report/report.h"

namespace tagwerk::app {

namespace {

Error BadValue(const std::string& option, const std::string& got, std::vector<std::string> allowed) {
  Error error(Code::kInvalidArgument, "option-value", option + " does not take this value: " + Quoted(got));
  error.In(option).Allowed(std::move(allowed));
  return error;
}

Result<std::int64_t> WholeNumber(const std::string& option, const std::string& text, std::int64_t low,
                                 std::int64_t high) {
  const auto value = ParseWhole(text);
  if (!value || *value < low || *value > high)
    return BadValue(option, text, {"a whole number from " + Count(low) + " to " + Count(high)});
  return *value;
}

/// Collects faults so that all of them are reported together.
class Faults {
 public:
  template <class T>
  void Take(Result<T> result, T& into) {
    if (result)
      into = std::move(*result);
    else
      Add(std::move(result).error());
  }
  void Check(Status status) {
    if (!status) Add(std::move(status).error());
  }
  void Add(Error error) {
    if (first_)
      first_->Cause(std::move(error));
    else
      first_ = std::move(error);
  }
  Status Done() && {
    if (first_) return std::move(*first_);
    return Ok();
  }

 private:
  std::optional<Error> first_;
};

Status OneOf(const Arguments& arguments, const std::string& option, const std::vector<std::string>& allowed) {
  const std::string got = arguments.Get(option);
  if (std::find(allowed.begin(), allowed.end(), got) != allowed.end()) return Ok();
  return BadValue(option, got, allowed);
}

Result<std::optional<char>> OneCharacter(const Arguments& arguments, const std::string& option) {
  std::string text = arguments.Get(option);
  if (text == "auto" || text.empty()) return std::optional<char>();
  if (text == "\\t" || text == "tab") text = "\t";
  if (text.size() != 1) return BadValue(option, text, {"one character", "'\\t' for a tab"});
  return std::optional<char>(text[0]);
}

Status ParseTypes(const Arguments& arguments, io::ReadOptions& read) {
  for (const std::string& word : arguments.All("--type")) {
    const auto equals = word.rfind('=');
    const auto type = equals == std::string::npos ? std::nullopt : table::TypeFromName(word.substr(equals + 1));
    if (!type || equals == 0)
      return BadValue("--type", word, {"COL=numeric", "categorical", "ordinal", "boolean", "datetime", "text", "id"});
    read.types[word.substr(0, equals)] = *type;
  }
  return Ok();
}

/// Reads --learners into ids; names that do not exist are errors.
Status ParseLearners(const std::string& typed, std::vector<std::string>& out) {
  if (typed.empty() || typed == "all") return Ok();
  std::vector<std::string> included, excluded;
  for (const std::string& word : SplitList(typed)) {
    if (word == "all") continue;
    const bool minus = !word.empty() && word[0] == '-';
    const std::string id = minus ? word.substr(1) : word;
    TW_RETURN_IF_ERROR(learners::FindLearner(id));
    (minus ? excluded : included).push_back(id);
  }
  for (const auto& learner : learners::AllLearners()) {
    const auto in = [&](const std::vector<std::string>& ids) {
      return std::find(ids.begin(), ids.end(), learner.id) != ids.end();
    };
    if (learner.baseline || in(excluded) || (!included.empty() && !in(included))) continue;
    out.push_back(learner.id);
  }
  return Ok();
}

Status ParseFixed(const Arguments& arguments, std::map<std::string, model::Parameters>& fixed) {
  for (const std::string& word : arguments.All("--set")) {
    const auto equals = word.find('=');
    const auto dot = word.find('.');
    if (equals == std::string::npos || dot == std::string::npos || dot > equals)
      return BadValue("--set", word, {"LEARNER.PARAM=VALUE, as in gradient_boosting.learning_rate=0.05"});
    const std::string id = word.substr(0, dot);
    TW_TRY(const model::LearnerDescriptor* learner, learners::FindLearner(id));
    TW_RETURN_IF_ERROR(model::ParseParameter(id, learner->parameters, word.substr(dot + 1, equals - dot - 1),
                                             word.substr(equals + 1), fixed[id]));
  }
  return Ok();
}

Status ParseTest(const Arguments& arguments, RunRequest& request) {
  const std::string typed = arguments.Get("--test");
  const auto number = ParseDouble(typed);
  if (number || (!typed.empty() && typed.back() == '%')) {
    TW_TRY(const double share, ParseShare(typed, "--test"));
    if (share > 0.9) return BadValue("--test", typed, {"a share up to 90%", "a file", "0"});
    request.test_share = share;
  } else {
    request.test_data = typed;
    request.test_share = 0;
  }
  return Ok();
}

Status ParseGap(const Arguments& arguments, RunRequest& request) {
  const std::string typed = arguments.Get("--gap");
  const bool rows =
      !typed.empty() && std::all_of(typed.begin(), typed.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (rows) {
    TW_TRY(request.gap_rows, WholeNumber("--gap", typed, 0, 1'000'000'000));
    return Ok();
  }
  TW_TRY(request.gap_seconds, ParseDuration(typed, "--gap"));
  return Ok();
}

Status ParseSplit(const Arguments& arguments, RunRequest& request) {
  TW_RETURN_IF_ERROR(OneOf(arguments, "--split", {"auto", "random", "stratified", "group", "time"}));
  for (split::Kind kind : {split::Kind::kRandom, split::Kind::kStratified, split::Kind::kGroup, split::Kind::kTime})
    if (split::KindName(kind) == arguments.Get("--split")) request.split_kind = kind;
  request.group = arguments.Get("--group");
  request.time = arguments.Get("--time");
  const std::string folds = arguments.Get("--folds");
  if (folds != "auto") {
    TW_TRY(const std::int64_t n, WholeNumber("--folds", folds, 2, 50));
    request.folds = int(n);
  }
  if (request.split_kind == split::Kind::kGroup && request.group.empty())
    return Error(Code::kInvalidArgument, "option-contradiction", "--split group needs a column")
        .In("--split")
        .Do("add --group COL");
  return ParseGap(arguments, request);
}

std::string NameOf(const std::string& data) {
  std::string name = std::filesystem::path(data).filename().string();
  for (const char* extension : {".gz", ".zst", ".bz2", ".xz", ".zip", ".xlsx", ".xlsm", ".csv", ".tsv", ".txt",
                                ".jsonl", ".ndjson", ".json", ".parquet", ".arrow", ".feather", ".ipc", ".data"})
    if (name.size() > std::string_view(extension).size() && name.ends_with(extension))
      name.resize(name.size() - std::string_view(extension).size());
  return data == "-" ? "stdin" : name;
}

}  // namespace

std::string SafeName(std::string name) {
  for (char& c : name)
    if (!(std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-')) c = '-';
  while (!name.empty() && (name.front() == '.' || name.front() == '-')) name.erase(0, 1);
  if (name.size() > 64) name.resize(64);
  return name.empty() ? "data" : name;
}

Result<io::ReadOptions> ReadOptionsFrom(const Arguments& arguments) {
  io::ReadOptions read;
  Faults faults;
  faults.Check(ParseTypes(arguments, read));
  // In `profile` the bare option prints the schema.
  if (const std::string schema = arguments.Get("--schema"); !schema.empty()) faults.Check(TakeSchema(schema, read));
  faults.Take(OneCharacter(arguments, "--delimiter"), read.delimiter);
  faults.Take(OneCharacter(arguments, "--quote"), read.quote);
  faults.Take(OneCharacter(arguments, "--decimal"), read.decimal);
  if (read.decimal && *read.decimal != '.' && *read.decimal != ',')
    faults.Add(BadValue("--decimal", std::string(1, *read.decimal), {".", ","}));
  if (arguments.Get("--encoding") != "auto") read.encoding = Lower(arguments.Get("--encoding"));
  faults.Check(OneOf(arguments, "--header", {"auto", "yes", "no"}));
  const std::string header = arguments.Get("--header");
  read.header = header == "yes" ? io::Header::kYes : header == "no" ? io::Header::kNo : io::Header::kAuto;
  read.table = arguments.Get("--table");
  read.missing = SplitList(arguments.Get("--missing"));
  faults.Take(ParseShare(arguments.Get("--max-rejected"), "--max-rejected"), read.max_rejected);
  TW_RETURN_IF_ERROR(std::move(faults).Done());
  return read;
}

Result<RunRequest> RunRequestFrom(const Arguments& arguments) {
  RunRequest request;
  Faults faults;
  faults.Take(ReadOptionsFrom(arguments), request.read);
  if (!arguments.positional.empty()) request.data = arguments.positional[0];
  request.target = arguments.Get("--target");
  faults.Check(OneOf(arguments, "--task", {"auto", "binary", "multiclass", "regression"}));
  request.task = arguments.Get("--task");
  request.metric = arguments.Get("--metric");
  request.positive = arguments.Get("--positive");
  faults.Take(ParseDuration(arguments.Get("--budget"), "--budget"), request.budget_seconds);
  if (request.budget_seconds <= 0) faults.Add(BadValue("--budget", arguments.Get("--budget"), {"a duration above 0"}));
  if (arguments.Has("--trials")) {
    std::int64_t trials = 0;
    faults.Take(WholeNumber("--trials", arguments.Get("--trials"), 1, 1'000'000), trials);
    request.trials = int(trials);
  }
  faults.Check(ParseTest(arguments, request));
  faults.Check(ParseSplit(arguments, request));
  faults.Check(OneOf(arguments, "--refit", {"auto", "never"}));
  request.refit = arguments.Get("--refit") == "auto";
  faults.Check(OneOf(arguments, "--suspects", {"keep", "drop"}));
  request.drop_suspects = arguments.Get("--suspects") == "drop";
  request.use = SplitList(arguments.Get("--use"));
  request.drop = SplitList(arguments.Get("--drop"));
  request.weight = arguments.Get("--weight");
  request.id = arguments.Get("--id");
  faults.Check(ParseLearners(arguments.Get("--learners"), request.learners));
  faults.Check(ParseFixed(arguments, request.fixed));
  request.gate = arguments.Get("--gate");
  faults.Take(DecisionGoalFrom(arguments), request.decision);
  request.out = arguments.Get("--out");
  request.overwrite = arguments.Has("--overwrite");
  request.mlflow = arguments.Get("--mlflow");
  request.registers = !arguments.Has("--no-register");
  request.resume = arguments.Has("--resume");
  if (request.resume && !arguments.Get("--resume").empty()) request.out = arguments.Get("--resume");
  if (request.resume && request.overwrite)
    faults.Add(Error(Code::kInvalidArgument, "option-contradiction", "--resume and --overwrite exclude each other")
                   .In("--resume"));
  request.name = SafeName(arguments.Has("--name") ? arguments.Get("--name") : NameOf(request.data));
  request.language = arguments.Get("--lang");
  const auto languages = report::Languages();
  if (std::find(languages.begin(), languages.end(), request.language) == languages.end())
    faults.Add(BadValue("--lang", request.language, languages));
  faults.Check(OneOf(arguments, "--report", {"full", "short", "none"}));
  request.report = arguments.Get("--report");
  TW_RETURN_IF_ERROR(std::move(faults).Done());
  return request;
}

}  // namespace tagwerk::app
