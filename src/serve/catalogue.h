// What can be looked at of models, versions, runs and learners: served or only kept in the store.
#pragma once

#include <string>
#include <vector>

#include "serve/admin_route.h"
#include "serve/page.h"
#include "serve/shelf.h"
#include "store/models.h"
#include "store/store.h"

namespace tagwerk::serve {

using Versions = std::vector<store::VersionFacts>;
/// Which version of a model is asked for: by number, alias, or (both empty) the current one.
struct VersionWanted {
  std::string name, number, alias;
};

/// Lists served models and the versions of the registry, by name, the newest version first.
void ListCatalogue(const Versions& registry, const Snapshot& snapshot, const Page& page, Response& response);
/// Shows a version: the manifest of a served one, the facts of one of the registry (`registry`), and for a name alone
/// its versions. `registry`: the versions of that name. Errors: model-not-found, version-not-found (404).
Status ShowVersion(const Versions& registry, const Snapshot& snapshot, const VersionWanted& wanted, Response& response);

/// Lists runs: ?sort=-started_at (or started_at), ?status=, ?name=. Error option-value (400).
Status ListRuns(store::Store& store, std::string_view query, const Page& page, Response& response);
/// Shows a run as `tagwerk runs show` does, its leaderboard, or its files. Error run-not-found (404).
Status ShowRun(store::Store& store, const AdminRoute& route, const Page& page, Response& response);
/// Removes a run from the store. Errors: run-not-found (404), run-active (409).
Status RemoveRun(store::Store& store, const AdminRoute& route, const std::string& actor, Response& response);

/// A file that the store keeps.
struct StoredFile {
  std::string name, path;  ///< as a run knows it; where it lies
};
/// Whether a resource is answered with the bytes of a file.
bool IsFile(AdminResource resource);
/// Finds the file that a resource means. Errors: run-not-found, version-not-found, model-not-found, file-not-kept
/// (404).
Result<StoredFile> FindStoredFile(store::Store& store, const AdminRoute& route);
/// Answers a file with its type; reports get a policy that lets their own scripts run and nothing be loaded. Errors:
/// file-not-kept (404), file-too-large (413).
Status SendFile(const StoredFile& file, Response& response);

}  // namespace tagwerk::serve
