-- The store, version 1. Later versions are numbered migrations beside this file; none is ever edited.
-- Times are RFC 3339 text in UTC, fingerprints are 32 bytes, lists and maps are JSON text.

CREATE TABLE labelers (
    fingerprint BLOB PRIMARY KEY CHECK (length(fingerprint) = 32),
    name        TEXT NOT NULL,
    settings    TEXT NOT NULL CHECK (json_valid(settings)),
    first_seen  TEXT NOT NULL
) STRICT;

CREATE TABLE prompts (
    fingerprint BLOB PRIMARY KEY CHECK (length(fingerprint) = 32),
    text        TEXT NOT NULL,
    schema      TEXT NOT NULL,
    policies    TEXT NOT NULL CHECK (json_valid(policies)),  -- fingerprints of the policies it asks about, in order
    first_seen  TEXT NOT NULL
) STRICT;

CREATE TABLE policies (
    fingerprint BLOB PRIMARY KEY CHECK (length(fingerprint) = 32),
    id          TEXT NOT NULL,
    version     TEXT NOT NULL,
    source      TEXT NOT NULL,                               -- the YAML as it was written
    first_seen  TEXT NOT NULL
) STRICT;
CREATE INDEX policies_by_id ON policies (id, first_seen);

CREATE TABLE samples (
    id          TEXT PRIMARY KEY,
    manifest    TEXT NOT NULL CHECK (json_valid(manifest)),
    recorded_at TEXT NOT NULL
) STRICT;

-- One row for every HTTP call: the ledger of what was asked, what came back and what it cost.
CREATE TABLE attempts (
    seq           INTEGER PRIMARY KEY,
    request       BLOB NOT NULL CHECK (length(request) = 32),
    labeler       BLOB NOT NULL CHECK (length(labeler) = 32),
    prompt        BLOB NOT NULL CHECK (length(prompt) = 32),
    started_at    TEXT NOT NULL,
    status        INTEGER,                                   -- null: no response came
    signal        TEXT NOT NULL,
    raw           BLOB NOT NULL,
    input_tokens  INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    estimated     INTEGER NOT NULL CHECK (estimated IN (0, 1)),
    cost_usd      REAL,                                      -- null: no price is known, or no usage came
    latency_ms    REAL NOT NULL,
    message       TEXT NOT NULL
) STRICT;
CREATE INDEX attempts_by_request ON attempts (request);

