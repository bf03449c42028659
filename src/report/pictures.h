// The figures of the report. Each function adds its figure to the section, or nothing when the run
// document lacks what it draws. Titles are chosen by the result.
#pragma once

#include "report/chart.h"
#include "report/element.h"
#include "report/facts.h"

namespace tagwerk::report {

Section Pictures(const Facts& facts);

// Scores: pictures_scores.cc
void DrawLadder(const Facts& facts, Section& section);
void DrawThresholds(const Facts& facts, Section& section);
void DrawCurves(const Facts& facts, Section& section);
// Calibration and coverage: pictures_calibration.cc
void DrawCalibration(const Facts& facts, Section& section);
void DrawCoverage(const Facts& facts, Section& section);
// Where it holds: pictures_where.cc
void DrawTime(const Facts& facts, Section& section);
void DrawSlices(const Facts& facts, Section& section);
// What it uses: pictures_model.cc
void DrawImportance(const Facts& facts, Section& section);
void DrawDependence(const Facts& facts, Section& section);
// How it errs and learns: pictures_errors.cc
void DrawResiduals(const Facts& facts, Section& section);
void DrawLearning(const Facts& facts, Section& section);
void DrawFit(const Facts& facts, Section& section);
void DrawTarget(const Facts& facts, Section& section);

using Labels = std::vector<std::pair<double, std::string>>;
/// Round ticks of a scale with their texts; per cent when `share`.
Labels TickLabels(const Language& language, const Scale& scale, bool share, int most = 5);
std::vector<double> TickValues(const Labels& labels);
Plot& PutAxes(Plot& plot, const Labels& x, const Labels& y);
/// Room for the y labels, in rem, by their length.
double LabelRoom(const Labels& labels);

}  // namespace tagwerk::report
