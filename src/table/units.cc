// The table of units. Factors are exact by definition (SI brochure, 9th edition; NIST SP 811, appendix B);
// horsepower is metric for PS and mechanical for hp and bhp.
#include "table/units.h"

#include <algorithm>
#include <string>

#include "base/text.h"

namespace tagwerk::table {
namespace {

enum class Dimension : std::uint8_t {
  kTime,
  kLength,
  kMass,
  kVolume,
  kArea,
  kSpeed,
  kPower,
  kEnergy,
  kForce,
  kTorque,
  kPressure,
  kFrequency,
  kVoltage,
  kCurrent,
  kCharge,
  kAngle,
  kData,
  kDataRate,
  kShare,
  kEconomy,
  kTurns,
  kOrder,
  kCelsius,
  kFahrenheit,
  kDollar,
  kEuro,
  kPound,
  kYen,
  kRupee,
  kFranc,
  kCrown,
  kReal,
  kRuble,
  kWon,
  kZloty,
  kLira,
  kRand,
  kYuan,
};

struct KnownUnit {
  std::string_view spelling;
  Dimension dimension;
  double factor;  ///< of the dimension's first unit
};

using enum Dimension;

constexpr double kDay = 86'400, kInch = 0.0254, kPoundMass = 0.45359237;

// clang-format off
constexpr KnownUnit kUnits[] = {
    {"s", kTime, 1}, {"sec", kTime, 1}, {"secs", kTime, 1}, {"second", kTime, 1}, {"seconds", kTime, 1},
    {"ms", kTime, 1e-3}, {"msec", kTime, 1e-3}, {"millisecond", kTime, 1e-3}, {"milliseconds", kTime, 1e-3},
    {"us", kTime, 1e-6}, {"µs", kTime, 1e-6}, {"ns", kTime, 1e-9}, {"min", kTime, 60}, {"mins", kTime, 60},
    {"minute", kTime, 60}, {"minutes", kTime, 60}, {"Minuten", kTime, 60}, {"m", kTime, 60}, {"h", kTime, 3600},
    {"hr", kTime, 3600}, {"hrs", kTime, 3600}, {"hour", kTime, 3600}, {"hours", kTime, 3600},
    {"Std", kTime, 3600}, {"Stunden", kTime, 3600}, {"d", kTime, kDay}, {"day", kTime, kDay},
    {"days", kTime, kDay}, {"Tage", kTime, kDay}, {"Tag", kTime, kDay}, {"w", kTime, 7 * kDay},
    {"wk", kTime, 7 * kDay}, {"week", kTime, 7 * kDay}, {"weeks", kTime, 7 * kDay},
    {"mo", kTime, 365.25 / 12 * kDay}, {"month", kTime, 365.25 / 12 * kDay},
    {"months", kTime, 365.25 / 12 * kDay}, {"mos", kTime, 365.25 / 12 * kDay}, {"y", kTime, 365.25 * kDay},
    {"yr", kTime, 365.25 * kDay}, {"yrs", kTime, 365.25 * kDay}, {"year", kTime, 365.25 * kDay},
    {"years", kTime, 365.25 * kDay}, {"Jahre", kTime, 365.25 * kDay}, {"m", kLength, 1}, {"metre", kLength, 1},
    {"metres", kLength, 1}, {"meter", kLength, 1}, {"meters", kLength, 1}, {"mm", kLength, 1e-3},
    {"cm", kLength, 1e-2}, {"dm", kLength, 0.1}, {"km", kLength, 1e3}, {"kms", kLength, 1e3},
    {"kilometre", kLength, 1e3}, {"kilometres", kLength, 1e3}, {"kilometer", kLength, 1e3},
    {"kilometers", kLength, 1e3}, {"µm", kLength, 1e-6}, {"um", kLength, 1e-6}, {"nm", kLength, 1e-9},
    {"in", kLength, kInch}, {"inch", kLength, kInch}, {"inches", kLength, kInch}, {"\"", kLength, kInch},
    {"''", kLength, kInch}, {"″", kLength, kInch}, {"”", kLength, kInch}, {"ft", kLength, 12 * kInch},
    {"foot", kLength, 12 * kInch}, {"feet", kLength, 12 * kInch}, {"'", kLength, 12 * kInch},
    {"′", kLength, 12 * kInch}, {"’", kLength, 12 * kInch}, {"yd", kLength, 36 * kInch},
    {"yard", kLength, 36 * kInch}, {"yards", kLength, 36 * kInch}, {"mi", kLength, 1609.344},
    {"mile", kLength, 1609.344}, {"miles", kLength, 1609.344}, {"nmi", kLength, 1852}, {"g", kMass, 1e-3},
    {"gm", kMass, 1e-3}, {"gms", kMass, 1e-3}, {"gram", kMass, 1e-3}, {"grams", kMass, 1e-3},
    {"mg", kMass, 1e-6}, {"µg", kMass, 1e-9}, {"ug", kMass, 1e-9}, {"mcg", kMass, 1e-9}, {"kg", kMass, 1},
    {"kgs", kMass, 1}, {"kilo", kMass, 1}, {"kilos", kMass, 1}, {"kilogram", kMass, 1}, {"kilograms", kMass, 1},
    {"t", kMass, 1e3}, {"tonne", kMass, 1e3}, {"tonnes", kMass, 1e3}, {"quintal", kMass, 100},
    {"quintals", kMass, 100}, {"lb", kMass, kPoundMass}, {"lbs", kMass, kPoundMass},
    {"oz", kMass, kPoundMass / 16}, {"ounce", kMass, kPoundMass / 16}, {"ounces", kMass, kPoundMass / 16},
    {"st", kMass, 14 * kPoundMass}, {"stone", kMass, 14 * kPoundMass}, {"l", kVolume, 1}, {"L", kVolume, 1},
    {"litre", kVolume, 1}, {"litres", kVolume, 1}, {"liter", kVolume, 1}, {"liters", kVolume, 1},
    {"ltr", kVolume, 1}, {"ml", kVolume, 1e-3}, {"cl", kVolume, 1e-2}, {"dl", kVolume, 0.1},
    {"cc", kVolume, 1e-3}, {"ccm", kVolume, 1e-3}, {"cm3", kVolume, 1e-3}, {"cm³", kVolume, 1e-3},
    {"m3", kVolume, 1e3}, {"m³", kVolume, 1e3}, {"gal", kVolume, 3.785411784},
    {"gallon", kVolume, 3.785411784}, {"gallons", kVolume, 3.785411784}, {"m2", kArea, 1}, {"m²", kArea, 1},
    {"sqm", kArea, 1}, {"sq m", kArea, 1}, {"sq. m", kArea, 1}, {"qm", kArea, 1}, {"sq. meter", kArea, 1},
    {"km2", kArea, 1e6}, {"km²", kArea, 1e6}, {"sq km", kArea, 1e6}, {"ha", kArea, 1e4},
    {"hectare", kArea, 1e4}, {"hectares", kArea, 1e4}, {"acre", kArea, 4046.8564224},
    {"acres", kArea, 4046.8564224}, {"sqft", kArea, 0.09290304}, {"sq ft", kArea, 0.09290304},
    {"sq.ft.", kArea, 0.09290304}, {"sq. ft", kArea, 0.09290304}, {"ft2", kArea, 0.09290304},
    {"ft²", kArea, 0.09290304}, {"sq. yards", kArea, 0.83612736}, {"sq yd", kArea, 0.83612736},
    {"km/h", kSpeed, 1}, {"kmh", kSpeed, 1}, {"kmph", kSpeed, 1}, {"kph", kSpeed, 1}, {"mph", kSpeed, 1.609344},
    {"m/s", kSpeed, 3.6}, {"kn", kSpeed, 1.852}, {"knots", kSpeed, 1.852}, {"kt", kSpeed, 1.852},
    {"W", kPower, 1}, {"watt", kPower, 1}, {"watts", kPower, 1}, {"mW", kPower, 1e-3}, {"kW", kPower, 1e3},
    {"MW", kPower, 1e6}, {"GW", kPower, 1e9}, {"hp", kPower, 745.69987158227022},
    {"bhp", kPower, 745.69987158227022}, {"PS", kPower, 735.49875}, {"J", kEnergy, 1}, {"kJ", kEnergy, 1e3},
    {"MJ", kEnergy, 1e6}, {"Wh", kEnergy, 3600}, {"kWh", kEnergy, 3.6e6}, {"MWh", kEnergy, 3.6e9},
    {"GWh", kEnergy, 3.6e12}, {"cal", kEnergy, 4.184}, {"kcal", kEnergy, 4184}, {"N", kForce, 1},
    {"kN", kForce, 1e3}, {"Nm", kTorque, 1}, {"kgm", kTorque, 9.80665}, {"lb-ft", kTorque, 1.3558179483314004},
    {"Pa", kPressure, 1}, {"hPa", kPressure, 100}, {"kPa", kPressure, 1e3}, {"MPa", kPressure, 1e6},
    {"mbar", kPressure, 100}, {"bar", kPressure, 1e5}, {"psi", kPressure, 6894.757293168361},
    {"Hz", kFrequency, 1}, {"kHz", kFrequency, 1e3}, {"MHz", kFrequency, 1e6}, {"GHz", kFrequency, 1e9},
    {"V", kVoltage, 1}, {"mV", kVoltage, 1e-3}, {"kV", kVoltage, 1e3}, {"A", kCurrent, 1},
    {"mA", kCurrent, 1e-3}, {"Ah", kCharge, 1}, {"mAh", kCharge, 1e-3}, {"°", kAngle, 1}, {"deg", kAngle, 1},
    {"degrees", kAngle, 1}, {"B", kData, 1}, {"byte", kData, 1}, {"bytes", kData, 1}, {"KB", kData, 1e3},
    {"kB", kData, 1e3}, {"MB", kData, 1e6}, {"GB", kData, 1e9}, {"TB", kData, 1e12}, {"PB", kData, 1e15},
    {"KiB", kData, 1024}, {"MiB", kData, 1048576}, {"GiB", kData, 1073741824}, {"TiB", kData, 1099511627776},
    {"kbps", kDataRate, 1e3}, {"kbit/s", kDataRate, 1e3}, {"Mbps", kDataRate, 1e6}, {"Mbit/s", kDataRate, 1e6},
    {"Gbps", kDataRate, 1e9}, {"Gbit/s", kDataRate, 1e9}, {"%", kShare, 1}, {"percent", kShare, 1},
    {"pct", kShare, 1}, {"Prozent", kShare, 1}, {"‰", kShare, 0.1}, {"bps", kShare, 0.01},
    {"kmpl", kEconomy, 1}, {"km/l", kEconomy, 1}, {"km/litre", kEconomy, 1},
    {"mpg", kEconomy, 0.42514370743027200}, {"rpm", kTurns, 1}, {"1/min", kTurns, 1}, {"st", kOrder, 1},
    {"nd", kOrder, 1}, {"rd", kOrder, 1}, {"th", kOrder, 1}, {"°C", kCelsius, 1}, {"℃", kCelsius, 1},
    {"degC", kCelsius, 1}, {"°F", kFahrenheit, 1}, {"℉", kFahrenheit, 1}, {"degF", kFahrenheit, 1},
    {"$", kDollar, 1}, {"US$", kDollar, 1}, {"USD", kDollar, 1}, {"dollar", kDollar, 1},
    {"dollars", kDollar, 1}, {"€", kEuro, 1}, {"EUR", kEuro, 1}, {"euro", kEuro, 1}, {"euros", kEuro, 1},
    {"£", kPound, 1}, {"GBP", kPound, 1}, {"¥", kYen, 1}, {"JPY", kYen, 1}, {"CNY", kYuan, 1},
    {"RMB", kYuan, 1}, {"₹", kRupee, 1}, {"INR", kRupee, 1}, {"Rs", kRupee, 1}, {"Rs.", kRupee, 1},
    {"CHF", kFranc, 1}, {"Fr.", kFranc, 1}, {"kr", kCrown, 1}, {"SEK", kCrown, 1}, {"NOK", kCrown, 1},
    {"DKK", kCrown, 1}, {"R$", kReal, 1}, {"BRL", kReal, 1}, {"₽", kRuble, 1}, {"RUB", kRuble, 1},
    {"₩", kWon, 1}, {"KRW", kWon, 1}, {"zł", kZloty, 1}, {"PLN", kZloty, 1}, {"₺", kLira, 1},
    {"TRY", kLira, 1}, {"TL", kLira, 1}, {"ZAR", kRand, 1},
};
// clang-format on

// Currencies without another spelling here; each is related to itself only.
constexpr std::string_view kOtherCurrencies[] = {
    "A$",  "AU$", "AUD", "C$", "CA$", "CAD", "NZ$", "NZD", "HK$", "HKD", "S$",  "SGD", "MXN", "THB", "IDR", "Rp", "₱",
    "PHP", "₫",   "VND", "₦",  "NGN", "₪",   "ILS", "₴",   "UAH", "฿",   "AED", "SAR", "Ft",  "HUF", "Kč",  "CZK"};

bool IsMoney(Dimension dimension) { return dimension >= kDollar; }

/// Lower case, without the point and the plural of a word: "Reviews." is "review".
std::string Folded(std::string_view unit) {
  std::string out = Lower(unit);
  while (!out.empty() && out.back() == '.') out.pop_back();
  if (out.size() > 3 && out.back() == 's') out.pop_back();
  return out;
}

/// Calls `visit` for each unit of that spelling: exact ones, else those equal in lower case.
template <class Visit>
void ForUnits(std::string_view spelling, const Visit& visit) {
  if (spelling.size() > 1 && spelling.back() == '.') {
    const std::string_view bare = spelling.substr(0, spelling.size() - 1);
    bool whole = false;
    for (const KnownUnit& unit : kUnits) whole |= unit.spelling == spelling;
    if (!whole) spelling = bare;
  }
  bool exact = false;
  for (const KnownUnit& unit : kUnits) {
    if (unit.spelling != spelling) continue;
    exact = true;
    visit(unit);
  }
  if (exact || spelling.size() < 2) return;
  const auto equal = [](char a, char b) {
    const auto fold = [](char c) { return c >= 'A' && c <= 'Z' ? char(c | 0x20) : c; };
    return fold(a) == fold(b);
  };
  for (const KnownUnit& unit : kUnits) {
    if (std::equal(unit.spelling.begin(), unit.spelling.end(), spelling.begin(), spelling.end(), equal)) visit(unit);
  }
}

}  // namespace

std::optional<double> UnitRatio(std::string_view from, std::string_view to) {
  if (from == to) return 1;
  std::optional<double> ratio;
  ForUnits(from, [&](const KnownUnit& a) {
    ForUnits(to, [&](const KnownUnit& b) {
      if (!ratio && a.dimension == b.dimension) ratio = a.factor / b.factor;
    });
  });
  if (ratio) return ratio;
  return Folded(from) == Folded(to) ? std::optional<double>(1) : std::nullopt;
}

bool IsKnownUnit(std::string_view unit) {
  bool known = IsCurrency(unit);
  ForUnits(unit, [&](const KnownUnit&) { known = true; });
  return known;
}

std::size_t CurrencyPrefix(std::string_view text) {
  std::size_t longest = 0;
  if (text.empty() || IsDigit(text[0]) || text[0] == '(' || text[0] == '-') return 0;
  const auto try_one = [&](std::string_view sign) {
    if (sign.size() <= longest || text.substr(0, sign.size()) != sign) return;
    const char last = sign.back();
    const bool letter = (last >= 'a' && last <= 'z') || (last >= 'A' && last <= 'Z');
    const char next = text.size() > sign.size() ? char(text[sign.size()] | 0x20) : ' ';
    if (letter && next >= 'a' && next <= 'z') return;
    longest = sign.size();
  };
  for (const KnownUnit& unit : kUnits) {
    if (IsMoney(unit.dimension) && unit.spelling[0] != 'd' && unit.spelling[0] != 'e') try_one(unit.spelling);
  }
  for (const std::string_view sign : kOtherCurrencies) try_one(sign);
  return longest;
}

bool IsCurrency(std::string_view unit) {
  bool money = CurrencyPrefix(unit) > 0;
  ForUnits(unit, [&](const KnownUnit& known) { money |= IsMoney(known.dimension); });
  return money;
}

}  // namespace tagwerk::table
