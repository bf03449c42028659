-- Answers to requests that named themselves: sent again within a day, such a request is answered and not repeated.
CREATE TABLE idempotency_keys (
  caller TEXT NOT NULL,  -- token name, or user of the machine
  key_sha256 TEXT NOT NULL,  -- of the Idempotency-Key
  request_sha256 TEXT NOT NULL,  -- of method, path, type and body
  answer TEXT NOT NULL,  -- sealed: readable only with the caller's token and the key
  created_at TEXT NOT NULL,  -- time
  PRIMARY KEY (caller, key_sha256)
);
CREATE INDEX idempotency_keys_by_time ON idempotency_keys (created_at);
