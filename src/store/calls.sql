-- Version 2: requests of several calls. Each call that was answered has a row of its own, so that a stop between
-- two calls loses none and no later run pays for one again. `call` is the call's place in its request, from 0.

CREATE TABLE calls (
    request       BLOB NOT NULL CHECK (length(request) = 32),
    call          INTEGER NOT NULL CHECK (call >= 0),
    component     INTEGER,                                   -- the judged component's place in the unit, from 1
    label         TEXT,                                      -- the label asked about
    answers       TEXT NOT NULL CHECK (json_valid(answers)), -- one answer a policy
    attempts      INTEGER NOT NULL,
    input_tokens  INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cost_usd      REAL,
    answered_at   TEXT NOT NULL,
    PRIMARY KEY (request, call)
) STRICT;

ALTER TABLE attempts ADD COLUMN call INTEGER NOT NULL DEFAULT 0;

CREATE TRIGGER calls_stay BEFORE UPDATE ON calls BEGIN SELECT RAISE(ABORT, 'call rows are never updated'); END;
CREATE TRIGGER calls_remain BEFORE DELETE ON calls BEGIN SELECT RAISE(ABORT, 'call rows are never deleted'); END;
CREATE TRIGGER attempts_call_stays BEFORE UPDATE OF call ON attempts
BEGIN SELECT RAISE(ABORT, 'attempt rows are never updated'); END;
