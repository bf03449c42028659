BEGIN TRANSACTION;
CREATE TABLE alerts (
  id TEXT PRIMARY KEY,  -- stable: the same trouble is the same alert
  state TEXT NOT NULL CHECK (state IN ('open', 'closed')),  -- how it stands
  severity TEXT NOT NULL CHECK (severity IN ('note', 'warning', 'critical')),  -- how bad it is
  kind TEXT NOT NULL CHECK (kind IN ('drift', 'quality', 'performance', 'latency', 'errors', 'data', 'job')),  -- what about
  model TEXT,  -- name served
  version BIGINT,  -- which
  opened_at TEXT NOT NULL,  -- time
  closed_at TEXT,  -- time
  events BIGINT NOT NULL,  -- how often it was seen
  text TEXT NOT NULL,  -- sentence
  evidence TEXT,  -- JSON
  action TEXT  -- command that resolves it
);
INSERT INTO "alerts" VALUES('a1','open','warning','drift','flights',1,'2026-11-23T08:00:00.000Z',NULL,3,'speed drifted','{}','tagwerk today');
CREATE TABLE alias_changes (
  number BIGINT PRIMARY KEY,  -- order, from counters
  model TEXT NOT NULL REFERENCES models (name) ON DELETE CASCADE,  -- whose
  alias TEXT NOT NULL,  -- which
  version_before BIGINT,  -- NULL: there was none
  version_after BIGINT,  -- NULL: taken away
  kind TEXT NOT NULL CHECK (kind IN ('register', 'promote', 'rollback', 'delete')),  -- what was done
  forced BIGINT NOT NULL CHECK (forced IN (0, 1)),  -- 1: against the gate
  actor TEXT NOT NULL,  -- user of the machine, or token
  reason TEXT,  -- as typed
  changed_at TEXT NOT NULL  -- time
);
INSERT INTO "alias_changes" VALUES(1,'flights','champion',NULL,1,'register',0,'root',NULL,'2026-11-23T08:00:00.000Z');
INSERT INTO "alias_changes" VALUES(2,'flights','challenger',NULL,2,'register',0,'root',NULL,'2026-11-23T08:00:00.000Z');
CREATE TABLE aliases (
  model TEXT NOT NULL REFERENCES models (name) ON DELETE CASCADE,  -- whose
  alias TEXT NOT NULL,  -- champion, challenger
  version BIGINT NOT NULL,  -- version that it points to
  number BIGINT NOT NULL,  -- of the change that set it: entity tag of the HTTP resource
  PRIMARY KEY (model, alias),
  FOREIGN KEY (model, version) REFERENCES versions (model, version)
);
INSERT INTO "aliases" VALUES('flights','champion',1,1);
INSERT INTO "aliases" VALUES('flights','challenger',2,2);
CREATE TABLE artifacts (
  sha256 TEXT PRIMARY KEY,  -- of the content
  path TEXT NOT NULL UNIQUE,  -- relative to the store's folder: models/<sha256>.tw, runs/<sha256>.json
  bytes BIGINT NOT NULL,  -- size
  created_at TEXT NOT NULL  -- time
);
INSERT INTO "artifacts" VALUES('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a','runs/44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a.json',2,'2026-11-23T08:00:00.000Z');
INSERT INTO "artifacts" VALUES('9372c470eeadd5ecd9c3c74c2b3cb633f8e2f2fad799250a0f70d652b6b825e4','models/9372c470eeadd5ecd9c3c74c2b3cb633f8e2f2fad799250a0f70d652b6b825e4.tw',5,'2026-11-23T08:00:00.000Z');
CREATE TABLE audit_log (
  number BIGINT PRIMARY KEY,  -- order, from counters
  at TEXT NOT NULL,  -- time
  actor TEXT NOT NULL,  -- user of the machine, or token
  action TEXT NOT NULL,  -- token.add, alias.promote, run.delete, store.restore, ...
  object TEXT NOT NULL,  -- name of what it was done to
  detail TEXT  -- JSON
);
INSERT INTO "audit_log" VALUES(1,'2026-11-23T08:00:00.000Z','root','alias.register','flights@champion','{}');
INSERT INTO "audit_log" VALUES(2,'2026-11-23T08:00:00.000Z','root','alias.register','flights@challenger',NULL);
CREATE TABLE comments (
  number BIGINT PRIMARY KEY,  -- order, from counters
  about_kind TEXT NOT NULL CHECK (about_kind IN ('inbox', 'run', 'model', 'batch', 'alert')),  -- what about
  about TEXT NOT NULL,  -- its id
  author TEXT NOT NULL,  -- person
  text TEXT NOT NULL,  -- as typed
  created_at TEXT NOT NULL  -- time
);
INSERT INTO "comments" VALUES(1,'inbox','1','root','seen','2026-11-23T08:00:00.000Z');
CREATE TABLE contracts (
  project TEXT NOT NULL REFERENCES projects (name) ON DELETE CASCADE,  -- owner
  version BIGINT NOT NULL,  -- 1, 2, ... within the project
  document TEXT NOT NULL,  -- JSON: columns, types, ranges, categories
  learned_from TEXT,  -- data batch
  created_at TEXT NOT NULL,  -- time
  PRIMARY KEY (project, version)
);
INSERT INTO "contracts" VALUES('flights',1,'{"columns":[]}','b1','2026-11-23T08:00:00.000Z');
CREATE TABLE counters (
  name TEXT PRIMARY KEY,  -- run, alias_change, audit, registry, ...
  value BIGINT NOT NULL  -- last number given
);
INSERT INTO "counters" VALUES('run',2);
INSERT INTO "counters" VALUES('alias_change',2);
INSERT INTO "counters" VALUES('audit',2);
INSERT INTO "counters" VALUES('registry',2);
INSERT INTO "counters" VALUES('feedback',2);
CREATE TABLE data_batches (
  id TEXT PRIMARY KEY,  -- sha256: fingerprint of the rows; identical content is the same batch
  project TEXT REFERENCES projects (name) ON DELETE CASCADE,  -- owner
  name TEXT NOT NULL,  -- [[data]] name
  source TEXT NOT NULL,  -- as typed
  state TEXT NOT NULL CHECK (state IN ('accepted', 'accepted_with_findings', 'quarantined', 'released', 'rejected')),  -- what became of it
  row_count BIGINT NOT NULL,  -- rows
  column_count BIGINT NOT NULL,  -- columns
  profile TEXT,  -- JSON: statistics and findings
  path TEXT,  -- copy, if one is kept
  reason TEXT,  -- why released or rejected
  received_at TEXT NOT NULL,  -- time
  decided_at TEXT  -- time of the last change of state
);
INSERT INTO "data_batches" VALUES('b1','flights','main','data.csv','accepted',10,3,'{}',NULL,NULL,'2026-11-23T08:00:00.000Z','2026-11-23T08:00:00.000Z');
CREATE TABLE deployments (
  number BIGINT PRIMARY KEY,  -- order, from counters
  model TEXT NOT NULL REFERENCES models (name) ON DELETE CASCADE,  -- which
  version BIGINT NOT NULL,  -- which
  route TEXT NOT NULL CHECK (route IN ('champion', 'canary', 'shadow')),  -- how it takes part
  share DOUBLE PRECISION NOT NULL,  -- of the requests: 0 to 1
  state TEXT NOT NULL CHECK (state IN ('active', 'ended', 'rolled_back')),  -- how it stands
  started_at TEXT NOT NULL,  -- time
  ended_at TEXT,  -- time
  reason TEXT  -- why it ended
);
INSERT INTO "deployments" VALUES(1,'flights',1,'champion',1.0,'active','2026-11-23T08:00:00.000Z',NULL,NULL);
CREATE TABLE drift_results (
  model TEXT NOT NULL,  -- name served
  version BIGINT NOT NULL,  -- whose training data
  window_from TEXT NOT NULL,  -- time
  window_to TEXT NOT NULL,  -- time
  row_count BIGINT NOT NULL,  -- rows of the window
  drifted_columns BIGINT NOT NULL,  -- how many
  largest_effect DOUBLE PRECISION,  -- of all columns
  document TEXT NOT NULL,  -- JSON: tagwerk.drift/1
  created_at TEXT NOT NULL,  -- time
  PRIMARY KEY (model, version, window_from, window_to)
);
INSERT INTO "drift_results" VALUES('flights',1,'2026-11-23T08:00:00.000Z','2026-11-23T08:00:00.000Z',200,1,0.2,'{}','2026-11-23T08:00:00.000Z');
CREATE TABLE facts (
  name TEXT PRIMARY KEY,  -- created_at, written_by, id
  value TEXT NOT NULL  -- as text
);
INSERT INTO "facts" VALUES('created_at','2026-11-23T08:00:00.000Z');
INSERT INTO "facts" VALUES('id','00112233445566778899aabbccddeeff');
CREATE TABLE feedback (
  model TEXT NOT NULL,  -- name served
  key TEXT NOT NULL,  -- prediction_id, or id of the row
  key_kind TEXT NOT NULL CHECK (key_kind IN ('prediction_id', 'id')),  -- which of both
  actual TEXT NOT NULL,  -- JSON value: the label
  observed_at TEXT NOT NULL,  -- time; of several values the latest counts
  weight DOUBLE PRECISION NOT NULL,  -- 1 unless told
  received_at TEXT NOT NULL,  -- time
  number BIGINT NOT NULL,  -- order of arrival, from counters
  PRIMARY KEY (model, key_kind, key, observed_at, actual)
);
INSERT INTO "feedback" VALUES('flights','r:0','prediction_id','true','2026-11-23T08:00:00.000Z',1.0,'2026-11-23T08:00:00.000Z',1);
INSERT INTO "feedback" VALUES('flights','r:1','prediction_id','"no"','2026-11-23T08:00:00.000Z',1.0,'2026-11-23T08:00:00.000Z',2);
CREATE TABLE findings (
  run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,  -- where it was found
  position BIGINT NOT NULL,  -- order in the report, from 0
  kind TEXT NOT NULL,  -- leakage.single_column, missing.target, ...
  severity TEXT NOT NULL CHECK (severity IN ('critical', 'warning', 'note')),  -- how bad it is
  columns TEXT NOT NULL,  -- JSON list of names
  row_count BIGINT,  -- rows concerned
  action TEXT,  -- left_out, set_aside, encoded, imputed, converted, kept
  evidence TEXT,  -- JSON: numbers by name
  text TEXT,  -- sentence in the language of the run
  PRIMARY KEY (run, position)
);
INSERT INTO "findings" VALUES('flights-20261123-080000',0,'missing.target','warning','["late"]',3,'set_aside','{}','3 rows');
CREATE TABLE inbox_items (
  number BIGINT PRIMARY KEY,  -- order, from counters
  urgency TEXT NOT NULL CHECK (urgency IN ('now', 'today', 'fyi')),  -- how soon
  kind TEXT NOT NULL,  -- alert, batch, challenger, job, ...
  about TEXT,  -- id of what it is about
  text TEXT NOT NULL,  -- sentence
  action TEXT,  -- command that resolves it
  state TEXT NOT NULL CHECK (state IN ('open', 'acknowledged', 'snoozed', 'resolved')),  -- how it stands
  assigned_to TEXT,  -- person
  snoozed_until TEXT,  -- time
  created_at TEXT NOT NULL,  -- time
  changed_at TEXT NOT NULL  -- time
);
INSERT INTO "inbox_items" VALUES(1,'today','alert','a1','speed drifted','tagwerk today ack 1','open',NULL,NULL,'2026-11-23T08:00:00.000Z','2026-11-23T08:00:00.000Z');
CREATE TABLE jobs (
  id TEXT PRIMARY KEY,  -- key of the work: adding the same again does nothing
  kind TEXT NOT NULL,  -- retrain, score, drift, ...
  state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),  -- how it stands
  payload TEXT NOT NULL,  -- JSON: what to do
  due_at TEXT NOT NULL,  -- time from which it may start
  attempts BIGINT NOT NULL,  -- starts so far
  holder TEXT,  -- process that does it
  lease_until TEXT,  -- time; past it another may take over
  result TEXT,  -- JSON
  error TEXT,  -- JSON: tagwerk.error/1 of the last attempt
  created_at TEXT NOT NULL,  -- time
  finished_at TEXT  -- time
);
INSERT INTO "jobs" VALUES('j1','retrain','waiting','{}','2026-11-23T08:00:00.000Z',0,NULL,NULL,NULL,NULL,'2026-11-23T08:00:00.000Z',NULL);
CREATE TABLE leases (
  name TEXT PRIMARY KEY,  -- scheduler
  holder TEXT NOT NULL,  -- boot id, pid, start
  until_at TEXT NOT NULL  -- time
);
INSERT INTO "leases" VALUES('scheduler','boot 1 2','2026-11-23T08:00:00.000Z');
CREATE TABLE metrics (
  run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,  -- whose
  scope TEXT NOT NULL,  -- test, baseline_test, baseline_validation
  name TEXT NOT NULL,  -- auc, log_loss, rmse, ...
  value DOUBLE PRECISION,  -- NULL: not defined
  low DOUBLE PRECISION,  -- end of the interval
  high DOUBLE PRECISION,  -- end of the interval
  level DOUBLE PRECISION,  -- of the interval: 0.95
  row_count BIGINT,  -- rows behind it
  direction TEXT NOT NULL CHECK (direction IN ('max', 'min')),  -- what is better
  PRIMARY KEY (run, scope, name)
);
INSERT INTO "metrics" VALUES('flights-20261123-080000','test','auc',0.7,0.6,0.8,0.95,10,'max');
CREATE TABLE migrations (
  version BIGINT PRIMARY KEY,  -- 1, 2, ...
  name TEXT NOT NULL,  -- file name without number
  sha256 TEXT NOT NULL,  -- of the SQL that was run
  applied_at TEXT NOT NULL  -- time
);
INSERT INTO "migrations" VALUES(1,'first','2514fd4f449eeb90afa51a34b28571b17b3884585cce4a1cd6bfae808b1083d5','2026-11-23T08:00:00.000Z');
INSERT INTO "migrations" VALUES(2,'experience','7754192160dd1425711dca092db8478ebb4f3ba540d3f859eba877a6ac6f1252','2026-11-23T16:20:49.877Z');
CREATE TABLE models (
  name TEXT PRIMARY KEY,  -- registry name
  project TEXT REFERENCES projects (name) ON DELETE SET NULL,  -- owner
  task TEXT,  -- of the first version
  target TEXT,  -- of the first version
  last_version BIGINT NOT NULL,  -- number given last; numbers are never used again
  created_at TEXT NOT NULL  -- time
);
INSERT INTO "models" VALUES('flights','flights','binary','late',2,'2026-11-23T08:00:00.000Z');
CREATE TABLE prediction_segments (
  path TEXT PRIMARY KEY,  -- relative to the store's folder: predictions/<model>/<version>/date=.../*.parquet
  model TEXT NOT NULL,  -- name served
  version BIGINT NOT NULL,  -- 0: a file that is not registered
  row_count BIGINT NOT NULL,  -- predictions in it
  bytes BIGINT NOT NULL,  -- size
  sha256 TEXT,  -- of the file, if it was computed
  first_at TEXT NOT NULL,  -- time of the first prediction
  last_at TEXT NOT NULL,  -- time of the last prediction
  created_at TEXT NOT NULL  -- time
);
CREATE TABLE projects (
  name TEXT PRIMARY KEY,  -- [project] name, or the name of the run outside of projects
  folder TEXT,  -- as seen from the store's folder
  created_at TEXT NOT NULL  -- time
);
INSERT INTO "projects" VALUES('flights','..','2026-11-23T08:00:00.000Z');
CREATE TABLE run_artifacts (
  run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,  -- whose
  name TEXT NOT NULL,  -- run.json, report.html, model.tw, ...
  sha256 TEXT NOT NULL REFERENCES artifacts (sha256),  -- content
  PRIMARY KEY (run, name)
);
INSERT INTO "run_artifacts" VALUES('flights-20261123-080000','run.json','44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
INSERT INTO "run_artifacts" VALUES('flights-20261123-080000','model.tw','9372c470eeadd5ecd9c3c74c2b3cb633f8e2f2fad799250a0f70d652b6b825e4');
CREATE TABLE runs (
  id TEXT PRIMARY KEY,  -- <name>-<YYYYMMDD>-<HHMMSS>
  number BIGINT NOT NULL UNIQUE,  -- order of start, from counters
  project TEXT REFERENCES projects (name) ON DELETE SET NULL,  -- owner
  name TEXT NOT NULL,  -- of run and model
  status TEXT NOT NULL CHECK (status IN ('running', 'done', 'gate_failed', 'interrupted', 'failed')),  -- how it stands
  stop_reason TEXT,  -- budget, trials, no_more_gain, all_tried, interrupt, memory
  command TEXT NOT NULL,  -- as typed, without secrets
  written_by TEXT NOT NULL,  -- version of the program
  seed BIGINT NOT NULL,  -- --seed
  threads BIGINT NOT NULL,  -- --threads
  budget_seconds DOUBLE PRECISION,  -- --budget
  target TEXT,  -- column
  task TEXT,  -- binary, multiclass, regression
  metric TEXT,  -- what was optimised
  data_source TEXT,  -- as typed
  data_fingerprint TEXT,  -- sha256: of names, types and rows
  row_count BIGINT,  -- rows read
  column_count BIGINT,  -- columns read
  trial_count BIGINT,  -- trials without baselines
  started_at TEXT NOT NULL,  -- time
  finished_at TEXT,  -- time; NULL while it runs
  seconds DOUBLE PRECISION,  -- wall time
  folder TEXT,  -- where its files were written
  process TEXT,  -- who runs it: boot id, pid, start; tells whether it still lives
  error TEXT  -- JSON: tagwerk.error/1 of a failed run
, meta_features TEXT);
INSERT INTO "runs" VALUES('flights-20261123-080000',1,'flights','flights','done','trials','tagwerk run data.csv','0.1.0',0,2,60.0,'late','binary','auc','data.csv','sha256:ab',10,3,2,'2026-11-23T08:00:00.000Z','2026-11-23T08:00:00.000Z',1.5,'../tagwerk-runs/a',NULL,NULL,'{"rows":150}');
INSERT INTO "runs" VALUES('flights-20261123-090000',2,'flights','flights','failed',NULL,'tagwerk run data.csv','0.1.0',0,2,60.0,NULL,NULL,NULL,'data.csv',NULL,NULL,NULL,NULL,'2026-11-23T08:00:00.000Z','2026-11-23T08:00:00.000Z',NULL,NULL,NULL,'{"id":"memory-limit"}',NULL);
CREATE TABLE tokens (
  name TEXT PRIMARY KEY,  -- what it is for
  user_name TEXT REFERENCES users (name) ON DELETE CASCADE,  -- owner, if it is a person's
  sha256 TEXT NOT NULL UNIQUE,  -- of the token
  scopes TEXT NOT NULL,  -- comma-separated: predict, read, admin
  created_at TEXT NOT NULL,  -- time
  expires_at TEXT,  -- time; NULL: never
  revoked_at TEXT  -- time; NULL: valid
);
INSERT INTO "tokens" VALUES('ci','ann','e7bf685cd967d021d20f02f8bae69732d544734802e859d70e3dbe10ab4c1f02','predict,read','2026-11-23T08:00:00.000Z',NULL,NULL);
CREATE TABLE trials (
  run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,  -- where it was tried
  trial BIGINT NOT NULL,  -- number within the run
  baseline BIGINT NOT NULL CHECK (baseline IN (0, 1)),  -- 1: a baseline
  learner TEXT NOT NULL,  -- id
  title TEXT NOT NULL,  -- as in the leaderboard
  parameters TEXT NOT NULL,  -- JSON: every parameter
  status TEXT NOT NULL CHECK (status IN ('ok', 'pruned', 'failed', 'stopped')),  -- how it ended
  rank BIGINT,  -- 1 is best; NULL unless ok
  metric TEXT NOT NULL,  -- of the scores
  score DOUBLE PRECISION,  -- validation
  score_low DOUBLE PRECISION,  -- end of the 95 % interval
  score_high DOUBLE PRECISION,  -- end of the 95 % interval
  baseline_difference DOUBLE PRECISION,  -- positive is better
  folds BIGINT NOT NULL,  -- folds that were scored
  rows_share DOUBLE PRECISION NOT NULL,  -- share of the training rows
  ensemble_weight DOUBLE PRECISION NOT NULL,  -- 0: not in the model
  fit_seconds DOUBLE PRECISION,  -- all folds
  predict_us_per_row DOUBLE PRECISION,  -- one row
  size_bytes BIGINT,  -- of the model
  error TEXT,  -- of a failed trial
  PRIMARY KEY (run, trial)
);
INSERT INTO "trials" VALUES('flights-20261123-080000',1,1,'prior','prior','{}','ok',2,'auc',0.5,0.5,0.5,0.0,3,1.0,0.0,0.1,0.1,10,NULL);
INSERT INTO "trials" VALUES('flights-20261123-080000',2,0,'logistic','logistic','{"l1_ratio":0}','ok',1,'auc',0.7,0.6,0.8,0.2,3,1.0,1.0,0.2,0.3,100,NULL);
CREATE TABLE users (
  name TEXT PRIMARY KEY,  -- sign-in name
  email TEXT,  -- address
  created_at TEXT NOT NULL  -- time
);
INSERT INTO "users" VALUES('ann','ann@example.org','2026-11-23T08:00:00.000Z');
CREATE TABLE versions (
  model TEXT NOT NULL REFERENCES models (name) ON DELETE CASCADE,  -- whose
  version BIGINT NOT NULL,  -- 1, 2, ...
  run TEXT REFERENCES runs (id) ON DELETE SET NULL,  -- where it comes from
  sha256 TEXT NOT NULL REFERENCES artifacts (sha256),  -- model file
  metric TEXT,  -- main metric
  score DOUBLE PRECISION,  -- on rows that no choice saw
  score_low DOUBLE PRECISION,  -- end of the 95 % interval
  score_high DOUBLE PRECISION,  -- end of the 95 % interval
  gate_passed BIGINT CHECK (gate_passed IN (0, 1)),  -- of its run; NULL: there was none
  gain_low DOUBLE PRECISION,  -- low end of the improvement over the baseline; above 0: better
  source TEXT NOT NULL,  -- run, or the file that was registered
  created_at TEXT NOT NULL,  -- time
  PRIMARY KEY (model, version)
);
INSERT INTO "versions" VALUES('flights',1,'flights-20261123-080000','9372c470eeadd5ecd9c3c74c2b3cb633f8e2f2fad799250a0f70d652b6b825e4','auc',0.7,0.6,0.8,1,0.05,'run','2026-11-23T08:00:00.000Z');
INSERT INTO "versions" VALUES('flights',2,NULL,'9372c470eeadd5ecd9c3c74c2b3cb633f8e2f2fad799250a0f70d652b6b825e4',NULL,NULL,NULL,NULL,NULL,NULL,'model.tw','2026-11-23T08:00:00.000Z');
CREATE INDEX runs_by_name ON runs (name, number);
CREATE INDEX alias_changes_by_model ON alias_changes (model, number);
CREATE INDEX prediction_segments_by_time ON prediction_segments (model, version, first_at);
CREATE INDEX jobs_by_due ON jobs (state, due_at);
CREATE INDEX runs_by_task ON runs (task, number);
COMMIT;
