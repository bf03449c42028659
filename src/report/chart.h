// Chart primitives of design.md part 3: text never scales, positions are percentages, only paths stretch.
// Every function returns SVG; a mark's tooltip repeats what the table under the chart says.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tagwerk::report {

/// Maps values to 0..100 %.
struct Scale {
  double low = 0, high = 1;
  double At(double value) const;  ///< clamped to the drawing's edge
  static Scale Around(const std::vector<double>& values, double margin = 0.06);
};

/// Returns 2 to `most` round numbers inside [low, high]: steps of 1, 2, 2.5 or 5 times a power of ten.
std::vector<double> Ticks(double low, double high, int most = 5);
/// Decimals that tell neighbouring ticks apart.
int TickDecimals(const std::vector<double>& ticks);

std::string Number2(double value);  ///< coordinate with two decimals, trailing zeros cut

using Points = std::vector<std::pair<double, double>>;

/// Keeps at most `most` points of a line, evenly, always with the first and the last.
Points Thinned(const Points& points, std::size_t most);

/// Marks in a table row: interval with dot, bar, tick, reference; grid lines behind.
class RowMarks {
 public:
  RowMarks(Scale scale, std::vector<double> grid, int height = 22);
  RowMarks& Reference(double value);
  RowMarks& Interval(double low, double high, std::string_view css);
  RowMarks& Dot(double value, std::string_view css, double radius = 5);
  RowMarks& Bar(double from, double to, std::string_view css);
  RowMarks& Tick(double value, std::string_view css);
  std::string Svg() const;

 private:
  Scale scale_;
  int height_;
  std::string back_, marks_;
};

/// The axis above such rows.
std::string RowAxis(const Scale& scale, const std::vector<std::pair<double, std::string>>& ticks);

/// A plot with axes that is as wide as its place.
class Plot {
 public:
  Plot(Scale x, Scale y, int height, double left_rem, std::string label);
  Plot& XTick(double value, const std::string& text);
  Plot& YTick(double value, const std::string& text, bool zero = false);
  Plot& Line(const Points& points, std::string_view css);
  Plot& Area(const Points& upper, const Points& lower, std::string_view css);
  Plot& Dot(double x, double y, std::string_view css, double radius, const std::string& tip = "");
  Plot& VerticalInterval(double x, double low, double high, std::string_view css);
  Plot& VerticalReference(double x, std::string_view css = "ref");
  Plot& HorizontalReference(double y, std::string_view css = "ref");
  Plot& Bar(double from, double to, double height, std::string_view css, const std::string& tip = "");
  Plot& Label(double x, double y, int dx, int dy, std::string_view anchor, std::string_view css,
              const std::string& text);
  std::string Svg() const;

 private:
  std::string X(double value) const;
  std::string Y(double value) const;
  Scale x_, y_;
  int height_;
  double left_;
  std::string label_, axis_, grid_, paths_, marks_, texts_;
};

/// A histogram as one stretched path on a fixed small size.
std::string Sparkline(const std::vector<double>& counts, std::string_view css, const std::string& label);

/// 100 cases as 10 x 10 shapes. Kinds: 0 filled, 1 cross, 2 ring, 3 small dot.
std::string Waffle(const std::vector<std::pair<int, int>>& counts, const std::string& label);
std::string WaffleKey(int kind);

/// Splits 100 among shares so that the whole numbers add up to 100 (largest remainders).
std::vector<int> Hundred(const std::vector<double>& shares);

}  // namespace tagwerk::report