-- One row for each unit, policy and request. `settled` is 0 for a failure that may pass: such a request is asked again.
CREATE TABLE labels (
    seq               INTEGER PRIMARY KEY,
    unit              TEXT NOT NULL,
    unit_hash         BLOB NOT NULL CHECK (length(unit_hash) = 32),
    policy            TEXT NOT NULL,
    policy_version    TEXT NOT NULL,
    outcome           TEXT NOT NULL,
    settled           INTEGER NOT NULL CHECK (settled IN (0, 1)),
    label             TEXT,
    criteria          TEXT NOT NULL,
    checks            TEXT NOT NULL,
    components        TEXT NOT NULL,
    because           TEXT,
    stated_confidence REAL,
    label_probability REAL,
    labeler           BLOB NOT NULL CHECK (length(labeler) = 32),
    prompt            BLOB NOT NULL CHECK (length(prompt) = 32),
    request           BLOB NOT NULL CHECK (length(request) = 32),
    attempts          INTEGER NOT NULL,
    input_tokens      INTEGER NOT NULL,
    cached_tokens     INTEGER NOT NULL,
    output_tokens     INTEGER NOT NULL,
    cost_usd          REAL,
    latency_ms        REAL NOT NULL,
    labeled_at        TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX labels_settled ON labels (request, unit, policy) WHERE settled = 1;
CREATE INDEX labels_unsettled ON labels (request, unit, policy) WHERE settled = 0;
CREATE INDEX labels_by_unit ON labels (unit);

-- What stands today: the settled row of a unit, policy and request, else its latest failure.
CREATE VIEW current_labels AS
SELECT * FROM labels WHERE settled = 1
UNION ALL
SELECT * FROM labels AS failure
WHERE settled = 0
  AND NOT EXISTS (SELECT 1 FROM labels AS answer
                  WHERE answer.settled = 1 AND answer.request = failure.request
                    AND answer.unit = failure.unit AND answer.policy = failure.policy)
  AND NOT EXISTS (SELECT 1 FROM labels AS later
                  WHERE later.settled = 0 AND later.request = failure.request
                    AND later.unit = failure.unit AND later.policy = failure.policy
                    AND later.seq > failure.seq);

CREATE TABLE capabilities (
    seq       INTEGER PRIMARY KEY,
    url       TEXT NOT NULL,
    model     TEXT NOT NULL,
    key       TEXT NOT NULL,
    value     TEXT NOT NULL,
    probed_at TEXT NOT NULL
) STRICT;
CREATE INDEX capabilities_by_endpoint ON capabilities (url, model, key);

-- How units were chosen for human review; written before any of them is answered.
CREATE TABLE gold_draws (
    id         TEXT PRIMARY KEY,
    salt       TEXT NOT NULL,
    design     TEXT NOT NULL,
    policies   TEXT NOT NULL CHECK (json_valid(policies)),
    plan       TEXT NOT NULL CHECK (json_valid(plan)),
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE gold_queue (
    draw        TEXT NOT NULL REFERENCES gold_draws (id),
    position    INTEGER NOT NULL,
    unit        TEXT NOT NULL,
    probability REAL NOT NULL CHECK (probability > 0 AND probability <= 1),
    PRIMARY KEY (draw, position),
    UNIQUE (draw, unit)
) STRICT, WITHOUT ROWID;

-- What humans said, append-only. Undo is a row in `retractions`.
CREATE TABLE annotations (
    seq         INTEGER PRIMARY KEY,
    id          BLOB NOT NULL UNIQUE CHECK (length(id) = 32),
    unit        TEXT NOT NULL,
    policy      TEXT NOT NULL,
    label       TEXT NOT NULL,
    rater       TEXT,
    probability REAL CHECK (probability > 0 AND probability <= 1),
    drawn_at    TEXT,
    criteria    TEXT NOT NULL,
    note        TEXT,
    draw        TEXT REFERENCES gold_draws (id),
    answered_at TEXT NOT NULL
) STRICT;
CREATE INDEX annotations_by_draw ON annotations (draw, unit);

CREATE TABLE retractions (
    annotation   BLOB PRIMARY KEY REFERENCES annotations (id),
    retracted_at TEXT NOT NULL
) STRICT;

-- Rows are appended, never changed. Only the stored reply of an attempt may be emptied, to forget a unit's text.
CREATE TRIGGER labels_stay BEFORE UPDATE ON labels BEGIN SELECT RAISE(ABORT, 'label rows are never updated'); END;
CREATE TRIGGER labels_remain BEFORE DELETE ON labels BEGIN SELECT RAISE(ABORT, 'label rows are never deleted'); END;
CREATE TRIGGER attempts_stay BEFORE UPDATE OF seq, request, labeler, prompt, started_at, status, signal, input_tokens,
    cached_tokens, output_tokens, estimated, cost_usd, latency_ms ON attempts
BEGIN SELECT RAISE(ABORT, 'attempt rows are never updated'); END;
CREATE TRIGGER attempts_remain BEFORE DELETE ON attempts BEGIN SELECT RAISE(ABORT, 'attempt rows are never deleted'); END;
CREATE TRIGGER annotations_stay BEFORE UPDATE ON annotations BEGIN SELECT RAISE(ABORT, 'annotation rows are never updated'); END;
CREATE TRIGGER annotations_remain BEFORE DELETE ON annotations BEGIN SELECT RAISE(ABORT, 'annotation rows are never deleted'); END;
CREATE TRIGGER retractions_stay BEFORE UPDATE ON retractions BEGIN SELECT RAISE(ABORT, 'retraction rows are never updated'); END;
CREATE TRIGGER retractions_remain BEFORE DELETE ON retractions BEGIN SELECT RAISE(ABORT, 'retraction rows are never deleted'); END;
