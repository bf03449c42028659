#include "app/options.h"

#include <algorithm>

#include "base/text.h"

namespace tagwerk::app {

namespace {

using enum OptionKind;

std::vector<OptionSpec> RunOptions() {
  return {
      {"--target", "", kValue, "COL", "",
       "column to predict; without it the likely targets are listed; several (A,B): a run each"},
      {"--task", "", kValue, "T", "auto", "binary, multiclass or regression"},
      {"--metric", "", kValue, "M", "auto", "what is optimised: auc, log_loss, rmse, ... (tagwerk help metrics)"},
      {"--positive", "", kValue, "LABEL", "", "class that probabilities and costs are about (default: second label)"},
      {"--value", "", kRepeat, "OUTCOME=NUMBER", "",
       "worth of a decision: true_positive=40,false_positive=-8,...; sets the bar (binary)"},
      {"--regret", "", kRepeat, "under|over=NUMBER", "",
       "cost per unit of error: under=3,over=1; sets what is predicted (regression)"},
      {"--capacity", "", kValue, "N/PERIOD", "", "at most so many positive decisions per day, week, month or batch"},
      {"--threshold", "", kValue, "X", "", "probability from which the positive class is said (default: chosen)"},
      {"--unit", "", kValue, "UNIT", "", "of --value and --regret: EUR"},
      {"--fairness", "", kValue, "COLS", "", "figures by group of these columns, in the report"},
      {"--budget", "", kValue, "DURATION", "60s", "wall time from start to exit"},
      {"--trials", "", kValue, "N", "", "stop after N trials; makes a run exactly repeatable"},
      {"--test", "", kValue, "SHARE|DATA", "20%",
       "held-out rows: a share (at most 100,000 rows), a file, or 0 for none"},
      {"--split", "", kValue, "S", "auto", "random, stratified, group or time"},
      {"--group", "", kValue, "COL", "", "rows with the same value stay on one side of every split"},
      {"--time", "", kValue, "COL", "", "event time; validation looks forward in time"},
      {"--gap", "", kValue, "DURATION|ROWS", "0", "left out between training and validation of a time split"},
      {"--folds", "", kValue, "N", "auto", "validation folds"},
      {"--refit", "", kValue, "auto|never", "auto", "train the chosen models on all rows after the test"},
      {"--suspects", "", kValue, "keep|drop", "keep", "columns that look like leakage without proof"},
      {"--use", "", kValue, "COLS", "", "use although a finding left it out"},
      {"--drop", "", kValue, "COLS", "", "leave out"},
      {"--weight", "", kValue, "COL", "", "row weight"},
      {"--id", "", kValue, "COL", "", "row key: never a feature, kept in outputs"},
      {"--learners", "", kValue, "LIST", "all", "ids from `tagwerk help learners`; -id excludes"},
      {"--set", "", kRepeat, "LEARNER.PARAM=VALUE", "", "fix a hyperparameter"},
      {"--gate", "", kValue, "EXPR", "", "exit 1 when it fails: 'auc>=0.7,gain.low>0'"},
      {"--out", "", kValue, "DIR", "", "folder of the results (default: tagwerk-runs/<name>-<time>)"},
      {"--overwrite", "", kFlag, "", "", "replace the results of an earlier run in --out"},
      {"--resume", "", kOptionalValue, "RUN", "", "continue an unfinished run"},
      {"--name", "", kValue, "NAME", "", "name of run and model (default: stem of DATA)"},
      {"--mlflow", "", kValue, "URL", "", "also log the run to an MLflow server"},
      {"--no-register", "", kFlag, "", "", "record the run, but no version of its model"},
      {"--report", "", kValue, "full|short|none", "full", "how much of the report is made"},
  };
}

std::vector<VerbSpec> MakeVerbs() {
  std::vector<VerbSpec> verbs;
  verbs.push_back({"run", "[DATA] --target COL [options]",
                   "Read data, find what is wrong with it, train, judge on rows no choice saw, explain, save the model",
                   "tagwerk run customers.csv --target churned --budget 5m", 1, RunOptions(), true});
  verbs.push_back({"profile",
                   "DATA... [--target COL] [--ddl] [--schema] [-o FILE] [--fail[=critical|warning]]",
                   "Describe every column, what belongs together, and what is wrong with the data",
                   "tagwerk profile sales.csv --target bought",
                   100,
                   {{"--target", "", kValue, "COL", "", "adds target relations and leakage findings"},
                    {"--ddl", "", kOptionalValue, "DATABASE", "both",
                     "a relational schema as SQL, also of several files: sqlite, postgresql or both"},
                    {"--schema", "", kOptionalValue, "FILE", "",
                     "print how each column was read, to edit; or read with such a file"},
                    {"--output", "-o", kValue, "FILE", "",
                     "also write the profile: by extension .html, .json, with --ddl .sql, with --schema .toml"},
                    {"--fail", "", kOptionalValue, "SEVERITY", "critical", "exit 1 if there is a finding this severe"}},
                   true});
  verbs.push_back({"drift",
                   "REFERENCE CURRENT [-o FILE.html] [--fail]",
                   "Compare data with a reference (data, or a model's training data): which columns moved, how far",
                   "tagwerk drift train.csv week.csv --json",
                   2,
                   {{"--columns", "", kValue, "COLS", "", "compare only these"},
                    {"--alpha", "", kValue, "SHARE", "0.01", "false-discovery rate over the columns"},
                    {"--min-effect", "", kValue, "X", "0", "a column drifts only from this effect on"},
                    {"--weight", "", kValue, "COL", "", "row weight, in both"},
                    {"--output", "-o", kValue, "FILE", "", "write the comparison: .html or .json"},
                    {"--fail", "", kFlag, "", "", "exit 1 if anything drifted"}},
                   true});
  verbs.push_back(
      {"predict",
       "MODEL DATA [-o FILE] [options]",
       "Predict rows of a file; row n of the output is row n of the input",
       "tagwerk predict model.tw new.csv -o scored.parquet --keep=id",
       2,
       {{"--output", "-o", kValue, "FILE", "-", "by extension: .csv .tsv .jsonl .parquet .arrow; - is CSV on stdout"},
        {"--keep", "", kOptionalValue, "COLS", "", "keep input columns: all, or these"},
        {"--reasons", "", kValue, "N", "0", "columns reason_1 to reason_N: what moved this prediction most"},
        {"--level", "", kValue, "SHARE", "0.9",
         "of the interval (regression) or of the column prediction_set (classes)"},
        {"--threshold", "", kValue, "X", "", "probability from which the positive class is predicted"},
        {"--on-new-category", "", kValue, "warn|fail", "warn", "categories that training never saw"},
        {"--on-missing-column", "", kValue, "fail|warn", "fail", "columns that the model needs and the data lacks"},
        {"--max-invalid", "", kValue, "SHARE", "1%", "values of a column that may fail to convert"},
        {"--rejected", "", kValue, "FILE", "", "malformed rows (default: <output>.rejected.csv)"}},
       true});
  verbs.push_back({"evaluate",
                   "MODEL DATA [options]",
                   "Judge a model on labelled rows: metrics with intervals, confusion, calibration, slices",
                   "tagwerk evaluate model.tw labelled.csv --gate 'auc>=0.68'",
                   2,
                   {{"--target", "", kValue, "COL", "", "column with the truth (default: the model's target)"},
                    {"--threshold", "", kValue, "X", "", "probability from which the positive class is predicted"},
                    {"--by", "", kValue, "COLS", "", "slices by these columns"},
                    {"--gate", "", kValue, "EXPR", "", "exit 1 when it fails"}},
                   true});
  verbs.push_back({"test",
                   "MODEL [DATA] [--tests FILE.toml] [--learn] [-o FILE.html]",
                   "Test a model: data, least quality, direction, invariance, robustness; exit 1 when a test fails",
                   "tagwerk test model.tw labelled.csv --learn",
                   2,
                   {{"--tests", "", kValue, "FILE.toml", "", "the tests (default: tests.toml beside the project file)"},
                    {"--learn", "", kFlag, "", "", "propose tests from data and model, write them, run them"},
                    {"--output", "-o", kValue, "FILE.html", "", "also write a page"}},
                   true});
  verbs.push_back({"compare",
                   "A B [--data DATA] [--metric M] [--margin X]",
                   "Compare two models or runs on the same rows: difference, p-value, probability of being better",
                   "tagwerk compare tagwerk-runs/monday tagwerk-runs/tuesday",
                   2,
                   {{"--data", "", kValue, "DATA", "", "labelled rows (default: the rows that both runs held out)"},
                    {"--target", "", kValue, "COL", "", "column with the truth, for --data"},
                    {"--metric", "", kValue, "M", "auto", "metric (default: that of A)"},
                    {"--margin", "", kValue, "X", "",
                     "difference that matters (default: 1 % of the way from a constant answer to perfect)"}},
                   true});
  verbs.push_back(
      {"explain",
       "MODEL [DATA] [--row N | --id KEY] [--method M] [--change COL=VALUE]",
       "Explain: why this row, what the model uses, how a prediction moves, what would turn a decision",
       "tagwerk explain model.tw new.csv --row 17",
       2,
       {{"--row", "", kValue, "N", "", "row of DATA, from 1"},
        {"--id", "", kValue, "KEY", "", "row of DATA with this value in the model's --id column"},
        {"--method", "", kValue, "M", "shap", "shap, permutation (needs the target), dependence or whatif"},
        {"--top", "", kValue, "N", "10", "columns that are shown"},
        {"--change", "", kRepeat, "COL=VALUE", "", "what if the row had this value"},
        {"--target", "", kValue, "COL", "", "column with the truth, for permutation (default: the model's target)"},
        {"--output", "-o", kValue, "FILE", "-", "write the explanation as JSON"}},
       true});
  verbs.push_back({"models",
                   "list | show MODEL | register FILE --name N | promote NAME:V | rollback NAME | history NAME | "
                   "delete NAME:V",
                   "Show models and their versions, and say which version a name stands for",
                   "tagwerk models promote flights:2",
                   2,
                   {{"--name", "", kValue, "NAME", "", "register: name in the registry"},
                    {"--as", "", kValue, "ALIAS", "champion", "promote: what the version becomes"},
                    {"--force", "", kFlag, "", "", "promote although the gate says no; needs --reason"},
                    {"--reason", "", kValue, "TEXT", "", "promote, rollback: kept in history and audit log"}},
                   false});
  verbs.push_back({"runs",
                   "list | show RUN | compare RUN RUN... | export RUN -o FILE | import FILE | delete RUN",
                   "Show what was trained before: runs with their scores, side by side, as files",
                   "tagwerk runs list --name flights",
                   10,
                   {{"--name", "", kValue, "NAME", "", "list: only runs of this name"},
                    {"--status", "", kValue, "S", "", "list: running, done, gate_failed, interrupted or failed"},
                    {"--limit", "", kValue, "N", "20", "list: at most so many, newest first"},
                    {"--output", "-o", kValue, "FILE", "", "export: file to write; - is stdout"}},
                   false});
  verbs.push_back({"store",
                   "check | backup FILE | restore FILE | gc | migrate [--to FILE] | tokens add NAME --scope SCOPES | "
                   "tokens list | tokens revoke NAME",
                   "Care for the store of runs and models, and hand out keys of the server",
                   "tagwerk store backup store-backup.db",
                   3,
                   {{"--scope", "", kValue, "SCOPES", "", "tokens add: predict, read, admin (a list)"},
                    {"--expires", "", kValue, "DURATION", "", "tokens add: 90d (default: never)"},
                    {"--to", "", kValue, "FILE", "", "migrate: copy everything there"},
                    {"--dry-run", "", kFlag, "", "", "gc: only say what would go"}},
                   false});
  verbs.push_back(
      {"report",
       "RUN [--format html|md|json|article] [-o FILE]",
       "Render a run again from its stored results",
       "tagwerk report tagwerk-runs/flights-20261122-090001 --lang de -o bericht.html",
       1,
       {{"--format", "", kValue, "F", "html", "html, md, json or article (HTML, or Markdown with -o FILE.md)"},
        {"--output", "-o", kValue, "FILE", "-", "file; - is stdout"}},
       false});
  verbs.push_back({"import",
                   "FILE -o FILE.tw [--check DATA]",
                   "Make a model file of a LightGBM text model: same trees, same predictions",
                   "tagwerk import model.txt -o model.tw",
                   1,
                   {{"--output", "-o", kValue, "FILE", "", "model file to write"},
                    {"--format", "", kValue, "F", "auto", "auto or lightgbm"},
                    {"--check", "", kValue, "DATA", "",
                     "rows with a column prediction (of several classes prediction[0], ...): exit 1 if ours differ"}},
                   true});
  verbs.push_back(
      {"serve",
       "MODEL... [--model NAME=FILE] [--port 8080] [options]",
       "Serve files or names of the registry over HTTP: Open Inference Protocol, rows as JSON, MLflow's form, metrics",
       "tagwerk serve flights",
       1000,
       {{"--model", "", kRepeat, "NAME=FILE", "", "serve FILE under NAME"},
        {"--port", "", kValue, "N", "8080", "0 takes a free one"},
        {"--host", "", kValue, "ADDRESS", "127.0.0.1", "where to listen; a public one needs a token"},
        {"--token-file", "", kValue, "FILE", "", "one token a line, then its scopes; beside those of `store tokens`"},
        {"--tls-cert", "", kValue, "FILE", "", "certificate chain (PEM)"},
        {"--tls-key", "", kValue, "FILE", "", "private key (PEM)"},
        {"--max-body", "", kValue, "SIZE", "16M", "largest body of a request"},
        {"--max-concurrency", "", kValue, "N", "0", "long requests worked on or waiting at a time; 0 = 4 x threads"},
        {"--rate", "", kValue, "N/s|m|h", "none", "requests of one token (without tokens: of one address)"},
        {"--metrics-public", "", kFlag, "", "", "/metrics needs no token"},
        {"--timeout", "", kValue, "DURATION", "30s", "for a request to arrive and its answer to be taken"},
        {"--log-predictions", "", kValue, "DIR", "", "keep every answered row in Parquet files below DIR"}},
       false});
  verbs.push_back({"help",
                   "[VERB|learners|metrics]",
                   "Show this help, a verb, the learners with their parameters, the metrics",
                   "tagwerk help run",
                   1,
                   {},
                   false});
  return verbs;
}

Error UnknownOption(const VerbSpec& verb, const std::string& name) {
  std::vector<std::string> names;
  for (const OptionSpec* option : OptionsOf(verb)) names.push_back(option->name);
  Error error(Code::kInvalidArgument, "unknown-option", "option does not exist: " + Quoted(name));
  error.In("tagwerk " + verb.name);
  const auto similar = SimilarNames(name, names);
  if (!similar.empty()) error.Similar(similar);
  return error.Do("tagwerk help " + verb.name);
}

const OptionSpec* FindOption(const VerbSpec& verb, std::string_view name) {
  for (const OptionSpec* option : OptionsOf(verb))
    if (option->name == name || (!option->short_name.empty() && option->short_name == name)) return option;
  return nullptr;
}

/// Reads one option at words[i]; moves i past its value.
Status TakeOption(const VerbSpec& verb, const std::vector<std::string>& words, std::size_t& i, Arguments& out) {
  const std::string& word = words[i];
  const auto equals = word.rfind("--", 0) == 0 ? word.find('=') : std::string::npos;
  const std::string name = word.substr(0, equals);
  const OptionSpec* option = FindOption(verb, name);
  if (option == nullptr) return UnknownOption(verb, name);
  std::optional<std::string> value;
  if (equals != std::string::npos) value = word.substr(equals + 1);
  if (option->kind == kFlag && value)
    return Error(Code::kInvalidArgument, "option-takes-no-value", "option takes no value: " + Quoted(word))
        .In("tagwerk " + verb.name);
  if (!value && (option->kind == kValue || option->kind == kRepeat)) {
    if (i + 1 >= words.size())
      return Error(Code::kInvalidArgument, "option-needs-value", "option needs a value: " + Quoted(name))
          .In("tagwerk " + verb.name)
          .Do(option->name + " " + option->value);
    value = words[++i];
  }
  auto& values = out.values[option->name];
  if (option->kind != kRepeat) values.clear();
  if (value) values.push_back(*value);
  return Ok();
}

}  // namespace

const std::vector<VerbSpec>& AllVerbs() {
  static const std::vector<VerbSpec> verbs = MakeVerbs();
  return verbs;
}

const VerbSpec* FindVerb(std::string_view name) {
  for (const VerbSpec& verb : AllVerbs())
    if (verb.name == name) return &verb;
  return nullptr;
}

const std::vector<OptionSpec>& GlobalOptions() {
  static const std::vector<OptionSpec> options = {
      {"-C", "", kValue, "DIR", "", "work there"},
      {"--config", "", kValue, "FILE", "", "instead of the tagwerk.toml found here or in a parent folder"},
      {"--store", "", kValue, "URL", "",
       "file of the store (default: .tagwerk/store.db of the project, else the user's)"},
      {"--json", "", kFlag, "", "", "exactly one JSON document on stdout"},
      {"--quiet", "-q", kFlag, "", "", "only the result"},
      {"--verbose", "-v", kFlag, "", "", "more log lines"},
      {"--color", "", kValue, "WHEN", "auto", "always, never or auto"},
      {"--no-progress", "", kFlag, "", "", "log lines in place of the live display"},
      {"--log-format", "", kValue, "text|json", "text", "form of the log lines"},
      {"--log-file", "", kValue, "FILE", "", "also write log lines there"},
      {"--threads", "", kValue, "N", "", "default: usable cores"},
      {"--memory", "", kValue, "SIZE", "", "default: 80 % of the free memory"},
      {"--seed", "", kValue, "N", "0", "same seed, same result"},
      {"--lang", "", kValue, "LANG", "en", "language of report, card and article: en de fr it"},
      {"--yes", "", kFlag, "", "", "answer questions with yes"},
      {"--help", "-h", kFlag, "", "", "show help"},
  };
  return options;
}

const std::vector<OptionSpec>& ReadingOptions() {
  static const std::vector<OptionSpec> options = {
      {"--type", "", kRepeat, "COL=TYPE", "", "numeric categorical ordinal boolean datetime text id"},
      {"--schema", "", kValue, "FILE", "", "types and forms of columns, as profile --schema prints them"},
      {"--delimiter", "", kValue, "C", "auto", "between cells (tab: '\\t')"},
      {"--quote", "", kValue, "C", "auto", "around cells"},
      {"--decimal", "", kValue, ".|,", "auto", "decimal mark"},
      {"--encoding", "", kValue, "NAME", "auto", "utf-8, utf-16, cp1252, latin-1"},
      {"--header", "", kValue, "auto|yes|no", "auto", "whether line 1 holds names"},
      {"--missing", "", kValue, "LIST", "", "markers of missing values, added to the known ones"},
      {"--table", "", kValue, "NAME", "", "sheet of a workbook (or #2), file in a zip, key of a JSON object"},
      {"--max-rejected", "", kValue, "SHARE", "1%", "malformed lines above which the run stops"},
  };
  return options;
}

std::vector<const OptionSpec*> OptionsOf(const VerbSpec& verb) {
  std::vector<const OptionSpec*> all;
  for (const OptionSpec& option : verb.options) all.push_back(&option);
  const auto own = [&](const OptionSpec& option) {
    return std::any_of(verb.options.begin(), verb.options.end(),
                       [&](const OptionSpec& mine) { return mine.name == option.name; });
  };
  if (verb.reads_data)
    for (const OptionSpec& option : ReadingOptions())
      if (!own(option)) all.push_back(&option);
  for (const OptionSpec& option : GlobalOptions()) all.push_back(&option);
  return all;
}

std::string Arguments::Get(std::string_view option) const {
  const auto it = values.find(option);
  if (it != values.end() && !it->second.empty()) return it->second.back();
  const OptionSpec* spec = verb == nullptr ? nullptr : FindOption(*verb, option);
  return spec == nullptr ? "" : spec->default_text;
}

std::vector<std::string> Arguments::All(std::string_view option) const {
  const auto it = values.find(option);
  return it == values.end() ? std::vector<std::string>{} : it->second;
}

Result<Arguments> ParseArguments(const VerbSpec& verb, const std::vector<std::string>& words) {
  Arguments out;
  out.verb = &verb;
  bool options_ended = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (!options_ended && word == "--") {
      options_ended = true;
    } else if (!options_ended && word.size() > 1 && word[0] == '-') {
      TW_RETURN_IF_ERROR(TakeOption(verb, words, i, out));
    } else {
      out.positional.push_back(word);
    }
  }
  if (out.positional.size() > verb.max_positional)
    return Error(Code::kInvalidArgument, "too-many-arguments",
                 "too many arguments: " + Quoted(out.positional[verb.max_positional]))
        .In("tagwerk " + verb.name)
        .Do("tagwerk " + verb.name + " " + verb.usage);
  return out;
}

Error UnknownVerb(std::string_view typed) {
  std::vector<std::string> names;
  for (const VerbSpec& verb : AllVerbs()) names.push_back(verb.name);
  Error error(Code::kInvalidArgument, "unknown-verb", "verb does not exist: " + Quoted(typed));
  error.Allowed(names);
  const auto similar = SimilarNames(typed, names);
  if (!similar.empty()) error.Similar(similar);
  return error.Do("tagwerk help");
}

}  // namespace tagwerk::app
