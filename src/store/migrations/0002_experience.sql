-- What the data of a run was like: the search begins with what did best on the most similar earlier data.
ALTER TABLE runs ADD COLUMN meta_features TEXT;  -- JSON: rows, columns by type, shares, classes, hashes of the columns
CREATE INDEX runs_by_task ON runs (task, number);
