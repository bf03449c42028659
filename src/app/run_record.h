// What a run tells the store. A run never fails or waits long because of it: what goes wrong becomes one warning.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/run.h"
#include "app/run_folder.h"
#include "base/context.h"
#include "base/json.h"
#include "store/runs.h"
#include "store/store.h"

namespace tagwerk::app {

class RunRecorder {
 public:
  /// Nothing is recorded without a place in the request, or without a folder.
  RunRecorder(const Context& context, const RunRequest& request, RunFolder* folder);
  ~RunRecorder();
  RunRecorder(const RunRecorder&) = delete;
  RunRecorder& operator=(const RunRecorder&) = delete;

  /// Notes that a new run began, and gives the folder an id that no other run has; before the journal's first record
  /// is written. Nothing for a run that goes on.
  void BeginNew();
  /// Notes that a run goes on. Nothing for a new one.
  void BeginAgain();
  /// The open store, null when there is none.
  store::Store* store() { return store_.get(); }
  /// Whether anything is recorded; false as well once the store has failed.
  bool recording() const { return !given_up_; }
  /// Notes what the data is like.
  void Remember(const Json& meta_features);
  /// Records document, files and model; fills the document's model.version and model.alias.
  void Finish(Json& document);
  /// Notes that the run ended without a model.
  void End(const Error& error);
  /// What kept the store from being written, at most one.
  std::vector<Error> TakeWarnings() { return std::move(warnings_); }

 private:
  bool Open(int wait_milliseconds);
  void Begin();
  store::RunStart Start() const;
  void Trouble(const Error& error);

  const Context& context_;
  const RunRequest& request_;
  RunFolder* folder_;
  std::unique_ptr<store::Store> store_;
  Json meta_features_;  ///< what could not be noted at once
  bool begun_ = false, given_up_ = false;
  std::vector<Error> warnings_;
};

}  // namespace tagwerk::app
