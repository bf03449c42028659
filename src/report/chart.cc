#include "report/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "report/inline.h"

namespace tagwerk::report {

namespace {

std::string Percent(double value) { return Number2(value) + "%"; }

std::string Tip(const std::string& tip) { return tip.empty() ? "" : " data-tip=\"" + Escape(Shorten(tip, 300)) + "\""; }

}  // namespace

std::string Number2(double value) {
  if (!std::isfinite(value)) return "0";
  std::string text = fmt::format("{:.2f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

double Scale::At(double value) const {
  if (!(high > low)) return 50;
  return std::clamp((value - low) / (high - low) * 100, 0.0, 100.0);
}

Scale Scale::Around(const std::vector<double>& values, double margin) {
  if (values.empty()) return {0, 1};
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const double width = *high > *low ? *high - *low : std::max(std::abs(*high) * 0.2, 1e-9);
  return {*low - width * margin, *high + width * margin};
}

std::vector<double> Ticks(double low, double high, int most) {
  if (!(high > low) || !std::isfinite(low) || !std::isfinite(high)) return {low};
  const double rough = (high - low) / most;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = power * 10;
  for (const double factor : {1.0, 2.0, 2.5, 5.0})
    if (factor * power >= rough * 0.999) {
      step = factor * power;
      break;
    }
  std::vector<double> ticks;
  for (double i = std::ceil(low / step - 1e-9); i * step <= high + step * 1e-9 && ticks.size() < 20; ++i)
    ticks.push_back(std::abs(i) < 0.5 ? 0.0 : i * step);
  return ticks;
}

int TickDecimals(const std::vector<double>& ticks) {
  if (ticks.size() < 2) return 2;
  const double step = ticks[1] - ticks[0];
  for (int decimals = 0; decimals < 6; ++decimals) {
    const double scaled = step * std::pow(10.0, decimals);
    if (std::abs(scaled - std::round(scaled)) < 1e-6 * scaled) return decimals;
  }
  return 6;
}

Points Thinned(const Points& points, std::size_t most) {
  if (points.size() <= most || most < 2) return points;
  Points kept;
  for (std::size_t i = 0; i < most; ++i) kept.push_back(points[i * (points.size() - 1) / (most - 1)]);
  return kept;
}

RowMarks::RowMarks(Scale scale, std::vector<double> grid, int height) : scale_(scale), height_(height) {
  std::string lines;
  for (const double value : grid) {
    if (value < scale_.low || value > scale_.high) continue;
    const std::string x = Percent(scale_.At(value));
    back_ += fmt::format("<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"0\" y2=\"{}\"/>", x, x, height_);
  }
}

RowMarks& RowMarks::Reference(double value) {
  const std::string x = Percent(scale_.At(value));
  back_ += fmt::format("<line class=\"ref\" x1=\"{}\" x2=\"{}\" y1=\"0\" y2=\"{}\"/>", x, x, height_);
  return *this;
}

RowMarks& RowMarks::Interval(double low, double high, std::string_view css) {
  const int middle = height_ / 2;
  marks_ += fmt::format("<line class=\"i-{}\" x1=\"{}\" x2=\"{}\" y1=\"{}\" y2=\"{}\"/>", css, Percent(scale_.At(low)),
                        Percent(scale_.At(high)), middle, middle);
  return *this;
}

RowMarks& RowMarks::Dot(double value, std::string_view css, double radius) {
  marks_ += fmt::format("<circle class=\"d-{}\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>", css, Percent(scale_.At(value)),
                        height_ / 2, Number2(radius));
  return *this;
}

RowMarks& RowMarks::Bar(double from, double to, std::string_view css) {
  const double left = scale_.At(std::min(from, to));
  const double width = scale_.At(std::max(from, to)) - left;
  marks_ += fmt::format("<rect class=\"d-{}\" x=\"{}\" width=\"{}\" y=\"{}\" height=\"{}\" rx=\"1\"/>", css,
                        Percent(left), Percent(width), Number2(height_ * 0.22), Number2(height_ * 0.56));
  return *this;
}

RowMarks& RowMarks::Tick(double value, std::string_view css) {
  const std::string x = Percent(scale_.At(value));
  marks_ += fmt::format("<line class=\"i-{}\" x1=\"{}\" x2=\"{}\" y1=\"3\" y2=\"{}\"/>", css, x, x, height_ - 3);
  return *this;
}

std::string RowMarks::Svg() const {
  return fmt::format("<svg width=\"100%\" height=\"{}\" aria-hidden=\"true\">{}{}</svg>", height_, back_, marks_);
}

std::string RowAxis(const Scale& scale, const std::vector<std::pair<double, std::string>>& ticks) {
  std::string out = "<svg width=\"100%\" height=\"18\" aria-hidden=\"true\">";
  for (const auto& [value, text] : ticks) {
    const double at = scale.At(value);
    const char* anchor = at < 4 ? "start" : at > 96 ? "end" : "middle";
    out += fmt::format("<text x=\"{}\" y=\"12\" text-anchor=\"{}\">{}</text>", Percent(at), anchor, Escape(text));
  }
  return out + "</svg>";
}

Plot::Plot(Scale x, Scale y, int height, double left_rem, std::string label)
    : x_(x), y_(y), height_(height), left_(left_rem), label_(std::move(label)) {}

std::string Plot::X(double value) const { return Percent(x_.At(value)); }
std::string Plot::Y(double value) const { return Percent(100 - y_.At(value)); }

Plot& Plot::XTick(double value, const std::string& text) {
  const double at = x_.At(value);
  const char* anchor = at < 3 ? "start" : at > 97 ? "end" : "middle";
  axis_ += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"{}\">{}</text>", Percent(at), height_ + 15, anchor,
                       Escape(text));
  return *this;
}

Plot& Plot::YTick(double value, const std::string& text, bool zero) {
  const std::string y = Y(value);
  grid_ += fmt::format("<line class=\"{}\" x1=\"0\" x2=\"100%\" y1=\"{}\" y2=\"{}\"/>", zero ? "zero" : "grid", y, y);
  texts_ += fmt::format("<text x=\"0\" dx=\"-8\" text-anchor=\"end\" y=\"{}\" dy=\"4\">{}</text>", y, Escape(text));
  return *this;
}

Plot& Plot::Line(const Points& points, std::string_view css) {
  if (points.size() < 2) return *this;
  std::string path = "M";
  for (const auto& [x, y] : Thinned(points, 400)) path += Number2(x_.At(x)) + "," + Number2(100 - y_.At(y)) + " ";
  path.pop_back();
  paths_ += fmt::format("<path class=\"{}\" d=\"{}\"/>", css, path);
  return *this;
}

Plot& Plot::Area(const Points& upper, const Points& lower, std::string_view css) {
  if (upper.size() < 2 || lower.size() < 2) return *this;
  std::string path = "M";
  for (const auto& [x, y] : Thinned(upper, 200)) path += Number2(x_.At(x)) + "," + Number2(100 - y_.At(y)) + " ";
  Points back = Thinned(lower, 200);
  std::reverse(back.begin(), back.end());
  for (const auto& [x, y] : back) path += Number2(x_.At(x)) + "," + Number2(100 - y_.At(y)) + " ";
  path.back() = 'z';
  paths_ += fmt::format("<path class=\"{}\" d=\"{}\"/>", css, path);
  return *this;
}

Plot& Plot::Dot(double x, double y, std::string_view css, double radius, const std::string& tip) {
  marks_ += fmt::format("<circle class=\"d-{}\" cx=\"{}\" cy=\"{}\" r=\"{}\"{}/>", css, X(x), Y(y), Number2(radius),
                        Tip(tip));
  return *this;
}

Plot& Plot::VerticalInterval(double x, double low, double high, std::string_view css) {
  marks_ +=
      fmt::format("<line class=\"i-{}\" x1=\"{}\" x2=\"{}\" y1=\"{}\" y2=\"{}\"/>", css, X(x), X(x), Y(low), Y(high));
  return *this;
}

Plot& Plot::VerticalReference(double x, std::string_view css) {
  grid_ += fmt::format("<line class=\"{}\" x1=\"{}\" x2=\"{}\" y1=\"0\" y2=\"100%\"/>", css, X(x), X(x));
  return *this;
}

Plot& Plot::HorizontalReference(double y, std::string_view css) {
  grid_ += fmt::format("<line class=\"{}\" x1=\"0\" x2=\"100%\" y1=\"{}\" y2=\"{}\"/>", css, Y(y), Y(y));
  return *this;
}

Plot& Plot::Bar(double from, double to, double height, std::string_view css, const std::string& tip) {
  const double left = x_.At(from);
  const double width = x_.At(to) - left;
  const double gap = std::min(width * 0.12, 0.6);
  const double top = 100 - y_.At(height);
  const double floor = 100 - y_.At(std::max(0.0, y_.low));
  marks_ +=
      fmt::format("<rect class=\"d-{}\" x=\"{}\" width=\"{}\" y=\"{}\" height=\"{}\"{}/>", css, Percent(left + gap / 2),
                  Percent(std::max(width - gap, 0.2)), Percent(top), Percent(std::max(floor - top, 0.0)), Tip(tip));
  return *this;
}

Plot& Plot::Label(double x, double y, int dx, int dy, std::string_view anchor, std::string_view css,
                  const std::string& text) {
  texts_ += fmt::format("<text class=\"halo {}\" x=\"{}\" y=\"{}\" dx=\"{}\" dy=\"{}\" text-anchor=\"{}\">{}</text>",
                        css, X(x), Y(y), dx, dy, anchor, Escape(text));
  return *this;
}

std::string Plot::Svg() const {
  const std::string left = Number2(left_);
  std::string out = fmt::format(
      "<svg class=\"plot\" role=\"img\" aria-label=\"{}\" style=\"width:calc(100% - "
      "{}rem);margin-left:{}rem\" height=\"{}\">",
      Escape(Shorten(label_, 300)), left, left, axis_.empty() ? height_ : height_ + 20);
  out +=
      axis_ + fmt::format("<svg x=\"0\" y=\"0\" width=\"100%\" height=\"{}\" overflow=\"visible\">", height_) + grid_;
  if (!paths_.empty())
    out +=
        "<svg x=\"0\" y=\"0\" width=\"100%\" height=\"100%\" viewBox=\"0 0 100 100\" "
        "preserveAspectRatio=\"none\" "
        "overflow=\"visible\">" +
        paths_ + "</svg>";
  return out + marks_ + texts_ + "</svg></svg>";
}

std::string Sparkline(const std::vector<double>& counts, std::string_view css, const std::string& label) {
  if (counts.empty()) return "";
  const double most = *std::max_element(counts.begin(), counts.end());
  if (!(most > 0)) return "";
  const double step = 88.0 / double(counts.size());
  const double width = step > 2 ? step - 0.8 : step;
  std::string path;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double height = counts[i] / most * 22;
    if (height < 0.15) continue;
    path += fmt::format("M{:.1f} 22v-{:.1f}h{:.1f}v{:.1f}z", double(i) * step, height, width, height);
  }
  return fmt::format(
      "<svg class=\"spark\" width=\"88\" height=\"22\" role=\"img\" aria-label=\"{}\"><path class=\"d-{}\" "
      "d=\"{}\"/></svg>",
      Escape(Shorten(label, 300)), css, path);
}

std::string WaffleKey(int kind) {
  static constexpr const char* kShapes[] = {
      "<circle class=\"d-model\" cx=\"7\" cy=\"7\" r=\"6.4\"/>", "<path class=\"cross\" d=\"M2 2l10 10M12 2l-10 10\"/>",
      "<circle class=\"ring\" cx=\"7\" cy=\"7\" r=\"5.4\"/>", "<circle class=\"d-base\" cx=\"7\" cy=\"7\" r=\"2.4\"/>"};
  return "<svg viewBox=\"0 0 14 14\" aria-hidden=\"true\">" + std::string(kShapes[std::clamp(kind, 0, 3)]) + "</svg>";
}

std::string Waffle(const std::vector<std::pair<int, int>>& counts, const std::string& label) {
  std::string out =
      "<svg class=\"w\" viewBox=\"0 0 200 200\" role=\"img\" aria-label=\"" + Escape(Shorten(label, 2000)) + "\">";
  int at = 0;
  for (const auto& [kind, count] : counts) {
    for (int i = 0; i < count && at < 100; ++i, ++at) {
      const int x = at % 10 * 20 + 10;
      const int y = at / 10 * 20 + 10;
      if (kind == 0)
        out += fmt::format("<circle class=\"d-model\" cx=\"{}\" cy=\"{}\" r=\"6.4\"/>", x, y);
      else if (kind == 1)
        out += fmt::format("<path class=\"cross\" d=\"M{} {}l10 10m0-10l-10 10\"/>", x - 5, y - 5);
      else if (kind == 2)
        out += fmt::format("<circle class=\"ring\" cx=\"{}\" cy=\"{}\" r=\"5.4\"/>", x, y);
      else
        out += fmt::format("<circle class=\"d-base\" cx=\"{}\" cy=\"{}\" r=\"2.4\"/>", x, y);
    }
  }
  return out + "</svg>";
}

std::vector<int> Hundred(const std::vector<double>& shares) {
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  std::vector<int> whole(shares.size(), 0);
  if (!(sum > 0)) return whole;
  std::vector<std::size_t> order(shares.size());
  std::iota(order.begin(), order.end(), 0);
  int given = 0;
  std::vector<double> rest(shares.size());
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const double exact = shares[i] / sum * 100;
    whole[i] = int(exact);
    rest[i] = exact - whole[i];
    given += whole[i];
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return rest[a] > rest[b]; });
  for (std::size_t i = 0; given < 100 && i < order.size(); ++i, ++given) ++whole[order[i]];
  return whole;
}

}  // namespace tagwerk::report
