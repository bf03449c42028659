// What the reader noticed becomes findings: encodings, headers, renamed columns, rejected rows.
#include "base/text.h"
#include "profile/checks.h"

namespace tagwerk::profile {

void CheckReading(CheckState& state) {
  for (const table::ReadNote& note : state.read.notes) {
    const bool serious = note.id == "read.sampled" || note.id == "value.mixed_types" || note.id == "row.shifted";
    Finding finding =
        MakeFinding(note.id, serious ? Severity::kWarning : Severity::kNote, "", "finding.note", {{"text", note.text}});
    finding.columns = note.columns;
    finding.brief = Printable(note.text, 60);
    finding.evidence = note.evidence;
    if (note.id == "row.shifted" || note.id == "row.rejected") {
      finding.rows = note.evidence.value("rows", std::int64_t(1));
      finding.action = Action::kSetAside;
      if (note.evidence.contains("line")) {
        finding.examples.push_back({note.evidence.value("file", ""), note.evidence.value("line", std::int64_t(0)), ""});
      }
    }
    state.profile.findings.push_back(std::move(finding));
  }
  const std::int64_t rejected = state.read.rejected_lines;
  if (rejected == 0) return;
  const double share = double(rejected) / double(rejected + std::int64_t(state.table.num_rows()));
  Finding finding =
      MakeFinding("row.rejected", Severity::kWarning, "", "finding.rejected", {{"count", rejected}, {"share", share}});
  finding.rows = rejected;
  finding.action = Action::kSetAside;
  for (const table::RejectedLine& line : state.read.rejected) {
    // Lines around the table and rows set aside have findings of their own.
    if (line.reason == "preamble" || line.reason == "footer" || line.reason == "shifted-cells") continue;
    if (finding.examples.size() < 5) finding.examples.push_back({line.file, line.line, Printable(line.detail, 80)});
  }
  finding.brief = Count(rejected) + (rejected == 1 ? " malformed row" : " malformed rows");
  finding.evidence = {{"rows", rejected}, {"share", share}};
  state.profile.findings.push_back(std::move(finding));
}

}  // namespace tagwerk::profile
