// Profiles of several files together: references between them and a proposed relational schema.
#pragma once

#include "app/use.h"
#include "profile/profile.h"

namespace tagwerk::app {

/// Profiles every file of the command. Document `tagwerk.profiles/1`: items (profiles), references, and with
/// --ddl the SQL. Errors: those of reading; option-value, option-contradiction.
Result<ProfileResponse> ProfileSeveral(const Context& context, const Arguments& arguments);

/// Whether --fail is given and a finding is that severe.
bool HasSevere(const Arguments& arguments, const profile::Profile& made);

}  // namespace tagwerk::app
