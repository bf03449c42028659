// Pieces of the description of the interface that its parts share.
#pragma once

#include <vector>

#include "base/json.h"

namespace tagwerk::serve {

/// The content of a body of one type.
Json JsonContent(const char* type, Json schema);
Json TextSchema();
Json MaybeText();
Json WholeSchema();
/// An object with these members, all of them there.
Json ObjectOf(Json properties);
/// A part of a list.
Json PageOf(Json item);
Json PathParameter(const char* name);
/// limit and cursor.
Json PageParameters();
/// The header of a request that may be sent again.
Json IdempotencyParameter();

/// One more answer that an operation has.
struct Extra {
  const char* status;
  const char* description;
};
/// One operation; every one may also be refused as all are.
Json Operation(const char* summary, const char* id, const char* good, Json schema, std::vector<Extra> extra = {});
/// The same that answers with a file of one of these types.
Json FileOperation(const char* summary, const char* id, const std::vector<const char*>& types);
/// Models, versions, runs and what else is only looked at (openapi_catalogue.cc).
void DescribeCatalogue(Json& paths);

inline constexpr Extra kAbsent{"404", "There is no such thing"};
inline constexpr Extra kConflict{"409", "Its state does not allow this"};
inline constexpr Extra kLarge{"413", "The body is too large"};
inline constexpr Extra kType{"415", "The body has a type that is not read"};
inline constexpr Extra kReused{"422", "The Idempotency-Key belongs to another request"};

}  // namespace tagwerk::serve
