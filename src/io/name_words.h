// What the name of a column says about its values.
#pragma once

#include <string_view>

namespace tagwerk::io {

bool NamesCode(std::string_view name);  ///< zip, phone: digits are no amount
bool NamesTime(std::string_view name);  ///< timestamp, created_at
bool NamesKey(std::string_view name);   ///< id, number, key

}  // namespace tagwerk::io
