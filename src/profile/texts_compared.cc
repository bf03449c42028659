// English texts of the findings that compare columns, rows and their order; the others stand in texts.cc.
#include <array>

#include "profile/texts.h"

namespace tagwerk::profile {
namespace {

constexpr std::array kComparedTexts = {
    FindingText{"finding.affine", "",
                "{column:code} is computed from {other:code}: {formula} in every row; both were kept"},
    FindingText{"finding.affine_many", "",
                "{count} columns are computed from an earlier column by a factor and a constant; they"
                " were kept"},
    FindingText{"finding.future", "{column:code} lies in the future in {count} row: {value}",
                "{column:code} lies in the future in {count} rows, up to {value}"},
    FindingText{"finding.future_many", "", "{count} columns hold times in the future, in up to {rows} rows"},
    FindingText{"finding.missing_depends_level", "",
                "whether {column:code} is empty depends on {other:code}: it is empty in "
                "{share:percent} of the rows where that is {label}, in {other_share:percent} "
                "elsewhere"},
    FindingText{"finding.missing_depends_many", "",
                "whether {count} columns are empty depends on other columns: rows without a value are"
                " not like the others"},
    FindingText{"finding.missing_depends_number", "",
                "whether {column:code} is empty depends on {other:code}: its median is {value:number}"
                " where empty, {other_value:number} elsewhere; rows without a value are not like the "
                "others"},
    FindingText{"finding.missing_predicts_class", "",
                "whether {column:code} is empty says something about the target: {label} has "
                "{share:percent} of the rows where it is empty, {other_share:percent} elsewhere"},
    FindingText{"finding.missing_together", "",
                "{count} columns, {column:code} the first, are empty in the same {rows} rows"},
    FindingText{"finding.missing_together_many", "",
                "{count} sets of columns are each empty in the same rows, the largest in {rows} rows"},
    FindingText{"finding.missing_together_two", "", "{column:code} and {other:code} are empty in the same {rows} rows"},
    FindingText{"finding.near_rows",
                "{count} row repeats another row in all columns but one ({column:code}); it was kept",
                "{count} rows repeat another row in all columns but one, {share:percent} of them in "
                "all but {column:code}; they were kept"},
    FindingText{"finding.near_texts",
                "{count} text of {column:code} repeats another nearly word for word, of {rows} "
                "compared",
                "{count} texts of {column:code} repeat another nearly word for word, of {rows} "
                "compared"},
    FindingText{"finding.near_texts_many", "", "texts of {count} columns repeat others nearly word for word"},
    FindingText{"finding.one_to_one", "",
                "{column:code} stands one-to-one for {other:code}: each of its {levels} values goes "
                "with one value there, in every row; both were kept"},
    FindingText{"finding.one_to_one_many", "",
                "{count} columns stand one-to-one for an earlier column; they were kept"},
    FindingText{"finding.order_level", "",
                "{column:code} changes along the file: {label} has {low} to {high} of the rows, by "
                "tenths of the file"},
    FindingText{"finding.order_level_time", "",
                "{column:code} changes along {other:code}: {label} has {low} to {high} of the rows, "
                "by tenths of the rows in time"},
    FindingText{"finding.order_many", "",
                "{count} columns change along the file: its first rows are not like its last ones"},
    FindingText{"finding.order_many_time", "",
                "{count} columns change along time: the early rows are not like the late ones"},
    FindingText{"finding.order_missing", "",
                "{column:code} is filled unevenly along the file: {low} to {high} of it is empty, by "
                "tenths of the file"},
    FindingText{"finding.order_missing_time", "",
                "{column:code} is filled unevenly along {other:code}: {low} to {high} of it is empty,"
                " by tenths of the rows in time"},
    FindingText{"finding.order_number", "",
                "{column:code} changes along the file: in tenths of the rows, {share:percent} of its "
                "values stay below a limit that goes from {low} to {high}"},
    FindingText{"finding.order_number_time", "",
                "{column:code} changes along {other:code}: in tenths of the rows by time, "
                "{share:percent} of its values stay below a limit that goes from {low} to {high}"},
    FindingText{"finding.order_sorted", "",
                "the rows are sorted by {column:code}: the first rows of the file are not like the "
                "last ones"},
    FindingText{"finding.personal_email", "",
                "{column:code} holds e-mail addresses ({share:percent} of its values): personal data"},
    FindingText{"finding.personal_ip", "",
                "{column:code} holds IP addresses ({share:percent} of its values): personal data"},
    FindingText{"finding.personal_many", "", "{count} columns hold personal data by the form of their values"},
    FindingText{"finding.personal_phone", "",
                "{column:code} holds phone numbers ({share:percent} of its values): personal data"},
    FindingText{"finding.rounded", "", "{column:code} is {other:code}, rounded; both were kept"},
    FindingText{"finding.rounded_many", "", "{count} columns are another column, rounded; they were kept"},
    FindingText{"finding.unusual_rows",
                "{count} row is unlike all others in several of {columns} columns at once; it was "
                "kept",
                "{count} rows are unlike all others in several of {columns} columns at once; they "
                "were kept"},
};

}  // namespace

std::span<const FindingText> ComparedTexts() { return kComparedTexts; }

}  // namespace tagwerk::profile
